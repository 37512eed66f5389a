package main

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cacheops/cacheops/store"
	"github.com/cacheops/cacheops/store/memory"
)

// TestHitsAllocate compares hits with the do-nothing driver, with hooks on and
// SQLite behind.
func TestHitsAllocate(t *testing.T) {
	for _, open := range []func(context.Context, sizes) (*group, error){hotRow, randomRows, lists} {
		g, err := open(context.Background(), fewSizes)
		if err != nil {
			t.Fatal(err)
		}
		allocs := make(map[string]float64)
		for i := range g.contenders {
			c := &g.contenders[i]
			if _, err := c.turn(10); err != nil {
				t.Fatal(err)
			}
			n, _, err := c.allocations(200)
			if err != nil {
				t.Fatal(err)
			}
			allocs[c.name] = n
		}
		// The odd one in many calls is not the call's own.
		if above := allocs[hit] - allocs[doNothing]; above > 0.1 {
			t.Errorf("%s: %v allocations, %v of the do-nothing driver", g.about, allocs[hit], allocs[doNothing])
		}
		if err := closeAfter(g.check(), g.close); err != nil {
			t.Error(err)
		}
	}
}

// TestFunctionHitsAllocate compares hits of functions with what they have to allocate: a
// string, or what the codec does.
func TestFunctionHitsAllocate(t *testing.T) {
	g, err := functionHits(context.Background(), fewSizes)
	if err != nil {
		t.Fatal(err)
	}
	allocs := make(map[string]float64)
	for i := range g.contenders {
		c := &g.contenders[i]
		if _, err := c.turn(10); err != nil {
			t.Fatal(err)
		}
		if allocs[c.name], _, err = c.allocations(200); err != nil {
			t.Fatal(err)
		}
	}
	// The odd one in many calls is not the call's own.
	for name, most := range map[string]float64{funcOfInt: 1, funcOfText: 1, funcOfStruct: 1, funcToStruct: allocs[decoding]} {
		if allocs[name] > most+0.1 && !raceDetector {
			t.Errorf("%s: %v allocations, want at most %v", name, allocs[name], most)
		}
	}
	if err := closeAfter(g.check(), g.close); err != nil {
		t.Error(err)
	}
}

// TestUpdateStatements counts what an UPDATE by key of a cached row sends to
// the database.
func TestUpdateStatements(t *testing.T) {
	t.Parallel()
	sent, err := updateStatements(t.Context(), fewSizes)
	if err != nil {
		t.Fatal(err)
	}
	if len(sent) > 4 {
		t.Errorf("%d statements beside BEGIN and COMMIT: %q", len(sent), sent)
	}
	if !slices.ContainsFunc(sent, func(text string) bool { return strings.HasPrefix(text, "UPDATE posts") }) {
		t.Errorf("the UPDATE itself is not among them: %q", sent)
	}
}

// asked is a store in process that counts what writers ask of it.
type asked struct {
	*memory.Store

	registries, fences, bumps, fencedKeys, bumpedKeys atomic.Int64
}

// counts are the numbers of calls and keys since the last time.
func (a *asked) counts() (out [5]int64) {
	for i, n := range []*atomic.Int64{&a.registries, &a.fences, &a.bumps, &a.fencedKeys, &a.bumpedKeys} {
		out[i] = n.Swap(0)
	}
	return out
}

// Registry implements store.Store.
func (a *asked) Registry(ctx context.Context, database, table string) (store.Registry, error) {
	a.registries.Add(1)
	return a.Store.Registry(ctx, database, table)
}

// Fence implements store.Store.
func (a *asked) Fence(ctx context.Context, c *store.Change) (store.Ack, error) {
	a.fences.Add(1)
	a.fencedKeys.Add(keysOf(c))
	return a.Store.Fence(ctx, c)
}

// Bump implements store.Store.
func (a *asked) Bump(ctx context.Context, c *store.Change, keep store.Keep) (store.Ack, error) {
	a.bumps.Add(1)
	a.bumpedKeys.Add(keysOf(c))
	return a.Store.Bump(ctx, c, keep)
}

// keysOf counts the keys of a change; an epoch counts as many.
func keysOf(c *store.Change) (n int64) {
	for i := range c.Tables {
		n += int64(len(c.Tables[i].Keys))
		if c.Tables[i].Epoch {
			n += 1000
		}
	}
	if c.All {
		n += 1000
	}
	return n
}

// openAsked makes a site whose store counts.
func openAsked(t *testing.T, rows int) (*site, *asked) {
	t.Helper()
	inner, err := memory.New(memory.Config{MaxBytes: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	to := &asked{Store: inner}
	s, err := openSite(t.Context(), siteConfig{rows: rows, store: to})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := closing(s.close, inner.Close)(); err != nil {
			t.Error(err)
		}
	})
	return s, to
}

