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
	switch {
	case n.Select != nil:
		query := c.query(n.Select)
		if values, ok := n.Select.Cores[0].(*ast.ValuesClause); ok && len(n.Select.Cores) == 1 && n.Select.With == nil {
			ins.Rows = len(values.Rows)
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
			c.expr(set.Value)
		}
		c.exprOrNil(u.Where)
	}
	c.outputs(n.Returning)
	ins.Subquery = c.subquery
	c.st.Insert = ins
}

// update converts an UPDATE.
func (c *converter) update(n *ast.UpdateStmt) {
	c.st.Kind = dialect.KindUpdate
	up := &dialect.Update{
		Table:     convertName(n.Table),
		Alias:     convertIdent(n.Alias),
		From:      len(n.From) > 0,
		Limit:     len(n.OrderBy) > 0 || n.Limit != nil,
		Conflict:  n.OrConflict != ast.ConflictDefault && n.OrConflict != ast.ConflictAbort,
		Returning: len(n.Returning) > 0,
		With:      n.With != nil,
	}
	c.write(up.Table)
	defer c.with(&dialect.Query{}, n.With)()
	for _, set := range n.Set {
		up.Set = append(up.Set, convertIdents(set.Columns)...)
		c.expr(set.Value)
	}
	if up.From {
		c.from(n.From)
	}
	up.Where = c.exprOrNil(n.Where)
	up.WherePos, up.WhereEnd, up.WhereParams = c.where(n.Where)
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
	defer c.with(&dialect.Query{}, n.With)()
	del.Where = c.exprOrNil(n.Where)
	del.WherePos, del.WhereEnd, del.WhereParams = c.where(n.Where)
	del.TargetPos, del.TargetEnd = c.target(n.Table, n.Alias, n.IndexedBy, n.NotIndexed)
	c.outputs(n.Returning)
	c.ordering(n.OrderBy)
	c.limit(n.Limit)
	del.Subquery = c.subquery
	c.st.Delete = del
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
	for _, p := range c.params {
		if p.Pos >= pos && p.End <= end {
			params = append(params, p)
		}
	}
	// The conversion meets LIMIT before OFFSET, whatever stands first.
	slices.SortFunc(params, func(a, b dialect.ParamRef) int { return a.Pos - b.Pos })
	return pos, end, params
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
