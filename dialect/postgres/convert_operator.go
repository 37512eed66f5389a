package postgres

import (
	"github.com/sqlc-dev/oliphant/ast"

	"github.com/cacheops/cacheops/dialect"
)

// operator notes an operator and returns it, "" for one with a schema of its own
// or one that is not known.
func (c *converter) operator(list []*ast.Node) string {
	schema, name, ok := convertLast(list)
	switch {
	case !ok:
		c.failf("an operator is not understood")
		return ""
	case schema != "" && schema != "pg_catalog", !functionOperators[name]:
		c.foreign(dialect.OperatorPrefix + name)
		return ""
	case schema == "":
		c.function(dialect.OperatorPrefix + name)
	}
	return name
}

// operation converts an operator with its operands.
func (c *converter) operation(n *ast.A_Expr) dialect.Expr {
	left, right := n.GetLexpr(), n.GetRexpr()
	switch n.GetKind() {
	case ast.A_Expr_Kind_AEXPR_OP:
		switch op := c.operator(n.GetName()); op {
		case "=":
			if left != nil {
				return c.equal(left, right, false)
			}
		case "<", "<=", ">", ">=", "<>", "!=":
			x, y := c.pair(left, right)
			return &dialect.Opaque{What: "comparison " + op, Args: []dialect.Expr{x, y}}
		case "+":
			if lit := right.GetAConst(); left == nil && lit != nil && lit.GetSval() == nil {
				return c.constant(lit)
			}
		}
		return c.opaque("operator", left, right)
	case ast.A_Expr_Kind_AEXPR_OP_ANY:
		if c.operator(n.GetName()) == "=" {
			return c.any(left, right)
		}
		return c.opaque("ANY", left, right)
	case ast.A_Expr_Kind_AEXPR_OP_ALL:
		if op := c.operator(n.GetName()); op == "<>" || op == "!=" {
			// Other than all is not equal to any.
			return &dialect.Not{X: c.any(left, right)}
		}
		return c.opaque("ALL", left, right)
	case ast.A_Expr_Kind_AEXPR_DISTINCT:
		c.operator(n.GetName())
		return &dialect.Not{X: c.equal(left, right, true)}
	case ast.A_Expr_Kind_AEXPR_NOT_DISTINCT:
		c.operator(n.GetName())
		return c.equal(left, right, true)
	case ast.A_Expr_Kind_AEXPR_IN:
		op := c.operator(n.GetName())
		if op != "=" && op != "<>" {
			c.failf("IN has no operator that is known")
		}
		return convertNot(op == "<>", c.in(left, right.GetList().GetItems()))
	case ast.A_Expr_Kind_AEXPR_NULLIF:
		c.operator(n.GetName())
		return c.opaque("NULLIF", left, right)
	case ast.A_Expr_Kind_AEXPR_LIKE, ast.A_Expr_Kind_AEXPR_ILIKE, ast.A_Expr_Kind_AEXPR_SIMILAR:
		c.operator(n.GetName())
		return c.opaque("LIKE", left, right)
	case ast.A_Expr_Kind_AEXPR_BETWEEN, ast.A_Expr_Kind_AEXPR_NOT_BETWEEN,
		ast.A_Expr_Kind_AEXPR_BETWEEN_SYM, ast.A_Expr_Kind_AEXPR_NOT_BETWEEN_SYM:
		for _, op := range [...]string{">=", "<=", "<", ">"} {
			c.function(dialect.OperatorPrefix + op)
		}
		o := &dialect.Opaque{What: "BETWEEN"}
		o.Args = append(o.Args, c.expr(left))
		for _, bound := range right.GetList().GetItems() {
			o.Args = append(o.Args, c.value(bound, convertColumnName(left)))
		}
		return o
	default:
	}
	c.failf("an operator is not known: %s", n.GetKind())
	return &dialect.Opaque{What: "unknown"}
}

// convertColumnName returns the name of a column, "" for any other expression.
func convertColumnName(n *ast.Node) string {
	names, ok := convertStrings(n.GetColumnRef().GetFields())
	if !ok || len(names) == 0 {
		return ""
	}
	return names[len(names)-1]
}

// value converts an operand that is compared with a column, "" for none.
func (c *converter) value(n *ast.Node, column string) dialect.Expr {
	switch e := n.GetNode().(type) {
	case *ast.Node_ParamRef:
		return c.param(e.ParamRef, convertPlace{column: column})
	case *ast.Node_TypeCast:
		return c.cast(e.TypeCast, column)
	}
	return c.expr(n)
}

