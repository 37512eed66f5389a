package sqlcache

import (
	"context"
	"math"

	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/engine"
	"github.com/cacheops/cacheops/internal/result"
	"github.com/cacheops/cacheops/store"
)

// writeUnread carries out a write of tables that nobody caches anything of, outside a
// transaction, or one that no transaction may be put around. To ask the database for its
// schema would cost more than all the rest, so the store's answer to the fence has to do.
func (c *conn) writeUnread(ctx context.Context, real *realConn, p *engine.Plan, w *analysis.Write, changes *engine.Changes, k call, wantRows bool) (outcome, error) {
	changes.AddWrite(w)
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
	return c.drain(rest, 0)
}
