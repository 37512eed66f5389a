package postgres

import (
	"github.com/sqlc-dev/oliphant/ast"

	"github.com/cacheops/cacheops/dialect"
)

// selectStatement converts a SELECT, VALUES or TABLE. With an INTO it makes a
// table.
func (c *converter) selectStatement(sel *ast.SelectStmt) {
	first := sel
	for first.GetLarg() != nil {
		first = first.GetLarg()
	}
	if into := first.GetIntoClause(); into != nil {
		c.st.Kind = dialect.KindDDL
		c.ddlTarget(into.GetRel())
		return
	}
	c.st.Kind = dialect.KindSelect
	c.st.Query = c.query(sel)
}

// innerWrite looks at a write in a WITH: it runs, whatever becomes of its rows.
func (c *converter) innerWrite(n any) {
	c.writing = true
	switch n := n.(type) {
	case *ast.Node_InsertStmt:
		c.insert(n.InsertStmt, false)
	case *ast.Node_UpdateStmt:
		c.update(n.UpdateStmt, false)
	case *ast.Node_DeleteStmt:
		c.delete(n.DeleteStmt, false)
	case *ast.Node_MergeStmt:
		c.merge(n.MergeStmt)
	}
}

// target returns the name of a write's table, and notes the write.
func (c *converter) target(r *ast.RangeVar) (name dialect.Name, alias string) {
	name = c.relation(r)
	c.write(name)
	return name, r.GetAlias().GetAliasname()
}

// insert converts an INSERT. Outer says that it is the statement itself.
func (c *converter) insert(n *ast.InsertStmt, outer bool) *dialect.Insert {
	ins := &dialect.Insert{With: n.GetWithClause() != nil}
	ins.Table, ins.Alias = c.target(n.GetRelation())
	defer c.with(&dialect.Query{}, n.GetWithClause())()
	for _, col := range n.GetCols() {
		ins.Columns = append(ins.Columns, col.GetResTarget().GetName())
		c.indices(col.GetResTarget())
	}
	values := n.GetSelectStmt().GetSelectStmt()
	switch {
	case n.GetSelectStmt() == nil: // DEFAULT VALUES
		ins.Rows = 1
	case values == nil:
		c.failf("the rows of an INSERT are not understood")
	default:
		query := c.query(values)
		if len(values.GetValuesLists()) > 0 && values.GetLarg() == nil && convertPlain(values) {
			ins.Rows = len(values.GetValuesLists())
		} else {
			ins.Query, values = query, nil
		}
	}
	conflict := n.GetOnConflictClause()
	if conflict != nil {
		c.conflict(ins, conflict)
	}
	ins.Returning = n.GetReturningClause() != nil
	c.returning(n.GetReturningClause())
	ins.Subquery = c.subquery
	if outer {
		c.insertPlaces(n, ins, values)
	}
	return ins
}

// indices converts what stands in the brackets and dots behind the name of a
// column that is assigned to.
func (c *converter) indices(t *ast.ResTarget) {
	for _, part := range t.GetIndirection() {
		if i := part.GetAIndices(); i != nil {
			c.exprOrNil(i.GetLidx())
			c.exprOrNil(i.GetUidx())
		}
	}
}

// conflict converts an ON CONFLICT.
func (c *converter) conflict(ins *dialect.Insert, n *ast.OnConflictClause) {
	ins.Upsert = n.GetAction() == ast.OnConflictAction_ONCONFLICT_UPDATE
	infer := n.GetInfer()
	plain := infer.GetWhereClause() == nil // or else the index is a partial one
	var target []string
	for _, elem := range infer.GetIndexElems() {
		e := elem.GetIndexElem()
		c.exprOrNil(e.GetExpr())
		plain = plain && e.GetExpr() == nil && len(e.GetCollation()) == 0 && len(e.GetOpclass()) == 0
		target = append(target, e.GetName())
	}
	c.exprOrNil(infer.GetWhereClause())
	if ins.Upsert {
		if plain {
			ins.Target = target
		}
		ins.OnConstraint = infer.GetConname()
	}
	ins.Set = c.assignments(n.GetTargetList())
	c.exprOrNil(n.GetWhereClause())
}

