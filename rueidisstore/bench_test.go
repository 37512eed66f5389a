package rueidisstore_test

import (
	"context"
	"crypto/sha256"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// blob is a payload of bytes.
type blob []byte

func (b blob) Size() int                              { return len(b) }
func (b blob) AppendBinary(to []byte) ([]byte, error) { return append(to, b...), nil }
func decodeBlob(b []byte) (store.Payload, error)      { return blob(b), nil }

func benchQuery(i int) *store.Query {
	v := strconv.Itoa(i)
	return &store.Query{
		Database: "main", Key: sha256.Sum256([]byte(v)), Decode: decodeBlob, TTL: time.Hour,
		Deps: []store.TableDep{{Table: "public.users", Conjs: []store.Conj{
			{Scheme: "1:id", Key: "s1:id", Shared: true}, {Scheme: "1:id", Key: "r4:1:id;v" + v},
		}}},
	}
}

// setup makes a store with entries, and a server.
func setup(b *testing.B, n, size int) (*rueidisstore.Store, raw, []*store.Query) {
	b.Helper()
	server := redistest.Start(b, redistest.WithSettings("save ''"))
	s := newStore(b, server.URL())
	r, queries := setupWith(b, s, n, size)
	return s, r, queries
}

// setupWith puts entries into a store.
func setupWith(b *testing.B, s store.Store, n, size int) (raw, []*store.Query) {
	b.Helper()
	queries := make([]*store.Query, n)
	for i := range queries {
		queries[i] = benchQuery(i)
		l, err := s.Lease(context.Background(), queries[i])
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Fill(context.Background(), queries[i], l.Snapshot, make(blob, size), time.Hour); err != nil {
			b.Fatal(err)
		}
	}
	r := newRaw(b, s)
	r.do("SET", []string{"raw"}, string(make([]byte, size)))
	return r, queries
}

func BenchmarkHit(b *testing.B) {
	for _, size := range []int{300, 15000} {
		s, r, queries := setup(b, 100, size)
		benchmarkHit(b, s, r, queries, size)
	}
}

func BenchmarkHitInSets(b *testing.B) {
	for _, size := range []int{300, 15000} {
		s := newSets(b, redistest.Start(b, redistest.WithSettings("save ''")).URL())
		r, queries := setupWith(b, s, 100, size)
		benchmarkHit(b, s, r, queries, size)
	}
}

// benchmarkHit compares a hit with a GET of the same size.
func benchmarkHit(b *testing.B, s store.Store, r raw, queries []*store.Query, size int) {
	b.Helper()
	{
		ctx := context.Background()
		hit := func(i int) {
			if _, ok, err := s.Get(ctx, queries[i%len(queries)]); !ok || err != nil {
				b.Fatal("a miss", err)
			}
		}
		get := func(int) {
			if _, err := r.c.Do(ctx, r.c.B().Get().Key("raw").Build()).ToString(); err != nil {
				b.Fatal(err)
			}
		}
		for _, x := range []struct {
			name string
			f    func(int)
		}{{"raw", get}, {"hit", hit}} {
			b.Run(x.name+"/"+strconv.Itoa(size), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					x.f(i)
				}
			})
			b.Run(x.name+"64/"+strconv.Itoa(size), func(b *testing.B) {
				b.ReportAllocs()
				b.SetParallelism(32)
				var n atomic.Int64
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						x.f(int(n.Add(1)))
					}
				})
			})
		}
	}
}

// BenchmarkLease leases a query of which all stamps are there.
func BenchmarkLease(b *testing.B) {
	s, _, queries := setup(b, 100, 300)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := s.Lease(context.Background(), queries[i%len(queries)]); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFill stores a result that is there already.
func BenchmarkFill(b *testing.B) {
	for _, size := range []int{300, 15000} {
		b.Run(strconv.Itoa(size), func(b *testing.B) {
			s, _, queries := setup(b, 1, size)
			l, err := s.Lease(context.Background(), queries[0])
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := s.Fill(context.Background(), queries[0], l.Snapshot, make(blob, size), time.Hour); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkChange fences and bumps conjunctions of one table: in one call of each
// script, and in several.
func BenchmarkChange(b *testing.B) {
	for _, keys := range []int{1, 10, 1000} {
		b.Run("keys="+strconv.Itoa(keys), func(b *testing.B) {
			s, _, queries := setup(b, 1, 300)
			table := queries[0].Deps[0].Table
			r, err := s.Registry(context.Background(), "main", table)
			if err != nil {
				b.Fatal(err)
			}
			c := &store.Change{
				Database: "main", Token: store.Token{1}, TTL: time.Minute,
				Tables: []store.TableChange{{Table: table, Registry: r.Version}},
			}
			for i := range keys {
				c.Tables[0].Keys = append(c.Tables[0].Keys, "r4:1:id;v"+strconv.Itoa(i))
			}
			b.ReportAllocs()
			for b.Loop() {
				fenced, err1 := s.Fence(context.Background(), c)
				bumped, err2 := s.Bump(context.Background(), c, store.DropFence)
				if err1 != nil || err2 != nil || len(fenced.Stale)+len(bumped.Stale) > 0 {
					b.Fatal(err1, err2, fenced.Stale, bumped.Stale)
				}
			}
		})
	}
}
