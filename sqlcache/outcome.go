package sqlcache

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/cacheops/cacheops/internal/engine"
	"github.com/cacheops/cacheops/store"
)

// unknown reports whether the error of a COMMIT, or of a statement that commits by
// itself, leaves open what came of it.
//
// A server that can be asked later says in its errors that it did not do what it was
// told, by a code; everything else, of the network, of a context or of the driver,
// may hide that it did.
func (c *conn) unknown(ctx context.Context, err error) bool {
	if err == nil {
		return false
	}
	if c.connector.cfg.Dialect.Transactions().Unfinished == "" {
		return errors.Is(err, driver.ErrBadConn) || ctx.Err() != nil
	}
	var coded interface{ SQLState() string }
	if !errors.As(err, &coded) || len(coded.SQLState()) != 5 {
		return true
	}
	switch state := coded.SQLState(); state[:2] {
	case "08", "57", "58", "XX": // connection, operator, system, internal
		return state != "57014" // canceled, and so not done
	default:
		return state == "40003" // statement_completion_unknown
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
	if ctx.Err() != nil || errors.Is(err, driver.ErrBadConn) || c.streaming > 0 || d.Transactions().Unfinished == "" {
		return false
	}
	inside, err := d.InTransaction(func(text string) error {
		_, err := c.bareExec(ctx, real, call{text: text})
		return err
	})
	return err == nil && !inside
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
