package mysql

import (
	"context"
	"testing"

	"github.com/cacheops/cacheops/dialect/mysql"
	"github.com/cacheops/cacheops/sqlcache"
)

// TestWritesThatReachFurther: what the server writes because of a statement is seen by the
// reads of it.
func TestWritesThatReachFurther(t *testing.T) {
	t.Parallel()
	const (
		logged = "SELECT n FROM log WHERE id = 7"
		insert = "INSERT INTO t VALUES (7)"
	)
	logs := []string{"CREATE TABLE t (id int PRIMARY KEY)", "CREATE TABLE log (id int, n int)"}
	for _, test := range []struct {
		name   string
		schema []string
		read   string
		before string
		write  string
		after  string
	}{
		{"a trigger", append(logs[:2:2], "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW INSERT INTO log VALUES (NEW.id, 1)"), logged, "", insert, "1"},
		{
			"a trigger of many statements",
			append(logs[:2:2], "CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW BEGIN DECLARE i INT DEFAULT 0; WHILE i < 1 DO SET i = i + 1; IF i = 1 THEN INSERT INTO log VALUES (NEW.id, i); END IF; END WHILE; END"), logged, "", insert, "1",
		},
		{
			"a trigger that is not understood",
			append(logs[:2:2], "CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW BEGIN FOR r IN (SELECT 1 AS i) DO INSERT INTO log VALUES (NEW.id, r.i); END FOR; END"), logged, "", insert, "1",
		},
		{
			"a trigger of another sql_mode",
			append(logs[:2:2], "SET sql_mode = 'ANSI_QUOTES'", `CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW INSERT INTO "log" VALUES (NEW.id, 1)`, "SET sql_mode = DEFAULT"), logged, "", insert, "1",
		},
		{
			"a trigger that calls a procedure", append(logs[:2:2], "CREATE PROCEDURE pr(x int) INSERT INTO log VALUES (x, 1)", "CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW CALL pr(NEW.id)"),
			logged, "", insert, "1",
		},
		{
			"a trigger that calls a function", append(logs[:2:2], "CREATE FUNCTION fu(x int) RETURNS int BEGIN INSERT INTO log VALUES (x, 1); RETURN 1; END", "CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW SET @x = fu(NEW.id)"),
			logged, "", insert, "1",
		},
		{
			"a trigger in a condition", append(logs[:2:2], "CREATE FUNCTION fu(x int) RETURNS int BEGIN INSERT INTO log VALUES (x, 1); RETURN 1; END", "CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW IF fu(NEW.id) THEN SET @x = 1; END IF"),
			logged, "", insert, "1",
		},
		{
			"a trigger of a trigger", append(logs[:2:2], "CREATE TABLE u (id int)", "CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW INSERT INTO u VALUES (NEW.id)", "CREATE TRIGGER ur AFTER INSERT ON u FOR EACH ROW INSERT INTO log VALUES (NEW.id, 1)"),
			logged, "", insert, "1",
		},
		{
			"a trigger that changes a key to which others refer", []string{
				"CREATE TABLE p (id int PRIMARY KEY, a int)", "CREATE TABLE c (id int, p int, FOREIGN KEY (p) REFERENCES p (id) ON UPDATE CASCADE)", "INSERT INTO p VALUES (1, 1)", "INSERT INTO c VALUES (5, 1)",
				"CREATE TRIGGER tr BEFORE UPDATE ON p FOR EACH ROW SET NEW.id = 2",
			},
			"SELECT p FROM c WHERE id = 5", "1", "UPDATE p SET a = 2 WHERE id = 1", "2",
		},
		{
			"a trigger that runs where nothing changes", []string{
				"CREATE TABLE t (id int PRIMARY KEY, a int)", "INSERT INTO t VALUES (7, 1)", "CREATE TABLE log (id int, n int)", "CREATE TRIGGER tr AFTER UPDATE ON t FOR EACH ROW INSERT INTO log VALUES (NEW.id, 1)",
			},
			logged, "", "UPDATE t SET a = 1 WHERE id = 7", "1",
		},
		{
			"ON DELETE CASCADE", []string{
				"CREATE TABLE p (id int PRIMARY KEY)", "CREATE TABLE c (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE)", "INSERT INTO p VALUES (1)", "INSERT INTO c VALUES (5, 1)",
			},
			"SELECT count(*) FROM c WHERE id = 5", "1", "DELETE FROM p WHERE id = 1", "0",
		},
		{
			"ON DELETE SET NULL in names of other letters", []string{
				"CREATE TABLE P (ID int PRIMARY KEY)", "CREATE TABLE c (id int PRIMARY KEY, p int, FOREIGN KEY (P) REFERENCES P (id) ON DELETE SET NULL)", "INSERT INTO P VALUES (1)", "INSERT INTO c VALUES (5, 1)",
			},
			"SELECT p FROM c WHERE id = 5", "1", "DELETE FROM P WHERE Id = 1", "<nil>",
		},
		{
			"ON UPDATE CASCADE to a generated column", []string{
				"CREATE TABLE p (id int PRIMARY KEY, a int, b int AS (a + 1) STORED UNIQUE)", "CREATE TABLE c (id int PRIMARY KEY, b int, FOREIGN KEY (b) REFERENCES p (b) ON UPDATE CASCADE)",
				"INSERT INTO p (id, a) VALUES (1, 1)", "INSERT INTO c VALUES (5, 2)",
			},
			"SELECT b FROM c WHERE id = 5", "2", "UPDATE p SET a = 8 WHERE id = 1", "9",
		},
		{
			"a view that is written through", []string{"CREATE TABLE t (id int PRIMARY KEY, a int)", "CREATE VIEW v AS SELECT id, a FROM t WHERE a > 0", "CREATE VIEW w AS SELECT id, a AS b FROM v", "INSERT INTO t VALUES (1, 5)"},
			"SELECT a FROM t WHERE id = 1", "5", "UPDATE w SET b = 6 WHERE id = 1", "6",
		},
		{
			"a view that is read", []string{"CREATE TABLE t (id int PRIMARY KEY, a varchar(20))", "CREATE VIEW v AS SELECT id, a FROM t WHERE a <> 'it''s \\\\'", "INSERT INTO t VALUES (1, 'a')"},
			"SELECT a FROM v WHERE id = 1", "a", "UPDATE t SET a = 'b' WHERE id = 1", "b",
		},
		{
			"a partition by its name", []string{"CREATE TABLE p (k int PRIMARY KEY, a int) PARTITION BY HASH (k) PARTITIONS 2", "INSERT INTO p VALUES (1, 5)"},
			"SELECT a FROM p WHERE k = 1", "5", "UPDATE p PARTITION (p1) SET a = 6 WHERE k = 1", "6",
		},
		{
			"a row that moves to another partition", []string{"CREATE TABLE p (k int PRIMARY KEY, a int) PARTITION BY HASH (k) PARTITIONS 2", "INSERT INTO p VALUES (1, 5)"},
			"SELECT k FROM p WHERE a = 5", "1", "UPDATE p SET k = 2 WHERE k = 1", "2",
		},
		{
			"a table of MyISAM", []string{"CREATE TABLE t (id int PRIMARY KEY, a int) ENGINE = MyISAM", "INSERT INTO t VALUES (1, 5)"},
			"SELECT a FROM t WHERE id = 1", "5", "UPDATE t SET a = 6 WHERE id = 1", "6",
		},
		{
			"a versioned table", []string{"CREATE TABLE t (id int PRIMARY KEY, a int) WITH SYSTEM VERSIONING", "INSERT INTO t VALUES (1, 5)"},
			"SELECT a FROM t WHERE id = 1", "5", "UPDATE t SET a = 6 WHERE id = 1", "6",
		},
		{
			"a versioned table that names its period", []string{
				"CREATE TABLE t (id int PRIMARY KEY, a int, s timestamp(6) GENERATED ALWAYS AS ROW START, e timestamp(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING", "INSERT INTO t (id, a) VALUES (1, 5)",
			},
			"SELECT a FROM t WHERE id = 1", "5", "DELETE FROM t WHERE id = 1", "",
		},
		{
			"a period of which a part is deleted", []string{"CREATE TABLE t (id int, s date, e date, PERIOD FOR p (s, e))", "INSERT INTO t VALUES (1, '2020-01-01', '2020-12-31')"},
			"SELECT count(*) FROM t WHERE id = 1", "1", "DELETE FROM t FOR PORTION OF p FROM '2020-03-01' TO '2020-04-01'", "2",
		},
		{"a function that writes", []string{"CREATE TABLE t (a int)", "CREATE FUNCTION adds() RETURNS int BEGIN INSERT INTO t VALUES (1); RETURN 1; END"}, "SELECT count(*) FROM t", "0", "SELECT adds()", "1"},
		{"a procedure that writes", []string{"CREATE TABLE t (a int)", "CREATE PROCEDURE adds() INSERT INTO t VALUES (1)"}, "SELECT count(*) FROM t", "0", "CALL adds()", "1"},
		{
			"a view that calls a function that writes", []string{"CREATE TABLE t (a int)", "CREATE FUNCTION adds() RETURNS int BEGIN INSERT INTO t VALUES (1); RETURN 1; END", "CREATE VIEW v AS SELECT adds() AS x"},
			"SELECT count(*) FROM t", "0", "SELECT x FROM v", "1",
		},
		{
			"such a view beside a table of its name in other letters", append([]string{"CREATE TABLE t (a int)", "CREATE TABLE V (x int)"}, viewsThatWrite...),
			"SELECT count(*) FROM t", "0", "SELECT x FROM v", "1",
		},
		{
			"such a view beside one of its name in other letters", append([]string{"CREATE TABLE t (a int)", "CREATE VIEW V AS SELECT 1 AS x"}, viewsThatWrite...),
			"SELECT count(*) FROM t", "0", "SELECT x FROM v", "1",
		},
		{
			"a function that reads such a view", append([]string{"CREATE TABLE t (a int)"}, viewsThatWrite...),
			"SELECT count(*) FROM t", "0", "SELECT looks()", "1",
		},
		{
			"a procedure that reads such a view", append([]string{"CREATE TABLE t (a int)"}, viewsThatWrite...),
			"SELECT count(*) FROM t", "0", "CALL shows()", "1",
		},
		{
			"a function that reads such a view through another", append([]string{"CREATE TABLE t (a int)"}, viewsThatWrite...),
			"SELECT count(*) FROM t", "0", "SELECT again()", "1",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			eachMode(t, func(t *testing.T, mode string) {
				s := newCachedMySQL(t, mode, nil)
				c := openCatalogConn(t, s.dsn)
				c.exec(t, test.schema...)
				s.want(t, test.before, false, test.read)
				s.want(t, test.before, true, test.read)
				if _, err := s.cached.ExecContext(t.Context(), test.write); err != nil {
					t.Fatal(err)
				}
				s.want(t, test.after, false, test.read)
				s.want(t, test.after, true, test.read)
			})
		})
	}
}

