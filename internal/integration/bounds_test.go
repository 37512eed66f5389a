package integration

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// More sets of columns than a table may have schemes are mapped onto those that
// are there: coarser, and never stale.
func TestSchemesAreBounded(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	const limit, columns = 4, 5
	s := newCachedSQLite(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.MaxSchemes = limit })
	exec(t, s.cached, "CREATE TABLE wide (id INTEGER PRIMARY KEY, c0 INTEGER, c1 INTEGER, c2 INTEGER, c3 INTEGER, c4 INTEGER)",
		"INSERT INTO wide VALUES (1, 1, 1, 1, 1, 1), (2, 2, 2, 2, 2, 2)")
	var queries []string
	for set := 1; set < 1<<columns; set++ {
		var terms []string
		for i := range columns {
			if set&(1<<i) != 0 {
				terms = append(terms, fmt.Sprintf("c%d = 1", i))
			}
		}
		queries = append(queries, "SELECT id FROM wide WHERE "+strings.Join(terms, " AND ")+" ORDER BY id")
	}
	check := func(what string) {
		t.Helper()
		for _, q := range queries {
			want, _ := readWith(ctx, t, s, s.bare, q)
			if got, _ := s.read(t, q); got != want {
				t.Errorf("STALE after %s: %s: %q, the database has %q", what, q, got, want)
			}
			if got, hit := s.read(t, q); got != want || !hit {
				t.Errorf("after %s: %s: %q, hit %v", what, q, got, hit)
			}
		}
		reg, err := s.cache.Engine().Store().Registry(ctx, "main", "main.wide")
		if err != nil {
			t.Fatal(err)
		}
		if n := len(reg.Schemes); n > limit+1 { // the empty one always has room
			t.Errorf("%d schemes after %s, at most %d are allowed", n, what, limit)
		}
	}
	check("nothing")
	for _, w := range []string{
		"UPDATE wide SET c4 = 3 WHERE id = 1", "UPDATE wide SET c0 = 1, c1 = 1, c2 = 1, c3 = 1 WHERE id = 2", "INSERT INTO wide VALUES (3, 1, 0, 1, 0, 1)",
		"UPDATE wide SET c4 = 1", "DELETE FROM wide WHERE id = 2",
	} {
		exec(t, s.cached, w)
		check(w)
	}
}

// A change that matches more conjunctions than may be dropped one by one drops
// what is cached of the table.
func TestKeysAreBounded(t *testing.T) {
	t.Parallel()
	const limit = 20
	var last cacheops.TableInvalidation
	s := newCachedSQLite(t, func(c *cacheops.Config, _ *sqlcache.Config) {
		c.MaxImages = limit
		c.Hooks.OnInvalidate = func(_ context.Context, e cacheops.InvalidateEvent) {
			if len(e.Tables) == 1 {
				last = e.Tables[0]
			}
		}
	})
	exec(t, s.cached, "CREATE TABLE wide (id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, c INTEGER)")
	for i := range 30 {
		exec(t, s.cached, fmt.Sprintf("INSERT INTO wide VALUES (%d, %d, %d, %d)", i, i, i, i))
	}
	for _, q := range []string{"a = 1", "b = 1", "c = 1", "a = 1 AND b = 1", "b = 1 AND c = 1", "id = 1"} {
		s.read(t, "SELECT id FROM wide WHERE "+q)
	}
	exec(t, s.cached, "UPDATE wide SET a = a + 100 WHERE id = 29")
	if last.Epoch || last.Rows != 2 {
		t.Errorf("a change of one row: %+v", last)
	}
	exec(t, s.cached, "UPDATE wide SET a = a + 100 WHERE id < 5") // 10 images, but each matches six conjunctions
	if !last.Epoch {
		t.Errorf("a change of five rows: %+v", last)
	}
	if rows, hit := s.read(t, "SELECT id FROM wide WHERE a = 1"); rows != "" || hit {
		t.Errorf("STALE: %q, hit %v", rows, hit)
	}
}
