package rueidisstore_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/internal/result"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// joinedQuery is a query of what is made of others.
func joinedQuery(name string) *store.Query {
	return &store.Query{Database: "computed", Key: sha256.Sum256([]byte(name)), Decode: decodeResult, TTL: time.Hour, Joined: true}
}

// leased returns the snapshot of a query, nil where it is fenced.
func leased(t testing.TB, s store.Store, q *store.Query) store.Snapshot {
	t.Helper()
	l, err := s.Lease(context.Background(), q)
	if err != nil {
		t.Fatalf("Lease: %v", err)
	}
	return l.Snapshot
}

// join fills a joined entry of queries, and wants it to be a hit then.
func join(t testing.TB, s store.Store, q *store.Query, parts ...*store.Query) {
	t.Helper()
	list := make([]store.Snapshot, len(parts))
	for i, p := range parts {
		list[i] = leased(t, s, p)
	}
	if err := s.Fill(context.Background(), q, s.Join(list...), userResult(t), time.Hour); err != nil {
		t.Fatalf("Fill: %v", err)
	}
	wantHit(t, s, q)
}

// What anybody may have written under a joined entry's key is a miss, for a process
// that knows what the entry depends on, and for one that does not, and is replaced by
// the next fill.
func TestPoisonedJoinedEntriesAreMisses(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	s := newStore(t, server.URL())
	r := newRaw(t, s)
	one, two, three := resultQuery("1"), resultQuery("2"), resultQuery("3")
	a, b, c := joinedQuery("a"), joinedQuery("b"), joinedQuery("c")
	rows, _ := result.Record(&userRows{left: 2}, result.Limits{Rows: 10, Bytes: 1 << 20})
	if err := s.Fill(context.Background(), b, s.Join(leased(t, s, one), leased(t, s, two)), rows, time.Hour); err != nil {
		t.Fatal(err)
	}
	wantHit(t, s, b)
	join(t, s, c, one, three)
	fill(t, s, one, userResult(t))
	read := func(key store.Key) string {
		m := r.do("GET", []string{s.EntryKey(key)})
		entry, err := m.ToString()
		if err != nil {
			t.Fatal(err)
		}
		return entry
	}
	other, unlike, plain := read(b.Key), read(c.Key), read(one.Key)
	flip := func(at int) func(string) string {
		return func(e string) string {
			if at < 0 {
				at += len(e)
			}
			return e[:at] + string([]byte{e[at] ^ 1}) + e[at+1:]
		}
	}
	changes := map[string]func(string) string{
		"empty":                           func(string) string { return "" },
		"cut in its check":                func(e string) string { return e[:9] },
		"its check alone":                 func(e string) string { return e[:16] },
		"cut by one byte":                 func(e string) string { return e[:len(e)-1] },
		"longer by one byte":              func(e string) string { return e + "\x00" },
		"twice":                           func(e string) string { return e + e },
		"with another check":              flip(1),
		"with another checksum":           flip(15),
		"with another length":             flip(16),
		"with a bit changed at its end":   flip(-1),
		"with a longer length":            func(e string) string { return e[:16] + "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" + e[17:] },
		"another's, with the same parts":  func(string) string { return other },
		"another's, with others":          func(string) string { return unlike },
		"a query's":                       func(string) string { return plain },
		"another's behind its own check":  func(e string) string { return e[:16] + other[16:] },
		"its own behind another's check":  func(e string) string { return other[:16] + e[16:] },
		"others' parts behind its check":  func(e string) string { return e[:16] + unlike[16:] },
		"text":                            func(string) string { return "{\"id\": 1}" },
		"large":                           func(e string) string { return e[:16] + strings.Repeat("\xff", 1<<20) },
		"large, and says that it is long": func(e string) string { return e[:16] + "\xff\xff\x3f" + strings.Repeat("\x01", 1<<20) },
	}
	for at := 17; at < 17+60; at += 7 {
		changes["with a bit changed in its layout, at "+string(rune('a'+(at-17)/7))] = flip(at)
	}
	for name, change := range changes {
		join(t, s, a, one, two)
		entry := read(a.Key)
		poison := change(entry)
		if poison == entry {
			t.Fatalf("%s: nothing was changed", name)
		}
		r.do("SET", []string{s.EntryKey(a.Key)}, poison)
		fresh := newStore(t, server.URL(), func(c *rueidisstore.Config) { c.Prefix = s.Prefix() })
		for who, st := range map[string]store.Store{"the process that stored it": s, "another": fresh} {
			if p, ok, err := st.Get(context.Background(), a); err != nil || ok {
				t.Errorf("an entry that is %s, read by %s: %v, hit %v, error %v", name, who, p, ok, err)
			}
			if p, sn, ok, err := st.Recall(context.Background(), a); err != nil || ok || sn != nil {
				t.Errorf("an entry that is %s, recalled by %s: %v, %v, hit %v, error %v", name, who, p, sn, ok, err)
			}
		}
	}
	for name, put := range map[string][]string{
		"a list":       {"RPUSH", "x"},
		"a hash":       {"HSET", "x", "y"},
		"a sorted set": {"ZADD", "1", "x"},
	} {
		join(t, s, a, one, two)
		r.do("DEL", []string{s.EntryKey(a.Key)})
		r.do(put[0], []string{s.EntryKey(a.Key)}, put[1:]...)
		if p, ok, err := s.Get(context.Background(), a); ok || err != nil {
			t.Errorf("%s as an entry: %v, hit %v, error %v", name, p, ok, err)
		}
		join(t, s, a, one, two)
	}
}