// pair converts two operands that are compared with each other.
func (c *converter) pair(left, right *ast.Node) (x, y dialect.Expr) {
	if left == nil || right == nil {
		o := c.opaque("operand", left, right)
		return o, o
	}
	rx, ry := left.GetRowExpr(), right.GetRowExpr()
	if rx == nil || ry == nil || len(rx.GetArgs()) != len(ry.GetArgs()) {
		return c.value(left, convertColumnName(right)), c.value(right, convertColumnName(left))
	}
	a, b := &dialect.Row{}, &dialect.Row{}
	for i, l := range rx.GetArgs() {
		r := ry.GetArgs()[i]
		if convertInnerRow(l) || convertInnerRow(r) {
			return c.row(rx), c.row(ry)
		}
		v, w := c.value(l, convertColumnName(r)), c.value(r, convertColumnName(l))
		a.X, b.X = append(a.X, v), append(b.X, w)
	}
	return a, b
}

// convertInnerRow reports whether a part of a row is a row, or several parts.
func convertInnerRow(n *ast.Node) bool {
	return n.GetRowExpr() != nil || convertIsStar(n.GetColumnRef().GetFields()) || convertIsStar(n.GetAIndirection().GetIndirection())
}

// equal converts X = Y, or X IS NOT DISTINCT FROM Y.
func (c *converter) equal(left, right *ast.Node, nullSafe bool) dialect.Expr {
	if left == nil || right == nil {
		return c.opaque("operator", left, right)
	}
	x, y := c.pair(left, right)
	return &dialect.Equal{X: x, Y: y, NullSafe: nullSafe}
}

// in converts X IN (list), without its NOT. PostgreSQL looks for one type that X
// and all items can be cast to: so a number with a fraction, or an item that is
// cast, can change what the others are compared as.
func (c *converter) in(left *ast.Node, items []*ast.Node) dialect.Expr {
	if row := left.GetRowExpr(); row != nil {
		return c.inRows(row, items)
	}
	column := convertColumnName(left)
	in := &dialect.In{X: c.expr(left)}
	for _, item := range items {
		in.List = append(in.List, c.value(item, column))
	}
	if !convertAlike(in.List) {
		return &dialect.Opaque{What: "IN", Args: append([]dialect.Expr{in.X}, in.List...)}
	}
	return in
}

// inRows is in for a row on the left.
func (c *converter) inRows(row *ast.RowExpr, items []*ast.Node) dialect.Expr {
	in := &dialect.In{X: c.row(row)}
	for _, item := range items {
		other := item.GetRowExpr()
		if _, isRow := in.X.(*dialect.Row); other == nil || !isRow || len(other.GetArgs()) != len(row.GetArgs()) {
			return &dialect.Opaque{What: "IN", Args: append([]dialect.Expr{in.X}, append(in.List, c.exprs(items[len(in.List):])...)...)}
		}
		y := &dialect.Row{}
		for i, l := range row.GetArgs() {
			x := other.GetArgs()[i]
			if convertInnerRow(x) {
				y.X = append(y.X, c.opaque("row", x))
				continue
			}
			y.X = append(y.X, c.value(x, convertColumnName(l)))
		}
		in.List = append(in.List, y)
	}
	return in
}

// convertAlike reports whether every item of a list is a parameter, a constant or a
// column. Then each is compared as it would be by itself, with one exception: a whole
// number may become one with a fraction.
func convertAlike(list []dialect.Expr) bool {
	numbers, decimals := 0, 0
	for _, e := range list {
		switch e := e.(type) {
		case *dialect.Param, *dialect.ColumnRef:
		case *dialect.Literal:
			switch e.Value.(type) {
			case dialect.Decimal:
				decimals++
				numbers++
			case int64:
				numbers++
			}
		default:
			return false
		}
	}
	// Beside a decimal even a parameter is one. A column of whole numbers loses
	// nothing by that, and one of floats is compared by no rule.
	return decimals == 0 || numbers == len(list)
}

