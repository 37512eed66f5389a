package main

// onPostgresValues runs one test of PostgreSQL's values: beside the code, or
// against the server.
func onPostgresValues(test string) []string {
	return []string{"go", "test", "-timeout", "120s", "-run", "^" + test + "$", "./dialect/postgres", "./internal/integration/postgres"}
}

// postgresValueBreakages breaks how PostgreSQL's values are told apart, and what is
// known of its drivers' arguments.
var postgresValueBreakages = []breakage{
	{
		Name:  "a clock of another zone is taken for a timestamp",
		File:  "dialect/postgres/values_time.go",
		Old:   ".UTC(), offset == 0 || side == dialect.SideImage",
		New:   ".UTC(), true",
		Check: onPostgresValues("TestValues"), Want: "--- FAIL: TestValues",
	},
	{
		Name:  "a timestamptz is read in UTC where no zone is given",
		File:  "dialect/postgres/values_time.go",
		Old:   "!ok || !zoned {",
		New:   "!ok || !zoned && s == \"\" {",
		Check: onPostgresValues("TestValues"), Want: "--- FAIL: TestValues",
	},
	{
		Name:  "nanoseconds are cut off",
		File:  "dialect/postgres/values_time.go",
		Old:   "!valueYears(t.Year()) || t.Nanosecond()%1000 != 0",
		New:   "!valueYears(t.Year())",
		Check: onPostgresValues("TestValues"), Want: "--- FAIL: TestValues",
	},
	{
		Name:  "bytes are taken for a text",
		File:  "dialect/postgres/values.go",
		Old:   "return string(v), side == dialect.SideImage",
		New:   "return string(v), true",
		Check: onPostgresValues("TestValues"), Want: "--- FAIL: TestValues",
	},
	{
		Name:  "blanks at the end of a char(n) count",
		File:  "dialect/postgres/values_text.go",
		Old:   `return strings.TrimRight(s, " "), ok`,
		New:   "return s, ok",
		Check: onPostgresValues("TestValues"), Want: "--- FAIL: TestValues",
	},
	{
		Name:  "all letters are folded as ASCII's are",
		File:  "dialect/postgres/values_text.go",
		Old:   "if s[i] >= utf8.RuneSelf {",
		New:   "if s[i] >= utf8.RuneSelf && side == dialect.SideImage && s == \"\" {",
		Check: onPostgresValues("TestCanonicalRefuses"), Want: "--- FAIL: TestCanonicalRefuses",
	},
	{
		Name:  "zeros behind the point count",
		File:  "dialect/postgres/values.go",
		Old:   `fraction = strings.TrimRight(fraction, "0")`,
		New:   `fraction = strings.TrimRight(fraction, "-")`,
		Check: onPostgresValues("TestValues"), Want: "--- FAIL: TestValues",
	},
	{
		Name:  "a backslash in a bytea's text is one",
		File:  "dialect/postgres/values_bytes.go",
		Old:   `if v[i] == '\\' || v[i] == 0`,
		New:   `if v[i] == 0`,
		Check: onPostgresValues("TestValues"), Want: "--- FAIL: TestValues",
	},
	{
		Name:  "a float32 is sent as a float64 by all drivers",
		File:  "dialect/postgres/values_go.go",
		Old:   "return v, v == math.Trunc(v) }",
		New:   "return v, v == v }",
		Check: onPostgresValues("TestValues"), Want: "--- FAIL: TestValues",
	},
	{
		Name:  "a Valuer is taken at its word",
		File:  "dialect/postgres/values_go.go",
		Old:   "return v, below == v\n",
		New:   "return v, true\n",
		Check: onPostgresValues("TestCanonicalRefuses"), Want: "--- FAIL: TestCanonicalRefuses",
	},
	{
		Name:  "texts are compared bytewise under every collation",
		File:  "dialect/postgres/values_type.go",
		Old:   "\t\tif !t.Deterministic {\n\t\t\treturn \"\"\n\t\t}\n\t\t// All",
		New:   "\t\t// All",
		Check: onPostgresValues("TestComparison"), Want: "--- FAIL: TestComparison",
	},
	{
		Name:  "an array of arrays is a list of its rows",
		File:  "dialect/postgres/values_elements.go",
		Old:   `!strings.ContainsAny(body[:end], "{\"\\ \t\n\r\v\f")`,
		New:   `!strings.ContainsAny(body[:end], "\"\\")`,
		Check: onPostgresValues("TestElements"), Want: "--- FAIL: TestElements",
	},
	{
		Name:  "a list of bools is written as other lists are",
		File:  "dialect/postgres/arguments.go",
		Old:   "case !list:",
		New:   "case list:",
		Check: onPostgresValues("TestArgumentsAreCheckedAsByTheDriver"), Want: "--- FAIL: TestArgumentsAreCheckedAsByTheDriver",
	},
	{
		Name:  "a hit asks a connection for its arguments",
		File:  "sqlcache/conn.go",
		Old:   "if checker := c.connector.checker; checker != nil {",
		New:   "if checker := c.connector.checker; checker != nil && c.real != nil {",
		Check: onPostgresValues("TestHitWithoutConnection"), Want: "--- FAIL: TestHitWithoutConnection",
	},
	{
		Name:  "arguments for the driver are taken for values",
		File:  "sqlcache/options.go",
		Old:   "if option == dialect.OptionNone {",
		New:   "if option != dialect.OptionRewrite {",
		Check: onPostgresValues("TestArgumentsForTheDriver"), Want: "--- FAIL: TestArgumentsForTheDriver",
	},
	{
		Name:  "a rewritten text is the one that runs",
		File:  "sqlcache/options.go",
		Old:   "if option == dialect.OptionRewrite {",
		New:   "if option > dialect.OptionRewrite {",
		Check: onPostgresValues("TestArgumentsForTheDriver"), Want: "--- FAIL: TestArgumentsForTheDriver",
	},
	{
		Name:  "arguments of unlike types have one key",
		File:  "internal/engine/key_other.go",
		Old:   "appendReflected(appendString(nil, name), rv, 0, false)",
		New:   "appendReflected(appendString(nil, name[:0]), rv, 0, false)",
		Check: testKeys, Want: "--- FAIL: TestKeysOfOtherTypes",
	},
	{
		Name:  "what a Valuer says is not in the key",
		File:  "internal/engine/key_other.go",
		Old:   "return appendValuer(out, rv)\n",
		New:   "return out, true\n",
		Check: testKeys, Want: "--- FAIL: TestKeysOfOtherTypes",
	},
}
