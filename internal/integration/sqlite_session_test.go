package integration

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	modernc "modernc.org/sqlite"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/sqlite"
)

// TestSQLiteLockForWrite: the statement takes the write lock in a transaction
// that began without it, changes nothing and fires nothing.
func TestSQLiteLockForWrite(t *testing.T) {
	t.Parallel()
	for name, schema := range map[string][]string{
		"plain":         {"CREATE TABLE t (a)", "INSERT INTO t VALUES (1)"},
		"empty":         {"CREATE TABLE t (a)"},
		"without rowid": {"CREATE TABLE t (a PRIMARY KEY) WITHOUT ROWID", "INSERT INTO t VALUES (1)"},
		"triggers": {
			"CREATE TABLE t (a)", "INSERT INTO t VALUES (1)", "CREATE TABLE log (x)",
			"CREATE TRIGGER t1 BEFORE DELETE ON t BEGIN INSERT INTO log VALUES (1); END", "CREATE TRIGGER t2 AFTER DELETE ON t BEGIN INSERT INTO log VALUES (2); END",
		},
		"references": {
			"CREATE TABLE t (a INTEGER PRIMARY KEY)", "CREATE TABLE child (t REFERENCES t ON DELETE CASCADE)",
			"INSERT INTO t VALUES (1)", "INSERT INTO child VALUES (1)",
		},
		"strange name": {"CREATE TABLE \"t\"\"`x y\" (a)", "INSERT INTO \"t\"\"`x y\" VALUES (1)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := openSQLite(t)
			c, other := connectSQLite(t, db, schema...), connectSQLite(t, db, "PRAGMA busy_timeout = 0")
			var dump []string
			catalog := c.catalog(t)
			table := catalog.Tables()[0]
			all := func() []string {
				var rows []string
				for _, tt := range catalog.Tables() {
					if tt.Kind == dialect.TablePlain {
						rows = append(rows, imageTexts(c.rows(t, "SELECT * FROM "+tt.SQL))...)
					}
				}
				return rows
			}
			dump = all()
			c.exec(t, "BEGIN")
			other.exec(t, "BEGIN IMMEDIATE") // shows that BEGIN took no lock
			other.exec(t, "ROLLBACK")
			total := c.rows(t, "SELECT total_changes()")[0][0]
			c.exec(t, fmt.Sprintf(sqlite.Dialect.Transactions().LockForWrite, table.SQL))
			if _, err := other.ExecContext(t.Context(), "BEGIN IMMEDIATE"); sqliteCode(err) != sqliteBusy {
				t.Errorf("another connection could begin to write: %v", err)
			}
			if got := c.rows(t, "SELECT total_changes()")[0][0]; got != total {
				t.Errorf("it changed rows: %v changes, before %v", got, total)
			}
			c.exec(t, "COMMIT")
			if got := all(); !slices.Equal(got, dump) {
				t.Errorf("it changed the rows from %q to %q", dump, got)
			}
		})
	}
}

const (
	sqliteBusy         = 5
	sqliteBusySnapshot = 5 | 2<<8
)

// sqliteCode returns SQLite's error code, 0 for none.
func sqliteCode(err error) int {
	if e, ok := errors.AsType[*modernc.Error](err); ok {
		return e.Code()
	}
	return 0
}

// TestSQLiteLockForWriteWaits: as the first statement of a deferred
// transaction it waits by the busy timeout for a writer to end, and in a
// transaction that has read an older snapshot it fails at once: what the
// program's own statement does.
func TestSQLiteLockForWriteWaits(t *testing.T) {
	t.Parallel()
	db := openSQLite(t)
	c, writer := connectSQLite(t, db, "CREATE TABLE t (a)"), connectSQLite(t, db)
	lock := fmt.Sprintf(sqlite.Dialect.Transactions().LockForWrite, "t")

	c.exec(t, "PRAGMA busy_timeout = 0")
	writer.exec(t, "BEGIN IMMEDIATE")
	c.exec(t, "BEGIN")
	if _, err := c.ExecContext(t.Context(), lock); sqliteCode(err) != sqliteBusy {
		t.Errorf("without a timeout the error is %v, want SQLITE_BUSY", err)
	}
	c.exec(t, "ROLLBACK")

	c.exec(t, "PRAGMA busy_timeout = 60000")
	c.exec(t, "BEGIN")
	done := make(chan error)
	begun := make(chan struct{})
	go func() {
		close(begun)
		_, err := c.ExecContext(context.WithoutCancel(t.Context()), lock)
		done <- err
	}()
	<-begun
	for range 300 {
		writer.exec(t, "INSERT INTO t VALUES (1)")
		select {
		case err := <-done:
			t.Fatalf("it did not wait: %v", err)
		default:
		}
	}
	writer.exec(t, "COMMIT")
	if err := <-done; err != nil {
		t.Errorf("after the writer's end: %v", err)
	}
	c.exec(t, "COMMIT")

	c.exec(t, "BEGIN")
	c.rows(t, "SELECT * FROM t")
	writer.exec(t, "INSERT INTO t VALUES (2)")
	if _, err := c.ExecContext(t.Context(), lock); sqliteCode(err) != sqliteBusySnapshot {
		t.Errorf("on an older snapshot the error is %v, want SQLITE_BUSY_SNAPSHOT", err)
	}
	c.exec(t, "ROLLBACK")
}

