package sqlite

import (
	"strings"
	"testing"
)

func TestFunctions(t *testing.T) {
	t.Parallel()
	pure := []string{
		"abs(a)", "coalesce(a, b)", "lower(a)", "UPPER(a)", "round(a, 2)", "substr(a, 1)", "substr(a, 1, 2)", "trim(a, 'x')",
		"printf('%d', a)", "format('%d', a)", "char(1, 2)", "hex(a)", "ifnull(a, b)", "iif(a, b, c)", "instr(a, b)", "length(a)",
		"like('a', b)", "glob('a', b)", "likely(a)", "likelihood(a, 0.5)", "nullif(a, b)", "quote(a)", "replace(a, b, c)", "typeof(a)",
		"unhex(a)", "unicode(a)", "zeroblob(5)", "concat(a)", "concat_ws(',', a)", "octet_length(a)",
		"json(a)", "json_extract(a, '$.x')", "json_set(a, '$.x', 1)", "json_object('a', 1)", "json_array(1, 2)", "json_valid(a)",
		"json_type(a)", "json_array_length(a, '$')", "json_patch(a, b)", "json_quote(a)", "jsonb_extract(a, '$')", "a -> 'x'", "a ->> 'x'",
		"sqrt(a)", "pow(a, 2)", "pi()", "log(a)", "log(2, a)", "atan2(a, b)", "floor(a)",
		"count(*)", "count()", "count(a)", "sum(a)", "total(a)", "avg(a)", "min(a)", "max(a)", "min(a, b)", "max(a, b, c)",
		"group_concat(a)", "group_concat(a, ',')", "string_agg(a, ',')", "json_group_array(a)", "json_group_object(a, b)",
		"row_number() OVER w", "rank() OVER w", "lag(a) OVER w", "lead(a, 1, 2) OVER w", "ntile(4) OVER w", "first_value(a) OVER w", "nth_value(a, 2) OVER w",
		"a LIKE b", "a GLOB b",
	}
	for _, expr := range pure {
		st := mustSelect(t, "SELECT "+expr+" FROM t WINDOW w AS (ORDER BY a)")
		if st.Volatile != "" || st.Foreign != "" || len(st.Foreigns) > 0 {
			t.Errorf("%s: volatile %q, foreign %q", expr, st.Volatile, st.Foreigns)
		}
	}

	for _, expr := range []string{
		"random()", "randomblob(16)", "changes()", "total_changes()", "last_insert_rowid()",
		"sqlite_version()", "sqlite_source_id()", "sqlite_compileoption_used('x')", "sqlite_compileoption_get(1)", "sqlite_offset(a)",
		"highlight(t, 0, 'a', 'b')", "bm25(t)", "snippet(t)", "matchinfo(t)", "offsets(t)", "a MATCH b", "a NOT MATCH b",
		"CURRENT_TIMESTAMP", "current_date", "CURRENT_TIME",
	} {
		st := mustSelect(t, "SELECT "+expr+" FROM t")
		if st.Volatile == "" || st.Foreign != "" || len(st.Foreigns) > 0 {
			t.Errorf("%s: volatile %q, foreign %q", expr, st.Volatile, st.Foreigns)
		}
	}

	for expr, name := range map[string]string{
		"my_function(a)":                 "my_function",
		"My_Function(a)":                 "my_function",
		`"my function"(a)`:               "my function",
		"a REGEXP b":                     "regexp",
		"a NOT REGEXP b":                 "regexp",
		"regexp(a, b)":                   "regexp",
		"match(a, b)":                    "match",
		"load_extension('x')":            "load_extension",
		"fts3_tokenizer('a')":            "fts3_tokenizer",
		"optimize(t)":                    "optimize",
		"rtreecheck('t')":                "rtreecheck",
		"my_sum(a) OVER ()":              "my_sum",
		"generate_series(1, 2)":          "generate_series",
		"key(a)":                         "key",
		"sum(my_function(a))":            "my_function",
		"lower(my_function(a))":          "my_function",
		"date(my_function(a))":           "my_function",
		"CASE my_f(1) WHEN 1 THEN 2 END": "my_f",
		// Not a number of arguments that the built-in function takes: one of
		// the application's own with the same name.
		"lower()":       "lower",
		"lower(a, b)":   "lower",
		"pi(1)":         "pi",
		"random(1)":     "random",
		"count(a, b)":   "count",
		"timediff(a)":   "timediff",
		"lower(*)":      "lower",
		"coalesce(a)":   "coalesce",
		"replace(a, b)": "replace",
		"max()":         "max",
	} {
		st := mustSelect(t, "SELECT "+expr+" FROM t")
		if st.Foreign != name || len(st.Foreigns) != 1 || st.Foreigns[0] != name {
			t.Errorf("%s: foreign %q %q, want %q", expr, st.Foreign, st.Foreigns, name)
		}
	}
}

