package dialecttest

import (
	"fmt"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// PrintQuery renders a query in a form that looks like SQL but shows how it
// was understood: every CTE, kind of join and opaque expression is marked.
func PrintQuery(q *dialect.Query) string {
	if q == nil {
		return ""
	}
	var b strings.Builder
	if len(q.With) > 0 {
		b.WriteString("with ")
		if q.Recursive {
			b.WriteString("recursive ")
		}
		for i, cte := range q.With {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(cte.Name)
			if len(cte.Columns) > 0 {
				b.WriteString("(" + strings.Join(cte.Columns, ", ") + ")")
			}
			b.WriteString(" as {" + PrintQuery(cte.Query) + "}")
		}
		b.WriteString(" ")
	}
	for i, c := range q.Cores {
		if i > 0 {
			b.WriteString(" compound ")
		}
		b.WriteString(printCore(c))
	}
	if len(q.OrderBy) > 0 {
		b.WriteString(" order[" + printExprs(q.OrderBy) + "]")
	}
	if q.Limit != nil {
		b.WriteString(" limit[" + PrintExpr(q.Limit) + "]")
	}
	if q.Offset != nil {
		b.WriteString(" offset[" + PrintExpr(q.Offset) + "]")
	}
	return b.String()
}

func printCore(c *dialect.Core) string {
	var b strings.Builder
	if c.Values != nil {
		b.WriteString("values")
		for _, row := range c.Values {
			b.WriteString(" (" + printExprs(row) + ")")
		}
		return b.String()
	}
	b.WriteString("select ")
	if c.Distinct {
		b.WriteString("distinct ")
	}
	for i, o := range c.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		switch {
		case o.Star && o.Table != "":
			b.WriteString(o.Table + ".*")
			if o.Expr != nil {
				b.WriteString(PrintExpr(o.Expr))
			}
		case o.Star:
			b.WriteString("*")
		default:
			b.WriteString(PrintExpr(o.Expr))
		}
		if o.Alias != "" {
			b.WriteString(" as " + o.Alias)
		}
	}
	if c.From != nil {
		b.WriteString(" from " + PrintSource(c.From))
	}
	if c.Where != nil {
		b.WriteString(" where " + PrintExpr(c.Where))
	}
	if len(c.GroupBy) > 0 {
		b.WriteString(" group[" + printExprs(c.GroupBy) + "]")
	}
	if c.Having != nil {
		b.WriteString(" having " + PrintExpr(c.Having))
	}
	if len(c.Windows) > 0 {
		b.WriteString(" windows[" + printExprs(c.Windows) + "]")
	}
	return b.String()
}

// PrintSource renders a FROM.
func PrintSource(src dialect.Source) string {
	as := func(name, alias string) string {
		if alias == "" || alias == name {
			return ""
		}
		return " as " + alias
	}
	switch s := src.(type) {
	case *dialect.TableSource:
		name := s.Name.String() + as(s.Name.Name, s.Alias)
		if s.CTE {
			return "cte:" + name
		}
		return name
	case *dialect.QuerySource:
		out := "{" + PrintQuery(s.Query) + "}" + as("", s.Alias)
		if s.Lateral {
			out = "lateral " + out
		}
		return out
	case *dialect.FunctionSource:
		return s.Name.String() + "(" + printExprs(s.Args) + ")" + as(s.Name.Name, s.Alias)
	case *dialect.Join:
		kind := [...]string{"inner", "cross", "left", "right", "full"}[s.Kind]
		if s.Natural {
			kind = "natural " + kind
		}
		if s.Nested {
			kind = "nested " + kind
		}
		out := "(" + PrintSource(s.Left) + " " + kind + " " + PrintSource(s.Right)
		if s.On != nil {
			out += " on " + PrintExpr(s.On)
		}
		if len(s.Using) > 0 {
			out += " using " + strings.Join(s.Using, ", ")
		}
		return out + ")"
	}
	return fmt.Sprintf("?%T", src)
}
