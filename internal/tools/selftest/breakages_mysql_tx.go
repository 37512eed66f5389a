package main

// onDisguises runs tests against the server of MySQL's ways that stands beside the code.
func onDisguises(test string) []string {
	return []string{"go", "test", "-short", "-timeout", "120s", "-run", "^" + test + "$", "./sqlcache"}
}

// mysqlTxBreakages breaks the account that is kept of transactions that end in disguise,
// or begin without a word, and of tables that a rollback leaves.
var mysqlTxBreakages = []breakage{
	{
		Name:  "what commits a transaction in disguise is not fenced",
		File:  "sqlcache/commits.go",
		Old:   "if err := t.changes.Fence(ctx); err != nil {",
		New:   "if err := error(nil); err != nil {",
		Check: onDisguises("TestRandomTransactions"), Want: "--- FAIL: TestRandomTransactions",
	},
	{
		Name:  "DDL counts as a part of its transaction",
		File:  "sqlcache/run.go",
		Old:   "if c.tx != nil && st.Commits {",
		New:   "if c.tx != nil && st.Commits && real == nil {",
		Check: onDisguises("TestDisguises"), Want: "--- FAIL: TestDisguises",
	},
	{
		Name:  "a refused statement that commits is refused before it does",
		File:  "sqlcache/write.go",
		Old:   "st.Commits && c.mayBeInside(real) {",
		New:   "st.Commits && c.mayBeInside(real) && real == nil {",
		Check: []string{"go", "test", "-short", "-timeout", "120s", "-run", "^TestRefusedCommits$", "./internal/integration/mysql"}, Want: "--- FAIL: TestRefusedCommits",
	},
	{
		Name:  "BEGIN in a transaction does nothing",
		File:  "sqlcache/commits.go",
		Old:   "case c.connector.txs.BeginCommits:\n\t\tout, err = c.committing",
		New:   "case c.connector.txs.SavepointBegins:\n\t\tout, err = c.committing",
		Check: onDisguises("TestDisguises"), Want: "--- FAIL: TestDisguises",
	},
	{
		Name:  "BeginTx in a transaction of a text does not end that one",
		File:  "sqlcache/tx.go",
		Old:   "if c.tx != nil && c.connector.txs.BeginCommits { // a text began one",
		New:   "if c.tx != nil && c.connector.txs.SavepointBegins { // a text began one",
		Check: onDisguises("TestBeginTxInATransaction"), Want: "--- FAIL: TestBeginTxInATransaction",
	},
	{
		Name:  "what fails has not committed before that",
		File:  "sqlcache/commits.go",
		Old:   "case !inside:\n\t\tt.changes.Bump(ctx, store.DropFence)",
		New:   "case !inside:\n\t\tt.changes.Empty()",
		Check: onDisguises("TestDisguises"), Want: "--- FAIL: TestDisguises",
	},
	{
		Name:  "DDL that is refused ends the transaction",
		File:  "sqlcache/commits.go",
		Old:   "default:\n\t\tt.changes.Withdraw(ctx)\n",
		New:   "default:\n\t\tt.changes.Withdraw(ctx)\n\t\tc.leave()\n\t\tc.enter()\n",
		Check: onDisguises("TestRandomTransactions"), Want: "--- FAIL: TestRandomTransactions",
	},
	{
		Name:  "a table that stays is put into a transaction of ours",
		File:  "sqlcache/norollback.go",
		Old:   "return len(lasting(w)) > 0",
		New:   "return false",
		Check: onDisguises("TestRandomTransactions"), Want: "--- FAIL: TestRandomTransactions",
	},
	{
		Name:  "a script is put into a transaction of ours",
		File:  "sqlcache/norollback.go",
		Old:   "case st.Commits, st.Kind == dialect.KindScript && !c.connector.txs.ScriptAtomic:",
		New:   "case st.Commits:",
		Check: onDisguises("TestScriptsAreNotWrapped"), Want: "--- FAIL: TestScriptsAreNotWrapped",
	},
	{
		Name:  "a table that stays waits for the end of the transaction",
		File:  "sqlcache/write_tx.go",
		Old:   "if tables := lasting(w); len(tables) > 0 {",
		New:   "if tables := lasting(w); len(tables) > 9 {",
		Check: onDisguises("TestDisguises"), Want: "--- FAIL: TestDisguises",
	},
	{
		Name:  "a table that stays is dropped without a fence before it",
		File:  "sqlcache/norollback.go",
		Old:   "if err := own.Fence(ctx); err != nil {",
		New:   "if err := error(nil); err != nil {",
		Check: onDisguises("TestRandomTransactions"), Want: "--- FAIL: TestRandomTransactions",
	},
	{
		Name:  "what may write any table waits for the end of the transaction",
		File:  "sqlcache/write_tx.go",
		Old:   "if c.connector.txs.Keeps {",
		New:   "if c.connector.txs.SavepointBegins {",
		Check: onDisguises("TestUnknownWritesInTransactions"), Want: "--- FAIL: TestUnknownWritesInTransactions",
	},
	{
		Name:  "autocommit is always on",
		File:  "sqlcache/silent.go",
		Old:   "if c.tx == nil && real.session.Silent {",
		New:   "if c.tx == nil && real.session.Silent && real.session.Chains {",
		Check: onDisguises("TestDisguises"), Want: "--- FAIL: TestDisguises",
	},
	{
		Name:  "a silent transaction is forgotten when its connection goes to the pool",
		File:  "sqlcache/conn.go",
		Old:   "c.real.tx = c.tx // it goes with its connection",
		New:   "c.real.tx = nil",
		Check: onDisguises("TestSilentTransactionInThePool"), Want: "--- FAIL: TestSilentTransactionInThePool",
	},
	{
		Name:  "what ran code leaves autocommit as it was",
		File:  "sqlcache/taint.go",
		Old:   "real.setSilent(session.Silent)\n\treal.clearTaint(fromCode)",
		New:   "real.clearTaint(fromCode)",
		Check: onDisguises("TestDisguises"), Want: "--- FAIL: TestDisguises",
	},
	{
		Name:  "a chained transaction is not followed",
		File:  "sqlcache/commits.go",
		Old:   "case inside: // it has done nothing yet",
		New:   "case inside && real == nil:",
		Check: onDisguises("TestChainingSessions"), Want: "--- FAIL: TestChainingSessions",
	},
	{
		Name:  "a procedure leaves no transaction behind",
		File:  "sqlcache/run.go",
		Old:   "} else {\n\t\tc.strayed(real, st, &out, err)",
		New:   "} else if st.Kind == dialect.KindScript {\n\t\tc.strayed(real, st, &out, err)",
		Check: onDisguises("TestRandomTransactions"), Want: "--- FAIL: TestRandomTransactions",
	},
	{
		Name:  "savepoints are not marked",
		File:  "sqlcache/txtext.go",
		Old:   "c.tx.changes.Savepoint(st.Savepoint, c.connector.txs.SavepointReplaces)",
		New:   "c.tx.changes.Release(st.Savepoint)",
		Check: onDisguises("TestDisguises"), Want: "--- FAIL: TestDisguises",
	},
	{
		Name:  "a deadlock leaves the transaction as it is",
		File:  "sqlcache/tx.go",
		Old:   "case c.streaming > 0 && !txs.Nested:",
		New:   "case !txs.Nested:",
		Check: onDisguises("TestDisguises"), Want: "--- FAIL: TestDisguises",
	},
	{
		Name:  "a rollback does not look at the schema",
		File:  "sqlcache/tx.go",
		Old:   "c.keptUnseen(ctx)\n\t\treturn err",
		New:   "return err",
		Check: onDisguises("TestRollbackOfAnOldPlan"), Want: "--- FAIL: TestRollbackOfAnOldPlan",
	},
	{
		Name:  "a COMMIT without an answer is not asked about",
		File:  "internal/engine/unanswered.go",
		Old:   "return txs.Unfinished != \"\" || txs.AsksProcess && o.Process != \"\"",
		New:   "return txs.Unfinished != \"\"",
		Check: onDisguises("TestCommitWithoutAnAnswer"), Want: "--- FAIL: TestCommitWithoutAnAnswer",
	},
	{
		Name:  "a connection is gone where none is seen",
		File:  "dialect/mysql/transaction.go",
		Old:   "case rows[0][1].text != \"1\":",
		New:   "case false:",
		Check: onMySQLRules("TestTransactionOverAnswers"), Want: "--- FAIL: TestTransactionOverAnswers",
	},
	{
		Name:  "any server knows whether a connection is gone",
		File:  "dialect/mysql/transaction.go",
		Old:   "case rows[0][0].text != server:",
		New:   "case false:",
		Check: onMySQLRules("TestTransactionOverAnswers"), Want: "--- FAIL: TestTransactionOverAnswers",
	},
	{
		Name:  "a procedure sets no savepoints",
		File:  "sqlcache/commits.go",
		Old:   "c.tx.unmarked = c.tx.unmarked || e.write.All",
		New:   "c.tx.unmarked = c.tx.unmarked && e.write.All",
		Check: onMySQLSavepoints, Want: "--- FAIL: TestSavepointsSetUnseen/a_procedure",
	},
	{
		Name:  "a script sets no savepoints",
		File:  "sqlcache/txtext.go",
		Old:   "c.tx.schema, c.tx.unmarked = true, true",
		New:   "c.tx.schema = true",
		Check: onMySQLSavepoints, Want: "--- FAIL: TestSavepointsSetUnseen/a_script",
	},
	{
		Name:  "counters that begin anew tell all the same",
		File:  "sqlcache/taint.go",
		Old:   "if then > 0 && s.Statements < then+since {",
		New:   "if then > 0 && s.Statements < then+0*since {",
		Check: onMySQLCounters, Want: "--- FAIL: TestTemporaryTablesUncounted/before_that_of_a_transaction",
	},
	{
		Name:  "a script counts as one statement",
		File:  "sqlcache/run.go",
		Old:   "real.sent += uint64(max(len(st.Script), 1) - 1)",
		New:   "real.sent += 0 * uint64(max(len(st.Script), 1)-1)",
		Check: onMySQLCounters, Want: "--- FAIL: TestTemporaryTablesUncounted/before_the_rest_of_a_script",
	},
}

// onMySQLCounters runs the test of temporary tables that no counter tells of.
var onMySQLCounters = []string{"go", "test", "-short", "-timeout", "120s", "-run", "^TestTemporaryTablesUncounted$", "./internal/integration/mysql"}

// onMySQLSavepoints runs the test of savepoints that are set unseen.
var onMySQLSavepoints = []string{"go", "test", "-short", "-timeout", "120s", "-run", "^TestSavepointsSetUnseen$", "./internal/integration/mysql"}
