//go:build unix

package crash

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// database is what is under the cache. It has no state: each process has its own.
type database interface {
	dialect() dialect.Dialect
	// start makes an empty database for a test, and returns its DSN.
	start(t *testing.T) string
	// bare opens it without a cache.
	bare(p place) (*sql.DB, error)
	// connector opens the connections of a process, with the points where a writer
	// dies; nil for others.
	connector(p place, at *points) (driver.Connector, error)
	// text is a statement whose parameters are each a ?, as the database has them.
	text(statement string) string
	// add adds one to v of the rows that a condition finds, one, and returns what it is
	// then. The condition may be empty.
	add(ctx context.Context, on executor, table, condition string, args ...any) (int64, error)
	// lock locks what a transaction is about to write.
	lock(ctx context.Context, tx *sql.Tx, changes []change) error

	// strikes are what can be done to the connections of a writer.
	strikes() []death
	// over waits until nothing that a process has begun can be committed any more.
	// It has ended, or waits for nothing.
	over(ctx context.Context, bare *sql.DB, process string) error
	// terminate ends what the database runs for a process, where that is busy or in a
	// transaction, and returns how many it has ended.
	terminate(ctx context.Context, bare *sql.DB, process string) (int, error)
}

// executor is a *sql.DB or *sql.Tx.
type executor interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// addReturning is add where an UPDATE returns what it wrote.
func addReturning(ctx context.Context, d database, on executor, table, condition string, args ...any) (v int64, err error) {
	err = on.QueryRowContext(ctx, d.text("UPDATE "+table+" SET v = v + 1"+condition+" RETURNING v"), args...).Scan(&v)
	return v, err
}

// databases are what the flag can name.
var databases = map[string]database{
	"sqlite":   sqliteDatabase{},
	"postgres": postgresDatabase{},
	"mysql":    mysqlDatabase{},
}
