package sqlcache

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/engine"
	"github.com/cacheops/cacheops/store"
)

// commitText carries out COMMIT or END, and RELEASE where that commits. With chain
// another transaction begins at once.
func (c *conn) commitText(ctx context.Context, real *realConn, k call, wantRows, chain bool) (out outcome, err error) {
	if c.tx == nil {
		out, err = c.bare(ctx, real, k, wantRows) // the database reports the error, or does nothing
		c.chained(real, chain, err)
		return out, err
	}
	rolledBack := false
	changes := c.tx.changes
	err = lost(c.commitChanges(ctx, changes, func() (err error) {
		out, err = c.bare(ctx, real, k, wantRows)
		return err
	}, func() error {
		rolledBack = true
		return c.control(context.WithoutCancel(ctx), real, c.connector.txs.Rollback)
	}))
	if err == nil || rolledBack {
		if err == nil {
			c.ahead = changes.Ahead()
		}
		c.over(chain && err == nil)
		c.followed(real, err)
		return out, err
	}
	// After a failed COMMIT the transaction may still be open, for the program
	// to try again; what it collected stays and is fenced and bumped again. Where
	// others write too it is over as a rule, and what comes next commits by itself.
	if c.connector.txs.Concurrent {
		c.resync(real)
	}
	return out, err
}

// over leaves a transaction, for another one with chain. That one has the level of
// isolation of the one before, whatever it was, and writes no more than that one.
func (c *conn) over(chain bool) {
	before := c.tx
	c.leave()
	if chain {
		c.enter()
		c.tx.dirty = true
		if before != nil {
			c.tx.readOnly, c.tx.passesOver = before.readOnly, before.passesOver
		}
	}
}

// chained takes note of the end of no transaction: even that begins another one with
// chain, in a database where a BEGIN commits.
func (c *conn) chained(real *realConn, chain bool, err error) {
	if chain && err == nil && c.connector.txs.BeginCommits {
		c.over(true)
	}
	c.followed(real, err)
}

// rollbackText carries out ROLLBACK.
func (c *conn) rollbackText(ctx context.Context, real *realConn, k call, wantRows, chain bool) (out outcome, err error) {
	if c.tx == nil {
		out, err = c.bare(ctx, real, k, wantRows)
		c.chained(real, chain, err)
		return out, err
	}
	err = c.rollback(ctx, func() (err error) {
		out, err = c.bare(ctx, real, k, wantRows)
		return err
	})
	if err == nil {
		c.over(chain)
		c.followed(real, nil)
	}
	return out, err
}

