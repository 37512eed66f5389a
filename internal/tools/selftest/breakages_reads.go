package main

// storeBreakages breaks the protocol, in the embedded store.
var storeBreakages = []breakage{
	{
		Name: "a fence leaves the value",
		File: "store/memory/safeguards.go",
		Old:  "\t}\n\tc.gen.Store(0)\n}\n\n// bumped",
		New:  "\t}\n}\n\n// bumped",
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
}

// conditionBreakages breaks from conditions and values to conjunctions.
var conditionBreakages = []breakage{
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
}

// joinBreakages breaks which rows of which table a query of several depends on.
var joinBreakages = []breakage{
	{
		Name:  "ON restricts the preserved side",
		File:  "internal/analysis/from.go",
		Old:   "on, right.otherFrom, right.otherTo = right, start, middle",
		New:   "on, right.otherFrom, right.otherTo = b, start, middle",
		Check: testQueries, Want: "--- FAIL: TestDependencies",
	},
	{
		Name:  "the null-extended side is not null-extended",
		File:  "internal/analysis/from.go",
		Old:   "\tcase dialect.JoinLeft:\n\t\tright = &block{parent: b}\n",
		New:   "\tcase dialect.JoinLeft:\n",
		Check: testQueries, Want: "--- FAIL: TestDependencies",
	},
	{
		Name:  "the left side of a RIGHT JOIN is not null-extended",
		File:  "internal/analysis/from.go",
		Old:   "\tcase dialect.JoinRight:\n\t\tleft = &block{parent: b}\n",
		New:   "\tcase dialect.JoinRight:\n",
		Check: testQueries, Want: "--- FAIL: TestDependencies",
	},
	{
		Name:  "ON of a FULL JOIN restricts a side",
		File:  "internal/analysis/from.go",
		Old:   "\tcase dialect.JoinFull:\n\tdefault:\n\t\ton = b",
		New:   "\tdefault:\n\t\ton = b",
		Check: testQueries, Want: "--- FAIL: TestDependencies",
	},
	{
		Name:  "IS NULL on the null-extended side counts",
		File:  "internal/analysis/conj.go",
		Old:   "return t.value != dependency.Yes",
		New:   "return true",
		Check: testQueries, Want: "--- FAIL: TestDependencies",
	},
	{
		Name:  "IS with an argument that is NULL counts on the null-extended side",
		File:  "internal/analysis/conj.go",
		Old:   "return !t.nullSafe || t.param == nil",
		New:   "return true",
		Check: testQueries, Want: "--- FAIL: TestDependencies",
	},
	{
		Name:  "what is not known to reject NULL stays beside IS with an argument",
		File:  "internal/analysis/conj.go",
		Old:   "\t\t\tout = append(out, conj{t})",
		New:   "\t\t\tout = append(out, c)",
		Check: testQueries, Want: "--- FAIL: TestDependencies",
	},
	{
		Name:  "conditions around a null-extended side count whatever NULL does to them",
		File:  "internal/analysis/depend.go",
		Old:   "b.all(p.own, p.inherited).rejectsNull(); ok",
		New:   "b.all(p.own, p.inherited), true; ok",
		Check: testQueries, Want: "--- FAIL: TestDependencies",
	},
	{
		Name:  "equality is carried over unlike collations",
		File:  "internal/analysis/premise.go",
		Old:   " || a.column.Comparison != b.column.Comparison",
		New:   "",
		Check: testQueries, Want: "--- FAIL: TestDependencies",
	},
	{
		Name:  "IS between columns carries a value",
		File:  "internal/analysis/premise.go",
		Old:   "ok && !e.NullSafe {",
		New:   "ok {",
		Check: testQueries, Want: "--- FAIL: TestDependencies",
	},
	{
		Name:  "a term of another alias is kept",
		File:  "internal/analysis/dnf.go",
		Old:   "if p.column == nil || p.leaf != b.leaf {",
		New:   "if p.column == nil {",
		Check: testQueries, Want: "--- FAIL: TestDependencies",
	},
	{
		Name:  "the second alias of a table is forgotten",
		File:  "internal/analysis/depend.go",
		Old:   "\t\tfound.conjs = append(found.conjs, all...)",
		New:   "\t\tfound.conjs = all",
		Check: testQueries, Want: "--- FAIL: TestDependencies",
	},
	{
		Name:  "an ambiguous name means its first column",
		File:  "internal/analysis/names.go",
		Old:   "\t\tcase has:\n\t\t\tcount++\n",
		New:   "\t\tcase has:\n",
		Check: testQueries, Want: "--- FAIL: TestDependencies",
	},
	{
		Name:  "a name merged by a RIGHT JOIN means the left column",
		File:  "internal/analysis/names.go",
		Old:   "count > 1 && n.merged[name] && !n.twoSided",
		New:   "count > 1 && n.merged[name]",
		Check: testQueries, Want: "--- FAIL: TestDependencies",
	},
	{
		Name:  "an output's name is taken for one from outside",
		File:  "internal/analysis/names.go",
		Old:   "case count > 0, qualifier == \"\" && n.outputs[name], n.outer == nil:",
		New:   "case count > 0, n.outer == nil:",
		Check: testQueries, Want: "--- FAIL: TestDependencies",
	},
	{
		Name:  "a query with a LIMIT is read as a part of the FROM around it",
		File:  "internal/analysis/aggregate.go",
		Old:   " || q.Limit != nil || q.Offset != nil",
		New:   "",
		Check: testQueries, Want: "--- FAIL: TestDependencies",
	},
	{
		Name:  "a query with an aggregate is read as a part of the FROM around it",
		File:  "internal/analysis/aggregate.go",
		Old:   " && d.plainOutputs(c, q, home)",
		New:   "",
		Check: testQueries, Want: "--- FAIL: TestDependencies",
	},
	{
		Name:  "a computed column is taken for the column in it",
		File:  "internal/analysis/from.go",
		Old:   "\t\tif isColumn {\n\t\t\tat = n.resolve(ref)",
		New:   "\t\tif sum, ok := o.Expr.(*dialect.Opaque); ok && len(sum.Args) > 0 {\n\t\t\tref, isColumn = sum.Args[0].(*dialect.ColumnRef)\n\t\t}\n\t\tif isColumn {\n\t\t\tat = n.resolve(ref)",
		Check: testQueries, Want: "--- FAIL: TestDependencies",
	},
	{
		Name:  "what holds of rows holds where there are none",
		File:  "internal/analysis/depend.go",
		Old:   "\t\tknown = nil\n\t}\n",
		New:   "\t}\n",
		Check: testQueries, Want: "--- FAIL: TestDependencies",
	},
	{
		Name:  "a query in an OR is asked for rows that the rest of it lets through",
		File:  "internal/analysis/premise.go",
		Old:   "\tif and, ok := e.(*dialect.And); ok {\n\t\tfor _, x := range and.X {\n\t\t\tb.require(x, n)\n\t\t}\n\t\treturn\n\t}\n",
		New:   "\tif and, ok := e.(*dialect.And); ok {\n\t\tfor _, x := range and.X {\n\t\t\tb.require(x, n)\n\t\t}\n\t\treturn\n\t}\n\tif or, ok := e.(*dialect.Or); ok {\n\t\tfor _, x := range or.X {\n\t\t\tb.require(x, n)\n\t\t}\n\t\treturn\n\t}\n",
		Check: testQueries, Want: "--- FAIL: TestDependencies",
	},
	{
		Name:  "a CTE that some FROM cannot take in is not looked at",
		File:  "internal/analysis/depend.go",
		Old:   "(c.alone || !c.used) && !c.done",
		New:   "!c.used && !c.done",
		Check: testQueries, Want: "--- FAIL: TestDependencies",
	},
	{
		Name:  "queries in LIMIT are not looked at",
		File:  "internal/analysis/depend.go",
		Old:   "\t\td.expr(q.Limit, alone)\n",
		New:   "",
		Check: testQueries, Want: "--- FAIL: TestDependencies",
	},
	{
		Name:  "an aggregate is always one of the query that it stands in",
		File:  "internal/analysis/aggregate.go",
		Old:   "return names && !own\n",
		New:   "return names && !own && len(a.inside) == 0\n",
		Check: testQueries, Want: "--- FAIL: TestDependencies",
	},
	{
		Name:  "a row's number is taken for a column from outside",
		File:  "internal/analysis/names.go",
		Old:   ", n.cat.Hidden(name):\n",
		New:   ":\n",
		Check: onSQLite("TestNamesThatHideOthers"), Want: "STALE",
	},
	{
		Name:  "TRUE is never a result's column",
		File:  "internal/analysis/survey.go",
		Old:   "\t\ts.named(c.Columns[i].Alias)\n",
		New:   "",
		Check: onSQLite("TestNamesThatHideOthers"), Want: "STALE",
	},
}
