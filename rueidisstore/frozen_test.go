package rueidisstore_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// What all versions of this package have in common. Do not change these tests:
// writers of a version that is out there must reach the readers of the next one,
// and the other way round.

// The names of the keys that two versions share, also for names with signs.
func TestFrozenKeys(t *testing.T) {
	t.Parallel()
	s := newStore(t, "redis://127.0.0.1:1", func(c *rueidisstore.Config) { c.Prefix = "cacheops" })
	for key, want := range map[string]string{
		s.GlobalKey("main"):                               "cacheops:{main}:g",
		s.GlobalKey(""):                                   "cacheops:{%}:g",
		s.GlobalKey("a{b}:c d%"):                          "cacheops:{a%7bb%7d%3ac%20d%25}:g",
		s.EpochKey("main", "public.users"):                "cacheops:{t7_lDnBz}e:main:public.users",
		s.LiveKey("main", "public.users"):                 "cacheops:{t7_lDnBz}l:main:public.users",
		s.RegistryKey("main", "public.users"):             "cacheops:{t7_lDnBz}r:main:public.users",
		s.WholeKey("main", "public.users"):                "cacheops:{t7_lDnBz}w:main:public.users",
		s.ConjKey("main", "public.users", "r4:1:id;v1:7"): "cacheops:{t7_lDnBz}eRjoWYs2rWB",
		s.EpochKey("a:b", "c"):                            "cacheops:{QUkAzvfC}e:a%3ab:c",
		s.EpochKey("a", "b:c"):                            "cacheops:{r32z984O}e:a:b%3ac",
		s.EpochKey("", ""):                                "cacheops:{56wHhmaO}e::",
		s.LiveKey("Zürich", "x_y-z.A|9\n"):                "cacheops:{4BsgYjFD}l:Z%c3%bcrich:x_y-z.A|9%0a",
		s.EpochKey("main", "tenant|1.user"):               "cacheops:{VYgCXbiw}e:main:tenant|1.user",
	} {
		if key != want {
			t.Errorf("got %s, want %s", key, want)
		}
	}
	if rueidisstore.DefaultPrefix != "cacheops" {
		t.Error(rueidisstore.DefaultPrefix)
	}
}

// The form of what is under them: a live epoch is a string of 16 bytes, one that is
// fenced a sorted set of the writers' tokens, 16 bytes each, by their deadlines in
// milliseconds of the server's time. The live fences are such a set too.
func TestFrozenForms(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	s := newStore(t, server.URL())
	r := newRaw(t, s)
	ctx := context.Background()
	epoch, live, global := s.EpochKey("main", "users"), s.LiveKey("main", "users"), s.GlobalKey("main")
	now := func() int64 {
		m := r.do("TIME", nil)
		list, err := m.AsStrSlice()
		if err != nil {
			t.Fatal(err)
		}
		sec, _ := strconv.ParseInt(list[0], 10, 64)
		usec, _ := strconv.ParseInt(list[1], 10, 64)
		return sec*1000 + usec/1000
	}
	stamp := func(key string) {
		t.Helper()
		m := r.do("GET", []string{key})
		if v, err := m.ToString(); err != nil || len(v) != 16 {
			t.Errorf("%s: %q, error %v; want 16 bytes", key, v, err)
		}
	}
	fenced := func(key string, token store.Token, ttl time.Duration, from int64) {
		t.Helper()
		m := r.do("ZRANGE", []string{key}, "0", "-1")
		members, err := m.AsStrSlice()
		if err != nil || len(members) != 1 || members[0] != string(token[:]) {
			t.Errorf("%s: members %q, error %v; want the token", key, members, err)
		}
		m = r.do("ZSCORE", []string{key}, string(token[:]))
		at, err := m.AsFloat64()
		if at := int64(at); err != nil || at < from+ttl.Milliseconds() || at > now()+ttl.Milliseconds() {
			t.Errorf("%s: the deadline is %d, %d after the fence; error %v", key, at, at-from, err)
		}
	}
	q := resultQuery("1")
	fill(t, s, q, userResult(t))
	stamp(epoch)
	stamp(global)
	if kind := r.kind(live); kind != "none" {
		t.Errorf("live fences without a writer: %s", kind)
	}
	c := &store.Change{
		Database: "main", Token: store.Token{1, 0, 255, 10}, TTL: 40 * time.Second,
		Tables: []store.TableChange{{Table: "users", Epoch: true}},
	}
	from := now()
	if _, err := s.Fence(ctx, c); err != nil {
		t.Fatal(err)
	}
	fenced(epoch, c.Token, c.TTL, from)
	fenced(live, c.Token, c.TTL, from)
	if _, err := s.Bump(ctx, c, store.DropFence); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{epoch, live} {
		if kind := r.kind(key); kind != "none" {
			t.Errorf("%s after the bump: %s", key, kind)
		}
	}
	stamp(global)
	c.All, from = true, now()
	if _, err := s.Fence(ctx, c); err != nil {
		t.Fatal(err)
	}
	fenced(global, c.Token, c.TTL, from)
	if _, err := s.Bump(ctx, c, store.DropFence); err != nil {
		t.Fatal(err)
	}
	if kind := r.kind(global); kind != "none" {
		t.Errorf("%s after the bump: %s", global, kind)
	}
}

// A writer of another version, that knows nothing but the frozen keys, reaches our
// readers: it puts its token under the epoch and among the live fences.
func TestWriterOfAnotherVersion(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	s := newStore(t, server.URL())
	r := newRaw(t, s)
	ctx := context.Background()
	epoch, live, global := s.EpochKey("main", "users"), s.LiveKey("main", "users"), s.GlobalKey("main")
	token := strings.Repeat("t", 16)
	deadline := strconv.FormatInt(time.Now().Add(time.Hour).UnixMilli(), 10)
	q, whole := resultQuery("1"), resultQuery("whole")
	whole.Deps[0].Conjs = nil
	leased := func(q *store.Query, fenced bool) store.Snapshot {
		t.Helper()
		l, err := s.Lease(ctx, q)
		if err != nil || l.Fenced != fenced {
			t.Fatalf("Lease: fenced %v, error %v; want %v", l.Fenced, err, fenced)
		}
		return l.Snapshot
	}
	for name, keys := range map[string][]string{"epoch": {epoch, live}, "global": {global}} {
		t.Run(name, func(t *testing.T) {
			for _, q := range []*store.Query{q, whole} {
				old := fill(t, s, q, userResult(t))
				for _, key := range keys { // its fence
					if r.kind(key) == "string" {
						r.do("DEL", []string{key})
					}
					r.do("ZADD", []string{key}, deadline, token)
				}
				wantMiss(t, s, q)
				leased(q, true)
				if err := s.Fill(ctx, q, old, userResult(t), time.Hour); err != nil {
					t.Fatal(err)
				}
				wantMiss(t, s, q)
				for _, key := range keys { // its bump
					r.do("ZREM", []string{key}, token)
				}
				wantMiss(t, s, q)
				if sn := leased(q, false); sn.Equal(old) {
					t.Error("the stamps are those of before the write")
				}
			}
		})
	}
	// A set of columns that we register while its fence is there waits for it.
	r.do("ZADD", []string{live}, deadline, token)
	other := resultQuery("other")
	other.Deps[0].Conjs[0].Scheme = "1:mail"
	leased(other, true)
	leased(q, false) // this one was there before
	r.do("ZREM", []string{live}, token)
	leased(other, false)
}
