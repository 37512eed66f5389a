package mysql

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/mysqltest"
)

// TestCatalogEvents: what the server may write by itself at any time is not cached.
func TestCatalogEvents(t *testing.T) {
	t.Parallel()
	own := mysqltest.Start(t)
	dsn := own.NewDatabase(t)
	c := openCatalogConn(t, dsn, "CREATE TABLE a (id int PRIMARY KEY)", "CREATE TABLE b (id int PRIMARY KEY)", "CREATE TABLE c (id int PRIMARY KEY, b int, FOREIGN KEY (b) REFERENCES b (id) ON DELETE CASCADE)",
		"CREATE TABLE d (id int PRIMARY KEY)", "CREATE TRIGGER tr AFTER DELETE ON c FOR EACH ROW DELETE FROM d", "CREATE TABLE free (id int)", "CREATE PROCEDURE pr() DELETE FROM a", "CREATE VIEW v AS SELECT id FROM a")
	uncached := func() string {
		var out []string
		for _, table := range c.catalog(t).Tables() {
			if table.Kind == dialect.TablePlain && table.Uncached != "" {
				out = append(out, table.Name)
			}
		}
		return strings.Join(out, " ")
	}
	const every = "CREATE OR REPLACE EVENT e ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01' "
	c.exec(t, every+"DO DELETE FROM a")
	if got := uncached(); got != "" {
		t.Errorf("while the scheduler is off: %s", got)
	}
	c.exec(t, "SET GLOBAL event_scheduler = ON")
	const once = "CREATE OR REPLACE EVENT e ON SCHEDULE AT '2037-01-01' ON COMPLETION PRESERVE DISABLE DO DELETE FROM a"
	if c.exec(t, once); uncached() != "a" {
		t.Errorf("%s: %q", once, uncached())
	}
	for _, test := range []struct{ event, want string }{
		{"DO DELETE FROM a", "a"},
		{"DO DELETE FROM b", "b c d"},
		{"DO BEGIN IF 1 THEN CALL pr(); END IF; END", "a"},
		{"DO DELETE FROM v", "a b c d free"},
		{"DO TRUNCATE a", "a b c d free"},
		{"DO SELECT count(*) FROM a", ""},
		{"DISABLE DO DELETE FROM a", ""},
		// One that ends is disabled before it runs for the last time.
		{"ENDS '2037-01-02' DISABLE DO DELETE FROM a", "a"},
	} {
		c.exec(t, every+test.event)
		if got := uncached(); got != test.want {
			t.Errorf("%s: %q, want %q", test.event, got, test.want)
		}
	}
}

// TestCatalogEventRights: an event that the account cannot see may write any table.
func TestCatalogEventRights(t *testing.T) {
	t.Parallel()
	own := mysqltest.Start(t)
	dsn := own.NewDatabase(t)
	owner := openCatalogConn(t, dsn, "CREATE TABLE a (id int PRIMARY KEY)", "CREATE DATABASE child", "CREATE TABLE child.c (a int, FOREIGN KEY (a) REFERENCES "+database(t, dsn)+".a (id))",
		"CREATE EVENT e ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01' DO DELETE FROM child.c")
	const rest = "SELECT, INSERT, UPDATE, DELETE, TRIGGER ON *.*"
	accounts := []struct {
		grants []string
		cached bool
		c      *catalogConn
	}{
		{grants: []string{rest}},
		{grants: []string{rest, "EVENT ON child.*"}},
		{grants: []string{rest, "EVENT ON %s.*"}}, // events of the child's database may write here as well
		{grants: []string{rest, "EVENT ON %s.*", "EVENT ON child.*"}, cached: true},
		{grants: []string{rest, "EVENT ON *.*"}, cached: true},
		{grants: []string{"SELECT, EVENT, TRIGGER ON %s.*"}, cached: true}, // it sees no other
	}
	for i := range accounts {
		a := &accounts[i]
		a.c = account(t, own, owner, dsn, fmt.Sprintf("events%d", i), a.grants...)
	}
	for _, on := range []bool{false, true} {
		if on {
			owner.exec(t, "SET GLOBAL event_scheduler = ON")
		}
		for _, a := range accounts {
			got := a.c.catalog(t).Table(dialect.Name{Name: "a"}).Uncached
			if want := a.cached || !on; (got == "") != want || !want && !strings.Contains(got, "grant EVENT") {
				t.Errorf("%v, the scheduler on: %v: %q", a.grants, on, got)
			}
		}
	}
}

// TestEventUnseen: what an event writes that the account cannot see is read from the
// database.
func TestEventUnseen(t *testing.T) {
	t.Parallel()
	own := mysqltest.Start(t)
	dsn := own.NewDatabase(t)
	owner := openCatalogConn(t, dsn, "CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t VALUES (1, 1)", "SET GLOBAL event_scheduler = ON")
	account(t, own, owner, dsn, "app", "SELECT, INSERT, UPDATE, DELETE, TRIGGER ON %s.*")
	s := openCachedMySQL(t, plain, fmt.Sprintf("app:secret@tcp(%s)/%s", own.Addr(), database(t, dsn)), nil)
	const read = "SELECT v FROM t WHERE id = 1"
	s.want(t, "1", false, read)
	s.want(t, "1", false, read)
	owner.exec(t, "CREATE EVENT e ON SCHEDULE EVERY 1 SECOND DO UPDATE t SET v = v + 1")
	for rows, hit := "1", false; rows == "1"; rows, hit = s.read(t, read) {
		if hit {
			t.Fatal("answered by the cache")
		}
		time.Sleep(50 * time.Millisecond) //nolint:forbidigo // the event runs once a second
	}
}

// TestEventOfAnotherDatabase: an event that is made there later is noticed, and so is a
// function that comes to write.
func TestEventOfAnotherDatabase(t *testing.T) {
	t.Parallel()
	own := mysqltest.Start(t)
	dsn := own.NewDatabase(t)
	const every = 50 * time.Millisecond
	s := openCachedMySQL(t, plain, dsn, lookEvery(every))
	a := database(t, dsn)
	exec(t, s.bare, "CREATE DATABASE beside", "CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t VALUES (1, 1)", "CREATE TABLE u (id int PRIMARY KEY, v int)", "INSERT INTO u VALUES (1, 1)",
		"CREATE FUNCTION f() RETURNS int RETURN 1", "CREATE FUNCTION beside.f() RETURNS int READS SQL DATA RETURN (SELECT count(*) FROM "+a+".u)", "SET GLOBAL event_scheduler = ON")
	const read, readU = "SELECT v FROM t WHERE id = 1", "SELECT v FROM u WHERE id = 1"
	for _, hit := range []bool{false, true} {
		s.want(t, "1", hit, read)
		s.want(t, "1", hit, readU)
	}
	exec(t, s.bare, "CREATE EVENT beside.e ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01' DO UPDATE "+a+".t SET v = v + 1",
		"DROP FUNCTION beside.f", "CREATE FUNCTION beside.f() RETURNS int MODIFIES SQL DATA BEGIN UPDATE "+a+".u SET v = v + 1; RETURN 1; END")
	time.Sleep(2 * every)               //nolint:forbidigo // the last look has to be so old
	s.read(t, "SELECT count(*) FROM u") // a miss looks
	s.want(t, "1", false, read)
	s.want(t, "1", false, read)
	s.read(t, readU)
	s.read(t, "SELECT beside.f()")
	if got, hit := s.read(t, readU); got != "2" || hit {
		t.Errorf("%s, answered by the cache: %v", got, hit)
	}
}
