package main

var (
	testEngine = []string{"go", "test", "-run", "TestPostponedIsBounded|TestDrops", "./internal/engine"}
	testDeps   = []string{"go", "test", "-run", "TestGivenKeys|TestAnyKey", "./internal/dependency"}
)

// surfaceBreakages breaks what a program asks for itself: explicit
// invalidation, and writes that invalidate later or not at all.
var surfaceBreakages = []breakage{
	{
		Name:  "a query has no key for rows of which only some columns are given",
		File:  "internal/dependency/key.go",
		Old:   "\t\t\t\tconjs = append(conjs, anyOf(scheme))\n",
		New:   "",
		Check: onSQLite("TestInvalidateRowsAtRandom"), Want: "STALE",
	},
	{
		Name:  "the key of any values is that of the scheme met first alone",
		File:  "internal/dependency/key.go",
		Old:   "if !slices.Contains(schemes, scheme) {",
		New:   "if len(schemes) == 0 {",
		Check: testDeps, Want: "--- FAIL: TestAnyKeyIsBesideEveryConjunction",
	},
	{
		Name:  "a column that is not given is taken for NULL",
		File:  "internal/dependency/given.go",
		Old:   "s.open = open[s.at] || !e.evaluateGiven(s, row[s.at])",
		New:   "s.open = !e.evaluateGiven(s, row[s.at])",
		Check: testDeps, Want: "--- FAIL: TestGivenKeys",
	},
	{
		Name:  "a value outside the rules drops nothing",
		File:  "internal/dependency/given.go",
		Old:   "s.open = open[s.at] || !e.evaluateGiven(s, row[s.at])",
		New:   "if s.open = open[s.at]; !s.open {\n\t\t\te.evaluateGiven(s, row[s.at])\n\t\t}",
		Check: testDeps, Want: "--- FAIL: TestGivenKeys",
	},
	{
		Name:  "a NaN is taken for no NULL",
		File:  "internal/dependency/given.go",
		Old:   "if v != v {",
		New:   "if v == 0.25 {",
		Check: testDeps, Want: "--- FAIL: TestGivenKeys",
	},
	{
		Name:  "a given row is compared as if the database had returned it",
		File:  "internal/dependency/given.go",
		Old:   "dialect.SideArgument)",
		New:   "dialect.SideImage)",
		Check: onSQLite("TestInvalidateTargets"), Want: "--- FAIL: TestInvalidateTargets",
	},
	{
		Name:  "a target that is wrong does not keep the others back",
		File:  "internal/engine/target.go",
		Old:   "\t\t\tr, err := h.resolveTable(cat, t)\n\t\t\tif err != nil {\n\t\t\t\treturn nil, err\n\t\t\t}\n",
		New:   "\t\t\tr, err := h.resolveTable(cat, t)\n\t\t\tif err != nil {\n\t\t\t\tcontinue\n\t\t\t}\n",
		Check: onSQLite("TestInvalidateRefuses"), Want: "--- FAIL: TestInvalidateRefuses",
	},
	{
		Name:  "a pattern is looked up in an old schema",
		File:  "invalidate.go",
		Old:   "slices.ContainsFunc(list, is(engine.TargetPattern)) || slices.ContainsFunc(list, is(engine.TargetAll)) && !d.cache.engine.KnowsAll() || h.Resolves(list) != nil",
		New:   "len(list) > 1 && is(engine.TargetPattern)(list[0])",
		Check: onSQLite("TestInvalidateFindsNewTables"), Want: "--- FAIL: TestInvalidateFindsNewTables",
	},
	{
		Name:  "targets in a transaction take effect at once",
		File:  "sqlcache/notice.go",
		Old:   "h.Take(ctx, n, c.tx.changes, c.tx.schema)",
		New:   "h.Take(ctx, n, nil, false)",
		Check: onSQLite("TestInvalidateTx"), Want: "--- FAIL: TestInvalidateTx",
	},
	{
		Name:  "targets in a transaction of another database are accepted",
		File:  "internal/engine/target.go",
		Old:   "if n.engine != h.engine || n.database != h.database {",
		New:   "if n.engine != h.engine && n.database != h.database {",
		Check: onSQLite("TestInvalidateTxOfAnotherHandle"), Want: "--- FAIL: TestInvalidateTxOfAnotherHandle",
	},
	{
		Name:  "targets in a transaction with another schema are looked up in the old one",
		File:  "internal/engine/target.go",
		Old:   "case unknown, h.engine.cfg.PrefixFor",
		New:   "case h.engine.cfg.PrefixFor",
		Check: onSQLite("TestInvalidateTx"), Want: "--- FAIL: TestInvalidateTx",
	},
	{
		Name:  "a handle that is not wrapped is not noticed",
		File:  "invalidate.go",
		Old:   "if !notice.Taken() {",
		New:   "if notice == nil {",
		Check: onSQLite("TestInvalidateTxOfAnotherHandle"), Want: "--- FAIL: TestInvalidateTxOfAnotherHandle",
	},
	{
		Name:  "a prepared statement runs what it should bring to its connection",
		File:  "sqlcache/stmt.go",
		Old:   "if n := engine.NoticeFrom(ctx, s.text); n != nil { // of a program that prepares all it runs\n",
		New:   "if n := engine.NoticeFrom(ctx, s.text); false {\n",
		Check: onSQLite("TestInvalidateTx"), Want: "--- FAIL: TestInvalidateTx",
	},
	{
		Name:  "DDL under NoInvalidation drops nothing",
		File:  "sqlcache/write.go",
		Old:   "o.NoInvalidation && !w.All && !w.Schema",
		New:   "o.NoInvalidation",
		Check: onSQLite("TestNoInvalidation"), Want: "--- FAIL: TestNoInvalidation",
	},
	{
		Name:  "a postponed change is forgotten where its context has ended",
		File:  "internal/engine/postpone.go",
		Old:   "\tif p.closed {\n\t\treturn false\n\t}\n",
		New:   "\tif p.closed {\n\t\treturn true\n\t}\n",
		Check: onSQLite("TestPostponeLateCommit"), Want: "STALE",
	},
	{
		Name:  "a context that has ended postpones",
		File:  "internal/engine/postpone.go",
		Old:   "\tif p.closed {\n\t\treturn nil\n\t}\n",
		New:   "",
		Check: onSQLite("TestPostponeNests"), Want: "--- FAIL: TestPostponeNests",
	},
	{
		Name:  "a panic leaves postponed changes behind",
		File:  "internal/engine/postpone.go",
		Old:   "\tdefer func() {\n\t\tif ferr := p.flush(ctx); ferr != nil {\n\t\t\terr = errors.Join(err, ferr)\n\t\t}\n\t}()\n\treturn f(context.WithValue(ctx, postponeKey{}, p))\n",
		New:   "\terr = f(context.WithValue(ctx, postponeKey{}, p))\n\treturn errors.Join(err, p.flush(ctx))\n",
		Check: onSQLite("TestPostponeEnds"), Want: "--- FAIL: TestPostponeEnds",
	},
	{
		Name:  "DDL is postponed",
		File:  "internal/engine/postpone.go",
		Old:   "return ch.table != nil && !ch.schema && !ch.asked }",
		New:   "return ch.table != nil || true }",
		Check: testEngine, Want: "--- FAIL: TestPostponedIsBounded",
	},
	{
		Name:  "what is asked for in a transaction is postponed",
		File:  "internal/engine/postpone.go",
		Old:   "return ch.table != nil && !ch.schema && !ch.asked }",
		New:   "return ch.table != nil && !ch.schema }",
		Check: onSQLite("TestPostponeLeavesOut"), Want: "--- FAIL: TestPostponeLeavesOut",
	},
	{
		Name:  "images beside postponed ones are forgotten",
		File:  "internal/engine/commit.go",
		Old:   "\tb := c.batch()\n\tb.log, b.known = c.prompt(), nil\n\tc.bump(ctx, b, store.DropFence, c.fencedUntil())\n",
		New:   "",
		Check: onSQLite("TestPostponeLeavesOut"), Want: "--- FAIL: TestPostponeLeavesOut",
	},
	{
		Name:  "postponed images are not bounded",
		File:  "internal/engine/postpone.go",
		Old:   " || g.rows[ch.table.Key] > g.handle.engine.cfg.MaxImages; t.epoch {",
		New:   "; t.epoch {",
		Check: testEngine, Want: "--- FAIL: TestPostponedIsBounded",
	},
	{
		Name:  "postponed images are read by another schema than they were taken in",
		File:  "internal/engine/postpone.go",
		Old:   "ch.epoch || ch.table != t.table ||",
		New:   "ch.epoch ||",
		Check: testEngine, Want: "--- FAIL: TestPostponedIsBounded",
	},
	{
		Name:  "changes are handed on before their commit",
		File:  "sqlcache/tx.go",
		Old:   "\terr := commit()\n\tdone = true\n\tif err == nil {\n\t\tchanges.Committed(ctx)\n\t\treturn nil\n\t}\n",
		New:   "\tchanges.Committed(ctx)\n\terr := commit()\n\tdone = true\n\tif err == nil {\n\t\treturn nil\n\t}\n",
		Check: onSQLite("TestPostponeLateCommit"), Want: "STALE",
	},
}
