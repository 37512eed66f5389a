package integration

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/sqlcache"
)

// rowTexts writes images as name=value, sorted by the column's name.
func rowTexts(images []cacheops.RowImage) string {
	var rows []string
	for _, image := range images {
		terms := make([]string, len(image.Values))
		for i, v := range image.Values {
			terms[i] = fmt.Sprintf("%s=%v", image.Columns[i], v)
		}
		slices.Sort(terms)
		rows = append(rows, strings.Join(terms, " "))
	}
	return strings.Join(rows, "; ")
}

// newWatched is newBatches with a table that refers to posts, and is read.
func newWatched(t *testing.T) *batches {
	t.Helper()
	b := newBatches(t, nil)
	exec(t, b.cached,
		"CREATE TABLE tags (id INTEGER PRIMARY KEY, post_id INTEGER REFERENCES posts ON DELETE CASCADE, word TEXT)",
		"INSERT INTO tags VALUES (1, 34, 'a'), (2, 34, 'b'), (3, 35, 'c')")
	b.read(t, "SELECT word FROM tags WHERE post_id = 34")
	b.reset()
	return b
}

// one returns the only event since the last reset.
func (b *batches) one(t *testing.T) cacheops.InvalidateEvent {
	t.Helper()
	events := b.reset()
	if len(events) != 1 {
		t.Fatalf("%d events: %+v", len(events), events)
	}
	return events[0]
}

// An event has what a row was before and after, in those columns that somebody
// compares, and under which sets of columns something was dropped.
func TestEventOfWrite(t *testing.T) {
	t.Parallel()
	b := newWatched(t)
	const update = "UPDATE posts SET category_id = 2, title = 'new' WHERE id = 34"
	exec(t, b.cached, update)
	e := b.one(t)
	if e.Database != "main" || e.Cause != cacheops.CauseWrite || e.Query != update || e.Statements != 1 || e.All || len(e.Tables) != 1 {
		t.Fatalf("%+v", e)
	}
	posts := e.Tables[0]
	if got, want := rowTexts(posts.Before), "active=1 category_id=1 id=34 status=live"; got != want {
		t.Errorf("before %q, want %q", got, want)
	}
	if got, want := rowTexts(posts.After), "active=1 category_id=2 id=34 status=live"; got != want {
		t.Errorf("after %q, want %q", got, want)
	}
	slices.Sort(posts.Schemes)
	if want := []string{"active IS TRUE", "category_id", "category_id IS NULL", "category_id, status", "every row", "id", "status"}; posts.Table != "posts" || posts.Query != update || posts.Rows != 2 || posts.Epoch ||
		!slices.Equal(posts.Schemes, want) || posts.Keys != 9 {
		t.Errorf("%+v", posts)
	}

	exec(t, b.cached, "INSERT INTO posts (id, category_id, status) VALUES (50, 3, 'new')")
	if posts := b.one(t).Tables[0]; len(posts.Before) != 0 || rowTexts(posts.After) != "active=<nil> category_id=3 id=50 status=new" {
		t.Errorf("insert: %+v", posts)
	}
}

// Rows that a foreign key's action reaches are in their own table's part.
func TestEventOfCascade(t *testing.T) {
	t.Parallel()
	b := newWatched(t)
	exec(t, b.cached, "DELETE FROM posts WHERE id = 34")
	e := b.one(t)
	parts := map[string]cacheops.TableInvalidation{}
	for _, part := range e.Tables {
		parts[part.Table] = part
	}
	for image := range strings.SplitSeq(rowTexts(parts["posts"].Before), "; ") {
		if image != "active=1 category_id=1 id=34 status=live" {
			t.Errorf("posts before: %q", image)
		}
	}
	if got := rowTexts(parts["tags"].Before); got != "post_id=34; post_id=34" || len(parts["tags"].After) != 0 {
		t.Errorf("tags before: %q, after: %+v", got, parts["tags"].After)
	}
	if len(e.Tables) != 2 || e.Statements != 1 {
		t.Errorf("%+v", e)
	}
}

