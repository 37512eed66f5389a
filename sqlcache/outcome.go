package sqlcache

import (
	"context"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/engine"
	"github.com/cacheops/cacheops/store"
)

// unknown reports whether the error of a COMMIT, or of a statement that commits by
// itself, leaves open what came of it.
func (c *conn) unknown(ctx context.Context, err error) bool {
	if err == nil {
		return false
	}
	switch c.connector.cfg.Dialect.Failure(err) {
	case dialect.FailureUnknown, dialect.FailureServer:
		return true
	default:
		// Drivers return all kinds of errors once a context has ended, also where the
		// statement was done. They are believed where they bear the code of a server,
		// which is one that can be asked later.
		return c.connector.cfg.Dialect.Transactions().Unfinished == "" && ctx.Err() != nil
	}
}

// ended ends the changes of a statement that commits by itself.
func (c *conn) ended(ctx context.Context, real *realConn, changes *engine.Changes, err error) {
	switch {
	case err == nil:
		changes.Committed(ctx)
	case !c.unknown(ctx, err):
		changes.Bump(ctx, store.DropFence)
	case real.session.Identity != "":
		// The server may not even have begun, so that it is no transaction that is
		// waited for but the connection.
		changes.Unanswered(ctx, engine.Outcome{Process: real.session.Identity})
	default:
		changes.Bump(ctx, store.KeepFence)
	}
}

// prepareTx carries out PREPARE TRANSACTION: from then on the transaction is
// whoever's who ends it. The fences are held until the database says that it is
// over, as long as that is asked; a COMMIT PREPARED through any handle drops
// everything besides.
func (c *conn) prepareTx(ctx context.Context, real *realConn, k call, wantRows bool) (out outcome, err error) {
	if c.tx == nil {
		return c.bare(ctx, real, k, wantRows) // the database reports the error
	}
	var o engine.Outcome
	if text := c.connector.cfg.Dialect.Transactions().Identity; text != "" && !c.tx.changes.Empty() {
		if rows, err := real.Query(ctx, text); err == nil && len(rows) == 1 && len(rows[0]) == 1 {
			switch v := rows[0][0].(type) {
			case string:
				o.Names = v
			case []byte:
				o.Names = string(v)
			}
		}
	}
	changes := c.tx.changes
	if err := changes.Fence(ctx); err != nil {
		changes.Withdraw(ctx)
		c.tx.dirty = true
		return outcome{}, err
	}
	done := false
	defer func() {
		if !done { // the driver panicked
			changes.Bump(ctx, store.KeepFence)
		}
	}()
	out, err = c.bare(ctx, real, k, wantRows)
	done = true
	switch {
	case err == nil && o.Names != "", c.unknown(ctx, err) && o.Names != "":
		changes.Unanswered(ctx, o)
	case err == nil, c.unknown(ctx, err):
		changes.Bump(ctx, store.KeepFence)
	default:
		changes.Failed(ctx)
	}
	if err == nil {
		c.tx = nil
		return out, nil
	}
	c.resync(real)
	return out, err
}
