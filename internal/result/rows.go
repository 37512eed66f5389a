package result

import (
	"database/sql/driver"
	"io"
	"reflect"
)

// cursor walks over a result. It belongs to one *sql.Rows.
type cursor struct {
	r *Result
	// next is the row that comes next; next-1 is the current one.
	next int
	// names is a copy of the column names: database/sql hands the slice to the
	// program, which may write to it.
	names []string
}

// The cursors with room for the names, so that a cursor is one allocation.
type (
	cursor8 struct {
		cursor
		room [8]string
	}
	cursor16 struct {
		cursor
		room [16]string
	}
	cursor32 struct {
		cursor
		room [32]string
	}
)

// Rows returns a new cursor before the first row. It has every optional
// interface about column types, and answers as the driver's rows did at the
// same row, or as database/sql does for rows that lack the interface.
//
// Byte slices are copied at each row: a program may keep them or write to them,
// also through sql.RawBytes. The cursor is to be used like any driver.Rows, by
// one goroutine at a time; any number of cursors of one result may be in use.
func (r *Result) Rows() driver.Rows {
	var c *cursor
	var room []string
	switch n := len(r.shape.columns); {
	case n <= 8:
		x := new(cursor8)
		c, room = &x.cursor, x.room[:n:n]
	case n <= 16:
		x := new(cursor16)
		c, room = &x.cursor, x.room[:n:n]
	case n <= 32:
		x := new(cursor32)
		c, room = &x.cursor, x.room[:n:n]
	default:
		c, room = new(cursor), make([]string, n)
	}
	copy(room, r.shape.columns)
	c.r, c.names = r, room
	return c
}

var (
	_ driver.RowsColumnTypeScanType         = (*cursor)(nil)
	_ driver.RowsColumnTypeDatabaseTypeName = (*cursor)(nil)
	_ driver.RowsColumnTypeLength           = (*cursor)(nil)
	_ driver.RowsColumnTypeNullable         = (*cursor)(nil)
	_ driver.RowsColumnTypePrecisionScale   = (*cursor)(nil)
)

// Columns implements driver.Rows.
func (c *cursor) Columns() []string { return c.names }

// Close implements driver.Rows. It always returns nil.
func (c *cursor) Close() error {
	c.next = c.r.rows
	return nil
}

// Next implements driver.Rows.
func (c *cursor) Next(dest []driver.Value) error {
	r, n := c.r, len(c.names)
	if c.next >= r.rows {
		return io.EOF
	}
	copy(dest, r.values[c.next*n:c.next*n+n])
	c.next++
	if r.hasBytes {
		copyBytes(dest)
	}
	return nil
}

// copyBytes replaces the byte slices of a row by copies. They share one piece
// of memory but cannot reach into each other. It is fresh for each row, though
// a driver may reuse its own: programs keep what they should not keep, and it
// must not break only on a hit.
func copyBytes(row []driver.Value) {
	total := 0
	for _, v := range row {
		if b, ok := v.([]byte); ok {
			total += len(b)
		}
	}
	if total == 0 {
		return
	}
	memory := make([]byte, 0, total)
	for i, v := range row {
		if b, ok := v.([]byte); ok && len(b) > 0 {
			from := len(memory)
			memory = append(memory, b...)
			row[i] = memory[from:len(memory):len(memory)]
		}
	}
}

func (c *cursor) columnType(i int) *columnType { return c.r.columnType(c.next-1, i) }

// ColumnTypeScanType implements driver.RowsColumnTypeScanType.
func (c *cursor) ColumnTypeScanType(i int) reflect.Type { return c.columnType(i).scan }

// ColumnTypeDatabaseTypeName implements driver.RowsColumnTypeDatabaseTypeName.
func (c *cursor) ColumnTypeDatabaseTypeName(i int) string { return c.columnType(i).database }

// ColumnTypeLength implements driver.RowsColumnTypeLength.
func (c *cursor) ColumnTypeLength(i int) (int64, bool) {
	t := c.columnType(i)
	return t.length, t.flags.has(flagLength)
}

// ColumnTypeNullable implements driver.RowsColumnTypeNullable.
func (c *cursor) ColumnTypeNullable(i int) (nullable, ok bool) {
	t := c.columnType(i)
	return t.flags.has(flagNullable), t.flags.has(flagNullableKnown)
}

// ColumnTypePrecisionScale implements driver.RowsColumnTypePrecisionScale.
func (c *cursor) ColumnTypePrecisionScale(i int) (precision, scale int64, ok bool) {
	t := c.columnType(i)
	return t.precision, t.scale, t.flags.has(flagPrecisionScale)
}
