package integration

import (
	"context"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
	"github.com/cacheops/cacheops/store/memory"
)

// sharedStore is a store for several caches.
func sharedStore(t *testing.T) store.Store {
	t.Helper()
	st, err := memory.New(memory.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

// newAgnostic is a database of a name whose results are shared with those of
// other names on the store.
func newAgnostic(t *testing.T, st store.Store, name string, statements ...string) *cachedSQLite {
	t.Helper()
	s := newCachedSQLite(t, func(c *cacheops.Config, d *sqlcache.Config) {
		c.Store, d.Database = st, name
		c.Profiles = cacheops.Profiles{"names": {Ops: cacheops.OpAll, DBAgnostic: true}}
	})
	exec(t, s.bare, statements...)
	return s
}

// TestDBAgnosticNeedsEqualSchemas reads equal rows of tables that are not made
// alike, and so answer otherwise.
func TestDBAgnosticNeedsEqualSchemas(t *testing.T) {
	t.Parallel()
	const sorted = "SELECT name FROM names ORDER BY name"
	for name, tt := range map[string]struct{ one, other, query string }{
		"collation of numbers": {"name NUMERIC", "name NUMERIC COLLATE NOCASE", sorted},
		"collation of floats":  {"name REAL", "name REAL COLLATE NOCASE", "SELECT count(*) FROM names WHERE name = 'A'"},
		"the row's name":       {"name, id INTEGER PRIMARY KEY", "name, id INTEGER UNIQUE", "SELECT rowid FROM names ORDER BY id"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st := sharedStore(t)
			insert := "INSERT INTO names VALUES ('a'), ('B')"
			if name == "the row's name" {
				insert = "INSERT INTO names VALUES ('a', 7), ('B', 8)"
			}
			a := newAgnostic(t, st, "a", "CREATE TABLE names ("+tt.one+")", insert)
			b := newAgnostic(t, st, "b", "CREATE TABLE names ("+tt.other+")", insert)
			a.read(t, tt.query)
			want, _ := readWith(context.Background(), t, b, b.bare, tt.query)
			b.want(t, want, false, tt.query)
		})
	}
}

// TestDBAgnosticInAnyOrder makes the tables of equal schemas in unlike order.
func TestDBAgnosticInAnyOrder(t *testing.T) {
	t.Parallel()
	st := sharedStore(t)
	const names, others = "CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT)", "CREATE TABLE others (id INTEGER PRIMARY KEY)"
	const insert, q = "INSERT INTO names VALUES (1, 'a')", "SELECT name FROM names WHERE id = 1"
	a := newAgnostic(t, st, "a", names, others, insert)
	b := newAgnostic(t, st, "b", others, names, insert)
	a.want(t, "a", false, q)
	b.want(t, "a", true, q)
}

// TestDBAgnosticIsCountedOnce drops what is kept of one table in two places.
func TestDBAgnosticIsCountedOnce(t *testing.T) {
	t.Parallel()
	s := newAgnostic(t, sharedStore(t), "a", "CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT)",
		"CREATE TABLE others (id INTEGER PRIMARY KEY)", "INSERT INTO names VALUES (1, 'a')")
	asked := cacheops.With(context.Background(), cacheops.Ops(cacheops.OpAll))
	for name, tt := range map[string]struct {
		drop                    func() error
		keys, tables, databases uint64
	}{
		"a row": {func() error {
			_, err := s.cached.ExecContext(asked, "UPDATE names SET name = name || '!' WHERE id = 1")
			return err
		}, 1, 0, 0},
		"a table":    {func() error { return s.cache.Database("a").Invalidate(asked, cacheops.Table("names")) }, 0, 1, 0},
		"a database": {func() error { return s.cache.Database("a").Invalidate(asked, cacheops.All()) }, 0, 0, 1},
	} {
		s.read(t, "SELECT name FROM names WHERE id = 1")
		readWith(asked, t, s, s.cached, "SELECT count(*) FROM names, others WHERE names.id = 1") // its own
		before := s.cache.Stats()
		if err := tt.drop(); err != nil {
			t.Fatal(name, err)
		}
		after := s.cache.Stats()
		keys, tables, databases := after.KeysDropped-before.KeysDropped, after.TablesDropped-before.TablesDropped, after.DatabasesDropped-before.DatabasesDropped
		if keys != tt.keys || tables != tt.tables || databases != tt.databases {
			t.Errorf("%s: counted %d keys, %d tables, %d databases", name, keys, tables, databases)
		}
	}
}
