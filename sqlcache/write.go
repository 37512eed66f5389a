package sqlcache

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"math"
	"slices"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/calloptions"
	"github.com/cacheops/cacheops/internal/engine"
	"github.com/cacheops/cacheops/internal/result"
	"github.com/cacheops/cacheops/store"
)

// outcome is what a statement gave: a result, or rows when they were asked for.
type outcome struct {
	result driver.Result
	rows   driver.Rows
	live   *liveRows // rows, where they keep the connection busy
}

// everything is the reach of a statement of which nothing is known.
var everything = &analysis.Write{All: true, AllWhy: "nothing is known of the statement"}

// run carries out any statement that is no plain read.
func (c *conn) run(ctx context.Context, p *engine.Plan, k call, wantRows bool) (outcome, error) {
	var out outcome
	returned := false
	defer func() {
		if !returned {
			// The driver panicked. What it was in the middle of, perhaps a
			// transaction of ours, must not come back with the connection.
			c.broken = true
		}
	}()
	err := c.retry(ctx, func(real *realConn) (err error) {
		c.sticky = true
		if w := p.Write; p.Statement.Kind == dialect.KindBegin || w != nil && !w.All {
			c.sure(ctx, real)
			c.seen(ctx, real)
		}
		if c.look(ctx, real) {
			p = c.connector.handle.Plan(k.text)
		}
		out, err = c.dispatch(ctx, real, p, k, wantRows)
		return err
	})
	returned = true
	c.failed(err)
	c.settleRun(err)
	return out, err
}

// settleRun is settle for statements that may leave a state behind: the real
// connection stays for the session.
func (c *conn) settleRun(err error) {
	if errors.Is(err, driver.ErrBadConn) {
		c.settle(err)
	}
}

// dispatch chooses the path of a statement by its kind.
func (c *conn) dispatch(ctx context.Context, real *realConn, p *engine.Plan, k call, wantRows bool) (outcome, error) {
	st := p.Statement
	if c.tx != nil && !harmless(st.Kind) {
		c.tx.dirty = true
	}
	switch st.Kind {
	case dialect.KindBegin:
		out, err := c.bare(ctx, real, k, wantRows)
		switch {
		case c.tx != nil:
		case err == nil:
			c.enter()
			c.tx.dirty, c.tx.readOnly = c.tx.dirty || st.OtherIsolation, st.ReadOnly
		default:
			c.resync(real) // it may have taken effect
		}
		return out, err
	case dialect.KindCommit:
		return c.commitText(ctx, real, k, wantRows, st.Chain)
	case dialect.KindRollback:
		return c.rollbackText(ctx, real, k, wantRows, st.Chain)
	case dialect.KindPrepareTx:
		return c.prepareTx(ctx, real, k, wantRows)
	case dialect.KindSavepoint, dialect.KindRelease, dialect.KindRollbackTo:
		return c.savepoint(ctx, real, st, k, wantRows)
	case dialect.KindScript:
		out, err := c.script(ctx, real, p, k, wantRows)
		if p.Runs || p.Catalog == nil {
			c.ran(real, p.Write == nil || p.Write.All)
		}
		return out, err
	case dialect.KindSession:
		out, err := c.bare(ctx, real, k, wantRows)
		c.left(ctx, real, st, err)
		return out, err
	default: // what may change rows, and what is not understood
	}
	w := p.Write
	if w == nil {
		if p.Catalog != nil || st.Kind == dialect.KindUtility {
			out, err := c.bare(ctx, real, k, wantRows) // it writes nothing
			if p.Runs {
				c.ran(real, false)
			}
			c.left(ctx, real, st, err)
			return out, err
		}
		w = everything // the schema could not be read
	}
	out, err := c.write(ctx, real, p, w, k, wantRows)
	if p.Runs || w.All {
		c.ran(real, w.All)
	}
	c.left(ctx, real, st, err)
	if mayHaveRun(ctx, err) && st.Kind == dialect.KindUnknown {
		if !c.connector.concurrent { // else the session is looked at
			real.setTaint(dialect.TaintAll, fromState, "a statement was not understood: "+abbreviate(st.Text))
		}
		out.closed(func() { c.resync(real) })
	}
	return out, err
}

