package main

// pathBreakages breaks the paths of reads and writes, on a real SQLite.
var pathBreakages = []breakage{
	{
		Name:  "arguments without their types make one key",
		File:  "internal/engine/key.go",
		Old:   "append(b, tagFloat)",
		New:   "append(b, tagInt)",
		Check: testKeys, Want: "--- FAIL: TestKeysDiffer",
	},
	{
		Name:  "a reader joins a flight that began before a write",
		File:  "internal/engine/flight.go",
		Old:   "fl != nil && fl.snapshot.Equal(s)",
		New:   "fl != nil",
		Check: onSQLite("TestFlightIsJoinedOnlyWhenFresh"), Want: "--- FAIL: TestFlightIsJoinedOnlyWhenFresh",
	},
	{
		Name:  "a commit without a fence",
		File:  "internal/engine/commit.go",
		Old:   "\tif c.Empty() {\n\t\treturn nil\n\t}\n\te := c.handle.engine\n",
		New:   "\te, at := c.handle.engine, time.Now()\n\tif c.fenced, c.fencedAt = true, at; c.fenced {\n\t\treturn nil\n\t}\n",
		Check: onSQLite("TestCrashBetweenCommitAndBump"), Want: "--- FAIL: TestCrashBetweenCommitAndBump",
	},
	{
		Name:  "a rolled back savepoint is not honoured",
		File:  "internal/engine/changes.go",
		Old:   "\tc.log = c.log[:c.marks[i].size]\n",
		New:   "",
		Check: onSQLite("TestTextTransactions"), Want: "--- FAIL: TestTextTransactions",
	},
	{
		Name:  "the images before an UPDATE are not taken",
		File:  "sqlcache/images.go",
		Old:   "\tchanges.AddImages(w.Target, im.columns, before, engine.Before)\n",
		New:   "",
		Check: onSQLite("TestScenariosSQLite"), Want: "STALE",
	},
	{
		Name:  "an error that ended the transaction is not noticed",
		File:  "sqlcache/tx.go",
		Old:   "case !txs.ErrorMayEnd:",
		New:   "case txs.ErrorMayEnd:",
		Check: onSQLite("TestTransactionEndsBehindOurBack"), Want: "--- FAIL: TestTransactionEndsBehindOurBack",
	},
	{
		Name:  "a change of the schema behind our back is not noticed",
		File:  "internal/engine/handle.go",
		Old:   "if version == state.catalog.Version && ",
		New:   "if (version == state.catalog.Version || stored == nil) && ",
		Check: onSQLite("TestSchemaChanges"), Want: "--- FAIL: TestSchemaChanges",
	},
	{
		Name:  "a temporary object leaves no trace on its connection",
		File:  "sqlcache/taint.go",
		Old:   "\tr.taints[from] |= t\n",
		New:   "",
		Check: onSQLite("TestSessionState"), Want: "--- FAIL: TestSessionState",
	},
	{
		Name:  "a rollback without a journal is believed",
		File:  "internal/engine/changes.go",
		Old:   "\tif keep {\n\t\tc.marks = c.marks[:i+1]\n\t\treturn\n\t}\n",
		New:   "",
		Check: onSQLite("TestNoJournal"), Want: "STALE",
	},
	{
		Name:  "a transaction that ended without a journal is taken for rolled back",
		File:  "sqlcache/tx.go",
		Old:   "c.real.taint&dialect.TaintRollback == 0",
		New:   "c.real.taint&dialect.TaintRollback < 8",
		Check: onSQLite("TestNoJournal"), Want: "STALE",
	},
	{
		Name:  "a transaction that Raw began is not noticed",
		File:  "sqlcache/raw.go",
		Old:   "\t\tc.resync(real) // f may have begun a transaction, or ended one\n",
		New:   "",
		Check: onSQLite("TestTransactionBegunInRaw"), Want: "STALE",
	},
	{
		Name:  "plans are kept without a bound",
		File:  "internal/engine/handle.go",
		Old:   "MaximumSize: e.cfg.MaxPlans",
		New:   "MaximumSize: 1 << 20 * e.cfg.MaxPlans",
		Check: testPlans, Want: "--- FAIL: TestPlansAreBounded",
	},
}

// projectBreakages breaks the checks that look at the project itself.
var projectBreakages = []breakage{
	{
		Name:  "a store reads SQL",
		File:  "store/memory/config.go",
		Old:   "\t\"fmt\"\n\t\"time\"\n)",
		New:   "\t\"fmt\"\n\t\"time\"\n\n\t_ \"github.com/cacheops/cacheops/dialect\"\n)",
		Check: testLayout, Want: "a store knows entries and stamps",
	},
	{
		Name:  "a program that uses the library carries testing",
		File:  "dialect/catalog.go",
		Old:   "package dialect\n",
		New:   "package dialect\n\nimport _ \"testing\"\n",
		Check: testLayout, Want: "reaches testing",
	},
	{
		Name:  "a skipped test passes in CI",
		File:  "internal/dependency/key_test.go",
		Old:   "func TestKeysAreInjective(t *testing.T) {\n",
		New:   "func TestKeysAreInjective(t *testing.T) {\n\tt.Skip(\"not today\")\n",
		Check: testSkips, Want: "a skipped test fails it",
	},
}
