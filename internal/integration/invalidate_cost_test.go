package integration

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
	"github.com/cacheops/cacheops/store/memory"
)

// ledger is a store that writes down what writers ask of it.
type ledger struct {
	*memory.Store
	mu    sync.Mutex // guards asked
	asked asked
}

// asked are calls, the keys in them, and the epochs of tables and of everything.
type asked struct{ registries, fences, bumps, keys, epochs, all int }

func (l *ledger) Registry(ctx context.Context, database, table string) (store.Registry, error) {
	l.mu.Lock()
	l.asked.registries++
	l.mu.Unlock()
	return l.Store.Registry(ctx, database, table)
}

func (l *ledger) Fence(ctx context.Context, c *store.Change) (store.Ack, error) {
	l.note(c, func(a *asked) { a.fences++ })
	return l.Store.Fence(ctx, c)
}

func (l *ledger) Bump(ctx context.Context, c *store.Change, keep store.Keep) (store.Ack, error) {
	l.note(c, func(a *asked) { a.bumps++ })
	return l.Store.Bump(ctx, c, keep)
}

func (l *ledger) note(c *store.Change, call func(*asked)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	call(&l.asked)
	if c.All {
		l.asked.all++
	}
	for i := range c.Tables {
		l.asked.keys += len(c.Tables[i].Keys)
		if c.Tables[i].Epoch {
			l.asked.epochs++
		}
	}
}

// take returns what was asked since the last time.
func (l *ledger) take() asked {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.asked
	l.asked = asked{}
	return out
}

// What an invalidation asks of the store depends on the sets of columns that reads
// compare, and not on how much is cached. Of a table, and of everything, it is one
// call with no key.
func TestInvalidationCosts(t *testing.T) {
	t.Parallel()
	l := &ledger{Store: newStore(t, memory.Config{})}
	s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.Store = l })
	db := s.cache.Database("main")
	row := cacheops.Row("items", cacheops.Values{"id": 1, "kind": 1, "name": "one"})
	exec(t, s.cached, "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO items SELECT i, i % 100, 'n' FROM n")
	registries := make(map[string]int) // looked up with one entry of each kind
	for _, entries := range []int{1, 300} {
		fill := func() {
			t.Helper()
			for i := range entries {
				s.read(t, "SELECT name FROM items WHERE id = ?", i)
				s.read(t, namesOfKind, i)
				s.read(t, fmt.Sprintf("SELECT name FROM items WHERE kind = 1 AND id = 1 LIMIT %d", i+3))
			}
			for i := range entries {
				if _, hit := s.read(t, "SELECT name FROM items WHERE id = ?", i); !hit {
					t.Fatal("not cached")
				}
			}
			l.take()
		}
		for _, tt := range []struct {
			name string
			run  func() error
			want asked
		}{
			// Reads compare three sets of columns.
			{"a row", func() error { return db.Invalidate(t.Context(), row) }, asked{bumps: 1, keys: 3}},
			{"a table", func() error { return db.Invalidate(t.Context(), cacheops.Table("items")) }, asked{bumps: 1, epochs: 1}},
			{"everything", func() error { return db.Invalidate(t.Context(), cacheops.All()) }, asked{bumps: 1, all: 1}},
			{"a write by key", func() error {
				_, err := s.cached.ExecContext(t.Context(), "UPDATE items SET name = name WHERE id = 1")
				return err
			}, asked{fences: 1, bumps: 1, keys: 6}},
			{"a write without images", func() error {
				_, err := s.cached.ExecContext(t.Context(), "INSERT OR REPLACE INTO items VALUES (1, 1, 'one')")
				return err
			}, asked{fences: 1, bumps: 1, epochs: 2}},
		} {
			fill()
			if err := tt.run(); err != nil {
				t.Fatal(err)
			}
			got := l.take()
			if _, again := registries[tt.name]; !again {
				registries[tt.name] = got.registries
			}
			if tt.want.registries = registries[tt.name]; got != tt.want {
				t.Errorf("%s with %d entries of each kind asked %+v, want %+v", tt.name, entries, got, tt.want)
			}
			if _, hit := s.read(t, "SELECT name FROM items WHERE id = ?", 1); hit && entries > 1 {
				t.Errorf("%s left its row", tt.name)
			}
		}
	}
}
