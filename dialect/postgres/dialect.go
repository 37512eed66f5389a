package postgres

import (
	"context"

	"github.com/cacheops/cacheops/dialect"
)

// Dialect is the dialect of PostgreSQL. It has no state, so it may be used from
// many goroutines at once.
var Dialect dialect.Dialect = postgresDialect{}

type postgresDialect struct{}

// Name returns "postgres".
func (postgresDialect) Name() string { return "postgres" }

// Parse analyses a statement's text; see [Parse].
func (postgresDialect) Parse(text string) *dialect.Statement { return Parse(text) }

// SchemaVersion implements [dialect.Dialect]. PostgreSQL has none that is cheap.
func (postgresDialect) SchemaVersion(context.Context, dialect.Queryer) (string, error) {
	return "", nil
}

// Transactions describes PostgreSQL's transactions: many writers, each statement
// on a snapshot of its own.
func (postgresDialect) Transactions() dialect.Transactions {
	return dialect.Transactions{
		BeginWrite:    "BEGIN",
		Commit:        "COMMIT",
		Rollback:      "ROLLBACK",
		ErrorFails:    true,
		ReadCommitted: true,
		Concurrent:    true,
		Identity:      "SELECT pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.text",
		Unfinished:    txUnfinished,
		Unprepared:    true,
		ScriptAtomic:  true,
	}
}
