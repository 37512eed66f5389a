package integration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

const (
	itemByID = "SELECT name FROM items WHERE id = ?"
	itemFull = "SELECT name || '/' || kind FROM items WHERE id = ? ORDER BY id LIMIT ?"
)

// saving has rows of items be read again after a commit, by their id.
func saving(c *cacheops.Config, _ *sqlcache.Config) {
	c.Profiles = cacheops.Profiles{"items": {Ops: cacheops.OpAll, TTL: time.Hour, CacheOnSave: "ID"}, everyTable: {Ops: cacheops.OpAll}}
}

// newSaved is a database with items of which the program got one by its id.
func newSaved(t testing.TB, change func(*cacheops.Config, *sqlcache.Config)) *cachedSQLite {
	t.Helper()
	s := newItems(t, func(c *cacheops.Config, d *sqlcache.Config) {
		saving(c, d)
		if change != nil {
			change(c, d)
		}
	})
	s.want(t, "one", false, itemByID, 1)
	return s
}

// run makes one write on the cached handle.
func (s *cachedSQLite) run(t testing.TB, query string, args ...any) {
	t.Helper()
	if _, err := s.cached.ExecContext(context.Background(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// TestCacheOnSave is the profile's CacheOnSave: after a commit the get by that
// column runs no SQL.
func TestCacheOnSave(t *testing.T) {
	t.Parallel()
	s := newSaved(t, nil)
	s.read(t, itemFull, 2, 1)

	s.run(t, "UPDATE items SET name = 'uno' WHERE id = 1")
	s.want(t, "uno", true, itemByID, 1)
	s.want(t, "uno/1", true, itemFull, 1, 1)
	s.want(t, "two", false, itemByID, 2) // nobody wrote it

	s.run(t, "INSERT INTO items (id, name, kind) VALUES (7, 'seven', 1)")
	s.want(t, "seven", true, itemByID, 7)
	s.run(t, "INSERT INTO items (id, name, kind) VALUES (7, 'sieben', 1) ON CONFLICT (id) DO UPDATE SET name = excluded.name")
	s.want(t, "sieben", true, itemByID, 7)
}
