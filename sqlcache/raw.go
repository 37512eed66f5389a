package sqlcache

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/engine"
)

// ErrNotWrapped is returned by Raw for a connection that this package did not
// make. It is [cacheops.ErrNotWrapped].
var ErrNotWrapped = cacheops.ErrNotWrapped

// Raw calls f with the driver's own connection behind one of ours, for what
// only the driver can do: a backup, a hook, a function of one's own. It takes
// the place of sql.Conn.Raw, which would hand out the wrapper.
//
// What f does is not seen, but for the transaction that it begins or ends. So
// everything that is cached of the database is dropped after it, and the
// connection takes no more part in the cache. The driver's connection must not be
// used after f has returned.
func Raw(ctx context.Context, c *sql.Conn, f func(driverConn any) error) error {
	return c.Raw(func(dc any) error {
		v, ok := dc.(*conn)
		if !ok {
			return ErrNotWrapped
		}
		return v.raw(ctx, f)
	})
}

func (c *conn) raw(ctx context.Context, f func(driverConn any) error) error {
	engine.Wrote(ctx) // or reads, and a function's result would not know of it
	real, err := c.acquire(ctx)
	if err != nil {
		return err
	}
	c.sticky = true
	real.setTaint(dialect.TaintAll, fromProgram, "the program used the driver's connection itself")
	changes := c.connector.handle.NewChanges()
	changes.Statement(ctx, "Raw")
	changes.AddAll(true)
	if c.tx != nil {
		c.tx.changes.Statement(ctx, "Raw")
		c.tx.changes.AddAll(true)
		c.tx.schema, c.tx.dirty = true, true
	}
	if err := changes.Fence(ctx); err != nil {
		return err
	}
	defer func() {
		c.ended(ctx, real, changes, err)
		c.resync(real) // f may have begun a transaction, or ended one
		c.spend(ctx, real)
	}()
	err = f(real.Conn)
	return err
}

// spend finds out whether a connection that the program has used itself has a session
// like any other.
func (c *conn) spend(ctx context.Context, real *realConn) {
	if !c.connector.txs.Concurrent || c.tx != nil || c.streaming > 0 {
		return
	}
	session, err := c.connector.cfg.Dialect.CheckSession(ctx, real.Once())
	real.spent = err == nil && session.Taint == 0 && session.Settings == real.session.Settings && session.OtherIsolation == real.session.OtherIsolation
}

var _ driver.Conn = (*conn)(nil)
