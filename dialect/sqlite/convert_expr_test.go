package sqlite

import (
	"testing"

	"github.com/cacheops/cacheops/internal/dialecttest"
)

func TestConvertExpr(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ expr, want string }{
		{"a", "a"},
		{"t.a", "t.a"},
		{"main.t.a", "main.t.a"},
		{`"a b"`, "a b"},
		{"[a]", "a"},
		{"'a'.'b'", "a.b"},
		{"((a))", "a"},
		{"rowid", "rowid"},

		{"a = 1", "(a = 1)"},
		{"a == b", "(a = b)"},
		{"(a) = ((1))", "(a = 1)"},
		{"a = NULL", "(a = null)"},
		{"a = b = c", "((a = b) = c)"},
		{"(a, b) = (1, ?)", "(row(a, b) = row(1, $1))"},
		{"a <> 1", "<comparison <>: a, 1>"},
		{"a != 1", "<comparison <>: a, 1>"},
		{"a < 1", "<comparison <: a, 1>"},
		{"NOT a = 1", "not (a = 1)"},
		{"NOT a", "not a"},

		{"a AND b AND c", "(a and b and c)"},
		{"(a AND b) AND (c AND d)", "(a and b and (c and d))"},
		{"a OR b AND c OR d", "(a or (b and c) or d)"},
		{"(a OR b) AND c", "((a or b) and c)"},

		{"a IS 1", "(a is 1)"},
		{"a IS b", "(a is b)"},
		{"a IS NOT 1", "not (a is 1)"},
		{"a IS DISTINCT FROM 1", "not (a is 1)"},
		{"a IS NOT DISTINCT FROM 1", "(a is 1)"},
		{"a IS NULL", "isnull(a)"},
		{"a IS (NULL)", "isnull(a)"},
		{"NULL IS a", "isnull(a)"},
		{"a ISNULL", "isnull(a)"},
		{"a NOTNULL", "not isnull(a)"},
		{"a NOT NULL", "not isnull(a)"},
		{"a IS NOT NULL", "not isnull(a)"},
		{"a IS DISTINCT FROM NULL", "not isnull(a)"},
		{"a IS NOT DISTINCT FROM NULL", "isnull(a)"},
		{"a IS TRUE", "istrue(a)"},
		{"a IS (true)", "istrue(a)"},
		{"a IS FALSE", "isfalse(a)"},
		{"a IS NOT TRUE", "not istrue(a)"},
		{"a IS NOT FALSE", "not isfalse(a)"},
		{"a IS NOT DISTINCT FROM TRUE", "istrue(a)"},
		{"a IS DISTINCT FROM FALSE", "not isfalse(a)"},
		{"NULL IS TRUE", "istrue(null)"},
		// Only the right side makes a test of truth.
		{"TRUE IS a", "(1 is a)"},
		{`a IS "true"`, "(a is true)"},
		{"a IS t.true", "(a is t.true)"},
		{"a = TRUE", "(a = 1)"},
		{"a = false", "(a = 0)"},
		{"a = `true`", "(a = true)"},
		{"TRUE", "1"},

		{"a IN (1, 2)", "(a in [1, 2])"},
		{"a IN ()", "(a in [])"},
		{"a NOT IN (1)", "not (a in [1])"},
		{"a IN (SELECT b FROM t)", "(a in {select b from t})"},
		{"a IN t", "(a in {select * from t})"},
		{"a NOT IN main.t", "not (a in {select * from main.t})"},
		{"a IN json_each(?)", "(a in {select * from json_each($1)})"},
		{"(a, b) IN (VALUES (1, 2))", "(row(a, b) in {values (1, 2)})"},

		{"EXISTS (SELECT 1)", "exists{select 1}"},
		{"NOT EXISTS (SELECT 1)", "not exists{select 1}"},
		{"(SELECT 1)", "scalar{select 1}"},

		{"a LIKE 'x'", `<LIKE: a, "x">`},
		{"a NOT LIKE 'x' ESCAPE '!'", `not <LIKE: a, "x", "!">`},
		{"a GLOB 'x'", `<GLOB: a, "x">`},
		{"a BETWEEN 1 AND 2", "<BETWEEN: a, 1, 2>"},
		{"a NOT BETWEEN 1 AND 2", "not <BETWEEN: a, 1, 2>"},
		{"a + b * 2", "<arithmetic: a, <arithmetic: b, 2>>"},
		{"a || b", "<||: a, b>"},
		{"a -> 'x' ->> 'y'", `<->>: <->: a, "x">, "y">`},
		{"CASE a WHEN 1 THEN 2 ELSE 3 END", "<CASE: a, 1, 2, 3>"},
		{"CASE WHEN a THEN b END", "<CASE: a, b>"},
		{"CAST(a AS INTEGER) = 1", "(<CAST: a> = 1)"},
		// Another collation, another equality.
		{"a = 'x' COLLATE NOCASE", `(a = <COLLATE: "x">)`},
		{"a COLLATE NOCASE = 'x'", `(<COLLATE: a> = "x")`},
		{"a COLLATE NOCASE IN ('x')", `(<COLLATE: a> in ["x"])`},
		{"(a = 'x') COLLATE NOCASE", `<COLLATE: (a = "x")>`},
		// A plus takes a column's affinity away.
		{"+a = '5'", `(<unary plus: a> = "5")`},
		{"-a", "<arithmetic: a>"},
		{"- -a", "<arithmetic: <arithmetic: a>>"},
		{"~1", "<arithmetic: 1>"},

		{"?", "$1"},
		{"? + ?5 + ? + :a + :a", "<arithmetic: <arithmetic: <arithmetic: <arithmetic: $1, $5>, $6>, $7:a>, $7:a>"},
		{"lower(a)", "lower(a)"},
		{`"LOWER"(a)`, "lower(a)"},
		{"count(*)", "agg:count(*)"},
		{"count(DISTINCT a)", "agg:count(a)"},
		{"max(a)", "agg:max(a)"},
		{"max(a, b)", "max(a, b)"},
		{"rank() OVER w", "win:rank()"},
	} {
		st := mustSelect(t, "SELECT "+tt.expr)
		if got := dialecttest.PrintExpr(st.Query.Cores[0].Columns[0].Expr); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.expr, got, tt.want)
		}
	}
}

