package postgres

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/internal/pgtest"
	"github.com/cacheops/cacheops/sqlcache"
)

// looksAtOnce has the schema looked at by each miss and write.
func looksAtOnce(_ *cacheops.Config, cfg *sqlcache.Config) { cfg.SchemaInterval = time.Nanosecond }

// newTwoNotes is newNotes with another table of that name in another schema.
func newTwoNotes(t testing.TB, driverName string, change func(*cacheops.Config, *sqlcache.Config)) *cachedPostgres {
	t.Helper()
	return newNotes(t, driverName, change, "CREATE SCHEMA other", "CREATE TABLE other.notes (id int PRIMARY KEY, text text)",
		"INSERT INTO other.notes VALUES (1, 'theirs')")
}

// A statement that changes settings takes its connection out of the cache; one that
// puts all of them back brings it in again.
func TestSessionReset(t *testing.T) {
	// The settings that were found are not all that a program may have set, so that
	// one put back does not bring the connection back.
	for name, how := range map[string]struct {
		set, reset string
		want       string // what the connection reads then
		back       bool   // whether it takes part again
	}{
		"RESET ALL":                 {set: "SET search_path = other", reset: "RESET ALL", want: "old", back: true},
		"RESET of the setting":      {set: "SET search_path = other", reset: "RESET search_path", want: "old"},
		"SET TO DEFAULT":            {set: "SET search_path = other", reset: "SET search_path TO DEFAULT", want: "old"},
		"DISCARD ALL":               {set: "SET search_path = other", reset: "DISCARD ALL", want: "old", back: true},
		"a temporary table":         {set: "CREATE TEMP TABLE notes AS SELECT 1 AS id, 'theirs' AS text", reset: "DISCARD ALL", want: "old", back: true},
		"RESET ALL keeps the table": {set: "CREATE TEMP TABLE notes AS SELECT 1 AS id, 'theirs' AS text", reset: "RESET ALL", want: "theirs"},
	} {
		t.Run(name, func(t *testing.T) {
			eachDriver(t, func(t *testing.T, driverName string) {
				s := newTwoNotes(t, driverName, nil)
				c := s.conn(t)
				run(t, c, how.set)
				s.wantWith(t, c, "theirs", false, txRead)
				s.wantWith(t, c, "theirs", false, txRead)
				s.read(t, txRead)
				s.want(t, "old", true, txRead)
				run(t, c, how.reset)
				var err error
				for range 2 { // pgx learns by an error that its statements are gone
					var r *sql.Rows
					if r, err = c.QueryContext(context.Background(), txRead); err == nil {
						_ = r.Close()
						break
					}
				}
				if err != nil {
					t.Fatal(err)
				}
				rows, hit := s.readWith(context.Background(), t, c, txRead)
				if rows != how.want || hit && !how.back {
					t.Fatalf("STALE: after %s %q, hit %v", how.reset, rows, hit)
				}
				s.readWith(context.Background(), t, c, txRead)
				if _, hit := s.readWith(context.Background(), t, c, txRead); hit != how.back {
					t.Fatalf("after %s: hit %v", how.reset, hit)
				}
			})
		})
	}
}

// What a rollback puts back is not reset.
func TestSessionResetRolledBack(t *testing.T) {
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newTwoNotes(t, driverName, nil)
		c := s.conn(t)
		run(t, c, "SET search_path = other", "BEGIN", "RESET ALL", "ROLLBACK")
		s.wantWith(t, c, "theirs", false, txRead)
		s.wantWith(t, c, "theirs", false, txRead)
		s.want(t, "old", true, txRead)
	})
}

// SET LOCAL ends with its transaction, and so does what it spoils. What the
// transaction writes may be another table.
func TestSessionSetLocal(t *testing.T) {
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newTwoNotes(t, driverName, nil)
		s.want(t, "old", true, txRead)
		const theirs = "SELECT text FROM other.notes WHERE id = 1"
		s.want(t, "theirs", false, theirs)
		s.want(t, "theirs", true, theirs)
		tx := s.begin(t, nil)
		run(t, tx, "SET LOCAL search_path = other")
		s.wantWith(t, tx, "theirs", false, txRead)
		run(t, tx, txWrite)
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		s.want(t, "new", false, theirs)
		s.want(t, "old", false, txRead)
		c := s.conn(t)
		run(t, c, "BEGIN", "SET LOCAL search_path = other", "COMMIT")
		s.wantWith(t, c, "old", true, txRead)
		run(t, c, "BEGIN")
		s.wantWith(t, c, "old", true, txRead)
		run(t, c, "COMMIT")
	})
}

