package integration

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// RAISE(FAIL) in an INSTEAD OF trigger leaves behind what was done before it,
// in autocommit and in a transaction.
func TestFailInsideInsteadOfTrigger(t *testing.T) {
	t.Parallel()
	schema := []string{
		"CREATE VIEW v AS SELECT id, kind, name FROM items",
		`CREATE TRIGGER vi INSTEAD OF INSERT ON v BEGIN
			INSERT INTO items VALUES (new.id, new.kind, new.name);
			SELECT RAISE(FAIL, 'enough') WHERE new.id = 11;
		END`,
	}
	const write = "INSERT INTO v VALUES (10, 1, 'ten'), (11, 1, 'eleven'), (12, 1, 'twelve')"
	t.Run("in a transaction", func(t *testing.T) {
		t.Parallel()
		s := newItems(t, nil)
		exec(t, s.cached, schema...)
		s.want(t, "one,two", false, namesOfKind, 1)
		tx, err := s.cached.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(write); err == nil {
			t.Fatal("the trigger did not fail")
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		want, _ := readWith(context.Background(), t, s, s.bare, namesOfKind, 1)
		if rows, _ := s.read(t, namesOfKind, 1); rows != want {
			t.Errorf("STALE: %q, the database has %q", rows, want)
		}
	})
	t.Run("alone", func(t *testing.T) {
		t.Parallel()
		s, other := newItems(t, nil), newItems(t, nil)
		exec(t, s.cached, schema...)
		exec(t, other.cached, schema...)
		s.want(t, "one,two", false, namesOfKind, 1)
		_, err := s.cached.Exec(write)
		_, bareErr := other.bare.Exec(write)
		if err == nil || bareErr == nil || err.Error() != bareErr.Error() {
			t.Errorf("%v, the bare driver says %v", err, bareErr)
		}
		want, _ := readWith(context.Background(), t, other, other.bare, namesOfKind, 1)
		if rows, _ := s.read(t, namesOfKind, 1); rows != want {
			t.Errorf("TRANSPARENCY: %q, without the cache %q", rows, want)
		}
	})
}

// Another connection makes a trigger after a write looked at the schema and
// before the write runs: the write fires it.
func TestTriggerMadeBeforeAWriteRuns(t *testing.T) {
	t.Parallel()
	const query = "SELECT item FROM log WHERE item = 9"
	for _, tt := range []struct{ name, write string }{
		{"or fail", "INSERT OR FAIL INTO items VALUES (9, 1, 'nine')"},
		{"script", "INSERT INTO items VALUES (9, 1, 'nine'); SELECT 1"},
		{"wrapped", "INSERT INTO items VALUES (9, 1, 'nine')"},
		{"nobody reads the table", "INSERT INTO items VALUES (9, 2, 'nine')"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newItems(t, nil)
			exec(t, s.cached, "CREATE TABLE log (id INTEGER PRIMARY KEY, item INTEGER)")
			if tt.name != "nobody reads the table" {
				s.want(t, "one,two", false, namesOfKind, 1)
			}
			done := false
			s.gate.set(func(_ context.Context, text string) error {
				if done || !strings.HasPrefix(text, "INSERT") || tt.name == "wrapped" {
					return nil
				}
				done = true
				exec(t, s.cached, "CREATE TRIGGER ti AFTER INSERT ON items BEGIN INSERT INTO log (item) VALUES (new.id); END")
				s.want(t, "", false, query)
				s.want(t, "", true, query)
				return nil
			}, nil)
			exec(t, s.cached, tt.write)
			s.gate.set(nil, nil)
			want, _ := readWith(context.Background(), t, s, s.bare, query)
			if rows, _ := s.read(t, query); rows != want {
				t.Errorf("STALE: %q, the database has %q", rows, want)
			}
		})
	}
}

