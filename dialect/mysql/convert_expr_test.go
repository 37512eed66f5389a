package mysql

import "testing"

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
		{"d.t.a = t.b", "(d.t.a = t.b)"},
		{"`A b` = A", "(A b = A)"},
		{"a IS NULL AND b IS NOT NULL", "(isnull(a) and not isnull(b))"},
		{"a IS TRUE AND b IS NOT TRUE AND c IS FALSE AND d IS NOT FALSE AND e IS UNKNOWN AND f IS NOT UNKNOWN",
			"(istrue(a) and not istrue(b) and isfalse(c) and not isfalse(d) and isnull(e) and not isnull(f))"},
		{"a <=> ? OR b <=> NULL OR NOT (c <=> NULL)", "((a is $1) or (b is null) or not (c is null))"},
		{"(a, b) = (1, ?)", "(row(a, b) = row(1, $1))"},
		{"ROW(a, b) <=> ROW(1, ?)", "(row(a, b) is row(1, $1))"},
		{"(a, (b, c)) = (1, (?, 2))", "(row(a, row(b, c)) = row(1, row($1, 2)))"},
		{"(a, b) < (1, 2)", "<comparison: row(a, b), row(1, 2)>"},
		{"a <> 1 AND b > 2 AND c != 3 AND d BETWEEN 1 AND 2 AND e NOT BETWEEN 1 AND 2",
			"(<comparison: a, 1> and <comparison: b, 2> and <comparison: c, 3> and <BETWEEN: d, 1, 2> and not <BETWEEN: e, 1, 2>)"},
		{"a LIKE 'x' AND b NOT LIKE 'x' ESCAPE '|' AND c REGEXP 'x' AND d NOT RLIKE 'x' AND e SOUNDS LIKE 'x'",
			`(<LIKE: a, "x"> and not <LIKE: b, "x"> and <REGEXP: c, "x"> and not <REGEXP: d, "x"> and (soundex(e) = soundex("x")))`},
		{"a + 1 = 2 AND -b = 1 AND c DIV 2 = 1 AND d MOD 2 = 1 AND e & 1", "((<arithmetic: a, 1> = 2) and (<arithmetic: b> = 1) and (<arithmetic: c, 2> = 1) and (<arithmetic: d, 2> = 1) and <arithmetic: e, 1>)"},
		{"CASE a WHEN 1 THEN b ELSE c END AND CASE WHEN d THEN 1 END", "(<CASE: a, 1, b, c> and <CASE: d, 1>)"},
		{"lower(a) = ? AND IF(b, 1, 2) = COALESCE(c, 1)", "((lower(a) = $1) and (if(b, 1, 2) = coalesce(c, 1)))"},
		{"a->'$.x' = 1 AND b->>'$.x' = ?", "((json_extract(a, <text: >) = 1) and (json_unquote(json_extract(b, <text: >)) = $1))"},
		{"1 MEMBER OF (a)", "json_memberof(1, a)"},
		{"JSON_VALUE(a, '$.x' RETURNING SIGNED DEFAULT ? ON EMPTY) = 1", `(<JSON_VALUE: a, "$.x", $1> = 1)`},
		{"a = DATE '2020-01-01' AND b = TIMESTAMP '2020-01-01 00:00:00'", "((a = <date literal: >) and (b = <date literal: >))"},
		{"a = b + INTERVAL ? DAY", "(a = date_add(b, $1, <word: >))"},
	})
}

// TestConvertPrecedence: what binds how tightly was compared with a server.
func TestConvertPrecedence(t *testing.T) {
	t.Parallel()
	expressions(t, []understood{
		{"a = b = c", "((a = b) = c)"},
		{"NOT a = b", "not (a = b)"},
		{"! a = b", "(not a = b)"},
		{"a = b IS NULL", "isnull((a = b))"},
		{"a <=> b IS TRUE", "istrue((a is b))"},
		{"a = b IN (1)", "(a = (b in [1]))"},
		{"a OR b AND c", "(a or (b and c))"},
		{"a OR b XOR c AND d", "(a or <XOR: b, (c and d)>)"},
		{"a AND NOT b OR c", "((a and not b) or c)"},
		{"a BETWEEN 1 AND 2 AND b = 1", "(<BETWEEN: a, 1, 2> and (b = 1))"},
		{"NOT a IS NULL", "not isnull(a)"},
		// Perhaps it means to put texts together.
		{"a = 1 AND (b || c = 1)", "((a = 1) and <OR or ||: b, (c = 1)>)"},
		{"a = 1 || b = 2 OR c = 3", "<OR or ||: (a = 1), (b = 2), (c = 3)>"},
		{"a = 1 && b = 2", "((a = 1) and (b = 2))"},
	})
}

