package postgres

import (
	"slices"

	"github.com/sqlc-dev/oliphant/ast"

	"github.com/cacheops/cacheops/dialect"
)

// convertUnknown is the qualifier of a star that stands for columns of which
// neither names nor number are known. No source has such a name: whoever resolves
// it finds nothing, and takes the columns for unknown.
const convertUnknown = "(columns that are not known)"

// unknownColumns wraps a source so that nobody takes its columns for known.
func unknownColumns(src dialect.Source) *dialect.Query {
	return &dialect.Query{Cores: []*dialect.Core{{Columns: []dialect.Output{{Star: true, Table: convertUnknown}}, From: src}}}
}

// queryNode converts a query that stands in a node: a SELECT, or a write in a
// WITH.
func (c *converter) queryNode(n *ast.Node) *dialect.Query {
	switch n := n.GetNode().(type) {
	case *ast.Node_SelectStmt:
		return c.query(n.SelectStmt)
	case *ast.Node_InsertStmt, *ast.Node_UpdateStmt, *ast.Node_DeleteStmt, *ast.Node_MergeStmt:
		c.innerWrite(n)
	default:
		c.failf("a query is not known: %T", n)
	}
	return unknownColumns(nil)
}

// query converts a SELECT, a VALUES or a compound of them.
func (c *converter) query(sel *ast.SelectStmt) *dialect.Query {
	defer c.leave()
	q := &dialect.Query{}
	if sel == nil || !c.enter() {
		return q
	}
	if sel.GetIntoClause() != nil {
		c.failf("an INTO stands inside a query")
	}
	defer c.with(q, sel.GetWithClause())()
	c.cores(q, sel)
	q.OrderBy = c.ordering(sel.GetSortClause())
	if sel.GetLimitCount() != nil {
		q.Limit = c.expr(sel.GetLimitCount())
		if sel.GetLimitOption() == ast.LimitOption_LIMIT_OPTION_WITH_TIES {
			q.Limit = &dialect.Opaque{What: "WITH TIES", Args: []dialect.Expr{q.Limit}}
		}
	}
	q.Offset = c.exprOrNil(sel.GetLimitOffset())
	if len(sel.GetLockingClause()) > 0 {
		c.volatile("it locks rows")
	}
	return q
}

// cores adds the parts of a compound, from the left. A part that has an ORDER BY,
// a LIMIT or a WITH of its own becomes a query in the FROM of a part.
func (c *converter) cores(q *dialect.Query, sel *ast.SelectStmt) {
	var right []*ast.SelectStmt
	for sel.GetLarg() != nil {
		right = append(right, sel.GetRarg())
		if sel = sel.GetLarg(); !convertPlain(sel) {
			break
		}
	}
	c.part(q, sel, len(right) == 0)
	for _, part := range slices.Backward(right) {
		c.part(q, part, false)
	}
}

// part adds one part of a compound. Outermost says that it is all of the query,
// whose ORDER BY and the like are converted by the caller.
func (c *converter) part(q *dialect.Query, sel *ast.SelectStmt, outermost bool) {
	defer c.leave()
	switch {
	case !c.enter():
	case sel == nil:
		c.failf("a part of a query is missing")
	case !outermost && !convertPlain(sel):
		q.Cores = append(q.Cores, &dialect.Core{
			Columns: []dialect.Output{{Star: true}},
			From:    &dialect.QuerySource{Query: c.query(sel)},
		})
	case sel.GetLarg() != nil:
		c.cores(q, sel)
	default:
		q.Cores = append(q.Cores, c.core(sel))
	}
}

// convertPlain reports whether a part of a compound has nothing of its own that
// belongs to a whole query.
func convertPlain(sel *ast.SelectStmt) bool {
	return len(sel.GetSortClause()) == 0 && sel.GetLimitCount() == nil && sel.GetLimitOffset() == nil &&
		len(sel.GetLockingClause()) == 0 && sel.GetWithClause() == nil && sel.GetIntoClause() == nil
}

// with converts a WITH clause and opens its scope; the function returned
// closes it.
func (c *converter) with(q *dialect.Query, with *ast.WithClause) (closeScope func()) {
	if with == nil {
		return func() {}
	}
	outer := c.scope
	s := &convertScope{outer: outer}
	c.scope = s
	ctes := make([]*ast.CommonTableExpr, len(with.GetCtes()))
	for i, n := range with.GetCtes() {
		ctes[i] = n.GetCommonTableExpr()
		s.names = append(s.names, ctes[i].GetCtename())
	}
	if q.Recursive = with.GetRecursive(); q.Recursive {
		s.visible = len(s.names)
	}
	for i, cte := range ctes {
		q.With = append(q.With, c.cte(cte))
		s.visible = max(s.visible, i+1)
	}
	return func() { c.scope = outer }
}

