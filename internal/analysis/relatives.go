package analysis

import (
	"slices"

	"github.com/cacheops/cacheops/dialect"
)

// relatives follows an event to the tables that share rows with the one it is
// of: an UPDATE of a parent writes rows of those that inherit from it, and a row
// that is written in one of those is read from the parent too. Which rows of
// which table they are is not told. The table itself is not touched: its images
// show all of its rows, those of its children too.
func (c *closure) relatives(t *dialect.Table, kind dialect.Kind, columns []string) {
	if t.Kind != dialect.TablePlain || len(t.Relatives) == 0 || c.all != "" {
		return
	}
	family := []*dialect.Table{t}
	for i := 0; i < len(family); i++ {
		for _, r := range family[i].Relatives {
			if !slices.Contains(family, r) {
				family = append(family, r)
			}
		}
	}
	for _, r := range family[1:] {
		c.touch(r)
		c.follow(r, kind, columns, false)
	}
}

// uniquelyNamed reports whether the names of a table's rows, where it has such, are
// unique: a primary key is not kept over the tables that inherit it.
func uniquelyNamed(t *dialect.Table) bool { return t.RowID == "" || len(t.Relatives) == 0 }

// referrers goes on from the tables touched to all that have a foreign key to
// one of them, as TRUNCATE ... CASCADE does, whatever the key's action.
func (c *closure) referrers() {
	for again := true; again && c.all == ""; {
		again = false
		for _, child := range c.cat.Tables() {
			if !slices.Contains(c.touched, child) && c.refers(child) {
				again = true
				c.touch(child)
				c.event(child, dialect.KindDelete, nil, false)
			}
		}
	}
}

// refers reports whether a table has a foreign key to one that is touched.
func (c *closure) refers(child *dialect.Table) bool {
	return slices.ContainsFunc(child.ForeignKeys, func(fk dialect.ForeignKey) bool {
		return slices.ContainsFunc(lookup(c.cat, fk.Parent, child.Schema), func(parent *dialect.Table) bool {
			return slices.Contains(c.touched, parent)
		})
	})
}
