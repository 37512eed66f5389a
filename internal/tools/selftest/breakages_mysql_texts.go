package main

// onMySQLTexts runs one test of how the texts of MySQL are taken apart.
func onMySQLTexts(test string) []string {
	return []string{"go", "test", "-timeout", "120s", "-run", "^" + test + "$", "./dialect/mysql"}
}

// mysqlTextBreakages breaks how the texts of MySQL are split into tokens, what of them is
// given to the parser, and what is told without it.
var mysqlTextBreakages = []breakage{
	{
		Name:  "mysql: a comment that some servers run is left out",
		File:  "dialect/mysql/token.go",
		Old:   "case strings.HasPrefix(rest, \"M!\"), strings.HasPrefix(rest, \"T!\"):",
		New:   "case strings.HasPrefix(rest, \"T!\"):",
		Check: onMySQLTexts("TestTokenizeRefuses"), Want: "--- FAIL: TestTokenizeRefuses",
	},
	{
		Name:  "mysql: a comment is run whatever version it names",
		File:  "dialect/mysql/token.go",
		Old:   " || n == 6 && rest[1:n] > tokBangVersion {",
		New:   " {",
		Check: onMySQLTexts("TestTokenizeRefuses"), Want: "--- FAIL: TestTokenizeRefuses",
	},
	{
		Name:  "mysql: a zero byte is a byte like any other",
		File:  "dialect/mysql/token.go",
		Old:   "case strings.IndexByte(t.text, 0) >= 0:",
		New:   "case false:",
		Check: onMySQLTexts("TestTokenizeRefuses"), Want: "--- FAIL: TestTokenizeRefuses",
	},
	{
		Name:  "mysql: bytes that are not UTF-8 are parsed",
		File:  "dialect/mysql/token.go",
		Old:   "case !utf8.ValidString(t.text):",
		New:   "case false:",
		Check: onMySQLTexts("TestTokenizeRefuses"), Want: "--- FAIL: TestTokenizeRefuses",
	},
	{
		Name:  "mysql: two dashes always begin a comment",
		File:  "dialect/mysql/token.go",
		Old:   "\t\tswitch text[i+2] {\n\t\tcase ' ', '\\t', '\\n', '\\r':\n\t\t\treturn tokLine(text, i), true, \"\"\n\t\t}\n",
		New:   "\t\tif text[i+2] != '!' {\n\t\t\treturn tokLine(text, i), true, \"\"\n\t\t}\n",
		Check: onMySQLTexts("TestTokenize"), Want: "--- FAIL: TestTokenize",
	},
	{
		Name:  "mysql: a backslash escapes nothing",
		File:  "dialect/mysql/token_value.go",
		Old:   "\t\tcase '\\\\':\n\t\t\ti++\n\t\tcase quote:\n",
		New:   "\t\tcase quote:\n",
		Check: onMySQLTexts("TestTokenize"), Want: "--- FAIL: TestTokenize",
	},
	{
		Name:  "mysql: the word behind a point and a blank may be a keyword to the server alone",
		File:  "dialect/mysql/token_shape.go",
		Old:   "if i == 0 || !t.adjoins(i) || i+1 == len(t.toks) || !t.adjoins(i+1) {",
		New:   "if i == 0 || i+1 == len(t.toks) {",
		Check: onMySQLTexts("TestTokenizeOdd"), Want: "--- FAIL: TestTokenizeOdd",
	},
	{
		Name:  "mysql: a stored function is taken for the server's own by its name",
		File:  "dialect/mysql/token_shape.go",
		Old:   "if tokTouching[tokFold(t.toks[i-1].in(t.text))] {",
		New:   "if false {",
		Check: onMySQLTexts("TestTokenizeOdd"), Want: "--- FAIL: TestTokenizeOdd",
	},
	{
		Name:  "mysql: numbers of any length are parsed",
		File:  "dialect/mysql/token_value.go",
		Old:   "if end-i > tokMaxDigits {",
		New:   "if false {",
		Check: onMySQLTexts("TestParseNumbers"), Want: "--- FAIL: TestParseNumbers",
	},
	{
		Name:  "mysql: a hint that sets a variable is a comment",
		File:  "dialect/mysql/token.go",
		Old:   "\"set_var\")",
		New:   "\"set-var\")",
		Check: onMySQLTexts("TestTokenizeOdd"), Want: "--- FAIL: TestTokenizeOdd",
	},
	{
		Name:  "mysql: the commas of a FROM join nothing",
		File:  "dialect/mysql/token_shape.go",
		Old:   "if top.again = top.outer; !top.from {",
		New:   "if top.again = top.outer; true {",
		Check: onMySQLTexts("TestTokenizeShape"), Want: "--- FAIL: TestTokenizeShape",
	},
	{
		Name:  "mysql: what the parser reads again is not counted",
		File:  "dialect/mysql/token_shape.go",
		Old:   "l.again = min(l.again*n, 1<<24)",
		New:   "l.again = min(l.again, n)",
		Check: onMySQLTexts("TestTokenizeShape"), Want: "--- FAIL: TestTokenizeShape",
	},
	{
		Name:  "mysql: what is odd is given to the parser",
		File:  "dialect/mysql/token_shape.go",
		Old:   "\treturn s.odd\n",
		New:   "\treturn \"\"\n",
		Check: onMySQLTexts("TestTokenizeBounds"), Want: "--- FAIL: TestTokenizeBounds",
	},
	{
		Name:  "mysql: a table's alias is taken for RETURNING",
		File:  "dialect/mysql/parse.go",
		Old:   " || first == \"straight_join\"",
		New:   "",
		Check: onMySQLTexts("TestParseReturningName"), Want: "--- FAIL: TestParseReturningName",
	},
	{
		Name:  "mysql: RETURNING may be followed by the tables of a SELECT",
		File:  "dialect/mysql/parse.go",
		Old:   "if !ok || sel.Fields == nil || sel.From != nil || ",
		New:   "if !ok || sel.Fields == nil || ",
		Check: onMySQLTexts("TestParseReturningName"), Want: "--- FAIL: TestParseReturningName",
	},
	{
		Name:  "mysql: the text of a write may hold half of a comment",
		File:  "dialect/mysql/parse.go",
		Old:   "if len(shape.bangs) > 0 && (",
		New:   "if false && (",
		Check: onMySQLTexts("TestParseCommentedWrite"), Want: "--- FAIL: TestParseCommentedWrite",
	},
	{
		Name:  "mysql: the body of a routine is taken for several statements",
		File:  "dialect/mysql/parse.go",
		Old:   "sure = err == nil && len(stmts) == len(parts)",
		New:   "sure = err == nil && len(stmts) > 0",
		Check: onMySQLTexts("TestParseScript"), Want: "--- FAIL: TestParseScript",
	},
	{
		Name:  "mysql: a reason tells the values of a text",
		File:  "dialect/mysql/parse.go",
		Old:   "return nil, parseError(place)",
		New:   "return nil, parseError(place + err.Error())",
		Check: onMySQLTexts("TestParseTellsNoValues"), Want: "--- FAIL: TestParseTellsNoValues",
	},
	{
		Name:  "mysql: by its tokens an UPDATE writes its first table alone",
		File:  "dialect/mysql/fallback.go",
		Old:   "\tf.several = true\n\treturn !f.writesIn(i, len(f.toks))\n}\n\n// delete reads",
		New:   "\treturn f.writeTarget(i)\n}\n\n// delete reads",
		Check: onMySQLTexts("TestFallback"), Want: "--- FAIL: TestFallback",
	},
	{
		Name:  "mysql: by its tokens a DELETE writes the names behind FROM alone",
		File:  "dialect/mysql/fallback.go",
		Old:   "if ok && (next >= len(f.toks) || fallbackAfterTarget[f.word(next)]) {",
		New:   "if ok {",
		Check: onMySQLTexts("TestFallback"), Want: "--- FAIL: TestFallback",
	},
	{
		Name:  "mysql: by its tokens a SELECT may write",
		File:  "dialect/mysql/fallback.go",
		Old:   "\t\treturn !f.writesIn(i+1, len(f.toks))\n",
		New:   "\t\treturn true\n",
		Check: onMySQLTexts("TestFallbackUnknown"), Want: "--- FAIL: TestFallbackUnknown",
	},
	{
		Name:  "mysql: by its tokens what is temporary is not told from the rest",
		File:  "dialect/mysql/fallback.go",
		Old:   "\t\tcase \"temporary\":\n\t\t\treturn false\n",
		New:   "",
		Check: onMySQLTexts("TestFallbackUnknown"), Want: "--- FAIL: TestFallbackUnknown",
	},
	{
		Name:  "mysql: by its tokens a call in quotes is that of the server's own function",
		File:  "dialect/mysql/fallback.go",
		Old:   "case word == \"\", known.kind == functionForeign,",
		New:   "case known.kind == functionForeign,",
		Check: onMySQLTexts("TestFallback"), Want: "--- FAIL: TestFallback",
	},
	{
		Name:  "mysql: a call in quotes is that of the server's own function",
		File:  "dialect/mysql/convert_expr_call.go",
		Old:   "if n.Schema.O != \"\" || convertHasWord(c.text, n.OriginTextPosition(), \"`\"+n.FnName.O+\"`\") {",
		New:   "if n.Schema.O != \"\" {",
		Check: onMySQLTexts("TestParseQuotedCall"), Want: "--- FAIL: TestParseQuotedCall",
	},
}
