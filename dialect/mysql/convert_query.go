package mysql

import (
	"github.com/sqlc-dev/marino/ast"

	"github.com/cacheops/cacheops/dialect"
)

// convertUnknown is the qualifier of a star that stands for columns of which neither
// names nor number are known. No source has such a name: whoever resolves it finds
// nothing, and takes the columns for unknown.
const convertUnknown = "(columns that are not known)"

// unknownColumns wraps a source so that nobody takes its columns for known.
func unknownColumns(src dialect.Source) *dialect.Query {
	return &dialect.Query{Cores: []*dialect.Core{{Columns: []dialect.Output{{Star: true, Table: convertUnknown}}, From: src}}}
}

// query converts a SELECT, VALUES, TABLE, or a compound of them, and notes what it reads
// and calls. It never returns nil; after a failure what it returns is of no use.
func (c *converter) query(n ast.ResultSetNode) *dialect.Query {
	defer c.leave()
	q := &dialect.Query{}
	if !c.enter() {
		return q
	}
	c.look()
	switch n := n.(type) {
	case *ast.SelectStmt:
		ctes, end := c.with(n.With)
		defer end()
		q.With, q.Recursive = ctes, n.With != nil && n.With.IsRecursive
		q.Cores = append(q.Cores, c.core(n))
		c.tail(q, n.OrderBy, n.Limit)
		c.effects(n)
	case *ast.SetOprStmt:
		c.compound(q, n.With, n.SelectList.Selects, n.OrderBy, n.Limit)
	default:
		c.failf("a query is not known: %T", n)
	}
	return q
}

// compound converts the parts of a compound with what belongs to all of it.
func (c *converter) compound(q *dialect.Query, with *ast.WithClause, list []ast.Node, order *ast.OrderByClause, limit *ast.Limit) {
	ctes, end := c.with(with)
	defer end()
	q.With, q.Recursive = ctes, with != nil && with.IsRecursive
	c.parts(q, list)
	if len(q.Cores) > 1 {
		c.united(q)
	}
	c.tail(q, order, limit)
}

// tail converts an ORDER BY and a LIMIT.
func (c *converter) tail(q *dialect.Query, order *ast.OrderByClause, limit *ast.Limit) {
	q.OrderBy = c.ordering(order)
	if limit != nil {
		q.Limit, q.Offset = c.expr(limit.Count), c.expr(limit.Offset)
	}
}

// parts adds the parts of a compound. One that has an ORDER BY, a LIMIT or a WITH of its
// own becomes a query in the FROM of a part.
func (c *converter) parts(q *dialect.Query, list []ast.Node) {
	defer c.leave()
	if !c.enter() {
		return
	}
	for _, n := range list {
		switch n := n.(type) {
		case *ast.SelectStmt:
			if convertPlain(n) {
				q.Cores = append(q.Cores, c.core(n))
				continue
			}
			q.Cores = append(q.Cores, convertInner(c.query(n)))
		case *ast.SetOprSelectList:
			if len(n.Selects) == 1 && n.Limit == nil && n.OrderBy == nil {
				c.parts(q, n.Selects) // a WITH is that of the SELECT in it
				if sel, ok := n.Selects[0].(*ast.SelectStmt); n.With != nil && (!ok || sel.With != n.With) {
					c.failf("a part of a query has a WITH that is not understood")
				}
				continue
			}
			if n.With == nil && n.Limit == nil && n.OrderBy == nil {
				c.parts(q, n.Selects)
				continue
			}
			inner := &dialect.Query{}
			c.compound(inner, n.With, n.Selects, n.OrderBy, n.Limit)
			q.Cores = append(q.Cores, convertInner(inner))
		default:
			c.failf("a part of a query is not known: %T", n)
		}
	}
}

// convertInner makes a part of a compound of a whole query.
func convertInner(q *dialect.Query) *dialect.Core {
	return &dialect.Core{Columns: []dialect.Output{{Star: true}}, From: &dialect.QuerySource{Query: q}}
}

// convertPlain reports whether a part of a compound has nothing of its own that belongs
// to a whole query.
func convertPlain(n *ast.SelectStmt) bool {
	return n.OrderBy == nil && n.Limit == nil && n.LockInfo == nil && n.With == nil && n.SelectIntoOpt == nil
}

// effects notes what a SELECT does besides returning rows.
func (c *converter) effects(n *ast.SelectStmt) {
	if n.LockInfo != nil {
		c.volatile("it locks rows")
	}
	if n.SelectIntoOpt != nil {
		c.volatile("INTO puts the rows somewhere else")
	}
}

