package mysql

import (
	"slices"

	"github.com/sqlc-dev/marino/ast"
	"github.com/sqlc-dev/marino/mysql"

	"github.com/cacheops/cacheops/dialect"
)

// exprs converts a list of expressions.
func (c *converter) exprs(list []ast.ExprNode) []dialect.Expr {
	var out []dialect.Expr
	for _, n := range list {
		if e := c.expr(n); e != nil {
			out = append(out, e)
		}
	}
	return out
}

// opaque makes an expression that restricts nothing.
func (c *converter) opaque(what string, parts ...ast.ExprNode) *dialect.Opaque {
	return &dialect.Opaque{What: what, Args: c.exprs(parts)}
}

// expr converts an expression, and notes what it reads and calls. It returns nil for
// nil, and never nil else.
func (c *converter) expr(n ast.ExprNode) dialect.Expr {
	if n == nil {
		return nil
	}
	defer c.leave()
	if !c.enter() {
		return &dialect.Opaque{What: "too deep"}
	}
	switch e := n.(type) {
	case *ast.ParenthesesExpr:
		return c.expr(e.Expr)
	case *ast.ColumnNameExpr:
		return convertColumn(e.Name)
	case *ast.ParamMarkerExprBase:
		return c.param(e)
	case *ast.ValueExprBase:
		return c.literal(e)
	case *ast.PositionExpr: // ORDER BY 1
		return &dialect.Literal{Value: int64(e.N)}
	case *ast.BinaryOperationExpr:
		return c.binary(e)
	case *ast.UnaryOperationExpr:
		return c.unary(e)
	case *ast.IsNullExpr:
		return convertNot(e.Not, &dialect.IsNull{X: c.expr(e.Expr)})
	case *ast.IsTruthExpr:
		return convertNot(e.Not, &dialect.IsTruth{X: c.expr(e.Expr), Want: e.True != 0})
	case *ast.PatternInExpr:
		return convertNot(e.Not, c.in(e))
	case *ast.RowExpr:
		return &dialect.Row{X: c.exprs(e.Values)}
	case *ast.SubqueryExpr:
		return &dialect.Scalar{Query: c.valueQuery(e)}
	case *ast.ExistsSubqueryExpr:
		return convertNot(e.Not, &dialect.Exists{Query: c.subselect(e.Sel)})
	case *ast.CompareSubqueryExpr:
		return c.compareQuery(e)
	case *ast.FuncCallExpr:
		return c.call(e)
	case *ast.AggregateFuncExpr:
		return c.aggregate(e)
	case *ast.WindowFuncExpr:
		return c.windowCall(e)
	case *ast.VariableExpr:
		// Also one that is set: the value is kept on the connection.
		c.volatile("a variable is a state of the connection")
		return c.opaque("variable", e.Value)
	}
	return c.rare(n)
}

// rare converts the expressions that restrict nothing.
func (c *converter) rare(n ast.ExprNode) dialect.Expr {
	switch e := n.(type) {
	case *ast.BetweenExpr:
		o := c.opaque("BETWEEN", e.Expr, e.Left, e.Right)
		c.compared(o.Args[0], o.Args[1:]...)
		return convertNot(e.Not, o)
	case *ast.PatternLikeOrIlikeExpr:
		if e.IsLike {
			return convertNot(e.Not, c.opaque("LIKE", e.Expr, e.Pattern))
		}
	case *ast.PatternRegexpExpr:
		return convertNot(e.Not, c.opaque("REGEXP", e.Expr, e.Pattern))
	case *ast.SetCollationExpr:
		// Another collation finds other values equal.
		return c.opaque("COLLATE", e.Expr)
	case *ast.FuncCastExpr:
		if e.FunctionType == ast.CastBinaryOperator {
			return c.opaque("BINARY", e.Expr)
		}
		o := c.opaque("CAST", e.Expr)
		switch e.Tp.GetType() {
		case mysql.TypeDuration:
			o.What = convertTime
		case mysql.TypeDate, mysql.TypeNewDate, mysql.TypeDatetime, mysql.TypeTimestamp:
			c.dated(o.Args...)
		}
		return o
	case *ast.CaseExpr:
		o := c.opaque("CASE", e.Value)
		for _, w := range e.WhenClauses {
			o.Args = append(o.Args, c.exprs([]ast.ExprNode{w.Expr, w.Result})...)
		}
		o.Args = append(o.Args, c.exprs([]ast.ExprNode{e.ElseClause})...)
		c.dated(o.Args...)
		return o
	case *ast.MatchAgainst:
		// The index knows the words of all rows, and by how many of them a row's
		// rank is told, and whether it is found at all; it knows no row that is not
		// committed; and what a word is, is a matter of the server's settings.
		c.volatile("MATCH asks a full-text index")
		o := &dialect.Opaque{What: "MATCH"}
		for _, name := range e.ColumnNames {
			o.Args = append(o.Args, convertColumn(name))
		}
		o.Args = append(o.Args, c.expr(e.Against))
		return o
	case *ast.DefaultExpr:
		if e.Name == nil { // in the values of a row
			return &dialect.Opaque{What: "DEFAULT"}
		}
		c.volatile("the default of a column may be an expression")
		return &dialect.Opaque{What: "DEFAULT", Args: []dialect.Expr{convertColumn(e.Name)}}
	case *ast.ValuesExpr:
		return c.opaque("VALUES", e.Column)
	case *ast.JSONValueExpr:
		o := c.opaque("JSON_VALUE", e.Doc, e.Path)
		o.Args = append(o.Args, c.responses(e.OnEmpty, e.OnError)...)
		c.function("json_value")
		return o
	case *ast.TimeUnitExpr, *ast.TrimDirectionExpr, *ast.GetFormatSelectorExpr:
		return &dialect.Opaque{What: "word"}
	}
	c.failf("an expression is not known: %T", n)
	return &dialect.Opaque{What: "unknown"}
}

// convertNot negates an expression if not is set.
func convertNot(not bool, e dialect.Expr) dialect.Expr {
	if not {
		return &dialect.Not{X: e}
	}
	return e
}

// convertColumn converts a reference to a column.
func convertColumn(n *ast.ColumnName) *dialect.ColumnRef {
	return &dialect.ColumnRef{Schema: n.Schema.O, Qualifier: n.Table.O, Name: n.Name.O}
}

// subselect converts a query inside an expression.
func (c *converter) subselect(n ast.ExprNode) *dialect.Query {
	c.subquery = true
	sub, ok := n.(*ast.SubqueryExpr)
	if !ok {
		c.failf("a query in an expression is not known: %T", n)
		return &dialect.Query{}
	}
	return c.query(sub.Query)
}

// valueQuery converts a query whose columns are compared with something.
func (c *converter) valueQuery(n ast.ExprNode) *dialect.Query {
	q := c.subselect(n)
	c.renames(q, true)
	return q
}

// responses converts what the JSON functions return instead of a value.
func (c *converter) responses(list ...*ast.JSONOnResponse) []dialect.Expr {
	var out []dialect.Expr
	for _, r := range list {
		if r != nil {
			out = append(out, c.exprs([]ast.ExprNode{r.Value})...)
		}
	}
	return out
}

// param converts a parameter. The parser tells where it stands, and its number is that
// of the question mark there.
func (c *converter) param(n *ast.ParamMarkerExprBase) dialect.Expr {
	c.look()
	i, ok := slices.BinarySearch(c.looked.params, int32(n.Offset)) //nolint:gosec // a place in a text of bounded length
	if !ok {
		c.failf("a parameter stands where no question mark does")
	}
	return &dialect.Param{Index: i + 1}
}