func TestConvertLiteral(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ expr, want string }{
		{"NULL", "null"},
		{"'a''b'", `"a'b"`},
		{"''", `""`},
		{"x''", "x''"},
		{"X'0aFF'", "x'0aff'"},
		{"0", "0"},
		{"007", "7"},
		{"9223372036854775807", "9223372036854775807"},
		{"1_000", "1000"},
		// Larger ones are floats to SQLite, of which the last bits differ
		// between versions.
		{"9223372036854775808", "<number: >"},
		{"99999999999999999999", "<number: >"},
		{"-9223372036854775807", "-9223372036854775807"},
		{"-9223372036854775808", "-9223372036854775808"},
		{"-(9223372036854775808)", "-9223372036854775808"},
		{"- -9223372036854775808", "<arithmetic: -9223372036854775808>"},
		{"-9223372036854775809", "<arithmetic: <number: >>"},
		{"-5", "-5"},
		{"- -5", "5"},
		{"- - -5", "-5"},
		{"-(-(5))", "5"},
		{"+5", "5"},
		{"-+5", "-5"},
		{"+-5", "-5"},
		{"-0", "0"},
		{"-0.0", "float:0"},
		{"+'a'", `"a"`},
		{"-'5'", `<arithmetic: "5">`},
		{"-NULL", "<arithmetic: null>"},
		{"0x1F", "31"},
		{"0X1f", "31"},
		{"-0x1F", "-31"},
		{"0xFFFFFFFFFFFFFFFF", "-1"},
		{"-0xFFFFFFFFFFFFFFFF", "1"},
		{"0x00000000000000000001", "1"},
		{"0x10000000000000000", "<number: >"},
		{"0x8000000000000000", "-9223372036854775808"},
		{"-0x8000000000000000", "<arithmetic: -9223372036854775808>"}, // SQLite: hex literal too big
		{"1_0.5", "float:10.5"},
		{"1.5", "float:1.5"},
		{"5.", "float:5"},
		{".5", "float:0.5"},
		{"1e3", "float:1000"},
		{"1E+3", "float:1000"},
		{"25e-2", "float:0.25"},
		{"-1.5", "float:-1.5"},
		// Not exactly a float, or too long to trust.
		{"0.1", "<number: >"},
		{"1e-1", "<number: >"},
		{"-0.1", "<arithmetic: <number: >>"},
		{"1e16", "<number: >"},
		{"1e999999999", "<number: >"},
		{"1e-999999999", "<number: >"},
		{"1.0000000000000000", "<number: >"},
	} {
		st := mustSelect(t, "SELECT "+tt.expr)
		if got := dialecttest.PrintExpr(st.Query.Cores[0].Columns[0].Expr); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.expr, got, tt.want)
		}
		if st.Volatile != "" {
			t.Errorf("%s: volatile: %s", tt.expr, st.Volatile)
		}
	}
}

func TestTruthWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"SELECT TRUE":                              true,
		"SELECT a FROM t WHERE b = false":          true,
		"SELECT a FROM t WHERE b IS TRUE":          true,
		"SELECT a FROM t WHERE b IS NOT (False)":   true,
		"SELECT a FROM t JOIN u ON true":           true,
		"UPDATE t SET a = TRUE":                    true,
		"INSERT INTO t SELECT 1 WHERE true":        true,
		"SELECT 1; SELECT true":                    true,
		"SELECT a FROM t":                          false,
		"SELECT 'true', \"true\", [true], `false`": false,
		"SELECT t.true FROM t":                     false,
		"SELECT 1 AS true":                         false,
	} {
		if st := Parse(text); st.TruthWords != want || st.Incomplete != "" {
			t.Errorf("%s: %v, want %v (%s)", text, st.TruthWords, want, st.Incomplete)
		}
	}
}