// any converts X = ANY (array).
func (c *converter) any(left, right *ast.Node) dialect.Expr {
	column := convertColumnName(left)
	cast := castNone
	array := right
	if tc := right.GetTypeCast(); tc != nil {
		var isArray bool
		if cast, isArray = c.typeName(tc.GetTypeName()); !isArray {
			cast = castOther
		}
		array = tc.GetArg()
	}
	switch a := array.GetNode().(type) {
	case *ast.Node_ParamRef:
		x := c.expr(left)
		param := c.param(a.ParamRef, convertPlace{column: column, cast: cast, array: true})
		if cast == castOther {
			return &dialect.Opaque{What: "ANY", Args: []dialect.Expr{x, param}}
		}
		return &dialect.AnyOf{X: x, Array: param}
	case *ast.Node_AArrayExpr:
		in := &dialect.In{X: c.expr(left)}
		for _, item := range a.AArrayExpr.GetElements() {
			in.List = append(in.List, c.element(item, cast))
		}
		if cast == castOther || !convertAlike(in.List) {
			return &dialect.Opaque{What: "ANY", Args: append([]dialect.Expr{in.X}, in.List...)}
		}
		return in
	}
	return c.opaque("ANY", left, array)
}

// element converts an element of an array that is cast, or is not. Without a cast
// a parameter gets the type of the other elements, or is a text.
func (c *converter) element(n *ast.Node, cast convertCast) dialect.Expr {
	if cast == castNone {
		return c.expr(n)
	}
	if p := n.GetParamRef(); p != nil {
		return c.param(p, convertPlace{cast: cast})
	}
	e := c.expr(n)
	if lit, ok := e.(*dialect.Literal); ok {
		if lit.Value == nil {
			return lit
		}
		if v, ok := convertCastLiteral(lit.Value, cast); ok {
			return &dialect.Literal{Value: v}
		}
	}
	return &dialect.Opaque{What: "CAST", Args: []dialect.Expr{e}}
}

// subLink converts a query inside an expression.
func (c *converter) subLink(n *ast.SubLink) dialect.Expr {
	switch n.GetSubLinkType() {
	case ast.SubLinkType_EXISTS_SUBLINK:
		return &dialect.Exists{Query: c.subselect(n.GetSubselect())}
	case ast.SubLinkType_EXPR_SUBLINK:
		return &dialect.Scalar{Query: c.subselect(n.GetSubselect())}
	case ast.SubLinkType_ARRAY_SUBLINK:
		return &dialect.Opaque{What: "ARRAY", Queries: []*dialect.Query{c.subselect(n.GetSubselect())}}
	case ast.SubLinkType_ANY_SUBLINK, ast.SubLinkType_ALL_SUBLINK:
		op := "=" // IN
		if len(n.GetOperName()) > 0 {
			op = c.operator(n.GetOperName())
		} else {
			c.function(dialect.OperatorPrefix + op)
		}
		x := c.expr(n.GetTestexpr())
		query := c.subselect(n.GetSubselect())
		if op == "=" && n.GetSubLinkType() == ast.SubLinkType_ANY_SUBLINK {
			return &dialect.In{X: x, Query: query}
		}
		return &dialect.Opaque{What: "ANY or ALL", Args: []dialect.Expr{x}, Queries: []*dialect.Query{query}}
	default:
	}
	c.failf("a query in an expression is not known: %s", n.GetSubLinkType())
	return &dialect.Opaque{What: "unknown"}
}

// call converts the call of a function.
func (c *converter) call(n *ast.FuncCall) dialect.Expr {
	_, name, _ := convertLast(n.GetFuncname())
	call := &dialect.Call{Name: name, Args: c.exprs(n.GetArgs()), Star: n.GetAggStar(), Window: n.GetOver() != nil}
	// Of a function that is not known it is not known either whether it computes
	// over rows.
	kind := c.called(n.GetFuncname(), len(n.GetArgs()))
	call.Aggregate = kind == functionAggregate || kind == functionForeign
	if name == "set_config" {
		c.setConfig(n.GetArgs())
	}
	call.Extra = c.ordering(n.GetAggOrder())
	if filter := c.exprOrNil(n.GetAggFilter()); filter != nil {
		call.Extra = append(call.Extra, filter)
	}
	call.Extra = append(call.Extra, c.window(n.GetOver())...)
	return call
}

// called notes a function that is called.
func (c *converter) called(list []*ast.Node, args int) functionKind {
	schema, name, ok := convertLast(list)
	if !ok {
		c.failf("the name of a function is not understood")
		return functionForeign
	}
	kind := functionLookup(name)
	if schema != "" && schema != "pg_catalog" {
		kind = functionForeign
	}
	if kind == functionForeign {
		c.foreign(name)
		return kind
	}
	c.volatile(functionVolatileWhy(name, args))
	if schema == "" {
		c.function(name)
	}
	return kind
}
