package mysql

import (
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// Where a server wants a date and has a time of day, it takes the time for one of the
// current day: DATE(t), and where a time is compared with a date, or put into one column
// with it. So what comes of it changes at midnight. The types of columns are known to the
// catalog only, so the statement names those to look at.

// dated notes that dates may be made of some expressions.
func (c *converter) dated(list ...dialect.Expr) {
	for _, e := range list {
		switch e := e.(type) {
		case *dialect.ColumnRef:
			c.datedName(e.Name)
		case *dialect.Row:
			c.dated(e.X...)
		case *dialect.Call:
			if functionTimes[e.Name] && !convertHasYear(e) {
				c.volatile("a time of day may be made a time of today")
			}
			c.dated(e.Args...)
		case *dialect.Opaque:
			if e.What == convertTime {
				c.volatile("a time of day may be made a time of today")
			}
			c.dated(e.Args...)
		}
	}
}

// What literals and casts are by their form.
const (
	convertTime = "time of day"
	convertDate = "date literal"
)

// convertHasYear reports whether a call of STR_TO_DATE makes a date: by its format.
func convertHasYear(call *dialect.Call) bool {
	if call.Name != "str_to_date" || len(call.Args) != 2 {
		return false
	}
	format, ok := call.Args[1].(*dialect.Literal)
	if !ok {
		return false
	}
	text, ok := format.Value.(string)
	return ok && (strings.Contains(text, "%Y") || strings.Contains(text, "%y"))
}

// datedAll is the name that stands for those of all columns.
const datedAll = "*"

func (c *converter) datedName(name string) {
	if folded := nameFold(name); noted(&c.dates, folded) {
		c.st.Dates = append(c.st.Dates, folded)
	}
}

// compared notes what expressions are that are compared with each other. Beside a
// constant, which is a number or a text, a time stays what it is.
func (c *converter) compared(x dialect.Expr, list ...dialect.Expr) {
	if rx, ok := x.(*dialect.Row); ok {
		for _, y := range list {
			ry, ok := y.(*dialect.Row)
			if !ok || len(rx.X) != len(ry.X) {
				c.dated(x, y)
				continue
			}
			for i := range rx.X {
				c.compared(rx.X[i], ry.X[i])
			}
		}
		return
	}
	if convertIsConstant(x) && len(list) == 1 {
		return
	}
	for _, y := range list {
		if !convertIsConstant(y) {
			c.dated(x)
			c.dated(list...)
			return
		}
	}
}

// convertIsConstant reports whether an expression is a number, a text or a parameter.
func convertIsConstant(e dialect.Expr) bool {
	switch e.(type) {
	case *dialect.Literal, *dialect.Param:
		return true
	}
	return false
}

// united notes what the columns of a compound are: each takes a type that all its parts
// have in common.
func (c *converter) united(q *dialect.Query) {
	for _, core := range q.Cores {
		for _, row := range core.Values {
			c.dated(row...)
		}
		if src, ok := core.From.(*dialect.QuerySource); ok && src.Alias == "" && len(core.Columns) == 1 && core.Columns[0].Star {
			c.united(src.Query) // a part with a LIMIT of its own
			continue
		}
		for i := range core.Columns {
			if o := &core.Columns[i]; o.Star {
				c.datedName(datedAll)
			} else {
				c.dated(o.Expr)
			}
		}
	}
}

// renames notes the columns of a query that are known by other names outside of it: all,
// where they are given some there.
func (c *converter) renames(q *dialect.Query, given bool) {
	for _, core := range q.Cores {
		for i := range core.Columns {
			o := &core.Columns[i]
			ref, ok := o.Expr.(*dialect.ColumnRef)
			if !given && ok && (o.Alias == "" || strings.EqualFold(o.Alias, ref.Name)) {
				continue
			}
			if given && o.Star {
				c.datedName(datedAll)
			}
			c.dated(o.Expr)
		}
	}
}
