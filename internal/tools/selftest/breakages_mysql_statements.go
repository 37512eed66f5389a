package main

// onMySQLStatements runs one test of how MySQL's statements are understood.
func onMySQLStatements(test string) []string {
	return []string{"go", "test", "-timeout", "120s", "-run", "^" + test + "$", "./dialect/mysql"}
}

// mysqlStatementBreakages breaks what is understood of MySQL's statements: what they
// write, what they leave behind, and where their clauses stand.
var mysqlStatementBreakages = []breakage{
	{
		Name:  "the end of a session by SET autocommit is forgotten to commit",
		File:  "dialect/mysql/convert_set.go",
		Old:   "c.st.Commits = c.st.Commits || c.st.Autocommit == dialect.AutocommitOn",
		New:   "c.st.Commits = c.st.Commits || c.st.Autocommit == dialect.AutocommitOff",
		Check: onMySQLStatements("TestConvertAutocommit"), Want: "--- FAIL: TestConvertAutocommit",
	},
	{
		Name:  "an unknown value of autocommit is none",
		File:  "dialect/mysql/convert_set.go",
		Old:   "autocommits = 2",
		New:   "autocommits = 1",
		Check: onMySQLStatements("TestConvertAutocommit"), Want: "--- FAIL: TestConvertAutocommit",
	},
	{
		Name: "a setting that is not known is harmless",
		File: "dialect/mysql/convert_set.go",
		Old: `		default:
			c.st.Taint = dialect.TaintAll
		}
	}
	// What the values call`,
		New: `		default:
			_ = name
		}
	}
	// What the values call`,
		Check: onMySQLStatements("TestConvertSettings"), Want: "--- FAIL: TestConvertSettings",
	},
	{
		Name: "what the value of a variable calls is not run",
		File: "dialect/mysql/convert_set.go",
		Old: `	runs := c.calls()
`,
		New: `	runs := c.calls() && global
`,
		Check: onMySQLStatements("TestConvertSetRuns"), Want: "--- FAIL: TestConvertSetRuns",
	},
	{
		Name:  "LOCK TABLES leaves nothing",
		File:  "dialect/mysql/convert_set.go",
		Old:   "c.st.Taint, c.st.Commits = dialect.TaintAll, true",
		New:   "c.st.Commits = true",
		Check: onMySQLStatements("TestConvertKinds"), Want: "--- FAIL: TestConvertKinds",
	},
	{
		Name:  "DDL does not commit",
		File:  "dialect/mysql/convert_ddl.go",
		Old:   "c.st.Kind, c.st.Commits = dialect.KindDDL, true",
		New:   "c.st.Kind, c.st.Commits = dialect.KindDDL, false",
		Check: onMySQLStatements("TestConvertDDL"), Want: "--- FAIL: TestConvertDDL",
	},
	{
		Name:  "a temporary table hides no other",
		File:  "dialect/mysql/convert_ddl.go",
		Old:   "c.st.Commits, c.st.Taint = false, dialect.TaintAll",
		New:   "c.st.Commits = false",
		Check: onMySQLStatements("TestConvertDDL"), Want: "--- FAIL: TestConvertDDL",
	},
	{
		Name:  "a procedure does not commit",
		File:  "dialect/mysql/convert_statement.go",
		Old:   "c.st.Kind, c.st.Commits = dialect.KindSelect, true",
		New:   "c.st.Kind = dialect.KindSelect",
		Check: onMySQLStatements("TestConvertProcedure"), Want: "--- FAIL: TestConvertProcedure",
	},
	{
		Name: "EXPLAIN runs nothing",
		File: "dialect/mysql/convert_statement.go",
		Old: `	if c.calls() {
		c.st.Kind = dialect.KindSelect`,
		New: `	if c.calls() && why == "" {
		c.st.Kind = dialect.KindSelect`,
		Check: onMySQLStatements("TestConvertAsides"), Want: "--- FAIL: TestConvertAsides",
	},
	{
		Name:  "a snapshot is seen as the session's isolation",
		File:  "dialect/mysql/convert_statement.go",
		Old:   `c.isWord(i, "snapshot")`,
		New:   `c.isWord(i, "picture")`,
		Check: onMySQLStatements("TestConvertKinds"), Want: "--- FAIL: TestConvertKinds",
	},
	{
		Name:  "names of savepoints are compared by their bytes",
		File:  "dialect/mysql/convert_statement.go",
		Old:   "if name[i] >= 0x80 {",
		New:   "if name[i] >= 0x80 && kind == dialect.KindUnknown {",
		Check: onMySQLStatements("TestConvertKinds"), Want: "--- FAIL: TestConvertKinds",
	},
	{
		Name:  "savepoints of other letters are others",
		File:  "dialect/mysql/convert_statement.go",
		Old:   "c.st.Kind, c.st.Savepoint = kind, nameFold(name)",
		New:   "c.st.Kind, c.st.Savepoint = kind, name",
		Check: onMySQLStatements("TestConvertSavepoint"), Want: "--- FAIL: TestConvertSavepoint",
	},
	{
		Name:  "FLUSH TABLES WITH READ LOCK leaves nothing",
		File:  "dialect/mysql/convert_statement.go",
		Old:   "case f.ReadLock, f.ForExport:",
		New:   "case f.ForExport:",
		Check: onMySQLStatements("TestConvertKinds"), Want: "--- FAIL: TestConvertKinds",
	},
	{
		Name: "a target that is none of the tables is passed over",
		File: "dialect/mysql/convert_write.go",
		Old: `		all = all || !found
`,
		New: `		all = all || !found && len(targets) == 0
`,
		Check: onMySQLStatements("TestConvertJoined"), Want: "--- FAIL: TestConvertJoined",
	},
	{
		Name:  "the case of a target counts",
		File:  "dialect/mysql/convert_write.go",
		Old:   "return nameFold(n.Name) == nameFold(name)",
		New:   "return n.Name == name",
		Check: onMySQLStatements("TestConvertJoined"), Want: "--- FAIL: TestConvertJoined",
	},
	{
		Name: "REPLACE replaces nothing",
		File: "dialect/mysql/convert_write.go",
		Old: `		Conflict: n.IsReplace,
`,
		New: `		Conflict: n.IsReplace && n.IgnoreErr,
`,
		Check: onMySQLStatements("TestConvertInsert"), Want: "--- FAIL: TestConvertInsert",
	},
	{
		Name: "INSERT IGNORE writes all its rows",
		File: "dialect/mysql/convert_write.go",
		Old: `		Skips:    n.IgnoreErr,
`,
		New: `		Skips:    n.IgnoreErr && n.IsReplace,
`,
		Check: onMySQLStatements("TestConvertInsert"), Want: "--- FAIL: TestConvertInsert",
	},
	{
		Name: "the order of a DELETE may be another one",
		File: "dialect/mysql/convert_write.go",
		Old: `		del.Where = c.expr(n.Where)
		c.writeTail(n.Order, n.Limit)
	})`,
		New: `		del.Where = c.expr(n.Where)
	})
	c.writeTail(n.Order, n.Limit)`,
		Check: onMySQLStatements("TestConvertVolatileCondition"), Want: "--- FAIL: TestConvertVolatileCondition",
	},
	{
		Name: "the order of an UPDATE may be another one",
		File: "dialect/mysql/convert_write.go",
		Old: `		up.Where = c.expr(n.Where)
		c.writeTail(n.Order, n.Limit)
	})`,
		New: `		up.Where = c.expr(n.Where)
	})
	c.writeTail(n.Order, n.Limit)`,
		Check: onMySQLStatements("TestConvertVolatileCondition"), Want: "--- FAIL: TestConvertVolatileCondition",
	},
	{
		Name: "what RETURNING calls is not seen",
		File: "dialect/mysql/convert_write.go",
		Old: `	c.outputs(c.returningFields)
`,
		New: `	_ = c.returningFields.Fields
`,
		Check: onMySQLStatements("TestConvertInsert"), Want: "--- FAIL: TestConvertInsert",
	},
	{
		Name:  "a number with a minus before a parameter is constant",
		File:  "dialect/mysql/convert_write.go",
		Old:   "return !isParam && !isText",
		New:   "return isParam || !isText",
		Check: onMySQLStatements("TestConvertValues"), Want: "--- FAIL: TestConvertValues",
	},
	{
		Name:  "INSERT DELAYED has written when it ends",
		File:  "dialect/mysql/convert_write.go",
		Old:   "if n.Priority == mysql.DelayedPriority {",
		New:   "if n.Priority == mysql.DelayedPriority && n.IsReplace {",
		Check: onMySQLStatements("TestConvertInsert"), Want: "--- FAIL: TestConvertInsert",
	},
	{
		Name: "a WHERE in parentheses begins a clause",
		File: "dialect/mysql/convert_write_place.go",
		Old: `		case depth > 0 || c.isOp(i-1, '.'):
		case c.isOp(i, ',') &&`,
		New: `		case c.isOp(i-1, '.'):
		case c.isOp(i, ',') &&`,
		Check: onMySQLStatements("TestConvertUpdateDelete"), Want: "--- FAIL: TestConvertUpdateDelete",
	},
	{
		Name: "a word behind a point begins a clause",
		File: "dialect/mysql/convert_write_place.go",
		Old: `		case depth > 0 || c.isOp(i-1, '.'):
		case c.isOp(i, ',') &&`,
		New: `		case depth > 0:
		case c.isOp(i, ',') &&`,
		Check: onMySQLStatements("TestConvertUpdateDelete"), Want: "--- FAIL: TestConvertUpdateDelete",
	},
	{
		Name: "parameters are numbered in each clause",
		File: "dialect/mysql/convert_write_place.go",
		Old: `		index++
		if int(t.pos) >= pos`,
		New: `		if int(t.pos) >= pos {
			index++
		}
		if int(t.pos) >= pos`,
		Check: onMySQLStatements("TestConvertClauses"), Want: "--- FAIL: TestConvertClauses",
	},
	{
		Name: "RETURNING is a part of the condition",
		File: "dialect/mysql/convert_write_place.go",
		Old: `		end-- // the word
`,
		New: `		end = len(c.toks)
`,
		Check: onMySQLStatements("TestConvertUpdateDelete"), Want: "--- FAIL: TestConvertUpdateDelete",
	},
	{
		Name:  "the next transaction of MySQL has the session's isolation",
		File:  "dialect/mysql/convert_set.go",
		Old:   "			c.st.OtherIsolation = true\n",
		New:   "			c.st.OtherIsolation = c.st.OtherIsolation || global\n",
		Check: onMySQLStatements("TestConvertSettings"), Want: "--- FAIL: TestConvertSettings",
	},
}
