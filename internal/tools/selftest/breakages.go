package main

// How the checks are run. Each names its packages, so that the self-test stays
// short; make test runs them all.
var (
	testStore      = []string{"go", "test", "-failfast", "-run", "TestConformance", "./store/memory"}
	testDependency = []string{"go", "test", "./internal/dependency"}
	testAnalysis   = []string{"go", "test", "-run", "TestConditions|TestSoundness|TestBounds|TestVerdict|TestWrites", "./internal/analysis"}
	testSQLite     = []string{"go", "test", "-run", "Canonical|Truth|Images", "./dialect/sqlite"}
	testQueries    = []string{"go", "test", "-run", "TestQueryOverItsOwnTable", "./internal/analysis"}
	testKeys       = []string{"go", "test", "-run", "TestKeys", "./internal/engine"}
	testLayout     = []string{"go", "test", "-run", "TestLayout", "./internal/architecture"}
	testSkips      = []string{"go", "run", "./internal/tools/testsummary", "./internal/dependency"}
)

// onSQLite runs one test against a real SQLite.
func onSQLite(test string) []string {
	return []string{"go", "test", "-timeout", "60s", "-run", "^" + test + "$", "./internal/integration"}
}

// inDifferential runs one of the tests that try whatever there is, shortly and
// with one seed.
func inDifferential(test string) []string {
	return []string{"go", "test", "-timeout", "100s", "-run", "^" + test + "$", "./internal/integration/differential", "-differential.reads=120000", "-differential.changes=60000", "-differential.seed=1", "-rapid.shrinktime=2s"}
}

