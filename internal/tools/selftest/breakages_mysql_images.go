package main

// onMySQLImages runs one test of the queries for MySQL's images.
func onMySQLImages(test string) []string {
	return []string{"go", "test", "-timeout", "120s", "-run", "^" + test + "$", "./dialect/mysql"}
}

// withMySQLImages runs one test of them against the server, in one mode of the driver.
func withMySQLImages(test string) []string {
	return []string{"go", "test", "-short", "-timeout", "180s", "-run", "^" + test + "$", "./internal/integration/mysql"}
}

// mysqlImageBreakages breaks how it is told which rows a write of MySQL changes.
var mysqlImageBreakages = []breakage{
	{
		Name:  "rows get unique keys in another order",
		File:  "dialect/mysql/images.go",
		Old:   "if !own.Pinned && w.ordered(c) {",
		New:   "if !own.Pinned && w.st.Delete != nil && w.ordered(c) {",
		Check: withMySQLImages("TestImagesInOrder"), Want: "--- FAIL: TestImagesInOrder",
	},
	{
		Name:  "rows that refer to each other go in another order",
		File:  "dialect/mysql/images.go",
		Old:   "if !own.Pinned && w.ordered(c) {",
		New:   "if !own.Pinned && w.st.Delete == nil && w.ordered(c) {",
		Check: onMySQLImages("TestImagesInOrder"), Want: "DELETE FROM tree",
	},
	{
		Name:  "a trigger gives no keys",
		File:  "dialect/mysql/images_order.go",
		Old:   "case others && slices",
		New:   "case !others && slices",
		Check: onMySQLImages("TestImagesInOrder"), Want: "UPDATE watched",
	},
	{
		Name:  "a variable counts rows in any order",
		File:  "dialect/mysql/images_order.go",
		Old:   "case tokVar:\n\t\t\treturn true",
		New:   "case tokVar:\n\t\t\treturn false",
		Check: onMySQLImages("TestImagesInOrder"), Want: "UPDATE goods SET n = (@n",
	},
	{
		Name:  "a trigger counts rows in any order",
		File:  "dialect/mysql/images_order.go",
		Old:   "tr.Event == w.st.Kind && imageTriggerCounts(tr)",
		New:   "tr.Event != w.st.Kind && imageTriggerCounts(tr)",
		Check: onMySQLImages("TestImagesInOrder"), Want: "UPDATE counted",
	},
	{
		Name:  "a sequence counts rows in any order",
		File:  "dialect/mysql/images_order.go",
		Old:   "word == \"next\"",
		New:   "word == \"first\"",
		Check: onMySQLImages("TestImagesInOrder"), Want: "NEXT VALUE FOR s",
	},
	{
		Name:  "a DELETE that returns no columns fails",
		File:  "sqlcache/images.go",
		Old:   "if r.Width() == 0 {",
		New:   "if r.Width() == 0 && im == nil {",
		Check: withMySQLImages("TestReturning"), Want: "--- FAIL: TestReturning",
	},
	{
		Name:  "the query for the images is prepared where the statement is a text",
		File:  "sqlcache/own.go",
		Old:   "(r.connector.txs.Unprepared || k.atOnce) && !k.kept",
		New:   "r.connector.txs.Unprepared && !k.kept",
		Check: withMySQLImages("TestImagesSentAsTheStatement"), Want: "--- FAIL: TestImagesSentAsTheStatement",
	},
	{
		Name:  "an UPDATE is refused with the number of another row",
		File:  "sqlcache/images_own.go",
		Old:   "(im.misread(err) || im.miscounted(err))",
		New:   "im.misread(err)",
		Check: withMySQLImages("TestImagesKeepWhatErrorsSay"), Want: "--- FAIL: TestImagesKeepWhatErrorsSay",
	},
	{
		Name:  "the error of a statement with images is about another text",
		File:  "sqlcache/images.go",
		Old:   "if im.misread(err) {",
		New:   "if im == nil {",
		Check: withMySQLImages("TestImagesKeepWhatErrorsSay"), Want: "--- FAIL: TestImagesKeepWhatErrorsSay",
	},
	{
		Name:  "what returns rows is run again for its effect",
		File:  "sqlcache/conn.go",
		Old:   "once := k.answers && c.connector.txs.ExecOnce",
		New:   "once := k.answers && c == nil",
		Check: []string{"go", "test", "-timeout", "120s", "-run", "^TestExecOfWhatReturnsRows$/^plain$", "./internal/integration/mysql"}, Want: "--- FAIL: TestExecOfWhatReturnsRows",
	},
	{
		Name:  "a number tells a row by a text",
		File:  "dialect/mysql/images_pin.go",
		Old:   "dialect.SideArgument); ok && imageLiteral(v.Value) != \"\" {",
		New:   "dialect.SideArgument); (ok || true) && imageLiteral(v.Value) != \"\" {",
		Check: onMySQLImages("TestImagesOfRowsFound"), Want: "--- FAIL: TestImagesOfRowsFound",
	},
	{
		Name:  "one row is NULL at most",
		File:  "dialect/mysql/images_pin.go",
		Old:   "if !e.NullSafe { //",
		New:   "if e.X != nil { //",
		Check: onMySQLImages("TestImagesOfRowsFound"), Want: "--- FAIL: TestImagesOfRowsFound",
	},
	{
		Name:  "a part of a key tells the row",
		File:  "dialect/mysql/images_pin.go",
		Old:   "len(key) > 0 && len(pins) == len(key)",
		New:   "len(key) > 0 && len(pins) > 0",
		Check: onMySQLImages("TestImagesOfRowsFound"), Want: "--- FAIL: TestImagesOfRowsFound",
	},
	{
		Name:  "a query inside a condition is run without a lock",
		File:  "dialect/mysql/images.go",
		Old:   `(?i)\b(select|values|table|with)\b`,
		New:   `(?i)\b(values|table|with)\b`,
		Check: withMySQLImages("TestImagesLeaveTheSnapshot"), Want: "--- FAIL: TestImagesLeaveTheSnapshot",
	},
	{
		Name:  "chance is run twice",
		File:  "dialect/mysql/images.go",
		Old:   "why = c.Volatile\n",
		New:   "why = \"\"\n",
		Check: onMySQLImages("TestImagesOfRowsFound"), Want: "--- FAIL: TestImagesOfRowsFound",
	},
	{
		Name:  "rows are read again without a lock",
		File:  "dialect/mysql/images_rows.go",
		Old:   `imageIn(t.RowIDColumns[0], "r.", n) + imageAndWhole(t, columns, "r.") + " FOR UPDATE"`,
		New:   `imageIn(t.RowIDColumns[0], "r.", n)`,
		Check: withMySQLImages("TestImagesLeaveTheSnapshot"), Want: "--- FAIL: TestImagesLeaveTheSnapshot",
	},
	{
		Name:  "children are looked for without a lock",
		File:  "dialect/mysql/images_rows.go",
		Old:   `return b.String() + " FOR UPDATE"`,
		New:   `return b.String()`,
		Check: withMySQLImages("TestImagesOfCascadesAtOnce"), Want: "--- FAIL: TestImagesOfCascadesAtOnce",
	},
	{
		Name:  "a trigger changes no key",
		File:  "dialect/mysql/images_insert.go",
		Old:   "tr.Event == dialect.KindInsert && tr.Before })",
		New:   "tr.Event == dialect.KindInsert && tr.Before && tr.Name == \"\" })",
		Check: withMySQLImages("TestImagesResults"), Want: "STALE after INSERT INTO fixed",
	},
	{
		Name:  "0 is a key like any other",
		File:  "sqlcache/images_own.go",
		Old:   "v == nil || k.NonZero && !nonZero(v)",
		New:   "v == nil || k.NonZero && v == \"\"",
		Check: withMySQLImages("TestImagesGiveNoZero"), Want: "--- FAIL: TestImagesGiveNoZero",
	},
	{
		Name: "two upserts are counted like one",
		File: "dialect/mysql/images_insert.go",
		Old:  "case in.Upsert && in.Rows != 1:",
		New:  "case in.Upsert && in.Rows < 1:",
		// The modes without clientFoundRows notice it, so it is tried in each.
		Check: []string{"go", "test", "-timeout", "240s", "-run", "^TestImagesResults$", "./internal/integration/mysql"}, Want: "STALE after INSERT INTO numbered (id, v, code) VALUES (1, 6, 'a'), (2, 2, 'b')",
	},
	{
		Name:  "generated numbers have the distance of the catalog",
		File:  "dialect/mysql/images_insert.go",
		Old:   "if own.Rows > 1 {",
		New:   "if own.Rows < 1 {",
		Check: onMySQLImages("TestImagesOfRowsInserted"), Want: "--- FAIL: TestImagesOfRowsInserted",
	},
	{
		Name:  "a condition that may fail for other rows is restricted",
		File:  "dialect/mysql/images_plain.go",
		Old:   "case k != imageNull && k != kind:",
		New:   "case k == imageOther:",
		Check: onMySQLImages("TestImagesOfPlainConditions"), Want: "--- FAIL: TestImagesOfPlainConditions",
	},
	{
		Name:  "arguments of another kind are restricted",
		File:  "sqlcache/images_own.go",
		Old:   "own.Restricted == nil || !own.Restricts(im.argument)",
		New:   "own.Restricted == nil || own.Restricts == nil",
		Check: withMySQLImages("TestImagesResults"), Want: "the driver alone says Error 1292",
	},
	{
		Name:  "a statement is not kept to the rows that were found",
		File:  "sqlcache/images_own.go",
		Old:   "if k.text = own.Restricted(names); k.text == \"\" {",
		New:   "if own.Restricted(names) == \"\" {",
		Check: withMySQLImages("TestImagesOfPhantoms"), Want: "--- FAIL: TestImagesOfPhantoms",
	},
	{
		Name:  "a row that has another name now is not missed",
		File:  "sqlcache/images_own.go",
		Old:   "return rows, len(rows) == len(before), nil",
		New:   "return rows, true, nil",
		Check: withMySQLImages("TestImagesOfWrites"), Want: "STALE",
	},
	{
		Name:  "a row that was inserted is not missed",
		File:  "sqlcache/images_own.go",
		Old:   "if len(rows) == own.Rows {",
		New:   "if len(rows) <= own.Rows {",
		Check: withMySQLImages("TestImagesResults"), Want: "STALE",
	},
	{
		Name:  "what an upsert did is not counted",
		File:  "sqlcache/images_own.go",
		Old:   "case counted && affected != int64(own.Rows):",
		New:   "case counted && affected < 0:",
		Check: withMySQLImages("TestImagesOfWrites"), Want: "STALE",
	},
	{
		Name:  "nothing is affected by what comes to match",
		File:  "sqlcache/images_both.go",
		Old:   "case affected != 0:\n		im.changes.AddWrite(im.write)",
		New:   "case affected < 0:\n		im.changes.AddWrite(im.write)",
		Check: withMySQLImages("TestImagesOfPhantoms"), Want: "--- FAIL: TestImagesOfPhantoms",
	},
	{
		Name:  "children are not followed",
		File:  "sqlcache/images_own.go",
		Old:   "if im.cascade != nil {\n		if ok, err",
		New:   "if im.cascade == nil && im.plan == nil {\n		if ok, err",
		Check: withMySQLImages("TestImagesOfCascades"), Want: "STALE",
	},
	{
		Name:  "MySQL: a statement prepared under another sql_mode is run",
		File:  "sqlcache/stmt.go",
		Old:   "txs.Reprepares && real.taint == 0 && ",
		New:   "txs.Reprepares && ",
		Check: []string{"go", "test", "-timeout", "120s", "-run", "^TestPreparedAgain$", "./internal/integration/mysql"}, Want: "--- FAIL: TestPreparedAgain",
	},
}
