package mysql

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect/mysql"
	"github.com/cacheops/cacheops/sqlcache"
)

// TestKeysOfTimes: a driver that makes times of dates shows two that differ as one, where
// a clock is put forward or where there is no such date. A key that changes from the one
// to the other changes the children's all the same.
func TestKeysOfTimes(t *testing.T) {
	t.Parallel()
	for _, c := range []keysCase{
		{name: "a clock that is put forward", mode: "parseTime=true&loc=Europe%2FBerlin", schema: []string{
			"CREATE TABLE p (id int PRIMARY KEY, d datetime UNIQUE)", "CREATE TABLE c (id int PRIMARY KEY, d datetime, FOREIGN KEY (d) REFERENCES p (d) ON UPDATE CASCADE)",
			"INSERT INTO p VALUES (1, '2026-03-29 02:30:00')", "INSERT INTO c VALUES (1, '2026-03-29 02:30:00')",
		}, texts: []string{"UPDATE p SET d = '2026-03-29 03:30:00' WHERE id = 1"}},
		{name: "the date of zeros", mode: "parseTime=true&sql_mode=%27%27", schema: []string{
			"CREATE TABLE p (id int PRIMARY KEY, d date UNIQUE)", "CREATE TABLE c (id int PRIMARY KEY, d date, FOREIGN KEY (d) REFERENCES p (d) ON UPDATE CASCADE)",
			"INSERT INTO p VALUES (1, '0000-00-00')", "INSERT INTO c VALUES (1, '0000-00-00')",
		}, texts: []string{"UPDATE p SET d = '0001-01-01' WHERE id = 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.check(t, false)
		})
	}
}

// TestKeysOfOtherTypes: InnoDB compares the columns of a foreign key as they are stored. It
// takes for one type what the server compares otherwise.
func TestKeysOfOtherTypes(t *testing.T) {
	t.Parallel()
	for _, c := range []keysCase{
		{name: "decimals of other scales", schema: []string{
			"CREATE TABLE p (id int PRIMARY KEY, k decimal(4,2) UNIQUE)", "CREATE TABLE c (id int PRIMARY KEY, k decimal(4,0), FOREIGN KEY (k) REFERENCES p (k) ON DELETE CASCADE)",
			"INSERT INTO p VALUES (1, 4.34)", "INSERT INTO c VALUES (1, 1058)",
		}, texts: []string{"DELETE FROM p WHERE id = 1"}},
		{name: "words of another list, and years", schema: []string{
			"CREATE TABLE p (id int PRIMARY KEY, k enum('a', 'b') UNIQUE, y year UNIQUE)", "CREATE TABLE c (id int PRIMARY KEY, k enum('x', 'y', 'a'), FOREIGN KEY (k) REFERENCES p (k) ON DELETE CASCADE)",
			"CREATE TABLE g (id int PRIMARY KEY, k tinyint unsigned, FOREIGN KEY (k) REFERENCES p (y) ON DELETE SET NULL)",
			"INSERT INTO p VALUES (1, 'a', 2026), (2, 'b', 2027)", "INSERT INTO c VALUES (1, 'x'), (2, 'y')", "INSERT INTO g VALUES (1, 126), (2, 127)",
		}, texts: []string{"DELETE FROM p WHERE id = 1", "DELETE FROM p WHERE id > 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.check(t, false)
		})
	}
}

