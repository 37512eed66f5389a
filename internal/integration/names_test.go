package integration

import "testing"

// What a name means is for the database to say, and it has odd ways: each of
// these reads was stale once.
func TestNamesAsTheDatabaseReadsThem(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name        string
		schema      []string
		read, write string
	}{
		{"USING behind a query that has the column too",
			[]string{"CREATE TABLE a (k INT)", "CREATE TABLE b (k INT)", "CREATE TABLE c (k INT, z INT)", "INSERT INTO a VALUES (1)", "INSERT INTO b VALUES (5)", "INSERT INTO c VALUES (1, 10)"},
			"SELECT z FROM (SELECT * FROM a LIMIT 9) x CROSS JOIN b JOIN c USING (k) WHERE b.k = 5", "UPDATE c SET z = 11"},
		{"NATURAL behind one",
			[]string{"CREATE TABLE a (k INT)", "CREATE TABLE b (k INT)", "CREATE TABLE c (k INT, z INT)", "INSERT INTO a VALUES (1)", "INSERT INTO b VALUES (5)", "INSERT INTO c VALUES (1, 10)"},
			"SELECT z FROM (SELECT * FROM a LIMIT 9) x CROSS JOIN b NATURAL JOIN c WHERE b.k = 5", "UPDATE c SET z = 11"},
		{"USING behind a table function",
			[]string{"CREATE TABLE b (key INT)", "CREATE TABLE c (key INT, z INT)", "INSERT INTO b VALUES (5)", "INSERT INTO c VALUES (0, 10)"},
			"SELECT z FROM json_each('[1]') CROSS JOIN b JOIN c USING (key) WHERE b.key = 5", "UPDATE c SET z = 11"},
		{"a text in parentheses that names a column outside of them",
			[]string{"CREATE TABLE w (k TEXT)", "CREATE TABLE g (y INT)", "CREATE TABLE h (s TEXT)", "INSERT INTO w VALUES ('z')", "INSERT INTO g VALUES (1)", "INSERT INTO h VALUES ('x')"},
			`SELECT y FROM w JOIN (g JOIN h ON h.s = "k") ON w.k = 'z'`, "UPDATE h SET s = 'k'"},
		{"a name in parentheses that comes from further outside",
			[]string{"CREATE TABLE o (k INT)", "CREATE TABLE a (i INT)", "CREATE TABLE b (x INT)", "CREATE TABLE c (k INT)", "INSERT INTO o VALUES (7)", "INSERT INTO a VALUES (1)", "INSERT INTO b VALUES (7)", "INSERT INTO c VALUES (5)"},
			"SELECT k FROM o WHERE EXISTS (SELECT 1 FROM c JOIN (a JOIN b ON b.x = k) ON c.k = 5)", "UPDATE b SET x = 8"},
		{"a schema before an alias",
			[]string{"CREATE TABLE x (a INT)", "CREATE TABLE t (a INT)", "CREATE TABLE u (k INT)", "INSERT INTO x VALUES (7)", "INSERT INTO t VALUES (3)", "INSERT INTO u VALUES (0)"},
			"SELECT 1 FROM x WHERE x.a = 7 AND EXISTS (SELECT 1 FROM t AS x, u WHERE u.k = main.x.a)", "UPDATE u SET k = 3"},
		{"the second of two columns of one name",
			[]string{`CREATE TABLE o ("k:1" INT)`, "CREATE TABLE t (k INT)", "CREATE TABLE u (k INT)", "CREATE TABLE w (z INT)", "INSERT INTO o VALUES (7)", "INSERT INTO t VALUES (1)", "INSERT INTO u VALUES (3)", "INSERT INTO w VALUES (0)"},
			`SELECT 1 FROM o WHERE o."k:1" = 7 AND EXISTS (SELECT 1 FROM (SELECT t.k, u.k FROM t, u) q, w WHERE w.z = "k:1")`, "UPDATE w SET z = 3"},
		{"USING behind the second of two columns of one name",
			[]string{`CREATE TABLE o ("k:1" INT)`, "CREATE TABLE t (k INT)", "CREATE TABLE u (k INT)", `CREATE TABLE w ("k:1" INT, z INT)`, "INSERT INTO o VALUES (7)", "INSERT INTO t VALUES (1)", "INSERT INTO u VALUES (3)", "INSERT INTO w VALUES (3, 10)"},
			`SELECT z FROM (SELECT t.k, u.k FROM t, u) q CROSS JOIN o JOIN w USING ("k:1") WHERE o."k:1" = 7`, "UPDATE w SET z = 11"},
		{"a column that is named like a word",
			[]string{"CREATE TABLE o (column1 INT)", "CREATE TABLE t (k INT)", "CREATE TABLE w (z INT)", "INSERT INTO o VALUES (7)", "INSERT INTO t VALUES (3)", "INSERT INTO w VALUES (0)"},
			`SELECT 1 FROM o WHERE o.column1 = 7 AND EXISTS (SELECT 1 FROM (SELECT k AS "true" FROM t) q, w WHERE w.z = column1)`, "UPDATE w SET z = 3"},
		{"a primary key whose index has a collation of its own",
			[]string{"CREATE TABLE p (n INT UNIQUE, code TEXT, PRIMARY KEY (code COLLATE NOCASE))", "CREATE TABLE c (id INTEGER PRIMARY KEY, x TEXT REFERENCES p ON UPDATE CASCADE)", "INSERT INTO p VALUES (1, 'a')", "INSERT INTO c VALUES (1, 'a')"},
			"SELECT id FROM c WHERE x = 'a'", "UPDATE p SET code = 'b'"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newCachedSQLite(t, nil)
			exec(t, s.cached, tt.schema...)
			s.fresh(t, "nothing", tt.read)
			exec(t, s.cached, tt.write)
			s.fresh(t, tt.write, tt.read)
		})
	}
}
