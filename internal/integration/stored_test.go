package integration

import (
	"errors"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// A row that is read from the database drops what is cached under its values, also
// where the driver makes other Go values of a column, and nothing of other rows.
func TestStoredRow(t *testing.T) {
	t.Parallel()
	s := newCachedSQLite(t, func(_ *cacheops.Config, d *sqlcache.Config) { d.MaxOpenConns = 2 })
	exec(t, s.bare,
		"CREATE TABLE posts (id INTEGER PRIMARY KEY, category INT, day DATETIME, note TEXT, live BOOLEAN, title TEXT)",
		"INSERT INTO posts VALUES (34, 1, '2026-01-02 03:04:05', '2026-01-02 03:04:05', 1, 'a'), (35, 2, '2026-01-03 00:00:00', '2026-01-03 00:00:00', 0, 'b'), (36, NULL, NULL, NULL, NULL, NULL)",
		"CREATE TABLE countries (code TEXT PRIMARY KEY, name TEXT)", "INSERT INTO countries VALUES ('ch', 'C')")
	ctx := t.Context()
	db := s.cache.Database("main")
	of34 := []string{
		"SELECT title FROM posts WHERE id = 34", "SELECT title FROM posts WHERE category = 1",
		"SELECT title FROM posts WHERE note = '2026-01-02 03:04:05'", "SELECT title FROM posts WHERE live",
		"SELECT title FROM posts WHERE live AND category = 1", "SELECT count(*) FROM posts",
	}
	of35 := []string{
		"SELECT title FROM posts WHERE id = 35", "SELECT title FROM posts WHERE category = 2",
		"SELECT title FROM posts WHERE note = '2026-01-03 00:00:00'", "SELECT title FROM posts WHERE NOT live AND category = 2",
	}
	of36 := []string{"SELECT count(*) FROM posts WHERE category IS NULL", "SELECT count(*) FROM posts WHERE title IS NULL AND category IS NULL"}
	others := []string{"SELECT name FROM countries WHERE code = 'ch'"}
	list := func(lists ...[]string) (all []string) {
		for _, l := range lists {
			all = append(all, l...)
		}
		return all
	}
	for text, is := range map[string]struct{ drops, keeps []string }{
		"posts.34":     {of34, list(of35, of36, others)},
		"posts.35":     {of35, list(of34[:5], of36, others)},
		"posts.36":     {of36, list(of34[:5], of35, others)},
		"countries.ch": {others, list(of34, of35, of36)},
	} {
		for _, q := range list(is.drops, is.keeps) {
			s.read(t, q)
		}
		target, err := db.Target(ctx, text)
		if err != nil {
			t.Fatal(text, err)
		}
		if target, err = db.Stored(ctx, target); err != nil {
			t.Fatal(text, err)
		}
		if err := db.Invalidate(ctx, target); err != nil {
			t.Fatal(text, err)
		}
		for _, q := range is.drops {
			if _, hit := s.read(t, q); hit {
				t.Errorf("STALE: %s keeps %s", text, q)
			}
		}
		for _, q := range is.keeps {
			if _, hit := s.read(t, q); !hit {
				t.Errorf("%s drops %s", text, q)
			}
		}
	}
	if _, err := db.Stored(ctx, cacheops.Row("posts", cacheops.Values{"id": 99})); !errors.Is(err, cacheops.ErrNoRow) {
		t.Errorf("a row that is not there: %v", err)
	}
	for name, target := range map[string]cacheops.Target{
		"a table": cacheops.Table("posts"), "all": cacheops.All(), "nothing": {},
		"another column": cacheops.Row("posts", cacheops.Values{"category": 1}), "no table": cacheops.Row("nowhere", cacheops.Values{"id": 1}),
		"more than the key": cacheops.Row("posts", cacheops.Values{"id": 34, "category": 1}),
	} {
		if _, err := db.Stored(ctx, target); err == nil || errors.Is(err, cacheops.ErrNoRow) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s.cache.Database("other").Stored(ctx, cacheops.Row("posts", cacheops.Values{"id": 34})); !errors.Is(err, cacheops.ErrNotOpen) {
		t.Errorf("a database that is not open: %v", err)
	}
}

// A change of the schema that a program is told of is noticed by the next read, where
// the database has no version of its own.
func TestSchemaChanged(t *testing.T) {
	t.Parallel()
	s := newItems(t, func(_ *cacheops.Config, d *sqlcache.Config) { d.Dialect = unversioned{d.Dialect} })
	exec(t, s.cached, createOthers, viewOfItems)
	s.want(t, "one,two", false, namesInView, 1)
	s.want(t, "one,two", true, namesInView, 1)
	exec(t, s.bare, "DROP VIEW v", viewOfOthers, "INSERT INTO others VALUES (1, 1, 'new')")
	if err := s.cache.Database("main").SchemaChanged(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.want(t, "new", false, namesInView, 1)
	exec(t, s.cached, "UPDATE others SET name = 'newer'")
	if rows, _ := s.read(t, namesInView, 1); rows != "newer" {
		t.Errorf("STALE: %q", rows)
	}
}