// closed calls f once the rows are closed, at once where there are none: as long as they
// are open the connection may take no question.
func (o *outcome) closed(f func()) {
	live := o.live
	if live == nil || live.done {
		f()
		return
	}
	before := live.closing
	live.closing = func(err error) error {
		defer f()
		if before == nil {
			return nil
		}
		return before(err)
	}
}

// harmless reports whether statements of a kind leave what a transaction reads as
// it is.
func harmless(k dialect.Kind) bool {
	switch k {
	case dialect.KindSavepoint, dialect.KindRelease, dialect.KindRollbackTo, dialect.KindUtility:
		return true
	default:
		return false
	}
}

// bare runs a statement as it is. Rows keep the connection busy.
func (c *conn) bare(ctx context.Context, real *realConn, k call, wantRows bool) (outcome, error) {
	if !wantRows {
		res, err := c.bareExec(ctx, real, k)
		return outcome{result: res}, err
	}
	rows, err := c.bareQuery(ctx, real, k)
	if err != nil {
		return outcome{}, err
	}
	live := c.stream(rows)
	return outcome{rows: live, live: live}, nil
}

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
		if err := c.prepares(ctx, real, k.text); err != nil {
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
func (c *conn) prepares(ctx context.Context, real *realConn, text string) error {
	if c.connector.cfg.Dialect.Transactions().Unprepared {
		return nil // it costs more than what it may drop
	}
	s, err := real.stmts.take(ctx, real, text, 0)
	if err == nil {
		real.stmts.put(s)
	}
	return err
}

// binds returns the error with which the database refuses the arguments of a
// statement that is about to be fenced before it runs: what is never run changes
// nothing, and shall drop nothing. It asks only where something may be wrong with
// them, and of single statements alone: it would run the second one of a script.
func (c *conn) binds(ctx context.Context, real *realConn, st *dialect.Statement, k call) error {
	prefix := c.connector.cfg.Dialect.Transactions().Explain
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
	case w.All || !c.connector.concurrent:
	case !unread:
		return c.writeWrapped(ctx, real, p, w, changes, k, wantRows)
	case h.Engine().Shared():
		// Nobody reads what it can reach, but others may have changed the schema since,
		// and this process may end before it can say so.
		flat := *w
		flat.Target = nil
		return c.writeWrapped(ctx, real, p, &flat, changes, k, wantRows)
	}
	if !w.All && !unread && wrappable(p.Statement, w) {
		return c.writeWrapped(ctx, real, p, w, changes, k, wantRows)
	}
	if !w.All && !unread {
		if void, err := h.Outdated(ctx, c.asks(ctx, real), p); err != nil || void {
			return c.replan(ctx, real, k, wantRows, err)
		}
		// As above: first see that it will run at all.
		if err := c.prepares(ctx, real, k.text); err != nil {
			return outcome{}, err
		}
	}
	changes.AddWrite(w)
	if w.All || !unread {
		return c.fencedBare(ctx, real, changes, k, wantRows, writesRows(p.Statement))
	}
	// To ask the database for its schema would cost more than all the rest, so the
	// store's answer to the fence has to do.
	if err := changes.Fence(ctx); err != nil {
		changes.Withdraw(ctx)
		return outcome{}, err
	}
	if changes.Degraded() && wrappable(p.Statement, w) {
		// The store does not answer. Under the lock of a transaction it is known all
		// the same what the statement reaches, so that no more is dropped later.
		return c.writeWrapped(ctx, real, p, w, changes, k, wantRows)
	}
	if void, err := changes.Outdated(ctx, c.asks(ctx, real), p); err != nil || void {
		changes.Withdraw(ctx)
		return c.replan(ctx, real, k, wantRows, err)
	}
	return c.runFenced(ctx, real, changes, k, wantRows, writesRows(p.Statement))
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

// replan runs a write again with the schema that was just read. Where it could
// not be read the write passes, and costs the whole cache.
func (c *conn) replan(ctx context.Context, real *realConn, k call, wantRows bool, cause error) (outcome, error) {
	if errors.Is(cause, driver.ErrBadConn) {
		return outcome{}, cause
	}
	p := c.connector.handle.Plan(k.text)
	w := p.Write
	if w == nil || cause != nil || c.connector.concurrent {
		w = everything // who knows what else changes
	}
	if w.All {
		if err := c.prepares(ctx, real, k.text); err != nil {
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

// wrappable reports whether a statement behaves in a transaction of its own as
// it does in autocommit, also when it fails: with OR FAIL or OR ROLLBACK, in the
// text, in a constraint or in a trigger, an error leaves behind what was done
// before it, or ends the transaction.
func wrappable(st *dialect.Statement, w *analysis.Write) bool {
	switch {
	case st.Insert != nil && st.Insert.Conflict, st.Update != nil && st.Update.Conflict:
		return false
	case st.Insert == nil && st.Update == nil && st.Delete == nil, w.Partial:
		return false
	}
	return !slices.ContainsFunc(w.Tables(), func(t *dialect.Table) bool { return t.NoImages != "" })
}

// fencedBare runs a statement that commits by itself: the fence comes before
// it, the bump after it.
func (c *conn) fencedBare(ctx context.Context, real *realConn, changes *engine.Changes, k call, wantRows, writesRows bool) (outcome, error) {
	if err := changes.Fence(ctx); err != nil {
		changes.Withdraw(ctx)
		return outcome{}, err
	}
	return c.runFenced(ctx, real, changes, k, wantRows, writesRows)
}

// runFenced is the rest of fencedBare, once the fence is there.
func (c *conn) runFenced(ctx context.Context, real *realConn, changes *engine.Changes, k call, wantRows, writesRows bool) (outcome, error) {
	bumped := false
	defer func() {
		if !bumped {
			changes.Bump(ctx, store.KeepFence) // the driver panicked
		}
	}()
	out, err := c.bare(ctx, real, k, wantRows)
	if err == nil && wantRows && writesRows {
		// Its rows are read to their end at once: as long as they are open it
		// has not committed, nor can any later write of the connection.
		out, err = c.finish(out)
	}
	bumped = true
	changes.NoticeSchema()
	if err != nil || out.live == nil {
		c.ended(ctx, real, changes, err)
		return out, err
	}
	// It is not over before its rows are closed.
	live := out.live
	live.next = func() error {
		if changes.Alive() {
			return nil
		}
		return changes.Fence(ctx)
	}
	live.closing = func(err error) error {
		c.ended(ctx, real, changes, err)
		return nil
	}
	return out, nil
}

// finish reads the rows of a write to their end.
func (c *conn) finish(out outcome) (outcome, error) {
	r, rest := result.Record(out.live.Rows, result.Limits{Bytes: math.MaxInt})
	c.streaming--
	if r != nil {
		return outcome{rows: r.Rows()}, nil
	}
	return c.drain(rest)
}

// mayHaveRun reports whether a statement may have taken effect: drivers return
// the error of a context that ended also where the statement was done.
func mayHaveRun(ctx context.Context, err error) bool { return err == nil || ctx.Err() != nil }

// writeWrapped runs a statement in a transaction of its own, so that its images
// can be fenced before it commits, and nothing is dropped when it fails.
func (c *conn) writeWrapped(ctx context.Context, real *realConn, p *engine.Plan, w *analysis.Write, changes *engine.Changes, k call, wantRows bool) (outcome, error) {
	txs := c.connector.cfg.Dialect.Transactions()
	if txs.SingleWriter {
		defer c.connector.handle.QueueWrite(ctx)()
	}
	if err := c.control(ctx, real, txs.BeginWrite); err != nil {
		// It may have taken effect in spite of its error; if not, there is
		// nothing to roll back.
		_ = c.control(context.WithoutCancel(ctx), real, txs.Rollback)
		return outcome{}, err
	}
	rollback := func() error {
		// The context may be over, the transaction must be in any case.
		err := c.control(context.WithoutCancel(ctx), real, txs.Rollback)
		if err != nil && txs.ErrorMayEnd {
			return nil // the error before may have ended it
		}
		return err
	}
	ended := false
	defer func() {
		if !ended { // a panic: leave no transaction behind
			_ = rollback()
		}
	}()
	if outdated, err := c.connector.handle.Outdated(ctx, c.asks(ctx, real), p); err != nil || outdated {
		ended = true
		if rerr := rollback(); rerr != nil {
			return outcome{}, errors.Join(err, rerr)
		}
		return c.replan(ctx, real, k, wantRows, err)
	}
	changes.Planned(p)
	out, err := c.imagine(ctx, real, p, w, changes, k, wantRows)
	if err != nil {
		ended = true
		if rerr := rollback(); rerr != nil {
			return outcome{}, errors.Join(own(err), rerr)
		}
		if c.hides(ctx, p, err) {
			changes := c.connector.handle.NewChanges()
			changes.Statement(ctx, k.text)
			flat := *w
			flat.Target = nil
			return c.writeWrapped(ctx, real, p, &flat, changes, k, wantRows)
		}
		return outcome{}, own(err)
	}
	commit := func() error {
		err := c.control(ctx, real, txs.Commit)
		if err != nil {
			_ = rollback() // some errors leave the transaction open
		}
		return err
	}
	ended = true
	if err := c.commitChanges(ctx, changes, commit, rollback); err != nil {
		return outcome{}, lost(err)
	}
	return out, nil
}

// control runs BEGIN, COMMIT or ROLLBACK.
func (c *conn) control(ctx context.Context, real *realConn, text string) error {
	if c.connector.cfg.Dialect.Transactions().Unprepared {
		if _, err := real.exec(ctx, text, nil); !errors.Is(err, driver.ErrSkip) {
			return err
		}
	}
	_, err := c.bareExec(ctx, real, call{text: text, prepared: true})
	return err
}

// collect runs a write inside a transaction and collects what it changes. Rows
// that are asked for are read to their end, for the statement has done nothing
// yet, or not all, before that.
func (c *conn) collect(ctx context.Context, real *realConn, p *engine.Plan, w *analysis.Write, changes *engine.Changes, k call, wantRows bool) (outcome, error) {
	out, err := c.imagine(ctx, real, p, w, changes, k, wantRows)
	return out, own(err)
}

// imagine is collect, but marks the errors of what the program did not ask for.
func (c *conn) imagine(ctx context.Context, real *realConn, p *engine.Plan, w *analysis.Write, changes *engine.Changes, k call, wantRows bool) (outcome, error) {
	if !w.All && w.Target != nil && wantRows == returns(p.Statement) && (c.tx == nil || !c.tx.readOnly) {
		out, done, err := c.collectImages(ctx, real, p, w, changes, k, wantRows)
		if done || err != nil {
			return out, err
		}
	}
	out, affected, err := c.whole(ctx, real, k, wantRows)
	if affected != 0 || err == nil {
		changes.AddWrite(w)
	}
	return out, err
}

// whole runs a statement as it is, and reads its rows to their end. Affected is
// how many rows it wrote, as far as it tells that, or -1 where it may have written
// any.
func (c *conn) whole(ctx context.Context, real *realConn, k call, wantRows bool) (out outcome, affected int64, err error) {
	if !wantRows {
		res, err := c.bareExec(ctx, real, k)
		if err != nil {
			return outcome{result: res}, 0, err
		}
		affected, err := res.RowsAffected()
		if err != nil {
			affected = -1
		}
		return outcome{result: res}, affected, nil
	}
	rows, err := c.bareQuery(ctx, real, k)
	if err != nil {
		return outcome{}, 0, err
	}
	r, rest := result.Record(rows, result.Limits{Bytes: math.MaxInt})
	if r != nil {
		return outcome{rows: r.Rows()}, int64(r.Len()), nil
	}
	// An error behind some rows, or something that cannot be kept.
	out, err = c.drain(rest)
	return out, -1, err
}

// drain reads rows that could not be recorded to their end, to learn the error
// that they end with.
func (c *conn) drain(rows driver.Rows) (outcome, error) {
	dest := make([]driver.Value, len(rows.Columns()))
	for {
		err := rows.Next(dest)
		if err == nil {
			continue
		}
		cerr := rows.Close()
		if errors.Is(err, io.EOF) {
			err = cerr
			if err == nil {
				err = errors.New("cacheops: the driver returned rows of a write in a form that cannot be kept: run the statement without RETURNING")
			}
		}
		return outcome{}, err
	}
}

// abbreviate shortens a text for a message.
func abbreviate(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return s[:most] + "..."
}
