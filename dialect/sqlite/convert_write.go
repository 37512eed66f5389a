package sqlite

import (
	"slices"

	"github.com/sqlc-dev/meyer/ast"

	"github.com/cacheops/cacheops/dialect"
)

// selectStatement converts a SELECT or VALUES.
func (c *converter) selectStatement(sel *ast.SelectStmt) {
	c.st.Kind = dialect.KindSelect
	c.st.Query = c.query(sel)
}

// insert converts an INSERT or REPLACE.
func (c *converter) insert(n *ast.InsertStmt) {
	c.st.Kind = dialect.KindInsert
	ins := &dialect.Insert{
		Table:     convertName(n.Table),
		Alias:     convertIdent(n.Alias),
		Columns:   convertIdents(n.Columns),
		Returning: len(n.Returning) > 0,
		With:      n.With != nil,
		// ABORT, the default, undoes the statement and no more. IGNORE, like
		// ON CONFLICT DO NOTHING, skips rows, of which RETURNING says nothing.
		Conflict: n.Replace || n.OrConflict != ast.ConflictDefault && n.OrConflict != ast.ConflictAbort && n.OrConflict != ast.ConflictIgnore,
	}
	c.write(ins.Table)
	defer c.with(&dialect.Query{}, n.With)()
	var values *ast.ValuesClause
	switch {
	case n.Select != nil:
		query := c.query(n.Select)
		if v, ok := n.Select.Cores[0].(*ast.ValuesClause); ok && len(n.Select.Cores) == 1 && n.Select.With == nil {
			ins.Rows, values = len(v.Rows), v
		} else {
			ins.Query = query
		}
	case n.DefaultValues:
		ins.Rows = 1
	default:
		c.failf("an INSERT has no rows")
	}
	for _, u := range n.Upserts {
		ins.Upsert = ins.Upsert || !u.DoNothing
		c.ordering(u.Target)
		c.exprOrNil(u.TargetWhere)
		for _, set := range u.Set {
			ins.Set = append(ins.Set, convertIdents(set.Columns)...)
			c.expr(set.Value)
		}
		c.exprOrNil(u.Where)
	}
	if len(n.Upserts) == 1 && ins.Upsert && values != nil {
		c.conflictTarget(ins, n.Upserts[0], values)
	}
	c.outputs(n.Returning)
	ins.Subquery = c.subquery
	c.st.Insert = ins
}

// convertMaxCells bounds the values of an upsert that are noted.
const convertMaxCells = 1 << 14

// conflictTarget notes by which columns an upsert tells the row it conflicts
// with, and where their values stand in the text.
func (c *converter) conflictTarget(ins *dialect.Insert, u *ast.Upsert, values *ast.ValuesClause) {
	cells := 0
	for _, row := range values.Rows {
		cells += len(row)
	}
	if u.TargetWhere != nil || cells > convertMaxCells {
		return // a partial index, or too much to keep with the plan
	}
	for _, term := range u.Target {
		id, ok := term.Expr.(*ast.Ident)
		if !ok {
			ins.Target = nil
			return
		}
		ins.Target = append(ins.Target, id.Name)
	}
	ins.Values = make([][]dialect.Span, len(values.Rows))
	for i, row := range values.Rows {
		spans := make([]dialect.Span, len(row))
		for j, e := range row {
			if convertConstant(e) {
				spans[j] = dialect.Span{Pos: e.Pos(), End: e.End()}
			}
		}
		ins.Values[i] = spans
	}
	ins.ValueParams = c.paramsIn(0, len(c.text))
}

// convertConstant reports whether an expression is a literal or a parameter,
// the same wherever it stands. A name in double quotes is not, although SQLite
// takes it for a text where there is no such column; nor is CURRENT_TIME.
func convertConstant(e ast.Expr) bool {
	switch e := convertUnparen(e).(type) {
	case *ast.BindParam:
		return true
	case *ast.Literal:
		switch e.Kind {
		case ast.LitNull, ast.LitInteger, ast.LitFloat, ast.LitString, ast.LitBlob:
			return true
		}
	case *ast.UnaryExpr:
		lit, ok := e.X.(*ast.Literal)
		return ok && e.Op == ast.OpMinus && (lit.Kind == ast.LitInteger || lit.Kind == ast.LitFloat)
	}
	return false
}

// update converts an UPDATE.
func (c *converter) update(n *ast.UpdateStmt) {
	c.st.Kind = dialect.KindUpdate
	up := &dialect.Update{
		Table: convertName(n.Table),
		Alias: convertIdent(n.Alias),
		From:  len(n.From) > 0,
		Limit: len(n.OrderBy) > 0 || n.Limit != nil,
		// IGNORE skips rows, of which RETURNING says nothing.
		Conflict:  n.OrConflict != ast.ConflictDefault && n.OrConflict != ast.ConflictAbort && n.OrConflict != ast.ConflictIgnore,
		Returning: len(n.Returning) > 0,
		With:      n.With != nil,
	}
	c.write(up.Table)
	closeScope := func() {}
	volatileWith := c.volatileIn(func() { closeScope = c.with(&dialect.Query{}, n.With) })
	defer func() { closeScope() }()
	for _, set := range n.Set {
		up.Set = append(up.Set, convertIdents(set.Columns)...)
		c.expr(set.Value)
	}
	up.Volatile = c.volatileIn(func() {
		if up.From {
			up.Outer = convertOuter(c.from(n.From))
			up.FromText = c.clause(n.From[0].Pos(), n.From[len(n.From)-1].End())
		}
		up.Where = c.exprOrNil(n.Where)
	})
	if up.Volatile == "" {
		up.Volatile = volatileWith
	}
	c.condition(&up.Condition, up.Table, n.With, n.Where)
	up.TargetPos, up.TargetEnd = c.target(n.Table, n.Alias, n.IndexedBy, n.NotIndexed)
	c.outputs(n.Returning)
	c.ordering(n.OrderBy)
	c.limit(n.Limit)
	up.Subquery = c.subquery
	c.st.Update = up
}

