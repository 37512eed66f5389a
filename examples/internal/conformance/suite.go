package conformance

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/internal/sample"
	"github.com/cacheops/cacheops/sqlcache"
)

// Run puts a library through the suite on a database. Open makes it from a handle,
// which is closed by the suite; what else it opens has to be closed by t.Cleanup.
func Run(t *testing.T, d Database, open func(t *testing.T, db *sql.DB) Library) {
	t.Helper()
	for _, w := range writes {
		w = w.on(d)
		t.Run(w.name, func(t *testing.T) {
			for i, way := range ways {
				if d.samples && !sample.Takes(testing.Short(), t.Name(), i, len(ways)) {
					continue
				}
				t.Run(way.name, func(t *testing.T) { way.make(t, newFixture(t, d, open), w) })
			}
		})
	}
	t.Run("choices for single calls", func(t *testing.T) { choices(t, newFixture(t, d, open)) })
	t.Run("cache on save", func(t *testing.T) { saved(t, newFixture(t, d, open, byKey)) })
}

// ways are the ways to make a write.
var ways = []struct {
	name string
	make func(*testing.T, *fixture, write)
}{{"alone", alone}, {"committed", committed}, {"rolled back", rolledBack}}

// fixture is a library on a cached handle and on a bare one of the same database.
type fixture struct {
	source       blog.Source
	cached, bare Library
}

// byKey has posts be read again by their key when they were written.
func byKey(posts *cacheops.Profile) { posts.CacheOnSave = "id" }

// newFixture makes a fixture. Change may alter the profile of posts.
func newFixture(t *testing.T, d Database, open func(*testing.T, *sql.DB) Library, change ...func(posts *cacheops.Profile)) *fixture {
	t.Helper()
	f := new(fixture)
	dsn := d.create(t)
	profile := cacheops.Profile{Ops: cacheops.OpAll, TTL: time.Hour}
	posts := profile
	for _, f := range change {
		f(&posts)
	}
	cache, err := cacheops.New(cacheops.Config{
		Profiles: cacheops.Profiles{"categories": profile, "posts": posts, "tags": profile, "post_tags": profile},
		Hooks:    f.source.Hooks(),
	})
	if err != nil {
		t.Fatal(err)
	}
	cached, err := sqlcache.Open(cache, d.driver, dsn, sqlcache.Config{Dialect: d.dialect, Database: "blog"})
	if err != nil {
		t.Fatal(err)
	}
	bare, err := sql.Open(d.driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, end := range []func() error{cached.Close, bare.Close, cache.Close} {
			if err := end(); err != nil {
				t.Error(err)
			}
		}
	})
	f.cached, f.bare = open(t, cached), open(t, bare)
	return f
}

// alone makes the write outside of a transaction.
func alone(t *testing.T, f *fixture, w write) {
	before := f.warm(t)
	if err := w.run(t.Context(), f.cached); err != nil {
		t.Fatal(err)
	}
	f.after(t, w, before)
}

