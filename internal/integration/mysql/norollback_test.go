package mysql

import (
	"database/sql"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store/memory"
)

// stays are tables that a rollback leaves as they are, and a trigger of one that it does
// not leave, which writes them.
func stays(engine string) []string {
	return []string{
		"CREATE TABLE stays (id int PRIMARY KEY, v int) ENGINE = " + engine, "INSERT INTO stays VALUES (1, 0), (2, 0)",
		"CREATE TABLE counted (id int PRIMARY KEY, v int)", "INSERT INTO counted VALUES (1, 0), (2, 0)",
		"CREATE TRIGGER counts AFTER UPDATE ON counted FOR EACH ROW UPDATE stays SET v = v + 1 WHERE id = NEW.id",
	}
}

// What they read of it.
const (
	staysRead   = "SELECT v FROM stays WHERE id = 1"
	countedRead = "SELECT v FROM counted WHERE id = 1"
	staysCount  = "UPDATE counted SET v = v + 1 WHERE id = 1"
)

// What a trigger writes into a table that stays is seen at once by all; the rest is at
// the end of the transaction, or never.
func TestNoRollbackByTrigger(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"MyISAM", "Aria"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			eachMode(t, func(t *testing.T, mode string) {
				s := newNotes(t, mode, nil, stays(engine)...)
				fill := func() {
					for range 2 {
						s.read(t, staysRead)
						s.read(t, countedRead)
					}
				}
				fill()
				exec(t, s.cached, staysCount)
				s.want(t, "1", false, staysRead)
				s.want(t, "1", false, countedRead)
				fill()

				tx := s.begin(t, nil)
				run(t, tx, "SAVEPOINT a", staysCount)
				s.want(t, "2", false, staysRead)
				s.want(t, "1", true, countedRead)
				fill()
				// Where an engine has no savepoints the server may refuse to go back to one.
				if _, err := tx.Exec("ROLLBACK TO a"); err != nil && number(err) != 1178 {
					t.Fatal(err)
				}
				s.want(t, "2", true, staysRead)
				run(t, tx, "UPDATE stays SET v = v + 1 WHERE id = 1")
				s.want(t, "3", false, staysRead)
				fill()
				if _, err := tx.Exec("INSERT INTO stays VALUES (3, 3), (1, 1)"); number(err) != 1062 {
					t.Fatal(err)
				}
				s.want(t, "3", false, "SELECT v FROM stays WHERE id = 3")
				if err := tx.Rollback(); err != nil {
					t.Fatal(err)
				}
				fill()
				s.want(t, "3", true, staysRead)
				s.want(t, "1", true, countedRead)
			})
		})
	}
}

// A write of such a table is sent as it is: a transaction around it would undo nothing,
// and is refused where the server has global transaction identifiers.
func TestNoRollbackIsSentAsItIs(t *testing.T) {
	t.Parallel()
	s := newNotes(t, plain, nil, stays("MyISAM")...)
	c, p := s.counted(t)
	for range 2 {
		c.read(t, staysRead)
		exec(t, c.cached, "UPDATE stays SET v = 7 WHERE id = 1")
	}
	c.read(t, staysRead)
	before := p.n.Load()
	exec(t, c.cached, "UPDATE stays SET v = 8 WHERE id = 1")
	if n := p.n.Load() - before; n != 1 {
		t.Errorf("%d round trips, want 1", n)
	}
	if got, _ := s.read(t, staysRead); got != "8" {
		t.Errorf("STALE: %s", got)
	}
}

// Another process makes a table one that stays. A transaction that was planned before
// that is looked after when it is rolled back.
func TestNoRollbackSinceALittleWhile(t *testing.T) {
	t.Parallel()
	shared, err := memory.New(memory.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shared.Close(); err != nil {
			t.Error(err)
		}
	})
	use := func(c *cacheops.Config, _ *sqlcache.Config) { c.Store = shared }
	one := newNotes(t, plain, use)
	other := openCachedMySQL(t, plain, one.dsn, use)
	exec(t, other.cached, "ALTER TABLE notes ENGINE = MyISAM")
	other.warm(t)
	err = inImageTx(t.Context(), one.cached, func(tx *sql.Tx) error {
		run(t, tx, txWrite)
		return errUndone
	})
	if err == nil {
		t.Fatal("not rolled back")
	}
	if got, _ := other.read(t, txRead); got != "new" {
		t.Errorf("STALE: %q", got)
	}
}