// viewsThatWrite are views that call a function that writes, and routines that read them.
var viewsThatWrite = []string{
	"CREATE FUNCTION adds() RETURNS int BEGIN INSERT INTO t VALUES (1); RETURN 1; END",
	"CREATE VIEW v AS SELECT adds() AS x",
	"CREATE FUNCTION looks() RETURNS int BEGIN DECLARE r int; SELECT x INTO r FROM v; RETURN r; END",
	"CREATE PROCEDURE shows() SELECT x FROM v",
	"CREATE VIEW w AS SELECT looks() AS x",
	"CREATE FUNCTION again() RETURNS int RETURN (SELECT x FROM w)",
}

// TestUncached: what does not depend on rows alone, or changes without a statement, is not
// cached.
func TestUncached(t *testing.T) {
	t.Parallel()
	s := newCachedMySQL(t, plain, nil)
	openCatalogConn(t, s.dsn, "CREATE TABLE t (id int PRIMARY KEY, a int, hidden int INVISIBLE DEFAULT 3)", "INSERT INTO t VALUES (1, 1)", "CREATE TABLE m (a int) ENGINE = MEMORY", "CREATE TABLE ver (id int PRIMARY KEY) WITH SYSTEM VERSIONING",
		"CREATE TABLE virt (a int, b double AS (a + CONNECTION_ID()) VIRTUAL)", "CREATE SEQUENCE sq", "CREATE FUNCTION f(x int) RETURNS int RETURN (SELECT count(*) FROM t)", "CREATE TABLE Twin (a int)", "CREATE TABLE twin (a int)",
		"CREATE TABLE mi (a int) ENGINE = MyISAM", "CREATE TABLE me (a int) ENGINE = MERGE UNION = (mi)", "CREATE VIEW vh AS SELECT hidden FROM t")
	for _, query := range []string{
		"SELECT hidden FROM t", "SELECT id FROM t WHERE hidden = 3", "SELECT a FROM m", "SELECT row_start FROM ver", "SELECT a FROM virt", "SELECT next_not_cached_value FROM sq", "SELECT f(a) FROM t", "SELECT a FROM Twin", "SELECT a FROM twin",
		"SELECT a FROM me", "SELECT hidden FROM vh", "SELECT count(*) FROM information_schema.TABLES", "SELECT count(*) FROM mysql.user",
	} {
		s.read(t, query)
		if _, hit := s.read(t, query); hit {
			t.Errorf("%s was answered by the cache", query)
		}
	}
	for _, query := range []string{"SELECT id FROM (SELECT * FROM t) AS x", "SELECT a FROM t WHERE id = 1", "SELECT * FROM ver"} {
		s.read(t, query)
		if _, hit := s.read(t, query); !hit {
			t.Errorf("%s was not answered by the cache: %v", query, s.lastReason.Load())
		}
	}
}

