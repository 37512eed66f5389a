package main

// funcAttackBreakages breaks what keeps the result of a function out, or apart from
// others, where the function goes on after what it called has failed.
var funcAttackBreakages = []breakage{
	{
		Name:  "a function that panicked does not keep out the one around it",
		File:  "internal/engine/compute_run.go",
		Old:   "			x.spoil(rec.Close(), reasonPanicked)\n",
		New:   "			rec.Close()\n",
		Check: onSQLite("TestFuncThatRecovers"), Want: "--- FAIL: TestFuncThatRecovers/a_function",
	},
	{
		Name:  "a query whose driver panicked does not keep its function's result out",
		File:  "sqlcache/read.go",
		Old:   "	if *returned && (*err == nil",
		New:   "	if !*returned || (*err == nil",
		Check: onSQLite("TestFuncThatRecovers"), Want: "--- FAIL: TestFuncThatRecovers/the_driver",
	},
	{
		Name:  "a query that found only broken connections does not keep its function's result out",
		File:  "sqlcache/read.go",
		Old:   "errors.Is(*err, driver.ErrSkip)) {",
		New:   "errors.Is(*err, driver.ErrSkip) || errors.Is(*err, driver.ErrBadConn)) {",
		Check: onSQLite("TestFuncThatGoesOnAfterAnError"), Want: "--- FAIL: TestFuncThatGoesOnAfterAnError/a_connection",
	},
	{
		Name:  "a function whose context has ended is stored",
		File:  "internal/engine/compute_run.go",
		Old:   "reason == \"\" && ctx.Err() != nil",
		New:   "reason == \"\" && false",
		Check: onSQLite("TestFuncThatGoesOnAfterAnError"), Want: "--- FAIL: TestFuncThatGoesOnAfterAnError/its_caller's_context",
	},
	{
		Name:  "who gave up waiting for a function is stored",
		File:  "internal/engine/compute.go",
		Old:   "			x.outer.Spoil(x.Name + \": \" + reasonError)\n			return nil, false, err\n",
		New:   "			return nil, false, err\n",
		Check: onSQLite("TestFuncThatGoesOnAfterAnError"), Want: "--- FAIL: TestFuncThatGoesOnAfterAnError/a_function_that",
	},
	{
		Name:  "a function that bypasses another one is stored",
		File:  "internal/engine/compute.go",
		Old:   "		x.outer.Spoil(x.Name + \": \" + x.event.Reason)\n",
		New:   "",
		Check: onSQLite("TestFuncBypassesAnother"), Want: "--- FAIL: TestFuncBypassesAnother",
	},
	{
		Name:  "what was read over a tainted connection is stored for its function",
		File:  "sqlcache/read.go",
		Old:   "			engine.Passed(ctx, why, false)\n",
		New:   "			_ = why\n",
		Check: onSQLite("TestFuncOverATaintedConnection"), Want: "--- FAIL: TestFuncOverATaintedConnection",
	},
	{
		Name:  "the end of what a function is made of is told to its caller alone",
		File:  "internal/engine/compute_run.go",
		Old:   "	limited := got.Limit > 0\n",
		New:   "	limited := false\n",
		Check: onSQLite("TestFuncLivesNoLongerThanWhatIsDeepInside"), Want: "--- FAIL: TestFuncLivesNoLongerThanWhatIsDeepInside",
	},
	{
		Name:  "that a result is limited is forgotten when it is stored",
		File:  "internal/engine/compute.go",
		Old:   "	x.tell(c.TTL, c.left(), c.Limited, sn)\n",
		New:   "	x.tell(c.TTL, c.left(), false, sn)\n",
		Check: onSQLite("TestFuncLivesNoLongerThanWhatIsDeepInside"), Want: "with a hit (true)",
	},
	{
		Name:  "a value that cannot be replaced stays",
		File:  "internal/engine/compute_kept.go",
		Old:   "	case c.Keeper == nil:\n		err",
		New:   "	case c.Keeper == nil && reason == \"\":\n		err",
		Check: onSQLite("TestSetDropsWhatWasThere"), Want: "--- FAIL: TestSetDropsWhatWasThere",
	},
	{
		Name:  "of several extras one counts",
		File:  "funcoption.go",
		Old:   "		if this := all; before != nil {",
		New:   "		if this := all; false {",
		Check: onSQLite("TestFuncOfSeveralExtras"), Want: "--- FAIL: TestFuncOfSeveralExtras",
	},
	{
		Name:  "types of one name share results",
		File:  "internal/argument/shape.go",
		Old:   "string(appendName(nil, t)) + \" \" + base64.RawURLEncoding.EncodeToString(sum[:16])",
		New:   "string(appendName(nil, t)) + base64.RawURLEncoding.EncodeToString(sum[:0])",
		Check: onSQLite("TestFuncOfTypesThatChanged"), Want: "--- FAIL: TestFuncOfTypesThatChanged",
	},
	{
		Name:  "a struct is what one of its fields says",
		File:  "internal/argument/argument.go",
		Old:   "		if f.Anonymous && (",
		New:   "		if false && (",
		Check: []string{"go", "test", "-run", "TestApart", "./internal/argument"}, Want: "--- FAIL: TestApart",
	},
}
