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
		Old:   "\tcase c.tx != nil && c.tx.dirty:\n\t\treturn reasonTx, engine.PassTransaction\n",
		New:   "",
		Check: onSQLite("TestForever"), Want: "--- FAIL: TestForever",
	},
	{
		Name:  "a tenant's write drops under no prefix",
		File:  "internal/engine/changes.go",
		Old:   "\tif c.prefix != nil && ch.table != nil {\n\t\tch.prefix = c.prefix(ch.table)\n\t}\n",
		New:   "\tch.prefix = \"\"\n",
		Check: onSQLite("TestTenantsDoNotMeet"), Want: "--- FAIL: TestTenantsDoNotMeet",
	},
	{
		Name:  "a tenant's result knows only its own prefix",
		File:  "internal/engine/domain.go",
		Old:   "\t\tdeps = append(deps, d)\n",
		New:   "\t\tdeps = append(deps[1:], d)\n",
		Check: onSQLite("TestWithoutTenant"), Want: "--- FAIL: TestWithoutTenant",
	},
	{
		Name:  "two tenants have one entry",
		File:  "internal/engine/key.go",
		Old:   "\tfor _, p := range prefixes {\n\t\tb = appendString(b, p)\n\t}\n",
		New:   "",
		Check: onSQLite("TestTenantsDoNotMeet"), Want: "--- FAIL: TestTenantsDoNotMeet",
	},
	{
		Name:  "a read without a tenant is cached",
		File:  "internal/engine/domain.go",
		Old:   "\t\t\treturn nil, false\n",
		New:   "\t\t\tcontinue\n",
		Check: onSQLite("TestWithoutTenant"), Want: "--- FAIL: TestWithoutTenant",
	},
	{
		Name:  "a write leaves what databases share",
		File:  "internal/engine/handle.go",
		Old:   "h.domains = append(h.domains, e.shared())",
		New:   "_ = h.domains",
		Check: onSQLite("TestDBAgnostic"), Want: "--- FAIL: TestDBAgnostic",
	},
	{
		Name:  "images lack what only shared results compare",
		File:  "internal/engine/domain.go",
		Old:   "for _, domain := range h.domains {\n\t\tif !h.within",
		New:   "for _, domain := range h.domains[:1] {\n\t\tif !h.within",
		Check: onSQLite("TestDBAgnostic"), Want: "--- FAIL: TestDBAgnostic",
	},
	{
		Name:  "databases with unlike schemas share results",
		File:  "internal/engine/domain.go",
		Old:   "\tcopy(v[:], h.Sum(nil))\n",
		New:   "",
		Check: onSQLite("TestDBAgnostic"), Want: "--- FAIL: TestDBAgnostic",
	},
}
