package integration

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/sqlcache"
)

// A program may end a *sql.Tx by text and begin another transaction on its
// connection, as batching loops and migrations do. What that one commits must
// be invalidated, whoever ends it, and nothing of it may stay on the
// connection when it is back in the pool.
func TestTransactionBegunAgainInsideTx(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		texts  []string
		commit bool // or else roll back
		want   string
	}{
		{"commit", []string{"COMMIT", "BEGIN", "UPDATE items SET name = 'x' WHERE id = 1"}, true, "x,two"},
		{"commit after rollback", []string{"ROLLBACK", "BEGIN", "UPDATE items SET name = 'x' WHERE id = 1"}, true, "x,two"},
		{"commit of a savepoint", []string{"COMMIT", "SAVEPOINT a", "UPDATE items SET name = 'x' WHERE id = 1"}, true, "x,two"},
		{"rollback", []string{"COMMIT", "BEGIN", "UPDATE items SET name = 'x' WHERE id = 1"}, false, "one,two"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			s := newItems(t, nil)
			s.want(t, "one,two", false, namesOfKind, 1)
			reader, err := s.cached.Conn(ctx) // not the one of the transaction
			if err != nil {
				t.Fatal(err)
			}
			defer reader.Close()
			tx, err := s.cached.Begin()
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range tt.texts {
				if _, err := tx.Exec(text); err != nil {
					t.Fatal(err)
				}
			}
			end := tx.Rollback
			if tt.commit {
				end = tx.Commit
			}
			if err := end(); err != nil {
				t.Fatal(err)
			}
			if rows, _ := readWith(ctx, t, s, reader, namesOfKind, 1); rows != tt.want {
				t.Errorf("STALE: %q, want %q", rows, tt.want)
			}
			// The connection is in the pool again, and the next statement on it
			// commits by itself.
			if _, err := s.cached.Exec("UPDATE items SET name = 'y' WHERE id = 2"); err != nil {
				t.Fatal(err)
			}
			want := strings.Replace(tt.want, "two", "y", 1)
			if rows, _ := readWith(ctx, t, s, reader, namesOfKind, 1); rows != want {
				t.Errorf("STALE after the transaction: %q, want %q", rows, want)
			}
		})
	}
}

// Savepoints by SQLite's rules: names in any case and quoted, nested with one
// name, released from outside, written to again after a rollback.
func TestSavepointsOfAllSorts(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	const (
		a = "UPDATE items SET name = name || 'a' WHERE id = 1"
		b = "UPDATE items SET name = name || 'b' WHERE id = 2"
		c = "UPDATE items SET kind = 1 WHERE id = 3"
	)
	for i, texts := range [][]string{
		{"BEGIN", "SAVEPOINT x", a, "ROLLBACK TO X", b, "COMMIT"},
		{"BEGIN", "SAVEPOINT x", a, "SAVEPOINT X", b, `ROLLBACK TO "x"`, "RELEASE x", "RELEASE x", c, "COMMIT"},
		{"SAVEPOINT x", a, "SAVEPOINT x", b, "ROLLBACK TO x", "RELEASE [X]", c, "RELEASE SAVEPOINT `x`"},
		{"SAVEPOINT x", a, "SAVEPOINT y", b, "RELEASE x"},
		{"SAVEPOINT x", a, "ROLLBACK TO x", b, "RELEASE x"},
		{"SAVEPOINT x", a, "ROLLBACK TO x", "RELEASE x", b},
		{"SAVEPOINT x", a, "SAVEPOINT y", b, "ROLLBACK TO SAVEPOINT x", c, "END"},
		{"SAVEPOINT x", "SAVEPOINT y", a, "RELEASE y", "ROLLBACK TRANSACTION TO x", b, "COMMIT TRANSACTION"},
		{"SAVEPOINT 'x'", a, "COMMIT", b},
		{"/* c */ BEGIN -- c", a, ";COMMIT;"},
		{"\ufeffBEGIN", a, "\ufeff\n\tCOMMIT"},
		{"BEGIN IMMEDIATE TRANSACTION", a, "SAVEPOINT x", b, "ROLLBACK", c},
		{"BEGIN; SAVEPOINT x", a, "ROLLBACK TO x; RELEASE x", b, "COMMIT"},
		{"BEGIN", a, "COMMIT; BEGIN", b, "ROLLBACK"},
		{"BEGIN", a, "ROLLBACK; BEGIN", b, "COMMIT"},
		{a + ";" + b, "BEGIN", c, "COMMIT"},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			s := newItems(t, nil)
			s.want(t, "one,two", false, namesOfKind, 1)
			reader, err := s.cached.Conn(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer reader.Close()
			conn, err := s.cached.Conn(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			for _, text := range texts {
				if _, err := conn.ExecContext(ctx, text); err != nil {
					t.Fatalf("%s: %v", text, err)
				}
				want, _ := readWith(ctx, t, s, s.bare, namesOfKind, 1)
				if rows, _ := readWith(ctx, t, s, reader, namesOfKind, 1); rows != want {
					t.Fatalf("STALE after %s: %q, the database has %q", text, rows, want)
				}
			}
		})
	}
}

