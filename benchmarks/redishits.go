package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// The names of the contenders of hits in Redis.
const (
	rawGet     = "rueidis: GET of the entry"
	rawMget    = "rueidis: MGET of what a hit reads"
	rawJSON    = "rueidis: GET of JSON, decoded by hand"
	redisHit   = "cacheops hit in Redis"
	rawGet64   = rawGet + ", 64 goroutines"
	rawMget64  = rawMget + ", 64 goroutines"
	redisHit64 = redisHit + ", 64 goroutines"
)

// manyGoroutines are those of a busy program.
const manyGoroutines = 64

// redisHits is a site whose one result is in Redis, with what it is compared with.
type redisHits struct {
	*redisSite

	oneEntry
}

// openRedisHits makes one by a query.
func openRedisHits(ctx context.Context, z sizes, query string, arg int64) (*redisHits, error) {
	s, err := openRedis(ctx, siteConfig{rows: z.rows}, nil)
	if err != nil {
		return nil, err
	}
	var p Post
	read := func() error {
		_, err := readPosts(ctx, s.cached, query, arg, &p)
		return err
	}
	if err := read(); err != nil {
		return nil, closeAfter(err, s.close)
	}
	e, err := s.oneEntry(ctx, read)
	if err != nil {
		return nil, closeAfter(err, s.close)
	}
	return &redisHits{redisSite: s, oneEntry: e}, nil
}

// about tells what is compared.
func (h *redisHits) about(what string) string {
	return fmt.Sprintf("%s, with the cache in Redis. The entry has %d bytes; a hit reads %d keys with one MGET. "+
		"The client beside it has the options that rueidis comes with, is on the same server, and does not look at the bytes.", what, h.size, len(h.keys))
}

// wereHits returns an error unless the cached handle missed the first time alone.
func (h *redisHits) wereHits() error {
	return (&hitSite{site: h.site}).wereHits(1)()
}

// asJSON keeps what cache-aside code would, and returns its key.
func (h *redisHits) asJSON(ctx context.Context, v any) (key string, err error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	key = "aside"
	return key, h.raw.Do(ctx, h.raw.B().Set().Key(key).Value(string(b)).Px(time.Hour).Build()).Error()
}

// decoded reads JSON and decodes it into what v returns.
func (h *redisHits) decoded(ctx context.Context, key string, v func() any) func() error {
	return func() error {
		b, err := h.raw.Do(ctx, h.raw.B().Get().Key(key).Build()).AsBytes()
		if err != nil {
			return err
		}
		return json.Unmarshal(b, v())
	}
}

// redisRow reads one row.
func redisRow(ctx context.Context, z sizes) (*group, error) {
	var kept Post
	return redisGroup(ctx, z, &redisReads{
		what: "One row of eight columns, read by its key into a struct", short: "Redis hit, one row",
		query: selectPost, arg: hotKey, rows: 1, limit: 1.25,
		aside: func(db *sql.DB) (any, error) { return &kept, loadPost(ctx, db, hotKey, &kept) },
		into:  func() any { return &kept },
	})
}

// redisLists reads the rows of a category.
func redisLists(ctx context.Context, z sizes) (*group, error) {
	return redisGroup(ctx, z, &redisReads{
		what: "50 rows of eight columns, scanned one after the other into one struct, or for JSON into a new []Post", short: "Redis hit, 50 rows",
		query: selectList, arg: hotCategory, rows: listed, limit: 1.3,
		aside: func(db *sql.DB) (any, error) { return listPosts(ctx, db, hotCategory) },
		into:  func() any { return new([]Post) },
	})
}

// redisReads says what a group of hits reads.
type redisReads struct {
	what, short, query string
	arg                int64
	rows               int
	limit              float64
	aside              func(db *sql.DB) (any, error) // what cache-aside code keeps
	into               func() any                    // where it decodes to
}