// TestFunctionsMinMax: with one argument they are aggregates, with more not.
func TestFunctionsForeignAll(t *testing.T) {
	t.Parallel()
	st := mustSelect(t, "SELECT f(a), G(b), f(c), (SELECT h(1)) FROM t WHERE a REGEXP 'x' ORDER BY g(1)")
	if got := strings.Join(st.Foreigns, " "); got != "f g h regexp" || st.Foreign != "f" {
		t.Errorf("foreign %q, %q", st.Foreign, got)
	}
}

func TestFunctionsDate(t *testing.T) {
	t.Parallel()
	for expr, pure := range map[string]bool{
		"date('2024-01-01')":                     true,
		"date(('2024-01-01'))":                   true,
		"datetime('2024-01-01 10:00', '+1 day')": true,
		"datetime('2024-01-01', 'Start of Month', '-1 days', 'weekday 0')": true,
		"datetime(1700000000, 'unixepoch')":                                true,
		"datetime(1700000000, 'auto', 'subsec')":                           true,
		"date(-1.5)":                                                       true,
		"date(NULL)":                                                       true,
		"julianday('-4713-11-24')":                                         true,
		"strftime('%Y', '2024-01-01')":                                     true,
		"strftime(?, '2024-01-01')":                                        true,
		"strftime(a, 0)":                                                   true,
		"timediff('2024-01-01', '2023-01-01')":                             true,
		// Whatever the column holds, these are numbers.
		"datetime(a + 0, 'unixepoch')":          true,
		"date(a / 1000, 'unixepoch')":           true,
		"date(CAST(a AS INTEGER), 'unixepoch')": true,
		"date(-a)":                              true,
		"date(CAST(a AS TEXT))":                 false,
		"date(CAST(a AS VARCHAR(3)))":           false,
		"date(+a)":                              false,
		"date(a || '')":                         false,

		"date()":                           false,
		"DATE()":                           false,
		"unixepoch()":                      false,
		"strftime('%s')":                   false,
		"date('now')":                      false,
		"date('NOW')":                      false,
		"date(' now ')":                    false,
		"date('subsec')":                   false,
		"date('subsecond')":                false,
		"date('something new')":            false,
		"date('')":                         false,
		"date(x'6e6f77')":                  false, // the bytes of now
		"date(?)":                          false,
		"date(:when)":                      false,
		"date(a)":                          false,
		"date(t.a)":                        false,
		`date("2024-01-01")`:               false, // a column, maybe
		"date(lower('NOW'))":               false,
		"date((SELECT 'now'))":             false,
		"date(CASE WHEN 1 THEN 'now' END)": false,
		"strftime('%s', 'now')":            false,
		"strftime('2024-01-01', a)":        false,
		"timediff('2024-01-01', 'now')":    false,
		"timediff(a, '2024-01-01')":        false,
		"julianday('now') - julianday('2024-01-01')":  false,
		"datetime('2024-01-01', 'localtime')":         false,
		"datetime('2024-01-01', 'LocalTime')":         false,
		"datetime('2024-01-01', '+1 day', 'utc')":     false,
		"datetime('2024-01-01', ?)":                   false,
		"datetime('2024-01-01', a)":                   false,
		"datetime('2024-01-01', '+' || a || ' days')": false,
		"datetime('2024-01-01', 'something new')":     false,
		"datetime('2024-01-01', x'757463')":           false, // the bytes of utc
	} {
		st := mustSelect(t, "SELECT "+expr+" FROM t")
		if (st.Volatile == "") != pure || st.Foreign != "" {
			t.Errorf("%s: volatile %q, foreign %q", expr, st.Volatile, st.Foreign)
		}
	}
}

