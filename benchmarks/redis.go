package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// redisServer is a server that was started here.
type redisServer interface {
	URL() string
	Close() error
}

// redisSite is a site with its cache in a Redis of its own.
type redisSite struct {
	*site

	server redisServer
	store  *rueidisstore.Store
	// raw is a client of the same server with the options that rueidis comes with:
	// what the cache is compared with.
	raw rueidis.Client
}

// redisPatience is the store's time-outs: on a busy machine no hit shall become a
// miss because it took too long.
const redisPatience = 30 * time.Second

// waiting has the store take a result before its reader goes on.
const waiting = -1

// openRedis makes one. Change says what the store is like besides; nil is a store
// that fills before its reader goes on.
func openRedis(ctx context.Context, cfg siteConfig, change func(*rueidisstore.Config)) (*redisSite, error) {
	return openRedisWith(ctx, cfg, change, func(s *rueidisstore.Store) store.Store { return s })
}

// openRedisWith is openRedis with something between the cache and its store.
func openRedisWith(ctx context.Context, cfg siteConfig, change func(*rueidisstore.Config), between func(*rueidisstore.Store) store.Store) (_ *redisSite, err error) {
	s := new(redisSite)
	defer func() {
		if err != nil {
			err = closeAfter(err, s.close)
		}
	}()
	if s.server, err = startServer(); err != nil {
		return nil, err
	}
	options, err := rueidis.ParseURL(s.server.URL())
	if err != nil {
		return nil, err
	}
	if s.raw, err = rueidis.NewClient(options); err != nil {
		return nil, err
	}
	option := options // fields that are zero get the store's own defaults
	config := rueidisstore.Config{Option: &option, ReadTimeout: redisPatience, WriteTimeout: redisPatience, BackgroundFills: waiting}
	if change != nil {
		change(&config)
	}
	if s.store, err = rueidisstore.New(config); err != nil {
		return nil, err
	}
	cfg.store = between(s.store)
	s.site, err = openSite(ctx, cfg)
	return s, err
}

// close closes everything and ends the server.
func (s *redisSite) close() error {
	var ends []func() error
	if s.site != nil {
		ends = append(ends, s.site.close)
	}
	if s.store != nil {
		ends = append(ends, s.store.Close)
	}
	if s.raw != nil {
		ends = append(ends, quietly(s.raw.Close))
	}
	if s.server != nil {
		ends = append(ends, s.server.Close)
	}
	return closing(ends...)()
}

// do sends a command, and returns the answer as text.
func (s *redisSite) do(ctx context.Context, words ...string) (string, error) {
	return s.raw.Do(ctx, s.raw.B().Arbitrary(words...).Build()).ToString()
}

// get reads the bytes under a key as a program does, over and over.
func (s *redisSite) get(ctx context.Context, key string, size int) func() error {
	return func() error {
		text, err := s.raw.Do(ctx, s.raw.B().Get().Key(key).Build()).ToString()
		if err == nil && len(text) != size {
			err = fmt.Errorf("%d bytes instead of %d", len(text), size)
		}
		return err
	}
}

// mget reads several keys at once.
func (s *redisSite) mget(ctx context.Context, keys []string) func() error {
	return func() error {
		list, err := s.raw.Do(ctx, s.raw.B().Mget().Key(keys...).Build()).ToArray()
		return expect(len(keys), len(list), err)
	}
}

// oneEntry is the one result that is in Redis, and what a hit reads.
type oneEntry struct {
	key  string
	keys []string // of the entry and its stamps
	size int      // of the entry, in bytes
}

// oneEntry finds it: it is the first key of what a hit asks for.
func (s *redisSite) oneEntry(ctx context.Context, hit func() error) (e oneEntry, err error) {
	calls, err := s.slowLog(ctx, hit)
	if err != nil {
		return e, err
	}
	for _, c := range calls {
		if c.words[0] == "MGET" {
			e.keys = c.words[1:]
		}
	}
	if len(e.keys) == 0 {
		return e, fmt.Errorf("a hit did not send one MGET, but %v", calls)
	}
	e.key = e.keys[0]
	text, err := s.do(ctx, "GET", e.key)
	e.size = len(text)
	return e, err
}

// redisCall is a command as the server tells it, which leaves out a part of long
// ones.
type redisCall struct {
	words  []string
	micros float64 // that the server did nothing else
}

// slowLog returns the commands that reach the server during f.
func (s *redisSite) slowLog(ctx context.Context, f func() error) (out []redisCall, err error) {
	for _, words := range [][]string{
		{"CONFIG", "SET", "slowlog-max-len", "100000"}, {"CONFIG", "SET", "slowlog-log-slower-than", "0"}, {"SLOWLOG", "RESET"},
	} {
		if _, err := s.do(ctx, words...); err != nil {
			return nil, err
		}
	}
	if err := f(); err != nil {
		return nil, err
	}
	list, err := s.raw.Do(ctx, s.raw.B().Arbitrary("SLOWLOG", "GET", "100000").Build()).ToArray()
	if err != nil {
		return nil, err
	}
	for i := range list {
		// An entry is its number, a time, microseconds, the command, and who sent it.
		entry, err := list[i].ToArray()
		if err != nil {
			return nil, err
		}
		if len(entry) < 4 {
			return nil, fmt.Errorf("an entry of the slow log has %d parts", len(entry))
		}
		took, err := entry[2].AsInt64()
		if err != nil {
			return nil, err
		}
		words, err := entry[3].AsStrSlice()
		if err != nil || len(words) == 0 {
			return nil, fmt.Errorf("a command of the slow log cannot be read: %w", err)
		}
		out = append(out, redisCall{words: words, micros: float64(took)})
	}
	_, err = s.do(ctx, "CONFIG", "SET", "slowlog-log-slower-than", "-1")
	return out, err
}

// info returns a number of what the server tells of itself.
func (s *redisSite) info(ctx context.Context, section, field string) (int64, error) {
	text, err := s.do(ctx, "INFO", section)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, field+":"); ok {
			return strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		}
	}
	return 0, errors.New("there is no " + field + " in what Redis tells of itself")
}
