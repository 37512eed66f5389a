package postgres

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	pgxlib "github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/cacheops/cacheops/sqlcache"
)

// What pgx offers beside database/sql is reached through Raw, and what it writes is
// seen: COPY, a batch, a transaction of its own.
func TestRawOfPgx(t *testing.T) {
	t.Parallel()
	s := newNotes(t, pgx, nil)
	const count = "SELECT count(*) FROM notes"
	ctx := context.Background()
	own := func(t *testing.T, f func(c *pgxlib.Conn) error) {
		t.Helper()
		c := s.conn(t)
		err := sqlcache.Raw(ctx, c, func(dc any) error { return f(dc.(*stdlib.Conn).Conn()) })
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, query, want string
		f                 func(c *pgxlib.Conn) error
	}{
		{"CopyFrom", count, "4", func(c *pgxlib.Conn) error {
			n, err := c.CopyFrom(ctx, pgxlib.Identifier{"notes"}, []string{"id", "text"}, pgxlib.CopyFromRows([][]any{{3, "three"}, {4, "four"}}))
			if err == nil && n != 2 {
				err = errors.New("not all rows")
			}
			return err
		}},
		{"SendBatch", txRead, "batched", func(c *pgxlib.Conn) error {
			b := &pgxlib.Batch{}
			b.Queue("UPDATE notes SET text = 'batched' WHERE id = 1")
			b.Queue("SELECT 1")
			return c.SendBatch(ctx, b).Close()
		}},
		{"BeginFunc", txRead, "begun", func(c *pgxlib.Conn) error {
			return pgxlib.BeginFunc(ctx, c, func(tx pgxlib.Tx) error {
				_, err := tx.Exec(ctx, "UPDATE notes SET text = 'begun' WHERE id = 1")
				return err
			})
		}},
	} {
		s.read(t, tt.query)
		if _, hit := s.read(t, tt.query); !hit {
			t.Errorf("before %s: not cached: %v", tt.name, s.lastReason.Load())
		}
		own(t, tt.f)
		if rows, hit := s.read(t, tt.query); rows != tt.want {
			t.Errorf("STALE: %s: %q, hit %v, want %q", tt.name, rows, hit, tt.want)
		}
	}
}

// A program that listens on a connection of the cached handle hears of what others
// write through another, and reads what is new.
func TestListen(t *testing.T) {
	t.Parallel()
	s := newNotes(t, pgx, nil)
	c := s.conn(t)
	run(t, c, "LISTEN news")
	s.wantWith(t, c, "old", true, txRead)
	for _, want := range []string{"a", "b"} {
		if err := s.steps(t, "UPDATE notes SET text = '"+want+"' WHERE id = 1", "SELECT pg_notify('news', '"+want+"')"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		err := sqlcache.Raw(ctx, c, func(dc any) error {
			n, err := dc.(*stdlib.Conn).Conn().WaitForNotification(ctx)
			if err == nil && (n.Channel != "news" || n.Payload != want) {
				err = errors.New("another notification: " + n.Payload)
			}
			return err
		})
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		if rows, hit := s.readWith(context.Background(), t, c, txRead); rows != want {
			t.Errorf("STALE: %q, hit %v, want %q", rows, hit, want)
		}
	}
}

// A lock of a session stays with its connection, however many others there are, and
// goes with it.
func TestAdvisoryLocks(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newNotes(t, driverName, nil)
		holder, other := s.conn(t), s.conn(t)
		is := func(c *sql.Conn, query string, want bool) {
			t.Helper()
			var got bool
			if err := c.QueryRowContext(t.Context(), query).Scan(&got); err != nil || got != want {
				t.Fatalf("%s: %v, %v", query, got, err)
			}
		}
		is(holder, "SELECT pg_try_advisory_lock(7)", true)
		for range 3 {
			s.wantWith(t, holder, "old", true, txRead)
			s.wantWith(t, other, "old", true, txRead)
			is(other, "SELECT pg_try_advisory_lock(7)", false)
			run(t, holder, "UPDATE notes SET text = 'x' WHERE id = 2")
		}
		is(holder, "SELECT pg_advisory_unlock(7)", true)
		is(other, "SELECT pg_try_advisory_lock(7)", true)
		is(other, "SELECT pg_advisory_unlock(7)", true)
		// One of a transaction, twice the same text: it is no read that could be kept.
		tx := s.begin(t, nil)
		run(t, tx, "SELECT pg_advisory_xact_lock(8)", "SELECT pg_advisory_xact_lock(8)")
		is(other, "SELECT pg_try_advisory_lock(8)", false)
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		is(other, "SELECT pg_try_advisory_lock(8)", true)
	})
}

// SELECT ... FOR UPDATE locks each time, whatever is cached of the same rows.
func TestLockingReads(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newNotes(t, driverName, nil)
		const locking = txRead + " FOR UPDATE"
		for range 2 {
			tx := s.begin(t, nil)
			s.wantWith(t, tx, "old", true, txRead)
			s.wantWith(t, tx, "old", false, locking)
			s.wantWith(t, tx, "old", false, locking)
			var n int
			if err := s.bare.QueryRow("SELECT count(*) FROM (SELECT 1 FROM notes WHERE id = 1 FOR UPDATE SKIP LOCKED) AS x").Scan(&n); err != nil || n != 0 {
				t.Fatalf("the row is not locked: %d, %v", n, err)
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
		}
		s.want(t, "old", true, txRead)
	})
}
