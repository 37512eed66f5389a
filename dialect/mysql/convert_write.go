package mysql

import (
	"github.com/sqlc-dev/marino/ast"
	"github.com/sqlc-dev/marino/mysql"
	"github.com/sqlc-dev/marino/opcode"

	"github.com/cacheops/cacheops/dialect"
)

// insert converts an INSERT or REPLACE.
func (c *converter) insert(n *ast.InsertStmt) {
	t := convertSingle(n.Table)
	if t == nil {
		c.failf("the target of an INSERT is not understood")
		return
	}
	ins := &dialect.Insert{
		Table:    convertName(t.table),
		Rows:     len(n.Lists),
		Upsert:   len(n.OnDuplicate) > 0,
		Conflict: n.IsReplace,
		Skips:    n.IgnoreErr,
	}
	c.write(ins.Table)
	for _, col := range n.Columns {
		ins.Columns = append(ins.Columns, col.Name.O)
	}
	for _, row := range n.Lists {
		for _, e := range row {
			c.assigned(e)
		}
	}
	if n.Select != nil {
		ins.Query = c.query(n.Select)
	}
	ins.Set = c.assignments(n.OnDuplicate)
	ins.Returning = c.returning()
	ins.Subquery = c.subquery
	c.st.Insert = ins
	c.insertPlaces(n, ins)
	if n.Priority == mysql.DelayedPriority {
		c.incomplete("the rows of INSERT DELAYED are written later")
	}
}

// convertTarget is a table that a write names, with its alias.
type convertTarget struct {
	table *ast.TableName
	alias string
}

// convertSingle returns the one table that the tables of a write consist of, nil where
// there are others, or where it is none.
func convertSingle(refs *ast.TableRefsClause) *convertTarget {
	j := refs.TableRefs
	src, ok := j.Left.(*ast.TableSource)
	if !ok || j.Right != nil || j.ExplicitParens {
		return nil
	}
	table, ok := src.Source.(*ast.TableName)
	if !ok || table.TableSample != nil || table.AsOf != nil {
		return nil
	}
	return &convertTarget{table: table, alias: src.AsName.O}
}

// assigned converts a value that a column gets: DEFAULT alone is no expression.
func (c *converter) assigned(e ast.ExprNode) {
	if d, ok := e.(*ast.DefaultExpr); !ok || d.Name != nil {
		c.expr(e)
	}
}

// assignments converts the assignments of a write and returns their columns.
func (c *converter) assignments(list []*ast.Assignment) (columns []string) {
	for _, a := range list {
		columns = append(columns, a.Column.Name.O)
		c.assigned(a.Expr)
	}
	return columns
}

// returning converts the list of a RETURNING, and reports whether there is one.
func (c *converter) returning() bool {
	if c.returningFields == nil {
		return false
	}
	c.outputs(c.returningFields)
	return true
}

// update converts an UPDATE. One of several tables may write any of them.
func (c *converter) update(n *ast.UpdateStmt) {
	t := convertSingle(n.TableRefs)
	if t == nil {
		c.updateJoined(n)
		return
	}
	// IGNORE skips rows, or changes what they get.
	up := &dialect.Update{
		Table: convertName(t.table),
		Alias: t.alias,
		Limit: n.Order != nil || n.Limit != nil,
		With:  n.With != nil,
	}
	c.write(up.Table)
	closeScope := func() {}
	volatileWith := c.volatileIn(func() { _, closeScope = c.with(n.With) })
	defer func() { closeScope() }()
	up.Set = c.assignments(n.List)
	up.Volatile = c.volatileIn(func() {
		up.Where = c.expr(n.Where)
		c.writeTail(n.Order, n.Limit)
	})
	if up.Volatile == "" {
		up.Volatile = volatileWith
	}
	up.Shadowed = c.isCTE(up.Table)
	up.Subquery = c.subquery
	c.st.Update = up
	p := c.places("update", t, n.Where != nil, n.Order != nil, n.Limit != nil, len(n.List))
	c.condition(&up.Condition, p)
	if p != nil {
		up.SetText = p.set
	}
}

// delete converts a DELETE. One from several tables may write any of them.
func (c *converter) delete(n *ast.DeleteStmt) {
	t := convertSingle(n.TableRefs)
	if t == nil || n.IsMultiTable {
		c.deleteJoined(n)
		return
	}
	del := &dialect.Delete{
		Table: convertName(t.table),
		Alias: t.alias,
		Limit: n.Order != nil || n.Limit != nil,
		With:  n.With != nil,
	}
	c.write(del.Table)
	closeScope := func() {}
	del.Volatile = c.volatileIn(func() {
		_, closeScope = c.with(n.With)
		del.Where = c.expr(n.Where)
		c.writeTail(n.Order, n.Limit)
	})
	defer func() { closeScope() }()
	del.Returning = c.returning()
	del.ReturnsStar = c.returnsStar
	del.Shadowed = c.isCTE(del.Table)
	del.Subquery = c.subquery
	c.st.Delete = del
	c.condition(&del.Condition, c.places("delete", t, n.Where != nil, n.Order != nil, n.Limit != nil, 0))
}

