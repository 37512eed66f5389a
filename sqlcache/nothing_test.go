package sqlcache_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// nothingDriver is a driver that does nothing but hand out rows that it has: the
// least that a read through database/sql can cost. All its methods cost what
// they must and no more.
type nothingDriver struct {
	columns []string
	rows    [][]driver.Value
	queries atomic.Int64
}

// Connect implements driver.Connector.
func (d *nothingDriver) Connect(context.Context) (driver.Conn, error) { return &nothingConn{d}, nil }

// Driver implements driver.Connector.
func (d *nothingDriver) Driver() driver.Driver { return d }

// Open implements driver.Driver.
func (d *nothingDriver) Open(string) (driver.Conn, error) { return &nothingConn{d}, nil }

type nothingConn struct{ d *nothingDriver }

// Prepare implements driver.Conn.
func (c *nothingConn) Prepare(text string) (driver.Stmt, error) {
	return nothingStmt{c: c, inputs: strings.Count(text, "?")}, nil
}

// Close implements driver.Conn.
func (c *nothingConn) Close() error { return nil }

// Begin implements driver.Conn.
func (c *nothingConn) Begin() (driver.Tx, error) { return nil, driver.ErrSkip }

// QueryContext implements driver.QueryerContext.
func (c *nothingConn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	c.d.queries.Add(1)
	return &nothingRows{d: c.d}, nil
}

// ExecContext implements driver.ExecerContext.
func (c *nothingConn) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(0), nil
}

type nothingStmt struct {
	c      *nothingConn
	inputs int
}

// Close implements driver.Stmt.
func (nothingStmt) Close() error { return nil }

// NumInput implements driver.Stmt.
func (s nothingStmt) NumInput() int { return s.inputs }

// Exec implements driver.Stmt.
func (nothingStmt) Exec([]driver.Value) (driver.Result, error) { return driver.RowsAffected(0), nil }

// Query implements driver.Stmt.
func (s nothingStmt) Query([]driver.Value) (driver.Rows, error) {
	return s.QueryContext(context.Background(), nil)
}

// ExecContext implements driver.StmtExecContext.
func (nothingStmt) ExecContext(context.Context, []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(0), nil
}

// QueryContext implements driver.StmtQueryContext.
func (s nothingStmt) QueryContext(context.Context, []driver.NamedValue) (driver.Rows, error) {
	return s.c.QueryContext(context.Background(), "", nil)
}

type nothingRows struct {
	d    *nothingDriver
	next int
}

// Columns implements driver.Rows.
func (r *nothingRows) Columns() []string { return r.d.columns }

// Close implements driver.Rows.
func (r *nothingRows) Close() error { return nil }

// Next implements driver.Rows.
func (r *nothingRows) Next(dest []driver.Value) error {
	if r.next == len(r.d.rows) {
		return io.EOF
	}
	copy(dest, r.d.rows[r.next])
	r.next++
	return nil
}

// post is what a row is scanned into.
type post struct {
	id, category, views int64
	title, body         string
	score               float64
	visible             bool
	created             time.Time
}

// newNothing returns a driver with so many rows of eight columns.
func newNothing(rows int) *nothingDriver {
	d := &nothingDriver{columns: []string{"id", "category", "views", "title", "body", "score", "visible", "created"}}
	for i := range rows {
		d.rows = append(d.rows, []driver.Value{
			int64(1000 + i), int64(7000), int64(123456), "A title of a usual length", "And a body, which is longer than the title is",
			0.5, true, time.Unix(1700000000, 0),
		})
	}
	return d
}

// nothingCache returns a cache that caches every read and has hooks.
func nothingCache(t testing.TB, hooks cacheops.Hooks) *cacheops.Cache {
	t.Helper()
	return newCacheWith(t, cacheops.Config{Hooks: hooks})
}

// nothingDBs opens the bare and the wrapped handle on drivers of their own.
func nothingDBs(t testing.TB, rows int, cache *cacheops.Cache) (bare, wrapped *sql.DB, behind *nothingDriver) {
	t.Helper()
	bare = sql.OpenDB(newNothing(rows))
	behind = newNothing(rows)
	wrapped, err := sqlcache.OpenDB(cache, behind, sqlcache.Config{Dialect: fakeDialect{}, Database: t.Name()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, db := range []*sql.DB{bare, wrapped} {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return bare, wrapped, behind
}

// readPosts runs one query as a program does, and returns the number of rows.
func readPosts(ctx context.Context, db *sql.DB, p *post) (n int, err error) {
	rows, err := db.QueryContext(ctx, selectByID, int64(1000))
	if err != nil {
		return 0, err
	}
	for rows.Next() {
		if err := rows.Scan(&p.id, &p.category, &p.views, &p.title, &p.body, &p.score, &p.visible, &p.created); err != nil {
			_ = rows.Close()
			return n, err
		}
		n++
	}
	return n, rows.Err()
}

// preparedPosts does it over a prepared statement.
func preparedPosts(ctx context.Context, st *sql.Stmt, p *post) (n int, err error) {
	rows, err := st.QueryContext(ctx, int64(1000))
	if err != nil {
		return 0, err
	}
	for rows.Next() {
		if err := rows.Scan(&p.id, &p.category, &p.views, &p.title, &p.body, &p.score, &p.visible, &p.created); err != nil {
			_ = rows.Close()
			return n, err
		}
		n++
	}
	return n, rows.Err()
}
