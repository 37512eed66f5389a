package main

// glanceBreakages breaks the short way of a result that is at hand.
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
}
