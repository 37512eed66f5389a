package mysql

import "testing"

func TestConvertQuery(t *testing.T) {
	t.Parallel()
	checkProperty(t, "query", []understood{
		{"TABLE t ORDER BY a LIMIT 1", "select * from t order[a] limit[1]"},
		{"VALUES ROW(1, 2), ROW(?, 3)", "values (1, 2) ($1, 3)"},
		{"SELECT t.*, d.t.*, t.a, d.t.b AS c, 1 'x' FROM d.t", "select t.*, t.*, t.a, d.t.b as c, 1 as x from d.t"},
		{"SELECT DISTINCT SQL_NO_CACHE HIGH_PRIORITY STRAIGHT_JOIN a FROM t", "select distinct a from t"},
		{"SELECT a FROM t GROUP BY 1 HAVING b ORDER BY 2 DESC", "select a from t group[1] having b order[2]"},
		{"SELECT a x FROM t HAVING x > 1", "select a as x from t having <comparison: x, 1>"},
		{"SELECT 1 FROM DUAL WHERE a", "select 1 where a"},
		{"SELECT a FROM t LIMIT 5 OFFSET ?", "select a from t limit[5] offset[$1]"},
		{"SELECT a FROM t LIMIT 18446744073709551615 OFFSET 2", "select a from t limit[decimal:18446744073709551615] offset[2]"},
		// There is a row of all rows, also where there is none.
		{"SELECT a FROM t GROUP BY a WITH ROLLUP", "select a from t having true windows[a]"},
		{"SELECT a FROM t GROUP BY a WITH ROLLUP HAVING b", "select a from t having b windows[a]"},
		{"SELECT sum(a) OVER w FROM t WINDOW w AS (PARTITION BY b ORDER BY c)", "select win:agg:sum(a) from t windows[b, c]"},
		{"(SELECT 1 FROM t)", "select 1 from t"},
	})
}

func TestConvertCompound(t *testing.T) {
	t.Parallel()
	checkProperty(t, "query", []understood{
		{"SELECT 1 UNION SELECT 2 EXCEPT ALL SELECT 3 INTERSECT SELECT 4 ORDER BY 1 LIMIT 4", "select 1 compound select 2 compound select 3 compound select 4 order[1] limit[4]"},
		{"(SELECT 1) UNION (SELECT 2)", "select 1 compound select 2"},
		{"SELECT 1 UNION (SELECT 2 INTERSECT SELECT 3)", "select 1 compound select 2 compound select 3"},
		{"(SELECT 1 ORDER BY 1 LIMIT 2) UNION SELECT 3", "select * from {select 1 order[1] limit[2]} compound select 3"},
		{"SELECT 1 UNION (SELECT 2 LIMIT 1)", "select 1 compound select * from {select 2 limit[1]}"},
		{"SELECT 1 UNION (SELECT 2 LIMIT 1) LIMIT 2", "select 1 compound select * from {select 2 limit[1]} limit[2]"},
		{"(SELECT 1 UNION SELECT 2 LIMIT 3) EXCEPT SELECT 4", "select * from {select 1 compound select 2 limit[3]} compound select 4"},
		{"(SELECT 1 FROM t) ORDER BY 1 LIMIT 2", "select 1 from t order[1] limit[2]"},
		{"(SELECT 1 FROM t LIMIT 3) LIMIT 2", "select * from {select 1 from t limit[3]} limit[2]"},
		{"SELECT 1 UNION (WITH x AS (SELECT 2) SELECT * FROM x)", "select 1 compound select * from {with x as {select 2} select * from cte:x}"},
		{"SELECT 1 UNION (WITH x AS (SELECT 2) SELECT * FROM x UNION SELECT 3)", "select 1 compound select * from {with x as {select 2} select * from cte:x compound select 3}"},
		{"WITH x AS (SELECT 1) SELECT 2 FROM x UNION SELECT 3 FROM x", "with x as {select 1} select 2 from cte:x compound select 3 from cte:x"},
		{"WITH x AS (SELECT 1) (SELECT 2 FROM x)", "with x as {select 1} select 2 from cte:x"},
		{"VALUES ROW(1) UNION TABLE t", "values (1) compound select * from t"},
	})
}

