package mysql

import "github.com/sqlc-dev/marino/ast"

// statement converts a statement of any kind into c.st.
func (c *converter) statement(n ast.StmtNode) {
	c.failf("statements are not converted: %T", n)
}