// writeTail converts the ORDER BY and LIMIT of a write.
func (c *converter) writeTail(order *ast.OrderByClause, limit *ast.Limit) {
	c.ordering(order)
	if limit != nil {
		c.expr(limit.Count)
		c.expr(limit.Offset)
	}
}

// updateJoined converts an UPDATE of several tables. Which of them it writes is told by
// its columns where all say whose they are.
func (c *converter) updateJoined(n *ast.UpdateStmt) {
	_, closeScope := c.with(n.With)
	defer func() { closeScope() }()
	c.from(n.TableRefs.TableRefs)
	c.assignments(n.List)
	c.expr(n.Where)
	c.writeTail(n.Order, n.Limit)
	var targets []dialect.Name
	for _, a := range n.List {
		targets = append(targets, dialect.Name{Schema: a.Column.Schema.O, Name: a.Column.Table.O})
	}
	c.joined(n.TableRefs.TableRefs, targets)
	c.incomplete("an UPDATE of several tables")
}

// deleteJoined converts a DELETE that names its targets beside the tables it reads.
func (c *converter) deleteJoined(n *ast.DeleteStmt) {
	_, closeScope := c.with(n.With)
	defer func() { closeScope() }()
	c.from(n.TableRefs.TableRefs)
	c.expr(n.Where)
	c.writeTail(n.Order, n.Limit)
	c.returning()
	var targets []dialect.Name
	if n.Tables != nil {
		for _, t := range n.Tables.Tables {
			targets = append(targets, convertName(t))
		}
	}
	c.joined(n.TableRefs.TableRefs, targets)
	c.incomplete("a DELETE from several tables")
}

// joined notes as written those tables of a join that the targets may mean, by their
// names or aliases; all of them where one of the targets means none of them.
func (c *converter) joined(refs *ast.Join, targets []dialect.Name) {
	if c.failed != "" {
		return
	}
	var tables []*convertTarget
	convertJoined(refs, func(t *convertTarget) {
		if !c.isCTE(convertName(t.table)) {
			tables = append(tables, t)
		}
	})
	written := make([]bool, len(tables))
	all := len(targets) == 0
	for _, target := range targets {
		found := false
		for i, t := range tables {
			if t.means(target) {
				written[i], found = true, true
			}
		}
		all = all || !found
	}
	for i, t := range tables {
		if all || written[i] {
			c.write(convertName(t.table))
		}
	}
	if len(c.st.Writes) == 0 {
		c.failf("a write has no target")
	}
}

// means reports whether a name may mean the table. Whether case counts is a matter of the
// server's, so it does not here.
func (t *convertTarget) means(n dialect.Name) bool {
	table := convertName(t.table)
	if n.Schema != "" && table.Schema != "" && nameFold(n.Schema) != nameFold(table.Schema) {
		return false
	}
	name := t.alias
	if name == "" {
		name = table.Name
	}
	return nameFold(n.Name) == nameFold(name)
}

// convertJoined calls f with each table of a FROM, but for those in its queries.
func convertJoined(n ast.ResultSetNode, f func(*convertTarget)) {
	switch n := n.(type) {
	case *ast.Join:
		if n != nil {
			convertJoined(n.Left, f)
			convertJoined(n.Right, f)
		}
	case *ast.TableSource:
		if table, ok := n.Source.(*ast.TableName); ok {
			f(&convertTarget{table: table, alias: n.AsName.O})
		} else {
			convertJoined(n.Source, f)
		}
	}
}

// load converts LOAD DATA and LOAD XML. Into a table of a cluster it commits.
func (c *converter) load(t *ast.TableName, set []*ast.Assignment, what string) {
	c.st.Kind, c.st.Commits = dialect.KindInsert, true
	c.write(convertName(t))
	c.assignments(set)
	c.incomplete(what)
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

// convertConstant reports whether an expression is a literal or a parameter, the same
// wherever it stands.
func convertConstant(e ast.ExprNode) bool {
	switch e := e.(type) {
	case ast.ParamMarkerExpr:
		return true
	case *ast.ParenthesesExpr:
		return convertConstant(e.Expr)
	case *ast.UnaryOperationExpr:
		v, ok := e.V.(ast.ValueExpr)
		if !ok || e.Op != opcode.Minus {
			return false
		}
		_, isParam := v.(ast.ParamMarkerExpr)
		_, isText := v.GetValue().(string)
		return !isParam && !isText && v.GetValue() != nil
	case ast.ValueExpr:
		return true
	}
	return false
}