func (c *converter) cte(n *ast.CommonTableExpr) dialect.CTE {
	cte := dialect.CTE{Name: n.GetCtename(), Query: c.queryNode(n.GetCtequery())}
	var ok bool
	if cte.Columns, ok = convertStrings(n.GetAliascolnames()); !ok {
		c.failf("the name of a column is not known")
	}
	c.params.alias(cte.Columns...)
	if n.GetSearchClause() != nil || n.GetCycleClause() != nil {
		// They add columns.
		if cycle := n.GetCycleClause(); cycle != nil {
			c.exprOrNil(cycle.GetCycleMarkValue())
			c.exprOrNil(cycle.GetCycleMarkDefault())
		}
		cte.Columns, cte.Query = nil, unknownColumns(&dialect.QuerySource{Query: cte.Query})
	}
	if len(cte.Columns) > 0 && len(cte.Columns) != convertCount(cte.Query) {
		// There may be fewer names than columns.
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

// core converts one SELECT or VALUES.
func (c *converter) core(sel *ast.SelectStmt) *dialect.Core {
	core := &dialect.Core{}
	if rows := sel.GetValuesLists(); len(rows) > 0 {
		core.Values = make([][]dialect.Expr, len(rows))
		for i, row := range rows {
			core.Values[i] = c.exprs(row.GetList().GetItems())
		}
		return core
	}
	// PostgreSQL reads the FROM first; a WITH in it or a name does not matter.
	core.From = c.from(sel.GetFromClause())
	core.Columns = c.outputs(sel.GetTargetList())
	core.Where = c.exprOrNil(sel.GetWhereClause())
	core.GroupBy = c.exprs(sel.GetGroupClause())
	core.Having = c.exprOrNil(sel.GetHavingClause())
	for _, w := range sel.GetWindowClause() {
		core.Windows = append(core.Windows, c.window(w.GetWindowDef())...)
	}
	if len(sel.GetDistinctClause()) > 0 {
		core.Distinct = true
		for _, n := range sel.GetDistinctClause() {
			// DISTINCT ON keeps the first row of each group: which one that is
			// depends on all rows, as with a window. Plain DISTINCT has one empty
			// node here.
			if n.GetNode() != nil {
				core.Windows = append(core.Windows, c.expr(n))
			}
		}
	}
	for _, n := range sel.GetGroupClause() {
		if n.GetGroupingSet() != nil {
			// It may have a row of all rows, also where there is none: as an
			// aggregate with a HAVING has.
			core.Windows = append(core.Windows, core.GroupBy...)
			core.GroupBy = nil
			if core.Having == nil {
				core.Having = &dialect.Literal{Value: true}
			}
			break
		}
	}
	return core
}

func (c *converter) outputs(list []*ast.Node) []dialect.Output {
	out := make([]dialect.Output, len(list))
	for i, n := range list {
		out[i] = c.output(n.GetResTarget())
	}
	return out
}

// output converts one result column, or a star.
func (c *converter) output(t *ast.ResTarget) dialect.Output {
	if t == nil {
		c.failf("a result has no expression")
		return dialect.Output{}
	}
	switch v := t.GetVal().GetNode().(type) {
	case *ast.Node_ColumnRef:
		if fields := v.ColumnRef.GetFields(); convertIsStar(fields) {
			o := dialect.Output{Star: true}
			if len(fields) > 1 {
				names, ok := convertStrings(fields[:len(fields)-1])
				if !ok {
					c.failf("a star is not understood")
					return o
				}
				o.Table = names[len(names)-1]
			}
			return o
		}
	case *ast.Node_AIndirection:
		if convertIsStar(v.AIndirection.GetIndirection()) {
			// The fields of a composite value: nobody knows how many.
			return dialect.Output{Star: true, Table: convertUnknown, Expr: c.expr(t.GetVal())}
		}
	}
	c.params.alias(t.GetName(), convertOutputName(t.GetVal()))
	return dialect.Output{Expr: c.expr(t.GetVal()), Alias: t.GetName()}
}

// convertOutputName returns the name that PostgreSQL gives to a result that is
// computed, as far as it can be that of a column: a cast has its operand's.
func convertOutputName(n *ast.Node) string {
	switch e := n.GetNode().(type) {
	case *ast.Node_TypeCast:
		if name := convertColumnName(e.TypeCast.GetArg()); name != "" {
			return name
		}
		if name := convertOutputName(e.TypeCast.GetArg()); name != "" {
			return name
		}
		_, name, _ := convertLast(e.TypeCast.GetTypeName().GetNames())
		return name
	case *ast.Node_CollateClause:
		return convertOutputName(e.CollateClause.GetArg())
	case *ast.Node_FuncCall:
		_, name, _ := convertLast(e.FuncCall.GetFuncname())
		return name
	case *ast.Node_AIndirection:
		parts := e.AIndirection.GetIndirection()
		for _, part := range slices.Backward(parts) {
			if s := part.GetString_(); s != nil {
				return s.GetSval()
			}
		}
		return convertColumnName(e.AIndirection.GetArg())
	}
	return ""
}

// convertIsStar reports whether a list of names ends in a star.
func convertIsStar(fields []*ast.Node) bool {
	return len(fields) > 0 && fields[len(fields)-1].GetAStar() != nil
}

// ordering converts an ORDER BY.
func (c *converter) ordering(list []*ast.Node) []dialect.Expr {
	var out []dialect.Expr
	for _, n := range list {
		by := n.GetSortBy()
		if by == nil {
			out = append(out, c.expr(n))
			continue
		}
		if len(by.GetUseOp()) > 0 {
			c.operator(by.GetUseOp())
		}
		out = append(out, c.expr(by.GetNode()))
	}
	return out
}

// window returns the expressions of a window's definition.
func (c *converter) window(w *ast.WindowDef) []dialect.Expr {
	if w == nil {
		return nil
	}
	out := c.exprs(w.GetPartitionClause())
	out = append(out, c.ordering(w.GetOrderClause())...)
	for _, bound := range []*ast.Node{w.GetStartOffset(), w.GetEndOffset()} {
		if bound != nil {
			out = append(out, c.expr(bound))
		}
	}
	return out
}