// TestSQLiteTransactions holds the other claims against SQLite.
func TestSQLiteTransactions(t *testing.T) {
	t.Parallel()
	db := openSQLite(t)
	tr := sqlite.Dialect.Transactions()
	c, other := connectSQLite(t, db, "CREATE TABLE t (a PRIMARY KEY)"), connectSQLite(t, db, "PRAGMA busy_timeout = 0")
	count := func(c *sqliteConn) any { return c.rows(t, "SELECT count(*) FROM t")[0][0] }

	c.exec(t, tr.BeginWrite)
	if _, err := other.ExecContext(t.Context(), tr.BeginWrite); sqliteCode(err) != sqliteBusy {
		t.Errorf("two transactions hold the write lock: %v", err)
	}
	c.exec(t, "INSERT INTO t VALUES (1)")
	c.exec(t, tr.Rollback)
	c.exec(t, tr.BeginWrite)
	c.exec(t, "INSERT INTO t VALUES (2)")
	c.exec(t, tr.Commit)
	if n := count(other); n != int64(1) {
		t.Errorf("%v rows, want 1", n)
	}

	other.exec(t, "BEGIN")
	count(other)
	c.exec(t, "INSERT INTO t VALUES (3)")
	if seen := count(other) == int64(2); seen != tr.ReadCommitted {
		t.Errorf("a transaction sees what another commits: %v", seen)
	}
	other.exec(t, "COMMIT")

	c.exec(t, "SAVEPOINT s")
	c.exec(t, "INSERT INTO t VALUES (4)")
	if hidden := count(other) == int64(2); hidden != tr.SavepointBegins {
		t.Errorf("SAVEPOINT begins a transaction: %v", hidden)
	}
	c.exec(t, "RELEASE s")
	if n := count(other); n != int64(3) {
		t.Errorf("%v rows after RELEASE, want 3", n)
	}

	c.exec(t, "BEGIN")
	if _, err := c.ExecContext(t.Context(), "INSERT OR ROLLBACK INTO t VALUES (4)"); err == nil {
		t.Fatal("no conflict")
	}
	_, err := c.ExecContext(t.Context(), "COMMIT")
	if ended := err != nil; ended != tr.ErrorMayEnd {
		t.Errorf("an error ends the transaction: %v", ended)
	}
}

// TestSQLiteSession: state that spoils reads or writes taints a new connection.
func TestSQLiteSession(t *testing.T) {
	for _, test := range []struct {
		statement string
		taint     dialect.Taint
		why       string
	}{
		{"SELECT 1", 0, ""},
		{"PRAGMA foreign_keys = 0", 0, ""},
		{"PRAGMA recursive_triggers = 1", 0, ""},
		{"PRAGMA read_uncommitted = 1", dialect.TaintReads, "read_uncommitted"},
		{"PRAGMA reverse_unordered_selects = 1", dialect.TaintReads, "reverse_unordered_selects"},
		{"PRAGMA full_column_names = 1", dialect.TaintReads, "full_column_names"},
		{"PRAGMA short_column_names = 0", dialect.TaintReads, "short_column_names"},
		{"PRAGMA empty_result_callbacks = 1", dialect.TaintReads, "empty_result_callbacks"},
		{"PRAGMA count_changes = 1", dialect.TaintAll, "count_changes"},
		{"PRAGMA writable_schema = 1", dialect.TaintAll, "writable_schema"},
		{"PRAGMA journal_mode = off", dialect.TaintAll, "without a journal"},
		{"PRAGMA case_sensitive_like = 1", dialect.TaintReads, "LIKE"},
		{"ATTACH ':memory:' AS Other", dialect.TaintAll, "the database other is attached"},
		{"CREATE TEMP TABLE t (a)", dialect.TaintAll, "temporary"},
		{"CREATE TEMP VIEW t AS SELECT 1", dialect.TaintAll, "temporary"},
		{"CREATE TEMP TABLE t (a); DROP TABLE t", 0, ""},
	} {
		t.Run(test.statement, func(t *testing.T) {
			t.Parallel()
			c := openSQLiteConn(t, test.statement)
			s, err := sqlite.Dialect.CheckSession(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if s.Taint != test.taint || !strings.Contains(s.Why, test.why) || (s.Why == "") != (test.taint == 0) {
				t.Errorf("taint %b because %q, want %b because of %q", s.Taint, s.Why, test.taint, test.why)
			}
			if s.Private {
				t.Error("a database in a file is private")
			}
		})
	}
}

// TestSQLiteSessionPrivate: a database in memory belongs to its connection.
func TestSQLiteSessionPrivate(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{":memory:", ""} {
		c := connectSQLite(t, openSQLiteDSN(t, dsn))
		s, err := sqlite.Dialect.CheckSession(t.Context(), c)
		if err != nil || !s.Private {
			t.Errorf("%q: private is %v, %v", dsn, s.Private, err)
		}
	}
	failing := queryerFunc(func(context.Context, string, ...driver.Value) ([][]driver.Value, error) {
		return nil, driver.ErrBadConn
	})
	if _, err := sqlite.Dialect.CheckSession(t.Context(), failing); !errors.Is(err, driver.ErrBadConn) {
		t.Errorf("a connection that is gone gave %v", err)
	}
}
