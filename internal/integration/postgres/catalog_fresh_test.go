package postgres

import "testing"

// TestWritesThatReachFurther: what PostgreSQL writes because of a statement, and
// what a table is called by other names, is seen by the reads of it.
func TestWritesThatReachFurther(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		schema []string
		read   string
		before string
		write  string
		after  string
	}{
		{
			"a trigger", []string{
				"CREATE TABLE t (id int PRIMARY KEY)", "CREATE TABLE log (id int, n int)",
				"CREATE FUNCTION logs() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (NEW.id, 1); RETURN NEW; END $$",
				"CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION logs()",
			},
			"SELECT n FROM log WHERE id = 7", "", "INSERT INTO t VALUES (7)", "1",
		},
		{
			"a trigger that runs what it makes up", []string{
				"CREATE TABLE t (id int PRIMARY KEY)", "CREATE TABLE log (id int, n int)",
				"CREATE FUNCTION logs() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'INSERT INTO ' || 'log VALUES (7, 1)'; RETURN NEW; END $$",
				"CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION logs()",
			},
			"SELECT n FROM log WHERE id = 7", "", "INSERT INTO t VALUES (7)", "1",
		},
		{
			"a trigger in a condition", []string{
				"CREATE TABLE t (id int PRIMARY KEY)", "CREATE TABLE log (id int, n int)", harmlessTrigger,
				"CREATE FUNCTION writer(int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES ($1, 1); RETURN true; END $$",
				"CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW WHEN (writer(NEW.id)) EXECUTE FUNCTION nothing()",
			},
			"SELECT n FROM log WHERE id = 7", "", "INSERT INTO t VALUES (7)", "1",
		},
		{
			"a trigger that changes a key to which others refer", []string{
				"CREATE TABLE p (id int PRIMARY KEY, a int)", "CREATE TABLE c (id int, p int REFERENCES p ON UPDATE CASCADE)", "INSERT INTO p VALUES (1, 1)", "INSERT INTO c VALUES (5, 1)",
				"CREATE FUNCTION rekeys() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.id := 2; RETURN NEW; END $$",
				"CREATE TRIGGER tr BEFORE UPDATE ON p FOR EACH ROW EXECUTE FUNCTION rekeys()",
			},
			"SELECT p FROM c WHERE id = 5", "1", "UPDATE p SET a = 2 WHERE id = 1", "2",
		},
		{
			"a default that writes", []string{
				"CREATE TABLE log (id int, n int)",
				"CREATE FUNCTION writer() RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (7, 1); RETURN 1; END $$", "CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT writer())",
			},
			"SELECT n FROM log WHERE id = 7", "", "INSERT INTO t (id) VALUES (1)", "1",
		},
		{
			"a rule", []string{"CREATE TABLE t (id int)", "CREATE TABLE log (id int)", "CREATE RULE r AS ON INSERT TO t DO ALSO INSERT INTO log VALUES (NEW.id)"},
			"SELECT count(*) FROM log WHERE id = 7", "0", "INSERT INTO t VALUES (7)", "1",
		},
		{
			"a write by the name of a partition", []string{"CREATE TABLE p (k int, a int) PARTITION BY LIST (k)", "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)", "INSERT INTO p VALUES (1, 5)"},
			"SELECT a FROM p WHERE k = 1", "5", "UPDATE p1 SET a = 6 WHERE k = 1", "6",
		},
		{
			"a read by the name of a partition", []string{"CREATE TABLE p (k int, a int) PARTITION BY LIST (k)", "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)", "INSERT INTO p VALUES (1, 5)"},
			"SELECT a FROM p1 WHERE k = 1", "5", "UPDATE p SET a = 6 WHERE k = 1", "6",
		},
		{
			"a partition in another order", []string{
				"CREATE TABLE p (k int, a int, b int) PARTITION BY LIST (k)", "CREATE TABLE p1 (b int, a int, k int)", "ALTER TABLE p ATTACH PARTITION p1 FOR VALUES IN (1)", "INSERT INTO p VALUES (1, 5, 9)",
			},
			"SELECT a FROM p WHERE b = 9", "5", "UPDATE p1 SET a = 6 WHERE k = 1", "6",
		},
		{
			"a trigger on one partition", []string{
				"CREATE TABLE p (k int, a int) PARTITION BY LIST (k)", "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)", "CREATE TABLE log (n int)",
				"CREATE FUNCTION logs() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (1); RETURN NEW; END $$",
				"CREATE TRIGGER tr AFTER INSERT ON p1 FOR EACH ROW EXECUTE FUNCTION logs()",
			},
			"SELECT count(*) FROM log", "0", "INSERT INTO p VALUES (1, 1)", "1",
		},
		{
			"a trigger on the partition that a row is moved to", []string{
				"CREATE TABLE p (k int, a int) PARTITION BY LIST (k)", "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)", "CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2)", "CREATE TABLE log (n int)", "INSERT INTO p VALUES (1, 1)",
				"CREATE FUNCTION logs() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (1); RETURN NEW; END $$",
				"CREATE TRIGGER tr AFTER INSERT ON p2 FOR EACH ROW EXECUTE FUNCTION logs()",
			},
			"SELECT count(*) FROM log", "0", "UPDATE p SET k = 2", "1",
		},
		{
			"a trigger on the partition that a row is moved from", []string{
				"CREATE TABLE p (k int, a int) PARTITION BY LIST (k)", "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)", "CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2)", "CREATE TABLE log (n int)", "INSERT INTO p VALUES (1, 1)",
				"CREATE FUNCTION logs() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (1); RETURN OLD; END $$",
				"CREATE TRIGGER tr BEFORE DELETE ON p FOR EACH ROW EXECUTE FUNCTION logs()",
			},
			"SELECT count(*) FROM log", "0", "UPDATE p SET k = 2", "1",
		},
		{
			"a reference to a partition", []string{
				"CREATE TABLE p (id int, k int, PRIMARY KEY (id, k)) PARTITION BY LIST (k)", "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)", "INSERT INTO p VALUES (5, 1)",
				"CREATE TABLE c (a int, b int, FOREIGN KEY (a, b) REFERENCES p1 ON DELETE CASCADE)", "INSERT INTO c VALUES (5, 1)",
			},
			"SELECT count(*) FROM c WHERE a = 5", "1", "DELETE FROM p WHERE id = 5", "0",
		},
		{
			"an heir's row", []string{"CREATE TABLE a (x int, y int)", "CREATE TABLE b () INHERITS (a)", "INSERT INTO b VALUES (1, 5)"},
			"SELECT y FROM a WHERE x = 1", "5", "UPDATE b SET y = 6 WHERE x = 1", "6",
		},
		{
			"a row of an heir, by its parent", []string{"CREATE TABLE a (x int, y int)", "CREATE TABLE b () INHERITS (a)", "INSERT INTO b VALUES (1, 5)"},
			"SELECT y FROM b WHERE x = 1", "5", "UPDATE a SET y = 6 WHERE x = 1", "6",
		},
		{
			"a row of two parents", []string{"CREATE TABLE a (x int, y int)", "CREATE TABLE z (x int)", "CREATE TABLE b () INHERITS (a, z)", "INSERT INTO b VALUES (1, 5)"},
			"SELECT count(*) FROM z WHERE x = 1", "1", "UPDATE a SET x = 2 WHERE y = 5", "0",
		},
		{
			"a view that PostgreSQL writes through", []string{"CREATE TABLE t (id int PRIMARY KEY, a int)", "CREATE VIEW v AS SELECT id, a FROM t WHERE a > 0", "INSERT INTO t VALUES (1, 5)"},
			"SELECT a FROM t WHERE id = 1", "5", "UPDATE v SET a = 6 WHERE id = 1", "6",
		},
		{
			"a view with a trigger", []string{
				"CREATE TABLE t (id int PRIMARY KEY, a int)", "CREATE VIEW v AS SELECT id, a FROM t", "INSERT INTO t VALUES (1, 5)",
				"CREATE FUNCTION writes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE t SET a = 6; RETURN NEW; END $$", "CREATE TRIGGER tr INSTEAD OF DELETE ON v FOR EACH ROW EXECUTE FUNCTION writes()",
			},
			"SELECT a FROM t WHERE id = 1", "5", "DELETE FROM v", "6",
		},
		{
			"a function that writes", []string{"CREATE TABLE t (a int)", "CREATE FUNCTION adds() RETURNS int LANGUAGE sql AS 'INSERT INTO t VALUES (1) RETURNING a'"},
			"SELECT count(*) FROM t", "0", "SELECT adds()", "1",
		},
		{
			"an operator that writes", []string{
				"CREATE TABLE t (a int)", "CREATE FUNCTION adds(text, int) RETURNS int LANGUAGE sql AS 'INSERT INTO t VALUES ($2) RETURNING a'", "CREATE OPERATOR + (LEFTARG = text, RIGHTARG = int, FUNCTION = adds)",
			},
			"SELECT count(*) FROM t", "0", "SELECT 'x'::text + 1", "1",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newCachedPostgres(t, pgx, nil)
			exec(t, s.bare, test.schema...)
			s.want(t, test.before, false, test.read)
			s.want(t, test.before, true, test.read)
			if _, err := s.cached.ExecContext(t.Context(), test.write); err != nil {
				t.Fatal(err)
			}
			s.want(t, test.after, false, test.read)
		})
	}
}
