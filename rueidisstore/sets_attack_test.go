package rueidisstore_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// Reap looks at the sets of its prefix alone. Those of a prefix that begins with it list
// entries that are elsewhere, and are not without an entry; nor are another program's sets.
func TestReapLeavesOtherPrefixes(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	short, long := newSets(t, server.URL(), prefixed("app")), newSets(t, server.URL(), prefixed("app:blue"))
	q := rowQuery("t", "1")
	put(t, short, q)
	put(t, long, q)
	raw := newRaw(t, short)
	others := []string{"app:jobs", "app:{x}jobs", "app:{abcdefgh}jobs", "app:{main}:mm"}
	for _, key := range others {
		raw.do("SADD", []string{key}, "1", "2")
	}
	done, err := short.Reap(t.Context(), rueidisstore.ReapOptions{MinSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	if done.Found != 2 || done.Dead != 0 {
		t.Errorf("reaped %+v, want to find the 2 sets of the prefix, and nothing dead", done)
	}
	for _, key := range others {
		if n := raw.size(key); n != 2 {
			t.Errorf("another program's set %s has %d members, want 2", key, n)
		}
	}
	write(t, long, ofRow("t", "1"))
	if _, ok, err := long.Get(t.Context(), q); ok || err != nil {
		t.Errorf("STALE: after the write a hit %v, error %v", ok, err)
	}
}

// An entry that was copied to another prefix is none there: no write of that prefix would
// find it.
func TestSetsEntryOfAnotherPrefix(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	one, two := newSets(t, server.URL()), newSets(t, server.URL())
	q, joined := rowQuery("t", "1"), madeOf("f")
	put(t, one, q)
	if err := one.Fill(t.Context(), joined, one.Join(leased(t, one, q)), blob("{}"), time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := two.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, q := range []*store.Query{q, joined} {
		wantHit(t, one, q)
		if n, err := server.Do("COPY", one.EntryKey(q), two.EntryKey(q)); err != nil || n != "1" {
			t.Fatalf("COPY: %v, %v", n, err)
		}
		wantMiss(t, two, q)
	}
}

// A script that fails in the middle, because the user lacks a right, leaves every entry
// that is there in its sets: the next writer, who has the right, finds it.
func TestSetsScriptsThatFailInTheMiddle(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	servers := []*redistest.Server{server}
	stamps, _ := promised(t)
	more, _ := setsPromised(t)
	all := slices.Concat(stamps, more)
	s := newSets(t, server.URL(), prefixed("app"))
	one, whole, part := rowQuery("t", "1"), rowQuery("t", "whole"), rowQuery("u", "1")
	whole.Deps[0].Conjs = nil
	joined := madeOf("f")
	for _, without := range all {
		rest := slices.DeleteFunc(slices.Clone(all), func(c string) bool { return c == without })
		user := "without-" + without
		grant(t, servers, user, "app", rest)
		for name, c := range map[string]*store.Change{
			"a row": ofRow("t", "1"), "a table": ofTable("t"), "everything": {Database: "main", All: true},
		} {
			put(t, s, one, whole)
			if err := s.Fill(t.Context(), joined, s.Join(leased(t, s, one), leased(t, s, part)), blob("{}"), time.Hour); err != nil {
				t.Fatal(err)
			}
			less := openSets(t, asUser(t, server.URL(), user), prefixed("app"))
			broken := *c
			broken.Token, broken.TTL = store.Token{9}, time.Minute
			if len(c.Tables) > 0 {
				r, err := s.Registry(t.Context(), "main", "t")
				if err != nil {
					t.Fatal(err)
				}
				broken.Tables = slices.Clone(c.Tables)
				broken.Tables[0].Registry = r.Version
			}
			_, err := less.Fence(t.Context(), &broken)
			if err != nil && !errors.Is(err, store.ErrUnavailable) {
				t.Fatal(err)
			}
			_, _ = less.Bump(t.Context(), &broken, store.DropFence)
			if name == "a table" { // whoever leases finds that the schemes are lost
				if _, err := server.Do("DEL", s.Base().RegistryKey("main", "t")); err != nil {
					t.Fatal(err)
				}
			}
			_, _ = less.Lease(t.Context(), rowQuery("t", "another"))
			if err := less.Close(); err != nil {
				t.Fatal(err)
			}
			write(t, s, c)
			bump(t, s, &broken) // and the token is gone
			for what, q := range map[string]*store.Query{"a row": one, "every row": whole, "a function": joined} {
				if _, ok, err := s.Get(t.Context(), q); ok || err != nil {
					t.Errorf("STALE: without %s, after a write of %s, a read of %s: a hit %v, error %v", without, name, what, ok, err)
				}
			}
		}
	}
}

// A place that two versions take, which analyse the query in two ways, may be an entry
// with more time than the second one asked for. Its sets outlive it too.
func TestSetsOutliveAnotherVersionsEntry(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	s := newSets(t, server.URL())
	one := rowQuery("t", "1")
	fill(t, s, one, blob("{}"))
	other := *one
	other.Deps = []store.TableDep{{Table: "u", Conjs: []store.Conj{{Scheme: "id", Key: "id=7"}}}}
	other.TTL = time.Second
	snapshot := leased(t, s, &other)
	raw := newRaw(t, s)
	// The read takes longer than the sets live, if they live as long as its own entry.
	raw.advance(45 * time.Minute)
	write(t, s, ofRow("u", "7"))
	if err := s.Fill(t.Context(), &other, snapshot, blob("old"), time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.Get(t.Context(), &other); ok || err != nil {
		t.Errorf("STALE: a hit %v, error %v", ok, err)
	}
}
