package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// redisOverhead is the bytes that a cached query takes in Redis besides its
// payload.
const redisOverhead = 350

// weighingRedis is a store in Redis that adds up the bytes of what is stored.
type weighingRedis struct {
	*rueidisstore.Store

	fills, bytes atomic.Int64
}

// Fill implements store.Store.
func (w *weighingRedis) Fill(ctx context.Context, q *store.Query, s store.Snapshot, p store.Payload, ttl time.Duration) error {
	b, err := p.AppendBinary(nil)
	if err != nil {
		return err
	}
	w.fills.Add(1)
	w.bytes.Add(int64(len(b)))
	return w.Store.Fill(ctx, q, s, p, ttl)
}

// redisMemory fills Redis with one-row queries, each with a conjunction of its own,
// and asks it what memory that takes.
func redisMemory(ctx context.Context, z sizes) (_ *group, err error) {
	to := new(weighingRedis)
	s, err := openRedisWith(ctx, siteConfig{rows: z.rows}, nil, func(inner *rueidisstore.Store) store.Store {
		to.Store = inner
		return to
	})
	if err != nil {
		return nil, err
	}
	s.cached.SetMaxIdleConns(memoryReaders)
	const warm = 200 // reads, before it is measured
	if z.cached+warm > z.rows {
		return nil, closeAfter(fmt.Errorf("%d rows are too few for %d queries and the ones before", z.rows, z.cached), s.close)
	}
	read := func(from, rows int) error {
		return together(memoryReaders, rows, func(at, calls int) error {
			return cacheRows(ctx, s.site, from+at, from+at+calls-1)
		})
	}
	return &group{
		about: fmt.Sprintf("What Redis tells as used_memory, after MEMORY PURGE, before and after %d one-row queries by key were cached, divided by them: "+
			"entry, key, expiry, and the stamp of a conjunction that is the query's own. Active defragmentation is off. The payload is the bytes of the result as it is stored (Result.AppendBinary).", z.cached),
		figures: func(samples) ([]figure, error) {
			// What is there once: connections, scripts, the registry.
			if err := read(z.rows-warm+1, warm); err != nil {
				return nil, err
			}
			before, err := s.usedMemory(ctx)
			if err != nil {
				return nil, err
			}
			fills, bytes := to.fills.Load(), to.bytes.Load()
			if err := read(1, z.cached); err != nil {
				return nil, err
			}
			if got := to.fills.Load() - fills; got != int64(z.cached) {
				return nil, fmt.Errorf("%d results were stored instead of %d", got, z.cached)
			}
			after, err := s.usedMemory(ctx)
			if err != nil {
				return nil, err
			}
			n := float64(z.cached)
			each, payload := float64(after-before)/n, float64(to.bytes.Load()-bytes)/n
			return []figure{
				info("memory of Redis for a cached one-row query", exactly(each), bytesEach),
				info("memory of Redis: its payload", exactly(payload), bytesEach),
				limited("memory of Redis above the payload", exactly(each-payload), bytesEach, redisOverhead),
			}, nil
		},
		check: func() error {
			if s.hits.Load() > 0 || s.passed.Load() > 0 {
				return fmt.Errorf("%d hits, %d reads past the cache", s.hits.Load(), s.passed.Load())
			}
			return nil
		},
		close: s.close,
	}, nil
}

// memoryReaders is how many goroutines fill Redis.
const memoryReaders = 8

// usedMemory returns the bytes that Redis uses.
func (s *redisSite) usedMemory(ctx context.Context) (int64, error) {
	if _, err := s.do(ctx, "MEMORY", "PURGE"); err != nil {
		return 0, err
	}
	return s.info(ctx, "memory", "used_memory")
}
