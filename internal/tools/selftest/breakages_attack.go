package main

// attackBreakages break what was found by attacking the store in Redis.
var attackBreakages = []breakage{
	{
		Name:  "a forgotten copy of a registry comes back without its schemes",
		File:  "rueidisstore/change.go",
		Old:   `} else if version == "" {`,
		New:   `} else {`,
		Check: inRedis("TestForgottenCopyStaysForgotten"), Want: "--- FAIL: TestForgottenCopyStaysForgotten",
	},
	{
		Name:  "the key of a long fence ends before the fence",
		File:  "rueidisstore/change.go",
		Old:   "max(c.TTL, minLife).Milliseconds()",
		New:   "minLife.Milliseconds()",
		Check: inRedis("TestLongFences"), Want: "--- FAIL: TestLongFences",
	},
}
