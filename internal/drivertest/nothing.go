package drivertest

import (
	"context"
	"database/sql/driver"
	"io"
	"strings"
	"sync/atomic"
)

// Nothing is a driver that does nothing but hand out rows that it has: the
// least that a read through database/sql can cost. All its methods cost what
// they must and no more. It is a [driver.Connector] too. Its fields must not be
// changed while it is in use.
type Nothing struct {
	// Names are the names of the columns.
	Names []string
	// Rows are the rows of every answer.
	Rows [][]driver.Value
	// Pick chooses the rows of an answer by the arguments, in place of Rows,
	// where it is not nil.
	Pick func(args []driver.NamedValue) [][]driver.Value
	// Queries counts the answers where it is not nil. Goroutines that count at
	// once wait for each other.
	Queries *atomic.Int64
}

var (
	_ driver.Driver    = (*Nothing)(nil)
	_ driver.Connector = (*Nothing)(nil)
)

// Connect implements driver.Connector.
func (d *Nothing) Connect(context.Context) (driver.Conn, error) { return &nothingConn{d}, nil }

// Driver implements driver.Connector.
func (d *Nothing) Driver() driver.Driver { return d }

// Open implements driver.Driver.
func (d *Nothing) Open(string) (driver.Conn, error) { return &nothingConn{d}, nil }

// Answer is what every query is answered with.
func (d *Nothing) Answer(args []driver.NamedValue) driver.Rows {
	if d.Queries != nil {
		d.Queries.Add(1)
	}
	rows := d.Rows
	if d.Pick != nil {
		rows = d.Pick(args)
	}
	return &nothingRows{names: d.Names, rows: rows}
}

type nothingConn struct{ d *Nothing }

// Prepare implements driver.Conn.
func (c *nothingConn) Prepare(text string) (driver.Stmt, error) {
	return nothingStmt{c: c, inputs: strings.Count(text, "?")}, nil
}

// Close implements driver.Conn.
func (c *nothingConn) Close() error { return nil }

// Begin implements driver.Conn.
func (c *nothingConn) Begin() (driver.Tx, error) { return nil, driver.ErrSkip }

// QueryContext implements driver.QueryerContext.
func (c *nothingConn) QueryContext(_ context.Context, _ string, args []driver.NamedValue) (driver.Rows, error) {
	return c.d.Answer(args), nil
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
func (s nothingStmt) Query([]driver.Value) (driver.Rows, error) { return s.c.d.Answer(nil), nil }

// ExecContext implements driver.StmtExecContext.
func (nothingStmt) ExecContext(context.Context, []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(0), nil
}

// QueryContext implements driver.StmtQueryContext.
func (s nothingStmt) QueryContext(_ context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.c.d.Answer(args), nil
}

type nothingRows struct {
	names []string
	rows  [][]driver.Value
	next  int
}

// Columns implements driver.Rows.
func (r *nothingRows) Columns() []string { return r.names }

// Close implements driver.Rows.
func (r *nothingRows) Close() error { return nil }

// Next implements driver.Rows.
func (r *nothingRows) Next(dest []driver.Value) error {
	if r.next == len(r.rows) {
		return io.EOF
	}
	copy(dest, r.rows[r.next])
	r.next++
	return nil
}
