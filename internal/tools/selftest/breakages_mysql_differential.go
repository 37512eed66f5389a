package main

// inDifferentialMySQL runs one of the tests that try whatever there is on MariaDB,
// shortly and with one seed.
func inDifferentialMySQL(test string) []string {
	return []string{"go", "test", "-timeout", "300s", "-run", "^" + test + "$", "./internal/integration/differential", "-differential.mysql=20000", "-differential.mysql.changes=20000", "-differential.seed=1", "-rapid.shrinktime=2s"}
}

// mysqlDifferentialBreakages are noticed by the tests that run on MariaDB, which know of
// no rule, and by what other caches were seen to get wrong.
var mysqlDifferentialBreakages = []breakage{
	{
		Name:  "a row image of an update on MySQL is the one after alone",
		File:  "sqlcache/images_own.go",
		Old:   "		im.changes.AddImages(t, im.columns, before, engine.Before)\n",
		New:   "",
		Check: inDifferentialMySQL("TestDifferentialMySQL"), Want: "STALE: ",
	},
	{
		Name:  "MySQL: the tests that try whatever there is see that letters have no case",
		File:  "dialect/mysql/values_text.go",
		Old:   "		s = strings.ToLower(s)\n",
		New:   "",
		Check: inDifferentialMySQL("TestDifferentialMySQL"), Want: "STALE: ",
	},
	{
		Name:  "MySQL: the second oracle sees that letters have no case",
		File:  "dialect/mysql/values_text.go",
		Old:   "		s = strings.ToLower(s)\n",
		New:   "",
		Check: inDifferentialMySQL("TestDependenciesMySQL"), Want: "--- FAIL: TestDependenciesMySQL",
	},
	{
		Name:  "MySQL: a commit is told before it",
		File:  "sqlcache/tx.go",
		Old:   "	err := commit()\n	done = true\n	if err == nil {\n		changes.Committed(ctx)\n",
		New:   "	changes.Committed(ctx)\n	err := commit()\n	done = true\n	if err == nil {\n",
		Check: []string{"go", "test", "-short", "-timeout", "120s", "-run", "^TestPeersReadBeforeTheCommit$", "./internal/integration/mysql"}, Want: "STALE: ",
	},
	{
		Name:  "MySQL: who waits for a read has its error",
		File:  "internal/engine/read.go",
		Old:   "			return f.result, nil, true, nil\n		}\n		// The leader",
		New:   "			return f.result, nil, true, nil\n		}\n		return nil, nil, false, context.Canceled\n		// The leader",
		Check: []string{"go", "test", "-short", "-timeout", "120s", "-run", "^TestPeersErrorsOfManyAtOnce$", "./internal/integration/mysql"}, Want: "--- FAIL: TestPeersErrorsOfManyAtOnce",
	},
}
