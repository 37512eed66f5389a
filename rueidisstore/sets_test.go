package rueidisstore_test

import (
	"context"
	"crypto/sha256"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// rowQuery is a read of one row of a table.
func rowQuery(table, value string) *store.Query {
	return &store.Query{
		Database: "main", Key: sha256.Sum256([]byte(table + value)), Decode: decodeBlob, TTL: time.Hour,
		Deps: []store.TableDep{{Table: table, Conjs: []store.Conj{{Scheme: "id", Key: "id=" + value}}}},
	}
}

// madeOf is a query of what is made of others.
func madeOf(name string) *store.Query {
	q := joinedQuery(name)
	q.Decode = decodeBlob
	return q
}

// put stores an entry for each query.
func put(t testing.TB, s store.Store, queries ...*store.Query) {
	t.Helper()
	for _, q := range queries {
		fill(t, s, q, blob("{}"))
	}
}

// write is a whole write of a change, worked out from the registry of now.
func write(t testing.TB, s store.Store, c *store.Change) {
	t.Helper()
	c.Token, c.TTL = store.Token{1}, time.Minute
	for i := range c.Tables {
		r, err := s.Registry(context.Background(), c.Database, c.Tables[i].Table)
		if err != nil {
			t.Fatal(err)
		}
		c.Tables[i].Registry = r.Version
	}
	if ack, err := s.Fence(context.Background(), c); err != nil || len(ack.Stale) > 0 {
		t.Fatalf("Fence: stale %v, error %v", ack.Stale, err)
	}
	bump(t, s, c)
}

// ofRow is a change of one row, ofTable one of anything in a table.
func ofRow(table, value string) *store.Change {
	return &store.Change{Database: "main", Tables: []store.TableChange{{Table: table, Keys: []string{"id=" + value}}}}
}

func ofTable(table string) *store.Change {
	return &store.Change{Database: "main", Tables: []store.TableChange{{Table: table, Epoch: true}}}
}

// A hit is one GET, also of what was made of several reads.
func TestSetsHitIsOneGet(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	s := newSets(t, server.URL())
	one, two, joined := rowQuery("t", "1"), rowQuery("u", "2"), madeOf("f")

	put(t, s, one, two)
	if err := s.Fill(t.Context(), joined, s.Join(leased(t, s, one), leased(t, s, two)), blob("{}"), time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Do("CONFIG", "RESETSTAT"); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		for _, q := range []*store.Query{one, two, joined} {
			wantHit(t, s, q)
		}
	}
	for name, stat := range server.Info("commandstats") {
		switch name = strings.TrimPrefix(name, "cmdstat_"); name {
		case "get": // with those of noteMode
			calls, _, _ := strings.Cut(strings.TrimPrefix(stat, "calls="), ",")
			if n, err := strconv.Atoi(calls); err != nil || n < 150 {
				t.Errorf("150 hits made %s GETs", calls)
			}
		case "info", "config|resetstat", "eval", "type": // who is it, see admission.go
		default:
			t.Errorf("hits called %s: %s", name, stat)
		}
	}
}

// A write deletes what depends on it, whatever the number of entries, and leaves nothing
// of it in Redis but names.
func TestSetsWritesDelete(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	const n = 2*rueidisstore.MaxDropped + 500
	for name, c := range map[string]struct {
		dep    func(i int) store.TableDep
		change *store.Change
	}{
		"one condition": {func(int) store.TableDep {
			return store.TableDep{Table: "t", Conjs: []store.Conj{{Scheme: "id", Key: "id=1"}}}
		}, ofRow("t", "1")},
		"every row": {func(int) store.TableDep { return store.TableDep{Table: "t"} }, ofRow("t", "1")},
		"a table": {func(i int) store.TableDep {
			return store.TableDep{Table: "t", Conjs: []store.Conj{{Scheme: "id", Key: "id=" + strconv.Itoa(i)}}}
		}, ofTable("t")},
		"everything": {func(i int) store.TableDep {
			return store.TableDep{Table: "t" + strconv.Itoa(i%7), Conjs: []store.Conj{{Scheme: "id", Key: "id=" + strconv.Itoa(i)}}}
		}, &store.Change{Database: "main", All: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSets(t, server.URL())
			queries := make([]*store.Query, n)
			for i := range queries {
				queries[i] = rowQuery("q", strconv.Itoa(i))
				queries[i].Deps = []store.TableDep{c.dep(i)}
			}
			put(t, s, queries...)
			late := leased(t, s, queries[0])
			other := *queries[0]
			other.Key[0] ^= 1
			reading := leased(t, s, &other) // it has a place, and no entry
			r := newRaw(t, s)
			entries := func() (n int64) {
				for _, q := range queries {
					m := r.do("EXISTS", []string{s.EntryKey(q)})
					one, _ := m.AsInt64()
					n += one
				}
				return n
			}
			if have := entries(); have != n {
				t.Fatalf("%d of %d entries are there", have, n)
			}
			write(t, s, c.change)
			if have := entries(); have != 0 {
				t.Fatalf("%d entries are left after the write", have)
			}
			// A fill that the write overtook stores nothing.
			if err := s.Fill(t.Context(), queries[0], late, blob("old"), time.Hour); err != nil {
				t.Fatal(err)
			}
			wantMiss(t, s, queries[0])
			if err := s.Fill(t.Context(), &other, reading, blob("old"), time.Hour); err != nil {
				t.Fatal(err)
			}
			wantMiss(t, s, &other)
			put(t, s, queries[0])
			wantHit(t, s, queries[0])
		})
	}
}

// A joined entry that a write drops is taken out of all its sets: what is stored in its
// place depends on something else, and a write of what it depended on once leaves it. One
// with more sets than a call of a script may go through is not stored.
func TestSetsOfJoinedEntries(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	t.Run("plain", func(t *testing.T) {
		t.Parallel()
		setsOfJoinedEntries(t, newSets(t, server.URL()))
	})
	t.Run("in envelopes", func(t *testing.T) {
		t.Parallel()
		setsOfJoinedEntries(t, newSets(t, server.URL(), keyed("a"), compressing(1)))
	})
}

func setsOfJoinedEntries(t *testing.T, s *rueidisstore.Sets) {
	t.Helper()
	one, two, own := rowQuery("t", "1"), rowQuery("u", "2"), rowQuery("f", "own")
	q := madeOf("f")
	own.Key = q.Key // as that of a function is
	made := func(of ...*store.Query) {
		t.Helper()
		parts := []store.Snapshot{leased(t, s, own)}
		for _, x := range of {
			parts = append(parts, leased(t, s, x))
		}
		if err := s.Fill(t.Context(), q, s.Join(parts...), blob("{}"), time.Hour); err != nil {
			t.Fatal(err)
		}
		wantHit(t, s, q)
	}
	for name, drops := range map[string]*store.Change{
		"a row": ofRow("f", "own"), "a table": ofTable("f"), "everything": {Database: "main", All: true},
	} {
		made(one, two)
		write(t, s, drops)
		wantMiss(t, s, q)
		made()
		write(t, s, ofRow("t", "1"))
		write(t, s, ofTable("u"))
		if _, ok, err := s.Get(t.Context(), q); !ok || err != nil {
			t.Errorf("%s: a write of what it depended on before drops it, error %v", name, err)
		}
		made(one)
		// What is recalled may be stored again.
		p, recalled, _, err := s.Recall(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Fill(t.Context(), q, recalled, p, time.Hour); err != nil {
			t.Fatal(err)
		}
		wantHit(t, s, q)
		made(two) // it replaces what is there
		write(t, s, ofRow("t", "1"))
		wantHit(t, s, q)
		write(t, s, ofRow("u", "2"))
		wantMiss(t, s, q)
	}
	var parts []store.Snapshot
	for i := range rueidisstore.MaxSets {
		parts = append(parts, leased(t, s, rowQuery("many", strconv.Itoa(i))))
	}
	for n, want := range map[int]bool{len(parts): false, len(parts) - 1: true} { // and the table's
		many := madeOf(strconv.Itoa(n))
		if err := s.Fill(t.Context(), many, s.Join(parts[:n]...), blob("{}"), time.Hour); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := s.Get(t.Context(), many); ok != want || err != nil {
			t.Errorf("of %d parts: a hit %v, error %v", n, ok, err)
		}
	}
	write(t, s, ofTable("many"))
	wantMiss(t, s, madeOf(strconv.Itoa(len(parts)-1)))
}

// A set outlives every entry and every place that is listed there, also where the time
// of an entry is longer than its lease said.
func TestSetsOutliveTheirEntries(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	s := newSets(t, server.URL())
	r := newRaw(t, s)
	left := func(key string) int64 {
		m := r.do("PTTL", []string{key})
		n, _ := m.AsInt64()
		return n
	}
	sets := func(q *store.Query) []string {
		return []string{s.Base().ConjKey("main", "t", q.Deps[0].Conjs[0].Key), s.MembersKey("main", "t")}
	}
	outlived := func(q, of *store.Query, what string) {
		t.Helper()
		for _, set := range sets(q) {
			// The entry is asked first: it may not have less time left.
			if entry, set := left(s.EntryKey(of)), left(set); entry <= 0 || set < entry {
				t.Errorf("%s has %d ms, and a set that lists it %d", what, entry, set)
			}
		}
	}
	for _, ttl := range []time.Duration{time.Second, time.Hour, 100 * time.Hour, time.Minute} {
		q := rowQuery("t", ttl.String())
		q.TTL = 0
		l := leased(t, s, q)
		outlived(q, q, "a place")
		if err := s.Fill(t.Context(), q, l, blob("{}"), ttl); err != nil {
			t.Fatal(err)
		}
		outlived(q, q, "an entry of "+ttl.String())
		joined := madeOf(ttl.String())
		if err := s.Fill(t.Context(), joined, s.Join(leased(t, s, q)), blob("{}"), 3*ttl); err != nil {
			t.Fatal(err)
		}
		outlived(q, joined, "a joined entry of "+(3*ttl).String())
	}
}

// Tenants with a prefix each do not meet, and scripts that are gone are sent again.
func TestSetsOfTenants(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	one, two := newSets(t, server.URL(), prefixed("a")), newSets(t, server.URL(), prefixed("a:b*"))
	exercise(t, one)
	q := rowQuery("t", "1")
	put(t, one, q)
	wantMiss(t, two, q)
	put(t, two, q)
	write(t, one, ofRow("t", "1"))
	wantMiss(t, one, q)
	wantHit(t, two, q)
	if _, err := server.Do("SCRIPT", "FLUSH"); err != nil {
		t.Fatal(err)
	}
	write(t, two, &store.Change{Database: "main", All: true})
	wantMiss(t, two, q)
	exercise(t, two)
}

// An entry that somebody changed, or put under another key, is a miss, and what is under
// a key and of another kind is replaced.
func TestSetsPoisoned(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	s := newSets(t, server.URL())
	r := newRaw(t, s)
	one, two, joined := rowQuery("t", "1"), rowQuery("t", "2"), madeOf("f")
	put(t, s, one, two)
	if err := s.Fill(t.Context(), joined, s.Join(leased(t, s, one)), blob("{}"), time.Hour); err != nil {
		t.Fatal(err)
	}
	for _, q := range []*store.Query{one, joined} {
		key := s.EntryKey(q)
		m := r.do("GET", []string{key})
		whole, err := m.ToString()
		if err != nil {
			t.Fatal(err)
		}
		for at := range whole {
			changed := []byte(whole)
			changed[at] ^= 1
			r.do("SET", []string{key}, string(changed))
			wantMiss(t, s, q)
			r.do("SET", []string{key}, whole[:at])
			wantMiss(t, s, q)
		}
		r.do("SET", []string{key}, whole)
		wantHit(t, s, q)
		r.do("SET", []string{s.EntryKey(two)}, whole)
		wantMiss(t, s, two)
		other := *q
		other.Deps = []store.TableDep{{Table: "t", Conjs: []store.Conj{{Scheme: "id", Key: "id=7"}}}}
		if q == one {
			wantMiss(t, s, &other)
		}
	}
	var keys []string
	r.each(func(key string) { keys = append(keys, key) })
	for _, kind := range [][]string{{"SET", "x"}, {"HSET", "a", "b"}, {"SADD", "x"}, {"ZADD", "1", "x"}, {"RPUSH", "x"}} {
		for _, key := range keys {
			if strings.HasSuffix(key, "{}mode") {
				continue
			}
			r.do("DEL", []string{key})
			r.do(kind[0], []string{key}, kind[1:]...)
		}
		wantMiss(t, s, one)
		wantMiss(t, s, joined)
		write(t, s, ofRow("t", "1"))
		exercise(t, s)
		put(t, s, one)
		wantHit(t, s, one)
		write(t, s, ofRow("t", "1"))
		wantMiss(t, s, one)
	}
}
