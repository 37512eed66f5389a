package faults

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"path/filepath"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the driver

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/sqlite"
)

// sqliteDatabase is a file of SQLite. Nothing happens to it.
type sqliteDatabase struct{ dsn string }

func newSQLite(t testing.TB) database {
	t.Helper()
	return sqliteDatabase{"file:" + filepath.Join(t.TempDir(), "faults.sqlite") + "?_pragma=journal_mode(wal)&_pragma=busy_timeout(60000)&_pragma=synchronous(off)&_txlock=immediate"}
}

func (sqliteDatabase) dialect() dialect.Dialect     { return sqlite.Dialect }
func (sqliteDatabase) text(statement string) string { return statement }
func (sqliteDatabase) excuses(error) bool           { return false }
func (sqliteDatabase) limit() time.Duration         { return 0 }

func (d sqliteDatabase) raise(ctx context.Context, tx *sql.Tx, table, id int) (int64, error) {
	return raiseReturning(ctx, d, tx, table, id)
}

func (d sqliteDatabase) connector(int) (driver.Connector, error) {
	bare, err := sql.Open("sqlite", d.dsn)
	if err != nil {
		return nil, err
	}
	return sqliteConnector{bare.Driver(), d.dsn}, bare.Close()
}

// sqliteConnector opens connections of a driver that has no connector of its own.
type sqliteConnector struct {
	driver driver.Driver
	dsn    string
}

func (c sqliteConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c sqliteConnector) Driver() driver.Driver                        { return c.driver }