// A script may set a savepoint of the name of the one that began the transaction: a
// release of that name ends nothing then, and what the connection reads is not yet
// others' to see.
func TestSavepointSetByScript(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, script := range []string{"SAVEPOINT a; SELECT 1", "SELECT 1; SAVEPOINT a; SAVEPOINT b; RELEASE b"} {
		s := newItems(t, nil)
		s.want(t, "one,two", false, namesOfKind, 1)
		c, err := s.cached.Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"SAVEPOINT a", "UPDATE items SET name = 'x' WHERE id = 1", script, "RELEASE a"} {
			execWith(ctx, t, c, text)
		}
		if rows, _ := readWith(ctx, t, s, c, namesOfKind, 1); rows != "x,two" {
			t.Errorf("its own connection reads %q", rows)
		}
		for range 2 {
			if rows, _ := s.read(t, namesOfKind, 1); rows != "one,two" {
				t.Errorf("STALE: %q was not committed", rows)
			}
		}
		execWith(ctx, t, c, "RELEASE a")
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		s.want(t, "x,two", false, namesOfKind, 1)
		s.want(t, "x,two", true, namesOfKind, 1)
	}
}

// A transaction that the program began on the driver's own connection is one.
func TestTransactionBegunInRaw(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newItems(t, nil)
	conn, err := s.cached.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	err = sqlcache.Raw(ctx, conn, func(dc any) error {
		_, err := dc.(*gateConn).ExecContext(ctx, "BEGIN", nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(ctx, "UPDATE items SET name = 'x' WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	s.want(t, "one,two", false, namesOfKind, 1)
	if _, err := conn.ExecContext(ctx, "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if rows, _ := s.read(t, namesOfKind, 1); rows != "x,two" {
		t.Errorf("STALE: %q", rows)
	}
}

// An error behind rows that are read inside a transaction may have ended it.
func TestTransactionEndsUnderOpenRows(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	s.want(t, "one,two", false, namesOfKind, 1)
	tx, err := s.cached.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("UPDATE items SET name = 'x' WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	rows, err := tx.Query("SELECT id FROM items ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	rows.Next()
	if _, err := tx.Exec("INSERT OR ROLLBACK INTO items VALUES (1, 1, 'twice')"); err == nil {
		t.Fatal("the conflict was not noticed")
	}
	if _, err := tx.Exec("UPDATE items SET name = 'kept' WHERE id = 2"); err != nil {
		t.Fatal(err)
	}
	_ = rows.Close()
	if rows, _ := s.read(t, namesOfKind, 1); rows != "one,kept" {
		t.Errorf("STALE: %q", rows)
	}
	_ = tx.Rollback()
	exec(t, s.cached, "UPDATE items SET name = 'again' WHERE id = 1")
	if rows, _ := s.read(t, namesOfKind, 1); rows != "again,kept" {
		t.Errorf("STALE: %q", rows)
	}
}

// Without a journal a rollback need not take the changes back, however the
// journal was turned off. Another handle on the file has cached what they were.
func TestNoJournal(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, how := range []string{"by the DSN", "by a statement"} {
		for _, texts := range [][]string{
			{"BEGIN", "SAVEPOINT a", "UPDATE items SET name = 'x' WHERE id = 1", "ROLLBACK TO a", "COMMIT"},
			// What does not fit into the connection's memory is in the file.
			{"PRAGMA cache_size = 1", "BEGIN", "UPDATE items SET name = 'uno' WHERE id = 1", "UPDATE big SET n = n + 1", "ROLLBACK"},
			{"PRAGMA cache_size = 1", "BEGIN", "UPDATE items SET name = 'uno' WHERE id = 1", "UPDATE big SET n = n + 1", "INSERT OR ROLLBACK INTO items VALUES (1, 1, 'twice')"},
		} {
			t.Run(how+" "+strings.Join(texts, "; "), func(t *testing.T) {
				t.Parallel()
				s := newCachedSQLite(t, nil)
				// The pages that a connection may keep are shared by the process: so
				// none of the others here has many to lend.
				path := "file:" + filepath.Join(t.TempDir(), "nojournal.sqlite") + "?_pragma=busy_timeout(1000)&_pragma=cache_size(1)"
				open := func(dsn string) *sql.DB {
					db, err := sqlcache.Open(s.cache, "sqlite", dsn, sqlcache.Config{Dialect: sqlite.Dialect, Database: "nojournal", MaxOpenConns: 1})
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() { db.Close() })
					return db
				}
				reader, dsn := open(path), path
				if how == "by the DSN" {
					dsn += "&_pragma=journal_mode(off)"
				}
				writer := open(dsn)
				exec(t, reader, createItems, insertItems, "CREATE TABLE big (n INTEGER, pad TEXT)",
					"INSERT INTO big WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000) SELECT n, printf('%1000d', n) FROM c")
				readWith(ctx, t, s, reader, namesOfKind, 1)
				if rows, hit := readWith(ctx, t, s, reader, namesOfKind, 1); rows != "one,two" || !hit {
					t.Fatal(rows, hit)
				}
				conn, err := writer.Conn(ctx)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				if how != "by the DSN" {
					texts = append([]string{"PRAGMA journal_mode = off"}, texts...)
				}
				for i, text := range texts {
					if _, err := conn.ExecContext(ctx, text); err != nil && i < len(texts)-1 {
						t.Fatal(text, err)
					}
				}
				got, _ := readWith(ctx, t, s, reader, namesOfKind, 1)
				want, _ := readWith(cacheops.Bypass(ctx), t, s, reader, namesOfKind, 1)
				if got != want {
					t.Errorf("STALE: %q, the database has %q", got, want)
				}
			})
		}
	}
}

// The first write of a deferred transaction waits for another writer by the
// busy timeout, whatever its form.
func TestFirstWriteOfATransactionWaits(t *testing.T) {
	t.Parallel()
	for _, write := range []string{
		"INSERT INTO items VALUES (9, 1, 'nine')",
		"INSERT OR REPLACE INTO items VALUES (9, 1, 'nine')",
		"INSERT INTO items SELECT 9, 1, 'nine'",
		"INSERT INTO items VALUES (9, 1, 'nine') RETURNING id",
		"INSERT INTO items VALUES (9, 1, 'nine'); SELECT 1",
	} {
		t.Run(write, func(t *testing.T) {
			t.Parallel()
			s := newItems(t, nil)
			s.want(t, "one,two", false, namesOfKind, 1)
			other, err := s.bare.Begin()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := other.Exec("UPDATE items SET name = 'other' WHERE id = 3"); err != nil {
				t.Fatal(err)
			}
			tx, err := s.cached.Begin()
			if err != nil {
				t.Fatal(err)
			}
			// Long enough for the write to find the lock taken, most of the time: the
			// test can pass by luck, and cannot fail by it.
			timer := time.AfterFunc(100*time.Millisecond, func() { _ = other.Commit() })
			defer timer.Stop()
			if _, err := tx.Exec(write); err != nil {
				t.Errorf("TRANSPARENCY: %v", err)
			}
			if err := tx.Commit(); err != nil {
				t.Errorf("TRANSPARENCY: %v", err)
			}
		})
	}
}

// Transactions, savepoints, rollbacks and two handles at once: no reader sees a
// version that is older than one acknowledged before it began, or one that was
// never committed.
func TestNoReadIsOlderThanAnAcknowledgedTransaction(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	reading, cancel := context.WithCancel(ctx)
	defer cancel()
	s := newItems(t, nil)
	exec(t, s.cached, "CREATE TABLE a (id INTEGER PRIMARY KEY, version INTEGER NOT NULL)", "CREATE TABLE b (id INTEGER PRIMARY KEY, version INTEGER NOT NULL)",
		"INSERT INTO a VALUES (1, 0), (2, 0)", "INSERT INTO b VALUES (1, 0), (2, 0)")
	second, err := sqlcache.Open(s.cache, "sqlite", "file:"+s.path+dsnOptions, sqlcache.Config{Dialect: sqlite.Dialect, Database: "main", MaxOpenConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	const writes = 40
	var acked [3]atomic.Int64
	turns := newTurns(s)
	var writers, readers sync.WaitGroup
	for id, db := range map[int]*sql.DB{1: s.cached, 2: second} {
		writers.Go(func() {
			for v := int64(1); v <= writes; v++ {
				if v%10 == 0 {
					turns.await(reading)
				}
				tx, err := db.BeginTx(ctx, nil)
				if err != nil {
					t.Error(err)
					return
				}
				texts := []string{
					"UPDATE a SET version = -1 WHERE id = ?2 AND ?1 = ?1", "SAVEPOINT x", "UPDATE b SET version = -1 WHERE id = ?2 AND ?1 = ?1", "ROLLBACK TO x",
					"UPDATE b SET version = ?1 WHERE id = ?2", "UPDATE a SET version = ?1 WHERE id = ?2",
				}
				for _, text := range texts {
					var args []any
					if strings.Contains(text, "?") {
						args = []any{v, id}
					}
					if _, err := tx.Exec(text, args...); err != nil {
						t.Errorf("%s: %v", text, err)
						_ = tx.Rollback()
						return
					}
				}
				if v%3 == 0 { // what is rolled back was never there
					_, _ = tx.Exec("UPDATE a SET version = -1")
					_ = tx.Rollback()
					continue
				}
				if err := tx.Commit(); err != nil {
					t.Error(err)
					return
				}
				acked[id].Store(v)
			}
		})
	}
	for r := range 3 {
		readers.Go(func() {
			defer cancel()
			for n := r; reading.Err() == nil; n++ {
				id, table, db := n%2+1, []string{"a", "b"}[n/2%2], []*sql.DB{s.cached, second}[n/4%2]
				least := acked[id].Load()
				var got int64
				if err := db.QueryRow("SELECT version FROM "+table+" WHERE id = ?", id).Scan(&got); err != nil {
					t.Error(err)
					return
				}
				if got < least || got < 0 {
					t.Errorf("STALE: %s %d: version %d after %d was acknowledged", table, id, got, least)
					return
				}
				turns.done()
			}
		})
	}
	writers.Wait()
	cancel()
	readers.Wait()
	if s.hits.Load() == 0 {
		t.Error("there was no hit, so nothing was tested")
	}
}