// committed makes it in a transaction, which sees it while others do not.
func committed(t *testing.T, f *fixture, w write) {
	before := f.warm(t)
	err := f.cached.InTx(t.Context(), func(tx Library) error {
		if err := w.run(t.Context(), tx); err != nil {
			return err
		}
		for i, r := range reads {
			if changed := answer(t.Context(), tx, r) != before[i]; changed != slices.Contains(w.changes, r.name) {
				t.Errorf("%s in the transaction: changed is %v", r.name, changed)
			}
			if outside := answer(t.Context(), f.cached, r); outside != before[i] {
				t.Errorf("%s outside of the transaction: %s, before it: %s", r.name, outside, before[i])
			}
		}
		f.source.Take()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	f.after(t, w, before)
}

var errGiveUp = errors.New("the program gives up")

// rolledBack makes it in a transaction that comes to nothing: it drops nothing.
func rolledBack(t *testing.T, f *fixture, w write) {
	before := f.warm(t)
	err := f.cached.InTx(t.Context(), func(tx Library) error {
		if err := w.run(t.Context(), tx); err != nil {
			return err
		}
		return errGiveUp
	})
	if !errors.Is(err, errGiveUp) {
		t.Fatalf("the transaction returned %v", err)
	}
	f.after(t, write{name: w.name}, before)
}

// choices passes options by the library's own way for contexts.
func choices(t *testing.T, f *fixture) {
	before := f.warm(t)
	for _, test := range []struct {
		name   string
		ctx    context.Context //nolint:containedctx // it is what is tested
		cached bool
	}{
		{"Bypass", cacheops.Bypass(t.Context()), false},
		{"Ops(0)", cacheops.With(t.Context(), cacheops.Ops(0)), false},
		{"TTL", cacheops.With(t.Context(), cacheops.TTL(time.Minute)), true},
		{"none", t.Context(), true},
	} {
		for i, r := range reads {
			got := answer(test.ctx, f.cached, r)
			hits, misses := f.source.Take()
			if got != before[i] {
				t.Errorf("%s, %s: got %s, want %s", test.name, r.name, got, before[i])
			}
			if test.cached && misses > 0 || !test.cached && hits > 0 || hits+misses == 0 {
				t.Errorf("%s, %s: %d hits and %d misses", test.name, r.name, hits, misses)
			}
		}
	}
	// A write that bypasses the cache drops what it changes all the same.
	if err := f.cached.SetTitle(cacheops.Bypass(t.Context()), 1, "Hello again"); err != nil {
		t.Fatal(err)
	}
	for _, r := range reads {
		if got, want := answer(t.Context(), f.cached, r), answer(t.Context(), f.bare, r); got != want {
			t.Errorf("STALE: %s after a write with Bypass: got %s, the database has %s", r.name, got, want)
		}
	}
}

// saved writes posts, alone and in transactions: who gets them afterwards is answered
// by the cache.
func saved(t *testing.T, f *fixture) {
	f.warm(t)
	ctx := t.Context()
	for i, get := range []struct {
		read
		write func(context.Context, Library) error
	}{
		{reads[0], func(ctx context.Context, l Library) error { return l.SetTitle(ctx, 1, "Saved") }},
		{reads[1], func(ctx context.Context, l Library) error {
			return l.Save(ctx, blog.Post{ID: 2, CategoryID: 7, Title: "Saved", Status: "live", Views: 1})
		}},
		{reads[3], func(ctx context.Context, l Library) error {
			return l.Insert(ctx, blog.Post{CategoryID: 7, Title: "Saved", Status: "live"})
		}},
	} {
		var err error
		if i == 0 {
			err = get.write(ctx, f.cached)
		} else {
			err = f.cached.InTx(ctx, func(tx Library) error { return get.write(ctx, tx) })
		}
		if err != nil {
			t.Fatal(err)
		}
		want := answer(ctx, f.bare, get.read)
		f.source.Take()
		f.want(t, get.read, want, true)
	}
}

// warm makes every read twice, sees that the second time the cache answers, and
// returns the answers.
func (f *fixture) warm(t *testing.T) []string {
	t.Helper()
	answers := make([]string, len(reads))
	for i, r := range reads {
		answers[i] = answer(t.Context(), f.bare, r)
		if got := answer(t.Context(), f.cached, r); got != answers[i] {
			t.Errorf("%s, first: got %s, want %s", r.name, got, answers[i])
		}
	}
	f.source.Take()
	for i, r := range reads {
		f.want(t, r, answers[i], true)
	}
	return answers
}

// after compares every read with the bare library's answer, and sees who
// answered. Then it does so again, and all must come from the cache.
func (f *fixture) after(t *testing.T, w write, before []string) {
	t.Helper()
	f.source.Take()
	answers := make([]string, len(reads))
	for i, r := range reads {
		answers[i] = answer(t.Context(), f.bare, r)
		if changed := answers[i] != before[i]; changed != slices.Contains(w.changes, r.name) {
			t.Errorf("%s: %s is to change it: %v; it was %s, is %s", r.name, w.name, !changed, before[i], answers[i])
		}
		f.want(t, r, answers[i], !slices.Contains(w.changes, r.name) && !slices.Contains(w.drops, r.name))
	}
	for i, r := range reads {
		f.want(t, r, answers[i], true)
	}
}

// want makes a read on the cached handle. With hit the cache must have answered
// all of it.
func (f *fixture) want(t *testing.T, r read, want string, hit bool) {
	t.Helper()
	got := answer(t.Context(), f.cached, r)
	hits, misses := f.source.Take()
	if got != want {
		t.Errorf("STALE: %s: got %s, the database has %s", r.name, got, want)
	}
	if hits+misses == 0 || hit && misses > 0 {
		t.Errorf("%s: %d hits and %d misses", r.name, hits, misses)
	}
}

// answer is what the program sees of a read: the value as JSON, or the error.
func answer(ctx context.Context, l Library, r read) string {
	value, err := r.run(ctx, l)
	if err != nil {
		return "error: " + err.Error()
	}
	text, err := json.Marshal(value)
	if err != nil {
		return "error: " + err.Error()
	}
	return string(text)
}
