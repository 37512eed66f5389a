package sqlcache

import (
	"context"
	"database/sql/driver"
	"errors"
	"slices"
	"strings"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/calloptions"
	"github.com/cacheops/cacheops/internal/engine"
)

// write carries out a statement that may change rows.
func (c *conn) write(ctx context.Context, real *realConn, p *engine.Plan, w *analysis.Write, k call, wantRows bool) (outcome, error) {
	if unnoticed(ctx, w) {
		return c.bare(ctx, real, k, wantRows)
	}
	if c.spoils(real, p)&dialect.TaintWrites != 0 {
		w = &analysis.Write{All: true, Schema: w.Schema}
	}
	if w.All {
		// It will cost the whole cache, so first see that the database takes it
		// for a statement at all. What cannot be prepared changes nothing.
		if err := c.prepares(ctx, real, p.Statement, k.text); err != nil {
			return outcome{}, err
		}
	}
	if w.All || !wrappable(p.Statement, w) {
		if err := c.binds(ctx, real, p.Statement, k); err != nil {
			return outcome{}, err
		}
	}
	if c.tx != nil {
		return c.writeInTx(ctx, real, p, w, k, wantRows)
	}
	return c.writeAlone(ctx, real, p, w, k, wantRows)
}

// unnoticed reports whether a write is to drop nothing, by its context. What
// changes the schema, or may, invalidates all the same: results of before would
// not be old, but wrong, with plans and types that are no more.
func unnoticed(ctx context.Context, w *analysis.Write) bool {
	o := calloptions.From(ctx)
	return o != nil && o.NoInvalidation && !w.All && !w.Schema
}

// prepares returns the error with which the database refuses a text, where texts
// may be prepared.
func (c *conn) prepares(ctx context.Context, real *realConn, st *dialect.Statement, text string) error {
	switch txs := &c.connector.txs; {
	case txs.Unprepared:
		return nil // it costs more than what it may drop
	case txs.Texts && (st.Kind == dialect.KindScript || st.Kind == dialect.KindUnknown && strings.Contains(text, ";")):
		return nil // it may be several statements
	}
	s, err := real.stmts.take(ctx, real, text, 0)
	if err == nil {
		real.stmts.put(s)
		return nil
	}
	failure := c.connector.cfg.Dialect.Failure(err)
	if failure == dialect.FailureUnprepared {
		return nil
	}
	if failure != dialect.FailureSyntax && st.Commits && c.mayBeInside(real) {
		// Run as a text it commits before it is refused, which preparing it does not.
		return nil
	}
	return err
}

// mayBeInside reports whether the connection is in a transaction, or may be.
func (c *conn) mayBeInside(real *realConn) bool {
	return c.tx != nil || c.judging || real.unsure || real.session.Silent || real.taint&dialect.TaintWrites != 0
}

// binds returns the error with which the database refuses the arguments of a
// statement that is about to be fenced before it runs: what is never run changes
// nothing, and shall drop nothing. It asks only where something may be wrong with
// them, and of single statements alone: it would run the second one of a script.
func (c *conn) binds(ctx context.Context, real *realConn, st *dialect.Statement, k call) error {
	prefix := c.connector.txs.Explain
	switch st.Kind {
	case dialect.KindInsert, dialect.KindUpdate, dialect.KindDelete, dialect.KindDDL:
	default:
		return nil
	}
	if prefix == "" || st.Incomplete != "" || !st.NamedParams && len(k.args) == st.Params && nameless(k.args) == nil {
		return nil
	}
	k.text = prefix + k.text
	rows, err := c.bareQuery(ctx, real, k)
	if errors.Is(err, driver.ErrSkip) { // the driver runs no queries this way
		return nil
	}
	if err == nil {
		_ = rows.Close() // the statement itself will meet what is wrong
	}
	return err
}

