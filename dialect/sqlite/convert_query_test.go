package sqlite

import (
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dialecttest"
)

// mustSelect parses a SELECT that the parser is known to understand.
func mustSelect(t *testing.T, text string) *dialect.Statement {
	t.Helper()
	st := Parse(text)
	if st.Kind != dialect.KindSelect || st.Query == nil || st.Incomplete != "" {
		t.Fatalf("%q: %v, %s", text, st.Kind, st.Incomplete)
	}
	return st
}

func TestConvertSources(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ from, want string }{
		{"a", "a"},
		{"main.a", "main.a"},
		{"'a'", "a"},
		{"a AS x", "a as x"},
		{"a x", "a as x"},
		{"a, b", "(a cross b)"},
		{"a JOIN b", "(a inner b)"},
		{"a CROSS JOIN b", "(a cross b)"},
		{"a INNER JOIN b", "(a inner b)"},
		// With a condition these are inner joins.
		{"a, b ON a.x = b.x", "(a inner b on (a.x = b.x))"},
		{"a CROSS JOIN b USING (x)", "(a inner b using x)"},
		{"a NATURAL CROSS JOIN b", "(a natural inner b)"},
		{"a LEFT JOIN b ON 1", "(a left b on 1)"},
		{"a LEFT OUTER JOIN b ON 1", "(a left b on 1)"},
		{"a RIGHT JOIN b ON 1", "(a right b on 1)"},
		{"a FULL OUTER JOIN b ON 1", "(a full b on 1)"},
		{"a LEFT RIGHT JOIN b", "(a full b)"}, // SQLite takes it so
		{"a NATURAL LEFT JOIN b", "(a natural left b)"},
		{"a NATURAL JOIN b", "(a natural inner b)"},
		{"a JOIN b USING (x, y)", "(a inner b using x, y)"},
		// A comma binds like a JOIN.
		{"a, b LEFT JOIN c ON 1, d", "(((a cross b) left c on 1) cross d)"},
		{"a LEFT JOIN (b JOIN c ON 1) ON 2", "(a left (b nested inner c on 1) on 2)"},
		{"a LEFT JOIN (b, c) ON 2", "(a left (b nested cross c) on 2)"},
		{"(a)", "a"},
		{"((a)), (b)", "(a cross b)"},
		{"(a AS x)", "a as x"}, // first in its FROM
		{"(a AS x JOIN b AS y), c", "((a as x inner b as y) cross c)"},
		{"(SELECT 1)", "{select 1}"},
		{"(SELECT 1) AS x", "{select 1} as x"},
		{"(VALUES (1)) x, b", "({values (1)} as x cross b)"},
		{"json_each('[1]')", `json_each("[1]")`},
		{"a, json_tree(a.x) AS j", "(a cross json_tree(a.x) as j)"},
		{"a INDEXED BY i, b NOT INDEXED", "(a cross b)"},
	} {
		st := mustSelect(t, "SELECT * FROM "+tt.from)
		if got := dialecttest.PrintSource(st.Query.Cores[0].From); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.from, got, tt.want)
		}
	}
}

// What SQLite refuses, or reads differently from version to version, is not
// converted: its tables count, its conditions do not.
func TestConvertSourcesRefused(t *testing.T) {
	t.Parallel()
	for _, from := range []string{
		"a ON a.x = 1",
		"a USING (x)",
		"a OUTER JOIN b",
		"a LEFT INNER JOIN b",
		"a NATURAL INNER OUTER JOIN b",
		"a LEFT b2 JOIN b",
		`a LEFT "outer" JOIN b`,
		// SQLite 3.40 knows this table as a, not as x.
		"b, (a AS x)",
		"b, ((SELECT * FROM a) AS x)",
		// Both z.col and a.col are visible.
		"(a JOIN b) AS z",
		"b, (a) AS z",
	} {
		st := Parse("SELECT * FROM " + from)
		if st.Incomplete == "" || st.Query != nil {
			t.Errorf("%s: was understood as %s", from, dialecttest.PrintQuery(st.Query))
		}
		if st.Kind != dialect.KindSelect || len(st.Reads) == 0 || st.Reads[len(st.Reads)-1].Name == "" {
			t.Errorf("%s: %v reads %v, want a select that reads tables", from, st.Kind, st.Reads)
		}
		if !strings.Contains(dialecttest.PrintNames(st.Reads), "a") {
			t.Errorf("%s: reads %v", from, st.Reads)
		}
	}
}

