package sqlcache

import (
	"context"
	"database/sql/driver"

	"github.com/cacheops/cacheops/internal/engine"
)

// take takes the targets that Database.InvalidateTx sends by a statement, which
// is not run: they are part of the transaction that the connection is in, and
// share its end.
func (c *conn) take(ctx context.Context, n *engine.Notice) (driver.Result, error) {
	switch {
	case c.closed:
		return nil, errClosed
	case c.broken:
		return nil, driver.ErrBadConn
	}
	h := c.connector.handle
	if c.tx == nil {
		c.ensureSchema(ctx)
		return driver.ResultNoRows, h.Take(ctx, n, nil, false)
	}
	return driver.ResultNoRows, h.Take(ctx, n, c.tx.changes, c.tx.schema)
}
