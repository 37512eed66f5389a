package mysql

import (
	"github.com/sqlc-dev/marino/ast"

	"github.com/cacheops/cacheops/dialect"
)

// expr converts an expression, and notes what it reads and calls. It returns nil for
// nil, and never nil else.
func (c *converter) expr(n ast.ExprNode) dialect.Expr {
	if n == nil {
		return nil
	}
	c.failf("expressions are not converted: %T", n)
	return &dialect.Opaque{What: "not converted"}
}