func TestConvertConstants(t *testing.T) {
	t.Parallel()
	expressions(t, []understood{
		{"a = -5 OR a = +5 OR a = (-(5))", "((a = -5) or (a = 5) or (a = -5))"},
		{"a = 9223372036854775807", "(a = 9223372036854775807)"},
		{"a = -9223372036854775808", "(a = -9223372036854775808)"},
		{"a = 007", "(a = 7)"},
		// A float64 is not exactly that.
		{"a = 9223372036854775808 OR a = 18446744073709551615", "((a = decimal:9223372036854775808) or (a = decimal:18446744073709551615))"},
		{"a = -18446744073709551615", "(a = decimal:-18446744073709551615)"},
		{"a = 99999999999999999999", "(a = decimal:99999999999999999999)"},
		{"a = 1.5 OR a = -1.50 OR a = .5", "((a = decimal:1.5) or (a = decimal:-1.50) or (a = decimal:0.5))"},
		// Beside a float several numbers are one.
		{"a = 1e3 OR a = -1e0", "((a = <float: >) or (a = <arithmetic: <float: >>))"},
		{"a = TRUE OR b = false", "((a = 1) or (b = 0))"},
		{"a = NULL", "(a = null)"},
		{`a = 'it''s' OR a = "x""y" OR a = 'a' 'b' OR a = '\'\"\\\n\t\0\Z\q'`,
			`((a = "it's") or (a = "x\"y") or (a = "ab") or (a = "'\"\\\n\t\x00\x1aq"))`},
		{`a = '100\%\_'`, `(a = "100\\%\\_")`},
		{"a = 'é'", `(a = "é")`},
		// A number beside numbers, bytes beside texts.
		{"a = x'41' OR a = 0x41 OR a = b'1' OR a = 0b1", "((a = <hexadecimal: >) or (a = <hexadecimal: >) or (a = <hexadecimal: >) or (a = <hexadecimal: >))"},
		{"a = _latin1'x' OR a = _binary x'41' OR a = N'x'", "((a = <text of a character set: >) or (a = <text of a character set: >) or (a = <text of a character set: >))"},
		{"a = _utf8mb4'x' OR a = _utf8mb4 x'41' OR a = _utf8'x'", `((a = "x") or (a = <text of a character set: >) or (a = <text of a character set: >))`},
		{"a = -'5' OR a = +'5' OR a = +b", `((a = <arithmetic: "5">) or (a = <unary plus: "5">) or (a = <unary plus: b>))`},
	})
}

// TestConvertCollations: beside another collation other values are equal.
func TestConvertCollations(t *testing.T) {
	t.Parallel()
	expressions(t, []understood{
		{"a COLLATE utf8mb4_bin = 'x'", `(<COLLATE: a> = "x")`},
		{"a = 'x' COLLATE utf8mb4_general_ci", `(a = <COLLATE: "x">)`},
		{"a = BINARY ? AND BINARY b = ?", "((a = <BINARY: $1>) and (<BINARY: b> = $2))"},
		{"a = CAST(? AS CHAR) AND b = CONVERT(?, SIGNED) AND c = CONVERT(? USING latin1)", "((a = <CAST: $1>) and (b = <CAST: $2>) and (c = convert($3, <text: >)))"},
		// The collation of a list is that of all its items.
		{"a IN ('x', 'y' COLLATE utf8mb4_general_ci)", `<IN: a, "x", <COLLATE: "y">>`},
		{"a IN ('x', b)", `<IN: a, "x", b>`},
		{"a IN ('x', x'41')", `<IN: a, "x", <hexadecimal: >>`},
		{"a IN ('x', lower('y'))", `<IN: a, "x", lower("y")>`},
		{"(a, b) IN ((1, 'x'), (2, 'y' COLLATE utf8mb4_bin))", `<IN: row(a, b), row(1, "x"), row(2, <COLLATE: "y">)>`},
		{"(a, b COLLATE utf8mb4_bin) IN ((1, 'x'), (2, 'y'))", `(row(a, <COLLATE: b>) in [row(1, "x"), row(2, "y")])`},
		{"(a, b) IN ((1, 'x'), (c, 'y'))", `<IN: row(a, b), row(1, "x"), row(c, "y")>`},
		// The rows of VALUES are columns, with a collation of their own.
		{"a IN (VALUES ROW('x'), ROW('y'))", `<IN: a{values ("x") ("y")}>`},
		{"a = ANY (VALUES ROW('x')) AND b <> ALL (VALUES ROW(1) UNION SELECT 2)", `(<IN: a{values ("x")}> and not <IN: b{values (1) compound select 2}>)`},
	})
}