// prepareTx carries out PREPARE TRANSACTION: from then on the transaction is
// whoever's who ends it. The fences are held until the database says that it is
// over, as long as that is asked; a COMMIT PREPARED through any handle drops
// everything besides.
func (c *conn) prepareTx(ctx context.Context, real *realConn, k call, wantRows bool) (out outcome, err error) {
	if c.tx == nil {
		return c.bare(ctx, real, k, wantRows) // the database reports the error
	}
	changes := c.tx.changes
	var o engine.Outcome
	if !changes.Empty() {
		o.Names = c.connector.handle.TransactionName(ctx, real)
	}
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

// lost replaces driver.ErrBadConn, which promises that nothing happened and
// makes database/sql try again, by an error that says what is known.
func lost(err error) error {
	if errors.Is(err, driver.ErrBadConn) {
		return fmt.Errorf("cacheops: the connection was lost in COMMIT, so its outcome is not known: %v", err) //nolint:errorlint // on purpose
	}
	return err
}

// savepoint carries out SAVEPOINT, RELEASE and ROLLBACK TO.
func (c *conn) savepoint(ctx context.Context, real *realConn, st *dialect.Statement, k call, wantRows bool) (outcome, error) {
	if c.tx != nil && st.Kind == dialect.KindRelease {
		switch {
		case c.tx.unknown, c.tx.bySavepoint && c.tx.unmarked: // is it the outermost one?
			return c.uncertain(ctx, real, k, wantRows)
		case c.tx.bySavepoint && c.tx.changes.Outermost(st.Savepoint):
			return c.commitText(ctx, real, k, wantRows, false)
		}
	}
	out, err := c.bare(ctx, real, k, wantRows)
	if err != nil {
		if st.Kind == dialect.KindSavepoint && c.tx != nil {
			// It may have taken effect. A mark too many keeps more of what was
			// collected, one too few could lose some.
			c.tx.changes.Savepoint(st.Savepoint, false)
		} else if st.Kind == dialect.KindSavepoint {
			c.resync(real)
		}
		return out, err
	}
	if c.tx == nil {
		if st.Kind != dialect.KindSavepoint || !c.connector.txs.SavepointBegins {
			return out, nil
		}
		c.enter()
		c.tx.bySavepoint = true
	}
	switch st.Kind {
	case dialect.KindSavepoint:
		c.tx.changes.Savepoint(st.Savepoint, c.connector.txs.SavepointReplaces)
	case dialect.KindRelease:
		c.tx.changes.Release(st.Savepoint)
	default:
		c.tx.changes.RollbackTo(st.Savepoint, c.tx.unmarked || real.taint&dialect.TaintRollback != 0)
	}
	return out, nil
}

// script carries out several statements in one text. It is one unknown: it may
// begin and end transactions, and stop half way.
func (c *conn) script(ctx context.Context, real *realConn, p *engine.Plan, k call, wantRows bool) (outcome, error) {
	w := p.Write
	control := controlsTx(p.Statement)
	switch {
	case p.Catalog == nil:
		w = everything
	case w == nil && !control:
		return c.scripted(real, p.Statement, func() (outcome, error) { return c.bare(ctx, real, k, wantRows) })
	case w == nil:
		w = &analysis.Write{}
	}
	return c.scripted(real, p.Statement, func() (outcome, error) {
		if !control {
			return c.write(ctx, real, p, w, k, wantRows)
		}
		if err := c.prepares(ctx, real, p.Statement, k.text); err != nil {
			return outcome{}, err
		}
		return c.uncertain(ctx, real, k, wantRows)
	})
}

// uncertain runs a text that may commit, begin or change anything, between the
// fence and the bump of everything, and finds out what transaction it left.
func (c *conn) uncertain(ctx context.Context, real *realConn, k call, wantRows bool) (outcome, error) {
	changes := c.connector.handle.NewChanges()
	changes.Statement(ctx, k.text)
	changes.AddAll(true)
	out, err := c.fencedBare(ctx, real, changes, k, wantRows, false)
	c.ran(real, true)
	out.closed(func() {
		c.resync(real)
		if c.tx != nil {
			c.tx.changes.Statement(ctx, k.text)
			c.tx.changes.AddAll(true)
			c.tx.schema, c.tx.unmarked = true, true
		}
	})
	return out, err
}

// scripted runs f and takes over the state that the parts of a script leave.
func (c *conn) scripted(real *realConn, st *dialect.Statement, f func() (outcome, error)) (outcome, error) {
	out, err := f()
	for _, part := range st.Script {
		real.setTaint(part.Taint, originOf(part.Kind), "the connection's state was changed by "+abbreviate(part.Text))
		if part.OtherIsolation && part.Kind == dialect.KindSession {
			real.setTaint(dialect.TaintReads, fromNext, reasonNext)
		}
	}
	return out, err
}

// controlsTx reports whether a script holds transaction control, or something
// that is not understood.
func controlsTx(st *dialect.Statement) bool {
	for _, part := range st.Script {
		if part.Commits || part.Autocommit != dialect.AutocommitKept {
			return true
		}
		switch part.Kind {
		case dialect.KindBegin, dialect.KindCommit, dialect.KindRollback,
			dialect.KindSavepoint, dialect.KindRelease, dialect.KindRollbackTo, dialect.KindPrepareTx, dialect.KindUnknown:
			return true
		default:
		}
	}
	return false
}