// writeAlone carries out a write outside a transaction.
func (c *conn) writeAlone(ctx context.Context, real *realConn, p *engine.Plan, w *analysis.Write, k call, wantRows bool) (outcome, error) {
	h := c.connector.handle
	changes := h.NewChanges()
	changes.Statement(ctx, k.text)
	unread, err := c.unread(ctx, w)
	if err != nil {
		return outcome{}, err
	}
	switch {
	case w.All:
		changes.AddWrite(w)
		return c.fencedBare(ctx, real, changes, k, wantRows, writesRows(p.Statement))
	case c.outsideOurs(p.Statement, w):
		return c.writeUnread(ctx, real, p, w, changes, k, wantRows)
	case unread && c.connector.txs.Concurrent && h.Engine().Shared():
		// Nobody reads what it can reach, but others may have changed the schema since,
		// and this process may end before it can say so.
		return c.writeWrapped(ctx, real, p, w.WithoutTarget(), changes, k, wantRows)
	case unread:
		return c.writeUnread(ctx, real, p, w, changes, k, wantRows)
	case c.connector.txs.Concurrent, wrappable(p.Statement, w):
		return c.writeWrapped(ctx, real, p, w, changes, k, wantRows)
	}
	// An error of it may leave changes behind, so it will be fenced before it runs.
	// First see that it will run at all.
	if void, err := h.Outdated(ctx, c.asks(ctx, real), p); err != nil || void {
		return c.replan(ctx, real, k, wantRows, err)
	}
	if err := c.prepares(ctx, real, p.Statement, k.text); err != nil {
		return outcome{}, err
	}
	changes.AddWrite(w)
	return c.fencedBare(ctx, real, changes, k, wantRows, writesRows(p.Statement))
}

// replan runs a write again with the schema that was just read. Where it could
// not be read the write passes, and costs the whole cache.
func (c *conn) replan(ctx context.Context, real *realConn, k call, wantRows bool, cause error) (outcome, error) {
	if errors.Is(cause, driver.ErrBadConn) {
		return outcome{}, cause
	}
	p := c.connector.handle.Plan(k.text)
	w := p.Write
	if w == nil || cause != nil || c.connector.txs.Concurrent {
		w = everything // who knows what else changes
	}
	if w.All {
		if err := c.prepares(ctx, real, p.Statement, k.text); err != nil {
			return outcome{}, err
		}
	}
	if err := c.binds(ctx, real, p.Statement, k); err != nil {
		return outcome{}, err
	}
	changes := c.connector.handle.NewChanges()
	changes.Statement(ctx, k.text)
	changes.AddWrite(w)
	return c.fencedBare(ctx, real, changes, k, wantRows, writesRows(p.Statement))
}

// unread reports whether nobody caches anything of the tables that a write can
// reach. Then an epoch costs nothing, and images would be taken for nothing.
func (c *conn) unread(ctx context.Context, w *analysis.Write) (bool, error) {
	if w.All {
		return false, nil
	}
	for _, t := range w.Tables() {
		if ok, err := c.connector.handle.Unread(ctx, t); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// returns reports whether a write has a RETURNING clause.
func returns(st *dialect.Statement) bool {
	return st.Insert != nil && st.Insert.Returning || st.Update != nil && st.Update.Returning || st.Delete != nil && st.Delete.Returning
}

// writesRows reports whether the rows that a statement returns are those of a
// write.
func writesRows(st *dialect.Statement) bool {
	return st.Kind == dialect.KindInsert || st.Kind == dialect.KindUpdate || st.Kind == dialect.KindDelete
}

// wrappable reports whether a statement behaves in a transaction of its own as
// it does in autocommit, also when it fails: with OR FAIL or OR ROLLBACK, in the
// text, in a constraint or in a trigger, an error leaves behind what was done
// before it, or ends the transaction.
func wrappable(st *dialect.Statement, w *analysis.Write) bool {
	switch {
	case st.Commits, st.Insert != nil && st.Insert.Conflict, st.Update != nil && st.Update.Conflict:
		return false
	case st.Insert == nil && st.Update == nil && st.Delete == nil, w.Partial:
		return false
	}
	return !slices.ContainsFunc(w.Tables(), func(t *dialect.Table) bool { return t.NoImages != "" })
}
