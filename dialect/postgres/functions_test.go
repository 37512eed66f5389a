package postgres

import (
	"slices"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

func TestFunctionCalls(t *testing.T) {
	t.Parallel()
	checkProperty(t, "foreign", []understood{
		{"SELECT lower(a), count(*), row_number() OVER () FROM t", ""},
		{"SELECT f(a), F(b), \"F\"(c) FROM t", "f, F"},
		{"SELECT s.lower(a), pg_catalog.lower(b), pg_catalog.nope(c)", "lower, nope"},
		{"SELECT * FROM f(1), generate_series(1, 2), ROWS FROM (g(1)) x", "f, g"},
		{"SELECT a <=> 1, a OPERATOR(s.+) 1, a OPERATOR(pg_catalog.+) 1, a + 1 FROM t", "operator <=>, operator +"},
		{"SELECT a FROM t ORDER BY b USING <<<", "operator <<<"},
		{"SELECT 'x'::mood, CAST(a AS s.kind), b::int[], c::pg_catalog.int4, d::citext[], e::_text", "type mood, type kind, type citext"},
		{"SELECT * FROM json_to_record('{}') AS x(a mood)", "type mood"},
		{"SELECT JSON_VALUE(a, '$' RETURNING mood)", "type mood"},
		{"SELECT a > ANY (SELECT 1), b <=> ALL (SELECT 2)", "operator <=>"},
		{"SELECT query_to_xml('SELECT f()', true, true, '')", "query_to_xml"},
		{"SELECT ts_stat('SELECT f()')", "ts_stat"},
		{"SELECT ('SELECT f()').ts_stat", "ts_stat"},
		{"SELECT * FROM t TABLESAMPLE mine (1)", "mine"},
		{"INSERT INTO t VALUES (f(1)) ON CONFLICT (g(a)) WHERE h() DO UPDATE SET b = i(), c[j()] = 1 WHERE k() RETURNING l()", "f, g, h, i, j, k, l"},
		{"UPDATE t SET a = f(), (b, c) = (g(), 1) FROM h() WHERE i() RETURNING j()", "f, g, h, i, j"},
		{"DELETE FROM t USING f() WHERE g() RETURNING h()", "f, g, h"},
		{"MERGE INTO t USING f() x ON g() WHEN MATCHED AND h() THEN UPDATE SET a = i() WHEN NOT MATCHED THEN INSERT VALUES (j())", "f, g, h, i, j"},
		{"SELECT a FROM t GROUP BY f(a), ROLLUP (g(b)) HAVING h(c) WINDOW w AS (PARTITION BY i(d) ORDER BY j(e) ROWS k(f) PRECEDING) LIMIT l(1) OFFSET m(2)", "f, g, h, i, j, k, l, m"},
		{"SELECT sum(f(a) ORDER BY g(b)) FILTER (WHERE h(c)) OVER (ORDER BY i(d)), CASE j(e) WHEN k(f) THEN l(g) ELSE m(h) END", "f, g, h, i, j, k, l, m"},
		{"SELECT DISTINCT ON (f(a)) 1 FROM t JOIN u ON g(b) ORDER BY h(c)", "g, f, h"},
		{"SELECT xmlelement(name x, xmlattributes(f(a)), g(b)), JSON_OBJECT('k' : h(c)), JSON_ARRAYAGG(i(d) ORDER BY j(e))", "f, g, h, j, i"},
	})
}

// TestFunctionNames: what can be overloaded is listed, what is PostgreSQL's own for
// sure is not.
func TestFunctionNames(t *testing.T) {
	t.Parallel()
	checkProperty(t, "functions", []understood{
		{"SELECT lower(a), now(), pg_catalog.upper(b), EXTRACT(epoch FROM c) FROM t", "lower, now"},
		{"SELECT a = 1, b IN (2), c LIKE 'x', d NOT ILIKE 'y', e IS DISTINCT FROM 1 FROM t", "operator =, operator ~~, operator !~~*"},
		{"SELECT a BETWEEN 1 AND 2", "operator >=, operator <=, operator <, operator >"},
		{"SELECT a IN (SELECT 1), CASE b WHEN 1 THEN 2 END", "operator ="},
		{"SELECT 1 FROM a JOIN b USING (c)", "operator ="},
		{"SELECT (a).street FROM t", "street"},
	})
}

// TestFunctionAggregates: what cannot be told to compute over single rows counts
// as an aggregate.
func TestFunctionAggregates(t *testing.T) {
	t.Parallel()
	checkProperty(t, "query", []understood{
		{"SELECT count(*), max(a), percentile_cont(1) WITHIN GROUP (ORDER BY b) FROM t", "select agg:count(*), agg:max(a), agg:percentile_cont(1)+[b] from t"},
		{"SELECT lower(a), f(b) FROM t", "select lower(a), agg:f(b) from t"},
		{"SELECT JSON_OBJECTAGG('a' : b), JSON_ARRAYAGG(c), grouping(d) FROM t GROUP BY d", `select agg:json_objectagg("a", b), agg:json_arrayagg(c), agg:grouping(d) from t group[d]`},
		{"SELECT sum(a) OVER (PARTITION BY b ORDER BY c) FROM t", "select win:agg:sum(a)+[b, c] from t"},
	})
}

func TestFunctionVolatile(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"now", "clock_timestamp", "random", "gen_random_uuid", "nextval", "currval", "pg_advisory_lock", "pg_sleep", "pg_notify",
		"current_setting", "set_config", "txid_current", "pg_get_viewdef", "to_regclass", "has_table_privilege", "pg_typeof", "version",
	} {
		if st := Parse("SELECT " + name + "(1)"); st.Volatile == "" || st.Foreign != "" {
			t.Errorf("%s: volatile %q, foreign %q", name, st.Volatile, st.Foreign)
		}
	}
	for _, name := range []string{"to_char", "date_trunc", "concat", "format", "array_to_string", "jsonb_build_object", "to_tsvector", "lower", "coalesce"} {
		if st := Parse("SELECT " + name + "(a, b)"); st.Volatile != "" || st.Foreign != "" {
			t.Errorf("%s: volatile %q, foreign %q", name, st.Volatile, st.Foreign)
		}
	}
	checkProperty(t, "volatile", []understood{
		{"SELECT age(a)", "age() is no function of its arguments"},
		{"SELECT age(a, b)", ""},
		{"SELECT 't'::regclass", "a cast to regclass looks a name up"},
		{"SELECT a::regtype[]", "a cast to regtype looks a name up"},
		{"SELECT to_tsvector('english'::regconfig, a)", ""},
	})
}