// A role or a database whose settings were changed: connections from before and
// after it are told apart, and when those from before are gone the cache is back.
func TestSessionOtherDefaults(t *testing.T) {
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newTwoNotes(t, driverName, looksAtOnce)
		held := s.conn(t) // a connection from before
		run(t, held, "SELECT 1")
		var name string
		if err := s.bare.QueryRow("SELECT current_database()").Scan(&name); err != nil {
			t.Fatal(err)
		}
		exec(t, s.bare, "ALTER DATABASE \""+name+"\" SET search_path = other")
		late := s.conn(t)
		run(t, late, "SELECT 1")
		if rows, hit := s.readWith(context.Background(), t, late, txRead); rows != "theirs" || hit {
			t.Fatalf("STALE: a connection with another search path got %q, hit %v", rows, hit)
		}
		s.wantWith(t, late, "theirs", false, txRead)
		s.wantWith(t, held, "old", true, txRead)
		const theirs = "SELECT text FROM other.notes WHERE id = 1"
		s.wantWith(t, held, "theirs", false, theirs)
		s.wantWith(t, held, "theirs", true, theirs)
		run(t, late, "UPDATE notes SET text = 'theirs 2' WHERE id = 1") // of which table?
		s.wantWith(t, held, "theirs 2", false, theirs)
		s.wantWith(t, held, "old", false, txRead)
		s.wantWith(t, held, "old", true, txRead)
		s.wantWith(t, late, "theirs 2", false, txRead)
		// Those from before go.
		exec(t, s.bare, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		_ = held.Close()
		_ = late.Close()
		for range 20 { // broken connections are found one by one
			if err := s.cached.Ping(); err == nil {
				break
			}
		}
		for range 4 {
			if rows, _ := s.read(t, txRead); rows != "theirs 2" {
				t.Fatalf("STALE: %q", rows)
			}
		}
		s.want(t, "theirs 2", true, txRead)
		exec(t, s.cached, "UPDATE notes SET text = 'theirs 3' WHERE id = 1")
		s.want(t, "theirs 3", false, txRead)
		s.want(t, "theirs 3", true, txRead)
	})
}

// What belongs to a connection works on one: notices, locks, cursors, and temporary
// tables, which hide others.
func TestSessionState(t *testing.T) {
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newNotes(t, driverName, nil)
		c := s.conn(t)
		run(t, c, "LISTEN news", "SELECT pg_advisory_lock(7)")
		var free bool
		if err := s.bare.QueryRow("SELECT pg_try_advisory_lock(7)").Scan(&free); err != nil || free {
			t.Fatalf("the lock is not held: %v, %v", free, err)
		}
		run(t, c, "SELECT pg_advisory_unlock(7)", "UNLISTEN *")
		run(t, c, "BEGIN", "DECLARE all_notes CURSOR FOR SELECT text FROM notes ORDER BY id")
		s.wantWith(t, c, "old", false, "FETCH 1 FROM all_notes")
		s.wantWith(t, c, "two", false, "FETCH 1 FROM all_notes")
		run(t, c, "CLOSE all_notes", "COMMIT")
		run(t, c, "CREATE TEMP TABLE notes AS SELECT 1 AS id, 'hidden' AS text")
		s.wantWith(t, c, "hidden", false, txRead)
		if rows, _ := s.read(t, txRead); rows != "old" {
			t.Fatalf("STALE: %q", rows)
		}
	})
}

// A standby is behind its primary: what it answers is not kept.
func TestSessionStandby(t *testing.T) {
	t.Parallel()
	primary := pgtest.Start(t, pgtest.WithSettings("wal_keep_size = 512MB"))
	dsn := primary.NewDatabase(t)
	standby := primary.StartStandby(t)
	for _, driverName := range []string{pgx, pq} {
		s := openCachedPostgres(t, driverName, dsn, nil)
		exec(t, s.bare, "DROP TABLE IF EXISTS notes", txTable, txRow)
		catchUp := func() {
			t.Helper()
			if err := primary.CatchUp(standby); err != nil {
				t.Fatal(err)
			}
		}
		catchUp()
		var name string
		if err := s.bare.QueryRow("SELECT current_database()").Scan(&name); err != nil {
			t.Fatal(err)
		}
		behind := openCachedPostgres(t, driverName, standby.DSN(name), nil)
		behind.want(t, "old", false, txRead)
		behind.want(t, "old", false, txRead)
		exec(t, s.bare, txWrite)
		catchUp()
		behind.want(t, "new", false, txRead)
	}
}
