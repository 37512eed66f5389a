package integration

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/sqlcache"
)

// fresh compares cached reads with the database, each twice, so that what was
// stored is looked at too.
func (s *cachedSQLite) fresh(t *testing.T, what string, queries ...string) {
	t.Helper()
	for _, q := range queries {
		want, _ := readWith(context.Background(), t, s, s.bare, q)
		for range 2 {
			if got, hit := s.read(t, q); got != want {
				t.Errorf("STALE after %s: %s: %q (hit %v), the database has %q", what, q, got, hit, want)
			}
		}
	}
}

// A full disk rolls the whole transaction back, and what the program does next
// commits by itself.
func TestFullDiskEndsTheTransaction(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	const query = "SELECT name FROM items WHERE kind = 1 ORDER BY id"
	s := newItems(t, nil)
	s.fresh(t, "nothing", query)
	conn, err := s.cached.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	run := func(text string, args ...any) error {
		_, err := conn.ExecContext(ctx, text, args...)
		return err
	}
	var pages int
	if err := conn.QueryRowContext(ctx, "PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if err := run(fmt.Sprintf("PRAGMA max_page_count = %d", pages+2)); err != nil {
		t.Fatal(err)
	}
	if err := run("BEGIN"); err != nil {
		t.Fatal(err)
	}
	if err := run("UPDATE items SET name = 'lost' WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	if err := run("INSERT INTO items VALUES (9, 1, ?)", strings.Repeat("x", 1<<20)); err == nil || !strings.Contains(err.Error(), "full") {
		t.Fatalf("the disk is not full: %v", err)
	}
	// To SQLite this may be inside the transaction or after it.
	if err := run("UPDATE items SET name = 'kept' WHERE id = 2"); err != nil {
		t.Fatal(err)
	}
	s.fresh(t, "the full disk", query)
	_ = run("COMMIT") // there may be none
	s.fresh(t, "the end", query)
	exec(t, s.cached, "UPDATE items SET name = 'later' WHERE id = 2")
	s.fresh(t, "a later write", query)
}

// A constraint of the schema that replaces on conflict deletes rows that no
// statement names, and what hangs on them.
func TestReplaceInTheSchema(t *testing.T) {
	t.Parallel()
	s := newCachedSQLite(t, nil)
	exec(t, s.cached,
		"CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT UNIQUE ON CONFLICT REPLACE, name TEXT)",
		"CREATE TABLE notes (id INTEGER PRIMARY KEY, author INTEGER REFERENCES users(id) ON DELETE CASCADE)",
		"INSERT INTO users VALUES (1, 'a', 'Ann'), (2, 'b', 'Bob')", "INSERT INTO notes VALUES (10, 1), (20, 2)")
	queries := []string{"SELECT name FROM users WHERE id = 1", "SELECT name FROM users WHERE email = 'a'", "SELECT id FROM notes WHERE author = 1", "SELECT id FROM notes WHERE author = 2"}
	for _, w := range []string{
		"INSERT INTO users VALUES (3, 'a', 'Eve')", "UPDATE users SET email = 'b' WHERE id = 3", "INSERT INTO users SELECT 4, 'b', 'Joe'",
		"INSERT INTO users VALUES (5, 'b', 'Kim') ON CONFLICT (id) DO UPDATE SET name = 'x'",
	} {
		s.fresh(t, "nothing", queries...)
		exec(t, s.cached, w)
		s.fresh(t, w, queries...)
	}
}

