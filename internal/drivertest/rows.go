package drivertest

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"math"
	"reflect"
)

// rows is an answer that is read.
type rows struct {
	c      *conn
	set    *Answer // the current result set
	more   []Answer
	next   int // the row that comes next
	buffer []byte
	ended  bool // Next told the end of the set
	closed bool
	close  error
}

func (c *conn) rows(a *Answer) driver.Rows {
	c.d.count(func(o *Open) { o.Rows++ })
	return wrapRows(&rows{c: c, set: a, more: a.More, close: a.CloseErr}, c.d.capabilities&OnRows)
}

// spoil overwrites what was handed out of the buffer.
func (r *rows) spoil() {
	for i := range r.buffer {
		r.buffer[i] = '#'
	}
	r.buffer = r.buffer[:0]
}

// reused copies a row with its byte slices in the buffer.
func (r *rows) reused(dest, row []driver.Value) {
	total := 0
	for _, v := range row {
		b, _ := v.([]byte)
		total += len(b)
	}
	if cap(r.buffer) < total {
		r.buffer = make([]byte, 0, total)
	}
	for i, v := range row {
		// Nothing of a buffer that was never made would be nil.
		if b, ok := v.([]byte); ok && len(b) > 0 {
			from := len(r.buffer)
			r.buffer = append(r.buffer, b...)
			v = r.buffer[from:len(r.buffer)]
		}
		dest[i] = v
	}
}

// current is the value of a column in the current row, nil outside of rows.
func (r *rows) current(i int) driver.Value {
	if r.next == 0 || r.ended || r.closed {
		return nil
	}
	return r.set.Rows[r.next-1][i]
}

// The parts of rows, one per interface.
type (
	rowsBase             struct{ r *rows }
	rowsNextResultSet    struct{ r *rows }
	rowsScanType         struct{ r *rows }
	rowsDatabaseTypeName struct{ r *rows }
	rowsLength           struct{ r *rows }
	rowsNullable         struct{ r *rows }
	rowsPrecisionScale   struct{ r *rows }
)

// Columns implements driver.Rows.
func (p rowsBase) Columns() []string {
	list := make([]string, len(p.r.set.Columns))
	for i := range list {
		list[i] = p.r.set.Columns[i].Name
	}
	return list
}

// Next implements driver.Rows.
func (p rowsBase) Next(dest []driver.Value) error {
	r := p.r
	r.spoil()
	if err := r.c.note(context.Background(), Call{Op: OpNext}); err != nil {
		return err
	}
	switch {
	case r.closed:
		return errors.New("drivertest: Next after Close")
	case r.ended && r.set.RowsErr != nil:
		return errors.New("drivertest: Next after an error")
	case r.next == len(r.set.Rows) && r.set.RowsErr != nil:
		r.ended = true
		return r.set.RowsErr
	case r.next == len(r.set.Rows):
		r.ended = true
		return io.EOF
	}
	row := r.set.Rows[r.next]
	r.next++
	if r.set.Reuse {
		r.reused(dest, row)
	} else {
		copy(dest, row)
	}
	return nil
}

// Close implements driver.Rows.
func (p rowsBase) Close() error {
	r := p.r
	r.spoil()
	err := r.c.note(context.Background(), Call{Op: OpRowsClose})
	if !r.closed {
		r.closed = true
		r.c.d.count(func(o *Open) { o.Rows-- })
	}
	if err == nil {
		err = r.close
	}
	return err
}

// HasNextResultSet implements driver.RowsNextResultSet.
func (p rowsNextResultSet) HasNextResultSet() bool { return len(p.r.more) > 0 }

// NextResultSet implements driver.RowsNextResultSet.
func (p rowsNextResultSet) NextResultSet() error {
	r := p.r
	if err := r.c.note(context.Background(), Call{Op: OpNextResultSet}); err != nil {
		return err
	}
	if len(r.more) == 0 {
		return io.EOF
	}
	r.set, r.more, r.next, r.ended = &r.more[0], r.more[1:], 0, false
	return nil
}

// ColumnTypeScanType implements driver.RowsColumnTypeScanType.
func (p rowsScanType) ColumnTypeScanType(i int) reflect.Type {
	if p.r.set.Dynamic {
		return reflect.TypeOf(p.r.current(i))
	}
	return p.r.set.Columns[i].ScanType
}

// ColumnTypeDatabaseTypeName implements driver.RowsColumnTypeDatabaseTypeName.
func (p rowsDatabaseTypeName) ColumnTypeDatabaseTypeName(i int) string {
	return p.r.set.Columns[i].DatabaseTypeName
}

// ColumnTypeLength implements driver.RowsColumnTypeLength.
func (p rowsLength) ColumnTypeLength(i int) (int64, bool) {
	if p.r.set.Dynamic {
		switch p.r.current(i).(type) {
		case string, []byte:
			return math.MaxInt64, true
		default:
			return 0, false
		}
	}
	c := &p.r.set.Columns[i]
	return c.Length, c.HasLength
}

// ColumnTypeNullable implements driver.RowsColumnTypeNullable.
func (p rowsNullable) ColumnTypeNullable(i int) (nullable, ok bool) {
	c := &p.r.set.Columns[i]
	return c.Nullable, c.HasNullable
}

// ColumnTypePrecisionScale implements driver.RowsColumnTypePrecisionScale.
func (p rowsPrecisionScale) ColumnTypePrecisionScale(i int) (precision, scale int64, ok bool) {
	c := &p.r.set.Columns[i]
	return c.Precision, c.Scale, c.HasPrecisionScale
}
