package main

// testLocks waits for locks in a bubble, where time goes by when everybody
// waits.
var testLocks = []string{"go", "test", "-timeout", "60s", "-run", "TestAwaitUnlock", "./store/memory"}

// lockBreakages breaks the lock against stampedes. A lock that is kept is over
// at its time, so what it costs is time, and what the others break is work or
// truth.
var lockBreakages = []breakage{
	{
		Name:  "who was woken does not look into the cache",
		File:  "internal/engine/lock.go",
		Old:   "\t\tr, hit := h.Lookup(ctx, c)\n",
		New:   "\t\tr, hit := h.Lookup(ctx, c)\n\t\thit = hit && ok && !waited\n",
		Check: onSQLite("TestLockLetsOneAsk"), Want: "--- FAIL: TestLockLetsOneAsk",
	},
	{
		Name:  "who has the lock at once does not look into the cache",
		File:  "internal/engine/lock.go",
		Old:   "\t\tr, hit := h.Lookup(ctx, c)\n",
		New:   "\t\tr, hit := h.Lookup(ctx, c)\n\t\thit = hit && (waited || !ok)\n",
		Check: onSQLite("TestLockLooksAgainWithoutAWait"), Want: "--- FAIL: TestLockLooksAgainWithoutAWait",
	},
	{
		Name:  "who waited fills under the stamps from before the wait",
		File:  "internal/engine/lock.go",
		Old:   "\t\tcase !waited:\n",
		New:   "\t\tcase ok || waited:\n",
		Check: onSQLite("TestLockLeasesAgainAfterAWait"), Want: "--- FAIL: TestLockLeasesAgainAfterAWait",
	},
	{
		Name:  "the lock is kept where there is no result",
		File:  "internal/engine/read.go",
		Old:   "\t\tdefer t.unlock()\n",
		New:   "\t\tdefer func() {\n\t\t\tif r != nil {\n\t\t\t\tt.unlock()\n\t\t\t}\n\t\t}()\n",
		Check: onSQLite("TestLockFailureStaysWithItsCaller"), Want: "--- FAIL: TestLockFailureStaysWithItsCaller",
	},
	{
		Name:  "the lock is kept where the cache has the result",
		File:  "internal/engine/lock.go",
		Old:   "\t\t\tunlock()\n\t\t\tfallthrough\n",
		New:   "\t\t\tfallthrough\n",
		Check: onSQLite("TestLockLooksAgainWithoutAWait"), Want: "--- FAIL: TestLockLooksAgainWithoutAWait",
	},
	{
		Name:  "the lock is kept where a write fences",
		File:  "internal/engine/lock.go",
		Old:   "\t\tunlock() // nothing will be stored",
		New:   "\t\t// nothing will be stored",
		Check: onSQLite("TestLockIsGivenBackWhereAWriteFences"), Want: "--- FAIL: TestLockIsGivenBackWhereAWriteFences",
	},
	{
		Name:  "the lock is kept where the schema changed",
		File:  "internal/engine/lock.go",
		Old:   "\t\tunlock()\n\t\treturn t, ErrPlanVoid\n",
		New:   "\t\treturn t, ErrPlanVoid\n",
		Check: onSQLite("TestLockWithAnotherSchemaAfterTheWait"), Want: "--- FAIL: TestLockWithAnotherSchemaAfterTheWait",
	},
	{
		Name:  "a flight that waits for the lock is joined after a write",
		File:  "internal/engine/flight.go",
		Old:   "fl.snapshot.Equal(s) && (lock || !fl.waits)",
		New:   "(fl.snapshot.Equal(s) || lock && fl.snapshot != nil) && (lock || !fl.waits)",
		Check: onSQLite("TestLockWithAWriteInTheMiddle"), Want: "STALE",
	},
	{
		Name:  "who does not ask for the lock waits for it with others",
		File:  "internal/engine/flight.go",
		Old:   " && (lock || !fl.waits)",
		New:   " && (lock || !lock)",
		Check: onSQLite("TestLockHoldsUpNobodyElse"), Want: "--- FAIL: TestLockHoldsUpNobodyElse",
	},
	{
		Name:  "nobody joins one who asked for the lock and has it",
		File:  "internal/engine/flight.go",
		Old:   "\tfl.waits = false\n",
		New:   "",
		Check: onSQLite("TestLockHoldsUpNobodyElse"), Want: "--- FAIL: TestLockHoldsUpNobodyElse",
	},
	{
		Name:  "who holds a connection waits for the lock",
		File:  "internal/engine/read.go",
		Old:   "if lease.Fenced || !join || ",
		New:   "if lease.Fenced || !join && !c.lock || ",
		Check: onSQLite("TestLockIsNotWaitedForWithAConnectionInHand"), Want: "--- FAIL: TestLockIsNotWaitedForWithAConnectionInHand",
	},
	{
		Name:  "a lock's unlock wakes nobody",
		File:  "store/memory/lock.go",
		Old:   "\t\tclose(over)\n",
		New:   "\t\t_ = over\n",
		Check: testLocks, Want: "--- FAIL: TestAwaitUnlockIsWoken",
	},
	{
		Name:  "Close wakes nobody who waits for a lock",
		File:  "store/memory/lock.go",
		Old:   "\t\tcase <-s.closing:\n\t\t\ttimer.Stop()\n\t\t\treturn store.ErrClosed\n",
		New:   "",
		Check: testLocks, Want: "--- FAIL: TestAwaitUnlockIsWoken",
	},
	{
		Name:  "a late unlock takes away the next holder's lock",
		File:  "store/memory/lock.go",
		Old:   "l.held[key].owner == owner",
		New:   "l.held[key].owner >= owner",
		Check: testStore, Want: "--- FAIL: TestConformance",
	},
	{
		Name:  "a wait for a lock does not end with the holder's time",
		File:  "store/memory/lock.go",
		Old:   "timer := time.NewTimer(left)",
		New:   "timer := time.NewTimer(24 * left)",
		Check: testLocks, Want: "--- FAIL: TestAwaitUnlockEndsWithTheHoldersTime",
	},
}
