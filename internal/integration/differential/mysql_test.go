package differential

import (
	"flag"
	"testing"

	"github.com/cacheops/cacheops/dialect/mysql"
	"github.com/cacheops/cacheops/internal/mysqltest"
	"github.com/cacheops/cacheops/internal/redistest"
)

var (
	mysqlReads      = flag.Int("differential.mysql", 10_000, "reads that TestDifferentialMySQL compares")
	mysqlChanges    = flag.Int("differential.mysql.changes", 3_000, "pairs of a query and a change of a row that TestDependenciesMySQL tries")
	mysqlRedisReads = flag.Int("differential.mysql.redis", 4_000, "reads that TestDifferentialMySQLOnRedis compares")
)

func mysqlServer(t *testing.T) *mysqltest.Server {
	t.Helper()
	return mysqltest.Start(t, mysqltest.WithSettings("innodb_lock_wait_timeout=20", "lock_wait_timeout=20", "innodb_file_per_table=0", "innodb_stats_persistent=0"))
}

// TestDifferentialMySQL is TestDifferential on MariaDB.
func TestDifferentialMySQL(t *testing.T) {
	t.Parallel()
	differ(t, *mysqlReads, mysqlFlavour{}, place{open: newMySQLBench(t).open})
}

// TestDifferentialMySQLOnRedis is TestDifferentialMySQL with the cache in Redis.
func TestDifferentialMySQLOnRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	differ(t, *mysqlRedisReads, mysqlFlavour{}, place{open: newMySQLBench(t).open, store: redisStore(t, server.URL())})
}

// TestDependenciesMySQL is TestDependencies on MariaDB.
func TestDependenciesMySQL(t *testing.T) {
	t.Parallel()
	tryChanges(t, *mysqlChanges, lawPlace{
		flavour: mysqlFlavour{},
		dialect: mysql.Dialect,
		open:    newMySQLBench(t).law,
		begin:   "START TRANSACTION",
	})
}

func (mysqlFlavour) required() []string { return mysqlRequired }

var mysqlRequired = []string{
	"=", "<=>", "value =", "<>", "!=", "<", "<=", ">", ">=", "BETWEEN", "IN list", "NOT IN list", "row =", "row IN", "row comparison",
	"IS NULL", "IS NOT NULL", "IS TRUE", "IS UNKNOWN", "bare column",
	"AND", "OR", "NOT", "XOR", "||", "!", "LIKE", "REGEXP", "COLLATE", "BINARY", "arithmetic", "concatenation", "function", "CASE", "CAST", "column = column", "comment", "chain of =",
	"literal", "parameter", "NULL literal", "NULL parameter",

	"inner join", "left join", "right join", "comma", "cross join", "USING", "NATURAL",
	"ON with a term", "ON without an equality", "chain of 3", "chain of 4", "a table twice",

	"EXISTS", "NOT EXISTS", "IN (SELECT)", "NOT IN (SELECT)", "= ANY (SELECT)", "row IN (SELECT)", "scalar subquery", "correlated",
	"subquery in the select list", "subquery in ORDER BY", "subquery in HAVING",
	"derived table", "view", "view with a join", "nested view", "CTE", "recursive CTE",

	"UNION", "UNION ALL", "INTERSECT", "EXCEPT", "aggregate", "GROUP BY", "HAVING", "DISTINCT", "window", "ORDER BY", "LIMIT", "OFFSET",

	"write: INSERT of a row", "write: INSERT of rows", "write: INSERT SELECT", "write: INSERT WITH", "write: INSERT DEFAULT VALUES",
	"write: ON DUPLICATE KEY UPDATE", "write: INSERT IGNORE", "write: REPLACE", "write: RETURNING",
	"write: UPDATE", "write: UPDATE FROM", "write: UPDATE IGNORE", "write: UPDATE of two", "write: UPDATE of a key", "write: subquery in SET", "write: write of all rows", "write: by key", "write: ORDER BY",
	"write: DELETE", "write: DELETE JOIN", "write: DELETE of two", "write: TRUNCATE", "write: routine that writes", "write: FOR UPDATE", "write: odd",
	"write: fires a trigger", "write: self-reference",
	"write: ON DELETE CASCADE", "write: ON DELETE SET NULL", "write: ON UPDATE CASCADE", "write: ON UPDATE SET NULL",
	"write: script", "write: prepared", "write: subquery", "write: UPDATE of a view", "write: INSERT into a view", "write: DELETE from a view",
	"transaction", "transaction as text", "savepoint", "rollback", "read in a transaction", "end in the middle", "autocommit off", "session", "read in a session", "shadow mode",
}
