package sqlite

import (
	"slices"
	"strings"

	"github.com/sqlc-dev/meyer/ast"

	"github.com/cacheops/cacheops/dialect"
)

// query converts a SELECT, a VALUES or a compound of them.
func (c *converter) query(sel *ast.SelectStmt) *dialect.Query {
	defer c.leave()
	q := &dialect.Query{}
	if sel == nil || !c.enter() {
		return q
	}
	defer c.with(q, sel.With)()
	for i, core := range sel.Cores {
		last := i == len(sel.Cores)-1
		switch core := core.(type) {
		case *ast.SelectQuery:
			q.Cores = append(q.Cores, c.core(core))
			if !last && (len(core.OrderBy) > 0 || core.Limit != nil) {
				// SQLite refuses it. Where would it belong?
				c.failf("ORDER BY or LIMIT stands before the end of a compound")
			}
			// The parser keeps them with the last part; they belong to all.
			q.OrderBy = c.ordering(core.OrderBy)
			if core.Limit != nil {
				if core.Limit.Comma { // LIMIT offset, count
					q.Offset = c.exprOrNil(core.Limit.Offset)
					q.Limit = c.exprOrNil(core.Limit.Count)
				} else {
					q.Limit = c.exprOrNil(core.Limit.Count)
					q.Offset = c.exprOrNil(core.Limit.Offset)
				}
			}
		case *ast.ValuesClause:
			values := &dialect.Core{Values: make([][]dialect.Expr, len(core.Rows))}
			for i, row := range core.Rows {
				values.Values[i] = c.exprs(row)
			}
			q.Cores = append(q.Cores, values)
		default:
			c.failf("a part of a query is not known: %T", core)
		}
	}
	return q
}

// with converts a WITH clause and opens its scope; the function returned
// closes it. All names are visible in all bodies, so that the clause counts as
// recursive whether it says so or not.
func (c *converter) with(q *dialect.Query, with *ast.With) (closeScope func()) {
	if with == nil {
		return func() {}
	}
	outer := c.scope
	c.scope = &convertScope{outer: outer}
	for _, cte := range with.CTEs {
		c.scope.names = append(c.scope.names, nameFold(cte.Name.Name))
	}
	slices.Sort(c.scope.names)
	q.Recursive = true
	for _, cte := range with.CTEs {
		q.With = append(q.With, dialect.CTE{
			Name:    cte.Name.Name,
			Columns: convertIdents(cte.Columns),
			Query:   c.query(cte.Select),
		})
	}
	return func() { c.scope = outer }
}

// core converts one SELECT.
func (c *converter) core(sel *ast.SelectQuery) *dialect.Core {
	core := &dialect.Core{
		Distinct: sel.Distinct == ast.DistinctDistinct,
		Columns:  c.outputs(sel.Columns),
		From:     c.from(sel.From),
		Where:    c.exprOrNil(sel.Where),
		GroupBy:  c.exprs(sel.GroupBy),
		Having:   c.exprOrNil(sel.Having),
	}
	for _, w := range sel.Windows {
		core.Windows = append(core.Windows, c.window(w)...)
	}
	return core
}

func (c *converter) outputs(list []*ast.ResultColumn) []dialect.Output {
	out := make([]dialect.Output, len(list))
	for i, col := range list {
		if star, ok := col.Expr.(*ast.Star); ok {
			out[i] = dialect.Output{Star: true, Table: convertIdent(star.Table)}
			continue
		}
		out[i] = dialect.Output{Expr: c.expr(col.Expr), Alias: convertIdent(col.Alias)}
	}
	return out
}

func (c *converter) ordering(list []*ast.OrderingTerm) []dialect.Expr {
	var out []dialect.Expr
	for _, term := range list {
		out = append(out, c.expr(term.Expr))
	}
	return out
}

// window returns the expressions of a window's definition.
func (c *converter) window(w *ast.WindowDef) []dialect.Expr {
	if w == nil {
		return nil
	}
	out := c.exprs(w.Partition)
	out = append(out, c.ordering(w.OrderBy)...)
	for _, bound := range []*ast.FrameBound{w.StartBound, w.EndBound} {
		if bound != nil && bound.Expr != nil {
			out = append(out, c.expr(bound.Expr))
		}
	}
	return out
}

