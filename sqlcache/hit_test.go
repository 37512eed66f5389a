package sqlcache_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"testing"

	"github.com/cacheops/cacheops"
)

// sizes are the numbers of rows that hits are measured with.
var sizes = []int{1, 50}

// TestHitAllocatesNoMoreThanDoingNothing compares a hit with a driver that does
// nothing but hand out its rows.
func TestHitAllocatesNoMoreThanDoingNothing(t *testing.T) {
	// Under a context that can end, database/sql starts a goroutine for each
	// query, and how many connections there are then depends on its speed.
	ctx := context.Background()
	for _, size := range sizes {
		t.Run(fmt.Sprintf("%d rows", size), func(t *testing.T) {
			bare, wrapped, behind := nothingDBs(t, size, nothingCache(t, cacheops.Hooks{}))
			read := func(db *sql.DB) float64 {
				var p post
				return testing.AllocsPerRun(200, func() {
					if n, err := readPosts(ctx, db, &p); err != nil || n != size {
						t.Fatalf("%d rows, %v", n, err)
					}
				})
			}
			direct, hit := read(bare), read(wrapped)
			if n := behind.Queries.Load(); n != 1 {
				t.Errorf("%d queries instead of one: these were no hits", n)
			}
			if hit > direct {
				t.Errorf("a hit allocates %v times, doing nothing %v", hit, direct)
			}

			// A hook that takes the event as it is, and logging that is off.
			var told int
			off := slog.New(slog.DiscardHandler)
			counting := cacheops.Hooks{OnRead: func(_ context.Context, e cacheops.ReadEvent) {
				if e.Hit && e.Latency > 0 {
					told++
				}
			}}
			_, hooked, behindHooked := nothingDBs(t, size, nothingCache(t, cacheops.JoinHooks(counting, cacheops.LogHooks(off))))
			if hit := read(hooked); hit > direct {
				t.Errorf("a hit with hooks allocates %v times, doing nothing %v", hit, direct)
			}
			if n := behindHooked.Queries.Load(); n != 1 || told < 200 {
				t.Errorf("%d queries instead of one, %d hits told", n, told)
			}

			prepared := func(db *sql.DB) float64 {
				st, err := db.PrepareContext(ctx, selectByID)
				if err != nil {
					t.Fatal(err)
				}
				defer func() {
					if err := st.Close(); err != nil {
						t.Error(err)
					}
				}()
				var p post
				return testing.AllocsPerRun(200, func() {
					if n, err := preparedPosts(ctx, st, &p); err != nil || n != size {
						t.Fatalf("%d rows, %v", n, err)
					}
				})
			}
			direct, hit = prepared(bare), prepared(wrapped)
			if n := behind.Queries.Load(); n != 1 {
				t.Errorf("%d queries instead of one: these were no hits", n)
			}
			if hit > direct {
				t.Errorf("a prepared hit allocates %v times, doing nothing %v", hit, direct)
			}
		})
	}
}

// BenchmarkHit is one query answered by the cache and scanned into a struct of
// eight fields, beside the same from a driver that does nothing. The difference
// is what the cache costs; what both cost is database/sql and the scan.
func BenchmarkHit(b *testing.B) {
	for _, size := range sizes {
		bare, wrapped, behind := nothingDBs(b, size, nothingCache(b, cacheops.Hooks{}))
		_, hooked, _ := nothingDBs(b, size, nothingCache(b, cacheops.Hooks{OnRead: func(context.Context, cacheops.ReadEvent) {}}))
		run := func(name string, db *sql.DB) {
			b.Run(fmt.Sprintf("rows=%d/%s", size, name), func(b *testing.B) {
				b.ReportAllocs()
				ctx := context.Background()
				var p post
				for b.Loop() {
					if n, err := readPosts(ctx, db, &p); err != nil || n != size {
						b.Fatalf("%d rows, %v", n, err)
					}
				}
			})
		}
		run("nothing", bare)
		run("hit", wrapped)
		run("hooks", hooked)
		if n := behind.Queries.Load(); n > 1 {
			b.Errorf("%d queries instead of one: these were no hits", n)
		}
	}
}

// BenchmarkHitParallel is BenchmarkHit with one row, from all processors.
func BenchmarkHitParallel(b *testing.B) {
	bare, wrapped, _ := nothingDBs(b, 1, nothingCache(b, cacheops.Hooks{}))
	run := func(name string, db *sql.DB) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				ctx := context.Background()
				var p post
				for pb.Next() {
					if _, err := readPosts(ctx, db, &p); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
	run("nothing", bare)
	run("hit", wrapped)
}
