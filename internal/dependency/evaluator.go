package dependency

import (
	"database/sql/driver"
	"slices"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/store"
)

// Evaluator tells a writer which conjunctions of the registered schemes a row
// image matches. It reuses its buffers: it must not be used by two goroutines
// at once.
type Evaluator struct {
	dialect dialect.Dialect
	columns []int
	slots   []slot
	schemes []evalScheme
	buf     []byte
}

// slot is one column in one form. Schemes share slots, so that a value is made
// canonical once for each image.
type slot struct {
	column *dialect.Column
	form   Form
	at     int // in the row
	null   bool
	value  string
	open   bool // the value is not known, in GivenKeys
}

// evalScheme is a scheme with the start of its keys and the slots of its
// columns, in the scheme's order.
type evalScheme struct {
	scheme store.Scheme
	head   []byte
	slots  []int
}

// NewEvaluator prepares the evaluation of the schemes on images of the table.
// Fold is the catalog's. It returns false when a scheme is not understood: it
// is of another version, names a column that the table does not have, or
// compares by other rules than the column does. The caller then has to take the
// table's epoch.
func NewEvaluator(d dialect.Dialect, fold func(string) string, t *dialect.Table, schemes []store.Scheme) (*Evaluator, bool) {
	e := &Evaluator{dialect: d, schemes: make([]evalScheme, 0, len(schemes))}
	positions := make([]int, 0, 8) // of the slots' columns in the table
	for _, s := range schemes {
		columns, err := ParseScheme(s)
		if err != nil {
			return nil, false
		}
		es := evalScheme{scheme: s, head: appendKeyHead(nil, s), slots: make([]int, 0, len(columns))}
		for _, sc := range columns {
			c, at := t.Column(fold, sc.Column)
			if c == nil || c.Folded != sc.Column || sc.Form.comparison(c) != sc.Comparison {
				return nil, false
			}
			i := slices.IndexFunc(e.slots, func(s slot) bool { return s.column == c && s.form == sc.Form })
			if i < 0 {
				i = len(e.slots)
				e.slots = append(e.slots, slot{column: c, form: sc.Form})
				positions = append(positions, at)
			}
			es.slots = append(es.slots, i)
		}
		e.schemes = append(e.schemes, es)
	}
	e.columns = slices.Clone(positions)
	slices.Sort(e.columns)
	e.columns = slices.Compact(e.columns)
	for i := range e.slots {
		e.slots[i].at, _ = slices.BinarySearch(e.columns, positions[i])
	}
	return e, true
}

// Columns returns the positions in the table of the columns that an image must
// have, sorted. It is empty when no scheme has a column. The caller must not
// change it.
func (e *Evaluator) Columns() []int { return e.columns }

// Keys adds the keys that an image matches to dst: one for each scheme. Row
// holds the image's values in the order of Columns. It returns false when a
// value is outside the rules, so that the image may match anything: the caller
// then has to take the table's epoch, and dst is of no use.
func (e *Evaluator) Keys(row []driver.Value, dst map[string]struct{}) bool {
	if len(row) != len(e.columns) {
		return false
	}
	for i := range e.slots {
		if s := &e.slots[i]; !e.evaluate(s, row[s.at], dialect.SideImage) {
			return false
		}
	}
	for i := range e.schemes {
		e.add(&e.schemes[i], dst)
	}
	return true
}

// add adds a scheme's key for the values in the slots.
func (e *Evaluator) add(s *evalScheme, dst map[string]struct{}) {
	e.buf = append(e.buf[:0], s.head...)
	for _, j := range s.slots {
		e.buf = appendKeyValue(e.buf, e.slots[j].null, e.slots[j].value)
	}
	e.put(dst)
}

// put adds the key that was made in the buffer.
func (e *Evaluator) put(dst map[string]struct{}) {
	key := finishKey(e.buf)
	e.buf = key[:0]
	if _, ok := dst[string(key)]; !ok { // looked up without an allocation
		dst[string(key)] = struct{}{}
	}
}

// evaluate works a slot's value out.
func (e *Evaluator) evaluate(s *slot, v driver.Value, side dialect.Side) bool {
	if b, ok := v.([]byte); ok && b == nil {
		return false // NULL to some drivers, an empty blob to others
	}
	s.null, s.value = v == nil, ""
	switch {
	case s.form == FormNull:
		s.value = truthText(s.null)
		s.null = false
		return true
	case s.null:
		return true
	case s.form == FormTruth:
		truth, known := e.dialect.Truth(s.column, v)
		s.value = truthText(truth)
		return known
	default:
		var ok bool
		s.value, ok = e.dialect.Canonical(s.column, v, side)
		return ok
	}
}

func truthText(b bool) string {
	if b {
		return Yes
	}
	return No
}
