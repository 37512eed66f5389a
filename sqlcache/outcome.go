package sqlcache

import (
	"context"
	"database/sql/driver"
	"errors"

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
		return c.connector.txs.Unfinished == "" && !c.connector.txs.AsksProcess && ctx.Err() != nil
	}
}

// ended ends the changes of a statement that commits by itself.
func (c *conn) ended(ctx context.Context, real *realConn, changes *engine.Changes, err error) {
	switch {
	case err == nil:
		changes.Committed(ctx)
	case !c.unknown(ctx, err), c.answers(ctx, real, err):
		changes.Bump(ctx, store.DropFence)
	case real.session.Identity != "":
		// The server may not even have begun, so that it is no transaction that is
		// waited for but the connection.
		changes.Unanswered(ctx, engine.Outcome{Process: real.session.Identity})
	default:
		changes.Bump(ctx, store.KeepFence)
	}
}

// answers reports whether the server is done with a statement that ended with an error
// of the driver's own, for an argument that it cannot send, say. On one connection the
// server takes a statement only when it is done with the one before.
func (c *conn) answers(ctx context.Context, real *realConn, err error) bool {
	d := c.connector.cfg.Dialect
	txs := &c.connector.txs
	if ctx.Err() != nil || errors.Is(err, driver.ErrBadConn) || c.streaming > 0 || txs.Unfinished == "" && !txs.AsksProcess {
		return false
	}
	inside, err := d.InTransaction(func(text string) error {
		_, err := c.bareExec(ctx, real, call{text: text})
		return err
	})
	// Inside a transaction of the program what it did is collected.
	return err == nil && (!inside || c.tx != nil)
}
