package main

// settingBreakages breaks the way from a setting to what it does.
var settingBreakages = []breakage{
	{
		Name:  "the names of declared functions have a case",
		File:  "config.go",
		Old:   "folded := strings.ToLower(name)",
		New:   "folded := name",
		Check: onSQLite("TestDeclaredFunctions"), Want: "--- FAIL: TestDeclaredFunctions",
	},
	{
		Name:  "the bound of disjunctions is not handed on",
		File:  "cache.go",
		Old:   "MaxConjunctions: cfg.MaxDisjunction",
		New:   "MaxConjunctions: DefaultMaxDisjunction",
		Check: onSQLite("TestDisjunctionIsBounded"), Want: "--- FAIL: TestDisjunctionIsBounded",
	},
	{
		Name:  "a call that asks for one kind of read gets them all",
		File:  "context.go",
		Old:   "o.Ops, o.HasOps = analysis.Op(ops), true",
		New:   "o.Ops, o.HasOps = analysis.OpAll, ops > 0",
		Check: onSQLite("TestEachOpIsCachedByItself"), Want: "--- FAIL: TestEachOpIsCachedByItself",
	},
	{
		Name:  "a read of two tables lives as long as the longer TTL",
		File:  "internal/engine/policy.go",
		Old:   "p.TTL < all.ttl",
		New:   "p.TTL > all.ttl",
		Check: onSQLite("TestTTL"), Want: "--- FAIL: TestTTL",
	},
	{
		Name:  "handles of unlike data source names serve each other's results",
		File:  "sqlcache/open.go",
		Old:   "Variant: variant + dsn,",
		New:   "Variant: variant,",
		Check: onSQLite("TestVariants"), Want: "--- FAIL: TestVariants",
	},
}
