package mysql

import (
	"github.com/sqlc-dev/marino/ast"

	"github.com/cacheops/cacheops/dialect"
)

// query converts a SELECT, VALUES, TABLE, or a compound of them, and notes what it reads
// and calls. It returns nil after a failure.
func (c *converter) query(n ast.ResultSetNode) *dialect.Query {
	c.failf("queries are not converted: %T", n)
	return nil
}

// with opens the scope of a WITH clause and converts its queries. The caller calls the
// function that it returns where the scope ends.
func (c *converter) with(n *ast.WithClause) (ctes []dialect.CTE, end func()) {
	if n != nil {
		c.failf("WITH is not converted")
	}
	return nil, func() {}
}

// from converts the tables of a FROM, of an UPDATE or a DELETE, and notes what they
// read. It returns nil for nil.
func (c *converter) from(n *ast.Join) dialect.Source {
	if n != nil {
		c.failf("FROM is not converted")
	}
	return nil
}
