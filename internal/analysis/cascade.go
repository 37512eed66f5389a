package analysis

import (
	"slices"

	"github.com/cacheops/cacheops/dialect"
)

// edge is an action of a foreign key on rows of its child that can be told from
// the parent's before the statement runs.
type edge struct {
	parent, child *dialect.Table
	fk            *dialect.ForeignKey
	kind          dialect.Kind // what happens to the parent's row
	deletes       bool         // the child's row is deleted, else changed
	changed       []string     // the columns of the child that change, nil for any
}

// origin is the statement from whose rows the edges start.
type origin struct {
	target *dialect.Table
	// update is true for an UPDATE; set are the columns it changes, nil for any.
	update bool
	set    []string
	// untold says that the rows of a DELETE cannot be asked for before it.
	untold bool
}

// cascades turns the edges into those that can be followed by queries. The rows
// behind the others cannot be told: their tables, and all that is reached from
// them, are touched.
func (c *closure) cascades(o *origin) []Cascade {
	for again := true; again; {
		again = false
		for i := range c.edges {
			e := &c.edges[i]
			if slices.Contains(c.touched, e.child) {
				continue
			}
			if slices.Contains(c.touched, e.parent) || !c.followable(e, o) {
				c.touch(e.child)
				again = true
			}
		}
	}
	var out []Cascade
	for i := range c.edges {
		e := &c.edges[i]
		if slices.Contains(c.touched, e.child) {
			continue
		}
		// One key can act both on a deletion and on a change of its parent.
		at := slices.IndexFunc(out, func(x Cascade) bool { return x.Key == e.fk && x.Parent == e.parent })
		if at < 0 {
			out = append(out, Cascade{Parent: e.parent, Child: e.child, Key: e.fk, Event: e.kind, Deletes: e.deletes})
			continue
		}
		out[at].Deletes = out[at].Deletes && e.deletes
	}
	return out
}

// followable reports whether the child's rows can be found from the parent's
// before the statement, and read again after it.
//
// Where others write at the same time that is done for a DELETE alone. The
// parent's rows are locked first, as it locks them, so that nobody binds a child
// to them any more. Who did so before is waited for, and his child is found,
// because each query sees what was committed before it. Then the children are
// locked as they are found, so that nobody changes or moves them, and are
// parents in their turn. Rows that the statement changes although the query
// before it did not find them are noticed by what it returns. An UPDATE locks its
// rows by whether their keys change, which nobody knows before: see keyChange.
func (c *closure) followable(e *edge, o *origin) bool {
	switch {
	case e.child.NoImages != "", e.parent.RowID == "", e.child.RowID == "",
		len(e.fk.Columns) == 0, len(e.fk.ParentKey(e.parent, c.cat.Fold)) != len(e.fk.Columns),
		o.untold:
		return false
	case !e.deletes && renames(e.child, e.changed):
		return false // the row could not be found again
	case e.child == o.target && o.update && renames(o.target, o.set):
		return false
	case !uniquelyNamed(e.parent), !uniquelyNamed(e.child):
		return false // other rows would be found by their names
	case c.concurrent && !c.locksTold(e):
		return false
	}
	// The rows that an action finds are those that had the parent's key before
	// the statement, as long as that key did not change before the action. Else
	// a child that was bound to nothing may come to be bound.
	changes := 0
	if o.update && e.parent == o.target && c.references(e.parent, e.fk, o.set) {
		changes++
	}
	for i := range c.edges {
		into := &c.edges[i]
		if into.child == e.parent && !into.deletes && c.references(e.parent, e.fk, into.changed) {
			changes++
		}
	}
	if e.kind == dialect.KindDelete {
		return changes == 0
	}
	return changes <= 1
}

// renames reports whether a change of these folded columns, nil for any, may
// give a row another name.
func renames(t *dialect.Table, columns []string) bool {
	return columns == nil || slices.ContainsFunc(t.RowIDColumns, func(c *dialect.Column) bool {
		return slices.Contains(columns, c.Folded)
	})
}