// Whatever is under a key of what a joined entry depends on, it is no hit that is not
// fresh, nothing fails, and a write and a read later all is as it was.
func TestJoinedEntriesOverWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	ctx := context.Background()
	one, two, q := resultQuery("1"), resultQuery("2"), joinedQuery("a")
	two.Deps[0].Conjs = nil
	keys := map[string]func(s *rueidisstore.Store) string{
		"epoch":       func(s *rueidisstore.Store) string { return s.EpochKey("main", "users") },
		"whole":       func(s *rueidisstore.Store) string { return s.WholeKey("main", "users") },
		"registry":    func(s *rueidisstore.Store) string { return s.RegistryKey("main", "users") },
		"global":      func(s *rueidisstore.Store) string { return s.GlobalKey("main") },
		"conjunction": func(s *rueidisstore.Store) string { return s.ConjKey("main", "users", one.Deps[0].Conjs[0].Key) },
	}
	for key, of := range keys {
		for kind, put := range kinds {
			t.Run(key+"/"+strings.ReplaceAll(kind, " ", "_"), func(t *testing.T) {
				s := newStore(t, server.URL())
				r := newRaw(t, s)
				join(t, s, q, one, two)
				r.do("DEL", []string{of(s)})
				put(r, of(s))
				_, ok, err := s.Get(ctx, q)
				if err != nil || ok && key != "registry" {
					t.Fatalf("Get: hit %v, error %v", ok, err)
				}
				old := s.Join(leased(t, s, one), leased(t, s, two))
				w := newWriter(t, s, one)
				w.fence()
				w.bump()
				wantMiss(t, s, q)
				if err := s.Fill(ctx, q, old, userResult(t), time.Hour); err != nil { // a reader that is late
					t.Fatalf("Fill: %v", err)
				}
				wantMiss(t, s, q)
				// All is well again, or another's fences are there.
				if a, b := leased(t, s, one), leased(t, s, two); a != nil && b != nil {
					join(t, s, q, one, two)
				}
			})
		}
	}
}

// A joined entry is of the server that its stamps are on. When that comes back with all
// its keys the entry is none, also for a process that has just read it.
func TestJoinedEntriesEndWithTheirServer(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''", "appendonly yes", "appendfsync always"))
	ctx := context.Background()
	s := newStore(t, server.URL())
	one, two, q := resultQuery("1"), resultQuery("2"), joinedQuery("a")
	join(t, s, q, one, two)
	wantHit(t, s, q)
	before, err := server.Do("DBSIZE")
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(server.Kill(), server.Restart()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server is there", func() error {
		_, ok, err := s.Get(ctx, q)
		if ok {
			t.Fatal("STALE: an entry outlived its server")
		}
		return err
	})
	wantMiss(t, s, q)
	if after, err := server.Do("DBSIZE"); after != before || err != nil {
		t.Errorf("%s keys, %v; there were %s", after, err, before)
	}
	join(t, s, q, one, two)
}

// What depends on more than would be read again is not joined, so that nobody waits
// for it.
func TestJoinIsBounded(t *testing.T) {
	t.Parallel()
	s := newStore(t, redistest.Start(t, redistest.WithSettings("save ''")).URL())
	var parts []store.Snapshot
	for _, name := range []string{"a", "b", "c"} {
		q := resultQuery(name)
		q.Deps = []store.TableDep{{Table: "t", Conjs: []store.Conj{{Scheme: "s", Key: strings.Repeat(name, 400<<10)}}}}
		parts = append(parts, leased(t, s, q))
	}
	if s.Join(parts[:2]...) == nil {
		t.Error("two parts are not joined")
	}
	if s.Join(parts...) != nil {
		t.Error("three parts are joined, although nobody would read them")
	}
}
