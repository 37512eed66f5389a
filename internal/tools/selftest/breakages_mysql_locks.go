package main

// mysqlLockBreakages break the care with which queries beside a write take no lock, and
// wait for none, that the write alone would not.
var mysqlLockBreakages = []breakage{
	{
		Name:  "queries for images look at all rows of a small table",
		File:  "dialect/mysql/images_rows.go",
		Old:   `return t.SQL + " AS " + alias + " FORCE INDEX (PRIMARY)"`,
		New:   `return t.SQL + " AS " + alias`,
		Check: onMySQL("TestNoLocksOfOthers"), Want: "--- FAIL: TestNoLocksOfOthers",
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
}
