package main

// shadowBreakages breaks what users watch the cache by: shadow mode above all,
// which must be neither blind nor cry wolf, and never show a cached row.
var shadowBreakages = []breakage{
	{
		Name:  "shadow mode returns the cached rows",
		File:  "sqlcache/read.go",
		Old:   "\t\tif h.Shadow() {\n",
		New:   "\t\tif r, ok := h.Lookup(ctx, &rc); ok && h.Shadow() {\n\t\t\tanswer.Hit = true\n\t\t\tc.observe(ctx, p, &answer, since)\n\t\t\treturn r.Rows(), nil\n\t\t} else if h.Shadow() {\n",
		Check: onSQLite("TestShadowFindsDifferences"), Want: "--- FAIL: TestShadowFindsDifferences",
	},
	{
		Name:  "shadow mode answers from another reader's query",
		File:  "sqlcache/read.go",
		Old:   "c.real == nil && !h.Shadow(), func",
		New:   "c.real == nil, func",
		Check: onSQLite("TestShadowIsNotShared"), Want: "--- FAIL: TestShadowIsNotShared",
	},
	{
		Name:  "shadow mode compares although a write came between",
		File:  "internal/engine/shadow.go",
		Old:   "if !h.unchanged(ctx, p) {",
		New:   "if p.snapshot == nil {",
		Check: onSQLite("TestShadowIsOvertaken"), Want: "--- FAIL: TestShadowIsOvertaken",
	},
	{
		Name:  "shadow mode looks the entry up before it leases",
		File:  "internal/engine/shadow.go",
		Old:   "\tq, lease, err := h.lease(ctx, c)\n",
		New:   "\tif early, ok := h.Lookup(ctx, c); ok {\n\t\tq, lease, _ := h.lease(ctx, c)\n\t\treturn Probe{entry: early, query: q, snapshot: lease.Snapshot}, true\n\t}\n\tq, lease, err := h.lease(ctx, c)\n",
		Check: onSQLite("TestShadowIsOvertakenInTheLookup"), Want: "--- FAIL: TestShadowIsOvertakenInTheLookup",
	},
	{
		Name:  "shadow mode compares nothing",
		File:  "internal/engine/shadow.go",
		Old:   "if !different {",
		New:   "if !different || true {",
		Check: onSQLite("TestShadowFindsDifferences"), Want: "--- FAIL: TestShadowFindsDifferences",
	},
	{
		Name:  "differences are not counted",
		File:  "internal/engine/shadow.go",
		Old:   "\tn.differences.Add(1)\n",
		New:   "",
		Check: onSQLite("TestShadowFindsDifferences"), Want: "--- FAIL: TestShadowFindsDifferences",
	},
	{
		Name:  "a row that is there twice is one row",
		File:  "internal/result/compare.go",
		Old:   "\t\t\thave[string(c.a)]--\n",
		New:   "",
		Check: []string{"go", "test", "-run", "TestCompare", "./internal/result"}, Want: "--- FAIL: TestCompare",
	},
	{
		Name:  "the panic of a hook reaches the program",
		File:  "internal/engine/observe.go",
		Old:   "if r := recover(); r != nil {",
		New:   "if r := any(nil); r != nil {",
		Check: onSQLite("TestPanickingHooks"), Want: "panic: in OnInvalidate",
	},
	{
		Name:  "a read that fails to be planned anew is not told",
		File:  "sqlcache/read.go",
		Old:   "return c.observedPass(ctx, p, k, &answer, since)\n\t\t}\n\t\tc.failed(err)",
		New:   "return c.pass(ctx, p, k)\n\t\t}\n\t\tc.failed(err)",
		Check: onSQLite("TestEachReadIsToldOnce"), Want: "--- FAIL: TestEachReadIsToldOnce",
	},
	{
		Name:  "what is tried again is told twice",
		File:  "sqlcache/read.go",
		Old:   "(errors.Is(err, driver.ErrSkip) || c.tx == nil && ",
		New:   "(err == driver.ErrSkip && ",
		Check: onSQLite("TestEachReadIsToldOnce"), Want: "--- FAIL: TestEachReadIsToldOnce",
	},
}