// A transaction is one event, with the last statement of each table; a rollback
// is none, and what a savepoint took back is not in it.
func TestEventOfTransaction(t *testing.T) {
	t.Parallel()
	b := newWatched(t)
	tx, err := b.cached.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	const first, second, third, undone = "UPDATE posts SET status = 'x' WHERE id = 34", "UPDATE posts SET status = 'y' WHERE id = 35",
		"UPDATE others SET name = 'z'", "UPDATE tags SET word = 'z'"
	execWith(t.Context(), t, tx, first)
	execWith(t.Context(), t, tx, second)
	execWith(t.Context(), t, tx, third)
	execWith(t.Context(), t, tx, "SAVEPOINT s")
	execWith(t.Context(), t, tx, undone)
	execWith(t.Context(), t, tx, "ROLLBACK TO s")
	if len(b.reset()) != 0 {
		t.Error("an event before the commit")
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	e := b.one(t)
	if e.Statements != 3 || e.Query != third || e.Cause != cacheops.CauseWrite || len(e.Tables) != 2 {
		t.Fatalf("%+v", e)
	}
	if posts := e.Tables[0]; posts.Query != second || rowTexts(posts.Before) != "active=1 category_id=1 id=34 status=live; active=0 category_id=2 id=35 status=draft" {
		t.Errorf("%+v", posts)
	}
	if others := e.Tables[1]; others.Table != "others" || others.Query != third {
		t.Errorf("%+v", others)
	}

	if tx, err = b.cached.BeginTx(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	execWith(t.Context(), t, tx, first)
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.cached.Exec("UPDATE posts SET status = NULL"); err == nil {
		t.Error("NOT NULL was ignored")
	}
	if events := b.reset(); len(events) != 0 {
		t.Errorf("what was rolled back is told: %+v", events)
	}
}

// Every cause is told.
func TestEventCauses(t *testing.T) {
	t.Parallel()
	b := newWatched(t)
	db := b.cache.Database("main")
	tests := []struct {
		name  string
		run   func(ctx context.Context) error
		cause cacheops.Cause
		word  string
		want  string // its tables, with ! behind those that were dropped whole
	}{
		{"write", func(context.Context) error { exec(t, b.cached, "DELETE FROM posts WHERE id = 36"); return nil }, cacheops.CauseWrite, "write", "posts"},
		{"a write whose rows are not known", func(context.Context) error {
			exec(t, b.cached, "INSERT OR REPLACE INTO tags VALUES (1, 35, 'r')")
			return nil
		}, cacheops.CauseWrite, "write", "tags!"},
		{"invalidate", func(ctx context.Context) error {
			return db.Invalidate(ctx, cacheops.Table("tags"), cacheops.Row("posts", cacheops.Values{"id": 1}))
		}, cacheops.CauseInvalidate, "invalidate", "tags! posts"},
		{"invalidate all", func(ctx context.Context) error { return db.Invalidate(ctx, cacheops.All()) }, cacheops.CauseInvalidate, "invalidate", "all"},
		{"invalidate all in a list", func(ctx context.Context) error {
			return db.Invalidate(ctx, cacheops.All(), cacheops.Table("tags"))
		}, cacheops.CauseInvalidate, "invalidate", "all"},
		{"in a transaction", func(ctx context.Context) error {
			return db.InvalidateTx(ctx, b.cached, cacheops.Table("tags"))
		}, cacheops.CauseInvalidate, "invalidate", "tags!"},
		{"in a transaction that writes", func(ctx context.Context) error {
			tx, err := b.cached.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			execWith(ctx, t, tx, "UPDATE posts SET title = 'x' WHERE id = 35")
			if err := db.InvalidateTx(ctx, tx, cacheops.Table("tags")); err != nil {
				return err
			}
			return tx.Commit()
		}, cacheops.CauseWrite, "write", "posts tags!"},
		{"postponed", func(ctx context.Context) error {
			return cacheops.Postpone(ctx, func(ctx context.Context) error {
				execWith(ctx, t, b.cached, "UPDATE tags SET word = 'p' WHERE id = 3")
				execWith(ctx, t, b.cached, "UPDATE posts SET title = 'p' WHERE id = 35")
				return nil
			})
		}, cacheops.CausePostponed, "postponed", "tags posts"},
		{"schema", func(context.Context) error { exec(t, b.cached, "CREATE TABLE made (id INTEGER)"); return nil }, cacheops.CauseSchema, "schema", "all"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { //nolint:paralleltest // they share the events
			b.read(t, "SELECT word FROM tags WHERE post_id = 34")
			b.read(t, "SELECT title FROM posts WHERE category_id = 1 AND status = 'live'")
			if err := tt.run(t.Context()); err != nil {
				t.Fatal(err)
			}
			e := b.one(t)
			var tables []string
			for _, part := range e.Tables {
				tables = append(tables, part.Table+map[bool]string{true: "!"}[part.Epoch])
				if part.Epoch && len(part.Schemes)+part.Keys != 0 || !part.Epoch && len(part.Schemes) == 0 {
					t.Errorf("%+v", part)
				}
			}
			if e.All {
				tables = append(tables, "all")
			}
			if e.Cause != tt.cause || e.Cause.String() != tt.word || strings.Join(tables, " ") != tt.want || e.Database != "main" {
				t.Errorf("cause %v of %v", e.Cause, tables)
			}
			if asked := e.Cause == cacheops.CauseInvalidate; asked != (e.Query == "" && e.Statements == 0) {
				t.Errorf("%d statements, the last %q", e.Statements, e.Query)
			}
		})
	}
}

// A new connection to a database in memory has an empty one behind it, and that
// is told.
func TestEventOfConnection(t *testing.T) {
	t.Parallel()
	var events []cacheops.InvalidateEvent
	cache, err := cacheops.New(cacheops.Config{Hooks: cacheops.Hooks{
		OnInvalidate: func(_ context.Context, e cacheops.InvalidateEvent) { events = append(events, e) },
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cache.Close() })
	db, err := sqlcache.Open(cache, "sqlite", ":memory:", sqlcache.Config{Dialect: sqlite.Dialect, Database: "memory", MaxOpenConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Ping(); err != nil {
		t.Fatal(err)
	}
	if len(events) != 1 || events[0].Cause != cacheops.CauseConnection || events[0].Cause.String() != "connection" || !events[0].All || events[0].Database != "memory" {
		t.Errorf("%+v", events)
	}
}
