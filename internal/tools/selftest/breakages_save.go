package main

// saveBreakages breaks what is read after a commit, for CacheOnSave.
var saveBreakages = []breakage{
	{
		Name:  "what is read after a commit is stored under a lease that is newer than the read",
		File:  "internal/engine/ahead.go",
		Old:   "	h.fill(ctx, q, lease, c, r, err)\n	if rest != nil {",
		New:   "	_, lease, _ = h.lease(ctx, c)\n	h.fill(ctx, q, lease, c, r, err)\n	if rest != nil {",
		Check: onSQLite("TestCacheOnSaveNeverStoresAnOlderRow"), Want: "STALE",
	},
	{
		Name:  "what is read after a commit is not shown to Config.Admit",
		File:  "sqlcache/ahead.go",
		Old:   " || !h.Admitted(ctx, &rc)",
		New:   "",
		Check: onSQLite("TestCacheOnSaveRunsNothing"), Want: "--- FAIL: TestCacheOnSaveRunsNothing",
	},
	{
		Name:  "a row that was deleted in the end is read after the commit",
		File:  "internal/engine/ahead.go",
		Old:   "rows = slices.DeleteFunc(rows, row.same); ch.when == After",
		New:   "ch.when == After",
		Check: onSQLite("TestCacheOnSaveAfterTransactions"), Want: "--- FAIL: TestCacheOnSaveAfterTransactions",
	},
	{
		Name:  "a panic of the driver after a commit is the program's",
		File:  "sqlcache/ahead.go",
		Old:   "if r := recover(); r != nil {",
		New:   "if r := any(nil); r != nil {",
		Check: onSQLite("TestCacheOnSaveThatFails"), Want: "panic: the driver",
	},
	{
		Name:  "postponed rows are read over a connection that is waited for",
		File:  "sqlcache/ahead.go",
		Old:   "len(list) == 0 || limit > 0 &&",
		New:   "len(list) == 0 || limit < 0 &&",
		Check: onSQLite("TestCacheOnSavePostponed"), Want: "test timed out",
	},
	{
		Name:  "any text of a row is written into a statement",
		File:  "internal/engine/ahead_value.go",
		Old:   "strings.IndexByte(plainSigns, v[i]) < 0 {",
		New:   "v[i] == 0 {",
		Check: []string{"go", "test", "-run", "^TestAroundLiteral$", "./internal/engine"}, Want: "--- FAIL: TestAroundLiteral",
	},
}
