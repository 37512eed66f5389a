//go:build unix

package crash

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite" // the driver under test

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/sqlite"
)

// sqliteDatabase is a file of SQLite.
type sqliteDatabase struct{}

func (sqliteDatabase) dialect() dialect.Dialect { return sqlite.Dialect }

func (sqliteDatabase) start(t *testing.T) string {
	return "file:" + filepath.Join(t.TempDir(), "crash.sqlite") + "?_pragma=journal_mode(wal)&_pragma=busy_timeout(10000)&_pragma=synchronous(off)"
}

func (sqliteDatabase) bare(p place) (*sql.DB, error) { return sql.Open("sqlite", p.DSN) }

func (sqliteDatabase) connector(p place, at *points) (driver.Connector, error) {
	bare, err := sql.Open("sqlite", p.DSN)
	if err != nil {
		return nil, err
	}
	return &pointedConnector{inner: bare.Driver(), dsn: p.DSN, points: at}, bare.Close()
}

func (sqliteDatabase) text(statement string) string { return statement }

func (d sqliteDatabase) add(ctx context.Context, on executor, table, condition string, args ...any) (int64, error) {
	return addReturning(ctx, d, on, table, condition, args...)
}

// lock has nothing to lock: there is one writer at a time.
func (sqliteDatabase) lock(context.Context, *sql.Tx, []change) error { return nil }

func (sqliteDatabase) strikes() []death { return nil }

// over has nothing to wait for: what a process did ends with it.
func (sqliteDatabase) over(context.Context, *sql.DB, string) error { return nil }

func (sqliteDatabase) terminate(context.Context, *sql.DB, string) (int, error) { return 0, nil }

// pointedConnector opens connections to the database. Readers and the parent use
// it too, with no points, since the type of a connection is part of what entries
// are told apart by.
type pointedConnector struct {
	inner  driver.Driver
	dsn    string
	points *points
}

func (c *pointedConnector) Driver() driver.Driver { return c.inner }

func (c *pointedConnector) Connect(context.Context) (driver.Conn, error) {
	inner, err := c.inner.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	return &pointedConn{inner.(sqliteConn), c.points}, nil
}

// sqliteStmt is what its statements can do.
type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// sqliteConn is what the driver's connections can do.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
}

type pointedConn struct {
	sqliteConn
	points *points
}

func (c *pointedConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (result driver.Result, err error) {
	if text != "COMMIT" || c.points == nil {
		return c.sqliteConn.ExecContext(ctx, text, args)
	}
	err = c.points.commit(func() error {
		result, err = c.sqliteConn.ExecContext(ctx, text, args)
		return err
	})
	return result, err
}

func (c *pointedConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	stmt, err := c.sqliteConn.PrepareContext(ctx, text)
	if err != nil || text != "COMMIT" || c.points == nil {
		return stmt, err
	}
	return &pointedCommit{stmt.(sqliteStmt), c.points}, nil
}

// pointedCommit is a COMMIT that was prepared.
type pointedCommit struct {
	sqliteStmt
	points *points
}

func (s *pointedCommit) ExecContext(ctx context.Context, args []driver.NamedValue) (result driver.Result, err error) {
	err = s.points.commit(func() error {
		result, err = s.sqliteStmt.ExecContext(ctx, args)
		return err
	})
	return result, err
}

func (c *pointedConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	tx, err := c.sqliteConn.BeginTx(ctx, options)
	if err != nil || c.points == nil {
		return tx, err
	}
	return &pointedTx{tx, c.points}, nil
}

type pointedTx struct {
	driver.Tx
	points *points
}

func (t *pointedTx) Commit() error { return t.points.commit(t.Tx.Commit) }