// TestKeysOfOddShapes: what actions reach by more than one way, in rings, by keys that are
// not unique or have parts that are NULL, and what triggers do to it.
func TestKeysOfOddShapes(t *testing.T) {
	t.Parallel()
	for _, c := range []keysCase{
		{name: "a ring over three tables", schema: []string{
			"CREATE TABLE a (id int PRIMARY KEY, x int, KEY (x))", "CREATE TABLE b (id int PRIMARY KEY, x int, FOREIGN KEY (x) REFERENCES a (id) ON DELETE CASCADE ON UPDATE CASCADE)",
			"CREATE TABLE c (id int PRIMARY KEY, x int, FOREIGN KEY (x) REFERENCES b (id) ON DELETE SET NULL ON UPDATE CASCADE)", "ALTER TABLE a ADD FOREIGN KEY (x) REFERENCES c (id) ON DELETE CASCADE ON UPDATE CASCADE",
			"INSERT INTO a VALUES (1, NULL), (2, NULL), (3, NULL), (4, NULL)", "INSERT INTO b VALUES (1, 1), (2, 2), (3, 3)", "INSERT INTO c VALUES (1, 1), (2, 2), (3, 3)", "UPDATE a SET x = 4 - id WHERE id < 4",
		}, texts: []string{"UPDATE a SET id = 7 WHERE id = 1", "DELETE FROM a WHERE id = 2", "DELETE FROM c WHERE id = 1"}},
		{name: "two keys to one parent", schema: []string{
			"CREATE TABLE p (id int PRIMARY KEY, k int UNIQUE)", "CREATE TABLE c (id int PRIMARY KEY, a int, b int, FOREIGN KEY (a) REFERENCES p (id) ON DELETE CASCADE ON UPDATE SET NULL, FOREIGN KEY (b) REFERENCES p (k) ON DELETE SET NULL ON UPDATE CASCADE)",
			"CREATE TABLE g (id int PRIMARY KEY, c int, FOREIGN KEY (c) REFERENCES c (id) ON DELETE SET NULL)", "CREATE TABLE h (id int PRIMARY KEY, b int, FOREIGN KEY (b) REFERENCES c (b) ON UPDATE CASCADE ON DELETE CASCADE)",
			"INSERT INTO p VALUES (1, 11), (2, 12), (3, 13)", "INSERT INTO c VALUES (1, 1, 11), (2, 1, 12), (3, 2, 11), (4, NULL, 13), (5, 3, NULL)", "INSERT INTO g VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5)", "INSERT INTO h VALUES (1, 11), (2, 12), (3, 13)",
		}, texts: []string{"DELETE FROM p WHERE id = 2", "UPDATE p SET id = 9, k = 23 WHERE id = 3", "DELETE FROM p WHERE k > 0"}},
		{name: "parts that are NULL, and a key that is not unique", schema: []string{
			"CREATE TABLE p (a int PRIMARY KEY, b varchar(5), c int, UNIQUE (b, c))", "CREATE TABLE c (id int PRIMARY KEY, b varchar(5), c int, FOREIGN KEY (b, c) REFERENCES p (b, c) ON DELETE SET NULL ON UPDATE CASCADE)",
			"CREATE TABLE g (id int PRIMARY KEY, b varchar(5), FOREIGN KEY (b) REFERENCES c (b) ON DELETE CASCADE ON UPDATE SET NULL)",
			"INSERT INTO p VALUES (1, 'a', 1), (2, 'a', NULL), (3, NULL, NULL), (4, 'b', 2)", "INSERT INTO c VALUES (1, 'A', 1), (2, 'a', NULL), (3, NULL, 1), (4, 'b ', 2), (5, 'zz', NULL)", "INSERT INTO g VALUES (1, 'a'), (2, 'B'), (3, NULL), (4, 'ZZ ')",
		}, texts: []string{"UPDATE p SET c = NULL WHERE a = 4", "DELETE FROM p WHERE a = 1", "DELETE FROM p"}},
		{name: "keys by triggers", schema: []string{
			"CREATE TABLE t (id int PRIMARY KEY, k varchar(9) UNIQUE)", "CREATE TABLE c (id int PRIMARY KEY, k varchar(9), FOREIGN KEY (k) REFERENCES t (k) ON DELETE CASCADE ON UPDATE CASCADE)", "CREATE TABLE d (id int PRIMARY KEY, c int, FOREIGN KEY (c) REFERENCES c (id) ON DELETE SET NULL)",
			"INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')", "INSERT INTO c VALUES (1, 'a'), (2, 'b'), (3, 'c')", "INSERT INTO d VALUES (1, 1), (2, 2), (3, 3)",
			"CREATE TRIGGER second BEFORE UPDATE ON t FOR EACH ROW SET NEW.k = CONCAT(OLD.k, '!')", "CREATE TRIGGER first BEFORE UPDATE ON t FOR EACH ROW PRECEDES second UPDATE d SET c = 3 WHERE c = OLD.id", "CREATE TRIGGER binds BEFORE DELETE ON t FOR EACH ROW UPDATE c SET k = OLD.k WHERE id = OLD.id + 1",
		}, texts: []string{"UPDATE t SET id = 7 WHERE id = 1", "DELETE FROM t WHERE id = 2"}},
		{name: "a parent that a trigger takes away", schema: []string{
			"CREATE TABLE q (id int PRIMARY KEY)", "CREATE TABLE t (id int PRIMARY KEY, q int, a int, FOREIGN KEY (q) REFERENCES q (id) ON DELETE CASCADE)", "INSERT INTO q VALUES (1), (2), (3)", "INSERT INTO t VALUES (1, 1, 1), (2, 2, 2)",
			"CREATE TRIGGER i AFTER INSERT ON t FOR EACH ROW DELETE FROM q WHERE id = NEW.a", "CREATE TRIGGER u AFTER UPDATE ON t FOR EACH ROW DELETE FROM q WHERE id = NEW.a",
		}, texts: []string{"INSERT INTO t VALUES (3, 3, 3)", "UPDATE t SET a = 2 WHERE id = 1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.check(t, false)
		})
	}
}

