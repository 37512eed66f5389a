package postgres

import (
	"testing"
)

// expressions checks how expressions are understood.
func expressions(t *testing.T, list []understood) {
	t.Helper()
	for i := range list {
		list[i].text, list[i].want = "SELECT 1 FROM t WHERE "+list[i].text, "select 1 from t where "+list[i].want
	}
	checkProperty(t, "query", list)
}

func TestConvertExpr(t *testing.T) {
	t.Parallel()
	expressions(t, []understood{
		{"a = 1 AND b = 'x' AND (c OR NOT d)", `((a = 1) and (b = "x") and (c or not d))`},
		{"s.t.a = t.b", "(s.t.a = t.b)"},
		{"d.s.t.a = 1", "(<row: > = 1)"},
		{"t.* = $1", "(<row: > = $1)"},
		{"a IS NULL AND b NOTNULL", "(isnull(a) and not isnull(b))"},
		{"a IS TRUE AND b IS NOT TRUE AND c IS FALSE AND d IS NOT FALSE AND e IS UNKNOWN AND f IS NOT UNKNOWN",
			"(istrue(a) and not istrue(b) and isfalse(c) and not isfalse(d) and isnull(e) and not isnull(f))"},
		{"a IS DISTINCT FROM $1 OR b IS NOT DISTINCT FROM NULL", "(not (a is $1) or (b is null))"},
		{"(a, b) = (1, $1)", "(row(a, b) = row(1, $1))"},
		{"ROW(a) = ROW($1)", "(row(a) = row($1))"},
		{"(a, b) < (1, 2)", "<comparison <: row(a, b), row(1, 2)>"},
		// Two rows inside rows are equal also where both have a NULL.
		{"(a, (b, c)) = (1, ($1, 2))", "(row(a, <row: b, c>) = row(1, <row: $1, 2>))"},
		{"(a, t.*) = (1, 2)", "(<row: a, <row: >> = row(1, 2))"},
		{"a <> 1 AND b > 2 AND c BETWEEN 1 AND 2", "(<comparison <>: a, 1> and <comparison >: b, 2> and <BETWEEN: c, 1, 2>)"},
		{"a LIKE 'x' OR b ~ 'y' OR c + 1 = 2", `(<LIKE: a, "x"> or <operator: b, "y"> or (<operator: c, 1> = 2))`},
		{`a COLLATE "C" = 'x'`, `(<COLLATE: a> = "x")`},
		{"a = (b).c AND d[1] = 2", "((a = <part of a value: b>) and (<part of a value: d, 1> = 2))"},
		{"CASE a WHEN 1 THEN b ELSE c END", "<CASE: a, 1, b, c>"},
		{"COALESCE(a, 1) = GREATEST(b, 2)", "(<COALESCE: a, 1> = <GREATEST or LEAST: b, 2>)"},
		{"lower(a) = $1", "(lower(a) = $1)"},
		{"EXISTS (SELECT 1) AND a = (SELECT 2) AND b = ARRAY(SELECT 3)", "(exists{select 1} and (a = scalar{select 2}) and (b = <ARRAY: {select 3}>))"},
		{"a IN (SELECT 1) AND b NOT IN (SELECT 2) AND c = ANY (SELECT 3)", "((a in {select 1}) and not (b in {select 2}) and (c in {select 3}))"},
		{"a > ANY (SELECT 1) AND b = ALL (SELECT 2)", "(<ANY or ALL: a{select 1}> and <ANY or ALL: b{select 2}>)"},
		{"a = 1 OPERATOR(pg_catalog.+) 1", "(a = <operator: 1, 1>)"},
		{"a OPERATOR(s.=) 1", "<operator: a, 1>"},
	})
}