func TestConvertSources(t *testing.T) {
	t.Parallel()
	checkProperty(t, "query", []understood{
		{"SELECT 1 FROM a, b", "select 1 from (a cross b)"},
		// The condition of a join sees what it joins, and not what stands before a comma.
		{"SELECT 1 FROM a, b JOIN c ON x", "select 1 from (a cross (b nested inner c on x))"},
		{"SELECT 1 FROM a JOIN b ON x, c", "select 1 from ((a inner b on x) cross c)"},
		{"SELECT 1 FROM a JOIN (b JOIN c ON x) ON y", "select 1 from (a inner (b nested inner c on x) on y)"},
		{"SELECT 1 FROM a JOIN b JOIN c ON x ON y", "select 1 from (a inner (b nested inner c on x) on y)"},
		{"SELECT 1 FROM a LEFT JOIN (b, c) ON x", "select 1 from (a left (b nested cross c) on x)"},
		{"SELECT 1 FROM a JOIN b ON x JOIN c ON y", "select 1 from ((a inner b on x) inner c on y)"},
		{"SELECT 1 FROM a JOIN b CROSS JOIN c ON x", "select 1 from ((a cross b) inner c on x)"},
		{"SELECT 1 FROM a JOIN b RIGHT JOIN c ON x", "select 1 from ((a cross b) right c on x)"},
		{"SELECT 1 FROM a JOIN b NATURAL JOIN c", "select 1 from ((a cross b) natural inner c)"},
		{"SELECT 1 FROM a STRAIGHT_JOIN b ON x STRAIGHT_JOIN c", "select 1 from ((a inner b on x) cross c)"},
		{"SELECT 1 FROM a NATURAL LEFT JOIN b LEFT OUTER JOIN c USING (x, y) RIGHT JOIN d ON z INNER JOIN e",
			"select 1 from ((((a natural left b) left c using x, y) right d on z) cross e)"},
		{"SELECT 1 FROM {OJ a LEFT JOIN b ON x}", "select 1 from (a left b on x)"},
		{"SELECT 1 FROM ((a)), (b AS c)", "select 1 from (a cross b as c)"},
		{"SELECT 1 FROM t PARTITION (p0, p1) AS x USE INDEX (i) IGNORE INDEX FOR JOIN (j)", "select 1 from t as x"},
		{"SELECT 1 FROM (SELECT 2) q, LATERAL (SELECT q.a) r", "select 1 from ({select 2} as q cross lateral {select q.a} as r)"},
		{"SELECT 1 FROM ((SELECT 1) UNION (SELECT 2)) q", "select 1 from {select 1 compound select 2} as q"},
		{"SELECT 1 FROM t, JSON_TABLE(t.j, '$[*]' COLUMNS (n FOR ORDINALITY, x INT PATH '$.x' DEFAULT '7' ON EMPTY, NESTED PATH '$.y' COLUMNS (z INT EXISTS PATH '$.z'))) AS j",
			`select 1 from (t cross json_table(t.j, "$[*]", "$.x", "7", "$.y", "$.z") as j)`},
	})
	// The parser joins a to b first, so that x seems to see the names of a.
	checkProperty(t, "incomplete", []understood{
		{"SELECT 1 FROM a JOIN (b JOIN c ON x) JOIN d ON y", "a join in parentheses begins with one without a condition"},
		{"SELECT 1 FROM a JOIN (b RIGHT JOIN c ON x) JOIN d ON y", "a join in parentheses begins with one without a condition"},
		{"SELECT 1 FROM a JOIN ((b JOIN c ON x) JOIN d ON y) JOIN e ON z", "a join in parentheses begins with one without a condition"},
		{"SELECT 1 FROM t WHERE a = {d '2020-01-01'}", "an ODBC escape"},
		{"SELECT 1 FROM t WHERE a = {D '2020-01-01'}", "an ODBC escape"},
	})
}

// TestConvertRenamed: where an alias gives names to columns nobody may take a column
// for another one.
func TestConvertRenamed(t *testing.T) {
	t.Parallel()
	checkProperty(t, "query", []understood{
		{"SELECT 1 FROM (SELECT a, b FROM t) v(x, y)", "select 1 from {select a as x, b as y from t} as v"},
		{"SELECT 1 FROM (SELECT a AS b UNION SELECT c) v(x)", "select 1 from {select a as x compound select c} as v"},
		{"SELECT 1 FROM (SELECT * FROM t) v(x, y)", "select 1 from {select (columns that are not known).* from {select * from t}} as v"},
		{"SELECT 1 FROM (VALUES ROW(1, 2)) v(x, y)", "select 1 from {select (columns that are not known).* from {values (1, 2)}} as v"},
	})
}

