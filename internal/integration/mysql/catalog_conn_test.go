package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/mysql"
)

// catalogConn is one bare connection. It is a [dialect.Queryer].
type catalogConn struct{ *sql.Conn }

// openCatalogConn opens one connection to a database, and runs the statements.
func openCatalogConn(t testing.TB, dsn string, statements ...string) *catalogConn {
	t.Helper()
	db, err := sql.Open(driverName, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	c := &catalogConn{conn}
	c.exec(t, statements...)
	return c
}

// Query implements [dialect.Queryer].
func (c *catalogConn) Query(ctx context.Context, query string, args ...driver.Value) ([][]driver.Value, error) {
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

func (c *catalogConn) exec(t testing.TB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := c.ExecContext(context.Background(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func (c *catalogConn) catalog(t testing.TB) *dialect.Catalog {
	t.Helper()
	catalog, err := mysql.Dialect.LoadCatalog(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return catalog
}

func (c *catalogConn) digest(t testing.TB) string {
	t.Helper()
	digest, err := mysql.Dialect.SchemaDigest(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

func (c *catalogConn) session(t testing.TB) dialect.Session {
	t.Helper()
	session, err := mysql.Dialect.CheckSession(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return session
}
