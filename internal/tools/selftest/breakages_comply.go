package main

// complyBreakages break what a reviewer found missing on PostgreSQL: what
// statements set off that change no rows themselves.
var complyBreakages = []breakage{
	{
		Name:  "postgres: an argument like 'today' is cached",
		File:  "internal/engine/read.go",
		Old:   "if p.Dated(args) {",
		New:   "if false {",
		Check: onPostgresCatalog("TestDatedArguments"), Want: "--- FAIL: TestDatedArguments",
	},
	{
		Name:  "postgres: an argument that is compared with a date is taken for none",
		File:  "internal/analysis/dated.go",
		Old:   "dated[at] = dated[at] || dates.DatedColumn(t.column)",
		New:   "dated[at] = false",
		Check: onPostgresCatalog("TestDatedArguments"), Want: "--- FAIL: TestDatedArguments",
	},
	{
		Name:  "postgres: a date word within an argument is overlooked",
		File:  "dialect/postgres/arguments_dated.go",
		Old:   "if argumentHolds(v.Field(i), depth+1) {",
		New:   "if argumentHolds(v.Field(i), depth+1) && depth < 0 {",
		Check: inPostgresDialect("TestDated"), Want: "--- FAIL: TestDated",
	},
	{
		Name:  "postgres: event triggers are overlooked",
		File:  "dialect/postgres/catalog_aside.go",
		Old:   "b.routines[routineEvents] = dialect.RoutineWrites",
		New:   "b.routines[routineEvents] = dialect.RoutinePure",
		Check: onPostgresCatalog("TestStatementsThatFireMore"), Want: "--- FAIL: TestStatementsThatFireMore/a_comment",
	},
	{
		Name:  "postgres: the queries of materialised views are overlooked",
		File:  "dialect/postgres/catalog_aside.go",
		Old:   "b.routines[routineRefresh] = dialect.RoutineWrites",
		New:   "b.routines[routineRefresh] = dialect.RoutinePure",
		Check: onPostgresCatalog("TestStatementsThatFireMore"), Want: "--- FAIL: TestStatementsThatFireMore/a_function_behind_a_materialised_view",
	},
	{
		Name:  "postgres: an event trigger of another program is not noticed",
		File:  "dialect/postgres/digest.go",
		Old:   "\t{\"pg_event_trigger\", \"x.oid\", \"\"},\n",
		New:   "",
		Check: onPostgresCatalog("TestDigestOfEventTriggers"), Want: "--- FAIL: TestDigestOfEventTriggers",
	},
	{
		Name:  "postgres: what an event trigger writes at each login is cached",
		File:  "dialect/postgres/catalog_aside.go",
		Old:   `if e.Event != "login" {`,
		New:   `if e.Event != "" {`,
		Check: onPostgresCatalog("TestCatalogOfLoginTriggers"), Want: "--- FAIL: TestCatalogOfLoginTriggers",
	},
	{
		Name:  "postgres: a procedure that commits is run in a transaction of ours",
		File:  "dialect/postgres/catalog_aside.go",
		Old:   `case t.is("commit"), t.is("rollback"), t.is("call"), t.is("execute"):`,
		New:   `case t.is("rollback"), t.is("call"), t.is("execute"):`,
		Check: onPostgresCatalog("TestProcedures"), Want: "--- FAIL: TestProcedures/declared",
	},
	{
		Name:  "a transaction reads from the cache what a statement's aside has written",
		File:  "sqlcache/run.go",
		Old:   `(!harmless(st.Kind) || st.Foreign != "")`,
		New:   `!harmless(st.Kind)`,
		Check: onPostgresCatalog("TestStatementsThatFireMore"), Want: "in the transaction",
	},
	{
		Name:  "postgres: what a SELECT leaves at the server passes to another connection",
		File:  "sqlcache/read.go",
		Old:   "c.sticky = c.sticky || p.Read == nil || p.Read.Reason != \"\"",
		New:   "",
		Check: onPostgresCatalog("TestAdvisoryLocks"), Want: "--- FAIL: TestAdvisoryLocks",
	},
	{
		Name:  "postgres: a connection that the program used itself is handed out for ever",
		File:  "sqlcache/raw.go",
		Old:   "\t\tc.spend(ctx, real)\n",
		New:   "",
		Check: onPostgresCatalog("TestRawOfPgx"), Want: "--- FAIL: TestRawOfPgx",
	},
}