func TestConvertWith(t *testing.T) {
	t.Parallel()
	checkProperty(t, "query", []understood{
		{"WITH t AS (SELECT * FROM t) SELECT * FROM t, d.t", "with t as {select * from t} select * from (cte:t cross d.t)"},
		{"WITH RECURSIVE t AS (SELECT 1 UNION ALL SELECT a FROM t) SELECT * FROM t", "with recursive t as {select 1 compound select a from cte:t} select * from cte:t"},
		{"WITH a AS (SELECT * FROM b), b AS (SELECT * FROM a) SELECT 1", "with a as {select * from b}, b as {select * from cte:a} select 1"},
		{"WITH a AS (SELECT 1) SELECT (SELECT 2 FROM a)", "with a as {select 1} select scalar{select 2 from cte:a}"},
		{"SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a) x, a", "select * from ({with a as {select 1} select * from cte:a} as x cross a)"},
		{"WITH a(x, y) AS (SELECT b, c FROM t) SELECT 1", "with a(x, y) as {select b, c from t} select 1"},
		{"WITH a(x, y) AS (VALUES ROW(1, 2)) SELECT 1", "with a(x, y) as {values (1, 2)} select 1"},
		{"WITH a(x) AS (SELECT * FROM t) SELECT 1", "with a as {select (columns that are not known).* from {select * from t}} select 1"},
	})
	checkProperty(t, "reads", []understood{
		{"WITH t AS (SELECT * FROM t) SELECT * FROM t", "t"},
		{"WITH RECURSIVE t AS (SELECT * FROM t) SELECT * FROM t", ""},
		{"WITH a AS (SELECT * FROM b), b AS (SELECT * FROM a) SELECT 1", "b"},
		{"WITH a AS (SELECT 1) SELECT * FROM d.a", "d.a"},
	})
	checkProperty(t, "incomplete", []understood{
		// The neutral model would take the nearer a.
		{"WITH a AS (SELECT 1) SELECT * FROM (WITH b AS (SELECT * FROM a), a AS (SELECT 2) SELECT * FROM b) x", "a WITH has the name of a CTE that its queries use"},
		{"WITH a AS (SELECT 1) SELECT * FROM (WITH a AS (SELECT * FROM a) SELECT * FROM a) x", "a WITH has the name of a CTE that its queries use"},
		// To MySQL b is a table there, to MariaDB it is the CTE.
		{"WITH RECURSIVE a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a", "a query of a WITH RECURSIVE has the name of one behind it"},
		// Perhaps there is a table A.
		{"WITH a AS (SELECT 1) SELECT * FROM A", "the name of a CTE stands in other letters"},
	})
}

// TestConvertImpure: what is no function of rows and arguments says so.
func TestConvertImpure(t *testing.T) {
	t.Parallel()
	checkProperty(t, "volatile", []understood{
		{"SELECT * FROM t WHERE a = 1", ""},
		{"SELECT * FROM t FOR UPDATE", "it locks rows"},
		{"SELECT * FROM (SELECT * FROM t LOCK IN SHARE MODE) x", "it locks rows"},
		{"SELECT * FROM t UNION SELECT * FROM u FOR SHARE OF u SKIP LOCKED", "it locks rows"},
		{"SELECT * FROM t WHERE a IN (SELECT b FROM u FOR UPDATE NOWAIT)", "it locks rows"},
		{"SELECT SQL_CALC_FOUND_ROWS * FROM t", "SQL_CALC_FOUND_ROWS counts for FOUND_ROWS()"},
		{"SELECT a INTO @x FROM t", "INTO puts the rows somewhere else"},
		{"SELECT a FROM t INTO OUTFILE 'x'", "INTO puts the rows somewhere else"},
		{"SELECT a FROM t LIMIT 1 INTO DUMPFILE 'x'", "INTO puts the rows somewhere else"},
		{"SELECT @x FROM t", "a variable is a state of the connection"},
		{"SELECT * FROM t WHERE (@n := a) = 1", "a variable is a state of the connection"},
		{"SELECT @@sql_mode, @@global.port", "a variable is a state of the connection"},
		{"SELECT * FROM t WHERE MATCH (a, b) AGAINST (? IN BOOLEAN MODE)", "MATCH asks a full-text index"},
		{"SELECT DEFAULT(a) FROM t", "the default of a column may be an expression"},
		{"SELECT * FROM information_schema.tables", "tables is no table of the program's own"},
		{"SELECT * FROM MySQL.user", "user is no table of the program's own"},
		{"SELECT * FROM t ORDER BY rand()", "rand() is no function of its arguments"},
		{"SELECT * FROM t WHERE a IN (SELECT now())", "now() is no function of its arguments"},
		{"SELECT sum(a) OVER (ORDER BY rand()) FROM t", "rand() is no function of its arguments"},
		{"SELECT * FROM t WHERE a BETWEEN 1 AND uuid()", "uuid() is no function of its arguments"},
		{"SELECT * FROM t JOIN u ON sleep(1)", "sleep() is no function of its arguments"},
		{"SELECT group_concat(a ORDER BY rand()) FROM t GROUP BY b HAVING c", "rand() is no function of its arguments"},
		{"SELECT * FROM JSON_TABLE('[]', '$' COLUMNS (x INT PATH '$' DEFAULT '1' ON ERROR)) j WHERE CASE WHEN x THEN curdate() END", "curdate() is no function of its arguments"},
	})
}
