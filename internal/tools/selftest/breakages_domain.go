package main

// domainBreakages breaks what keeps databases, tenants and schemas apart.
var domainBreakages = []breakage{
	{
		Name:  "all of a tenant is looked up in an old schema",
		File:  "invalidate.go",
		Old:   "slices.ContainsFunc(list, is(engine.TargetAll)) && !d.cache.engine.KnowsAll() || ",
		New:   "",
		Check: onSQLite("TestAllOfATenantFindsNewTables"), Want: "--- FAIL: TestAllOfATenantFindsNewTables",
	},
	{
		Name:  "collations do not tell schemas apart",
		File:  "internal/engine/domain.go",
		Old:   "b = appendString(b, c.Collation)",
		New:   "",
		Check: onSQLite("TestDBAgnosticNeedsEqualSchemas"), Want: "--- FAIL: TestDBAgnosticNeedsEqualSchemas",
	},
	{
		Name:  "the name of a row does not tell schemas apart",
		File:  "internal/engine/domain.go",
		Old:   "for _, c := range t.RowIDColumns {",
		New:   "for _, c := range t.RowIDColumns[:0] {",
		Check: onSQLite("TestDBAgnosticNeedsEqualSchemas"), Want: "--- FAIL: TestDBAgnosticNeedsEqualSchemas",
	},
	{
		Name:  "an agnostic result in the process outlives its schema",
		File:  "internal/engine/handle.go",
		Old:   "p.policy.agnostic && p.policy.local",
		New:   "p.policy.agnostic && p.policy.local && p.policy.lock",
		Check: onSQLite("TestForeverEndsWithTheSchema"), Want: "--- FAIL: TestForeverEndsWithTheSchema",
	},
	{
		Name:  "an untracked table takes the ops of the defaults",
		File:  "profile.go",
		Old:   "if p.Mode != Untracked {",
		New:   "if p.Mode != 0 {",
		Check: onSQLite("TestUntrackedInheritsNoOps"), Want: "--- FAIL: TestUntrackedInheritsNoOps",
	},
	{
		Name:  "a statement that contains the words of a notice is not run",
		File:  "internal/engine/target.go",
		Old:   "if blank(text[:at]) && blank(text[at+len(NoticeText):]) {",
		New:   "if at >= 0 {",
		Check: onSQLite("TestInvalidateTxRunsStatementsOfOthers"), Want: "--- FAIL: TestInvalidateTxRunsStatementsOfOthers",
	},
}
