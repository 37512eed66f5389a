package mysql

import (
	"context"

	"github.com/cacheops/cacheops/dialect"
)

// Dialect is the dialect of MySQL and MariaDB. It has no state, so it may be used
// from many goroutines at once.
var Dialect dialect.Dialect = mysqlDialect{}

type mysqlDialect struct{}

// Name returns "mysql".
func (mysqlDialect) Name() string { return "mysql" }

// Parse analyses a statement's text; see [Parse].
func (mysqlDialect) Parse(text string) *dialect.Statement { return Parse(text) }

// SchemaVersion implements [dialect.Dialect]. MySQL has none that is cheap.
func (mysqlDialect) SchemaVersion(context.Context, dialect.Queryer) (string, error) {
	return "", nil
}

// Transactions describes InnoDB's transactions: many writers. What a transaction sees
// of others is a matter of its session, which [mysqlDialect.CheckSession] looks at.
func (mysqlDialect) Transactions() dialect.Transactions {
	return dialect.Transactions{
		BeginWrite:        "START TRANSACTION",
		Commit:            "COMMIT",
		Rollback:          "ROLLBACK",
		ErrorMayEnd:       true, // a deadlock rolls back the whole transaction
		ReadCommitted:     true, // but for sessions with OtherIsolation, the default
		ReadUncommitted:   true,
		Concurrent:        true,
		BeginCommits:      true,
		Keeps:             true, // MyISAM, Aria
		SavepointReplaces: true,
		Texts:             true,
		OwnImages:         true,
		Reprepares:        true,
		AsksProcess:       true,
		AtOnce:            "SELECT ?", // unsigned numbers, floats
		ExecOnce:          true,       // MariaDB tells the columns the first time
	}
}
