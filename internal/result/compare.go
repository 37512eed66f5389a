package result

import (
	"bytes"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"time"
)

// Difference tells how a cached result differs from the database's. It holds
// positions, numbers and Go types, and none of the values.
type Difference struct {
	// What is the difference in words. Positions count from 1.
	What string
	// The rows of both, and their sizes as [Result.Size] tells them.
	CachedRows, DatabaseRows   int
	CachedBytes, DatabaseBytes int
	// OnlyCached and OnlyDatabase count the rows that the other one does not
	// have, or has less often.
	OnlyCached, OnlyDatabase int
	// Order is true where both have the same rows, in another order.
	Order bool
	// Nulls is true where both differ in no more than whether columns are said to hold
	// NULLs, and in the Go types that follow from it.
	Nulls bool
}

// Compare compares a cached result with what the database returned, as a
// program sees them: columns, rows, and the column types where the rows stand in
// the same order. Values are equal that have one Go type and one content; a time
// has its zone as well, and a NaN is equal to itself. The order of the rows counts
// only where the statement asked for one. It returns false when there is no
// difference.
func Compare(cached, database *Result, ordered bool) (d Difference, different bool) {
	d = Difference{
		CachedRows: cached.rows, DatabaseRows: database.rows,
		CachedBytes: cached.size, DatabaseBytes: database.size,
	}
	c := comparison{cached: cached, database: database}
	if d.What = c.columns(); d.What != "" {
		return d, true
	}
	row := c.firstRow()
	if row < 0 {
		d.What, d.Nulls = c.types()
		return d, d.What != ""
	}
	c.rows(&d)
	if d.Order = d.OnlyCached == 0 && d.OnlyDatabase == 0; d.Order {
		d.What = fmt.Sprintf("the same rows stand in another order, from row %d on", row+1)
	}
	return d, ordered || !d.Order
}

// comparison compares two results.
type comparison struct {
	cached, database *Result
	a, b             []byte // room for the forms of two rows
}

// columns compares the columns' names.
func (c *comparison) columns() string {
	a, b := c.cached.shape.columns, c.database.shape.columns
	if len(a) != len(b) {
		return fmt.Sprintf("the cached result has %d columns, the database's has %d", len(a), len(b))
	}
	for i := range a {
		if a[i] != b[i] {
			return fmt.Sprintf("column %d has another name", i+1)
		}
	}
	return ""
}

// firstRow is the first row that is not the same, -1 when all are.
func (c *comparison) firstRow() int {
	n := min(c.cached.rows, c.database.rows)
	for i := range n {
		c.a, c.b = appendRow(c.a[:0], c.cached.row(i)), appendRow(c.b[:0], c.database.row(i))
		if !bytes.Equal(c.a, c.b) {
			return i
		}
	}
	if n < c.cached.rows || n < c.database.rows {
		return n
	}
	return -1
}

// types compares what is told of the columns, before the first row and at each, and
// tells whether they differ in no more than NULLs.
func (c *comparison) types() (what string, nulls bool) {
	if c.cached.changes == nil && c.database.changes == nil && slices.Equal(c.cached.shape.types, c.database.shape.types) {
		return "", false
	}
	nulls = true
	for row := -1; row < c.cached.rows; row++ {
		for col := range c.cached.shape.columns {
			a, b := c.cached.columnType(row, col), c.database.columnType(row, col)
			if *a == *b {
				continue
			}
			if what == "" {
				what = fmt.Sprintf("column %d has another type, at row %d", col+1, row+1)
			}
			nulls = nulls && a.differsInNulls(b)
		}
	}
	return what, nulls && what != ""
}

// rows compares the rows in any order, for a database owes none.
func (c *comparison) rows(d *Difference) {
	var cached, database int
	d.OnlyCached, cached = c.lacking(c.cached, c.database)
	d.OnlyDatabase, database = c.lacking(c.database, c.cached)
	switch {
	case d.OnlyCached == 0:
		d.What = fmt.Sprintf("%s, the first is its row %d", countRows(d.OnlyDatabase, "only the database has"), database+1)
	case d.OnlyDatabase == 0:
		d.What = fmt.Sprintf("%s, the first is its row %d", countRows(d.OnlyCached, "only the cached result has"), cached+1)
	default:
		d.What = fmt.Sprintf("%s, the first is its row %d, and %s, the first is its row %d", countRows(d.OnlyCached, "only the cached result has"),
			cached+1, countRows(d.OnlyDatabase, "only the database has"), database+1)
		if cached == database {
			d.What += "; " + c.values(cached)
		}
	}
}

// lacking counts the rows of one result that another one does not have, or has
// less often, and returns the first of them.
func (c *comparison) lacking(in, from *Result) (n, first int) {
	have := make(map[string]int, from.rows)
	for i := range from.rows {
		c.a = appendRow(c.a[:0], from.row(i))
		have[string(c.a)]++
	}
	for i := range in.rows {
		c.a = appendRow(c.a[:0], in.row(i))
		if have[string(c.a)] > 0 {
			have[string(c.a)]--
			continue
		}
		if n == 0 {
			first = i
		}
		n++
	}
	return n, first
}

// values tells where a row differs.
func (c *comparison) values(row int) string {
	for i, v := range c.cached.row(row) {
		w := c.database.row(row)[i]
		c.a, c.b = appendValue(c.a[:0], v), appendValue(c.b[:0], w)
		if bytes.Equal(c.a, c.b) {
			continue
		}
		if t := fmt.Sprintf("%T", v); t == fmt.Sprintf("%T", w) {
			return fmt.Sprintf("column %d has another value, of type %s in both", i+1, t)
		}
		return fmt.Sprintf("column %d is %T in the cached result and %T in the database's", i+1, v, w)
	}
	return "no column differs"
}

// countRows counts rows in words.
func countRows(n int, who string) string {
	if n == 1 {
		return who + " 1 row"
	}
	return fmt.Sprintf("%s %d rows", who, n)
}

// appendRow appends a form of a row that two rows have in common only when a
// program sees no difference between them.
func appendRow(b []byte, row []driver.Value) []byte {
	for _, v := range row {
		b = appendValue(b, v)
	}
	return b
}

// appendValue appends the form of one value: the one that results are stored in,
// but for times, whose zones do not have to be found again, and NaNs.
func appendValue(b []byte, v driver.Value) []byte {
	switch x := v.(type) {
	case time.Time:
		name, offset := x.Zone()
		e := encoder{b: b}
		e.tag(tagTimeZone)
		e.moment(x)
		e.b = binary.AppendVarint(e.b, int64(offset))
		e.text(name)
		e.text(x.Location().String())
		return e.b
	case float64:
		if math.IsNaN(x) {
			v = math.NaN()
		}
	case float32:
		if math.IsNaN(float64(x)) {
			v = float32(math.NaN())
		}
	}
	e := encoder{b: b}
	e.value(v)
	return e.b
}