// TestKeysBetweenDatabases: what a foreign key of another database does is seen by those
// who read that one.
func TestKeysBetweenDatabases(t *testing.T) {
	t.Parallel()
	s := newCachedMySQL(t, plain, nil)
	other := server.NewDatabase(t)
	parent, child := database(t, s.dsn), database(t, other)
	openCatalogConn(t, s.dsn, "CREATE TABLE p (id int PRIMARY KEY)", "INSERT INTO p VALUES (1), (2)",
		"CREATE TABLE "+child+".c (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES "+parent+".p (id) ON DELETE CASCADE)", "INSERT INTO "+child+".c VALUES (5, 1)")
	t.Cleanup(func() { openCatalogConn(t, other, "DROP TABLE c") })
	there := &cachedMySQL{cache: s.cache, bare: s.bare}
	db, err := sqlcache.Open(s.cache, driverName, other, sqlcache.Config{Dialect: mysql.Dialect, Database: "main"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	there.cached = db
	const read = "SELECT count(*) FROM c WHERE p = 1"
	for _, want := range []bool{false, true} {
		before := s.hits.Load()
		rows, _ := there.readWith(context.Background(), t, db, read)
		if hit := s.hits.Load() > before; rows != "1" || hit != want {
			t.Fatalf("%s rows, hit: %v", rows, hit)
		}
	}
	exec(t, s.cached, "DELETE FROM p WHERE id = 1")
	if rows, _ := there.readWith(context.Background(), t, db, read); rows != "0" {
		t.Errorf("STALE: %s rows", rows)
	}
}
