package mysql

import (
	"database/sql"
	"testing"

	"github.com/cacheops/cacheops/dialect/mysql"
	"github.com/cacheops/cacheops/sqlcache"
)

// TestKeysUnchecked: a session that checks no foreign keys adds a child to a row that is
// being deleted, where no lock keeps it from that.
func TestKeysUnchecked(t *testing.T) {
	t.Parallel()
	s := newCachedMySQL(t, plain, nil)
	exec(t, s.bare, "CREATE TABLE p (id int PRIMARY KEY)", "CREATE TABLE c (id int PRIMARY KEY, p int, v int, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE)", "CREATE TABLE z (id int PRIMARY KEY, v int)", "CREATE TRIGGER zz BEFORE DELETE ON p FOR EACH ROW UPDATE z SET v = v + 1",
		"INSERT INTO p VALUES (1), (2)", "INSERT INTO c VALUES (1, 1, 1), (2, 2, 2)", "INSERT INTO z VALUES (1, 1)")
	loader, err := sqlcache.Open(s.cache, driverName, withMode(s.dsn, "foreign_key_checks=0"), sqlcache.Config{Dialect: mysql.Dialect, Database: "main"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = loader.Close() })
	s.read(t, "SELECT id FROM c WHERE v = 9")
	r := s.rival(t)
	r.exec("UPDATE z SET v = 7")
	tx, err := s.cached.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		t.Fatal(err)
	}
	wait := inBackground(func() error { _, err := tx.ExecContext(t.Context(), "DELETE FROM p WHERE id = 1"); return err })
	s.awaitLocks(t, 1)
	exec(t, loader, "INSERT INTO c VALUES (9, 1, 9)")
	s.read(t, "SELECT id FROM c WHERE v = 9")
	r.commit()
	if err := wait(); err != nil {
		t.Fatal(err)
	}
	s.read(t, "SELECT id FROM c WHERE v = 9")
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	want, _ := s.readWith(t.Context(), t, s.bare, "SELECT id FROM c WHERE v = 9")
	if got, hit := s.read(t, "SELECT id FROM c WHERE v = 9"); got != want {
		t.Errorf("STALE: %q, the database has %q (hit: %v)", got, want, hit)
	}
}
