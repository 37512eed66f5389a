package analysis

import (
	"slices"

	"github.com/cacheops/cacheops/dialect"
)

// dates are the columns of which a read may make dates.
type dates struct {
	// names are the folded names; "*" stands for all.
	names map[string]bool
	// from are the folded names of the columns that a view's column is computed of, where
	// that has another name.
	from map[string][]string
}

// add adds columns.
func (d *dates) add(cat *dialect.Catalog, names []string) {
	for _, name := range names {
		if d.names == nil {
			d.names = make(map[string]bool)
		}
		d.names[cat.Fold(name)] = true
	}
}

// view adds the columns of a view that have other names outside of it.
func (d *dates) view(cat *dialect.Catalog, t *dialect.Table) {
	if t.View.Query == nil {
		return
	}
	for _, c := range t.View.Query.Cores {
		for i := range c.Columns {
			o := &c.Columns[i]
			name := cat.Fold(o.Alias)
			if len(t.ViewColumns) == len(c.Columns) {
				name = cat.Fold(t.ViewColumns[i])
			}
			d.look(cat, name, o.Expr)
		}
	}
}

// look adds what a column of a name is computed of.
func (d *dates) look(cat *dialect.Catalog, name string, e dialect.Expr) {
	if e == nil {
		return
	}
	ref, ok := e.(*dialect.ColumnRef)
	if !ok {
		eachOperand(e, func(x dialect.Expr) { d.look(cat, name, x) })
		return
	}
	if is := cat.Fold(ref.Name); name != "" && is != name && !slices.Contains(d.from[name], is) {
		if d.from == nil {
			d.from = make(map[string][]string)
		}
		d.from[name] = append(d.from[name], is)
	}
}

// settle adds what the columns of views are computed of.
func (d *dates) settle() {
	var follow func(name string)
	follow = func(name string) {
		d.names[name] = true
		for _, is := range d.from[name] {
			if !d.names[is] {
				follow(is)
			}
		}
	}
	for name := range d.from {
		if d.names[name] {
			follow(name)
		}
	}
}

// timeOfDay refuses a read that may make a date of a time of day: it is one of the
// current day.
func (v *verdict) timeOfDay() {
	if v.dates.names == nil {
		return
	}
	v.dates.settle()
	for _, t := range v.tables {
		for _, c := range t.Columns {
			if c.TimeOfDay && (v.dates.names["*"] || v.dates.names[c.Folded]) {
				v.refuse("it may make a date of the time in column " + c.Name + ", which is one of the current day")
			}
		}
	}
}
