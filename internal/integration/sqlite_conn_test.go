package integration

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/sqlite"
)

// sqliteConn is one bare connection. It is a [dialect.Queryer].
type sqliteConn struct{ *sql.Conn }

// openSQLiteConn opens a new database and one connection to it, and runs the
// statements.
func openSQLiteConn(t *testing.T, statements ...string) *sqliteConn {
	t.Helper()
	return connectSQLite(t, openSQLite(t), statements...)
}

func connectSQLite(t *testing.T, db *sql.DB, statements ...string) *sqliteConn {
	t.Helper()
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	c := &sqliteConn{conn}
	for _, s := range statements {
		c.exec(t, s)
	}
	return c
}

// Query implements [dialect.Queryer].
func (c *sqliteConn) Query(ctx context.Context, query string, args ...driver.Value) ([][]driver.Value, error) {
	anys := make([]any, len(args))
	for i, a := range args {
		anys[i] = a
	}
	rows, err := c.QueryContext(ctx, query, anys...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var all [][]driver.Value
	for rows.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		row := make([]driver.Value, len(names))
		for i, v := range values {
			row[i] = v
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

func (c *sqliteConn) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	if _, err := c.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func (c *sqliteConn) rows(t *testing.T, query string, args ...driver.Value) [][]driver.Value {
	t.Helper()
	rows, err := c.Query(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return rows
}

func (c *sqliteConn) catalog(t *testing.T) *dialect.Catalog {
	t.Helper()
	catalog, err := sqlite.Dialect.LoadCatalog(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return catalog
}

func openSQLiteDSN(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// queryerFunc is a [dialect.Queryer] between the dialect and a connection.
type queryerFunc func(ctx context.Context, query string, args ...driver.Value) ([][]driver.Value, error)

func (f queryerFunc) Query(ctx context.Context, query string, args ...driver.Value) ([][]driver.Value, error) {
	return f(ctx, query, args...)
}