// from converts the list of sources of a FROM, nil for an empty one. SQLite
// reads it from the left, comma and JOIN alike.
func (c *converter) from(list []*ast.TableRef) dialect.Source {
	defer c.leave()
	if !c.enter() || len(list) == 0 {
		return nil
	}
	if len(list) > convertMaxSources {
		c.failf("a FROM has more than %d sources", convertMaxSources)
		return nil
	}
	var left dialect.Source
	for i, ref := range list {
		right := c.source(ref, i == 0)
		if i == 0 {
			if ref.On != nil || len(ref.Using) > 0 {
				c.failf("ON or USING stands before the first join")
			}
			left = right
			continue
		}
		left = c.join(left, right, ref)
	}
	return left
}

// join joins a source to those before it.
func (c *converter) join(left, right dialect.Source, ref *ast.TableRef) dialect.Source {
	j := &dialect.Join{Left: left, Right: right, On: c.exprOrNil(ref.On), Using: convertIdents(ref.Using)}
	if ref.Join == nil {
		c.failf("a source has no join")
		return j
	}
	kinds := ref.Join.Type
	if words := ref.Join.Words; len(words) > 0 {
		for _, w := range words[:len(words)-1] { // the last one is JOIN
			switch strings.ToUpper(w) {
			case "NATURAL", "LEFT", "RIGHT", "FULL", "OUTER", "INNER", "CROSS":
			default:
				c.failf("unknown join type")
			}
		}
	}
	switch outer := kinds & (ast.JoinLeft | ast.JoinRight); {
	case kinds&ast.JoinOuter != 0 && (kinds&ast.JoinInner != 0 || outer == 0):
		c.failf("unknown join type") // as SQLite says
	case outer == ast.JoinLeft|ast.JoinRight:
		j.Kind = dialect.JoinFull
	case outer == ast.JoinLeft:
		j.Kind = dialect.JoinLeft
	case outer == ast.JoinRight:
		j.Kind = dialect.JoinRight
	}
	j.Natural = kinds&ast.JoinNatural != 0
	if j.Kind == dialect.JoinInner && kinds&(ast.JoinCross|ast.JoinComma) != 0 && j.On == nil && len(j.Using) == 0 && !j.Natural {
		// With a condition a CROSS JOIN or a comma is an inner join to SQLite.
		j.Kind = dialect.JoinCross
	}
	return j
}

// source converts one source. First tells that nothing stands before it in
// its FROM.
func (c *converter) source(ref *ast.TableRef, first bool) dialect.Source {
	alias := convertIdent(ref.Alias)
	switch {
	case ref.Select != nil:
		// A query in FROM is no part of an expression, but what it holds is.
		return &dialect.QuerySource{Query: c.query(ref.Select), Alias: alias}
	case ref.List != nil:
		// SQLite makes a query of a list in parentheses, and which names are
		// then visible outside is a matter of versions: an alias of the list
		// does not hide the names inside, and an alias inside a list of one
		// is lost unless the list comes first.
		if ref.Alias != nil {
			c.failf("a join in parentheses has an alias")
		}
		if len(ref.List) == 1 && ref.List[0].Alias != nil && !first {
			c.failf("a table in parentheses has an alias")
		}
		src := c.from(ref.List)
		if j, ok := src.(*dialect.Join); ok && !first {
			// Of a list that does not come first SQLite makes a query.
			j.Nested = true
		}
		return src
	case ref.Name == nil:
		c.failf("a source has no name")
		return nil
	}
	name := convertName(ref.Name)
	if alias == "" {
		alias = name.Name
	}
	if ref.HasArgs {
		return &dialect.FunctionSource{Name: name, Args: c.tableFunction(name, ref.Args), Alias: alias}
	}
	return c.tableSource(name, alias)
}

// tableSource makes the source of a name: a CTE in scope or a table.
func (c *converter) tableSource(name dialect.Name, alias string) *dialect.TableSource {
	src := &dialect.TableSource{Name: name, Alias: alias, CTE: c.isCTE(name)}
	if !src.CTE {
		c.table(name)
	}
	return src
}

// tableFunction notes the call of a table function and returns its arguments.
func (c *converter) tableFunction(name dialect.Name, args []ast.Expr) []dialect.Expr {
	c.read(name)
	switch known, volatile := functionTable(name.Name); {
	case !known:
		c.foreign(nameFold(name.Name))
	case volatile != "":
		c.volatile(volatile)
	}
	return c.exprs(args)
}