// A write that runs as it is, because an error may leave changes behind, never
// ran where its arguments do not fit: it drops nothing.
func TestWrongArgumentsOfABareWriteDropNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, tt := range []struct {
		text string
		args []any
	}{
		{"INSERT OR REPLACE INTO items VALUES (?, 1, 'x')", nil},
		{"INSERT OR REPLACE INTO items VALUES (?, ?, 'x');", []any{9}},
		{"INSERT OR REPLACE INTO items VALUES (1, 1, 'x')", []any{1}},
		{"INSERT OR REPLACE INTO items VALUES (:id, :kind, 'x') -- named", []any{sql.Named("id", 1)}},
		{"INSERT OR REPLACE INTO items VALUES (:id, :kind, 'x')", []any{sql.Named("id", 1), sql.Named("sort", 1)}},
		{"/* first */ UPDATE OR FAIL items SET name = ? WHERE id = ?", []any{"x"}},
		{"UPDATE guarded SET name = ? WHERE id = 1", nil},
		{"DELETE FROM guarded WHERE id = ? RETURNING id", nil},
		{"CREATE TABLE copies AS SELECT ? AS x", nil},
	} {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			s := newItems(t, nil)
			exec(t, s.cached, "CREATE TABLE guarded (id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO guarded VALUES (1, 'g')",
				"CREATE TRIGGER tg AFTER UPDATE ON guarded BEGIN DELETE FROM items; END",
				"CREATE TRIGGER td AFTER DELETE ON guarded BEGIN DELETE FROM items; END")
			s.want(t, "one,two", false, namesOfKind, 1)
			_, want := s.bare.Exec(tt.text, tt.args...)
			if want == nil {
				// The driver takes the arguments, and so must we.
				exec(t, s.bare, "UPDATE items SET name = 'one' WHERE id = 1")
				if _, err := s.cached.Exec(tt.text, tt.args...); err != nil {
					t.Errorf("TRANSPARENCY: %v", err)
				}
				return
			}
			prepared, err := s.cached.Prepare(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			defer prepared.Close()
			tx, err := s.cached.Begin()
			if err != nil {
				t.Fatal(err)
			}
			_, inTx := tx.Exec(tt.text, tt.args...)
			if err := tx.Commit(); err != nil {
				t.Error(err)
			}
			_, alone := s.cached.Exec(tt.text, tt.args...)
			rows, asQuery := s.cached.QueryContext(ctx, tt.text, tt.args...)
			if asQuery == nil {
				rows.Next()
				asQuery = rows.Err()
				rows.Close()
			}
			for name, err := range map[string]error{"in a transaction": inTx, "alone": alone, "as a query": asQuery} {
				if err == nil || err.Error() != want.Error() {
					t.Errorf("TRANSPARENCY: %s: %v, the bare driver says %v", name, err, want)
				}
			}
			if _, err := prepared.Exec(tt.args...); err == nil {
				t.Error("TRANSPARENCY: the prepared statement ran")
			}
			s.want(t, "one,two", true, namesOfKind, 1)
		})
	}
}

