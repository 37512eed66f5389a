package main

// mysqlCommandBreakages break how the command drops what is cached of MySQL and MariaDB.
var mysqlCommandBreakages = []breakage{
	{
		Name:  "the command compares MySQL's values as SQLite would",
		File:  "cmd/cacheops/recorded.go",
		Old:   "{sqlite.Dialect, postgres.Dialect, mysql.Dialect}",
		New:   "{sqlite.Dialect, postgres.Dialect, mysql.Dialect}[:2]",
		Check: inScript("invalidate-mysql"), Want: "is a miss",
	},
	{
		Name:  "the command does not find what MySQL quotes",
		File:  "cmd/cacheops/known.go",
		Old:   "part[0] != '\"' && part[0] != '`'",
		New:   "part[0] != '\"'",
		Check: inScript("attack-mysql"), Want: "exit code 1, want 0",
	},
}
