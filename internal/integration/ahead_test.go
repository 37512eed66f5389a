package integration

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
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

// newSaved is a database of which rows are read again after a commit, by their id. The
// program got one item in that way.
func newSaved(t testing.TB, change func(*cacheops.Config, *sqlcache.Config)) *cachedSQLite {
	t.Helper()
	s := newItems(t, func(c *cacheops.Config, d *sqlcache.Config) {
		c.Profiles = cacheops.Profiles{everyTable: {Ops: cacheops.OpAll, TTL: time.Hour, CacheOnSave: "ID"}}
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

// timesRun counts the queries of a text in what was recorded.
func timesRun(texts []string, text string) (n int) {
	for _, s := range texts {
		if s == text {
			n++
		}
	}
	return n
}

// TestCacheOnSave is the profile's CacheOnSave: after a commit the get by that
// column runs no SQL.
func TestCacheOnSave(t *testing.T) {
	t.Parallel()
	s := newSaved(t, nil)
	s.read(t, itemFull, 2, 1)

	s.run(t, "UPDATE items SET name = 'uno' WHERE id = 1")
	s.gate.record()
	s.want(t, "uno", true, itemByID, 1)
	s.want(t, "uno/1", true, itemFull, 1, 1)
	if texts := s.gate.record(); len(texts) != 0 {
		t.Errorf("the get ran %q", texts)
	}
	s.want(t, "two", false, itemByID, 2) // nobody wrote it

	s.run(t, "INSERT INTO items (id, kind, name) VALUES (7, 1, 'seven')")
	s.want(t, "seven", true, itemByID, 7)
	s.run(t, "INSERT INTO items (id, kind, name) VALUES (7, 1, 'sieben') ON CONFLICT (id) DO UPDATE SET name = excluded.name")
	s.want(t, "sieben", true, itemByID, 7)
	s.run(t, "UPDATE items SET id = 8 WHERE id = 7")
	s.want(t, "sieben", true, itemByID, 8)
	s.want(t, "", false, itemByID, 7)

	var name string
	if err := s.cached.QueryRow("INSERT INTO items (kind, name) VALUES (1, 'nine') RETURNING name").Scan(&name); err != nil || name != "nine" {
		t.Fatal(name, err)
	}
	s.want(t, "nine", true, itemByID, 9)

	if got := s.cache.Stats().ReadAhead; got.Queries != 10 || got.Errors != 0 {
		t.Errorf("counted: %+v", got)
	}
}

// What a transaction wrote in the end is read, however it commits, and nothing that
// was undone in it.
func TestCacheOnSaveAfterTransactions(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newSaved(t, nil)
	statements := []string{
		"UPDATE items SET name = 'first' WHERE id = 1",
		"UPDATE items SET name = 'uno' WHERE id = 1",
		"SAVEPOINT a", "UPDATE items SET name = 'due' WHERE id = 2", "ROLLBACK TO a",
		"UPDATE items SET name = 'tre' WHERE id = 3", "DELETE FROM items WHERE id = 3",
		"INSERT INTO items (id, kind, name) VALUES (4, 1, 'four'), (5, 1, 'five')",
	}
	after := func(how string) {
		t.Helper()
		if n := timesRun(s.gate.record(), itemByID); n != 3 {
			t.Errorf("%s: %d queries, want one for each of 1, 4, 5", how, n)
		}
		s.want(t, "uno", true, itemByID, 1)
		if got, _ := s.read(t, itemByID, 2); got != "two" {
			t.Errorf("%s: what was undone: %q", how, got)
		}
		s.want(t, "", false, itemByID, 3)
		s.want(t, "four", true, itemByID, 4)
		s.want(t, "five", true, itemByID, 5)
		exec(t, s.cached, "DELETE FROM items", insertItems)
		s.gate.record()
	}

	s.gate.record()
	tx, err := s.cached.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range statements {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			t.Fatal(text, err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	after("Commit")

	conn, err := s.cached.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range slices.Concat([]string{"BEGIN"}, statements, []string{"COMMIT"}) {
		if _, err := conn.ExecContext(ctx, text); err != nil {
			t.Fatal(text, err)
		}
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	after("COMMIT")

	conn, err = s.cached.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range slices.Concat([]string{"SAVEPOINT outermost"}, statements, []string{"RELEASE outermost"}) {
		if _, err := conn.ExecContext(ctx, text); err != nil {
			t.Fatal(text, err)
		}
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	after("RELEASE")
}

// Statements that the program prepared are run as prepared ones, and with arguments
// of the types that it gave.
func TestCacheOnSavePrepared(t *testing.T) {
	t.Parallel()
	s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) {
		c.Profiles = cacheops.Profiles{everyTable: {Ops: cacheops.OpAll, CacheOnSave: "id"}}
	})
	stmt, err := s.cached.Prepare(itemByID)
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	get := func(id any, want string, hit bool) {
		t.Helper()
		before := s.hits.Load()
		var got string
		if err := stmt.QueryRow(id).Scan(&got); err != nil || got != want || s.hits.Load() > before != hit {
			t.Fatalf("got %q (hit: %v, error: %v), want %q (hit: %v)", got, s.hits.Load() > before, err, want, hit)
		}
	}
	get(1, "one", false)
	get("1", "one", false) // as it comes out of a URL
	s.run(t, "UPDATE items SET name = 'uno' WHERE id = ?", 1)
	get(1, "uno", true)
	get("1", "uno", true)
	update, err := s.cached.Prepare("UPDATE items SET name = ? WHERE id = ?")
	if err != nil {
		t.Fatal(err)
	}
	defer update.Close()
	if _, err := update.Exec("due", 2); err != nil {
		t.Fatal(err)
	}
	get(2, "due", true)
	s.want(t, "due", true, "SELECT name FROM items WHERE id = ?", 2) // one text, one entry
}

// Named parameters, columns that are no numbers, and a soft delete in the text.
func TestCacheOnSaveByOtherColumns(t *testing.T) {
	t.Parallel()
	s := newCachedSQLite(t, func(c *cacheops.Config, _ *sqlcache.Config) {
		c.Profiles = cacheops.Profiles{
			"users": {Ops: cacheops.OpAll, CacheOnSave: "email"},
			"blobs": {Ops: cacheops.OpAll, CacheOnSave: "key"},
		}
	})
	exec(t, s.cached,
		"CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT, deleted_at TEXT)",
		"CREATE TABLE blobs (key BLOB PRIMARY KEY, n INTEGER)",
		"INSERT INTO users (email, name) VALUES ('a@b', 'anna')", "INSERT INTO blobs VALUES (x'6b', 1)")
	const byEmail = "SELECT name FROM users WHERE email = :email AND deleted_at IS NULL LIMIT 1"
	s.want(t, "anna", false, byEmail, sql.Named("email", "a@b"))
	s.run(t, "UPDATE users SET name = 'berta' WHERE id = 1")
	s.want(t, "berta", true, byEmail, sql.Named("email", "a@b"))
	s.run(t, "UPDATE users SET email = 'c@d' WHERE id = 1")
	s.want(t, "berta", true, byEmail, sql.Named("email", "c@d"))
	s.run(t, "UPDATE users SET deleted_at = 'now' WHERE id = 1")
	s.want(t, "", true, byEmail, sql.Named("email", "c@d"))

	const byKey = "SELECT n FROM blobs WHERE key = ?"
	s.want(t, "1", false, byKey, []byte("k"))
	s.run(t, "UPDATE blobs SET n = 2")
	s.want(t, "2", true, byKey, []byte("k"))
}

// Some libraries write values into their texts.
func TestCacheOnSaveWithValuesInTheText(t *testing.T) {
	t.Parallel()
	s := newCachedSQLite(t, func(c *cacheops.Config, _ *sqlcache.Config) {
		c.Profiles = cacheops.Profiles{
			"items": {Ops: cacheops.OpAll, CacheOnSave: "id"},
			"users": {Ops: cacheops.OpAll, CacheOnSave: "email"},
		}
	})
	exec(t, s.cached, createItems, insertItems,
		"CREATE TABLE users (email TEXT PRIMARY KEY, name TEXT)", "INSERT INTO users VALUES ('a@b', 'anna')")
	s.want(t, "one", false, `SELECT "i"."name" FROM items AS "i" WHERE ("i"."id" = 1) AND kind <> 3`)
	s.run(t, "UPDATE items SET name = name || '!'")
	for id, name := range []string{"one!", "two!", "three!"} {
		s.want(t, name, true, fmt.Sprintf(`SELECT "i"."name" FROM items AS "i" WHERE ("i"."id" = %d) AND kind <> 3`, id+1))
	}
	if got := s.cache.Stats().ReadAhead; got.Queries != 3 || got.Errors != 0 {
		t.Errorf("counted %+v", got)
	}

	s.want(t, "anna", false, "SELECT name FROM users WHERE email = 'a@b'")
	s.run(t, "INSERT INTO users VALUES ('c@d', 'carl'), (?, 'eve')", "' OR 1=1 --")
	s.want(t, "carl", true, "SELECT name FROM users WHERE email = 'c@d'")
	if got := s.cache.Stats().ReadAhead; got.Queries != 4 || got.Errors != 0 {
		t.Errorf("counted %+v", got)
	}
}

// TestCacheOnSaveRunsNothing is all that is followed by no query.
func TestCacheOnSaveRunsNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	update := func(ctx context.Context, s *cachedSQLite) error {
		_, err := s.cached.ExecContext(ctx, "UPDATE items SET name = 'new' WHERE id = 1")
		return err
	}
	text := func(text string) func(*cachedSQLite) error {
		return func(s *cachedSQLite) error {
			_, err := s.cached.ExecContext(ctx, text)
			return err
		}
	}
	var refusing atomic.Bool
	for name, tt := range map[string]struct {
		change func(*cacheops.Config, *sqlcache.Config)
		write  func(*cachedSQLite) error
	}{
		"control":       {nil, func(s *cachedSQLite) error { return update(ctx, s) }},
		"another table": {nil, text("UPDATE others SET n = n + 1")},
		"a delete":      {nil, text("DELETE FROM items WHERE id = 1")},
		"unknown rows":  {nil, text("INSERT OR REPLACE INTO items (id, kind, name) VALUES (1, 1, 'new')")},
		"no rows":       {nil, text("UPDATE items SET name = 'new' WHERE id = 99")},
		"NoInvalidation": {nil, func(s *cachedSQLite) error {
			return update(cacheops.NoInvalidation(ctx), s)
		}},
		"Bypass": {nil, func(s *cachedSQLite) error { return update(cacheops.Bypass(ctx), s) }},
		"ops of the call": {nil, func(s *cachedSQLite) error {
			return update(cacheops.With(ctx, cacheops.Ops(cacheops.OpCount)), s)
		}},
		"disabled": {nil, func(s *cachedSQLite) error {
			s.cache.SetDisabled(true)
			return update(ctx, s)
		}},
		"refused": {func(c *cacheops.Config, _ *sqlcache.Config) {
			c.Admit = func(cacheops.ReadInfo) bool { return !refusing.Load() }
		}, func(s *cachedSQLite) error {
			refusing.Store(true)
			return update(ctx, s)
		}},
		"a rollback": {nil, func(s *cachedSQLite) error {
			tx, err := s.cached.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "UPDATE items SET name = 'new' WHERE id = 1"); err != nil {
				return err
			}
			return tx.Rollback()
		}},
		"too many rows": {nil, text("INSERT INTO items (kind, name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 33) SELECT 1, 'many' FROM n")},
		"no column": {func(c *cacheops.Config, _ *sqlcache.Config) {
			c.Profiles = cacheops.Profiles{"items": {Ops: cacheops.OpAll}}
		}, func(s *cachedSQLite) error { return update(ctx, s) }},
		"another column": {func(c *cacheops.Config, _ *sqlcache.Config) {
			c.Profiles = cacheops.Profiles{"items": {Ops: cacheops.OpAll, CacheOnSave: "kind"}}
		}, func(s *cachedSQLite) error { return update(ctx, s) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSaved(t, tt.change)
			exec(t, s.cached, "CREATE TABLE others (n INTEGER)")
			s.read(t, itemByID, 1)
			s.gate.record()
			if err := tt.write(s); err != nil {
				t.Fatal(err)
			}
			want := 0
			if name == "control" {
				want = 1
			}
			if n, counted := timesRun(s.gate.record(), itemByID), s.cache.Stats().ReadAhead; n != want || counted.Queries != uint64(want) || counted.Errors != 0 {
				t.Errorf("%d queries, counted %+v", n, counted)
			}
		})
	}
	t.Run("before a get", func(t *testing.T) {
		t.Parallel()
		s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) {
			c.Profiles = cacheops.Profiles{"items": {Ops: cacheops.OpAll, CacheOnSave: "id"}}
		})
		s.read(t, namesOfKind, 1)
		s.read(t, "SELECT count(*) FROM items WHERE id = ?", 1)
		s.read(t, "SELECT name FROM items WHERE id = ? OR kind = ? LIMIT 1", 1, 1)
		s.read(t, "SELECT name FROM items WHERE id = 1 LIMIT 1")
		s.run(t, "UPDATE items SET name = 'new' WHERE id = 1")
		if got := s.cache.Stats().ReadAhead; got.Queries != 0 {
			t.Errorf("counted %+v", got)
		}
	})
}

// As many rows as there may be are read, and of more texts than are remembered the
// last ones.
func TestCacheOnSaveBounds(t *testing.T) {
	t.Parallel()
	s := newSaved(t, nil)
	s.run(t, "INSERT INTO items (kind, name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 32) SELECT 1, 'many' FROM n")
	if got := s.cache.Stats().ReadAhead; got.Queries != 32 {
		t.Errorf("32 rows: %+v", got)
	}
	s.want(t, "many", true, itemByID, 35)
	for i := range 5 {
		s.read(t, fmt.Sprintf("SELECT name || '%d' FROM items WHERE id = ?", i), 1)
	}
	s.gate.record()
	s.run(t, "UPDATE items SET name = 'uno' WHERE id = 1")
	if texts := s.gate.record(); timesRun(texts, itemByID) != 0 || len(texts) == 0 {
		t.Errorf("the oldest text was run: %q", texts)
	}
	s.want(t, "uno0", false, "SELECT name || '0' FROM items WHERE id = ?", 1)
	s.want(t, "uno4", true, "SELECT name || '4' FROM items WHERE id = ?", 1)
}

// What is postponed is read at the end, unless the program holds all connections.
func TestCacheOnSavePostponed(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	// Who waits for a connection waits for long.
	s := newSaved(t, func(c *cacheops.Config, d *sqlcache.Config) { c.LockTTL, d.MaxOpenConns = time.Hour, 1 })
	update := func(ctx context.Context, q interface {
		ExecContext(context.Context, string, ...any) (sql.Result, error)
	}, name string) error {
		_, err := q.ExecContext(ctx, "UPDATE items SET name = ? WHERE id = 1", name)
		return err
	}
	err := cacheops.Postpone(ctx, func(ctx context.Context) error {
		s.gate.record()
		if err := update(ctx, s.cached, "uno"); err != nil {
			return err
		}
		if n := timesRun(s.gate.record(), itemByID); n != 0 {
			t.Errorf("%d queries inside", n)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s.want(t, "uno", true, itemByID, 1)

	conn, err := s.cached.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := cacheops.Postpone(ctx, func(ctx context.Context) error { return update(ctx, conn, "due") }); err != nil {
		t.Fatal(err)
	}
	if got, hit := readWith(ctx, t, s, conn, itemByID, 1); got != "due" || hit {
		t.Errorf("got %q (hit: %v)", got, hit)
	}
}

// Tenants have each their own, and a write of one of them reads for that one.
func TestCacheOnSaveOfTenants(t *testing.T) {
	t.Parallel()
	s := newProfiled(t, func(c *cacheops.Config) {
		c.Profiles = cacheops.Profiles{everyTable: {Ops: cacheops.OpAll, CacheOnSave: "id"}}
		c.PrefixFunc = tenantOf
	})
	s.wantAs(t, "red", "a", false, bodyOf, 1)
	s.wantAs(t, "blue", "a", false, bodyOf, 1)
	if _, err := s.cached.ExecContext(as("red"), "UPDATE posts SET body = 'new' WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	s.wantAs(t, "red", "new", true, bodyOf, 1)
	s.wantAs(t, "blue", "a", true, bodyOf, 1) // another tenant's rows, as the program has it
}

// The program is told of a column that no table has, once for each table.
func TestCacheOnSaveOfNoColumn(t *testing.T) {
	t.Parallel()
	var log lines
	s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) {
		c.Logger = log.logger()
		c.Profiles = cacheops.Profiles{
			"items":    {Ops: cacheops.OpAll, CacheOnSave: "uuid"},
			everyTable: {Ops: cacheops.OpAll, CacheOnSave: "id"},
		}
	})
	exec(t, s.cached, "CREATE TABLE pairs (a INTEGER, b INTEGER)", "CREATE TABLE posts (id INTEGER PRIMARY KEY)")
	s.want(t, "one", false, itemByID, 1)
	s.read(t, "SELECT a FROM pairs WHERE b = ?", 1)
	if got := log.text(); strings.Count(got, "CacheOnSave") != 1 || !strings.Contains(got, "table=items column=uuid") {
		t.Errorf("logged: %s", got)
	}
}
