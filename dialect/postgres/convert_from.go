package postgres

import (
	"github.com/sqlc-dev/oliphant/ast"

	"github.com/cacheops/cacheops/dialect"
)

// from converts the list of sources of a FROM, nil for an empty one.
func (c *converter) from(list []*ast.Node) dialect.Source {
	if len(list) > convertMaxSources {
		c.failf("a FROM has more than %d sources", convertMaxSources)
		return nil
	}
	var left dialect.Source
	for i, n := range list {
		right := c.source(n)
		if i == 0 {
			left = right
			continue
		}
		// The conditions of a join do not see what stands before the comma.
		convertNest(right)
		left = &dialect.Join{Kind: dialect.JoinCross, Left: left, Right: right}
	}
	return left
}

// convertNest marks a join as one whose conditions see no names before it.
func convertNest(src dialect.Source) {
	if j, ok := src.(*dialect.Join); ok {
		j.Nested = true
	}
}

// source converts one source.
func (c *converter) source(n *ast.Node) dialect.Source {
	defer c.leave()
	if !c.enter() {
		return nil
	}
	switch n := n.GetNode().(type) {
	case *ast.Node_RangeVar:
		return c.tableSource(n.RangeVar)
	case *ast.Node_RangeSubselect:
		s := n.RangeSubselect
		src := &dialect.QuerySource{Query: c.queryNode(s.GetSubquery()), Lateral: s.GetLateral()}
		return c.renamed(src, s.GetAlias())
	case *ast.Node_JoinExpr:
		return c.join(n.JoinExpr)
	case *ast.Node_RangeFunction:
		return c.functionSource(n.RangeFunction)
	case *ast.Node_RangeTableSample:
		s := n.RangeTableSample
		c.volatile("TABLESAMPLE takes rows by chance")
		src := c.source(s.GetRelation())
		c.called(s.GetMethod(), len(s.GetArgs()))
		c.exprs(s.GetArgs())
		c.exprOrNil(s.GetRepeatable())
		return src
	case *ast.Node_RangeTableFunc:
		t := n.RangeTableFunc
		return c.opaqueSource("xmltable", t.GetAlias(), c.parts(t))
	case *ast.Node_JsonTable:
		t := n.JsonTable
		return c.opaqueSource("json_table", t.GetAlias(), c.parts(t))
	}
	c.failf("a source is not known: %T", n.GetNode())
	return nil
}

// tableSource makes the source of a name: a CTE in scope or a table.
func (c *converter) tableSource(r *ast.RangeVar) dialect.Source {
	name := c.relation(r)
	src := &dialect.TableSource{Name: name, Alias: name.Name, CTE: c.isCTE(name)}
	if !src.CTE {
		c.table(name)
	}
	alias := r.GetAlias()
	if alias == nil {
		return src
	}
	src.Alias = alias.GetAliasname()
	if names := c.aliasNames(alias); len(names) > 0 {
		return &dialect.QuerySource{Query: unknownColumns(src), Alias: src.Alias}
	}
	return src
}

// aliasNames returns the names that an alias gives to columns.
func (c *converter) aliasNames(a *ast.Alias) []string {
	names, ok := convertStrings(a.GetColnames())
	if !ok {
		c.failf("the name of a column is not known")
	}
	c.params.alias(a.GetAliasname())
	c.params.alias(names...)
	return names
}

// renamed gives a query in FROM its alias, and its columns their names.
func (c *converter) renamed(src *dialect.QuerySource, a *ast.Alias) dialect.Source {
	src.Alias = a.GetAliasname()
	names := c.aliasNames(a)
	if len(names) == 0 {
		return src
	}
	if q := src.Query; len(names) <= convertCount(q) && len(q.Cores[0].Values) == 0 {
		for i, name := range names {
			q.Cores[0].Columns[i].Alias = name
		}
		return src
	}
	return &dialect.QuerySource{Query: unknownColumns(&dialect.QuerySource{Query: src.Query, Lateral: src.Lateral}), Alias: src.Alias, Lateral: src.Lateral}
}