// A function counts wherever it stands, in a statement of any kind.
func TestFunctionsEverywhere(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"SELECT a FROM t WHERE b = %",
		"SELECT a FROM t ORDER BY %",
		"SELECT a FROM t LIMIT %",
		"SELECT a FROM t JOIN u ON %",
		"SELECT a FROM (SELECT %)",
		"WITH x AS (SELECT %) SELECT 1",
		"VALUES (%)",
		"SELECT sum(a) OVER (ORDER BY %) FROM t",
		"INSERT INTO t VALUES (%)",
		"INSERT INTO t SELECT %",
		"INSERT INTO t VALUES (1) RETURNING %",
		"INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = %",
		"INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 1 WHERE %",
		"UPDATE t SET a = %",
		"UPDATE t SET a = 1 WHERE %",
		"UPDATE t SET a = 1 FROM (SELECT %)",
		"UPDATE t SET a = 1 RETURNING %",
		"WITH x AS (SELECT %) UPDATE t SET a = 1",
		"DELETE FROM t WHERE %",
		"DELETE FROM t RETURNING %",
		"DELETE FROM t LIMIT %",
		"CREATE TABLE t AS SELECT %",
		"CREATE TABLE t (a DEFAULT (%))",
		"CREATE TABLE t (a CHECK (%))",
		"CREATE TABLE t (a, CHECK (%))",
		"CREATE TABLE t (a AS (%))",
		"CREATE INDEX i ON t (%)",
		"CREATE INDEX i ON t (a) WHERE %",
		"CREATE VIEW v AS SELECT %",
		"CREATE TRIGGER tr AFTER INSERT ON t WHEN % BEGIN SELECT 1; END",
		"CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET a = %; END",
		"ALTER TABLE t ADD COLUMN a DEFAULT (%)",
		"ATTACH % AS x",
		"VACUUM INTO %",
		"SELECT 1; SELECT %",
	} {
		if st := Parse(strings.ReplaceAll(text, "%", "random()")); st.Volatile == "" || st.Incomplete != "" || st.Foreign != "" {
			t.Errorf("%s: volatile %q foreign %q (%s)", text, st.Volatile, st.Foreign, st.Incomplete)
		}
		if st := Parse(strings.ReplaceAll(text, "%", "Foo(1)")); st.Foreign != "foo" || st.Incomplete != "" || st.Volatile != "" {
			t.Errorf("%s: volatile %q foreign %q (%s)", text, st.Volatile, st.Foreign, st.Incomplete)
		}
		if st := Parse(strings.ReplaceAll(text, "%", "1")); st.Foreign != "" || st.Volatile != "" || st.Incomplete != "" {
			t.Errorf("%s: volatile %q foreign %q (%s)", text, st.Volatile, st.Foreign, st.Incomplete)
		}
	}
}

func TestSystemTables(t *testing.T) {
	t.Parallel()
	for from, volatile := range map[string]bool{
		"sqlite_master":                    true,
		"main.SQLITE_SCHEMA":               true,
		"sqlite_temp_master":               true,
		"sqlite_sequence":                  true,
		"sqlite_stat1":                     true,
		"dbstat":                           true,
		"sqlite_dbpage":                    true,
		"pragma_table_info('t')":           true,
		"pragma_database_list":             true,
		"pragma_function_list()":           true,
		"dbstat('main')":                   true,
		"t, (SELECT 1 FROM Sqlite_Master)": true,
		"t":                                false,
		"json_each('[]')":                  false,
		"t, jsonb_tree(t.a)":               false,
		"mysqlite_master":                  false,
	} {
		st := mustSelect(t, "SELECT * FROM "+from)
		if (st.Volatile != "") != volatile || st.Foreign != "" {
			t.Errorf("%s: volatile %q, foreign %q", from, st.Volatile, st.Foreign)
		}
	}
	for from, name := range map[string]string{
		"generate_series(1, 2)": "generate_series",
		"Docs('query')":         "docs", // a full-text table asked like a function
		"main.f(1)":             "f",
		"t, f(t.a)":             "f",
	} {
		st := mustSelect(t, "SELECT * FROM "+from)
		if st.Foreign != name {
			t.Errorf("%s: foreign %q, want %q", from, st.Foreign, name)
		}
		if st := mustSelect(t, "SELECT 1 IN "+strings.TrimPrefix(from, "t, ")); st.Foreign != name {
			t.Errorf("IN %s: foreign %q, want %q", from, st.Foreign, name)
		}
	}
}
