package postgres

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// printStatement renders everything that is known of a statement, one property
// a line, those that are empty left out.
func printStatement(st *dialect.Statement) string {
	var b strings.Builder
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "  %s: %s\n", key, value)
		}
	}
	kind := st.Kind.String()
	if st.Taint&dialect.TaintReads != 0 {
		kind += " taints-reads"
	}
	if st.Taint&dialect.TaintWrites != 0 {
		kind += " taints-writes"
	}
	kind += printFlags("local", st.Local, "other-isolation", st.OtherIsolation, "chain", st.Chain, "cascade", st.Cascade,
		"resets-settings", st.Resets == dialect.ResetSettings, "resets-all", st.Resets == dialect.ResetAll)
	line("kind", kind)
	line("reads", printNames(st.Reads))
	line("writes", printNames(st.Writes))
	line("volatile", st.Volatile)
	line("foreign", strings.Join(st.Foreigns, ", "))
	line("functions", strings.Join(st.Functions, ", "))
	line("incomplete", st.Incomplete)
	line("savepoint", st.Savepoint)
	if st.Params > 0 {
		line("params", strconv.Itoa(st.Params))
	}
	line("query", printQuery(st.Query))
	if i := st.Insert; i != nil {
		line("insert", fmt.Sprintf("%s alias=%q columns=%q rows=%d%s", i.Table, i.Alias, i.Columns, i.Rows, printFlags(
			"upsert", i.Upsert, "conflict", i.Conflict, "returning", i.Returning, "with", i.With, "subquery", i.Subquery)))
		line("insert query", printQuery(i.Query))
		if i.Upsert {
			line("upsert", fmt.Sprintf("set=%q target=%q constraint=%q values=%s", i.Set, i.Target, i.OnConstraint, printSpans(st, i.Values)))
		}
	}
	if u := st.Update; u != nil {
		line("update", fmt.Sprintf("%s alias=%q set=%q%s", u.Table, u.Alias, u.Set, printFlags(
			"from", u.From, "outer", u.Outer, "shadowed", u.Shadowed, "current-of", u.CurrentOf, "returning", u.Returning, "with", u.With, "subquery", u.Subquery)))
		line("target", st.Text[u.TargetPos:u.TargetEnd])
		line("with text", printClause(st, &u.WithText))
		line("set text", printClause(st, &u.SetText))
		line("from text", printClause(st, &u.FromText))
		line("returns", printReturns(st, &u.Returns, u.ReturnsStar))
		line("volatile condition", u.Volatile)
		printWhere(line, st, u.Where, u.WherePos, u.WhereEnd, u.WhereParams)
	}
	if d := st.Delete; d != nil {
		line("delete", fmt.Sprintf("%s alias=%q%s", d.Table, d.Alias, printFlags(
			"using", d.Using, "shadowed", d.Shadowed, "current-of", d.CurrentOf, "returning", d.Returning, "with", d.With, "subquery", d.Subquery)))
		line("target", st.Text[d.TargetPos:d.TargetEnd])
		line("with text", printClause(st, &d.WithText))
		line("using text", printClause(st, &d.UsingText))
		line("returns", printReturns(st, &d.Returns, d.ReturnsStar))
		line("volatile condition", d.Volatile)
		printWhere(line, st, d.Where, d.WherePos, d.WhereEnd, d.WhereParams)
	}
	for _, part := range st.Script {
		b.WriteString("  part:\n  " + strings.ReplaceAll(strings.TrimSuffix(printStatement(part), "\n"), "\n", "\n  ") + "\n")
	}
	return b.String()
}

func printWhere(line func(key, value string), st *dialect.Statement, where dialect.Expr, pos, end int, params []dialect.ParamRef) {
	if where == nil {
		return
	}
	line("where", printExpr(where))
	line("where text", st.Text[pos:end])
	var list []string
	for _, p := range params {
		list = append(list, fmt.Sprintf("%s at %d:%d", printExpr(&p.Param), p.Pos, p.End))
	}
	line("where params", strings.Join(list, ", "))
}

func printClause(st *dialect.Statement, c *dialect.Clause) string {
	text := st.Text[c.Pos:c.End]
	for _, p := range c.Params {
		text += " | " + st.Text[p.Pos:p.End]
	}
	return text
}

func printReturns(st *dialect.Statement, c *dialect.Clause, star bool) string {
	return printClause(st, c) + printFlags("(star)", star)
}

func printSpans(st *dialect.Statement, rows [][]dialect.Span) string {
	var list []string
	for _, row := range rows {
		for _, s := range row {
			list = append(list, fmt.Sprintf("%q", st.Text[s.Pos:s.End]))
		}
	}
	return strings.Join(list, " ")
}

func printFlags(pairs ...any) string {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1].(bool) {
			b.WriteString(" " + pairs[i].(string))
		}
	}
	return b.String()
}

func printNames(names []dialect.Name) string {
	var list []string
	for _, n := range names {
		list = append(list, n.String())
	}
	return strings.Join(list, ", ")
}

