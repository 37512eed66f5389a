package integration

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/sqlcache"
)

// A connection whose state changes what reads return is left alone, and so is
// the whole pool when it cannot hold another.
func TestSessionState(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	const query = "SELECT name FROM items WHERE kind = 1 AND name LIKE 'ONE'"
	t.Run("own connection", func(t *testing.T) {
		t.Parallel()
		s := newItems(t, nil)
		s.want(t, "one", false, query)
		conn, err := s.cached.Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.ExecContext(ctx, "PRAGMA case_sensitive_like = 1"); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if rows, hit := readWith(ctx, t, s, conn, query); rows != "" || hit {
				t.Errorf("on the changed connection: %q, hit %v", rows, hit)
			}
		}
		s.want(t, "one", true, query)
	})
	t.Run("only connection", func(t *testing.T) {
		t.Parallel()
		s := newItems(t, func(_ *cacheops.Config, c *sqlcache.Config) { c.MaxOpenConns = 1 })
		s.want(t, "one", false, query)
		s.want(t, "one", true, query)
		exec(t, s.cached, "PRAGMA case_sensitive_like = 1")
		s.want(t, "", false, query)
		s.want(t, "", false, query)
	})
	t.Run("in the pool", func(t *testing.T) {
		t.Parallel()
		s := newItems(t, func(_ *cacheops.Config, c *sqlcache.Config) { c.MaxOpenConns = 2 })
		exec(t, s.cached, "PRAGMA case_sensitive_like = 1")
		s.want(t, "", false, query) // the one connection there is, as without the cache
		conn, err := s.cached.Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.ExecContext(ctx, "PRAGMA user_version"); err != nil { // takes it out of the pool
			t.Fatal(err)
		}
		if rows, _ := s.read(t, query); rows != "one" {
			t.Errorf("STALE: what the changed connection reads was stored for others: %q", rows)
		}
		s.want(t, "one", true, query)
	})
	t.Run("data source name", func(t *testing.T) {
		t.Parallel()
		s := newItems(t, nil)
		db, err := sqlcache.Open(s.cache, "sqlite", "file:"+s.path+"?_pragma=case_sensitive_like(1)", sqlcache.Config{Dialect: sqlite.Dialect, Database: "main", MaxOpenConns: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		s.want(t, "one", false, query)
		for range 2 {
			if rows, hit := readWith(ctx, t, s, db, query); rows != "" || hit {
				t.Errorf("on the other handle: %q, hit %v", rows, hit)
			}
		}
	})
	t.Run("temporary table hides a table", func(t *testing.T) {
		t.Parallel()
		s := newItems(t, nil)
		s.want(t, "one,two", false, namesOfKind, 1)
		conn, err := s.cached.Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for _, st := range []string{
			"CREATE TEMP TABLE items (id INTEGER, kind INTEGER, name TEXT)",
			"INSERT INTO items VALUES (1, 1, 'hidden')",
		} {
			if _, err := conn.ExecContext(ctx, st); err != nil {
				t.Fatal(err)
			}
		}
		if rows, hit := readWith(ctx, t, s, conn, namesOfKind, 1); rows != "hidden" || hit {
			t.Errorf("on the connection: %q, hit %v", rows, hit)
		}
		if rows, _ := s.read(t, namesOfKind, 1); rows != "one,two" {
			t.Errorf("elsewhere: %q", rows)
		}
	})
	t.Run("writes through an attached name", func(t *testing.T) {
		t.Parallel()
		s := newItems(t, nil)
		s.want(t, "one,two", false, namesOfKind, 1)
		conn, err := s.cached.Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.ExecContext(ctx, "ATTACH DATABASE ? AS again", s.path); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.ExecContext(ctx, "UPDATE again.items SET name = 'x' WHERE id = 1"); err != nil {
			t.Fatal(err)
		}
		s.want(t, "x,two", false, namesOfKind, 1)
	})
}

// A temporary trigger on a plain table writes elsewhere; only its connection
// knows of it.
func TestTemporaryTrigger(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newItems(t, nil)
	exec(t, s.cached, "CREATE TABLE log (id INTEGER PRIMARY KEY, item INTEGER)")
	s.want(t, "", false, "SELECT item FROM log WHERE item = 1")
	conn, err := s.cached.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, st := range []string{
		"CREATE TEMP TRIGGER t AFTER UPDATE ON main.items BEGIN INSERT INTO log (item) VALUES (new.id); END",
		"UPDATE items SET name = 'x' WHERE id = 1",
	} {
		s.read(t, "SELECT item FROM log WHERE item = 1") // stored anew after the first
		s.want(t, "", true, "SELECT item FROM log WHERE item = 1")
		if _, err := conn.ExecContext(ctx, st); err != nil {
			t.Fatal(err)
		}
	}
	if rows, _ := s.read(t, "SELECT item FROM log WHERE item = 1"); rows != "1" {
		t.Errorf("STALE: %q", rows)
	}
}

// On SQLite a connection with an open result reads an old snapshot.
func TestOpenResultReadsAnOldSnapshot(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.MaxEntryBytes = 4000 })
	exec(t, s.cached, "CREATE TABLE many (n INTEGER)",
		"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5000) INSERT INTO many SELECT n FROM c")
	conn, err := s.cached.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	rows, err := conn.QueryContext(ctx, "SELECT n FROM many") // streamed
	if err != nil {
		t.Fatal(err)
	}
	rows.Next()
	exec(t, s.cached, "UPDATE items SET name = 'new' WHERE id = 1")
	if got, hit := readWith(ctx, t, s, conn, namesOfKind, 1); got != "one,two" || hit {
		t.Logf("the connection reads %q: this SQLite shows no old snapshot here", got)
	}
	s.want(t, "new,two", false, namesOfKind, 1)
	s.want(t, "new,two", true, namesOfKind, 1)
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	if got, hit := readWith(ctx, t, s, conn, namesOfKind, 1); got != "new,two" || !hit {
		t.Errorf("after the rows were closed: %q, hit %v", got, hit)
	}
}

