package integration

import (
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/sqlcache"
)

// TestInvalidateTxAllFindsNewTables drops all of a tenant at a commit, where a
// handle knows of a table that another one does not.
func TestInvalidateTxAllFindsNewTables(t *testing.T) {
	t.Parallel()
	s := newTenants(t, nil)
	later, err := sqlcache.OpenDB(s.cache, s.gate.inner, sqlcache.Config{Dialect: sqlite.Dialect, Database: "main"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := later.Close(); err != nil {
			t.Error(err)
		}
	})
	s.wantAs(t, "red", "a", false, bodyOf, 1)
	exec(t, s.bare, "CREATE TABLE made (id INTEGER PRIMARY KEY, body TEXT)", "INSERT INTO made VALUES (1, 'old')")
	const q = "SELECT body FROM made WHERE id = 1"
	readWith(as("red"), t, s, later, q)
	exec(t, s.bare, "UPDATE made SET body = 'new'")
	tx, err := s.cached.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cache.Database("main").InvalidateTx(as("red"), tx, cacheops.All()); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if got, hit := readWith(as("red"), t, s, later, q); got != "new" || hit {
		t.Errorf("got %q (hit: %v) after everything was invalidated", got, hit)
	}
}

// TestForeverEndsWithASchemaOfAnotherProcess changes the schema through another
// cache on the same store. It is noticed by the next read that asks the database.
func TestForeverEndsWithASchemaOfAnotherProcess(t *testing.T) {
	t.Parallel()
	st := sharedStore(t)
	change := func(c *cacheops.Config, _ *sqlcache.Config) {
		c.Store, c.Profiles = st, cacheops.Profiles{"countries": {Ops: cacheops.OpAll, Local: cacheops.Forever}}
	}
	one := newCachedSQLite(t, change)
	exec(t, one.cached, "CREATE TABLE countries (code TEXT PRIMARY KEY, name TEXT)", "INSERT INTO countries VALUES ('at', 'Austria')")
	other := openCachedSQLite(t, one.path, change)
	const q = "SELECT * FROM countries WHERE code = 'at'"
	for range 2 {
		one.wantColumns(t, "", 2, q)
	}
	exec(t, other.cached, "ALTER TABLE countries ADD COLUMN note TEXT")
	one.want(t, "1", false, "SELECT count(*) FROM countries")
	one.wantColumns(t, "", 3, q)
}

// TestExplainDropByAWriteBeforeInvalidateTx explains a read that a write dropped
// whose transaction ended with targets of another table.
func TestExplainDropByAWriteBeforeInvalidateTx(t *testing.T) {
	t.Parallel()
	s := newPosts(t, nil)
	const q = "SELECT title FROM posts WHERE id = 34"
	tx, err := s.cached.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "UPDATE posts SET title = 'x' WHERE id = 34"); err != nil {
		t.Fatal(err)
	}
	invalidateTx(t, s, tx, cacheops.Table("others"))
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if d := explain(t, s, q).Dropped; d == nil || d.Cause != cacheops.CauseWrite || !strings.Contains(d.String(), "by UPDATE posts") {
		t.Errorf("dropped %v", d)
	}
}