// join converts a join. What stands in parentheses on the right does not see what
// stands before it.
func (c *converter) join(n *ast.JoinExpr) dialect.Source {
	j := &dialect.Join{Left: c.source(n.GetLarg()), Right: c.source(n.GetRarg()), Natural: n.GetIsNatural()}
	convertNest(j.Right)
	var ok bool
	if j.Using, ok = convertStrings(n.GetUsingClause()); !ok {
		c.failf("the name of a column is not known")
	}
	if j.Natural || len(j.Using) > 0 {
		c.function(dialect.OperatorPrefix + "=")
	}
	j.On = c.exprOrNil(n.GetQuals())
	switch n.GetJointype() {
	case ast.JoinType_JOIN_INNER:
		if j.On == nil && len(j.Using) == 0 && !j.Natural {
			j.Kind = dialect.JoinCross
		}
	case ast.JoinType_JOIN_LEFT:
		j.Kind = dialect.JoinLeft
	case ast.JoinType_JOIN_RIGHT:
		j.Kind = dialect.JoinRight
	case ast.JoinType_JOIN_FULL:
		j.Kind = dialect.JoinFull
	default:
		c.failf("unknown join type")
	}
	var src dialect.Source = j
	if using := n.GetJoinUsingAlias(); using != nil {
		// Another name for the columns that the join made one of two. Nothing is
		// known of it.
		src = &dialect.Join{Kind: dialect.JoinCross, Left: src, Right: &dialect.QuerySource{Query: unknownColumns(nil), Alias: using.GetAliasname()}}
	}
	if alias := n.GetAlias(); alias != nil {
		// It hides the names inside.
		q := &dialect.Query{Cores: []*dialect.Core{{Columns: []dialect.Output{{Star: true}}, From: src}}}
		if len(c.aliasNames(alias)) > 0 || n.GetJoinUsingAlias() != nil {
			q = unknownColumns(src)
		}
		return &dialect.QuerySource{Query: q, Alias: alias.GetAliasname()}
	}
	return src
}

// functionSource converts a function in FROM, or several.
func (c *converter) functionSource(f *ast.RangeFunction) dialect.Source {
	var name dialect.Name
	var args []dialect.Expr
	for _, item := range f.GetFunctions() {
		parts := item.GetList().GetItems()
		if len(parts) == 0 {
			c.failf("a function in FROM is not understood")
			return nil
		}
		if call := parts[0].GetFuncCall(); call != nil && name.Name == "" {
			name.Schema, name.Name, _ = convertLast(call.GetFuncname())
		}
		e := c.expr(parts[0])
		if call, ok := e.(*dialect.Call); ok && len(f.GetFunctions()) == 1 {
			args = append(append(args, call.Args...), call.Extra...)
		} else {
			args = append(args, e)
		}
		for _, def := range parts[1:] {
			c.columnDefs(def.GetList().GetItems())
		}
	}
	c.columnDefs(f.GetColdeflist())
	if name.Name == "" {
		name.Name = "rows"
	}
	src := &dialect.FunctionSource{Name: name, Args: args, Alias: name.Name}
	if a := f.GetAlias(); a != nil {
		src.Alias = a.GetAliasname()
		c.aliasNames(a)
	}
	return src
}

// columnDefs looks at the types of the columns that a function returns.
func (c *converter) columnDefs(list []*ast.Node) {
	for _, n := range list {
		c.typeName(n.GetColumnDef().GetTypeName())
		c.params.alias(n.GetColumnDef().GetColname())
	}
}

// opaqueSource is a source that works like a function.
func (c *converter) opaqueSource(name string, a *ast.Alias, args []dialect.Expr) dialect.Source {
	src := &dialect.FunctionSource{Name: dialect.Name{Schema: "pg_catalog", Name: name}, Args: args, Alias: name}
	if a != nil {
		src.Alias = a.GetAliasname()
		c.aliasNames(a)
	}
	return src
}