// A database in memory is private to its connection.
func TestMemoryDatabase(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{0, 1} {
		t.Run(fmt.Sprint("MaxOpenConns ", limit), func(t *testing.T) {
			t.Parallel()
			var last cacheops.ReadEvent
			cache, err := cacheops.New(cacheops.Config{
				Profiles: cacheops.Profiles{everyTable: {Ops: cacheops.OpAll}},
				Hooks:    cacheops.Hooks{OnRead: func(_ context.Context, e cacheops.ReadEvent) { last = e }},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer cache.Close()
			db, err := sqlcache.Open(cache, "sqlite", ":memory:", sqlcache.Config{Dialect: sqlite.Dialect, Database: "main", MaxOpenConns: limit})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			exec(t, db, createItems, insertItems)
			for range 2 {
				if _, err := scenarioRows(db, namesOfKind, 1); err != nil {
					t.Fatal(err)
				}
			}
			if last.Hit != (limit == 1) || last.Hit == (last.Reason != "") {
				t.Errorf("%+v", last)
			}
		})
	}
}

// Where a connection with a database of its own is replaced, that database is a
// new one.
func TestMemoryDatabaseIsLost(t *testing.T) {
	t.Parallel()
	cache, err := cacheops.New(cacheops.Config{Profiles: cacheops.Profiles{everyTable: {Ops: cacheops.OpAll}}})
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	bare, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer bare.Close()
	g := &gate{inner: dsnConnector{drv: bare.Driver(), dsn: ":memory:"}}
	db, err := sqlcache.OpenDB(cache, g, sqlcache.Config{Dialect: sqlite.Dialect, Database: "main", MaxOpenConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	exec(t, db, createItems, insertItems)
	if rows, err := scenarioRows(db, namesOfKind, 1); err != nil || len(rows) != 3 {
		t.Fatal(rows, err)
	}
	lost := false
	g.set(func(context.Context, string) error {
		if lost {
			return nil
		}
		lost = true
		return driver.ErrBadConn
	}, nil)
	exec(t, db, "PRAGMA user_version") // on a new connection
	if rows, err := scenarioRows(db, namesOfKind, 1); err == nil {
		t.Errorf("STALE: %v, from a database that is gone", rows)
	}
}

// After a change of the schema no old shape is served, whoever changed it.
func TestSchemaChanges(t *testing.T) {
	t.Parallel()
	const query = "SELECT * FROM items WHERE id = 1"
	t.Run("through the handle", func(t *testing.T) {
		t.Parallel()
		s := newItems(t, nil)
		for i, ddl := range []string{
			"ALTER TABLE items ADD COLUMN extra TEXT DEFAULT 'e'",
			"ALTER TABLE items RENAME COLUMN extra TO more",
			"ALTER TABLE items DROP COLUMN more",
			"CREATE INDEX by_kind ON items (kind)",
		} {
			if _, err := scenarioRows(s.cached, query); err != nil {
				t.Fatal(err)
			}
			exec(t, s.cached, ddl)
			want, err := scenarioRows(s.bare, query)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				got, err := scenarioRows(s.cached, query)
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Fatalf("after step %d: %v, %v, want %v", i, got, err, want)
				}
			}
		}
		if s.hits.Load() == 0 {
			t.Error("nothing was cached")
		}
	})
	t.Run("behind our back", func(t *testing.T) {
		t.Parallel()
		s := newItems(t, nil)
		exec(t, s.cached, "CREATE TABLE log (id INTEGER PRIMARY KEY, item INTEGER)")
		s.want(t, "", false, "SELECT item FROM log WHERE item = 1")
		s.want(t, "one,two", false, namesOfKind, 1)
		exec(t, s.bare, "CREATE TRIGGER t AFTER UPDATE ON items BEGIN INSERT INTO log (item) VALUES (new.id); END")
		exec(t, s.cached, "UPDATE items SET name = 'x' WHERE id = 1")
		s.want(t, "1", false, "SELECT item FROM log WHERE item = 1")
		s.want(t, "x,two", false, namesOfKind, 1)
	})
	t.Run("in a transaction", func(t *testing.T) {
		t.Parallel()
		s := newItems(t, nil)
		s.want(t, "one,two", false, namesOfKind, 1)
		tx, err := s.cached.Begin()
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range []string{
			"CREATE TABLE log (id INTEGER PRIMARY KEY, item INTEGER)",
			"CREATE TRIGGER t AFTER INSERT ON log BEGIN UPDATE items SET name = 'x' WHERE id = new.item; END",
			"INSERT INTO log (item) VALUES (1)",
		} {
			if _, err := tx.Exec(st); err != nil {
				t.Fatal(err)
			}
		}
		s.want(t, "one,two", true, namesOfKind, 1)
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		s.want(t, "x,two", false, namesOfKind, 1)
		exec(t, s.cached, "INSERT INTO log (item) VALUES (2)")
		s.want(t, "x,x", false, namesOfKind, 1)
	})
	t.Run("rolled back", func(t *testing.T) {
		t.Parallel()
		s := newItems(t, nil)
		tx, err := s.cached.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec("DROP TABLE items"); err != nil {
			t.Fatal(err)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		s.want(t, "one,two", false, namesOfKind, 1)
		s.want(t, "one,two", true, namesOfKind, 1)
	})
}

// A hit tells the same column types as a miss and as the bare driver, at every
// row.
func TestColumnTypes(t *testing.T) {
	t.Parallel()
	s := newCachedSQLite(t, nil)
	exec(t, s.cached, "CREATE TABLE v (id INTEGER PRIMARY KEY, a, b BOOLEAN, c VARCHAR(10) NOT NULL, d TIMESTAMP, e DECIMAL(10,2), f BLOB)",
		"INSERT INTO v VALUES (1, 1, TRUE, 'x', '2026-01-02 03:04:05', 1.5, x'00ff'), (2, 'text', NULL, 'y', NULL, 3, NULL), (3, 2.5, FALSE, '', '2026-01-02', NULL, x'')")
	describe := func(db *sql.DB) string {
		rows, err := db.Query("SELECT * FROM v ORDER BY id")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var b strings.Builder
		types := func() {
			cts, err := rows.ColumnTypes()
			if err != nil {
				t.Fatal(err)
			}
			for _, ct := range cts {
				length, hasLength := ct.Length()
				nullable, knows := ct.Nullable()
				p, scale, decimal := ct.DecimalSize()
				fmt.Fprintln(&b, ct.Name(), ct.DatabaseTypeName(), ct.ScanType(), length, hasLength, nullable, knows, p, scale, decimal)
			}
		}
		types()
		for rows.Next() {
			types()
			row := make([]any, 7)
			dest := make([]any, 7)
			for i := range row {
				dest[i] = &row[i]
			}
			if err := rows.Scan(dest...); err != nil {
				t.Fatal(err)
			}
			for _, v := range row {
				fmt.Fprintf(&b, "%T %v\n", v, v)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	bare := describe(s.bare)
	for i, want := range []bool{false, true} {
		before := s.hits.Load()
		if got := describe(s.cached); got != bare {
			t.Errorf("read %d:\n%s\nbare:\n%s", i, got, bare)
		}
		if hit := s.hits.Load() > before; hit != want {
			t.Errorf("read %d: hit %v", i, hit)
		}
	}
}
