package analysis

import "github.com/cacheops/cacheops/dialect"

// dated adds columns of which dates may be made.
func (v *verdict) dated(names ...string) {
	for _, name := range names {
		if v.dates == nil {
			v.dates = make(map[string]bool)
		}
		v.dates[v.cat.Fold(name)] = true
	}
}

// renamed adds the columns of a view that have other names outside of it, or are
// computed: nobody knows what is done with them.
func (v *verdict) renamed(q *dialect.Query) {
	if q == nil {
		return
	}
	var look func(e dialect.Expr)
	look = func(e dialect.Expr) {
		if ref, ok := e.(*dialect.ColumnRef); ok {
			v.dated(ref.Name)
			return
		}
		eachOperand(e, look)
	}
	for _, c := range q.Cores {
		for i := range c.Columns {
			o := &c.Columns[i]
			ref, ok := o.Expr.(*dialect.ColumnRef)
			if o.Expr != nil && (!ok || o.Alias != "" && v.cat.Fold(o.Alias) != v.cat.Fold(ref.Name)) {
				look(o.Expr)
			}
		}
	}
}

// timeOfDay refuses a read that may make a date of a time of day: it is one of the
// current day.
func (v *verdict) timeOfDay() {
	if v.dates == nil {
		return
	}
	for _, t := range v.tables {
		for _, c := range t.Columns {
			if c.TimeOfDay && (v.dates["*"] || v.dates[c.Folded]) {
				v.refuse("it may make a date of the time in column " + c.Name + ", which is one of the current day")
			}
		}
	}
}
