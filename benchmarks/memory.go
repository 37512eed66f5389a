package main

import (
	"context"
	"database/sql/driver"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/cacheops/cacheops/store"
	"github.com/cacheops/cacheops/store/memory"
)

// weighing is a store in process that adds up the sizes of what is stored.
type weighing struct {
	*memory.Store

	fills, bytes atomic.Int64
}

// Fill implements store.Store.
func (w *weighing) Fill(ctx context.Context, q *store.Query, s store.Snapshot, p store.Payload, ttl time.Duration) error {
	w.fills.Add(1)
	w.bytes.Add(int64(p.Size()))
	return w.Store.Fill(ctx, q, s, p, ttl)
}

// overhead is the bytes that a cached query takes besides its payload.
const overhead = 700

// memoryOfEntries fills a cache with one-row queries and looks at the heap.
func memoryOfEntries(ctx context.Context, z sizes) (_ *group, err error) {
	inner, err := memory.New(memory.Config{MaxBytes: 4 << 30})
	if err != nil {
		return nil, err
	}
	to := &weighing{Store: inner}
	s, err := openSite(ctx, siteConfig{rows: z.rows, store: to})
	if err != nil {
		return nil, closeAfter(err, inner.Close)
	}
	ends := closing(s.close, inner.Close)
	if z.cached >= z.rows {
		return nil, closeAfter(fmt.Errorf("%d rows are too few for %d queries and the ones before", z.rows, z.cached), ends)
	}
	values, err := valueBytes(ctx, s, z.cached)
	if err != nil {
		return nil, closeAfter(err, ends)
	}
	return &group{
		about: fmt.Sprintf("The Go heap after a collection, before and after %d one-row queries by key were cached, divided by them. ", z.cached) +
			"Less the payload, which is once the result's own size (result.Size: its values as Go keeps them, and its header), and once the bytes of its values alone (8 for a number or a time, 1 for a boolean, and the bytes of texts).",
		figures: func(samples) ([]figure, error) {
			// What is there once: the plan, the shape of the rows, connections.
			if err := cacheRows(ctx, s, z.rows, z.rows); err != nil {
				return nil, err
			}
			before, fills, bytes := heap(), to.fills.Load(), to.bytes.Load()
			if err := cacheRows(ctx, s, 1, z.cached); err != nil {
				return nil, err
			}
			n := float64(z.cached)
			if got := to.fills.Load() - fills; got != int64(z.cached) {
				return nil, fmt.Errorf("%d results were stored instead of %d", got, z.cached)
			}
			each := float64(heap()-before) / n
			size, bare := float64(to.bytes.Load()-bytes)/n, float64(values)/n
			runtime.KeepAlive(s)
			return []figure{
				info("memory of a cached one-row query", exactly(each), bytesEach),
				info("memory: its payload by result.Size", exactly(size), bytesEach),
				info("memory: its payload by the bytes of the values", exactly(bare), bytesEach),
				limited("memory above result.Size", exactly(each-size), bytesEach, overhead),
				limited("memory above the bytes of the values", exactly(each-bare), bytesEach, overhead),
			}, nil
		},
		check: func() error {
			if s.hits.Load() > 0 || s.passed.Load() > 0 {
				return fmt.Errorf("%d hits, %d reads past the cache", s.hits.Load(), s.passed.Load())
			}
			return nil
		},
		close: ends,
	}, nil
}

// cacheRows reads rows by their keys, from one to another.
func cacheRows(ctx context.Context, s *site, from, to int) error {
	var p Post
	for id := from; id <= to; id++ {
		n, err := readPosts(ctx, s.cached, selectPost, int64(id), &p)
		if err := expect(1, n, err); err != nil {
			return err
		}
	}
	return nil
}

// valueBytes adds up the bytes of the values of the first rows.
func valueBytes(ctx context.Context, s *site, rows int) (total int, err error) {
	all, err := valuesOf(ctx, s.bare, "SELECT "+columns+" FROM posts WHERE id <= ?", rows)
	for _, row := range all {
		for _, v := range row {
			total += sizeOf(v)
		}
	}
	return total, err
}

func sizeOf(v driver.Value) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case bool:
		return 1
	default:
		return 8
	}
}

// heap is the bytes in use, after a collection.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what the first one made free of, finalizers and pools
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
