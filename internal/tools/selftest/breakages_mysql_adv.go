package main

// mysqlAdvBreakages break what was found by trying to have reads of MySQL stale, and
// programs notice that there is a cache.
var mysqlAdvBreakages = []breakage{
	{
		Name:  "queries for images look at all rows of a small table",
		File:  "dialect/mysql/images_rows.go",
		Old:   `return t.SQL + " AS " + alias + " FORCE INDEX (PRIMARY)"`,
		New:   `return t.SQL + " AS " + alias`,
		Check: onMySQL("TestNoLocksOfOthers"), Want: "--- FAIL: TestNoLocksOfOthers",
	},
	{
		Name:  "hits over prepared statements ask a connection what becomes of arguments",
		File:  "sqlcache/stmt.go",
		Old:   "p.known = checker.ChecksStatements()",
		New:   "p.known = checker.ChecksStatements() && false",
		Check: onMySQL("TestPreparedHitsWithoutConnection"), Want: "--- FAIL: TestPreparedHitsWithoutConnection",
	},
	{
		Name:  "an UPDATE waits for locks that it would pass over",
		File:  "sqlcache/images_own.go",
		Old:   `hasty := !pinned && own.Hasty != "" && im.passesOver()`,
		New:   `hasty := !pinned && own.Hasty == "?" && im.passesOver()`,
		Check: onMySQL("TestUpdatePassesOverLocks"), Want: "--- FAIL: TestUpdatePassesOverLocks",
	},
	{
		Name:  "a transaction begun at READ COMMITTED is taken for one of the session's level",
		File:  "sqlcache/tx.go",
		Old:   "case sql.LevelReadCommitted:\n\t\tc.tx.passesOver = true",
		New:   "case sql.LevelReadCommitted:\n\t\tc.tx.passesOver = c.tx.passesOver || false",
		Check: onMySQL("TestUpdatePassesOverLocks"), Want: "--- FAIL: TestUpdatePassesOverLocks",
	},
	{
		Name:  "a session at READ COMMITTED is taken for one that waits",
		File:  "sqlcache/tx.go",
		Old:   "return !r.session.OtherIsolation || r.taint&dialect.TaintReads != 0 || r.unsure",
		New:   "return r.taint&dialect.TaintReads != 0 || r.unsure",
		Check: onMySQL("TestUpdatePassesOverLocks"), Want: "--- FAIL: TestUpdatePassesOverLocks",
	},
	{
		Name:  "what was set for the next transaction is taken for the session's level",
		File:  "sqlcache/tx.go",
		Old:   "return !r.session.OtherIsolation || r.taint&dialect.TaintReads != 0 || r.unsure",
		New:   "return !r.session.OtherIsolation || r.unsure",
		Check: onMySQL("TestUpdatePassesOverLocks"), Want: "--- FAIL: TestUpdatePassesOverLocks",
	},
	{
		Name:  "an UPDATE that is kept to its rows looks at all of a small table",
		File:  "dialect/mysql/images.go",
		Old:   `head = st.Text[st.Pos:c.TargetEnd] + " FORCE INDEX (PRIMARY)" + st.Text[c.TargetEnd:end]`,
		New:   `head = st.Text[st.Pos:c.TargetEnd] + st.Text[c.TargetEnd:end]`,
		Check: onMySQL("TestNoLocksOfOthers"), Want: "--- FAIL: TestNoLocksOfOthers/an_UPDATE_that_is_kept",
	},
	{
		Name:  "a DELETE that is kept to its rows looks at all of a small table",
		File:  "dialect/mysql/images.go",
		Old:   `limited = c.Tail.End == 0`,
		New:   `limited = c.Tail.End < 0`,
		Check: onMySQL("TestNoLocksOfOthers"), Want: "--- FAIL: TestNoLocksOfOthers/a_DELETE_that_is_kept",
	},
	{
		Name:  "a query for images reads an index alone",
		File:  "dialect/mysql/images.go",
		Old:   `whole = imageWhole(w.t)`,
		New:   `whole = imageWhole(w.t)[:0]`,
		Check: onMySQL("TestNoDeadlocksOfOurOwn"), Want: "--- FAIL: TestNoDeadlocksOfOurOwn",
	},
	{
		Name:  "what PURGE BINARY LOGS calls is not looked at",
		File:  "dialect/mysql/convert_statement.go",
		Old:   "		c.expr(n.Before)\n",
		New:   "",
		Check: onMySQLStatements("TestConvertKinds"), Want: "--- FAIL: TestConvertKinds",
	},
	{
		Name:  "MySQL: a moment's text is the same by all clocks",
		File:  "dialect/mysql/values_type.go",
		Old:   `valueZone.Replace(t.Zone)`,
		New:   `valueZone.Replace("+00:00")`,
		Check: onMySQL("TestClocksOfOthers"), Want: "--- FAIL: TestClocksOfOthers",
	},
	{
		Name:  "MySQL: a virtual column is the same in all sessions",
		File:  "dialect/mysql/catalog_virtual.go",
		Old:   `v.column.Comparison = ""`,
		New:   `continue`,
		Check: onMySQL("TestClocksOfOthers"), Want: "--- FAIL: TestClocksOfOthers",
	},
	{
		Name:  "MySQL: what is computed of a moment is the same in all sessions",
		File:  "dialect/mysql/catalog_virtual.go",
		Old:   `slices.Contains(moments, word) || `,
		New:   `slices.Contains(moments[:0], word) || `,
		Check: onMySQL("TestClocksOfOthers"), Want: "--- FAIL: TestClocksOfOthers",
	},
	{
		Name:  "MySQL: no function depends on the session's settings",
		File:  "dialect/mysql/catalog_virtual.go",
		Old:   `!catalogSteady[word]`,
		New:   `!catalogSteady["as"]`,
		Check: onMySQL("TestClocksOfOthers"), Want: "--- FAIL: TestClocksOfOthers",
	},
}
