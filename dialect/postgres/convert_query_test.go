package postgres

import "testing"

func TestConvertQuery(t *testing.T) {
	t.Parallel()
	checkProperty(t, "query", []understood{
		{"TABLE t", "select * from t"},
		{"VALUES (1), ($1)", "values (1) ($1)"},
		{"SELECT t.*, s.t.*, t.a, s.t.b AS c FROM s.t", "select t.*, t.*, t.a, s.t.b as c from s.t"},
		{`SELECT "A b", A FROM "T"`, "select A b, a from T"},
		{"SELECT DISTINCT a FROM t", "select distinct a from t"},
		{"SELECT a FROM t GROUP BY a HAVING b", "select a from t group[a] having b"},
		{"SELECT a FROM t LIMIT 5 OFFSET $1", "select a from t limit[5] offset[$1]"},
		{"SELECT a FROM t FETCH FIRST ROW ONLY", "select a from t limit[1]"},
		// How many rows come is not said by the number.
		{"SELECT a FROM t ORDER BY b FETCH FIRST 1 ROW WITH TIES", "select a from t order[b] limit[<WITH TIES: 1>]"},
		// The first row of each group is told by all rows.
		{"SELECT DISTINCT ON (a) a, b FROM t", "select distinct a, b from t windows[a]"},
		// There is a row of all rows, also where there is none.
		{"SELECT a FROM t GROUP BY ROLLUP (a)", "select a from t having true windows[<grouping set: a>]"},
		{"SELECT a FROM t GROUP BY a, () HAVING b", "select a from t having b windows[a, <grouping set: >]"},
		// Nobody knows how many columns that is.
		{"SELECT (c).*, id FROM t", "select (columns that are not known).*<part of a value: c>, id from t"},
	})
}

func TestConvertCompound(t *testing.T) {
	t.Parallel()
	checkProperty(t, "query", []understood{
		{"SELECT 1 UNION SELECT 2 EXCEPT ALL SELECT 3 ORDER BY 1 LIMIT 4", "select 1 compound select 2 compound select 3 order[1] limit[4]"},
		{"SELECT 1 UNION (SELECT 2 INTERSECT SELECT 3)", "select 1 compound select 2 compound select 3"},
		{"(SELECT 1 ORDER BY 1 LIMIT 2) UNION SELECT 3", "select * from {select 1 order[1] limit[2]} compound select 3"},
		{"SELECT 1 UNION (SELECT 2 OFFSET 1)", "select 1 compound select * from {select 2 offset[1]}"},
		{"(SELECT 1 UNION SELECT 2 LIMIT 3) EXCEPT SELECT 4", "select * from {select 1 compound select 2 limit[3]} compound select 4"},
		{"SELECT 1 UNION (WITH x AS (SELECT 2) SELECT * FROM x)", "select 1 compound select * from {with x as {select 2} select * from cte:x}"},
	})
}

func TestConvertSources(t *testing.T) {
	t.Parallel()
	checkProperty(t, "query", []understood{
		{"SELECT 1 FROM a, b", "select 1 from (a cross b)"},
		// The condition of a join sees what it joins, and not what stands before it.
		{"SELECT 1 FROM a, b JOIN c ON x", "select 1 from (a cross (b nested inner c on x))"},
		{"SELECT 1 FROM a JOIN (b JOIN c ON x) ON y", "select 1 from (a inner (b nested inner c on x) on y)"},
		{"SELECT 1 FROM a JOIN b ON x JOIN c ON y", "select 1 from ((a inner b on x) inner c on y)"},
		{"SELECT 1 FROM a NATURAL LEFT JOIN b FULL JOIN c USING (x, y) RIGHT JOIN d ON z CROSS JOIN e",
			"select 1 from ((((a natural left b) full c using x, y) right d on z) cross e)"},
		{"SELECT 1 FROM ONLY (t) AS x", "select 1 from t as x"},
		{"SELECT 1 FROM (SELECT 2) q, LATERAL (SELECT q.a) r", "select 1 from ({select 2} as q cross lateral {select q.a} as r)"},
		// An alias of a join hides the names inside.
		{"SELECT 1 FROM (a JOIN b ON x) AS j", "select 1 from {select * from (a inner b on x)} as j"},
		{"SELECT 1 FROM generate_series(1, 2) AS n", "select 1 from generate_series(1, 2) as n"},
		{"SELECT 1 FROM ROWS FROM (unnest($1::int[]), jsonb_to_recordset('[]') AS (x int)) WITH ORDINALITY r",
			`select 1 from unnest(unnest(<CAST: $1>), jsonb_to_recordset("[]")) as r`},
		{"SELECT 1 FROM XMLTABLE('/a' PASSING d COLUMNS id int PATH 'x')", `select 1 from pg_catalog.xmltable(d, "/a", "x")`},
	})
}