// The rows of a write that are still open keep it from committing, and with it
// every later write of the same connection.
func TestWriteBehindOpenRowsOfAWrite(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	const query = "SELECT item FROM log WHERE item = 7"
	for _, second := range []string{
		"INSERT OR REPLACE INTO log VALUES (1, 7)",
		"INSERT INTO log VALUES (1, 7)",
	} {
		t.Run(second, func(t *testing.T) {
			t.Parallel()
			s := newItems(t, nil)
			exec(t, s.cached, "CREATE TABLE log (id INTEGER PRIMARY KEY, item INTEGER)")
			s.want(t, "", false, query) // but nobody reads items
			conn, err := s.cached.Conn(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			rows, err := conn.QueryContext(ctx, "INSERT INTO items VALUES (8, 1, 'eight'), (9, 1, 'nine') RETURNING id")
			if err != nil {
				t.Fatal(err)
			}
			if !rows.Next() {
				t.Fatal(rows.Err())
			}
			if _, err := conn.ExecContext(ctx, second); err != nil {
				t.Errorf("TRANSPARENCY: %v", err)
			}
			s.read(t, query)
			if err := rows.Close(); err != nil {
				t.Fatal(err)
			}
			for _, q := range []string{query, "SELECT name FROM items WHERE kind = 1 ORDER BY id"} {
				want, _ := readWith(ctx, t, s, s.bare, q)
				if got, _ := s.read(t, q); got != want {
					t.Errorf("STALE: %s: %q, the database has %q", q, got, want)
				}
			}
			var n int
			if err := s.bare.QueryRow("SELECT (SELECT count(*) FROM items) + (SELECT count(*) FROM log)").Scan(&n); err != nil || n != 6 {
				t.Errorf("WRONG: %d rows in the database, want 6 (%v)", n, err)
			}
		})
	}
}

// VACUUM may give the rows of a table without a key new rowids.
func TestVacuumMovesRows(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	exec(t, s.cached, "CREATE TABLE bag (name TEXT)", "INSERT INTO bag VALUES ('a'), ('b'), ('c')", "DELETE FROM bag WHERE name = 'a'")
	const query = "SELECT rowid FROM bag WHERE name = 'c'"
	s.read(t, query)
	exec(t, s.cached, "VACUUM")
	want, _ := readWith(context.Background(), t, s, s.bare, query)
	if rows, _ := s.read(t, query); rows != want {
		t.Errorf("STALE: %q, the database has %q", rows, want)
	}
}

// A write is planned, and waits for a connection, while another one makes a
// trigger and the new schema is read: the write fires the trigger.
func TestSchemaChangesWhileAWriteWaits(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	const query = "SELECT item FROM log WHERE item = 9"
	s := newItems(t, func(_ *cacheops.Config, c *sqlcache.Config) { c.MaxOpenConns = 1 })
	exec(t, s.cached, "CREATE TABLE log (id INTEGER PRIMARY KEY, item INTEGER)")
	s.want(t, "one,two", false, namesOfKind, 1)
	conn, err := s.cached.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(ctx, "PRAGMA user_version"); err != nil { // it holds the only connection now
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := s.cached.Exec("INSERT INTO items VALUES (9, 1, 'nine')")
		done <- err
	}()
	// Long enough for the write to be planned and to wait, most of the time: the
	// test can pass by luck, and cannot fail by it.
	time.Sleep(100 * time.Millisecond) //nolint:forbidigo // there is no signal for a write that waits in the pool
	if _, err := conn.ExecContext(ctx, "CREATE TRIGGER ti AFTER INSERT ON items BEGIN INSERT INTO log (item) VALUES (new.id); END"); err != nil {
		t.Fatal(err)
	}
	readWith(ctx, t, s, conn, query) // reads the new schema, and is stored
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	want, _ := readWith(ctx, t, s, s.bare, query)
	if rows, _ := s.read(t, query); rows != want {
		t.Errorf("STALE: %q, the database has %q", rows, want)
	}
}

// A connection that is lost in COMMIT may have committed, or may commit later:
// nothing is stored before the fence ends.
func TestConnectionLostInCommit(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	const write = "UPDATE items SET name = 'new' WHERE id = 1"
	for name, run := range map[string]func(*cachedSQLite) error{
		"a transaction of ours": func(s *cachedSQLite) error {
			_, err := s.cached.Exec(write)
			return err
		},
		"by text": func(s *cachedSQLite) error {
			conn, err := s.cached.Conn(ctx)
			if err != nil {
				return nil
			}
			defer conn.Close()
			for _, text := range []string{"BEGIN", write, "COMMIT"} {
				if _, err = conn.ExecContext(ctx, text); err != nil {
					break
				}
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newItems(t, nil)
			s.want(t, "one,two", false, namesOfKind, 1)
			s.gate.set(func(_ context.Context, text string) error {
				if text == "COMMIT" {
					return driver.ErrBadConn
				}
				return nil
			}, nil)
			err := run(s)
			s.gate.set(nil, nil)
			if err == nil || errors.Is(err, driver.ErrBadConn) {
				t.Errorf("got %v: driver.ErrBadConn says that nothing happened", err)
			}
			s.read(t, namesOfKind, 1)
			if _, hit := s.read(t, namesOfKind, 1); hit {
				t.Error("a result was stored while the outcome was unknown")
			}
		})
	}
}