func TestConvertLists(t *testing.T) {
	t.Parallel()
	expressions(t, []understood{
		{"a IN (1, ?, NULL, 'x')", `(a in [1, $1, null, "x"])`},
		{"a NOT IN (1, 2)", "not (a in [1, 2])"},
		{"(a, b) IN ((1, ?), (?, 2))", "(row(a, b) in [row(1, $1), row($2, 2)])"},
		{"(a, (b, c)) IN ((1, (2, 3)))", "(row(a, row(b, c)) in [row(1, row(2, 3))])"},
		{"(a, b) IN ((1, 2), 3)", "<IN: row(a, b), row(1, 2), 3>"},
		{"1 IN (a, b)", "<IN: 1, a, b>"},
		{"a IN ((SELECT 1), 2)", "<IN: a, scalar{select 1}, 2>"},
	})
}

func TestConvertSubqueries(t *testing.T) {
	t.Parallel()
	expressions(t, []understood{
		{"EXISTS (SELECT 1) AND NOT EXISTS (SELECT 2) AND a = (SELECT 3)", "(exists{select 1} and not exists{select 2} and (a = scalar{select 3}))"},
		{"NOT (NOT EXISTS (SELECT 1))", "not not exists{select 1}"},
		{"a IN (SELECT 1) AND b NOT IN (SELECT 2) AND c = ANY (SELECT 3) AND d = SOME (SELECT 4)", "((a in {select 1}) and not (b in {select 2}) and (c in {select 3}) and (d in {select 4}))"},
		{"a <> ALL (SELECT 1) AND b <> ANY (SELECT 2) AND c = ALL (SELECT 3) AND d > ANY (SELECT 4)",
			"(not (a in {select 1}) and <ANY or ALL: b{select 2}> and <ANY or ALL: c{select 3}> and <ANY or ALL: d{select 4}>)"},
		{"(a, b) IN (SELECT 1, 2) AND (c, d) = (SELECT 3, 4)", "((row(a, b) in {select 1, 2}) and (row(c, d) = scalar{select 3, 4}))"},
		{"a IN (TABLE u)", "(a in {select * from u})"},
		{"a IN ((SELECT 1) UNION (SELECT 2))", "(a in {select 1 compound select 2})"},
	})
}

// TestConvertParams: the number of a parameter is its place in the text.
func TestConvertParams(t *testing.T) {
	t.Parallel()
	checkProperty(t, "query", []understood{
		{"SELECT ?, '?', `?`, \"?\" /* ? */ FROM t # ?\n WHERE a = ? -- ?\n AND b IN (?, ?) LIMIT ?, ?", "select $1, \"?\", ?, \"?\" from t where ((a = $2) and (b in [$3, $4])) limit[$6] offset[$5]"},
		{"SELECT 'é', ? FROM t WHERE 'é€' = ?", `select "é", $1 from t where ("é€" = $2)`},
		{"(SELECT a FROM t LIMIT ?) UNION SELECT ? LIMIT ? OFFSET ?", "select * from {select a from t limit[$1]} compound select $2 limit[$3] offset[$4]"},
		{"SELECT lag(a, 1, ?) OVER (ORDER BY b ROWS BETWEEN ? PRECEDING AND ? FOLLOWING) FROM t", "select win:agg:lag(a, 1, $1)+[b, $2, $3] from t"},
	})
}
