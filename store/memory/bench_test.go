package memory_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/cacheops/cacheops/store"
	"github.com/cacheops/cacheops/store/memory"
)

// filled makes a store of n entries with so many conjunctions each.
func filled(b *testing.B, n, conjs int) (*memory.Store, []*store.Query) {
	b.Helper()
	s := open(b, memory.Config{MaxBytes: 4 << 30})
	queries := make([]*store.Query, n)
	for i := range queries {
		queries[i] = query(i, conjs)
		put(b, s, queries[i], &result{100})
	}
	return s, queries
}

func BenchmarkHit(b *testing.B) {
	for _, n := range []int{1000, 1_000_000} {
		for _, conjs := range []int{1, 3} {
			b.Run(fmt.Sprintf("entries=%d/conjs=%d", n, conjs), func(b *testing.B) {
				s, queries := filled(b, n, conjs)
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					q := queries[i*7919%n]
					i++
					if _, ok := s.GetLocal(q.Database, q.Key); !ok {
						b.Fatal("a miss")
					}
				}
			})
		}
	}
}

func BenchmarkHitParallel(b *testing.B) {
	const n = 10_000
	s, queries := filled(b, n, 1)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			q := queries[i*7919%n]
			if _, ok := s.GetLocal(q.Database, q.Key); !ok {
				b.Error("a miss")
				return
			}
		}
	})
}

func BenchmarkLease(b *testing.B) {
	s, queries := filled(b, 10_000, 1)
	ctx := context.Background()
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, err := s.Lease(ctx, queries[i%len(queries)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

func BenchmarkFill(b *testing.B) {
	s, queries := filled(b, 10_000, 1)
	ctx := context.Background()
	snapshots := make([]store.Snapshot, len(queries))
	for i, q := range queries {
		l, err := s.Lease(ctx, q)
		if err != nil {
			b.Fatal(err)
		}
		snapshots[i] = l.Snapshot
	}
	p := &result{100}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if err := s.Fill(ctx, queries[i%len(queries)], snapshots[i%len(queries)], p, time.Hour); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

func BenchmarkFenceBump(b *testing.B) {
	for _, entries := range []int{1000, 1_000_000} {
		s, _ := filled(b, entries, 1)
		for _, keys := range []int{1, 100} {
			b.Run(fmt.Sprintf("entries=%d/keys=%d", entries, keys), func(b *testing.B) {
				list := make([]string, keys)
				for i := range list {
					list[i] = "c0=" + strconv.Itoa(i)
				}
				c := change(b, s, 1, list...)
				b.ReportAllocs()
				for b.Loop() {
					fence(b, s, c)
					bump(b, s, c)
				}
			})
		}
	}
}

// BenchmarkMemory tells the bytes that an entry takes besides its payload.
func BenchmarkMemory(b *testing.B) {
	for _, conjs := range []int{1, 3} {
		b.Run(fmt.Sprintf("conjs=%d", conjs), func(b *testing.B) {
			const n = 100_000
			b.ReportAllocs()
			for b.Loop() {
				before := heap()
				s := filledBare(b, n, conjs)
				b.ReportMetric(float64(heap()-before)/n, "bytes/entry")
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// filledBare is filled without keeping the queries.
func filledBare(b *testing.B, n, conjs int) *memory.Store {
	b.Helper()
	s := open(b, memory.Config{MaxBytes: 4 << 30})
	p := &result{100}
	for i := range n {
		put(b, s, query(i, conjs), p)
	}
	return s
}