// With foreign keys off nothing cascades; with them on it does, whatever another
// connection has set.
func TestForeignKeysOffAndOn(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newCachedSQLite(t, nil)
	exec(t, s.cached,
		"CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
		"CREATE TABLE notes (id INTEGER PRIMARY KEY, author INTEGER REFERENCES users(id) ON DELETE CASCADE ON UPDATE SET NULL)",
		"INSERT INTO users VALUES (1, 'Ann'), (2, 'Bob'), (3, 'Eve'), (4, 'Joe')", "INSERT INTO notes VALUES (10, 1), (20, 2), (30, 3), (40, 4)")
	queries := []string{"SELECT id FROM notes WHERE author = 1", "SELECT id FROM notes WHERE author = 2", "SELECT id FROM notes WHERE author IS NULL", "SELECT count(*) FROM notes"}
	off, err := s.cached.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer off.Close()
	s.fresh(t, "nothing", queries...)
	for _, text := range []string{"PRAGMA foreign_keys = 0", "DELETE FROM users WHERE id = 1", "UPDATE users SET id = 9 WHERE id = 3"} {
		if _, err := off.ExecContext(ctx, text); err != nil {
			t.Fatal(err)
		}
		s.fresh(t, text, queries...)
	}
	for _, text := range []string{"DELETE FROM users WHERE id = 2", "UPDATE users SET id = 8 WHERE id = 4"} {
		exec(t, s.cached, text)
		s.fresh(t, text+", with foreign keys", queries...)
	}
}