func TestConvertConstants(t *testing.T) {
	t.Parallel()
	expressions(t, []understood{
		{"a = -5", "(a = -5)"},
		{"a = +5", "(a = 5)"},
		{"a = 9223372036854775807", "(a = 9223372036854775807)"},
		{"a = -9223372036854775808", "(a = -9223372036854775808)"},
		{"a = 0x1F", "(a = 31)"},
		// A float64 is not exactly that.
		{"a = 9223372036854775808", "(a = decimal:9223372036854775808)"},
		{"a = 1.5", "(a = decimal:1.5)"},
		{"a = -1.50 OR a = 1.", "((a = decimal:-1.50) or (a = <number: >))"},
		{"a = 1e3", "(a = <number: >)"},
		{"a = TRUE OR b = false", "((a = true) or (b = false))"},
		{`a = E'x\n' OR b = $$y$$ OR c = U&'\0041' OR d = 'it''s'`, `((a = "x\n") or (b = "y") or (c = "A") or (d = "it's"))`},
		{"a = B'1' OR b = X'1F'", "((a = <bit string: >) or (b = <bit string: >))"},
	})
}

// TestConvertCasts: a cast is kept only where it leaves alone what the value is
// compared as, whatever the column's type.
func TestConvertCasts(t *testing.T) {
	t.Parallel()
	expressions(t, []understood{
		{"a = $1::bigint AND b = $2::int2 AND c = CAST($3 AS integer)", "((a = $1 (whole)) and (b = $2 (whole)) and (c = $3 (whole)))"},
		{"a = $1::text AND b = $2::varchar AND c = $3::uuid", "((a = $1) and (b = $2) and (c = $3))"},
		{"a = '5'::int8 AND b = 5::int AND c = 'x'::text", `((a = 5) and (b = 5) and (c = "x"))`},
		{"a = '05'::int AND b = 5::text AND c = true::int", "((a = <CAST: \"05\">) and (b = <CAST: 5>) and (c = <CAST: true>))"},
		{"a = 1.5::int", "(a = <CAST: decimal:1.5>)"},
		{"a = $1::varchar(3) AND b = $2::char(2)", "((a = <CAST: $1>) and (b = <CAST: $2>))"},
		{"a = $1::date AND b = $2::timestamp AND c = $3::timestamptz", "((a = <CAST: $1>) and (b = <CAST: $2>) and (c = <CAST: $3>))"},
		{"a = $1::numeric AND b = $2::real AND c = $3::float8 AND d = $4::boolean", "((a = <CAST: $1>) and (b = <CAST: $2>) and (c = <CAST: $3>) and (d = <CAST: $4>))"},
		{"a = $1::bytea AND b = $2::jsonb AND c = $3::citext", "((a = <CAST: $1>) and (b = <CAST: $2>) and (c = <CAST: $3>))"},
		{"a = $1::int[]", "(a = <CAST: $1>)"},
		{"a::text = $1 AND b::int = 5", "((<CAST: a> = $1) and (<CAST: b> = 5))"},
	})
}

