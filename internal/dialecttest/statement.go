package dialecttest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// PrintStatement renders everything that is known of a statement, one property
// a line, those that are empty left out.
func PrintStatement(st *dialect.Statement) string {
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
		"resets-settings", st.Resets == dialect.ResetSettings, "resets-all", st.Resets == dialect.ResetAll,
		"commits", st.Commits, "autocommit-off", st.Autocommit == dialect.AutocommitOff, "autocommit-on", st.Autocommit == dialect.AutocommitOn)
	line("kind", kind)
	line("reads", PrintNames(st.Reads))
	line("writes", PrintNames(st.Writes))
	line("volatile", st.Volatile)
	line("foreign", strings.Join(st.Foreigns, ", "))
	line("functions", strings.Join(st.Functions, ", "))
	line("dates", strings.Join(st.Dates, ", "))
	if st.TruthWords {
		line("truth words", "yes")
	}
	line("incomplete", st.Incomplete)
	line("savepoint", st.Savepoint)
	if st.Params > 0 {
		line("params", strconv.Itoa(st.Params)+printFlags("named", st.NamedParams))
	}
	line("query", PrintQuery(st.Query))
	if i := st.Insert; i != nil {
		line("insert", fmt.Sprintf("%s alias=%q columns=%q rows=%d%s", i.Table, i.Alias, i.Columns, i.Rows, printFlags(
			"upsert", i.Upsert, "conflict", i.Conflict, "skips", i.Skips, "returning", i.Returning, "with", i.With, "subquery", i.Subquery)))
		line("insert query", PrintQuery(i.Query))
		switch {
		case i.Upsert:
			line("upsert", fmt.Sprintf("set=%q target=%q constraint=%q values=%s", i.Set, i.Target, i.OnConstraint, printSpans(st, i.Values)))
		case len(i.Values) > 0:
			line("values", printSpans(st, i.Values))
		}
	}
	if u := st.Update; u != nil {
		line("update", fmt.Sprintf("%s alias=%q set=%q%s", u.Table, u.Alias, u.Set, printFlags(
			"from", u.From, "outer", u.Outer, "shadowed", u.Shadowed, "current-of", u.CurrentOf, "limit", u.Limit, "conflict", u.Conflict, "returning", u.Returning, "with", u.With, "subquery", u.Subquery)))
		line("target", st.Text[u.TargetPos:u.TargetEnd])
		line("with text", printClause(st, &u.WithText))
		line("set text", printClause(st, &u.SetText))
		line("from text", printClause(st, &u.FromText))
		line("tail", printClause(st, &u.Tail))
		line("returns", printReturns(st, &u.Returns, u.ReturnsStar))
		line("volatile condition", u.Volatile)
		printWhere(line, st, u.Where, u.WherePos, u.WhereEnd, u.WhereParams)
	}
	if d := st.Delete; d != nil {
		line("delete", fmt.Sprintf("%s alias=%q%s", d.Table, d.Alias, printFlags(
			"using", d.Using, "shadowed", d.Shadowed, "current-of", d.CurrentOf, "limit", d.Limit, "returning", d.Returning, "with", d.With, "subquery", d.Subquery)))
		line("target", st.Text[d.TargetPos:d.TargetEnd])
		line("with text", printClause(st, &d.WithText))
		line("using text", printClause(st, &d.UsingText))
		line("tail", printClause(st, &d.Tail))
		line("returns", printReturns(st, &d.Returns, d.ReturnsStar))
		line("volatile condition", d.Volatile)
		printWhere(line, st, d.Where, d.WherePos, d.WhereEnd, d.WhereParams)
	}
	for _, part := range st.Script {
		b.WriteString("  part:\n  " + strings.ReplaceAll(strings.TrimSuffix(PrintStatement(part), "\n"), "\n", "\n  ") + "\n")
	}
	return b.String()
}

func printWhere(line func(key, value string), st *dialect.Statement, where dialect.Expr, pos, end int, params []dialect.ParamRef) {
	if where == nil {
		return
	}
	line("where", PrintExpr(where))
	line("where text", st.Text[pos:end])
	var list []string
	for _, p := range params {
		list = append(list, fmt.Sprintf("%s at %d:%d", PrintExpr(&p.Param), p.Pos, p.End))
	}
	line("where params", strings.Join(list, ", "))
}

func printClause(st *dialect.Statement, c *dialect.Clause) string {
	parts := []string{st.Text[c.Pos:c.End]}
	for _, p := range c.Params {
		parts = append(parts, st.Text[p.Pos:p.End])
	}
	return strings.Join(parts, " | ")
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

// printFlags renders the names of the flags that are set. Pairs are a name and a bool
// each.
func printFlags(pairs ...any) string {
	var b strings.Builder
	for pair := range slices.Chunk(pairs, 2) {
		if set, _ := pair[1].(bool); set {
			fmt.Fprintf(&b, " %v", pair[0])
		}
	}
	return b.String()
}

// PrintNames renders a list of names.
func PrintNames(names []dialect.Name) string {
	var list []string
	for _, n := range names {
		list = append(list, n.String())
	}
	return strings.Join(list, ", ")
}
