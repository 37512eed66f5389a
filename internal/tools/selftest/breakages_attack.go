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
	{
		Name:  "a lock stays with a caller who went away",
		File:  "rueidisstore/lock.go",
		Old:   "asked = true",
		New:   "asked = false",
		Check: inRedis("TestLockOfWhoWentAway"), Want: "--- FAIL: TestLockOfWhoWentAway",
	},
	{
		Name:  "closing waits for a pool that the program has emptied",
		File:  "rueidisstore/link.go",
		Old:   "wire, err := dedicate(ctx, client)",
		New:   "wire, err := dedicate(context.Background(), client)",
		Check: inRedis("TestEmptyPool"), Want: "Close does not return",
	},
	{
		Name:  "a commit begins although no fence in time could be had",
		File:  "internal/engine/commit.go",
		Old:   "\t\t\terr = fmt.Errorf(\"%w: it took longer",
		New:   "\t\t\t_ = fmt.Errorf(\"%w: it took longer",
		Check: onSQLite("TestAlwaysSlowFence"), Want: "--- FAIL: TestAlwaysSlowFence",
	},
	{
		Name:  "a reader waits as long as a writer for a store that hangs",
		File:  "internal/engine/debts.go",
		Old:   "const paymentWait = 100 * time.Millisecond",
		New:   "const paymentWait = time.Hour",
		Check: onSQLite("TestDegradeWithAHangingStore"), Want: "--- FAIL: TestDegradeWithAHangingStore",
	},
}
