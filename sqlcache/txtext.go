package sqlcache

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/engine"
)

// commitText carries out COMMIT or END, and RELEASE where that commits. With chain
// another transaction begins at once.
func (c *conn) commitText(ctx context.Context, real *realConn, k call, wantRows, chain bool) (out outcome, err error) {
	if c.tx == nil {
		return c.bare(ctx, real, k, wantRows) // the database reports the error
	}
	rolledBack := false
	err = lost(c.commitChanges(ctx, c.tx.changes, func() (err error) {
		out, err = c.bare(ctx, real, k, wantRows)
		return err
	}, func() error {
		rolledBack = true
		return c.control(context.WithoutCancel(ctx), real, c.connector.cfg.Dialect.Transactions().Rollback)
	}))
	if err == nil || rolledBack {
		c.over(chain && err == nil)
		return out, err
	}
	// After a failed COMMIT the transaction may still be open, for the program
	// to try again; what it collected stays and is fenced and bumped again. Where
	// others write too it is over as a rule, and what comes next commits by itself.
	if c.connector.concurrent {
		c.resync(real)
	}
	return out, err
}

// over leaves a transaction, for another one with chain. That one has the level of
// isolation of the one before, whatever it was.
func (c *conn) over(chain bool) {
	c.tx = nil
	if chain {
		c.enter()
		c.tx.dirty = true
	}
}

// rollbackText carries out ROLLBACK.
func (c *conn) rollbackText(ctx context.Context, real *realConn, k call, wantRows, chain bool) (out outcome, err error) {
	err = c.rollback(ctx, func() (err error) {
		out, err = c.bare(ctx, real, k, wantRows)
		return err
	})
	if err == nil {
		c.over(chain && c.tx != nil)
	}
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
	if c.tx != nil && st.Kind == dialect.KindRelease && c.tx.bySavepoint && c.tx.changes.Outermost(st.Savepoint) {
		return c.commitText(ctx, real, k, wantRows, false)
	}
	if c.tx != nil && st.Kind == dialect.KindRelease && c.tx.unknown {
		return c.uncertain(ctx, real, k, wantRows)
	}
	out, err := c.bare(ctx, real, k, wantRows)
	if err != nil {
		if st.Kind == dialect.KindSavepoint && c.tx != nil {
			// It may have taken effect. A mark too many keeps more of what was
			// collected, one too few could lose some.
			c.tx.changes.Savepoint(st.Savepoint)
		} else if st.Kind == dialect.KindSavepoint {
			c.resync(real)
		}
		return out, err
	}
	if c.tx == nil {
		if st.Kind != dialect.KindSavepoint || !c.connector.cfg.Dialect.Transactions().SavepointBegins {
			return out, nil
		}
		c.enter()
		c.tx.bySavepoint = true
	}
	switch st.Kind {
	case dialect.KindSavepoint:
		c.tx.changes.Savepoint(st.Savepoint)
	case dialect.KindRelease:
		c.tx.changes.Release(st.Savepoint)
	default:
		c.tx.changes.RollbackTo(st.Savepoint, real.taint&dialect.TaintRollback != 0)
	}
	return out, nil
}

// writeInTx carries out a write inside a transaction.
func (c *conn) writeInTx(ctx context.Context, real *realConn, p *engine.Plan, w *analysis.Write, k call, wantRows bool) (outcome, error) {
	t := c.tx
	t.changes.Statement(ctx, k.text)
	if !w.All && (!t.locked || c.connector.concurrent) {
		locked, err := c.lock(ctx, real, w)
		if err != nil {
			return outcome{}, err
		}
		if !locked {
			w = everything // the schema cannot be compared without the lock
		} else if !t.schema {
			outdated, err := c.connector.handle.Outdated(ctx, c.asks(ctx, real), p)
			switch {
			case err != nil:
				w = everything
			case outdated:
				p = c.connector.handle.Plan(k.text)
				if w = p.Write; w == nil {
					w = everything
				}
			}
		}
	}
	if t.schema {
		w = everything // the plans know another schema than this connection
	}
	if w.All {
		t.schema = t.schema || w.Schema
		t.changes.AddAll(w.Schema)
		return c.bare(ctx, real, k, wantRows)
	}
	t.changes.Planned(p)
	out, err := c.collect(ctx, real, p, w, t.changes, k, wantRows)
	t.locked = t.locked || err == nil // a write holds the lock to the end
	if err != nil && (ctx.Err() != nil || !wrappable(p.Statement, w)) {
		// A statement whose context ended may have taken effect all the same,
		// and OR FAIL leaves behind what it did before the error.
		t.changes.AddWrite(w)
	}
	return out, err
}

// lock takes the write lock before anything is read: a transaction that read
// first may be refused the lock where the bare statement would have waited for
// it. It reports false where there is no table to take it with.
func (c *conn) lock(ctx context.Context, real *realConn, w *analysis.Write) (bool, error) {
	text := c.connector.cfg.Dialect.Transactions().LockForWrite
	if text == "" {
		return true, nil
	}
	for _, t := range w.Tables() {
		if t.Kind != dialect.TablePlain {
			continue
		}
		// The database may refuse to compile it where it takes the program's
		// statement: for a table whose foreign key names one that is not there.
		lock := fmt.Sprintf(text, t.SQL)
		if c.prepares(ctx, real, lock) == nil {
			return true, c.control(ctx, real, lock)
		}
	}
	return false, nil
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
		if err := c.prepares(ctx, real, k.text); err != nil {
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
			c.tx.schema = true
		}
	})
	return out, err
}

// scripted runs f and takes over the state that the parts of a script leave.
func (c *conn) scripted(real *realConn, st *dialect.Statement, f func() (outcome, error)) (outcome, error) {
	out, err := f()
	for _, part := range st.Script {
		real.setTaint(part.Taint, originOf(part.Kind), "the connection's state was changed by "+abbreviate(part.Text))
	}
	return out, err
}

// controlsTx reports whether a script holds transaction control, or something
// that is not understood.
func controlsTx(st *dialect.Statement) bool {
	for _, part := range st.Script {
		switch part.Kind {
		case dialect.KindBegin, dialect.KindCommit, dialect.KindRollback,
			dialect.KindSavepoint, dialect.KindRelease, dialect.KindRollbackTo, dialect.KindPrepareTx, dialect.KindUnknown:
			return true
		default:
		}
	}
	return false
}
