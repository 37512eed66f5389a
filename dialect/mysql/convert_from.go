package mysql

import (
	"github.com/sqlc-dev/marino/ast"

	"github.com/cacheops/cacheops/dialect"
)

// convertMaxSources bounds the sources of one FROM.
const convertMaxSources = 256

// from converts the tables of a FROM, of an UPDATE or a DELETE, and notes what they
// read. It returns nil for nil.
func (c *converter) from(n *ast.Join) dialect.Source {
	if n == nil {
		return nil
	}
	if convertSources(n) > convertMaxSources {
		c.failf("a FROM has more than %d sources", convertMaxSources)
		return nil
	}
	return c.source(n)
}

// convertSources counts the sources of a FROM.
func convertSources(n ast.ResultSetNode) int {
	count := 0
	for {
		j, ok := n.(*ast.Join)
		if !ok {
			return count + 1
		}
		if j.Right != nil {
			count += convertSources(j.Right)
		}
		n = j.Left
	}
}

// source converts one source.
func (c *converter) source(n ast.ResultSetNode) dialect.Source {
	defer c.leave()
	if !c.enter() {
		return nil
	}
	switch n := n.(type) {
	case *ast.Join:
		if n.Right == nil {
			return c.source(n.Left)
		}
		return c.join(n)
	case *ast.TableSource:
		return c.tableSource(n)
	}
	c.failf("a source is not known: %T", n)
	return nil
}

// tableSource converts a table, a query or a JSON_TABLE with its alias.
func (c *converter) tableSource(n *ast.TableSource) dialect.Source {
	alias := n.AsName.O
	c.spelled(alias)
	switch src := n.Source.(type) {
	case *ast.TableName:
		if src.AsOf != nil || src.TableSample != nil {
			c.failf("a table is not read as it is")
		}
		// A partition and an index to use make the rows no others than those of the table.
		name := convertName(src)
		if alias == "" {
			alias = name.Name
			c.spelled(alias)
		}
		return c.table(name, alias)
	case *ast.SelectStmt, *ast.SetOprStmt:
		return c.renamed(&dialect.QuerySource{Query: c.query(src), Alias: alias, Lateral: n.Lateral}, n.ColumnNames)
	case *ast.JSONTableExpr:
		f := &dialect.FunctionSource{Name: dialect.Name{Name: "json_table"}, Alias: alias}
		f.Args = append(c.exprs([]ast.ExprNode{src.Doc, src.Path}), c.jsonColumns(src.Columns)...)
		return f
	case *ast.Join:
		if alias == "" {
			return c.source(src)
		}
	}
	c.failf("a source is not known: %T", n.Source)
	return nil
}

// spelled takes note of what a source is called. Some servers tell names apart that differ
// in the case of letters alone, and so may mean another one by it than is thought.
func (c *converter) spelled(name string) {
	folded := nameFold(name)
	if before, is := c.spellings[folded]; is && before != name {
		c.volatile("two of its sources have names that differ in the case of letters alone")
	}
	if c.spellings == nil {
		c.spellings = make(map[string]string)
	}
	c.spellings[folded] = name
}

// convertName returns the name of a table.
func convertName(n *ast.TableName) dialect.Name {
	return dialect.Name{Schema: n.Schema.O, Name: n.Name.O}
}

// table makes the source of a name: a CTE in scope or a table.
func (c *converter) table(name dialect.Name, alias string) dialect.Source {
	src := &dialect.TableSource{Name: name, Alias: alias, CTE: c.isCTE(name)}
	if !src.CTE {
		c.read(name)
		c.volatile(functionSystemTable(name))
	}
	return src
}

// renamed gives the columns of a query in FROM their names.
func (c *converter) renamed(src *dialect.QuerySource, names []ast.CIStr) dialect.Source {
	c.renames(src.Query, len(names) > 0)
	if len(names) == 0 {
		return src
	}
	if q := src.Query; len(names) == convertCount(q) && len(q.Cores[0].Values) == 0 {
		for i, name := range names {
			q.Cores[0].Columns[i].Alias = name.O
		}
		return src
	}
	inner := &dialect.QuerySource{Query: src.Query, Lateral: src.Lateral}
	return &dialect.QuerySource{Query: unknownColumns(inner), Alias: src.Alias, Lateral: src.Lateral}
}

// jsonColumns returns the expressions in the columns of a JSON_TABLE.
func (c *converter) jsonColumns(list []*ast.JSONTableColumn) []dialect.Expr {
	defer c.leave()
	if !c.enter() {
		return nil
	}
	var out []dialect.Expr
	for _, col := range list {
		out = append(out, c.exprs([]ast.ExprNode{col.Path, col.NestedPath})...)
		out = append(out, c.responses(col.OnEmpty, col.OnError)...)
		out = append(out, c.jsonColumns(col.NestedColumns)...)
	}
	return out
}

// join converts a join. A comma is a join without a condition, like JOIN, but what stands
// on its right is one in itself, and so is what stands in parentheses: the conditions
// there do not see what stands before it.
func (c *converter) join(n *ast.Join) dialect.Source {
	if n.ExplicitParens && convertMoved(n) {
		c.failf("a join in parentheses begins with one without a condition")
	}
	j := &dialect.Join{Left: c.source(n.Left), Right: c.source(n.Right), Natural: n.NaturalJoin}
	if right, ok := j.Right.(*dialect.Join); ok {
		right.Nested = true
	}
	for _, name := range n.Using {
		j.Using = append(j.Using, name.Name.O)
		c.datedName(name.Name.O)
	}
	if j.Natural {
		c.datedName(datedAll)
	}
	if n.On != nil {
		j.On = c.expr(n.On.Expr)
	}
	switch n.Tp {
	case ast.LeftJoin:
		j.Kind = dialect.JoinLeft
	case ast.RightJoin:
		j.Kind = dialect.JoinRight
	default:
		if convertBare(n) {
			j.Kind = dialect.JoinCross
		}
	}
	return j
}

// convertBare reports whether a join has no condition.
func convertBare(n *ast.Join) bool { return n.On == nil && len(n.Using) == 0 && !n.NaturalJoin }

// convertMoved reports whether the parser may have moved a source into a join in
// parentheses. It makes a JOIN (b JOIN c ON x) JOIN d ON y a tree in which a is joined to
// b first, so that x seems to see the names of a, which it does not.
func convertMoved(n *ast.Join) bool {
	condition := false
	for {
		condition = condition || !convertBare(n)
		left, ok := n.Left.(*ast.Join)
		if !ok || left.Right == nil {
			return condition && convertBare(n)
		}
		n = left
	}
}
