package integration

import (
	"database/sql"
	"testing"

	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/sqlcache"
)

// Handles of one Database that may get other rows for equal SQL have a Variant
// each: they never serve each other's results, and a write through any of them
// drops those of all.
func TestVariants(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	dsn := "file:" + s.path + dsnOptions
	open := func(dsn, variant string) *sql.DB {
		t.Helper()
		db, err := sqlcache.Open(s.cache, "sqlite", dsn, sqlcache.Config{Dialect: sqlite.Dialect, Database: "main", Variant: variant})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return db
	}
	handles := []*sql.DB{open(dsn, ""), open(dsn, "a"), open(dsn, "b"), open(dsn+"&_time_format=sqlite", ""), s.cached}
	twin := open(dsn, "a")
	all := func(rows string, hit bool) {
		t.Helper()
		for i, db := range handles {
			if got, gotHit := readWith(t.Context(), t, s, db, namesOfKind, 1); got != rows || gotHit != hit {
				t.Errorf("handle %d: %q, hit %v", i, got, gotHit)
			}
		}
		if got, hit := readWith(t.Context(), t, s, twin, namesOfKind, 1); got != rows || !hit {
			t.Errorf("the one with the same Variant: %q, hit %v", got, hit)
		}
	}
	all("one,two", false)
	all("one,two", true)
	for i, writer := range handles {
		name := string(rune('a' + i))
		if _, err := writer.ExecContext(t.Context(), "UPDATE items SET name = ? WHERE id = 1", name); err != nil {
			t.Fatal(err)
		}
		all(name+",two", false)
	}
	exec(t, twin, "DELETE FROM items WHERE id = 1")
	all("two", false)
}
