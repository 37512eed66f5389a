package differential

import (
	"flag"
	"testing"

	"github.com/cacheops/cacheops/dialect/postgres"
	"github.com/cacheops/cacheops/internal/pgtest"
	"github.com/cacheops/cacheops/internal/redistest"
)

var (
	postgresReads      = flag.Int("differential.postgres", 10_000, "reads that TestDifferentialPostgres compares")
	postgresChanges    = flag.Int("differential.postgres.changes", 3_000, "pairs of a query and a change of a row that TestDependenciesPostgres tries")
	postgresRedisReads = flag.Int("differential.postgres.redis", 4_000, "reads that TestDifferentialPostgresOnRedis compares")
)

func postgresServer(t *testing.T) *pgtest.Server {
	t.Helper()
	return pgtest.Start(t, pgtest.WithSettings("autovacuum = off", "deadlock_timeout = 5s", "lock_timeout = 30s"))
}

// TestDifferentialPostgres is TestDifferential on PostgreSQL.
func TestDifferentialPostgres(t *testing.T) {
	t.Parallel()
	differ(t, *postgresReads, postgresFlavour{}, place{open: newPostgresBench(t).open})
}

// TestDifferentialPostgresOnRedis is TestDifferentialPostgres with the cache in
// Redis.
func TestDifferentialPostgresOnRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	differ(t, *postgresRedisReads, postgresFlavour{}, place{open: newPostgresBench(t).open, store: redisStore(t, server.URL())})
}

// TestDependenciesPostgres is TestDependencies on PostgreSQL.
func TestDependenciesPostgres(t *testing.T) {
	t.Parallel()
	tryChanges(t, *postgresChanges, lawPlace{
		flavour: postgresFlavour{},
		dialect: postgres.Dialect,
		open:    newPostgresBench(t).law,
		begin:   "BEGIN",
		column:  func(name string) string { return name },
	})
}

func (postgresFlavour) required() []string { return postgresRequired }

var postgresRequired = []string{
	"=", "value =", "<>", "!=", "<", "<=", ">", ">=", "OPERATOR", "BETWEEN", "IN list", "NOT IN list", "= ANY", "<> ALL", "slice", "row =", "row IN", "row comparison",
	"IS NULL", "IS NOT NULL", "IS DISTINCT FROM", "IS NOT DISTINCT FROM", "IS TRUE", "IS UNKNOWN", "bare column",
	"AND", "OR", "NOT", "LIKE", "ILIKE", "~", "COLLATE", "arithmetic", "concatenation", "function", "CASE", "CAST", "column = column",
	"literal", "parameter", "NULL literal", "NULL parameter",

	"inner join", "left join", "right join", "full join", "comma", "cross join", "USING", "NATURAL", "LATERAL",
	"ON with a term", "ON without an equality", "chain of 3", "chain of 4", "a table twice", "ONLY",

	"EXISTS", "NOT EXISTS", "IN (SELECT)", "NOT IN (SELECT)", "= ANY (SELECT)", "row IN (SELECT)", "scalar subquery", "correlated",
	"subquery in the select list", "subquery in ORDER BY", "subquery in HAVING",
	"derived table", "view", "view with a join", "nested view", "CTE", "recursive CTE",

	"UNION", "UNION ALL", "INTERSECT", "EXCEPT", "aggregate", "GROUP BY", "HAVING", "DISTINCT", "window", "ORDER BY", "LIMIT", "OFFSET",

	"write: INSERT of a row", "write: INSERT of rows", "write: INSERT SELECT", "write: INSERT WITH", "write: INSERT DEFAULT VALUES",
	"write: ON CONFLICT DO UPDATE", "write: ON CONFLICT DO NOTHING", "write: RETURNING",
	"write: UPDATE", "write: UPDATE FROM", "write: UPDATE of a key", "write: subquery in SET", "write: write with WITH", "write: write of all rows", "write: by key",
	"write: DELETE", "write: DELETE USING", "write: MERGE", "write: data-modifying CTE", "write: TRUNCATE", "write: DO", "write: function that writes", "write: FOR UPDATE",
	"write: fires a trigger", "write: self-reference",
	"write: ON DELETE CASCADE", "write: ON DELETE SET NULL", "write: ON DELETE SET DEFAULT",
	"write: ON UPDATE CASCADE", "write: ON UPDATE SET NULL", "write: ON UPDATE SET DEFAULT",
	"write: script", "write: prepared", "write: subquery", "write: UPDATE of a view", "write: INSERT into a view", "write: DELETE from a view",
	"transaction", "transaction as text", "savepoint", "rollback", "read in a transaction", "set in a transaction", "session", "read in a session", "shadow mode",
}