// A database that is attached to a connection holds tables that a bare name can
// mean, and triggers of the connection can write to either.
func TestAttachedDatabase(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, other := newItems(t, nil), newItems(t, nil)
	exec(t, other.bare, "CREATE TABLE extra (id INTEGER PRIMARY KEY, name TEXT)", "UPDATE items SET name = 'other'")
	conn, err := s.cached.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	queries := []string{"SELECT name FROM items WHERE kind = 1 ORDER BY id", "SELECT name FROM items WHERE id = 3"}
	s.fresh(t, "nothing", queries...)
	for _, text := range []string{
		"ATTACH '" + other.path + "' AS other",
		"UPDATE items SET name = 'x' WHERE id = 1",
		"UPDATE main.items SET name = 'y' WHERE id = 2",
		"UPDATE other.items SET name = 'z' WHERE id = 2",
		"INSERT INTO extra VALUES (1, 'e')",
		"INSERT INTO main.items SELECT id + 100, 1, name FROM other.items",
		"CREATE TEMP TRIGGER tt AFTER INSERT ON other.extra BEGIN UPDATE main.items SET name = 'by trigger' WHERE id = 3; END",
		"INSERT INTO extra VALUES (2, 'f')",
	} {
		if _, err := conn.ExecContext(ctx, text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		s.fresh(t, text, queries...)
		for _, q := range []string{"SELECT name FROM extra ORDER BY id", "SELECT name FROM items WHERE id = 2"} {
			if _, hit := readWith(ctx, t, s, conn, q); hit {
				t.Errorf("%s hit on a connection with another database", q)
			}
		}
	}
}

// However a name is written, it is one table; and tables of one name in two
// Databases are two.
func TestNamesOfATable(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	for i, name := range []string{"items", "ITEMS", `"Items"`, "[items]", "`items`", "main.items", `MAIN."items"`} {
		query := "SELECT name FROM " + name + " WHERE id = 1"
		s.fresh(t, "nothing", query)
		for _, w := range []string{"items", "Items", `main."ITEMS"`} {
			exec(t, s.cached, fmt.Sprintf("UPDATE %s SET name = 'n%d' WHERE id = 1", w, i))
			s.fresh(t, "a write of "+w, query)
		}
	}
	second, err := sqlcache.OpenDB(s.cache, s.gate, sqlcache.Config{Dialect: sqlite.Dialect, Database: "second"})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	s.want(t, "n6", false, "SELECT name FROM items WHERE id = 1")
	exec(t, second, "UPDATE items SET name = 'second' WHERE id = 2")
	s.want(t, "n6", true, "SELECT name FROM items WHERE id = 1")
}

// A row that is written twice in one transaction counts with all its images,
// also those between.
func TestRowWrittenTwice(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	queries := []string{"SELECT name FROM items WHERE kind = 1 ORDER BY id", "SELECT name FROM items WHERE kind = 2 ORDER BY id", "SELECT name FROM items WHERE kind = 3 ORDER BY id", "SELECT name FROM items WHERE id = 4"}
	for _, texts := range [][]string{
		{"UPDATE items SET kind = 3 WHERE id = 1", "UPDATE items SET kind = 2 WHERE id = 1"},
		{"INSERT INTO items VALUES (4, 1, 'four')", "UPDATE items SET kind = 3 WHERE id = 4", "DELETE FROM items WHERE id = 4"},
		{"DELETE FROM items WHERE id = 2", "INSERT INTO items VALUES (2, 3, 'again')"},
		{"SAVEPOINT a", "UPDATE items SET kind = 1 WHERE id = 3", "ROLLBACK TO a", "UPDATE items SET kind = 3 WHERE id = 3"},
	} {
		s.fresh(t, "nothing", queries...)
		tx, err := s.cached.Begin()
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			if _, err := tx.Exec(text); err != nil {
				t.Fatal(err)
			}
			s.fresh(t, "an uncommitted "+text, queries...)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		s.fresh(t, strings.Join(texts, "; "), queries...)
	}
}

// A rule for conflicts governs the statements of the triggers that a statement
// fires, and of those that these fire: rows go that nobody names.
func TestConflictRuleInsideTriggers(t *testing.T) {
	t.Parallel()
	for _, first := range []string{"INSERT INTO b VALUES (1)", "INSERT OR REPLACE INTO b VALUES (1)"} {
		for _, write := range []string{"INSERT INTO a VALUES (1)", "INSERT OR REPLACE INTO a VALUES (1)", "REPLACE INTO a VALUES (1)", "INSERT OR IGNORE INTO a VALUES (1)", "UPDATE OR REPLACE a SET id = 1"} {
			t.Run(first+", "+write, func(t *testing.T) {
				t.Parallel()
				s := newCachedSQLite(t, nil)
				exec(t, s.cached,
					"CREATE TABLE a (id INTEGER PRIMARY KEY)", "CREATE TABLE b (id INTEGER PRIMARY KEY)", "CREATE TABLE c (id INTEGER PRIMARY KEY)",
					"CREATE TABLE d (id INTEGER PRIMARY KEY, c INTEGER REFERENCES c ON DELETE CASCADE)",
					"CREATE TRIGGER tai AFTER INSERT ON a BEGIN "+first+"; END", "CREATE TRIGGER tau AFTER UPDATE ON a BEGIN "+first+"; END",
					"CREATE TRIGGER tb AFTER INSERT ON b BEGIN INSERT INTO c VALUES (1); END")
				exec(t, s.bare, "DROP TRIGGER tai", "INSERT INTO a VALUES (9)", "INSERT INTO c VALUES (1)", "INSERT INTO d VALUES (7, 1)",
					"CREATE TRIGGER tai AFTER INSERT ON a BEGIN "+first+"; END")
				queries := []string{"SELECT id FROM d WHERE c = 1", "SELECT id FROM c WHERE id = 1", "SELECT id FROM b WHERE id = 1", "SELECT id FROM a WHERE id = 1"}
				s.fresh(t, "nothing", queries...)
				_, _ = s.cached.Exec(write) // the conflict is an error under some rules
				s.fresh(t, write, queries...)
			})
		}
	}
}

// A table may refer to one that is not there. What needs no look at it succeeds,
// in a transaction too.
func TestForeignKeyToNowhere(t *testing.T) {
	t.Parallel()
	s := newCachedSQLite(t, nil)
	exec(t, s.cached, "CREATE TABLE orphans (id INTEGER PRIMARY KEY, n INTEGER, parent INTEGER REFERENCES nowhere (id) ON DELETE CASCADE)")
	exec(t, s.bare, "PRAGMA foreign_keys = 0; INSERT INTO orphans VALUES (1, 1, 1), (2, 2, NULL); PRAGMA foreign_keys = 1")
	queries := []string{"SELECT n FROM orphans WHERE id = 1", "SELECT n FROM orphans WHERE id = 2"}
	for _, write := range []string{"UPDATE orphans SET n = n + 1 WHERE id = 1", "UPDATE orphans SET n = n + 1"} {
		s.fresh(t, "nothing", queries...)
		exec(t, s.cached, write)
		s.fresh(t, write, queries...)
		tx, err := s.cached.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(write); err != nil {
			t.Errorf("TRANSPARENCY: %v", err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		s.fresh(t, write+" in a transaction", queries...)
	}
}