// readOnce reads a query through the cache, and returns whether it was a hit.
func readOnce(t *testing.T, s *site, query string, arg int64) (wasHit bool) {
	t.Helper()
	before := s.hits.Load()
	var p Post
	if _, err := readPosts(context.Background(), s.cached, query, arg, &p); err != nil {
		t.Fatal(err)
	}
	return s.hits.Load() > before
}

// TestInvalidationAsksTheSameOfAnyStore updates a row with few and with many
// entries in the store: the store is asked the same.
func TestInvalidationAsksTheSameOfAnyStore(t *testing.T) {
	t.Parallel()
	asked := func(entries int) [5]int64 {
		s, to := openAsked(t, entries)
		for id := range entries {
			readOnce(t, s, selectPost, int64(id)+1)
		}
		to.counts()
		if err := updates(context.Background(), s.cached, updatePost, entries)(1); err != nil {
			t.Fatal(err)
		}
		out := to.counts()
		if readOnce(t, s, selectPost, scattered(0, entries)) || !readOnce(t, s, selectPost, scattered(1, entries)) {
			t.Errorf("%d entries: not exactly the row that was changed was dropped", entries)
		}
		return out
	}
	few, many := asked(100), asked(10_000)
	if few != many || few[3] != 1 || few[4] != 1 {
		t.Errorf("registries, fences, bumps, keys of both: %v with 100 entries, %v with 10,000, want one key each", few, many)
	}
}

// TestInvalidationAsksByScheme updates a row of a table that is read by more
// and more sets of columns: the calls are the same, with a key for each set.
func TestInvalidationAsksByScheme(t *testing.T) {
	t.Parallel()
	conditions := []string{"id = ?", "category_id = ?", "views = ?", "title = ?", "body = ?", "visible = ?", "id = ? AND visible = 1", "category_id = ? AND visible = 1"}
	s, to := openAsked(t, listed)
	var calls [3]int64
	for i, condition := range conditions {
		readOnce(t, s, "SELECT "+columns+" FROM posts WHERE "+condition, 1)
		schemes := i + 1
		if schemes&(schemes-1) != 0 {
			continue // 1, 2, 4 and 8
		}
		to.counts()
		res, err := s.cached.ExecContext(context.Background(), "UPDATE posts SET score = score + 1 WHERE id = ?", 7)
		if err := one(res, err); err != nil {
			t.Fatal(err)
		}
		got := to.counts()
		if i == 0 {
			calls = [3]int64(got[:3])
		}
		if [3]int64(got[:3]) != calls || got[3] != int64(schemes) || got[4] != int64(schemes) {
			t.Errorf("%d schemes: registries, fences, bumps, keys of both: %v, want %v and a key for each scheme", schemes, got, calls)
		}
	}
}

// TestInvalidationDropsRows looks at what the invalidations that are measured
// do: the three entries of the row are gone, and no others.
func TestInvalidationDropsRows(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	f, err := openFilled(ctx, 3*filledCategories)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.close(); err != nil {
			t.Error(err)
		}
	})
	valid := func(i int) (out string) {
		id, category, limit := f.conditions(i)
		for _, q := range []struct {
			text string
			args []driver.Value
		}{{byKey, []driver.Value{id}}, {byCategory, []driver.Value{category, limit}}, {byBoth, []driver.Value{category, int64(1), limit}}} {
			named := make([]driver.NamedValue, len(q.args))
			for i, v := range q.args {
				named[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
			}
			c, reason := f.handle.Prepare(ctx, f.handle.Plan(q.text), named)
			if reason != "" {
				t.Fatal(reason)
			}
			_, ok := f.handle.Lookup(ctx, &c)
			out += fmt.Sprint(ok, " ")
		}
		return out
	}
	if err := f.invalidateRows(ctx)(1); err != nil {
		t.Fatal(err)
	}
	dropped, kept := f.place(0), f.place(1)
	if got := valid(dropped); got != "false false false " {
		t.Errorf("valid after the row was changed: %s", got)
	}
	if got := valid(kept); got != "true true true " {
		t.Errorf("valid although another row was changed: %s", got)
	}
	if err := f.prepare(ctx)(1); err != nil {
		t.Fatal(err)
	}
	if got := valid(kept); got != "true true true " {
		t.Errorf("valid before the next row is changed: %s", got)
	}
}

// TestRoundTrips counts how often calls go to Redis.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	got, err := countTrips(t.Context(), fewSizes)
	if err != nil {
		t.Fatal(err)
	}
	if want := (roundTrips{hit: 1, missBefore: 2, missAfter: 1, cachedWrite: 2, uncachedWrite: 2}); got != want {
		t.Errorf("round trips: %+v, want %+v", got, want)
	}
}
