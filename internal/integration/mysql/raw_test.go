package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"testing"

	"github.com/cacheops/cacheops/sqlcache"
)

// What is written through Raw, by the driver's own connection, is seen.
func TestRaw(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := newNotes(t, mode, nil)
		s.want(t, "old", true, txRead)
		ctx := context.Background()
		c := s.conn(t)
		err := sqlcache.Raw(ctx, c, func(dc any) error {
			_, err := dc.(driver.ExecerContext).ExecContext(ctx, txWrite, nil)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if rows, hit := s.read(t, txRead); rows != "new" {
			t.Errorf("STALE: %q, hit %v", rows, hit)
		}
	})
}

// A lock of a session stays with its connection, however many others there are, and
// goes with it.
func TestNamedLocks(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := newNotes(t, mode, nil)
		holder, other := s.conn(t), s.conn(t)
		is := func(c *sql.Conn, query string, want bool) {
			t.Helper()
			var got sql.NullBool
			if err := c.QueryRowContext(t.Context(), query).Scan(&got); err != nil || got.Bool != want {
				t.Fatalf("%s: %v, %v", query, got, err)
			}
		}
		is(holder, "SELECT GET_LOCK(CONCAT(DATABASE(), 7), 0)", true)
		for range 3 {
			s.wantWith(t, holder, "old", true, txRead)
			s.wantWith(t, other, "old", true, txRead)
			is(other, "SELECT GET_LOCK(CONCAT(DATABASE(), 7), 0)", false)
			run(t, holder, "UPDATE notes SET text = 'x' WHERE id = 2")
		}
		is(holder, "SELECT RELEASE_LOCK(CONCAT(DATABASE(), 7))", true)
		is(other, "SELECT GET_LOCK(CONCAT(DATABASE(), 7), 0)", true)
		is(other, "SELECT RELEASE_LOCK(CONCAT(DATABASE(), 7))", true)
	})
}

// SELECT ... FOR UPDATE locks each time, whatever is cached of the same rows.
func TestLockingReads(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := newNotes(t, mode, nil)
		const locking = txRead + " FOR UPDATE"
		for range 2 {
			tx := s.begin(t, nil)
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