// TestFunctionDateWords: a text may be a date that changes with time.
func TestFunctionDateWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"now": true, " Now": true, "TODAY 12:00": true, "tomorrow": true, "yesterday America/New_York": true,
		"{2020-01-01,now}": true, "[today,tomorrow)": true,
		"": false, "2020-01-01": false, "nowhere": false, "snow": false, "to day": false, "epoch": false, "infinity": false,
	} {
		if got := functionDateWord(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
		st := Parse("SELECT 1 FROM t WHERE a < " + nameText(text) + "::date")
		if (st.Volatile != "") != want {
			t.Errorf("%q: volatile %q", text, st.Volatile)
		}
	}
}

// TestFunctionTables: no name is in two groups.
func TestFunctionTables(t *testing.T) {
	t.Parallel()
	for name, kind := range functions {
		if kind == functionForeign || name == "" {
			t.Errorf("%q is %d", name, kind)
		}
	}
	for _, name := range []string{"query_to_xml", "table_to_xml", "schema_to_xml", "database_to_xml", "cursor_to_xml", "ts_stat", "ts_rewrite",
		"lo_import", "lo_export", "pg_read_file", "pg_ls_dir", "pg_logical_slot_get_changes", "brin_summarize_new_values", "dblink", "dblink_exec"} {
		if functionLookup(name) != functionForeign {
			t.Errorf("%s is known", name)
		}
	}
	if dialect.OperatorPrefix == dialect.TypePrefix {
		t.Error("an operator's name can be that of a type")
	}
}

// TestAttributes: a statement that writes names the columns that may be calls of
// functions; a query holds them itself.
func TestAttributes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"UPDATE t SET a = t.f WHERE id = 1":                           true,
		"DELETE FROM t WHERE t.f > 0":                                 true,
		"INSERT INTO u SELECT t.f FROM t":                             true,
		"INSERT INTO u VALUES (1) RETURNING u.f":                      true,
		"WITH x AS (DELETE FROM t RETURNING t.f) SELECT * FROM x":     true,
		"MERGE INTO t USING u ON t.f = u.id WHEN MATCHED THEN DELETE": true,
		"EXPLAIN ANALYZE SELECT t.f FROM t":                           true,
		"UPDATE t SET a = t.f ORDER BY whatever":                      true, // read by its tokens
		"SELECT t.f FROM t":                                           false,
		"UPDATE t SET a = f":                                          false,
	} {
		if got := slices.Contains(Parse(text).Functions, dialect.AttributePrefix+"f"); got != want {
			t.Errorf("%s: named %v, want %v", text, got, want)
		}
	}
}
