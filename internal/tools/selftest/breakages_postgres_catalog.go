package main

// inPostgresDialect runs one test of the dialect, onPostgresCatalog one against a real
// PostgreSQL.
func inPostgresDialect(test string) []string {
	return []string{"go", "test", "-timeout", "60s", "-run", "^" + test + "$", "./dialect/postgres"}
}

func onPostgresCatalog(test string) []string {
	return []string{"go", "test", "-timeout", "180s", "-run", "^" + test + "$", "./internal/integration/postgres"}
}

// postgresCatalogBreakages break what is read of PostgreSQL's schema, its
// triggers and its sessions.
var postgresCatalogBreakages = []breakage{
	{
		Name:  "postgres: a trigger that runs a text is taken for a harmless one",
		File:  "dialect/postgres/trigger.go",
		Old:   "\t\tcase \"execute\":\n\t\t\treturn false",
		New:   "\t\tcase \"execute\":\n\t\t\treturn true",
		Check: inPostgresDialect("TestTriggerBodies"), Want: "--- FAIL: TestTriggerBodies",
	},
	{
		Name:  "postgres: a statement of a trigger that is not known is passed over",
		File:  "dialect/postgres/trigger.go",
		Old:   "\tdefault:\n\t\treturn false\n\t}\n\tspan, ok := r.until(end)",
		New:   "\tdefault:\n\t\tend = \";\"\n\t}\n\tspan, ok := r.until(end)",
		Check: inPostgresDialect("TestTriggerBodies"), Want: "--- FAIL: TestTriggerBodies",
	},
	{
		Name:  "postgres: a trigger calls a function that nobody knows",
		File:  "dialect/postgres/routine.go",
		Old:   `return name != "set_config" && functionLookup(name) != functionForeign`,
		New:   `return name != "set_config"`,
		Check: inPostgresDialect("TestTriggerBodies"), Want: "--- FAIL: TestTriggerBodies",
	},
	{
		Name:  "postgres: a function's own search path is overlooked",
		File:  "dialect/postgres/trigger.go",
		Old:   `[]string{"search_path", "role",`,
		New:   `[]string{"role",`,
		Check: inPostgresDialect("TestTriggerFunctions"), Want: "--- FAIL: TestTriggerFunctions",
	},
	{
		Name:  "postgres: a trigger changes a key and nothing follows from it",
		File:  "dialect/postgres/catalog_trigger.go",
		Old:   "row.Type&triggerRow != 0 && b.renames(t, body)",
		New:   "row.Type&triggerRow == 0 && b.renames(t, body)",
		Check: onPostgresCatalog("TestCatalog"), Want: "--- FAIL: TestCatalog/triggers",
	},
	{
		Name:  "postgres: the condition of a trigger is not looked at",
		File:  "dialect/postgres/catalog_trigger.go",
		Old:   "\t\tif st != nil {\n\t\t\tout = append(out, st)",
		New:   "\t\tif st == nil {\n\t\t\tout = append(out, st)",
		Check: onPostgresCatalog("TestWritesThatReachFurther"), Want: "--- FAIL: TestWritesThatReachFurther/a_trigger_in_a_condition",
	},
	{
		Name:  "postgres: an expression that writes is not looked at",
		File:  "dialect/postgres/catalog_expression.go",
		Old:   "t.onWrites(\"expression\", st, e.What == \"policy\")",
		New:   "_ = st",
		Check: onPostgresCatalog("TestWritesThatReachFurther"), Want: "--- FAIL: TestWritesThatReachFurther/a_default_that_writes",
	},
	{
		Name:  "postgres: a rule is not looked at",
		File:  "dialect/postgres/catalog_trigger.go",
		Old:   "known < 0 || known == i {",
		New:   "known < -1 && known == i {",
		Check: onPostgresCatalog("TestCatalog"), Want: "--- FAIL: TestCatalog/rules",
	},
	{
		Name:  "postgres: a partition in another order is taken for its root",
		File:  "dialect/postgres/catalog.go",
		Old:   "if t.odd = !slices.EqualFunc(t.columns, t.root.columns, same); !t.odd {",
		New:   "if t.odd = !slices.EqualFunc(t.columns, t.root.columns, same) && len(t.columns) > 9; !t.odd {",
		Check: onPostgresCatalog("TestCatalog"), Want: "--- FAIL: TestCatalog/a_partition_in_another_order",
	},
	{
		Name:  "postgres: the write of a partition in another order is not one of its root",
		File:  "dialect/postgres/catalog.go",
		Old:   "\t\tt.table.Key = t.root.table.Key\n",
		New:   "",
		Check: onPostgresCatalog("TestCatalog"), Want: "--- FAIL: TestCatalog/a_partition_in_another_order",
	},
	{
		Name:  "postgres: a reference to a partition is none to its root",
		File:  "dialect/postgres/catalog_keys.go",
		Old:   "child, parent = child.top(), parent.top()",
		New:   "child = child.top()",
		Check: onPostgresCatalog("TestCatalog"), Want: "--- FAIL: TestCatalog/a_reference_to_a_partition",
	},
	{
		Name:  "postgres: the heirs of a table have no other parent",
		File:  "dialect/postgres/catalog.go",
		Old:   "range catalogReach(heirs, b.parents) {",
		New:   "range heirs {",
		Check: onPostgresCatalog("TestWritesThatReachFurther"), Want: "--- FAIL: TestWritesThatReachFurther/a_row_of_two_parents",
	},
	{
		Name:  "postgres: a partition with row level security is read like its root",
		File:  "dialect/postgres/catalog.go",
		Old:   "\t\tcase p.Secured:",
		New:   "\t\tcase p == t && p.Secured:",
		Check: onPostgresCatalog("TestCatalog"), Want: "--- FAIL: TestCatalog/a_partition_with_row_level_security",
	},
	{
		Name:  "postgres: an aggregate is pure whatever it is made of",
		File:  "dialect/postgres/catalog_query.go",
		Old:   "unnest(ARRAY[a.aggfnoid, a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn,\n\t\t\ta.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn]",
		New:   "unnest(ARRAY[a.aggfnoid]",
		Check: onPostgresCatalog("TestCatalogRoutines"), Want: "--- FAIL: TestCatalogRoutines",
	},
	{
		Name:  "postgres: who may not read a table has images of it",
		File:  "dialect/postgres/catalog.go",
		Old:   "\t\tcase !p.SelectsSome:\n\t\t\tt.noImages(\"the role may not read it\")\n",
		New:   "\t\tcase !p.SelectsSome:\n",
		Check: onPostgresCatalog("TestCatalogRoles"), Want: "--- FAIL: TestCatalogRoles",
	},
	{
		Name:  "postgres: the digest does not look at functions",
		File:  "dialect/postgres/digest.go",
		Old:   "\t{\"pg_proc\", \"x.oid\", digestSchema(\"x.pronamespace\")},\n",
		New:   "",
		Check: onPostgresCatalog("TestDigest"), Want: "--- FAIL: TestDigest",
	},
	{
		Name:  "postgres: temporary objects of the session are overlooked",
		File:  "dialect/postgres/session.go",
		Old:   `taint(s.temporary != "false", dialect.TaintAll,`,
		New:   `taint(s.temporary == "", dialect.TaintAll,`,
		Check: onPostgresCatalog("TestSessions"), Want: "--- FAIL: TestSessions",
	},
	{
		Name:  "postgres: a standby is read like its primary",
		File:  "dialect/postgres/session.go",
		Old:   `taint(s.standby != "false", dialect.TaintReads,`,
		New:   `taint(s.standby == "", dialect.TaintReads,`,
		Check: onPostgresCatalog("TestSessionOfStandby"), Want: "--- FAIL: TestSessionOfStandby",
	},
}