// TestConvertLists: PostgreSQL looks for one type for all of a list.
func TestConvertLists(t *testing.T) {
	t.Parallel()
	expressions(t, []understood{
		{"a IN (1, $1, NULL, 'x', b)", `(a in [1, $1, null, "x", b])`},
		{"a NOT IN (1, 2)", "not (a in [1, 2])"},
		{"a IN ($1::int, 2)", "(a in [$1 (whole), 2])"},
		{"a IN (1, 2.5)", "(a in [1, decimal:2.5])"},
		{"a IN ($1, 2.5)", "<IN: a, $1, decimal:2.5>"},
		{"a IN ('1', 2.5)", "<IN: a, \"1\", decimal:2.5>"},
		{"a IN ($1, $2::numeric)", "<IN: a, $1, <CAST: $2>>"},
		{"a IN ($1, lower($2))", "<IN: a, $1, lower($2)>"},
		{"(a, b) IN ((1, $1), ($2, 2))", "(row(a, b) in [row(1, $1), row($2, 2)])"},
		{"a = ANY ($1) AND b = SOME ($2::bigint[]) AND c = ANY ($3::text[])", "((a any $1) and (b any $2 (whole)) and (c any $3))"},
		{"a = ANY ($1::date[]) AND b = ANY ($2::bigint) AND c = ANY ($3::int[][])", "(<ANY: a, $1> and <ANY: b, $2> and <ANY: c, $3>)"},
		{"a = ANY ('{1,2}') AND b = ANY ('{1,2}'::int[]) AND $1 = ANY (c)", `(<ANY: a, "{1,2}"> and <ANY: b, "{1,2}"> and <ANY: $1, c>)`},
		{"a = ANY (ARRAY[1, 2]) AND b = ANY (ARRAY['1', $1]::int[])", "((a in [1, 2]) and (b in [1, $1 (whole)]))"},
		{"a = ANY (ARRAY[1, 2.5]) AND b = ANY (ARRAY[$1]::date[])", "((a in [1, decimal:2.5]) and <ANY: b, $1>)"},
		{"a <> ALL ($1) AND b <> ALL (ARRAY[1])", "(not (a any $1) and not (b in [1]))"},
		{"a <> ANY ($1) AND b = ALL ($2) AND c < ANY ($3)", "(<ANY: a, $1> and <ALL: b, $2> and <ANY: c, $3>)"},
	})
}

// TestConvertParams: a parameter that is used more than once has one type, that of
// its first use.
func TestConvertParams(t *testing.T) {
	t.Parallel()
	expressions(t, []understood{
		{"a = $1 OR b = $2", "((a = $1) or (b = $2))"},
		{"a = $1 OR b = $1", "((a = $1 (beside a b)) or (b = $1 (beside a b)))"},
		{"t.a = $1 OR a > $1 OR a IN ($1, 2)", "((t.a = $1 (beside a)) or <comparison >: a, $1 (beside a)> or (a in [$1 (beside a), 2]))"},
		{"$1 IS NULL OR a = $1", "(isnull($1 (beside a)) or (a = $1 (beside a)))"},
		{"$1::bigint IS NULL OR a = $1", "(isnull($1 (whole) (beside a)) or (a = $1 (whole) (beside a)))"},
		{"a = $1::text OR b = $1::text", "((a = $1 (beside a b)) or (b = $1 (beside a b)))"},
		{"$1::date IS NULL OR a = $1", "(isnull(<CAST: $1 (mixed)>) or (a = $1 (mixed)))"},
		{"a = $1::text OR b = $1::int", "((a = $1 (whole) (mixed)) or (b = $1 (whole) (mixed)))"},
		{"lower($1) = a OR b = $1", "((lower($1 (mixed)) = a) or (b = $1 (mixed)))"},
		{"a = $1 OR b = ANY ($1)", "((a = $1 (mixed)) or (b any $1 (mixed)))"},
		{"a = $1 OR b = (SELECT $1)", "((a = $1 (mixed)) or (b = scalar{select $1 (mixed)}))"},
		// Here a may be something else than a column of a table.
		{"a = $1 OR x.a = $1 OR EXISTS (SELECT b AS a)", "((a = $1 (mixed)) or (x.a = $1 (mixed)) or exists{select b as a})"},
		{"a = $1 OR x.a = $1 OR EXISTS (SELECT a::date)", "((a = $1 (mixed)) or (x.a = $1 (mixed)) or exists{select <CAST: a>})"},
		{"a = $1 OR x.a = $1 OR EXISTS (SELECT 1 FROM u x(a))", "((a = $1 (mixed)) or (x.a = $1 (mixed)) or exists{select 1 from {select (columns that are not known).* from u as x} as x})"},
		{"a = $1 OR x.a = $1 OR EXISTS (SELECT 1 FROM jsonb_to_record('{}') AS x(a date))", "((a = $1 (mixed)) or (x.a = $1 (mixed)) or exists{select 1 from jsonb_to_record(\"{}\") as x})"},
	})
}
