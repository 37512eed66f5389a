package dependency

import (
	"database/sql/driver"

	"github.com/cacheops/cacheops/dialect"
)

// GivenKeys adds to dst the keys of every conjunction that a row may match of
// which a program told some values: one key for each scheme. Row holds the
// values in the order of Columns; what open says is not known stands for every
// value. A scheme with such a column has its key of any values.
//
// The values are Go values as for the arguments of a query, and not what the
// database returned: they are compared by the rules for arguments, so that "34"
// means the row that a condition with "34" finds, whatever its column is. Where
// those rules do not tell what a value equals, it is taken for not known.
func (e *Evaluator) GivenKeys(row []driver.Value, open []bool, dst map[string]struct{}) {
	for i := range e.slots {
		s := &e.slots[i]
		s.open = open[s.at] || !e.evaluateGiven(s, row[s.at])
	}
next:
	for i := range e.schemes {
		s := &e.schemes[i]
		for _, j := range s.slots {
			if e.slots[j].open {
				e.buf = appendAnyKey(e.buf[:0], s.scheme)
				e.put(dst)
				continue next
			}
		}
		e.add(s, dst)
	}
}

// evaluateGiven works a slot's value out for a value of the program's.
func (e *Evaluator) evaluateGiven(s *slot, v driver.Value) bool {
	// What is NULL in the database need not be nil in Go.
	switch v := v.(type) {
	case []byte:
		if len(v) == 0 {
			return false
		}
	case float64:
		if v != v {
			return false
		}
	}
	return e.evaluate(s, v, dialect.SideArgument)
}
