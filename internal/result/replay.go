package result

import (
	"database/sql/driver"
	"io"
	"reflect"
)

// replay shows what was recorded and then what the driver's rows would have
// shown. It is used by one goroutine at a time, like all driver.Rows, and what
// was recorded is its own: nothing has to be copied.
type replay struct {
	recorded *Result
	next     int // the recorded row that comes next

	// inner is nil when the driver's rows are closed.
	inner driver.Rows
	probe prober
	// onRow is true while inner is where the recording stopped: at the last
	// recorded row, or before the first when there is none.
	onRow bool
	// live is true from the moment when inner was moved by the program.
	live bool

	// end is what follows the recorded rows when it is not the next row of
	// inner.
	end      error
	closeErr error

	// large is true where a limit was passed.
	large bool
}

// TooLarge reports whether rows are the rest that [Record] returned because a
// limit was passed.
func TooLarge(rest driver.Rows) bool {
	p, ok := rest.(*replay)
	return ok && p.large
}

// Failed returns the error that rows end with which [Record] returned as the rest, and
// rows that show what those would have shown, without the last columns. The driver's are
// closed. No rows come back where the rest does not end with an error of the driver's, and
// it is as it was.
func Failed(rest driver.Rows, last int) (driver.Rows, error) {
	p, ok := rest.(*replay)
	if !ok || p.inner == nil || p.end == nil || p.end == io.EOF { //nolint:errorlint // as database/sql compares it
		return nil, nil
	}
	left := p.recorded
	if last > 0 {
		cut, _, err := left.Cut(last)
		if err != nil {
			return nil, nil //nolint:nilerr // it has none of them
		}
		left = cut
	}
	closeErr := p.inner.Close()
	p.inner = nil
	return &replay{recorded: left, end: p.end, closeErr: closeErr}, p.end
}

var (
	_ driver.RowsNextResultSet              = (*replay)(nil)
	_ driver.RowsColumnTypeScanType         = (*replay)(nil)
	_ driver.RowsColumnTypeDatabaseTypeName = (*replay)(nil)
	_ driver.RowsColumnTypeLength           = (*replay)(nil)
	_ driver.RowsColumnTypeNullable         = (*replay)(nil)
	_ driver.RowsColumnTypePrecisionScale   = (*replay)(nil)
)

// Columns implements driver.Rows.
func (p *replay) Columns() []string {
	if p.recorded == nil {
		return p.inner.Columns()
	}
	return p.recorded.shape.columns
}

// Next implements driver.Rows.
func (p *replay) Next(dest []driver.Value) error {
	if !p.live {
		if p.next < p.recorded.rows {
			row := p.recorded.row(p.next)
			copy(dest, row)
			clear(row) // do not hold what the program is done with
			p.next++
			return nil
		}
		if p.end != nil {
			return p.end
		}
		p.live = true
	}
	if p.inner == nil {
		return io.EOF
	}
	return p.inner.Next(dest)
}

// HasNextResultSet implements driver.RowsNextResultSet.
func (p *replay) HasNextResultSet() bool {
	n, ok := p.inner.(driver.RowsNextResultSet)
	return ok && n.HasNextResultSet()
}

// NextResultSet implements driver.RowsNextResultSet. It drops the recorded rows
// that are left.
func (p *replay) NextResultSet() error {
	n, ok := p.inner.(driver.RowsNextResultSet)
	if !ok {
		return io.EOF
	}
	p.live = true
	err := n.NextResultSet()
	if err == nil {
		p.recorded = nil
	}
	return err
}

// Close implements driver.Rows.
func (p *replay) Close() error {
	err := p.closeErr
	p.closeErr = nil
	// What is asked after this gets an answer, though not a true one.
	last := &shape{columns: p.Columns()}
	last.types = make([]columnType, len(last.columns))
	p.recorded, p.next, p.live = &Result{shape: last}, 0, false
	if p.end == nil {
		p.end = io.EOF
	}
	if inner := p.inner; inner != nil {
		p.inner = nil
		err = inner.Close()
	}
	return err
}

// columnType returns the recorded type of a column at the current row, or nil
// where the driver's rows are there too, and are to be asked themselves.
func (p *replay) columnType(i int) *columnType {
	switch {
	case p.live, p.onRow && p.next == p.recorded.rows && p.inner != nil:
		return nil
	default:
		return p.recorded.columnType(p.next-1, i)
	}
}

// ColumnTypeScanType implements driver.RowsColumnTypeScanType.
func (p *replay) ColumnTypeScanType(i int) reflect.Type {
	if t := p.columnType(i); t != nil {
		return t.scan
	}
	return p.probe.scanType(i)
}

// ColumnTypeDatabaseTypeName implements driver.RowsColumnTypeDatabaseTypeName.
func (p *replay) ColumnTypeDatabaseTypeName(i int) string {
	if t := p.columnType(i); t != nil {
		return t.database
	}
	return p.probe.databaseTypeName(i)
}

// ColumnTypeLength implements driver.RowsColumnTypeLength.
func (p *replay) ColumnTypeLength(i int) (int64, bool) {
	if t := p.columnType(i); t != nil {
		return t.length, t.flags.has(flagLength)
	}
	return p.probe.lengthOf(i)
}

// ColumnTypeNullable implements driver.RowsColumnTypeNullable.
func (p *replay) ColumnTypeNullable(i int) (nullable, ok bool) {
	if t := p.columnType(i); t != nil {
		return t.flags.has(flagNullable), t.flags.has(flagNullableKnown)
	}
	return p.probe.nullableOf(i)
}

// ColumnTypePrecisionScale implements driver.RowsColumnTypePrecisionScale.
func (p *replay) ColumnTypePrecisionScale(i int) (precision, scale int64, ok bool) {
	if t := p.columnType(i); t != nil {
		return t.precision, t.scale, t.flags.has(flagPrecisionScale)
	}
	return p.probe.precisionScale(i)
}