// TestConvertRenamed: where an alias gives names to columns nobody may take a
// column for another one.
func TestConvertRenamed(t *testing.T) {
	t.Parallel()
	checkProperty(t, "query", []understood{
		{"SELECT 1 FROM t v(a, b)", "select 1 from {select (columns that are not known).* from t as v} as v"},
		{"WITH c AS (SELECT 1) SELECT 1 FROM c v(a)", "with c as {select 1} select 1 from {select (columns that are not known).* from cte:c as v} as v"},
		{"SELECT 1 FROM (SELECT a, b, c FROM t) v(x, y)", "select 1 from {select a as x, b as y, c from t} as v"},
		{"SELECT 1 FROM (SELECT a AS b UNION SELECT c) v(x)", "select 1 from {select a as x compound select c} as v"},
		{"SELECT 1 FROM (SELECT a, * FROM t) v(x, y)", "select 1 from {select (columns that are not known).* from {select a, * from t}} as v"},
		{"SELECT 1 FROM (VALUES (1, 2)) v(x, y)", "select 1 from {select (columns that are not known).* from {values (1, 2)}} as v"},
		{"SELECT 1 FROM (a JOIN b ON c) AS v(x)", "select 1 from {select (columns that are not known).* from (a inner b on c)} as v"},
		// u is another name for what the join made one of two.
		{"SELECT 1 FROM a JOIN b USING (x) AS u", "select 1 from ((a inner b using x) cross {select (columns that are not known).*} as u)"},
	})
}