func TestConvertCTE(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, reads, want string }{
		{
			"a name hides a table",
			"WITH t AS (SELECT 1) SELECT * FROM t, T, \"t\"",
			"", "with recursive t as {select 1} select * from ((cte:t cross cte:T) cross cte:t)",
		},
		{
			"a qualified name is a table",
			"WITH t AS (SELECT 1) SELECT * FROM main.t",
			"main.t", "with recursive t as {select 1} select * from main.t",
		},
		{
			"visible before its definition",
			"WITH a AS (SELECT * FROM t), t AS (SELECT 1) SELECT * FROM a",
			"", "with recursive a as {select * from cte:t}, t as {select 1} select * from cte:a",
		},
		{
			"visible in its own body without RECURSIVE",
			"WITH t(n) AS (SELECT 1 UNION SELECT n + 1 FROM t) SELECT * FROM t",
			"", "with recursive t(n) as {select 1 compound select <arithmetic: n, 1> from cte:t} select * from cte:t",
		},
		{
			"visible in subqueries",
			"WITH t AS (SELECT 1) SELECT (SELECT 1 FROM t), EXISTS (SELECT 1 FROM t), x IN t FROM (SELECT * FROM t)",
			"", "with recursive t as {select 1} select scalar{select 1 from cte:t}, exists{select 1 from cte:t}, (x in {select * from cte:t}) from {select * from cte:t}",
		},
		{
			"not visible outside",
			"SELECT * FROM (WITH t AS (SELECT 1) SELECT * FROM t), t",
			"t", "select * from ({with recursive t as {select 1} select * from cte:t} cross t)",
		},
		{
			"not visible after the query of a subquery",
			"SELECT (WITH t AS (SELECT 1) SELECT * FROM t), (SELECT a FROM t)",
			"t", "select scalar{with recursive t as {select 1} select * from cte:t}, scalar{select a from t}",
		},
		{
			"inner hides outer, outer stays visible",
			"WITH a AS (SELECT 1), b AS (SELECT 2) SELECT * FROM (WITH a AS (SELECT * FROM u) SELECT * FROM a, b)",
			"u", "with recursive a as {select 1}, b as {select 2} select * from {with recursive a as {select * from u} select * from (cte:a cross cte:b)}",
		},
		{
			"outer visible in the bodies of an inner clause",
			"WITH a AS (SELECT 1) SELECT * FROM (WITH b AS (SELECT * FROM a) SELECT * FROM b)",
			"", "with recursive a as {select 1} select * from {with recursive b as {select * from cte:a} select * from cte:b}",
		},
		{
			"an alias is no CTE",
			"SELECT * FROM a AS t JOIN t",
			"a, t", "select * from (a as t inner t)",
		},
		{
			"visible in all parts of a compound",
			"WITH t AS (SELECT 1) SELECT 1 UNION SELECT * FROM t EXCEPT SELECT * FROM u",
			"u", "with recursive t as {select 1} select 1 compound select * from cte:t compound select * from u",
		},
		{
			"a body is read",
			"WITH t AS (SELECT * FROM x JOIN y) SELECT 1",
			"x, y", "with recursive t as {select * from (x inner y)} select 1",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st := mustSelect(t, tt.text)
			if got := dialecttest.PrintNames(st.Reads); got != tt.reads {
				t.Errorf("reads %q, want %q", got, tt.reads)
			}
			if got := dialecttest.PrintQuery(st.Query); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestConvertCompound(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"SELECT 1 UNION ALL SELECT 2 ORDER BY 1, x LIMIT 3 OFFSET 4", "select 1 compound select 2 order[1, x] limit[3] offset[4]"},
		{"SELECT 1 LIMIT 4, 3", "select 1 limit[3] offset[4]"},
		{"VALUES (1, 2), (3, 4) UNION SELECT 5, 6", "values (1, 2) (3, 4) compound select 5, 6"},
		{"SELECT ALL a, DISTINCT.b FROM t DISTINCT", ""},
		{"SELECT ALL a FROM t", "select a from t"},
		{"SELECT DISTINCT a, t.*, * FROM t GROUP BY a, b HAVING c = 1", "select distinct a, t.*, * from t group[a, b] having (c = 1)"},
		{"SELECT sum(a) OVER (w ORDER BY b) FROM t WINDOW w AS (PARTITION BY c), v AS (ORDER BY d)", "select win:agg:sum(a)+[b] from t windows[c, d]"},
	} {
		st := Parse(tt.text)
		if got := dialecttest.PrintQuery(st.Query); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.text, got, tt.want)
		}
	}
	// ORDER BY or LIMIT inside a compound is refused by SQLite; here it must
	// not be moved to the end.
	for _, text := range []string{"SELECT a FROM t ORDER BY a UNION SELECT b FROM u", "SELECT a FROM t LIMIT 1 UNION SELECT b FROM u"} {
		if st := Parse(text); st.Incomplete == "" || dialecttest.PrintNames(st.Reads) != "t, u" {
			t.Errorf("%s: was understood as %s, reads %v", text, dialecttest.PrintQuery(st.Query), st.Reads)
		}
	}
}

