package sqlcache

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/engine"
)

// writeWrapped runs a statement in a transaction of its own, so that its images
// can be fenced before it commits, and nothing is dropped when it fails.
func (c *conn) writeWrapped(ctx context.Context, real *realConn, p *engine.Plan, w *analysis.Write, changes *engine.Changes, k call, wantRows bool) (outcome, error) {
	txs := &c.connector.txs
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
			return c.writeWrapped(ctx, real, p, w.WithoutTarget(), changes, k, wantRows)
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
	c.ahead = changes.Ahead()
	return out, nil
}

// control runs BEGIN, COMMIT or ROLLBACK.
func (c *conn) control(ctx context.Context, real *realConn, text string) error {
	if c.connector.txs.Unprepared || c.connector.txs.Texts {
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
