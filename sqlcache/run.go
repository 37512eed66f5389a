package sqlcache

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"math"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/engine"
	"github.com/cacheops/cacheops/internal/result"
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
	if !bounds(p.Statement.Kind) {
		engine.Wrote(ctx)
	}
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
		switch w := p.Write; {
		case p.Statement.Kind == dialect.KindBegin || w != nil && !w.All:
			c.sure(ctx, real)
			c.seen(ctx, real)
		case c.connector.txs.BeginCommits: // whether it begins a transaction is to be known
			c.sure(ctx, real)
		}
		if p.Write != nil || p.Statement.Kind == dialect.KindBegin {
			c.watch(ctx, real) // else it may ask for what the statement before has left
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
	c.readAhead()
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
	if beginsSilently(st) {
		c.silently(real)
	}
	if c.tx != nil && (!harmless(st.Kind) || st.Foreign != "") {
		c.tx.dirty = true
	}
	if c.tx != nil && st.Commits {
		return c.commitsFirst(ctx, real, p, k, wantRows)
	}
	switch st.Kind {
	case dialect.KindBegin:
		return c.begin(ctx, real, st, k, wantRows)
	case dialect.KindCommit:
		return c.commitText(ctx, real, k, wantRows, st.Chain)
	case dialect.KindRollback:
		return c.rollbackText(ctx, real, k, wantRows, st.Chain)
	case dialect.KindPrepareTx:
		return c.prepareTx(ctx, real, k, wantRows)
	case dialect.KindSavepoint, dialect.KindRelease, dialect.KindRollbackTo:
		return c.savepoint(ctx, real, st, k, wantRows)
	case dialect.KindScript:
		real.sent += uint64(max(len(st.Script), 1) - 1) // each of them counts
		out, err := c.script(ctx, real, p, k, wantRows)
		if p.Runs || p.Catalog == nil {
			c.ran(real, p.Write == nil || p.Write.All)
		}
		c.strayed(real, st, &out, err)
		return out, err
	case dialect.KindSession:
		out, err := c.bare(ctx, real, k, wantRows)
		c.left(ctx, real, st, err)
		c.autocommits(ctx, real, st, err)
		c.strayed(real, st, &out, err)
		return out, err
	default: // what may change rows, and what is not understood
	}
	w := p.Write
	if w == nil {
		if p.Catalog != nil || st.Kind == dialect.KindUtility && st.Foreign == "" {
			out, err := c.bare(ctx, real, k, wantRows) // it writes nothing
			if p.Runs {
				c.ran(real, false)
			}
			c.left(ctx, real, st, err)
			c.strayed(real, st, &out, err)
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
		if !c.connector.txs.Concurrent { // else the session is looked at
			real.setTaint(dialect.TaintAll, fromState, "a statement was not understood: "+abbreviate(st.Text))
		}
		if !c.judging {
			out.closed(func() { c.resync(real) })
		}
	} else {
		c.strayed(real, st, &out, err)
	}
	return out, err
}

// bounds reports whether a kind of statement does nothing but begin and end
// transactions and parts of them.
func bounds(k dialect.Kind) bool {
	switch k {
	case dialect.KindBegin, dialect.KindCommit, dialect.KindRollback, dialect.KindSavepoint, dialect.KindRelease, dialect.KindRollbackTo:
		return true
	default:
		return false
	}
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
	out, err = c.drain(rest, 0)
	return out, -1, err
}

// drain reads rows that could not be recorded to their end, to learn the error
// that they end with. The last columns are not for the program.
func (c *conn) drain(rows driver.Rows, last int) (outcome, error) {
	if failed, err := result.Failed(rows, last); failed != nil {
		return outcome{}, &lateError{error: err, rows: failed}
	}
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

// lateError is the error of a statement whose rows tell it, perhaps behind some others.
type lateError struct {
	error
	rows driver.Rows
}

// Unwrap returns the error itself.
func (e *lateError) Unwrap() error { return e.error }

// told gives the program rows that fail where those of its statement failed. What ends
// the connection or the context it is told at once: database/sql has more to do then.
func told(ctx context.Context, rows driver.Rows, err error) (driver.Rows, error) {
	var late *lateError
	if !errors.As(err, &late) {
		return rows, err
	}
	if ctx.Err() != nil || errors.Is(err, driver.ErrBadConn) {
		return nil, late.error
	}
	engine.Failed(ctx)
	return late.rows, nil
}

// mayHaveRun reports whether a statement may have taken effect: drivers return
// the error of a context that ended also where the statement was done.
func mayHaveRun(ctx context.Context, err error) bool { return err == nil || ctx.Err() != nil }

// abbreviate shortens a text for a message.
func abbreviate(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return s[:most] + "..."
}
