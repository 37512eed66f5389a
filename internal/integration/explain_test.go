package integration

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// explain explains a read.
func explain(t *testing.T, s *cachedSQLite, query string, args ...any) *cacheops.Explanation {
	t.Helper()
	e, err := s.cache.Database("main").Explain(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Explain tells what dropped a result, and by what of its dependency, through
// each kind of invalidation.
func TestExplainDrop(t *testing.T) {
	t.Parallel()
	s := newPosts(t, nil)
	db := s.cache.Database("main")
	const cat1 = "SELECT title FROM posts WHERE category_id = ? ORDER BY id"
	const both = "SELECT title FROM posts WHERE category_id = ? AND status = 'live'"
	const joined = "SELECT p.title FROM posts p JOIN others o ON o.id = p.id WHERE p.category_id = ? AND o.id = 1"
	write := func(texts ...string) func() error {
		return func() error { exec(t, s.cached, texts...); return nil }
	}
	tests := []struct {
		name  string
		query string
		run   func() error
		want  cacheops.Drop // its statement is what the text begins with
	}{
		{"a write", cat1, write("UPDATE posts SET title = 'x' WHERE id = 34"), cacheops.Drop{Cause: cacheops.CauseWrite, Statement: "UPDATE posts", Table: "posts", Through: "category_id = 1"}},
		{"a write of two columns", both, write("INSERT INTO posts (id, category_id, status) VALUES (70, 1, 'LIVE')"), cacheops.Drop{Cause: cacheops.CauseWrite, Statement: "INSERT INTO posts", Table: "posts", Through: "category_id = 1 AND status = 'live'"}},
		{"every row", "SELECT count(*) + ? FROM posts", write("DELETE FROM posts WHERE id = 70"), cacheops.Drop{Cause: cacheops.CauseWrite, Statement: "DELETE", Table: "posts", Through: "every row"}},
		{"one of two tables", joined, write("UPDATE others SET name = 'y' WHERE id = 1"), cacheops.Drop{Cause: cacheops.CauseWrite, Statement: "UPDATE others", Table: "others", Through: "id = 1"}},
		{"rows that are not known", cat1, write("INSERT OR REPLACE INTO posts (id, status) VALUES (71, 'new')"), cacheops.Drop{Cause: cacheops.CauseWrite, Statement: "INSERT OR REPLACE", Table: "posts", Through: "the whole table"}},
		{"a row with the column", cat1, func() error {
			return db.Invalidate(t.Context(), cacheops.Row("posts", cacheops.Values{"category_id": 1}))
		}, cacheops.Drop{Cause: cacheops.CauseInvalidate, Table: "posts", Through: "category_id = 1"}},
		{"a row without the column", cat1, func() error {
			return db.Invalidate(t.Context(), cacheops.Row("posts", cacheops.Values{"id": 99}))
		}, cacheops.Drop{Cause: cacheops.CauseInvalidate, Table: "posts", Through: "any category_id"}},
		{"a row without one of the columns", both, func() error {
			return db.Invalidate(t.Context(), cacheops.Row("posts", cacheops.Values{"category_id": 2}))
		}, cacheops.Drop{Cause: cacheops.CauseInvalidate, Table: "posts", Through: "any category_id, status"}},
		{"a table", cat1, func() error { return db.Invalidate(t.Context(), cacheops.Table("posts")) }, cacheops.Drop{Cause: cacheops.CauseInvalidate, Table: "posts", Through: "the whole table"}},
		{"all", cat1, func() error { return db.Invalidate(t.Context(), cacheops.All()) }, cacheops.Drop{Cause: cacheops.CauseInvalidate, Through: "everything"}},
		{"the schema", cat1, write("CREATE TABLE made (id INTEGER)"), cacheops.Drop{Cause: cacheops.CauseSchema, Statement: "CREATE TABLE made", Through: "everything"}},
		{"postponed", cat1, func() error {
			return cacheops.Postpone(t.Context(), func(ctx context.Context) error {
				execWith(ctx, t, s.cached, "UPDATE posts SET title = 'p' WHERE id = 34")
				execWith(ctx, t, s.cached, "UPDATE others SET name = 'p'")
				return nil
			})
		}, cacheops.Drop{Cause: cacheops.CausePostponed, Statement: "UPDATE posts SET title = 'p'", Table: "posts", Through: "category_id = 1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { //nolint:paralleltest // they share the cache
			s.read(t, tt.query, 1)
			before := explain(t, s, tt.query, 1)
			if !before.Stored {
				t.Fatalf("not stored: %+v", before)
			}
			at := time.Now()
			if err := tt.run(); err != nil {
				t.Fatal(err)
			}
			if tt.want.Through != "every row" { // what the read does not depend on drops nothing of it
				exec(t, s.cached, "UPDATE posts SET title = 'other' WHERE id = 35")
			}
			check := func(stored bool) {
				t.Helper()
				e := explain(t, s, tt.query, 1)
				d := e.Dropped
				if e.Stored != stored || d == nil {
					t.Fatalf("stored %v, dropped by %+v", e.Stored, d)
				}
				if d.Cause != tt.want.Cause || !strings.HasPrefix(d.Statement, tt.want.Statement) || (d.Statement == "") != (tt.want.Statement == "") ||
					d.Table != tt.want.Table || d.Through != tt.want.Through || d.At.Before(at) || d.At.After(time.Now()) {
					t.Errorf("dropped by %+v, want %+v", d, tt.want)
				}
				if text := e.String(); !strings.Contains(text, "\ndropped    ") || !strings.Contains(text, ", through "+tt.want.Through+"\n") ||
					strings.Contains(text, "\nstored ") != stored {
					t.Errorf("explained as\n%s", text)
				}
			}
			check(false)
			hits, misses := s.hits.Load(), s.misses.Load()
			s.read(t, tt.query, 1)
			check(true)
			if s.hits.Load() != hits || s.misses.Load() != misses+1 {
				t.Error("an explanation counts as a read")
			}
		})
	}
}

// There is nothing to tell of a read that nothing dropped, and of what is no
// read that may be cached.
func TestExplainWithoutDrop(t *testing.T) {
	t.Parallel()
	s := newPosts(t, nil)
	exec(t, s.cached, "UPDATE posts SET title = 'x' WHERE id = 34")
	// DDL dropped everything when the tables were made; other databases do not
	// matter.
	first := explain(t, s, "SELECT title FROM posts WHERE id = 35")
	if !first.Stored || first.Dropped == nil || first.Dropped.Through != "everything" && first.Dropped.Through != "the whole table" {
		t.Errorf("%+v, %+v", first, first.Dropped)
	}
	for _, query := range []string{"UPDATE posts SET title = 'x'", "SELECT random() FROM posts"} {
		if e := explain(t, s, query); e.Stored || e.Dropped != nil {
			t.Errorf("%s: %+v", query, e)
		}
	}
	fresh := newCachedSQLite(t, nil)
	exec(t, fresh.bare, createItems)
	if e := explain(t, fresh, namesOfKind, 1); e.Stored || e.Dropped != nil || strings.Contains(e.String(), "dropped") {
		t.Errorf("%+v", e)
	}
	// Where the cache is off nothing is said to be stored.
	s.cache.SetDisabled(true)
	if e := explain(t, s, "SELECT title FROM posts WHERE id = 35"); e.Stored {
		t.Error("stored in a cache that is off")
	}
}

// What is remembered is bounded: of a change of many rows it says perhaps, and
// a drop that is long ago is forgotten.
func TestExplainIsBounded(t *testing.T) {
	t.Parallel()
	s := newPosts(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.MaxImages = 100_000 })
	const query = "SELECT title FROM posts WHERE id = 34"
	many := make([]string, 1000)
	for i := range many {
		many[i] = fmt.Sprintf("(%d, 1, 'new')", 1000+i)
	}
	exec(t, s.cached, "UPDATE posts SET title = 'x' WHERE id = 34")
	s.read(t, query)
	exec(t, s.cached, "INSERT INTO posts (id, category_id, status) VALUES "+strings.Join(many, ", "))
	d := explain(t, s, query).Dropped
	if d == nil || !strings.Contains(d.Through, "perhaps") || len(d.Statement) > 300 {
		t.Errorf("%+v", d)
	}
	for range 1024 {
		if err := s.cache.Database("main").Invalidate(t.Context(), cacheops.Row("others", cacheops.Values{"id": 99})); err != nil {
			t.Fatal(err)
		}
	}
	if d := explain(t, s, query).Dropped; d != nil {
		t.Errorf("remembered for ever: %+v", d)
	}
}