// redisGroup compares hits by one goroutine with what a program does by hand.
func redisGroup(ctx context.Context, z sizes, r *redisReads) (*group, error) {
	h, err := openRedisHits(ctx, z, r.query, r.arg)
	if err != nil {
		return nil, err
	}
	value, err := r.aside(h.bare)
	if err != nil {
		return nil, closeAfter(err, h.close)
	}
	aside, err := h.asJSON(ctx, value)
	if err != nil {
		return nil, closeAfter(err, h.close)
	}
	nothing, err := newNothing(ctx, h.site, r.query, r.arg)
	if err != nil {
		return nil, closeAfter(err, h.close)
	}
	handsOut := sql.OpenDB(nothing)
	var p Post
	key := r.arg // a variable, as a program's keys are
	read := func(db *sql.DB) func(int) error {
		return again(func() error {
			n, err := readPosts(ctx, db, r.query, key, &p)
			return expect(r.rows, n, err)
		})
	}
	return &group{
		about: h.about(r.what),
		contenders: []contender{
			{name: rawGet, waits: true, run: again(h.get(ctx, h.key, h.size))},
			{name: rawMget, waits: true, run: again(h.mget(ctx, h.keys))},
			{name: rawJSON, waits: true, run: again(h.decoded(ctx, aside, r.into))},
			{name: doNothing, run: read(handsOut)},
			{name: redisHit, waits: true, run: read(h.cached)},
		},
		figures: func(s samples) ([]figure, error) {
			return []figure{
				info(r.short+": its time", s.time(redisHit), micros),
				limited(r.short+", scanned, beside a GET of the same bytes", s.ratio(redisHit, rawGet), times, r.limit),
				info(r.short+": an MGET of what it reads, beside that GET", s.ratio(rawMget, rawGet), times),
				info(r.short+": the GET and the do-nothing driver together, beside that GET", s.byRound(func(n []float64) float64 { return (n[0] + n[1]) / n[0] }, rawGet, doNothing), times),
				info(r.short+", scanned, beside a GET of JSON that is decoded by hand", s.ratio(redisHit, rawJSON), times),
			}, nil
		},
		check: h.wereHits,
		close: closing(handsOut.Close, h.close),
	}, nil
}

// redisTogether reads one row from many goroutines.
func redisTogether(ctx context.Context, z sizes) (*group, error) {
	h, err := openRedisHits(ctx, z, selectPost, hotKey)
	if err != nil {
		return nil, err
	}
	h.cached.SetMaxIdleConns(manyGoroutines)
	shared := func(call func() error) func(int) error {
		return func(calls int) error {
			return together(manyGoroutines, calls, func(_, calls int) error { return again(call)(calls) })
		}
	}
	reads := func(calls int) error {
		return together(manyGoroutines, calls, reading(ctx, h.cached, keySequence{hotKey}))
	}
	return &group{
		about: h.about("One row, read by its key by 64 goroutines that share a handle, and for that one connection to Redis") +
			" The handle keeps as many idle connections to the database as there are goroutines. The times are for one call, whoever makes it.",
		contenders: []contender{
			{name: rawGet64, waits: true, run: shared(h.get(ctx, h.key, h.size))},
			{name: rawMget64, waits: true, run: shared(h.mget(ctx, h.keys))},
			{name: redisHit64, waits: true, run: reads},
		},
		figures: func(s samples) ([]figure, error) {
			return []figure{
				info("Redis hits of 64 goroutines: the time for one", s.time(redisHit64), micros),
				{
					name:  "Redis hits of 64 goroutines: as many in a second as of GETs of the same bytes",
					value: s.ratio(rawGet64, redisHit64), unit: times, bound: atLeast, limit: 0.7,
				},
				info("Redis hits of 64 goroutines: MGETs of what a hit reads in a second, beside GETs", s.ratio(rawGet64, rawMget64), times),
			}, nil
		},
		check: h.wereHits,
		close: h.close,
	}, nil
}