// assignments converts the assignments of an UPDATE and returns their columns.
func (c *converter) assignments(list []*ast.Node) (columns []string) {
	for _, n := range list {
		t := n.GetResTarget()
		columns = append(columns, t.GetName())
		c.indices(t)
		c.expr(t.GetVal())
	}
	return columns
}

// returning converts a RETURNING clause and reports whether it has a bare star.
func (c *converter) returning(n *ast.ReturningClause) (star bool) {
	for _, o := range c.outputs(n.GetExprs()) {
		star = star || o.Star && o.Table == ""
	}
	return star
}

// update converts an UPDATE.
func (c *converter) update(n *ast.UpdateStmt, outer bool) *dialect.Update {
	up := &dialect.Update{
		From:      len(n.GetFromClause()) > 0,
		Returning: n.GetReturningClause() != nil,
		With:      n.GetWithClause() != nil,
	}
	up.Table, up.Alias = c.target(n.GetRelation())
	closeScope := func() {}
	volatileWith := c.volatileIn(func() { closeScope = c.with(&dialect.Query{}, n.GetWithClause()) })
	defer func() { closeScope() }()
	up.Set = c.assignments(n.GetTargetList())
	up.Volatile = c.volatileIn(func() {
		up.Outer = convertOuter(c.from(n.GetFromClause()))
		up.Where = c.exprOrNil(n.GetWhereClause())
	})
	if up.Volatile == "" {
		up.Volatile = volatileWith
	}
	up.CurrentOf = n.GetWhereClause().GetCurrentOfExpr() != nil
	up.Shadowed = c.isCTE(up.Table)
	up.ReturnsStar = c.returning(n.GetReturningClause())
	up.Subquery = c.subquery
	if outer {
		p := c.places(n.GetRelation(), n.GetWithClause(), "update")
		up.FromText, up.SetText = p.from, p.set
		c.condition(&up.Condition, p, n.GetWhereClause() != nil, up.Returning)
		if (up.FromText.End > 0) != up.From {
			c.failf("the FROM of an UPDATE is not where it should be")
		}
	}
	return up
}

// delete converts a DELETE.
func (c *converter) delete(n *ast.DeleteStmt, outer bool) *dialect.Delete {
	del := &dialect.Delete{
		Using:     len(n.GetUsingClause()) > 0,
		Returning: n.GetReturningClause() != nil,
		With:      n.GetWithClause() != nil,
	}
	del.Table, del.Alias = c.target(n.GetRelation())
	closeScope := func() {}
	del.Volatile = c.volatileIn(func() {
		closeScope = c.with(&dialect.Query{}, n.GetWithClause())
		c.from(n.GetUsingClause())
		del.Where = c.exprOrNil(n.GetWhereClause())
	})
	defer func() { closeScope() }()
	del.CurrentOf = n.GetWhereClause().GetCurrentOfExpr() != nil
	del.Shadowed = c.isCTE(del.Table)
	del.ReturnsStar = c.returning(n.GetReturningClause())
	del.Subquery = c.subquery
	if outer {
		p := c.places(n.GetRelation(), n.GetWithClause(), "from")
		del.UsingText = p.using
		c.condition(&del.Condition, p, n.GetWhereClause() != nil, del.Returning)
		if (del.UsingText.End > 0) != del.Using {
			c.failf("the USING of a DELETE is not where it should be")
		}
	}
	return del
}

// merge looks at a MERGE: any of its actions may come to any row.
func (c *converter) merge(n *ast.MergeStmt) {
	c.target(n.GetRelation())
	defer c.with(&dialect.Query{}, n.GetWithClause())()
	c.source(n.GetSourceRelation())
	c.exprOrNil(n.GetJoinCondition())
	for _, w := range n.GetMergeWhenClauses() {
		when := w.GetMergeWhenClause()
		c.exprOrNil(when.GetCondition())
		for _, t := range when.GetTargetList() {
			c.indices(t.GetResTarget())
			c.exprOrNil(t.GetResTarget().GetVal())
		}
		c.exprs(when.GetValues())
	}
	c.returning(n.GetReturningClause())
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
