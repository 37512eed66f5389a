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
}
