package mysql

import (
	"slices"

	"github.com/sqlc-dev/marino/ast"
	"github.com/sqlc-dev/marino/opcode"

	"github.com/cacheops/cacheops/dialect"
)

// unary converts an operator with one operand.
func (c *converter) unary(n *ast.UnaryOperationExpr) dialect.Expr {
	switch n.Op {
	case opcode.Not, opcode.Not2:
		return &dialect.Not{X: c.expr(n.V)}
	case opcode.Minus:
		if lit := convertNegative(n.V); lit != nil {
			return lit
		}
	case opcode.Plus:
		x := c.expr(n.V)
		if convertIsNumber(x) {
			return x
		}
		return &dialect.Opaque{What: "unary plus", Args: []dialect.Expr{x}}
	default:
	}
	return c.opaque("arithmetic", n.V)
}

// convertIsNumber reports whether an expression is a literal number.
func convertIsNumber(e dialect.Expr) bool {
	lit, ok := e.(*dialect.Literal)
	if !ok {
		return false
	}
	switch lit.Value.(type) {
	case int64, dialect.Decimal:
		return true
	}
	return false
}

// binary converts an operator with two operands.
func (c *converter) binary(n *ast.BinaryOperationExpr) dialect.Expr {
	switch n.Op {
	case opcode.LogicAnd:
		return &dialect.And{X: c.chain(n)}
	case opcode.LogicOr:
		c.look()
		if c.looked.pipes {
			// Perhaps it is || and means to put texts together. The parser reads it as
			// OR, which binds least of all, so that nothing beside it is misread.
			return &dialect.Opaque{What: "OR or ||", Args: c.chain(n)}
		}
		return &dialect.Or{X: c.chain(n)}
	case opcode.EQ, opcode.NullEQ:
		e := &dialect.Equal{X: c.expr(n.L), Y: c.expr(n.R), NullSafe: n.Op == opcode.NullEQ}
		c.compared(e.X, e.Y)
		return e
	case opcode.NE, opcode.LT, opcode.LE, opcode.GT, opcode.GE:
		o := c.opaque("comparison", n.L, n.R)
		c.compared(o.Args[0], o.Args[1])
		return o
	case opcode.LogicXor:
		return c.opaque("XOR", n.L, n.R)
	case opcode.Plus, opcode.Minus, opcode.Mul, opcode.Div, opcode.IntDiv, opcode.Mod,
		opcode.And, opcode.Or, opcode.Xor, opcode.LeftShift, opcode.RightShift:
		return c.opaque("arithmetic", n.L, n.R)
	default:
	}
	c.failf("an operator is not known: %s", n.Op)
	return &dialect.Opaque{What: "unknown"}
}

// chain converts the operands of a chain of ANDs or of ORs in their order. The parser
// leans chains to the left; they are unrolled in a loop, because programs build long
// ones.
func (c *converter) chain(n *ast.BinaryOperationExpr) []dialect.Expr {
	operands := []ast.ExprNode{n.R}
	left := n.L
	for {
		b, ok := convertUnparen(left).(*ast.BinaryOperationExpr)
		if !ok || b.Op != n.Op {
			break
		}
		operands = append(operands, b.R)
		left = b.L
	}
	out := make([]dialect.Expr, 0, len(operands)+1)
	out = append(out, c.expr(left))
	for _, operand := range slices.Backward(operands) {
		out = append(out, c.expr(operand))
	}
	return out
}

// convertUnparen drops the parentheses around an expression.
func convertUnparen(n ast.ExprNode) ast.ExprNode {
	for {
		p, ok := n.(*ast.ParenthesesExpr)
		if !ok {
			return n
		}
		n = p.Expr
	}
}

// in converts X IN (list) and X IN (query), without its NOT.
//
// Each item of a list is compared with X by itself, but for the collation: one is found
// for X and all the items together. So a list is only kept of literals and parameters,
// which leave X its own. The collation of a row's member is that of its place.
func (c *converter) in(n *ast.PatternInExpr) dialect.Expr {
	x := c.expr(n.Expr)
	if n.Sel != nil {
		c.dated(x)
		return convertInQuery(x, c.valueQuery(n.Sel))
	}
	in := &dialect.In{X: x, List: c.exprs(n.List)}
	c.compared(x, in.List...)
	for _, item := range in.List {
		if !convertAlike(x, item) {
			return &dialect.Opaque{What: "IN", Args: append([]dialect.Expr{x}, in.List...)}
		}
	}
	return in
}

// convertAlike reports whether an item of a list is a constant, or a row of as many of
// them as X is.
func convertAlike(x, item dialect.Expr) bool {
	rx, isRow := x.(*dialect.Row)
	if !isRow {
		switch item.(type) {
		case *dialect.Literal, *dialect.Param:
			return true
		}
		return false
	}
	ry, ok := item.(*dialect.Row)
	if !ok || len(rx.X) != len(ry.X) {
		return false
	}
	for i := range rx.X {
		if !convertAlike(rx.X[i], ry.X[i]) {
			return false
		}
	}
	return true
}

// convertInQuery makes X IN (query). The rows of a VALUES are no constants: they are
// columns with one type, and one collation that may be put before that of X.
func convertInQuery(x dialect.Expr, q *dialect.Query) dialect.Expr {
	for _, core := range q.Cores {
		if len(core.Values) > 0 {
			return &dialect.Opaque{What: "IN", Args: []dialect.Expr{x}, Queries: []*dialect.Query{q}}
		}
	}
	return &dialect.In{X: x, Query: q}
}

// compareQuery converts X = ANY (query) and the like.
func (c *converter) compareQuery(n *ast.CompareSubqueryExpr) dialect.Expr {
	x, q := c.expr(n.L), c.valueQuery(n.R)
	c.dated(x)
	switch {
	case n.Op == opcode.EQ && !n.All:
		return convertInQuery(x, q)
	case n.Op == opcode.NE && n.All:
		// Other than all is not equal to any.
		return &dialect.Not{X: convertInQuery(x, q)}
	}
	return &dialect.Opaque{What: "ANY or ALL", Args: []dialect.Expr{x}, Queries: []*dialect.Query{q}}
}
