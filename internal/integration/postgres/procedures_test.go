package postgres

import (
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// A procedure may commit on its way, which PostgreSQL allows outside of transactions
// only. So it runs in none of ours, also where the program has said what it writes.
func TestProcedures(t *testing.T) {
	t.Parallel()
	for name, declared := range map[string]bool{"declared": true, "not declared": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDriver(t, func(t *testing.T, driverName string) {
				s := newNotes(t, driverName, func(c *cacheops.Config, _ *sqlcache.Config) {
					if declared {
						c.Writes = map[string][]string{"renew": {"notes"}}
					}
				}, `CREATE PROCEDURE renew(what text) LANGUAGE plpgsql AS $$ BEGIN
					UPDATE notes SET text = what WHERE id = 1; COMMIT; UPDATE notes SET text = what WHERE id = 2; END $$`)
				for _, call := range []string{"CALL renew('a')", "CALL public.renew('b')"} {
					if _, err := s.cached.Exec(call); err != nil {
						t.Fatalf("%s: %v", call, err)
					}
					want := call[len(call)-3 : len(call)-2]
					if rows, hit := s.read(t, txRead); rows != want {
						t.Errorf("STALE: %q, hit %v", rows, hit)
					}
					if rows, hit := s.read(t, txOther); rows != want {
						t.Errorf("STALE: %q, hit %v", rows, hit)
					}
				}
			})
		})
	}
}

// One that does not is told by what the program has said of it, and by no more.
func TestProceduresThatDoNotCommit(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newNotes(t, driverName, func(c *cacheops.Config, _ *sqlcache.Config) {
			c.Writes = map[string][]string{"renew": {"notes"}}
		}, "CREATE PROCEDURE renew(what text) LANGUAGE plpgsql AS $$ BEGIN UPDATE notes SET text = what WHERE id = 1; END $$", "CREATE TABLE others (id int)")
		const read = "SELECT count(*) FROM others"
		s.read(t, read)
		s.want(t, "0", true, read)
		exec(t, s.cached, "CALL renew('a')")
		s.want(t, "a", false, txRead)
		s.want(t, "0", true, read)
	})
}

// A block may commit as well, and a statement that was prepared by text may write.
func TestBlocksAndPreparedTexts(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newNotes(t, driverName, nil)
		exec(t, s.cached, "DO $$ BEGIN UPDATE public.notes SET text = 'a' WHERE id = 1; COMMIT; UPDATE public.notes SET text = 'b' WHERE id = 2; END $$")
		for query, want := range map[string]string{txRead: "a", txOther: "b"} {
			if rows, hit := s.read(t, query); rows != want {
				t.Errorf("STALE: %q, hit %v, want %q", rows, hit, want)
			}
		}
		s.read(t, txRead)
		c := s.conn(t)
		run(t, c, "PREPARE renew (text) AS UPDATE notes SET text = $1 WHERE id = 1")
		for _, want := range []string{"c", "d"} {
			s.read(t, txRead)
			run(t, c, "EXECUTE renew ('"+want+"')")
			if rows, hit := s.read(t, txRead); rows != want {
				t.Errorf("STALE: %q, hit %v, want %q", rows, hit, want)
			}
		}
		run(t, c, "BEGIN", "EXECUTE renew ('e')")
		s.wantWith(t, c, "e", false, txRead)
		if rows, _ := s.read(t, txRead); rows != "d" {
			t.Errorf("STALE: %q", rows)
		}
		run(t, c, "COMMIT", "DEALLOCATE ALL")
		if rows, hit := s.read(t, txRead); rows != "e" {
			t.Errorf("STALE: %q, hit %v", rows, hit)
		}
	})
}
