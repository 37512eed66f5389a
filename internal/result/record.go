package result

import (
	"database/sql/driver"
	"io"
)

// Limits bound what [Record] keeps. In each field 0 and less stand for no
// bound, so the zero value has none.
type Limits struct {
	// Bytes bounds [Result.Size], as it is when nothing is shared.
	Bytes int
	// Rows bounds the number of rows.
	Rows int
}

// maxOthers bounds how many different answers about column types a result
// keeps besides those before the first row. A driver whose answers are
// different in every row is not worth the memory.
const maxOthers = 1024

// Record reads rows to their end and returns them as a result. The rows are
// closed then.
//
// Where they cannot be kept it returns rest instead, and no result. Rest shows
// the program exactly what the rows would have shown: first what was read
// already, then
//
//   - the error that the driver returned, at the row where it came;
//   - nothing more, and an error from Close, where only closing failed;
//   - the driver's own rows, where a limit is passed, a value has a type that
//     is not kept, there is another result set, or asking for the column types
//     panics.
//
// Rest holds the connection until it is closed, as the driver's rows would.
// The caller must close rest, or hand it to database/sql, which does.
func Record(rows driver.Rows, limit Limits) (r *Result, rest driver.Rows) {
	rec := recorder{inner: rows, limit: limit, r: new(Result)}
	if !rec.begin() {
		return nil, rec.goOn(true, nil)
	}
	for {
		switch err := rows.Next(rec.dest); {
		case err == nil:
			if !rec.add() {
				return nil, rec.goOn(true, nil)
			}
		case err != io.EOF:
			// What the driver would say to Close or NextResultSet now, only it
			// knows: it is left open for that.
			return nil, rec.goOn(false, err)
		default:
			// database/sql asks at this point too.
			if n, ok := rows.(driver.RowsNextResultSet); ok && n.HasNextResultSet() {
				return nil, rec.goOn(false, io.EOF)
			}
			closeErr := rows.Close()
			r := rec.finish()
			if closeErr != nil || !rec.within() {
				return nil, rec.ended(closeErr)
			}
			r.share()
			return r, nil
		}
	}
}

// recorder builds a result.
type recorder struct {
	inner driver.Rows
	probe prober
	limit Limits
	r     *Result
	// dest is handed to the driver again and again, as database/sql does.
	dest []driver.Value
	// kind is the numbers of the column types of the current row.
	kind []uint16
}

// begin records what can be known before the first row. It returns false when
// nothing may be kept.
func (rec *recorder) begin() bool {
	names := rec.inner.Columns()
	s := &shape{columns: make([]string, len(names)), types: make([]columnType, len(names))}
	copy(s.columns, names)
	rec.r.shape = s
	rec.dest = make([]driver.Value, len(names))
	rec.kind = make([]uint16, len(names))
	rec.probe = newProber(rec.inner)
	ok := rec.askFirst()
	rec.r.size = resultSize + s.size()
	return ok && rec.within()
}

// within reports whether the limits are kept.
func (rec *recorder) within() bool {
	return (rec.limit.Bytes <= 0 || rec.r.size <= rec.limit.Bytes) &&
		(rec.limit.Rows <= 0 || rec.r.rows <= rec.limit.Rows)
}

// add takes the row in dest over. It returns false when the recording has to
// stop with this row.
func (rec *recorder) add() bool {
	r := rec.r
	kept := true
	if r.values == nil {
		r.values = make([]driver.Value, 0, len(rec.dest))
	}
	for _, v := range rec.dest {
		owned, ok := own(v)
		if b, is := owned.([]byte); is && len(b) > 0 {
			r.hasBytes = true
		}
		r.values = append(r.values, owned)
		r.size += valueHeap(owned)
		kept = kept && ok
	}
	r.rows++
	r.size += len(rec.dest) * valueSize
	return rec.askRow() && kept && rec.within()
}

// askFirst records the column types before the first row. It returns false when
// the driver panics.
func (rec *recorder) askFirst() (ok bool) {
	// Most programs never ask for column types. A driver that cannot tell them
	// must not fail those.
	defer func() { ok = recover() == nil }()
	for i := range rec.r.shape.types {
		rec.r.shape.types[i] = rec.probe.column(i)
	}
	return true
}

// askRow records the column types at the current row. It asks at every row:
// some drivers answer from the value as the database has it, which the Go type
// of the value does not always tell. It returns false when the driver panics or
// has too many answers.
func (rec *recorder) askRow() (ok bool) {
	if rec.probe.silent() {
		return true
	}
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	r := rec.r
	for i := range rec.kind {
		t := rec.probe.column(i)
		if t == rec.typeOf(i) {
			continue
		}
		k, ok := rec.number(i, &t)
		if !ok {
			return false
		}
		rec.kind[i] = k
		if r.changes.kinds == nil {
			// All rows before this one had the types of the shape.
			r.changes.kinds = make([]uint16, len(r.values)-len(rec.kind), cap(r.values))
			r.size += kindSize * len(r.changes.kinds)
		}
	}
	if r.changes != nil {
		r.changes.kinds = append(r.changes.kinds, rec.kind...)
		r.size += kindSize * len(rec.kind)
	}
	return true
}

// typeOf returns the type that a column had last.
func (rec *recorder) typeOf(i int) columnType {
	if k := rec.kind[i]; k != 0 {
		return rec.r.changes.others[k-1]
	}
	return rec.r.shape.types[i]
}

// number returns the number of a column's type, and adds it when it is new.
func (rec *recorder) number(i int, t *columnType) (uint16, bool) {
	r := rec.r
	if *t == r.shape.types[i] {
		return 0, true
	}
	if r.changes == nil {
		r.changes = new(typeChanges)
		r.size += changesSize
	}
	c := r.changes
	for k := range c.others {
		if *t == c.others[k] {
			return uint16(k + 1), true
		}
	}
	if len(c.others) == maxOthers {
		return 0, false
	}
	c.others = append(c.others, *t)
	r.size += columnTypeSize + heapSize(len(t.database))
	return uint16(len(c.others)), true //nolint:gosec // at most maxOthers
}

// finish ends a recording that has all rows.
func (rec *recorder) finish() *Result {
	r := rec.r
	if len(r.values) > maxRoom {
		r.values = trim(r.values)
	}
	if c := r.changes; c != nil {
		c.kinds, c.others = trim(c.kinds), trim(c.others)
	}
	rec.r = r.compact()
	rec.r.seal()
	return rec.r
}

// share replaces the shape by one that is in use already.
func (r *Result) share() {
	if known := shapes.intern(r.shape); known != r.shape {
		r.size -= r.shape.size()
		r.shape = known
	}
}

// trim gives back memory that growing left unused, where it is worth a copy.
func trim[T any](s []T) []T {
	if cap(s)-len(s) <= len(s)/16 {
		return s
	}
	t := make([]T, len(s))
	copy(t, s)
	return t
}

// goOn returns rows that show what was recorded, then the error, if any, and go
// on with the driver's. OnRow tells that the driver's rows are at the last
// recorded row, or before the first one when there is none; else they are
// behind it.
func (rec *recorder) goOn(onRow bool, end error) driver.Rows {
	return &replay{recorded: rec.r, inner: rec.inner, probe: rec.probe, onRow: onRow, end: end, large: !rec.within()}
}

// ended returns rows that show what was recorded, where the driver's are closed;
// closeErr is what that returned.
func (rec *recorder) ended(closeErr error) driver.Rows {
	return &replay{recorded: rec.r, end: io.EOF, closeErr: closeErr, large: !rec.within()}
}