// with opens the scope of a WITH clause and converts its queries. The caller calls the
// function that it returns where the scope ends.
func (c *converter) with(n *ast.WithClause) (ctes []dialect.CTE, end func()) {
	if n == nil {
		return nil, func() {}
	}
	outer := c.scope
	s := &convertScope{outer: outer, recursive: n.IsRecursive}
	c.scope = s
	for _, cte := range n.CTEs {
		s.names = append(s.names, cte.Name.O)
	}
	for i, cte := range n.CTEs {
		if n.IsRecursive {
			s.visible = i + 1
		}
		ctes = append(ctes, c.cte(cte))
		s.visible = i + 1
	}
	return ctes, func() { c.scope = outer }
}

func (c *converter) cte(n *ast.CommonTableExpression) dialect.CTE {
	cte := dialect.CTE{Name: n.Name.O, Query: c.query(n.Query.Query)}
	for _, name := range n.ColNameList {
		cte.Columns = append(cte.Columns, name.O)
	}
	c.renames(cte.Query, len(cte.Columns) > 0)
	if len(cte.Columns) > 0 && len(cte.Columns) != convertCount(cte.Query) {
		// It is not known which name is whose.
		cte.Columns, cte.Query = nil, unknownColumns(&dialect.QuerySource{Query: cte.Query})
	}
	return cte
}

// convertCount returns the number of a query's columns, -1 where it is not known.
func convertCount(q *dialect.Query) int {
	if len(q.Cores) == 0 {
		return -1
	}
	core := q.Cores[0]
	if len(core.Values) > 0 {
		return len(core.Values[0])
	}
	for i := range core.Columns {
		if core.Columns[i].Star {
			return -1
		}
	}
	return len(core.Columns)
}

// core converts one SELECT, VALUES or TABLE.
func (c *converter) core(n *ast.SelectStmt) *dialect.Core {
	core := &dialect.Core{Distinct: n.Distinct}
	if n.Kind == ast.SelectStmtKindValues {
		core.Values = make([][]dialect.Expr, len(n.Lists))
		for i, row := range n.Lists {
			core.Values[i] = c.exprs(row.Values)
		}
		return core
	}
	if opts := n.SelectStmtOpts; opts != nil && opts.CalcFoundRows {
		c.volatile("SQL_CALC_FOUND_ROWS counts for FOUND_ROWS()")
	}
	if n.From != nil {
		core.From = c.from(n.From.TableRefs)
	}
	core.Columns = c.outputs(n.Fields)
	core.Where = c.expr(n.Where)
	if n.Having != nil {
		core.Having = c.expr(n.Having.Expr)
	}
	for i := range n.WindowSpecs {
		core.Windows = append(core.Windows, c.window(&n.WindowSpecs[i])...)
	}
	if n.GroupBy != nil {
		core.GroupBy = c.by(n.GroupBy.Items)
	}
	if n.GroupBy != nil && n.GroupBy.Rollup {
		// There is a row of all rows: as an aggregate with a HAVING has.
		core.Windows = append(core.Windows, core.GroupBy...)
		core.GroupBy = nil
		if core.Having == nil {
			core.Having = &dialect.Literal{Value: true}
		}
	}
	return core
}

func (c *converter) outputs(list *ast.FieldList) []dialect.Output {
	if list == nil {
		c.failf("a SELECT has no list")
		return nil
	}
	out := make([]dialect.Output, len(list.Fields))
	for i, field := range list.Fields {
		if w := field.WildCard; w != nil {
			out[i] = dialect.Output{Star: true, Table: w.Table.O}
			continue
		}
		out[i] = dialect.Output{Expr: c.expr(field.Expr), Alias: field.AsName.O}
	}
	return out
}

// ordering converts an ORDER BY.
func (c *converter) ordering(n *ast.OrderByClause) []dialect.Expr {
	if n == nil {
		return nil
	}
	return c.by(n.Items)
}

// by converts the list of an ORDER BY, a GROUP BY or a PARTITION BY. In the first two a
// name may be that of a result, which nobody takes for a column there.
func (c *converter) by(list []*ast.ByItem) []dialect.Expr {
	out := make([]dialect.Expr, len(list))
	for i, item := range list {
		out[i] = c.expr(item.Expr)
	}
	return out
}

// window returns the expressions of a window's definition.
func (c *converter) window(w *ast.WindowSpec) []dialect.Expr {
	var out []dialect.Expr
	if w.PartitionBy != nil {
		out = append(out, c.by(w.PartitionBy.Items)...)
	}
	out = append(out, c.ordering(w.OrderBy)...)
	if w.Frame != nil {
		out = append(out, c.exprs([]ast.ExprNode{w.Frame.Extent.Start.Expr, w.Frame.Extent.End.Expr})...)
	}
	return out
}
