package sqlcache

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/engine"
	"github.com/cacheops/cacheops/store"
)

// Commits in disguise: a statement that commits the transaction it stands in before it
// does anything of its own, and even where it fails then. What the transaction has
// collected is fenced before it runs. Whether the transaction is over is asked after it.

// ending is a statement that commits the transaction that it stands in, or may.
type ending struct {
	text string
	// write is what it changes itself. Atomic is true when an error says that it has not
	// changed it.
	write  *analysis.Write
	atomic bool
	// sure is true when it has committed where it has no error.
	sure bool
}

// commitsFirst carries out a statement with [dialect.Statement.Commits] inside a
// transaction: what it does itself it does as outside of one.
func (c *conn) commitsFirst(ctx context.Context, real *realConn, p *engine.Plan, k call, wantRows bool) (outcome, error) {
	if p.Write != nil && p.Write.All {
		// What the database does not take for a statement ends nothing.
		if err := c.prepares(ctx, real, p.Statement, k.text); err != nil {
			return outcome{}, err
		}
	}
	e := ending{text: k.text, write: p.Write, atomic: p.Statement.Kind == dialect.KindDDL}
	if e.write == nil && p.Catalog == nil {
		e.write = everything
	}
	return c.committing(ctx, real, &e, func() (outcome, error) { return c.dispatch(ctx, real, p, k, wantRows) })
}

// committing runs a statement that commits the transaction that the connection is in, or
// may. Whether it did is found out, after an error too.
func (c *conn) committing(ctx context.Context, real *realConn, e *ending, run func() (outcome, error)) (outcome, error) {
	t := c.tx
	if err := t.changes.Fence(ctx); err != nil {
		t.changes.Withdraw(ctx)
		return outcome{}, err
	}
	returned := false
	defer func() {
		if !returned { // the driver panicked
			t.changes.Bump(ctx, store.KeepFence)
		}
	}()
	c.tx, c.judging = nil, true
	out, err := run()
	c.judging, returned = false, true
	if c.tx != nil { // it has left one: the same, or another of which nothing is known
		t.changes.AddAll(true)
		t.schema, t.unmarked = true, true
	}
	c.tx, t.dirty = t, true
	out.closed(func() {
		if c.tx == t { // else an error among its rows has shown what became of it
			c.judge(ctx, real, e, err)
		}
	})
	return out, err
}

// judge finds out what a statement has done to the transaction whose changes were fenced
// before it, and ends these, or takes the fences back.
func (c *conn) judge(ctx context.Context, real *realConn, e *ending, err error) {
	t := c.tx
	if err == nil && e.sure {
		t.changes.Committed(ctx)
		c.leave()
		return
	}
	switch inside, asked := c.inTransaction(real); {
	case asked != nil:
		c.broken = true // nothing is known, so nothing more may be done on it
		t.changes.Unanswered(ctx, c.whom())
	case !inside && err == nil:
		t.changes.Committed(ctx)
		c.leave()
	case !inside:
		t.changes.Bump(ctx, store.DropFence)
		c.leave()
	case real.session.Silent:
		// It looks the same in the next transaction, which has begun already.
		t.changes.Bump(ctx, store.DropFence)
		c.wrote(ctx, e, err)
	default:
		t.changes.Withdraw(ctx)
		c.wrote(ctx, e, err)
	}
}

// wrote collects what a statement wrote, or may have, that has not ended the transaction.
func (c *conn) wrote(ctx context.Context, e *ending, err error) {
	if e.write == nil || e.atomic && !mayHaveRun(ctx, err) {
		return
	}
	c.tx.changes.Statement(ctx, e.text)
	c.tx.changes.AddWrite(e.write)
	c.tx.schema = c.tx.schema || e.write.Schema
	c.tx.unmarked = c.tx.unmarked || e.write.All // a procedure that takes a savepoint's name
}

// leave forgets a transaction that is over.
func (c *conn) leave() {
	if c.tx != nil && c.real != nil && c.real.taints[fromNext] != 0 {
		c.real.clearTaint(fromNext)
	}
	c.tx, c.sticky = nil, true
}

// begin carries out BEGIN.
func (c *conn) begin(ctx context.Context, real *realConn, st *dialect.Statement, k call, wantRows bool) (out outcome, err error) {
	switch {
	case c.tx == nil:
		out, err = c.bare(ctx, real, k, wantRows)
	case c.connector.txs.BeginCommits:
		out, err = c.committing(ctx, real, &ending{text: k.text, sure: true}, func() (outcome, error) { return c.bare(ctx, real, k, wantRows) })
	default:
		return c.bare(ctx, real, k, wantRows) // the database refuses it, or does nothing
	}
	switch {
	case err == nil && c.tx == nil:
		c.enter()
		c.tx.dirty, c.tx.readOnly = c.tx.dirty || st.OtherIsolation, st.ReadOnly
	case err != nil && c.tx == nil && !errors.Is(err, driver.ErrBadConn):
		c.resync(real) // it may have taken effect
	}
	return out, err
}

// followed finds out whether a transaction is there after the end of another one: the
// database may have refused the end, or begin the next one at once.
func (c *conn) followed(real *realConn, err error) {
	switch {
	case !c.connector.txs.BeginCommits || c.broken:
	case err != nil:
		c.resync(real)
	case c.tx == nil && (real.session.Chains || !c.sure(context.Background(), real) || real.taint&dialect.TaintWrites != 0):
		switch inside, asked := c.inTransaction(real); {
		case asked != nil:
			c.broken = true
		case inside: // it has done nothing yet
			c.enter()
			c.tx.dirty, c.tx.passesOver = true, true // it has the level of the one before
		}
	}
}

// strayed finds out whether a statement outside a transaction has left one, where the
// state of the connection is not surely known.
func (c *conn) strayed(real *realConn, st *dialect.Statement, out *outcome, err error) {
	silent := real.session.Silent && st.Commits && st.Kind == dialect.KindSelect // a procedure
	if !c.connector.txs.BeginCommits || c.tx != nil || c.judging || errors.Is(err, driver.ErrBadConn) ||
		!silent && !real.unsure && real.taint&dialect.TaintWrites == 0 {
		return
	}
	out.closed(func() {
		if c.tx == nil && !c.broken {
			c.resync(real)
		}
	})
}