// TestKeysOfAccounts: accounts that share a cache each read what they may, as they do past
// it, and what one writes is fresh for the others, whatever it may see of the tables.
func TestKeysOfAccounts(t *testing.T) {
	t.Parallel()
	s := newCachedMySQL(t, plain, nil)
	ctx, name := t.Context(), database(t, s.dsn)
	exec(t, s.bare, "CREATE TABLE p (id int PRIMARY KEY, h int, a int)", "CREATE TABLE c (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE)", "CREATE TABLE g (id int PRIMARY KEY, c int, FOREIGN KEY (c) REFERENCES c (id) ON DELETE CASCADE)",
		"INSERT INTO p VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)", "INSERT INTO c VALUES (1, 1), (2, 2), (3, 3)", "INSERT INTO g VALUES (1, 1), (2, 2), (3, 3)",
		"CREATE SQL SECURITY INVOKER VIEW may AS SELECT id, h FROM p", "CREATE VIEW shown AS SELECT id, h FROM p", "CREATE VIEW mine AS SELECT id, SUBSTRING_INDEX(USER(), '@', 1) AS who FROM p", "CREATE VIEW whose AS SELECT who FROM mine WHERE id = 3")
	type account struct{ cached, bare *sql.DB }
	accounts := map[string]account{"root": {s.cached, s.bare}}
	for who, rights := range map[string]string{
		"all":  "SELECT, INSERT, UPDATE, DELETE, TRIGGER, SHOW VIEW ON DB.*",
		"part": "SELECT (id, a), UPDATE (a), DELETE ON DB.p; SELECT (id) ON DB.c; SELECT ON DB.may; SELECT ON DB.shown; SELECT ON DB.whose; SELECT ON DB.mine; TRIGGER, SHOW VIEW ON DB.*",
		"few":  "SELECT, DELETE, TRIGGER ON DB.p; SELECT, TRIGGER ON DB.c",
	} {
		user := name + who + "@'127.0.0.1'"
		exec(t, s.bare, "CREATE USER "+user)
		t.Cleanup(func() { exec(t, s.bare, "DROP USER "+user) })
		for right := range strings.SplitSeq(rights, "; ") {
			exec(t, s.bare, "GRANT "+strings.ReplaceAll(right, "DB", name)+" TO "+user)
		}
		dsn := fmt.Sprintf("%s@tcp(%s)/%s", name+who, server.Addr(), name)
		var a account
		var err error
		if a.bare, err = sql.Open(driverName, dsn); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = a.bare.Close() })
		if a.cached, err = sqlcache.Open(s.cache, driverName, dsn, sqlcache.Config{Dialect: mysql.Dialect, Database: "main"}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = a.cached.Close() })
		accounts[who] = a
	}
	// Who may not see a table or view is not sure that it writes nothing.
	reads := map[string][]string{
		"part": {"SELECT id, a FROM p", "SELECT id FROM p WHERE a = 1", "SELECT * FROM p", "SELECT id FROM p WHERE h = 2", "SELECT * FROM may", "SELECT * FROM shown", "SELECT who FROM whose", "SELECT id FROM c", "SELECT * FROM c"},
		"few":  {"SELECT * FROM p", "SELECT * FROM c WHERE p = 1"},
	}
	reads["all"] = slices.Concat(reads["part"], []string{"SELECT * FROM g", "SELECT id FROM g WHERE c = 3", "SELECT id FROM c WHERE p = 2", "SELECT * FROM mine"})
	reads["root"] = reads["all"]
	for _, step := range []struct{ who, text string }{
		{"part", "UPDATE p SET a = 11 WHERE a = 1"}, {"part", "UPDATE p SET a = 12 WHERE id = 2"}, {"part", "DELETE FROM p WHERE id = 1"}, {"few", "DELETE FROM p WHERE id = 2"}, {"all", "DELETE FROM g WHERE c = 3"},
		{"root", "REVOKE SELECT ON DB.shown FROM USERpart@'127.0.0.1'"}, {"root", "GRANT SELECT (h) ON DB.p TO USERpart@'127.0.0.1'"}, {"root", "REVOKE SELECT (a) ON DB.p FROM USERpart@'127.0.0.1'"}, {"root", "ALTER SQL SECURITY INVOKER VIEW shown AS SELECT id, a AS h FROM p"},
	} {
		for who, a := range accounts {
			for _, q := range reads[who] {
				twinAnswer(ctx, a.cached, q)
			}
		}
		before := s.hits.Load()
		for _, q := range reads["all"] {
			twinAnswer(ctx, accounts["all"].cached, q)
		}
		if s.hits.Load() == before {
			t.Errorf("nothing was cached before %s: %v", step.text, s.lastReason.Load())
		}
		exec(t, accounts[step.who].cached, strings.NewReplacer("DB", name, "USER", name).Replace(step.text))
		for who, a := range accounts {
			for _, q := range reads[who] {
				want := twinAnswer(ctx, a.bare, q)
				if got := twinAnswer(ctx, a.cached, q); got != want {
					t.Errorf("STALE after %s: %s reads %s:\n%s\nthe database says\n%s", step.text, who, q, got, want)
				}
			}
		}
	}
}
