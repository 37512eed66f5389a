package main

import (
	"context"
	"fmt"

	"github.com/cacheops/cacheops/rueidisstore"
)

// The names of the contenders that compress and encrypt.
const (
	hitPlain      = "hit of a plain entry"
	hitCompressed = "hit of a compressed entry"
	hitEncrypted  = "hit of an encrypted entry"
	hitBoth       = "hit of an entry that is both"
)

// spaceFrom is the size from which they are compressed: all entries are larger.
const spaceFrom = 1 << 10

const selectMany = "SELECT " + columns + " FROM posts WHERE id <= ?"

// halfChance gives each row what little can be made of: a number, and a digest.
const halfChance = "UPDATE posts SET title = 'User ' || abs(random() % 100000) || ' of Example', body = lower(hex(randomblob(20))) || '@example.com' WHERE id <= ?"

// spaceReads says what a group of such hits reads.
type spaceReads struct {
	rows   int
	change string // what is done to the rows before, of one argument: how many
	what   string // about them
	short  string
	limit  float64 // 0 is none
}

// redisSpace compares hits by what is done to the entry.
func redisSpace(r spaceReads) func(context.Context, sizes) (*group, error) {
	return func(ctx context.Context, z sizes) (_ *group, err error) {
		secret := make([]byte, 32)
		for i := range secret {
			secret[i] = byte(i)
		}
		keys := []rueidisstore.Key{{ID: "2026", Secret: secret}}
		ways := []struct {
			name string
			set  func(*rueidisstore.Config)
		}{
			{hitPlain, func(c *rueidisstore.Config) { c.CompressFrom = -1 }},
			{hitCompressed, func(c *rueidisstore.Config) { c.CompressFrom = spaceFrom }},
			{hitEncrypted, func(c *rueidisstore.Config) { c.Keys = keys }},
			{hitBoth, func(c *rueidisstore.Config) { c.Keys, c.CompressFrom = keys, spaceFrom }},
		}
		g := &group{}
		var ends, checks []func() error
		g.close = func() error { return closing(ends...)() }
		defer func() {
			if err != nil {
				err = closeAfter(err, g.close)
			}
		}()
		bytes := make(map[string]int, len(ways))
		for _, w := range ways {
			s, err := openRedis(ctx, siteConfig{rows: z.rows}, w.set)
			if err != nil {
				return nil, err
			}
			ends = append(ends, s.close)
			if r.change != "" {
				if _, err := s.bare.ExecContext(ctx, r.change, r.rows); err != nil {
					return nil, err
				}
			}
			var p Post
			read := func() error {
				n, err := readPosts(ctx, s.cached, selectMany, int64(r.rows), &p)
				return expect(r.rows, n, err)
			}
			if err := read(); err != nil {
				return nil, err
			}
			one, err := s.oneEntry(ctx, read)
			if err != nil {
				return nil, err
			}
			bytes[w.name] = one.size
			checks = append(checks, (&hitSite{site: s.site}).wereHits(1))
			g.contenders = append(g.contenders, contender{name: w.name, waits: true, run: again(read)})
		}
		g.about = fmt.Sprintf("%d rows of eight columns, scanned one after the other into one struct: %s. Each cache has a Redis of its own. The entries have %d bytes plain, %d compressed, %d encrypted and %d as both.",
			r.rows, r.what, bytes[hitPlain], bytes[hitCompressed], bytes[hitEncrypted], bytes[hitBoth])
		g.figures = func(s samples) ([]figure, error) {
			of := "Redis hit, " + r.short
			packed := info(of+", compressed, beside a plain one", s.ratio(hitCompressed, hitPlain), times)
			if r.limit > 0 {
				packed = limited(packed.name, packed.value, packed.unit, r.limit)
			}
			return []figure{
				info(of+": its time, plain", s.time(hitPlain), micros),
				packed,
				info(of+", encrypted, beside a plain one", s.ratio(hitEncrypted, hitPlain), times),
				info(of+", both, beside a plain one", s.ratio(hitBoth, hitPlain), times),
				info(of+": bytes of the entry, compressed, beside plain", exactly(float64(bytes[hitCompressed])/float64(bytes[hitPlain])), times),
			}, nil
		}
		g.check = func() error {
			for _, check := range checks {
				if err := check(); err != nil {
					return err
				}
			}
			return nil
		}
		return g, nil
	}
}
