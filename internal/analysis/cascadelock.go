package analysis

import (
	"slices"

	"github.com/cacheops/cacheops/dialect"
)

// locksTold reports whether it is known before the statement how its action will
// lock the child's rows: by whether it deletes them, changes a key of theirs, or
// neither. A stronger lock would be in the way of others who refer to the rows, and
// one that is too weak would have to be made stronger, past others who wait for it.
func (c *closure) locksTold(e *edge) bool {
	if !surelyChanges(e) && keyed(e.child, e.fk.Sets(e.kind)) {
		return false
	}
	for i := range c.edges {
		switch other := &c.edges[i]; {
		case other.fk == e.fk && other.parent == e.parent && other.kind != e.kind:
			return false // each its own lock
		case e.kind == dialect.KindUpdate && other.child == e.parent && !other.deletes && !surelyChanges(other):
			return false // perhaps there is no action at all
		}
	}
	return true
}

// surelyChanges reports whether an action changes all the columns that it sets, if it
// comes to that: those of a row that was bound are not NULL, and one column by itself
// cannot keep the value of a parent that is no more.
func surelyChanges(e *edge) bool {
	return e.deletes || len(e.fk.Sets(e.kind)) == 1 || e.kind == dialect.KindDelete && e.fk.OnDelete == dialect.FKSetNull
}

// keyed reports whether one of these columns may be of a key of the table.
func keyed(t *dialect.Table, columns []int) bool {
	return t.OtherUnique || slices.ContainsFunc(columns, func(i int) bool {
		return slices.ContainsFunc(t.Unique, func(key []int) bool { return slices.Contains(key, i) })
	})
}
