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
		Old:   "if i.Conflict || c.conflict {",
		New:   "if i.Conflict && i.Upsert {",
		Check: testAnalysis, Want: "--- FAIL: TestWrites",
	},
	{
		Name:  "a condition that may give other rows is run twice",
		File:  "internal/analysis/write.go",
		Old:   "why{u.Volatile != \"\",",
		New:   "why{u.Volatile == \"never\",",
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
		Old:   "\tchanges.AddImages(w.Target, im.columns, before)\n",
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

	// The rows that a write reaches, and how they are told.
	{
		Name:  "a foreign key's action on known rows is not followed",
		File:  "internal/analysis/closure.go",
		Old:   "\t\tc.edges = append(c.edges, e)\n",
		New:   "",
		Check: testAnalysis, Want: "--- FAIL: TestWrites",
	},
	{
		Name:  "an upsert that sets a key reaches no children",
		File:  "internal/analysis/closure.go",
		Old:   "\t\t\t\tc.event(t, dialect.KindUpdate, c.assigned(t, i.Set), false)\n",
		New:   "",
		Check: testAnalysis, Want: "--- FAIL: TestWrites",
	},
	{
		Name:  "REPLACE is not handed to the statements of a trigger",
		File:  "internal/analysis/write.go",
		Old:   "\tc.conflict = st.Insert != nil && st.Insert.Conflict || st.Update != nil && st.Update.Conflict\n",
		New:   "",
		Check: onSQLite("TestTriggersAndImages"), Want: "STALE",
	},
	{
		Name:  "a table that a trigger reaches keeps its images",
		File:  "internal/analysis/closure.go",
		Old:   "\t\tif t != own {\n\t\t\tc.touch(t)\n\t\t}\n",
		New:   "",
		Check: onSQLite("TestTriggersAndImages"), Want: "STALE",
	},
	{
		Name:  "what is reached from unknown rows is taken for known",
		File:  "internal/analysis/cascade.go",
		Old:   "slices.Contains(c.touched, e.parent) || ",
		New:   "",
		Check: testAnalysis, Want: "--- FAIL: TestWrites",
	},
	{
		Name:  "rows that an action gives another name are read back",
		File:  "internal/analysis/cascade.go",
		Old:   "case !e.deletes && renames(e.child, e.changed):",
		New:   "case e.deletes && renames(e.child, e.changed):",
		Check: onSQLite("TestCascades"), Want: "STALE",
	},
	{
		Name:  "rows that the statement gives another name are read back",
		File:  "internal/analysis/cascade.go",
		Old:   "e.child == o.target && o.update && renames(o.target, o.set)",
		New:   "e.child == o.target && o.update && e.child.RowID == \"\"",
		Check: onSQLite("TestCascades"), Want: "STALE",
	},
	{
		Name:  "a key that changes twice is followed from its first value",
		File:  "internal/analysis/cascade.go",
		Old:   "\treturn changes <= 1\n",
		New:   "\treturn changes <= 2\n",
		Check: onSQLite("TestCascades"), Want: "STALE",
	},
	{
		Name:  "foreign keys are followed for one level",
		File:  "sqlcache/cascade.go",
		Old:   "\t\t\tmore = more || cas.asked[i] > asked\n",
		New:   "\t\t\tmore = more && cas.asked[i] > asked\n",
		Check: onSQLite("TestCascades"), Want: "STALE",
	},
	{
		Name:  "the images of children before an action are not taken",
		File:  "sqlcache/cascade.go",
		Old:   "\t\t\tchanges.AddImages(t, r.columns, r.images)\n",
		New:   "\t\t\tchanges.AddImages(t, r.columns, nil)\n",
		Check: onSQLite("TestCascades"), Want: "STALE",
	},
	{
		Name:  "the images of children after an action are not taken",
		File:  "sqlcache/cascade.go",
		Old:   "if r.remains {",
		New:   "if !r.remains {",
		Check: onSQLite("TestCascades"), Want: "STALE",
	},
	{
		Name:  "what is behind too many rows is forgotten",
		File:  "sqlcache/cascade.go",
		Old:   "\t\t\tcas.lose(cas.edges[i].Child)\n",
		New:   "",
		Check: onSQLite("TestCascadesAboveTheBound"), Want: "STALE",
	},
	{
		Name:  "children that nobody reads yet are forgotten",
		File:  "sqlcache/images.go",
		Old:   "\t\t\tim.changes.AddEpochs(im.write.Cascades[i].Child)\n",
		New:   "\t\t\t_ = i\n",
		Check: onSQLite("TestChildrenFirstReadBeforeTheCommit"), Want: "STALE",
	},
	{
		Name:  "children that nobody reads are forgotten beside others",
		File:  "sqlcache/cascade.go",
		Old:   "if !found || err != nil || r.epoch() {",
		New:   "if !found || err != nil || r.lost {",
		Check: onSQLite("TestChildrenFirstReadBeforeTheCommit"), Want: "STALE",
	},
	{
		Name:  "the rows found before a statement are believed",
		File:  "sqlcache/images.go",
		Old:   "found = !over && among(written, before)",
		New:   "found = !over || among(written, before)",
		Check: onSQLite("TestWritesPlannedOtherwise"), Want: "STALE",
	},
	{
		Name:  "a statement runs although its transaction has ended",
		File:  "sqlcache/images.go",
		Old:   "if err == nil || !txs.ErrorMayEnd {",
		New:   "if err == nil || txs.ErrorMayEnd {",
		Check: onSQLite("TestImagesThatEndTheTransaction"), Want: "STALE",
	},
	{
		Name:  "the row that an upsert updates has no image before it",
		File:  "dialect/sqlite/images.go",
		Old:   "if why != \"\" || key == nil {",
		New:   "if why != \"\" || key != nil {",
		Check: onSQLite("TestUpserts"), Want: "STALE",
	},
	{
		Name:  "an upsert looks at one unique index of two",
		File:  "dialect/upsert.go",
		Old:   "case t.OtherUnique:",
		New:   "case t.OtherUnique && i.Rows == 0:",
		Check: onSQLite("TestUpserts"), Want: "STALE",
	},
	{
		Name:  "an upsert compares what is not comparable",
		File:  "dialect/upsert.go",
		Old:   " || c.Comparison == \"\"",
		New:   "",
		Check: onSQLite("TestUpserts"), Want: "STALE",
	},
	{
		Name:  "an upsert overlooks a default",
		File:  "dialect/upsert.go",
		Old:   "if c.HasDefault {",
		New:   "if c.HasDefault && c.Generated {",
		Check: onSQLite("TestUpserts"), Want: "STALE",
	},
	{
		Name:  "an upsert overlooks another name of its key",
		File:  "dialect/upsert.go",
		Old:   "\t\tif pos < 0 {\n",
		New:   "\t\tif pos < -1 {\n",
		Check: onSQLite("TestUpserts"), Want: "STALE",
	},
	{
		Name:  "a CTE with the target's name is taken for the target",
		File:  "dialect/sqlite/convert_write.go",
		Old:   "\tcond.Shadowed = c.isCTE(table)\n",
		New:   "",
		Check: testSQLite, Want: "--- FAIL: TestImagesRefused",
	},
	{
		Name:  "a trigger that fails half way is undone",
		File:  "sqlcache/write.go",
		Old:   "st.Delete == nil, w.Partial:",
		New:   "st.Delete == nil, w.All:",
		Check: onSQLite("TestTriggerThatFailsHalfWay"), Want: "--- FAIL: TestTriggerThatFailsHalfWay",
	},
	{
		Name:  "the program sees the columns that are returned for us",
		File:  "internal/result/result.go",
		Old:   "slices.Clone(r.shape.columns[:n])",
		New:   "slices.Clone(r.shape.columns[width-n:])",
		Check: onSQLite("TestReturning"), Want: "TRANSPARENCY",
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
