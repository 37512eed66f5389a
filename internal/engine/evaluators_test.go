package engine

import (
	"context"
	"database/sql/driver"
	"slices"
	"testing"
	"time"

	"github.com/cacheops/cacheops/store"
)

// bumped is a store that remembers the keys of the last fence and bump.
type bumped struct {
	store.Store

	fence, bump []string
}

// Fence implements store.Store.
func (b *bumped) Fence(ctx context.Context, c *store.Change) (store.Ack, error) {
	b.fence = keysOf(c)
	return b.Store.Fence(ctx, c)
}

// Bump implements store.Store.
func (b *bumped) Bump(ctx context.Context, c *store.Change, keep store.Keep) (store.Ack, error) {
	b.bump = keysOf(c)
	return b.Store.Bump(ctx, c, keep)
}

func keysOf(c *store.Change) (keys []string) {
	for i := range c.Tables {
		if c.Tables[i].Epoch {
			keys = append(keys, "epoch")
		}
		keys = append(keys, c.Tables[i].Keys...)
	}
	slices.Sort(keys)
	return keys
}

// TestKnownKeys fences, and changes what the keys were worked out from before the
// bump, or before another fence. What is done then is what would be done for a
// change that was never fenced.
func TestKnownKeys(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	h := newTestHandle(t, 10)
	b := &bumped{Store: h.engine.cfg.Store}
	h.engine.cfg.Store = b
	h.engine.cfg.FenceTTL = time.Minute
	table := h.Catalog().Tables()[0]
	lease := func(text string, args ...driver.NamedValue) {
		t.Helper()
		p := h.Plan(text)
		c, reason := h.Prepare(ctx, p, args)
		if reason != "" {
			t.Fatal(reason)
		}
		if _, _, err := h.lease(ctx, &c); err != nil {
			t.Fatal(err)
		}
	}
	rows := func(ids ...int64) (rows [][]driver.Value) {
		for _, id := range ids {
			rows = append(rows, []driver.Value{id, id})
		}
		return rows
	}
	add := func(c *Changes, ids ...int64) { c.AddImages(table, []int{0, 1}, rows(ids...), After) }
	fence := func(c *Changes) {
		t.Helper()
		if err := c.Fence(ctx); err != nil {
			t.Fatal(err)
		}
	}
	// want compares with a change that has the same rows and was not fenced.
	want := func(what string, got []string, ids ...int64) {
		t.Helper()
		c := h.NewChanges()
		add(c, ids...)
		c.Bump(ctx, store.DropFence)
		if !slices.Equal(got, b.bump) {
			t.Errorf("%s: keys %q, want %q", what, got, b.bump)
		}
	}
	lease("SELECT id FROM posts WHERE id = ?", driver.NamedValue{Ordinal: 1, Value: int64(1)})

	c := h.NewChanges()
	add(c, 1)
	fence(c)
	want("fenced", b.fence, 1)
	c.Bump(ctx, store.DropFence)
	want("bumped", b.bump, 1)

	c = h.NewChanges()
	add(c, 1)
	fence(c)
	add(c, 2)
	fence(c)
	want("more was added", b.fence, 1, 2)
	c.Bump(ctx, store.DropFence)

	c = h.NewChanges()
	add(c, 1)
	c.Savepoint("s", false)
	add(c, 2)
	fence(c)
	c.RollbackTo("s", false)
	fence(c)
	want("a part was rolled back", b.fence, 1)
	add(c, 3)
	fence(c)
	want("as many as before, but others", b.fence, 1, 3)
	c.Bump(ctx, store.DropFence)

	c = h.NewChanges()
	add(c, 1)
	fence(c)
	lease("SELECT id FROM posts WHERE views = ?", driver.NamedValue{Ordinal: 1, Value: int64(1)})
	c.Bump(ctx, store.DropFence)
	got := b.bump
	want("another scheme was registered", got, 1)
	if len(got) != 2 {
		t.Errorf("%d keys for a row under two schemes: %q", len(got), got)
	}
}
