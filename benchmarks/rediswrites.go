package main

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"fmt"
	"net"
	"slices"
	"sync/atomic"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/rueidisstore"
)

// redisMisses reads rows by keys that were never read before.
func redisMisses(ctx context.Context, z sizes) (*group, error) {
	s, err := openRedis(ctx, siteConfig{rows: z.rows}, func(c *rueidisstore.Config) { c.BackgroundFills = 0 })
	if err != nil {
		return nil, err
	}
	return &group{
		about: fmt.Sprintf("One row, by a key that was never read before, with the cache in Redis. "+
			"A miss asks Redis twice before its query, and leaves it to another goroutine to store the result. The file has %d rows.", z.rows),
		contenders: []contender{
			{name: bareRead, waits: true, run: everyRow(ctx, s.bare, selectPost, z.rows, func() error { return nil })},
			{name: missedRead, waits: true, run: everyRow(ctx, s.cached, selectPost, z.rows, func() error {
				return s.cache.Database(database).Invalidate(ctx, cacheops.All())
			})},
		},
		figures: func(m samples) ([]figure, error) {
			return []figure{
				info("Redis miss: added to the query", m.added(missedRead, bareRead), micros),
				info("Redis miss: beside the query", m.ratio(missedRead, bareRead), times),
			}, nil
		},
		check: s.allMissed,
		close: s.close,
	}, nil
}

// redisUpdates changes rows of which a query is cached in Redis.
func redisUpdates(ctx context.Context, z sizes) (*group, error) {
	bare, err := openSite(ctx, siteConfig{rows: z.written})
	if err != nil {
		return nil, err
	}
	s, err := openRedis(ctx, siteConfig{rows: z.written}, nil)
	if err != nil {
		return nil, closeAfter(err, bare.close)
	}
	return &group{
		about: "UPDATE by key, committed by itself, of a row that a reader has cached in Redis by its key. The reader's part is not timed. No fsync, WAL.",
		contenders: []contender{
			{name: bareUpdate, waits: true, run: updates(ctx, bare.bare, updatePost, z.written)},
			{
				name: cachedAlter, waits: true, most: min(z.written, 500),
				run: updates(ctx, s.cached, updatePost, z.written), prepare: readsAhead(ctx, s.site, z.written),
			},
		},
		figures: func(m samples) ([]figure, error) {
			return []figure{
				info("Redis: UPDATE by key of a cached row: added", m.added(cachedAlter, bareUpdate), micros),
				info("Redis: UPDATE by key of a cached row: beside the bare one", m.ratio(cachedAlter, bareUpdate), times),
			}, nil
		},
		check: s.eachDropped,
		close: closing(bare.close, s.close),
	}, nil
}

// tripCounter counts the round trips of connections: how often something is sent
// after what was sent before has been answered. What goes out in one pipeline is
// one.
type tripCounter struct{ trips atomic.Int64 }

// dial makes a connection that is counted.
func (c *tripCounter) dial(ctx context.Context, addr string, dialer *net.Dialer, _ *tls.Config) (net.Conn, error) {
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &countedConn{Conn: conn, to: c}, nil
}

type countedConn struct {
	net.Conn

	to   *tripCounter
	sent atomic.Bool // and nothing was answered since
}

// Write implements net.Conn.
func (c *countedConn) Write(b []byte) (int, error) {
	if !c.sent.Swap(true) {
		c.to.trips.Add(1)
	}
	return c.Conn.Write(b)
}

// Read implements net.Conn.
func (c *countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.sent.Store(false)
	}
	return n, err
}

// roundTrips are how often each kind of call goes to Redis.
type roundTrips struct{ hit, missBefore, missAfter, cachedWrite, uncachedWrite int64 }

// countTrips counts them.
func countTrips(ctx context.Context, z sizes) (out roundTrips, err error) {
	c := new(tripCounter)
	var atQuery int64
	wrap := func(inner driver.Connector) driver.Connector {
		to := newStatements(inner)
		to.reached = func(text string) {
			if text == selectPost {
				atQuery = c.trips.Load()
			}
		}
		return to
	}
	s, err := openRedis(ctx, siteConfig{rows: z.written, wrap: wrap}, func(cfg *rueidisstore.Config) {
		option := *cfg.Option
		option.DialCtxFn = c.dial
		cfg.Option = &option
	})
	if err != nil {
		return out, err
	}
	defer func() { err = closeAfter(err, s.close) }()
	// The median of several: once in a while the client looks whether the
	// connection lives, while nothing else is sent.
	often := func(call func() (int64, error)) (int64, error) {
		var all []int64
		for range 15 {
			n, err := call()
			if err != nil {
				return 0, err
			}
			all = append(all, n)
		}
		slices.Sort(all)
		return all[len(all)/2], nil
	}
	during := func(call func() error) (int64, error) {
		before := c.trips.Load()
		err := call()
		return c.trips.Load() - before, err
	}
	var p Post
	next := hotKey
	read := func(key int64) func() error {
		return func() error {
			n, err := readPosts(ctx, s.cached, selectPost, key, &p)
			return expect(1, n, err)
		}
	}
	if err := read(hotKey)(); err != nil {
		return out, err
	}
	if out.hit, err = often(func() (int64, error) { return during(read(hotKey)) }); err != nil {
		return out, err
	}
	if out.missBefore, err = often(func() (int64, error) {
		next++
		before := c.trips.Load()
		err := read(next)()
		return atQuery - before, err
	}); err != nil {
		return out, err
	}
	if out.missAfter, err = often(func() (int64, error) {
		next++
		err := read(next)()
		return c.trips.Load() - atQuery, err
	}); err != nil {
		return out, err
	}
	change := func(text string) func() (int64, error) {
		return func() (int64, error) {
			if err := read(hotKey)(); err != nil {
				return 0, err
			}
			return during(func() error { return one(s.cached.ExecContext(ctx, text, "Another title", hotKey)) })
		}
	}
	if out.cachedWrite, err = often(change(updatePost)); err != nil {
		return out, err
	}
	out.uncachedWrite, err = often(change(updateNote))
	return out, err
}

// redisTrips tells them.
func redisTrips(ctx context.Context, z sizes) (*group, error) {
	return &group{
		about: "How often something is sent to Redis after what was sent before has been answered, counted on the connections of the store. " +
			"The median of 15 calls of each kind.",
		figures: func(samples) ([]figure, error) {
			n, err := countTrips(ctx, z)
			if err != nil {
				return nil, err
			}
			return []figure{
				limited("Redis round trips of a hit", exactly(float64(n.hit)), count, 1),
				limited("Redis round trips of a miss, before its query", exactly(float64(n.missBefore)), count, 2),
				limited("Redis round trips of a miss, after its query (aside, unless the store is told otherwise)", exactly(float64(n.missAfter)), count, 1),
				limited("Redis round trips of an UPDATE by key of a cached row", exactly(float64(n.cachedWrite)), count, 2),
				limited("Redis round trips of an UPDATE by key, into a table that nobody caches", exactly(float64(n.uncachedWrite)), count, 2),
			}, nil
		},
		check: func() error { return nil },
		close: func() error { return nil },
	}, nil
}