// delete converts a DELETE.
func (c *converter) delete(n *ast.DeleteStmt) {
	c.st.Kind = dialect.KindDelete
	del := &dialect.Delete{
		Table:     convertName(n.Table),
		Alias:     convertIdent(n.Alias),
		Limit:     len(n.OrderBy) > 0 || n.Limit != nil,
		Returning: len(n.Returning) > 0,
		With:      n.With != nil,
	}
	c.write(del.Table)
	closeScope := func() {}
	del.Volatile = c.volatileIn(func() {
		closeScope = c.with(&dialect.Query{}, n.With)
		del.Where = c.exprOrNil(n.Where)
	})
	defer func() { closeScope() }()
	c.condition(&del.Condition, del.Table, n.With, n.Where)
	del.TargetPos, del.TargetEnd = c.target(n.Table, n.Alias, n.IndexedBy, n.NotIndexed)
	c.outputs(n.Returning)
	c.ordering(n.OrderBy)
	c.limit(n.Limit)
	del.Subquery = c.subquery
	c.st.Delete = del
}

// volatileIn runs f and returns why what it converts is no pure function.
func (c *converter) volatileIn(f func()) string {
	before := c.st.Volatile
	c.st.Volatile = ""
	f()
	why := c.st.Volatile
	if before != "" {
		c.st.Volatile = before
	}
	return why
}

// condition notes the texts that tell the rows of an UPDATE or DELETE. They
// must have been converted, inside the scope of the WITH clause.
func (c *converter) condition(cond *dialect.Condition, table dialect.Name, with *ast.With, where ast.Expr) {
	cond.WherePos, cond.WhereEnd, cond.WhereParams = c.where(where)
	if with != nil {
		cond.WithText = c.clause(with.Pos(), with.End())
	}
	cond.Shadowed = c.isCTE(table)
}

// convertOuter reports whether a FROM holds a join that what stands before it
// may change: a RIGHT or FULL one, or one by the columns' names.
func convertOuter(src dialect.Source) bool {
	j, ok := src.(*dialect.Join)
	if !ok {
		return false
	}
	return j.Kind == dialect.JoinRight || j.Kind == dialect.JoinFull || j.Natural || len(j.Using) > 0 ||
		convertOuter(j.Left) || convertOuter(j.Right)
}

func (c *converter) limit(n *ast.Limit) {
	if n != nil {
		c.exprOrNil(n.Count)
		c.exprOrNil(n.Offset)
	}
}

// where returns the bounds of a condition's text and the parameters in it, in
// the order of the text. The condition must have been converted.
func (c *converter) where(e ast.Expr) (pos, end int, params []dialect.ParamRef) {
	if e == nil {
		return 0, 0, nil
	}
	pos, end = e.Pos(), e.End()
	return pos, end, c.paramsIn(pos, end)
}

// clause returns a piece of the text with its parameters. It must have been
// converted.
func (c *converter) clause(pos, end int) dialect.Clause {
	return dialect.Clause{Span: dialect.Span{Pos: pos, End: end}, Params: c.paramsIn(pos, end)}
}

// paramsIn returns the parameters in a piece of the text, in its order.
func (c *converter) paramsIn(pos, end int) (params []dialect.ParamRef) {
	for _, p := range c.params {
		if p.Pos >= pos && p.End <= end {
			params = append(params, p)
		}
	}
	// The conversion meets LIMIT before OFFSET, whatever stands first.
	slices.SortFunc(params, func(a, b dialect.ParamRef) int { return a.Pos - b.Pos })
	return params
}

// target returns the bounds of a write's target with its alias and index
// clause. The parser does not say where NOT INDEXED stands, so its two words
// are looked up among the tokens.
func (c *converter) target(name *ast.QualifiedName, alias, index *ast.Ident, notIndexed bool) (pos, end int) {
	pos, end = name.Pos(), name.End()
	if alias != nil {
		end = alias.End()
	}
	if index != nil {
		end = index.End()
	}
	if notIndexed {
		i, _ := slices.BinarySearchFunc(c.toks, end, func(t tok, end int) int { return int(t.pos) - end })
		if i+1 >= len(c.toks) || !c.isWord(c.toks[i], "not") || !c.isWord(c.toks[i+1], "indexed") {
			c.failf("NOT INDEXED is not where it should be")
			return pos, end
		}
		end = int(c.toks[i+1].end)
	}
	return pos, end
}

func (c *converter) isWord(t tok, lower string) bool {
	return t.kind == tokWord && tokFoldEqual(c.text[t.pos:t.end], lower)
}
