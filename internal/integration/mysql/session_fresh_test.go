package mysql

import (
	"net/url"
	"testing"

	"github.com/cacheops/cacheops/dialect/mysql"
	"github.com/cacheops/cacheops/sqlcache"
)

// TestSettingsOfDSN: a connection whose data source name makes it another one takes no part
// in the cache of the others, or has one of its own, and what it writes is seen.
func TestSettingsOfDSN(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		option string
		cached bool // among themselves
	}{
		{"sql_mode=" + url.QueryEscape("'ANSI_QUOTES'"), false},
		{"sql_mode=" + url.QueryEscape("'NO_BACKSLASH_ESCAPES'"), false},
		{"charset=latin1", false},
		{"charset=utf8", false},
		{"sql_select_limit=1", false},
		{"sql_select_limit=1000", false},
		{"sql_auto_is_null=1", false},
		{"unique_checks=0", true},
		{"time_zone=" + url.QueryEscape("'+05:00'"), true},
		{"collation=utf8mb4_bin", true},
		{"tx_isolation=" + url.QueryEscape("'READ-UNCOMMITTED'"), false},
		{"tx_read_only=1", false},
		{"group_concat_max_len=5", true},
	} {
		t.Run(test.option, func(t *testing.T) {
			t.Parallel()
			s := newCachedMySQL(t, plain, nil)
			exec(t, s.bare, "CREATE TABLE t (id int PRIMARY KEY, a varchar(20) CHARACTER SET utf8mb4)", "INSERT INTO t VALUES (1, 'one')")
			const read = "SELECT a FROM t WHERE id = 1"
			s.want(t, "one", false, read)
			s.want(t, "one", true, read)
			db, err := sqlcache.Open(s.cache, driverName, withMode(s.dsn, test.option), sqlcache.Config{Dialect: mysql.Dialect, Database: "main"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() })
			for range 2 {
				if rows, _ := s.readWith(t.Context(), t, db, read); rows != "one" {
					t.Errorf("read %q", rows)
				}
			}
			if _, hit := s.readWith(t.Context(), t, db, read); hit != test.cached {
				t.Errorf("answered by the cache: %v; last reason: %v", hit, s.lastReason.Load())
			}
			if test.option == "tx_read_only=1" {
				return
			}
			exec(t, db, "UPDATE t SET a = 'two' WHERE id = 1")
			if rows, _ := s.readWith(t.Context(), t, s.cached, read); rows != "two" {
				t.Errorf("STALE: %q", rows)
			}
			exec(t, s.cached, "UPDATE t SET a = 'three' WHERE id = 1")
			if rows, _ := s.readWith(t.Context(), t, db, read); rows != "three" {
				t.Errorf("STALE: %q", rows)
			}
		})
	}
}

// TestSchemaChangedElsewhere: what another program does to the schema a new connection
// notices.
func TestSchemaChangedElsewhere(t *testing.T) {
	t.Parallel()
	s := newCachedMySQL(t, plain, nil)
	c := openCatalogConn(t, s.dsn, "CREATE TABLE t (id int PRIMARY KEY, a int)", "INSERT INTO t VALUES (1, 1)", "CREATE TABLE log (id int)")
	const read = "SELECT count(*) FROM log WHERE id = 1"
	s.want(t, "0", false, read)
	s.want(t, "0", true, read)
	c.exec(t, "CREATE TRIGGER tr AFTER UPDATE ON t FOR EACH ROW INSERT INTO log VALUES (NEW.id)")
	tx := s.begin(t, nil) // holds a connection, so that the next one is new
	exec(t, s.cached, "UPDATE t SET a = 2 WHERE id = 1")
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if rows, _ := s.read(t, read); rows != "1" {
		t.Errorf("STALE: %s", rows)
	}
}
