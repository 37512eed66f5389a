package mysql

import "testing"

func TestFunctionCalls(t *testing.T) {
	t.Parallel()
	checkProperty(t, "foreign", []understood{
		{"SELECT lower(a), count(*), row_number() OVER () FROM t", ""},
		{"SELECT f(a), F(b), `f`(c), g() FROM t", "f, g"},
		// With a database before it the name is never that of a built-in function.
		{"SELECT d.lower(a), d.f(b), d.now() FROM t", "lower, f, now"},
		// In quotes it need not be one.
		{"SELECT `now`(), `Lower`(a), `a` + INTERVAL 1 DAY, `b`->'$.x', 1 MEMBER OF (`c`) FROM t", "now, lower"},
		// Names that the parser has for something else.
		{"SELECT char_func(1), insert_func(1), json_memberof(1, 2)", "char_func, insert_func, json_memberof"},
		{"SELECT CHAR(65, 66 USING utf8mb4), INSERT('abc', 1, 2, 'x'), 1 MEMBER OF (a), DATE '2020-01-01' FROM t", ""},
		{"SELECT approx_count_distinct(a), tidb_version(), translate(a, 'x', 'y') FROM t", "approx_count_distinct, tidb_version, translate"},
		{"SELECT spider_direct_sql('x', 'y', 'z')", "spider_direct_sql"},
		{"SELECT a FROM t JOIN u ON f(a) WHERE g(b) GROUP BY h(c) HAVING i(d) WINDOW w AS (PARTITION BY j(e) ORDER BY k(f)) ORDER BY l(g)", "f, g, i, j, k, h, l"},
		{"SELECT group_concat(f(a) ORDER BY g(b)), sum(h(c)) OVER (ORDER BY i(d)), CASE j(e) WHEN k(f) THEN l(g) ELSE m(h) END FROM t", "f, g, h, i, j, k, l, m"},
		{"SELECT * FROM (SELECT f()) x WHERE (a, g()) IN ((1, h())) AND i() BETWEEN j() AND k() AND l() LIKE m()", "f, g, h, i, j, k, l, m"},
		{"SELECT MATCH (a) AGAINST (f()), CAST(g() AS CHAR), @x := h(), JSON_VALUE(i(), '$' NULL ON EMPTY), j() COLLATE utf8mb4_bin, VALUES(a), -k() FROM t", "f, g, h, i, j, k"},
		{"WITH x AS (SELECT f()) SELECT 1 UNION SELECT g()", "f, g"},
		{"SELECT * FROM JSON_TABLE(f(), '$' COLUMNS (x INT PATH '$')) j", "f"},
		{"VALUES ROW(f())", "f"},
	})
}

// TestFunctionNames: what not every server has is listed, for elsewhere another function
// may have its name.
func TestFunctionNames(t *testing.T) {
	t.Parallel()
	checkProperty(t, "functions", []understood{
		{"SELECT lower(a), now(), concat(b), group_concat(c), rank() OVER () FROM t", ""},
		{"SELECT regexp_like(a, 'x'), sformat('x'), NVL(a, 1), ANY_VALUE(b) FROM t", "regexp_like, sformat, nvl, any_value"},
		{"SELECT median(a) FROM t", "median"},
		{"SELECT JSON_VALUE(a, '$.x'), JSON_VALUE(a, '$.x' RETURNING CHAR) FROM t", "json_value"},
		{"SELECT nextval(s), password('x')", "nextval, password"},
	})
}

// TestFunctionAggregates: what cannot be told to compute over single rows counts as an
// aggregate.
func TestFunctionAggregates(t *testing.T) {
	t.Parallel()
	checkProperty(t, "query", []understood{
		{"SELECT COUNT(*), COUNT(DISTINCT a, b), max(a), GROUP_CONCAT(DISTINCT a ORDER BY b SEPARATOR ';') FROM t", "select agg:count(1), agg:count(a, b), agg:max(a), agg:group_concat(a, <text: >)+[b] from t"},
		{"SELECT std(a), stddev(a), stddev_samp(a), variance(a), bit_or(a) FROM t", "select agg:stddev_pop(a), agg:stddev_pop(a), agg:stddev_samp(a), agg:var_pop(a), agg:bit_or(a) from t"},
		{"SELECT json_objectagg(a, b), json_arrayagg(a) FROM t", "select agg:json_objectagg(a, b), agg:json_arrayagg(a) from t"},
		{"SELECT lower(a), f(b), d.g(c) FROM t", "select lower(a), agg:f(b), agg:g(c) from t"},
		{"SELECT sum(a) OVER (PARTITION BY b ORDER BY c), first_value(a) OVER w FROM t WINDOW w AS (ORDER BY d)", "select win:agg:sum(a)+[b, c], win:agg:first_value(a) from t windows[d]"},
	})
}

func TestFunctionVolatile(t *testing.T) {
	t.Parallel()
	for _, call := range []string{
		"now()", "CURRENT_TIMESTAMP", "current_timestamp(3)", "localtime", "LOCALTIMESTAMP()", "curdate()", "CURRENT_DATE", "curtime()", "CURRENT_TIME", "sysdate()",
		"utc_date()", "UTC_TIME", "utc_timestamp(6)", "unix_timestamp()", "rand()", "rand(1)", "uuid()", "uuid_short()", "random_bytes(8)", "sleep(1)", "benchmark(1, 2)",
		"connection_id()", "user()", "CURRENT_USER", "current_user()", "session_user()", "system_user()", "current_role()", "database()", "schema()", "version()",
		"found_rows()", "row_count()", "last_insert_id()", "last_insert_id(a)", "get_lock('x', 1)", "release_lock('x')", "release_all_locks()", "is_free_lock('x')", "is_used_lock('x')",
		"master_pos_wait('x', 1)", "wait_for_executed_gtid_set('x')", "load_file('x')", "nextval(s)", "lastval(s)", "setval(s, 1)", "NEXT VALUE FOR s",
		"encrypt('x')", "password('x')", "des_encrypt('x')", "sys_guid()",
	} {
		if st := Parse("SELECT " + call + " FROM t"); st.Query == nil || st.Volatile == "" || st.Foreign != "" {
			t.Errorf("%s: volatile %q, foreign %q, %s", call, st.Volatile, st.Foreign, st.Incomplete)
		}
	}
	for _, call := range []string{
		"unix_timestamp(a)", "from_unixtime(a)", "date_format(a, '%Y')", "concat(a, b)", "coalesce(a, b)", "if(a, b, c)", "json_extract(a, '$.x')", "convert_tz(a, '+00:00', '+01:00')",
		"str_to_date(a, '%Y')", "md5(a)", "inet_aton(a)", "truncate(a, 1)", "interval(a, 1, 2)", "a + INTERVAL 1 DAY", "timestampdiff(DAY, a, b)", "st_distance(a, b)", "aes_decrypt(a, 'k')",
	} {
		if st := Parse("SELECT " + call + " FROM t"); st.Query == nil || st.Volatile != "" || st.Foreign != "" {
			t.Errorf("%s: volatile %q, foreign %q, %s", call, st.Volatile, st.Foreign, st.Incomplete)
		}
	}
}
