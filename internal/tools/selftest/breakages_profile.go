package main

// profileBreakages breaks what profiles promise, and the short ways in front of
// the caches.
var profileBreakages = []breakage{
	{
		Name:  "a plan of another schema is found by the short way",
		File:  "internal/engine/handle.go",
		Old:   "p.text == text && p.state == state",
		New:   "p.text == text",
		Check: onSQLite("TestForever"), Want: "--- FAIL: TestForever",
	},
	{
		Name:  "the plan of another text is found by the short way",
		File:  "internal/engine/handle.go",
		Old:   "p != nil && p.text == text && p.state == state",
		New:   "p != nil && p.state == state",
		Check: testPlans, Want: "--- FAIL: TestPlansAreBounded",
	},
	{
		Name:  "an untracked table is cached when a call asks for it",
		File:  "internal/engine/policy.go",
		Old:   "case p.Untracked && p.Ops == 0:",
		New:   "case p.Untracked && p.Ops == analysis.OpAll:",
		Check: onSQLite("TestUntracked"), Want: "--- FAIL: TestUntracked",
	},
	{
		Name:  "a skipped column still tells results apart from writes",
		File:  "policy.go",
		Old:   "if len(p.unnamed.SkipColumns) == 0 && !slices.ContainsFunc(p.rules, skips) {",
		New:   "if len(p.unnamed.SkipColumns) == 0 || !slices.ContainsFunc(p.rules, skips) {",
		Check: onSQLite("TestSkipColumns"), Want: "--- FAIL: TestSkipColumns",
	},
	{
		Name:  "a local result is read in a transaction",
		File:  "sqlcache/read.go",
		Old:   "\tcase c.tx != nil:\n\t\treturn reasonTx\n",
		New:   "",
		Check: onSQLite("TestForever"), Want: "--- FAIL: TestForever",
	},
}
