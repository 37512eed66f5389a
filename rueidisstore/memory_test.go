package rueidisstore_test

import (
	"context"
	"crypto/sha256"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// maxOverhead is how many bytes of Redis a cached query of one row may take above
// its result, where nobody shares its conjunction.
const maxOverhead = 350

// usedMemory is what Redis says that it uses.
func usedMemory(t testing.TB, server *redistest.Server) int {
	t.Helper()
	n, err := strconv.Atoi(server.Info("memory")["used_memory"])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// fillMany fills that many queries of one row each, and returns the size of one
// result.
func fillMany(t testing.TB, s store.Store, n int) (size int, last *store.Query) {
	t.Helper()
	payload := userResult(t)
	b, err := payload.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	query := func(i int) *store.Query {
		v := strconv.Itoa(1_000_000 + i)
		return &store.Query{
			Database: "main", Key: sha256.Sum256([]byte(v)), Decode: decodeResult, TTL: time.Hour,
			Deps: []store.TableDep{{Table: "public.users", Conjs: []store.Conj{{Scheme: "1:id=int", Key: "1:id=int;" + v}}}},
		}
	}
	var wg sync.WaitGroup
	const workers = 32
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				q := query(i)
				l, err := s.Lease(context.Background(), q)
				if err != nil || l.Fenced {
					t.Errorf("Lease: fenced %v, error %v", l.Fenced, err)
					return
				}
				if err := s.Fill(context.Background(), q, l.Snapshot, payload, time.Hour); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return len(b), query(0)
}

// A cached query of one row by its primary key takes no more memory of Redis than
// it is worth: that of the whole dictionary, and of the keys one by one.
func TestMemoryOfAnEntry(t *testing.T) {
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	s := newStore(t, server.URL(), func(c *rueidisstore.Config) { c.Prefix = "cacheops" })
	fillMany(t, s, 100) // scripts, buffers and the table's own keys
	r := newRaw(t, s)
	before := usedMemory(t, server)
	// As many as double the hash tables of Redis: 16384 to 32768 places are in them.
	const n = 20_000
	size, q := fillMany(t, s, n)
	wantHit(t, s, q)
	after := usedMemory(t, server)
	each := float64(after-before)/(n-100) - float64(size)
	usage := func(key string) int64 {
		m := r.do("MEMORY", nil, "USAGE", key)
		n, err := m.AsInt64()
		if err != nil {
			t.Fatal(key, err)
		}
		return n
	}
	entry, stamp := usage(s.EntryKey(q.Key)), usage(s.ConjKey("main", "public.users", q.Deps[0].Conjs[0].Key))
	t.Logf("figure: redis bytes of a cached one-row query above its result of %d: %.0f (limit %d)", size, each, maxOverhead)
	t.Logf("figure: MEMORY USAGE of an entry: %d, of a stamp: %d", entry, stamp)
	if each > maxOverhead {
		t.Errorf("an entry takes %.0f bytes above its result, want %d at most", each, maxOverhead)
	}
}

// maxSetsOverhead is the same in sets mode.
const maxSetsOverhead = 430

// In sets mode an entry is listed in a set of its own condition and in that of its table.
// What is written to is freed.
func TestMemoryOfAnEntryInSets(t *testing.T) {
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	s := newSets(t, server.URL(), func(c *rueidisstore.Config) { c.Prefix = "cacheops" })
	fillMany(t, s, 100)
	before := usedMemory(t, server)
	const n = 20_000
	size, q := fillMany(t, s, n)
	wantHit(t, s, q)
	each := float64(usedMemory(t, server)-before)/(n-100) - float64(size)
	t.Logf("figure: redis bytes of a cached one-row query in sets mode above its result of %d: %.0f (limit %d)", size, each, maxSetsOverhead)
	if each > maxSetsOverhead {
		t.Errorf("an entry takes %.0f bytes above its result, want %d at most", each, maxSetsOverhead)
	}
	write(t, s, &store.Change{Database: "main", Tables: []store.TableChange{{Table: "public.users", Epoch: true}}})
	left := float64(usedMemory(t, server)-before) / (n - 100)
	t.Logf("figure: redis bytes left of it after a write of the table: %.0f", left)
	if left > each/2 {
		t.Errorf("after the write it still takes %.0f bytes", left)
	}
}
