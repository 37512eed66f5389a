package analysis

import (
	"slices"

	"github.com/cacheops/cacheops/dialect"
)

// keyChange follows a foreign key from the statement's own rows, where others may
// write meanwhile. What a program assigns to a key is most often what is there
// already: then PostgreSQL lets others go on to refer to the row, and no action is
// set off. To look for children first the row would have to be locked against them,
// so that two such programs would wait for each other. So nobody is looked for: the
// images before and after tell of each row whether its key changed, and only then
// are the tables written. False means that the images could not tell.
func (c *closure) keyChange(parent, child *dialect.Table, fk *dialect.ForeignKey) bool {
	columns := fk.ParentKey(parent, c.cat.Fold)
	if len(columns) == 0 || slices.ContainsFunc(columns, func(i int) bool {
		// Of such values it is not known whether a driver shows all there is to them.
		return i < 0 || i >= len(parent.Columns) || parent.Columns[i].Comparison == ""
	}) {
		return false
	}
	sub := closure{cat: c.cat, functions: c.functions, concurrent: c.concurrent, conflict: c.conflict, done: make(map[string]bool)}
	sub.touch(child)
	sub.event(child, dialect.KindUpdate, keyColumns(child, fk.Columns), false)
	if sub.all != "" {
		c.fail(sub.all)
	}
	c.runs, c.partial = c.runs || sub.runs, c.partial || sub.partial
	at := slices.IndexFunc(c.keys, func(k KeyChange) bool { return slices.Equal(k.Columns, columns) })
	if at < 0 {
		at = len(c.keys)
		c.keys = append(c.keys, KeyChange{Columns: columns})
	}
	for _, t := range sub.touched {
		if !slices.Contains(c.keys[at].Tables, t) {
			c.keys[at].Tables = append(c.keys[at].Tables, t)
		}
	}
	return true
}

// touchKeys counts what is reached by keys as written, changed or not.
func (c *closure) touchKeys() {
	for i := range c.keys {
		for _, t := range c.keys[i].Tables {
			c.touch(t)
		}
	}
	c.keys = nil
}

// untouchedKeys returns the keys by which tables are reached that are not written
// anyhow.
func (c *closure) untouchedKeys() (keys []KeyChange) {
	for _, k := range c.keys {
		k.Tables = slices.DeleteFunc(k.Tables, func(t *dialect.Table) bool { return slices.Contains(c.touched, t) })
		if len(k.Tables) > 0 {
			keys = append(keys, k)
		}
	}
	return keys
}
