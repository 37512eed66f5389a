package result

import (
	"database/sql/driver"
	"fmt"
	"slices"

	"github.com/cacheops/cacheops/store"
)

// Result is the rows of one read. It is made by [Record] or [Decode] and never
// changes afterwards, so it may be used from many goroutines at once. The zero
// value is not usable.
type Result struct {
	shape *shape
	// values holds the rows one after another. Its byte slices are the
	// result's own.
	values []driver.Value
	rows   int
	// changes is nil unless the column types changed from row to row.
	changes *typeChanges
	size    int
	// hasBytes is true when a value is a byte slice that is not empty: rows have
	// to be copied with care then.
	hasBytes bool
	// room is the number of values that lie in the result's own allocation, 0
	// where they have one to themselves.
	room uint8
}

// typeChanges tells the types of columns that changed from row to row.
type typeChanges struct {
	others []columnType
	// kinds has one number per value: 0 stands for the type in the shape, k for
	// others[k-1].
	kinds []uint16
}

var _ store.Payload = (*Result)(nil)

// Size is the memory that the result takes, in bytes, as far as it can be told:
// what the result itself, its values, its column names and types occupy on the
// heap. Column names and types that it shares with older results do not count:
// those were there already.
func (r *Result) Size() int { return r.size }

// Len is the number of rows.
func (r *Result) Len() int { return r.rows }

// Width is the number of columns.
func (r *Result) Width() int { return len(r.shape.columns) }

// Cut takes the last columns away. It returns the result as it would have been
// recorded without them, and their values, a slice for each row. It is an error
// when there are fewer columns.
func (r *Result) Cut(last int) (left *Result, cut [][]driver.Value, err error) {
	width := len(r.shape.columns)
	n := width - last
	if last < 0 || n < 0 {
		return nil, nil, fmt.Errorf("cacheops: the rows have %d columns, %d of them ours", width, last)
	}
	left = &Result{
		shape:  &shape{columns: slices.Clone(r.shape.columns[:n]), types: slices.Clone(r.shape.types[:n])},
		values: make([]driver.Value, 0, r.rows*n), rows: r.rows,
	}
	if r.changes != nil {
		left.changes = &typeChanges{others: r.changes.others} // some may be those of the columns that are gone
	}
	cut = make([][]driver.Value, r.rows)
	for i := range cut {
		row := r.row(i)
		cut[i] = slices.Clone(row[n:]) // it may be kept for longer than the row
		left.values = append(left.values, row[:n]...)
		if r.changes != nil {
			left.changes.kinds = append(left.changes.kinds, r.changes.kinds[i*width:i*width+n]...)
		}
	}
	for _, v := range left.values {
		b, is := v.([]byte)
		left.hasBytes = left.hasBytes || is && len(b) > 0
	}
	left = left.compact()
	left.seal()
	left.share()
	return left, cut, nil
}

// columnType returns the type of a column at a row; row -1 is the time before
// the first one.
func (r *Result) columnType(row, col int) *columnType {
	if row >= 0 && r.changes != nil {
		if k := r.changes.kinds[row*len(r.shape.columns)+col]; k != 0 {
			return &r.changes.others[k-1]
		}
	}
	return &r.shape.types[col]
}

// row returns the values of a row, which must not be changed.
func (r *Result) row(i int) []driver.Value {
	n := len(r.shape.columns)
	return r.values[i*n : (i+1)*n : (i+1)*n]
}
