package sqlcache

import (
	"database/sql/driver"
	"errors"
	"io"
	"reflect"
)

// passRows hands everything through to the driver's rows. Where those lack an
// optional interface it answers as database/sql does for rows that lack it, so
// that a wrapper may have all of them.
type passRows struct{ driver.Rows }

// HasNextResultSet implements driver.RowsNextResultSet.
func (r *passRows) HasNextResultSet() bool {
	n, ok := r.Rows.(driver.RowsNextResultSet)
	return ok && n.HasNextResultSet()
}

// NextResultSet implements driver.RowsNextResultSet.
func (r *passRows) NextResultSet() error {
	if n, ok := r.Rows.(driver.RowsNextResultSet); ok {
		return n.NextResultSet()
	}
	return io.EOF
}

// ColumnTypeScanType implements driver.RowsColumnTypeScanType.
func (r *passRows) ColumnTypeScanType(i int) reflect.Type {
	if t, ok := r.Rows.(driver.RowsColumnTypeScanType); ok {
		return t.ColumnTypeScanType(i)
	}
	return reflect.TypeFor[any]()
}

// ColumnTypeDatabaseTypeName implements driver.RowsColumnTypeDatabaseTypeName.
func (r *passRows) ColumnTypeDatabaseTypeName(i int) string {
	if t, ok := r.Rows.(driver.RowsColumnTypeDatabaseTypeName); ok {
		return t.ColumnTypeDatabaseTypeName(i)
	}
	return ""
}

// ColumnTypeLength implements driver.RowsColumnTypeLength.
func (r *passRows) ColumnTypeLength(i int) (int64, bool) {
	if t, ok := r.Rows.(driver.RowsColumnTypeLength); ok {
		return t.ColumnTypeLength(i)
	}
	return 0, false
}

// ColumnTypeNullable implements driver.RowsColumnTypeNullable.
func (r *passRows) ColumnTypeNullable(i int) (nullable, ok bool) {
	if t, ok := r.Rows.(driver.RowsColumnTypeNullable); ok {
		return t.ColumnTypeNullable(i)
	}
	return false, false
}

// ColumnTypePrecisionScale implements driver.RowsColumnTypePrecisionScale.
func (r *passRows) ColumnTypePrecisionScale(i int) (precision, scale int64, ok bool) {
	if t, ok := r.Rows.(driver.RowsColumnTypePrecisionScale); ok {
		return t.ColumnTypePrecisionScale(i)
	}
	return 0, 0, false
}

// stmtRows are rows of a prepared statement, which goes back to its cache when
// they are closed.
type stmtRows struct {
	passRows
	real *realConn
	stmt *realStmt
}

// Close implements driver.Rows.
func (r *stmtRows) Close() error {
	err := r.Rows.Close()
	if s := r.stmt; s != nil {
		r.stmt = nil
		if err != nil {
			s.discard()
		} else {
			r.real.stmts.put(s)
		}
	}
	return err
}

// liveRows are rows that keep their real connection busy.
type liveRows struct {
	passRows
	conn *conn
	done bool
	// next runs before each row, and closing after the rows are closed with
	// the first error met. Either may be nil.
	next    func() error
	closing func(err error) error
	err     error
}

// stream wraps rows of the held real connection.
func (c *conn) stream(rows driver.Rows) *liveRows {
	c.streaming++
	return &liveRows{passRows: passRows{Rows: rows}, conn: c}
}

// Next implements driver.Rows.
func (r *liveRows) Next(dest []driver.Value) error {
	if r.next != nil {
		if err := r.next(); err != nil {
			return err
		}
	}
	err := r.Rows.Next(dest)
	if err != nil && err != io.EOF && r.err == nil {
		r.err = err
		r.conn.failed(err)
	}
	return err
}

// NextResultSet implements driver.RowsNextResultSet. The error of a statement behind the
// first one of a text comes here.
func (r *liveRows) NextResultSet() error {
	err := r.passRows.NextResultSet()
	if err != nil && !errors.Is(err, io.EOF) && r.err == nil {
		r.err = err
		r.conn.failed(err)
	}
	return err
}

// Close implements driver.Rows.
func (r *liveRows) Close() error {
	if r.done {
		return nil
	}
	r.done = true
	err := r.Rows.Close()
	r.conn.failed(err)
	r.conn.streaming--
	r.conn.doubted()
	if r.closing != nil {
		cause := r.err
		if cause == nil {
			cause = err
		}
		if cerr := r.closing(cause); cerr != nil && err == nil {
			err = cerr
		}
	}
	r.conn.settle(r.err)
	return err
}
