package main

// onPostgresTx runs one test against a real PostgreSQL.
func onPostgresTx(test string) []string {
	return []string{"go", "test", "-timeout", "120s", "-run", "^" + test + "$", "./internal/integration/postgres"}
}

// postgresTxBreakages breaks what keeps reads fresh where many write at once: in
// transactions, on connections with other settings, when the schema changes, and when
// the answer to a COMMIT does not come.
var postgresTxBreakages = []breakage{
	{
		Name:  "a failed transaction answers from the cache",
		File:  "sqlcache/tx.go",
		Old:   "\tc.tx.dirty = true\n\tswitch txs := &c.connector.txs; {",
		New:   "\tswitch txs := &c.connector.txs; {",
		Check: onPostgresTx("TestTxFailedReads"), Want: "STALE",
	},
	{
		Name:  "a transaction at another level reads from the cache",
		File:  "sqlcache/tx.go",
		Old:   "\tdefault:\n\t\tc.tx.dirty = true\n",
		New:   "\tdefault:\n",
		Check: onPostgresTx("TestTxDirtyReads"), Want: "--- FAIL: TestTxDirtyReads",
	},
	{
		Name:  "a transaction goes on after a COMMIT that failed",
		File:  "sqlcache/txtext.go",
		Old:   "\tif c.connector.txs.Concurrent {\n\t\tc.resync(real)\n\t}\n",
		New:   "",
		Check: onPostgresTx("TestTxFailedCommit"), Want: "--- FAIL: TestTxFailedCommit",
	},
	{
		Name:  "a write under SET LOCAL is believed",
		File:  "sqlcache/taint.go",
		Old:   "return real.taint | c.tx.taint",
		New:   "return real.taint",
		Check: onPostgresTx("TestSessionSetLocal"), Want: "--- FAIL: TestSessionSetLocal",
	},
	{
		Name:  "a reset that is rolled back counts",
		File:  "sqlcache/taint.go",
		Old:   "if how == 0 || c.tx != nil || c.streaming > 0 {",
		New:   "if how == 0 || c.streaming > 0 {",
		Check: onPostgresTx("TestSessionResetRolledBack"), Want: "--- FAIL: TestSessionResetRolledBack",
	},
	{
		Name:  "a write with other settings is believed",
		File:  "sqlcache/taint.go",
		Old:   "return real.taint | dialect.TaintReads | dialect.TaintWrites",
		New:   "return real.taint | dialect.TaintReads",
		Check: onPostgresTx("TestSessionOtherDefaults"), Want: "--- FAIL: TestSessionOtherDefaults",
	},
	{
		Name:  "a read with other settings is answered from the cache",
		File:  "sqlcache/read.go",
		Old:   "case c.real != nil && p.Catalog != nil && p.Catalog.Settings != c.real.session.Settings:",
		New:   "case c.real != nil && p.Catalog == nil && c.real.session.Settings != \"\":",
		Check: onPostgresTx("TestSessionOtherDefaults"), Want: "STALE",
	},
	{
		Name:  "a COMMIT without an answer is forgotten",
		File:  "internal/engine/unanswered.go",
		Old:   "\t\t\th.renew(closing, q)\n",
		New:   "\t\t\t_ = q\n",
		Check: onPostgresTx("TestOutcomeUnanswered"), Want: "STALE",
	},
	{
		Name:  "a COMMIT without an answer is over at once",
		File:  "dialect/postgres/transaction.go",
		Old:   "\tcase \"in progress\":\n\t\treturn false, nil\n",
		New:   "",
		Check: onPostgresTx("TestOutcomeUnanswered"), Want: "STALE",
	},
	{
		Name:  "a statement without an answer is over at once",
		File:  "dialect/postgres/transaction.go",
		Old:   "return txText(rows) == \"0\", nil",
		New:   "return txText(rows) != \"\", nil",
		Check: []string{"go", "test", "-run", "TestTransactionOverAnswers", "./dialect/postgres"}, Want: "--- FAIL: TestTransactionOverAnswers",
	},
	{
		Name:  "the schema's version is not compared at the fence",
		File:  "internal/engine/commit.go",
		Old:   "if err == nil && c.outrun(ctx, c.stored) {",
		New:   "if err == nil && false {",
		Check: onPostgresTx("TestSchemaTriggerOfAnother"), Want: "STALE",
	},
	{
		Name:  "the schema gets no version before the commit",
		File:  "internal/engine/commit.go",
		Old:   "if err == nil && b.schemaChanged() && c.handle.versionless() {",
		New:   "if err == nil && false {",
		Check: onPostgresTx("TestSchemaTriggerOfAnother"), Want: "STALE",
	},
	{
		Name:  "nobody looks at the schema again",
		File:  "sqlcache/taint.go",
		Old:   "if !h.LookDue() || ",
		New:   "if h.LookDue() || ",
		Check: onPostgresTx("TestSchemaDigest"), Want: "STALE",
	},
}