// breakages is the table. Add one with each rule that keeps reads fresh: the
// rule's line, the line without the rule, and the test that must notice.
var breakages = []breakage{
	// The protocol, in the embedded store.
	{
		Name: "a fence leaves the value",
		File: "store/memory/safeguards.go",
		Old:  "\t\t}\n\t}\n\tc.gen.Store(0)\n}\n\n// bumped",
		New:  "\t\t}\n\t}\n}\n\n// bumped",
		// A writer that dies after its commit leaves what was cached before.
		Check: testStore, Want: "--- FAIL: TestConformance",
	},
	{
		Name:  "a bump leaves the value",
		File:  "store/memory/safeguards.go",
		Old:   "\tc.gen.Store(0)\n\tdelete(g.kept, c)",
		New:   "\tdelete(g.kept, c)",
		Check: testStore, Want: "--- FAIL: TestConformance",
	},
	{
		Name:  "a fenced stamp is leased",
		File:  "store/memory/table.go",
		Old:   "if c.fences.live(now) {\n\t\t\treturn refs, true",
		New:   "if c.fences.live(now) {\n\t\t\treturn refs, false",
		Check: testStore, Want: "--- FAIL: TestConformance",
	},
	{
		Name:  "a hit is not checked against its stamps",
		File:  "store/memory/entry.go",
		Old:   "if refs[i].cell.gen.Load() != refs[i].gen {",
		New:   "if refs[i].cell.gen.Load() == 0 && refs[i].gen == 0 {",
		Check: testStore, Want: "--- FAIL: TestConformance",
	},

	// Row images against conjunctions.
	{
		Name:  "an unknown truth is taken for a known one",
		File:  "internal/dependency/evaluator.go",
		Old:   "\t\treturn known\n",
		New:   "\t\treturn known || !known\n",
		Check: testDependency, Want: "--- FAIL: TestEvaluatorOutsideTheRules",
	},
	{
		Name:  "a scheme with other rules of comparison is accepted",
		File:  "internal/dependency/evaluator.go",
		Old:   " || sc.Form.comparison(c) != sc.Comparison",
		New:   "",
		Check: testDependency, Want: "--- FAIL: TestEvaluatorRefusesSchemes",
	},

	// From conditions to conjunctions.
	{
		Name:  "NOT of an equality keeps the equality's term",
		File:  "internal/analysis/dnf.go",
		Old:   "\t\treturn b.isTrue(e.X)\n\tcase *dialect.Equal:\n",
		New:   "\t\treturn b.isTrue(e.X)\n\tcase *dialect.Equal:\n\t\tif !e.NullSafe {\n\t\t\treturn b.equal(e.X, e.Y, false)\n\t\t}\n",
		Check: testAnalysis, Want: "--- FAIL: TestConditions",
	},
	{
		Name:  "OR keeps its first part only",
		File:  "internal/analysis/dnf.go",
		Old:   "return b.or(each(e.X, b.isTrue))",
		New:   "return b.or(each(e.X[:1], b.isTrue))",
		Check: testAnalysis, Want: "--- FAIL: TestSoundness",
	},
	{
		Name:  "NOT (a AND b) is taken for NOT a AND NOT b",
		File:  "internal/analysis/dnf.go",
		Old:   "return b.or(each(e.X, b.isFalse))",
		New:   "return b.and(each(e.X, b.isFalse))",
		Check: testAnalysis, Want: "--- FAIL: TestSoundness",
	},
	{
		Name:  "IS NOT TRUE forgets NULL",
		File:  "internal/analysis/dnf.go",
		Old:   "return b.or([]dnf{b.isFalse(e.X), b.isNull(e.X)})",
		New:   "return b.isFalse(e.X)",
		Check: testAnalysis, Want: "--- FAIL: TestSoundness",
	},
	{
		Name:  "a product above the bound loses conjunctions",
		File:  "internal/analysis/dnf.go",
		Old:   "f = dnf{f.common()}",
		New:   "f = f[:1]",
		Check: testAnalysis, Want: "--- FAIL: TestBounds",
	},
	{
		Name:  "an argument outside the rules keeps its term",
		File:  "internal/analysis/bind.go",
		Old:   "Value: text}, ok\n",
		New:   "Value: text}, ok || !ok\n",
		Check: testAnalysis, Want: "--- FAIL: TestConditions",
	},
	{
		Name:  "a bound NULL keeps its term as IS NULL",
		File:  "internal/analysis/bind.go",
		Old:   "Value: dependency.Yes}, t.nullSafe",
		New:   "Value: dependency.Yes}, true",
		Check: testAnalysis, Want: "--- FAIL: TestConditions",
	},

	// When two values are equal, in SQLite.
	{
		Name:  "a column that cannot be compared is compared",
		File:  "dialect/sqlite/values.go",
		Old:   "\treturn \"\", false\n}\n\n// Truth implements",
		New:   "\treturn \"\", true\n}\n\n// Truth implements",
		Check: testSQLite, Want: "--- FAIL: TestCanonical",
	},
	{
		Name:  "a float above 2^53 is taken for exact",
		File:  "dialect/sqlite/values.go",
		Old:   "whole && -exact < f && f < exact",
		New:   "whole && -exact*512 < f && f < exact*512",
		Check: testSQLite, Want: "--- FAIL: TestCanonical",
	},
	{
		Name:  "the truth of a text is guessed",
		File:  "dialect/sqlite/values.go",
		Old:   "\t\treturn n != 0, true\n\t}\n\treturn false, false\n",
		New:   "\t\treturn n != 0, true\n\t}\n\treturn false, true\n",
		Check: testSQLite, Want: "--- FAIL: TestTruth",
	},

	// What may be cached.
	{
		Name:  "a volatile function is cached",
		File:  "internal/analysis/read.go",
		Old:   "case st.Volatile != \"\":",
		New:   "case st.Volatile == \"never\":",
		Check: testAnalysis, Want: "--- FAIL: TestVerdict",
	},

	// What a write reaches.
	{
		Name:  "a foreign key's action is not followed",
		File:  "internal/analysis/closure.go",
		Old:   "\tc.touch(child)\n",
		New:   "",
		Check: testAnalysis, Want: "--- FAIL: TestWrites",
	},
	{
		Name:  "a trigger that was not understood is taken for an empty one",
		File:  "internal/analysis/closure.go",
		Old:   "if tr.Body == nil {",
		New:   "if tr.Body == nil && tr.Name == \"\" {",
		Check: testAnalysis, Want: "--- FAIL: TestWrites",
	},
	{
		Name:  "INSERT OR REPLACE deletes nothing",
		File:  "internal/analysis/closure.go",
		Old:   "if i.Conflict {",
		New:   "if i.Conflict && i.Upsert {",
		Check: testAnalysis, Want: "--- FAIL: TestWrites",
	},
	{
		Name:  "a condition that may give other rows is run twice",
		File:  "internal/analysis/write.go",
		Old:   "case st.Volatile != \"\":",
		New:   "case st.Volatile == \"never\":",
		Check: testAnalysis, Want: "--- FAIL: TestWrites",
	},

	{
		Name:  "a subquery over the same table is overlooked",
		File:  "internal/analysis/read.go",
		Old:   "s.subquery || ",
		New:   "",
		Check: testQueries, Want: "--- FAIL: TestQueryOverItsOwnTable",
	},

	// The path of reads and writes, on a real SQLite.
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
		File:  "internal/engine/changes.go",
		Old:   "\tif c.Empty() {\n\t\treturn nil\n\t}\n\tat := time.Now()\n",
		New:   "\tat := time.Now()\n\tif c.fenced, c.fencedAt = true, at; c.fenced {\n\t\treturn nil\n\t}\n",
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
		Old:   "\t\tchanges.AddImages(t, columns, before)\n",
		New:   "",
		Check: onSQLite("TestScenariosSQLite"), Want: "STALE",
	},
	{
		Name:  "an error that ended the transaction is not noticed",
		File:  "sqlcache/tx.go",
		Old:   "txs.ErrorMayEnd {",
		New:   "!txs.ErrorMayEnd {",
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
		File:  "sqlcache/real.go",
		Old:   "\tr.taint |= t\n",
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

	// What random queries and writes notice, which know no rule.
	{
		Name:  "a rollback to a savepoint forgets what came before it",
		File:  "internal/engine/changes.go",
		Old:   "\tc.log = c.log[:c.marks[i].size]\n",
		New:   "\tc.log = c.log[:0]\n",
		Check: inDifferential("TestDifferential"), Want: "STALE",
	},
	{
		Name:  "RELEASE forgets what was written since the savepoint",
		File:  "internal/engine/changes.go",
		Old:   "\t\tc.marks = c.marks[:i]\n",
		New:   "\t\tc.log, c.marks = c.log[:c.marks[i].size], c.marks[:i]\n",
		Check: inDifferential("TestDifferential"), Want: "STALE",
	},
	{
		Name:  "the images before an UPDATE are not taken, tried at random",
		File:  "sqlcache/images.go",
		Old:   "\t\tchanges.AddImages(t, columns, before)\n",
		New:   "",
		Check: inDifferential("TestDifferential"), Want: "STALE",
	},
	{
		Name:  "the images after a write are not taken",
		File:  "sqlcache/images.go",
		Old:   "\t\tchanges.AddImages(t, columns, images)\n",
		New:   "\t\t_ = images\n",
		Check: inDifferential("TestDifferential"), Want: "STALE",
	},
	{
		Name:  "the tables of a view are not tracked",
		File:  "internal/analysis/read.go",
		Old:   "\t\tv.statement(t.View, t.Schema)\n",
		New:   "",
		Check: inDifferential("TestDifferential"), Want: "STALE",
	},
	{
		Name:  "what a trigger does is not followed",
		File:  "internal/analysis/closure.go",
		Old:   "\t\tfor _, st := range tr.Body {\n\t\t\tc.statement(st, t.Schema, nil)\n\t\t}\n",
		New:   "",
		Check: inDifferential("TestDifferential"), Want: "STALE",
	},
	{
		Name:  "a change of a key reaches no other table",
		File:  "internal/analysis/closure.go",
		Old:   "if kind == dialect.KindUpdate && !c.references(parent, fk, columns) {",
		New:   "if kind == dialect.KindUpdate {",
		Check: inDifferential("TestDifferential"), Want: "STALE",
	},
	{
		Name:  "a transaction's writes count only when the last of them does",
		File:  "internal/engine/changes.go",
		Old:   "\tc.images[t] += len(rows)\n\tc.log = append(c.log, change{",
		New:   "\tc.images[t] += len(rows)\n\tc.log = append(c.log[:0], change{",
		Check: inDifferential("TestDifferential"), Want: "STALE",
	},
	{
		Name:  "the tables of a view are not tracked, tried row by row",
		File:  "internal/analysis/read.go",
		Old:   "\t\tv.statement(t.View, t.Schema)\n",
		New:   "",
		Check: inDifferential("TestDependencies"), Want: "a change is not noticed",
	},
	{
		Name:  "NOT of an equality keeps the equality's term, tried row by row",
		File:  "internal/analysis/dnf.go",
		Old:   "\t\treturn b.isTrue(e.X)\n\tcase *dialect.Equal:\n",
		New:   "\t\treturn b.isTrue(e.X)\n\tcase *dialect.Equal:\n\t\tif !e.NullSafe {\n\t\t\treturn b.equal(e.X, e.Y, false)\n\t\t}\n",
		Check: inDifferential("TestDependencies"), Want: "a change is not noticed",
	},
	{
		Name:  "texts that a collation finds equal are told apart",
		File:  "dialect/sqlite/values.go",
		Old:   "\t\treturn valueCanonicalText(v, side, valueFoldNoCase)\n",
		New:   "\t\treturn valueCanonicalText(v, side, valueFoldBinary)\n",
		Check: inDifferential("TestDependencies"), Want: "a change is not noticed",
	},
	{
		Name:  "a query inside is taken for the table around it",
		File:  "internal/analysis/read.go",
		Old:   "s.subquery || ",
		New:   "",
		Check: inDifferential("TestDependencies"), Want: "a change is not noticed",
	},

	// The checks that look at the project itself.
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
