package main

// mysqlComputedBreakages break what is known of virtual columns, which are computed by the
// session that reads them.
var mysqlComputedBreakages = []breakage{
	{
		Name:  "MySQL: what is computed of a virtual column is the same in all sessions",
		File:  "dialect/mysql/catalog_virtual.go",
		Old:   `t.kinds.unlike, again = append(t.kinds.unlike, v.name), true`,
		New:   `v.column.Comparison = ""`,
		Check: onMySQL("TestComputedByOthers"), Want: "--- FAIL: TestComputedByOthers/a_column_that_is_computed_of_one ",
	},
	{
		Name:  "MySQL: nothing is computed of a column that is not seen",
		File:  "dialect/mysql/catalog.go",
		Old:   `t.virtual = append(t.virtual, catalogVirtual{name: nameFold(row.name), expression: row.expression})`,
		New:   `t.virtual = append(t.virtual, catalogVirtual{name: nameFold(row.name), expression: "1"})`,
		Check: onMySQL("TestComputedByOthers"), Want: "--- FAIL: TestComputedByOthers/a_column_that_is_computed_of_one_that_is_not_seen",
	},
	{
		Name:  "MySQL: a virtual column is NULL to all sessions or to none",
		File:  "dialect/mysql/catalog_virtual.go",
		Old:   `v.column.Comparison, v.column.Composite = "", true`,
		New:   `v.column.Comparison = ""`,
		Check: onMySQL("TestComputedByOthers"), Want: "--- FAIL: TestComputedByOthers/NULL_to_some",
	},
	{
		Name:  "an argument of NULL finds the same in all values that may be NULL to some",
		File:  "internal/analysis/dnf.go",
		Old:   `, strict: nullSafe && c.Composite}`,
		New:   `}`,
		Check: onMySQL("TestComputedByOthers"), Want: "--- FAIL: TestComputedByOthers/NULL_to_some",
	},
	{
		Name:  "MySQL: a virtual column rounds dates alike in all sessions",
		File:  "dialect/mysql/catalog_virtual.go",
		Old:   `case catalogTemporal[word]:`,
		New:   `case catalogTemporal[word] && word == "timestamp":`,
		Check: onMySQL("TestComputedByOthers"), Want: "--- FAIL: TestComputedByOthers/a_fraction_that_is_cut_or_rounded",
	},
	{
		Name:  "MySQL: a difference without a sign is the same in all sessions",
		File:  "dialect/mysql/catalog_virtual.go",
		Old:   ` && !(minus && unsigned)`,
		New:   ` && (!minus || unsigned || !unsigned)`,
		Check: []string{"go", "test", "-run", "^TestAlike$", "./dialect/mysql"}, Want: "--- FAIL: TestAlike",
	},
}