// Every place where a query can stand is looked into.
func TestConvertReadsEverywhere(t *testing.T) {
	t.Parallel()
	const q = "(SELECT 1 FROM secret)"
	for _, text := range []string{
		"SELECT " + q,
		"SELECT * FROM " + q,
		"SELECT * FROM a JOIN " + q + " ON 1",
		"SELECT * FROM a JOIN b ON a.x = " + q,
		"SELECT * FROM a, (b JOIN c ON b.x = " + q + ")",
		"SELECT * FROM json_each(" + q + ")",
		"SELECT * FROM a WHERE x = " + q,
		"SELECT * FROM a WHERE EXISTS " + q,
		"SELECT * FROM a WHERE x IN " + q,
		"SELECT * FROM a WHERE x IN secret",
		"SELECT * FROM a WHERE x IN (1, " + q + ")",
		"SELECT * FROM a WHERE x IN json_each(" + q + ")",
		"SELECT * FROM a WHERE NOT (x AND (y OR " + q + "))",
		"SELECT * FROM a WHERE x BETWEEN 1 AND " + q,
		"SELECT * FROM a WHERE x LIKE 'a' ESCAPE " + q,
		"SELECT * FROM a WHERE (x, y) = (1, " + q + ")",
		"SELECT * FROM a WHERE x IS NOT " + q,
		"SELECT * FROM a WHERE " + q + " ISNULL",
		"SELECT * FROM a WHERE " + q + " IS TRUE",
		"SELECT * FROM a WHERE CASE x WHEN 1 THEN 2 ELSE " + q + " END",
		"SELECT * FROM a WHERE CASE " + q + " WHEN 1 THEN 2 END",
		"SELECT * FROM a WHERE CASE WHEN " + q + " THEN 2 END",
		"SELECT * FROM a WHERE CAST(" + q + " AS TEXT)",
		"SELECT * FROM a WHERE " + q + " COLLATE NOCASE",
		"SELECT * FROM a WHERE -" + q + " + 1",
		"SELECT * FROM a WHERE ~" + q,
		"SELECT * FROM a WHERE +" + q,
		"SELECT * FROM a WHERE lower(" + q + ")",
		"SELECT sum(x) FILTER (WHERE " + q + ") FROM a",
		"SELECT sum(x) OVER (PARTITION BY " + q + ") FROM a",
		"SELECT sum(x) OVER (ORDER BY " + q + ") FROM a",
		"SELECT sum(x) OVER (ORDER BY y ROWS BETWEEN " + q + " PRECEDING AND 1 FOLLOWING) FROM a",
		"SELECT sum(x) OVER (ORDER BY y ROWS BETWEEN 1 PRECEDING AND " + q + " FOLLOWING) FROM a",
		"SELECT group_concat(x ORDER BY " + q + ") FROM a",
		"SELECT x FROM a WINDOW w AS (ORDER BY " + q + ")",
		"SELECT x FROM a GROUP BY " + q,
		"SELECT x FROM a GROUP BY x HAVING " + q,
		"SELECT x FROM a ORDER BY " + q,
		"SELECT x FROM a LIMIT " + q,
		"SELECT x FROM a LIMIT 1 OFFSET " + q,
		"SELECT x FROM a UNION SELECT " + q,
		"VALUES (1), (" + q + ")",
		"WITH x AS " + q + " SELECT 1",
		"WITH x AS (SELECT 1) SELECT " + q,
		"INSERT INTO a VALUES (" + q + ")",
		"INSERT INTO a SELECT * FROM secret",
		"WITH x AS " + q + " INSERT INTO a VALUES (1)",
		"INSERT INTO a VALUES (1) ON CONFLICT (x) WHERE " + q + " DO NOTHING",
		"INSERT INTO a VALUES (1) ON CONFLICT DO UPDATE SET x = " + q,
		"INSERT INTO a VALUES (1) ON CONFLICT DO UPDATE SET x = 1 WHERE " + q,
		"INSERT INTO a VALUES (1) RETURNING " + q,
		"INSERT INTO a DEFAULT VALUES RETURNING " + q,
		"UPDATE a SET x = " + q,
		"UPDATE a SET (x, y) = " + q,
		"UPDATE a SET x = 1 FROM secret",
		"UPDATE a SET x = 1 WHERE " + q,
		"UPDATE a SET x = 1 RETURNING " + q,
		"UPDATE a SET x = 1 ORDER BY " + q + " LIMIT 1",
		"UPDATE a SET x = 1 LIMIT " + q,
		"WITH x AS " + q + " UPDATE a SET x = 1",
		"DELETE FROM a WHERE " + q,
		"DELETE FROM a RETURNING " + q,
		"DELETE FROM a ORDER BY " + q + " LIMIT 1",
		"DELETE FROM a LIMIT 1 OFFSET " + q,
		"WITH x AS " + q + " DELETE FROM a",
		"CREATE TABLE a AS SELECT * FROM secret",
		"CREATE VIEW a AS SELECT * FROM secret",
		"CREATE TRIGGER tr AFTER INSERT ON a BEGIN SELECT 1 FROM secret; END",
		"CREATE TRIGGER tr AFTER INSERT ON a WHEN " + q + " BEGIN SELECT 1; END",
		"CREATE TRIGGER tr AFTER INSERT ON a BEGIN DELETE FROM secret; END",
		"CREATE INDEX i ON a (x) WHERE " + q, // SQLite refuses it later
	} {
		st := Parse(text)
		if st.Incomplete != "" {
			t.Errorf("%s was not parsed: %s", text, st.Incomplete)
		}
		found := false
		for _, n := range st.Reads {
			found = found || n.Name == "secret"
		}
		if !found {
			t.Errorf("%s: reads %v, want secret", text, st.Reads)
		}
	}
}