func TestConvertWith(t *testing.T) {
	t.Parallel()
	checkProperty(t, "query", []understood{
		{"WITH t AS (SELECT * FROM t) SELECT * FROM t, s.t", "with t as {select * from t} select * from (cte:t cross s.t)"},
		{"WITH RECURSIVE t AS (SELECT * FROM t) SELECT * FROM t", "with recursive t as {select * from cte:t} select * from cte:t"},
		{"WITH a AS (SELECT * FROM b), b AS (SELECT * FROM a) SELECT 1", "with a as {select * from b}, b as {select * from cte:a} select 1"},
		{"WITH RECURSIVE a AS (SELECT * FROM b), b AS (SELECT 1) SELECT 1", "with recursive a as {select * from cte:b}, b as {select 1} select 1"},
		{"WITH a AS (SELECT 1) SELECT (SELECT 2 FROM a)", "with a as {select 1} select scalar{select 2 from cte:a}"},
		{"SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a) x, a", "select * from ({with a as {select 1} select * from cte:a} as x cross a)"},
		{"WITH a(x, y) AS (SELECT b, c FROM t) SELECT 1", "with a(x, y) as {select b, c from t} select 1"},
		{"WITH a(x, y) AS (VALUES (1, 2)) SELECT 1", "with a(x, y) as {values (1, 2)} select 1"},
		// There are more columns than names, or nobody knows.
		{"WITH a(x) AS (SELECT b, c FROM t) SELECT 1", "with a as {select (columns that are not known).* from {select b, c from t}} select 1"},
		{"WITH a(x) AS (SELECT * FROM t) SELECT 1", "with a as {select (columns that are not known).* from {select * from t}} select 1"},
		{"WITH RECURSIVE a(x) AS (SELECT 1 UNION ALL SELECT 2 FROM a) SEARCH DEPTH FIRST BY x SET y SELECT 1",
			"with recursive a as {select (columns that are not known).* from {select 1 compound select 2 from cte:a}} select 1"},
	})
	checkProperty(t, "reads", []understood{
		{"WITH t AS (SELECT * FROM t) SELECT * FROM t", "t"},
		{"WITH RECURSIVE t AS (SELECT * FROM t) SELECT * FROM t", ""},
		{"WITH a AS (SELECT * FROM b), b AS (SELECT * FROM a) SELECT 1", "b"},
		{"WITH a AS (SELECT 1) SELECT * FROM s.a", "s.a"},
	})
	// The neutral model would take the nearer a.
	checkProperty(t, "incomplete", []understood{
		{"WITH a AS (SELECT 1) SELECT * FROM (WITH b AS (SELECT * FROM a), a AS (SELECT 2) SELECT * FROM b) x", "a WITH has the name of a CTE that its queries use"},
		{"WITH a AS (SELECT 1) SELECT * FROM (WITH a AS (SELECT * FROM a) SELECT * FROM a) x", "a WITH has the name of a CTE that its queries use"},
	})
}

// TestConvertImpure: what is no function of rows and arguments says so.
func TestConvertImpure(t *testing.T) {
	t.Parallel()
	checkProperty(t, "volatile", []understood{
		{"SELECT * FROM t WHERE a = 1", ""},
		{"SELECT * FROM t FOR UPDATE", "it locks rows"},
		{"SELECT * FROM (SELECT * FROM t FOR KEY SHARE SKIP LOCKED) x", "it locks rows"},
		{"SELECT * FROM t TABLESAMPLE bernoulli (1)", "TABLESAMPLE takes rows by chance"},
		{"SELECT * FROM pg_class", "pg_class is no table of the program's own"},
		{"SELECT * FROM information_schema.tables", "tables is no table of the program's own"},
		{"SELECT * FROM pg_temp.x", "x is no table of the program's own"},
		{"SELECT ctid FROM t", "ctid says where a row stands or who wrote it"},
		{"SELECT t.xmin FROM t", "xmin says where a row stands or who wrote it"},
		{"SELECT age FROM t WHERE t.age = 1 AND t.version = 2", ""},
		{"SELECT t.pg_typeof FROM t", "pg_typeof() is no function of its arguments"},
		{"SELECT (a).pg_sleep FROM t", "pg_sleep() is no function of its arguments"},
		{"SELECT CURRENT_DATE", "CURRENT_TIMESTAMP, CURRENT_USER or the like is no function of rows"},
		{"SELECT * FROM current_user", "CURRENT_TIMESTAMP, CURRENT_USER or the like is no function of rows"},
		{"SELECT * FROM t ORDER BY random()", "random() is no function of its arguments"},
		{"SELECT * FROM t WHERE a IN (SELECT now())", "now() is no function of its arguments"},
		{"SELECT count(*) FILTER (WHERE a < now()) FROM t", "now() is no function of its arguments"},
		{"SELECT sum(a) OVER (ORDER BY random()) FROM t", "random() is no function of its arguments"},
		{"SELECT xmlelement(name x, now())", "now() is no function of its arguments"},
		{"SELECT JSON_OBJECT('a' : now())", "now() is no function of its arguments"},
		{"SELECT a[pg_sleep(1)::text::int] FROM t", "pg_sleep() is no function of its arguments"},
		{"VALUES (random())", "random() is no function of its arguments"},
		{"SELECT 1 LIMIT random()", "random() is no function of its arguments"},
	})
}
