package main

// glanceBreakages breaks the short ways of a result that is at hand, and of an entry in
// Redis that was read before.
var glanceBreakages = []breakage{
	{
		Name:  "a function's result at hand is taken under Bypass",
		File:  "internal/engine/glance.go",
		Old:   "o.Bypass || ",
		New:   "",
		Check: onSQLite("TestFuncThatIsThereIsNotTaken"), Want: "--- FAIL: TestFuncThatIsThereIsNotTaken",
	},
	{
		Name:  "a function's result at hand is taken while the cache is disabled",
		File:  "internal/engine/glance.go",
		Old:   " || e.disabled.Load()",
		New:   "",
		Check: onSQLite("TestFuncThatIsThereIsNotTaken"), Want: "--- FAIL: TestFuncThatIsThereIsNotTaken",
	},
	{
		Name:  "a function's result at hand keeps its dependency to itself",
		File:  "internal/engine/glance.go",
		Old:   " || o.Recording.Wants()",
		New:   "",
		Check: onSQLite("TestFuncInFunc"), Want: "--- FAIL: TestFuncInFunc",
	},
	{
		Name:  "a result at hand is of another tenant",
		File:  "internal/engine/glance.go",
		Old:   "	b = appendString(b, prefix)\n",
		New:   "	b = appendString(b, \"\")\n",
		Check: onSQLite("TestFuncOfTenants"), Want: "--- FAIL: TestFuncOfTenants",
	},
	{
		Name:  "a function is stored that read on a changed connection",
		File:  "sqlcache/read.go",
		Old:   "			engine.Passed(ctx, why, false)\n",
		New:   "			_ = why\n",
		Check: onSQLite("TestFuncOnAChangedConnection"), Want: "--- FAIL: TestFuncOnAChangedConnection",
	},
	{
		Name:  "what was proved of a joined entry holds under any stamps",
		File:  "rueidisstore/join.go",
		Old:   "err != nil || value != p.stamps[i*stampSize:(i+1)*stampSize]",
		New:   "err != nil || value == \"\"",
		Check: inRedis("TestConformance$/^joined"), Want: "its parts were leased again",
	},
	{
		Name:  "what was proved of a joined entry holds for every entry",
		File:  "rueidisstore/join.go",
		Old:   " || p.checks != checks",
		New:   "",
		Check: inRedis("TestConformance$/^joined"), Want: "STALE",
	},
	{
		Name:  "what was proved of a joined entry holds on any server",
		File:  "rueidisstore/join.go",
		Old:   " || f.only != p.only",
		New:   "",
		Check: inRedis("TestJoinedEntriesEndWithTheirServer"), Want: "--- FAIL: TestJoinedEntriesEndWithTheirServer",
	},
	{
		Name:  "what was proved of a joined entry holds for every database",
		File:  "rueidisstore/join.go",
		Old:   " && known.database == q.Database",
		New:   "",
		Check: inRedis("TestConformance$/^joined"), Want: "the database is another",
	},
}