// printQuery renders a query in a form that looks like SQL but shows how it
// was understood: every CTE, kind of join and opaque expression is marked.
func printQuery(q *dialect.Query) string {
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
			b.WriteString(" as {" + printQuery(cte.Query) + "}")
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
		b.WriteString(" limit[" + printExpr(q.Limit) + "]")
	}
	if q.Offset != nil {
		b.WriteString(" offset[" + printExpr(q.Offset) + "]")
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
				b.WriteString(printExpr(o.Expr))
			}
		case o.Star:
			b.WriteString("*")
		default:
			b.WriteString(printExpr(o.Expr))
		}
		if o.Alias != "" {
			b.WriteString(" as " + o.Alias)
		}
	}
	if c.From != nil {
		b.WriteString(" from " + printSource(c.From))
	}
	if c.Where != nil {
		b.WriteString(" where " + printExpr(c.Where))
	}
	if len(c.GroupBy) > 0 {
		b.WriteString(" group[" + printExprs(c.GroupBy) + "]")
	}
	if c.Having != nil {
		b.WriteString(" having " + printExpr(c.Having))
	}
	if len(c.Windows) > 0 {
		b.WriteString(" windows[" + printExprs(c.Windows) + "]")
	}
	return b.String()
}

func printSource(src dialect.Source) string {
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
		out := "{" + printQuery(s.Query) + "}" + as("", s.Alias)
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
		out := "(" + printSource(s.Left) + " " + kind + " " + printSource(s.Right)
		if s.On != nil {
			out += " on " + printExpr(s.On)
		}
		if len(s.Using) > 0 {
			out += " using " + strings.Join(s.Using, ", ")
		}
		return out + ")"
	}
	return fmt.Sprintf("?%T", src)
}

func printExprs(list []dialect.Expr) string {
	var parts []string
	for _, e := range list {
		parts = append(parts, printExpr(e))
	}
	return strings.Join(parts, ", ")
}

func printExpr(e dialect.Expr) string {
	join := func(op string, list []dialect.Expr) string {
		var parts []string
		for _, x := range list {
			parts = append(parts, printExpr(x))
		}
		return "(" + strings.Join(parts, " "+op+" ") + ")"
	}
	switch e := e.(type) {
	case *dialect.ColumnRef:
		name := e.Name
		if e.Qualifier != "" {
			name = e.Qualifier + "." + name
		}
		if e.Schema != "" {
			name = e.Schema + "." + name
		}
		return name
	case *dialect.Literal:
		switch v := e.Value.(type) {
		case nil:
			return "null"
		case int64:
			return strconv.FormatInt(v, 10)
		case float64:
			return "float:" + strconv.FormatFloat(v, 'g', -1, 64)
		case dialect.Decimal:
			return "decimal:" + string(v)
		case string:
			return strconv.Quote(v)
		case bool:
			return strconv.FormatBool(v)
		}
		return fmt.Sprintf("?%T", e.Value)
	case *dialect.Param:
		return fmt.Sprintf("$%d", e.Index) + printFlags("(whole)", e.Whole, "(mixed)", e.Mixed, fmt.Sprintf("(beside %s)", strings.Join(e.Beside, " ")), e.Beside != nil)
	case *dialect.And:
		return join("and", e.X)
	case *dialect.Or:
		return join("or", e.X)
	case *dialect.Not:
		return "not " + printExpr(e.X)
	case *dialect.Equal:
		op := " = "
		if e.NullSafe {
			op = " is "
		}
		return "(" + printExpr(e.X) + op + printExpr(e.Y) + ")"
	case *dialect.In:
		if e.Query != nil {
			return "(" + printExpr(e.X) + " in {" + printQuery(e.Query) + "})"
		}
		return "(" + printExpr(e.X) + " in [" + printExprs(e.List) + "])"
	case *dialect.AnyOf:
		return "(" + printExpr(e.X) + " any " + printExpr(e.Array) + ")"
	case *dialect.IsNull:
		return "isnull(" + printExpr(e.X) + ")"
	case *dialect.IsTruth:
		return fmt.Sprintf("is%t(%s)", e.Want, printExpr(e.X))
	case *dialect.Row:
		return "row(" + printExprs(e.X) + ")"
	case *dialect.Call:
		args := printExprs(e.Args)
		if e.Star {
			args = "*"
		}
		out := e.Name + "(" + args + ")"
		if e.Aggregate {
			out = "agg:" + out
		}
		if e.Window {
			out = "win:" + out
		}
		if len(e.Extra) > 0 {
			out += "+[" + printExprs(e.Extra) + "]"
		}
		return out
	case *dialect.Exists:
		return "exists{" + printQuery(e.Query) + "}"
	case *dialect.Scalar:
		return "scalar{" + printQuery(e.Query) + "}"
	case *dialect.Opaque:
		out := "<" + e.What + ": " + printExprs(e.Args)
		for _, q := range e.Queries {
			out += "{" + printQuery(q) + "}"
		}
		return out + ">"
	case nil:
		return "?nil"
	}
	return fmt.Sprintf("?%T", e)
}
