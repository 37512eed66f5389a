package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cacheops/cacheops/store"
)

// remedy is what a program is told to do about a write that the store refused.
const remedy = "mend the store, or let such writes pass by Config.OnStoreFailure: Degrade"

// slowFences is how often a fence is set again of which the store's slowness left
// too little.
const slowFences = 2

// Fence fences everything that was collected, but for what the context
// postpones. It is called right before the commit. An error means that the commit
// must not happen. Where the engine degrades, a store that is unavailable is none.
// A store that takes so long that no commit could begin is unavailable, too.
func (c *Changes) Fence(ctx context.Context) error {
	if c.Empty() && c.outrun(ctx, store.Schema{}) {
		c.AddAll(false) // as below
	}
	if c.Empty() {
		return nil
	}
	e := c.handle.engine
	c.later, c.degraded = postponing(ctx), false
	err := c.fence(ctx)
	if err == nil && c.outrun(ctx, c.stored) {
		// The statements may have reached tables that their plans do not know.
		c.AddAll(false)
		err = c.fence(ctx)
	}
	for again := 0; err == nil && !c.Alive(); again++ {
		if again == slowFences {
			err = fmt.Errorf("%w: it took longer than half of Config.FenceTTL, which is %v: use a longer one", store.ErrUnavailable, e.cfg.FenceTTL)
			break
		}
		err = c.fence(ctx)
	}
	if err == nil {
		return nil
	}
	_ = e.noted(ctx, callFence, err)
	switch away := errors.Is(err, store.ErrUnavailable); {
	case away && e.cfg.Degrade && ctx.Err() == nil:
		c.degraded = true
		return nil
	case away:
		return fmt.Errorf("cacheops: the write was rolled back, since readers could not be kept from stale results (%s): %w", remedy, err)
	default:
		return fmt.Errorf("cacheops: the write was rolled back, since readers could not be kept from stale results: %w", err)
	}
}

// fence sets the fences once.
func (c *Changes) fence(ctx context.Context) error {
	e, at, b := c.handle.engine, time.Now(), c.batch()
	if c.later != nil {
		b.log, b.known = c.prompt(), nil
	}
	err := b.apply(ctx, func(ch *store.Change) (store.Ack, error) {
		ack, err := e.cfg.Store.Fence(ctx, ch)
		if err == nil {
			_ = e.noted(ctx, callFence, nil)
		}
		return ack, err
	}, nil)
	if err == nil && b.schemaChanged() && c.handle.versionless() {
		// Behind the fence and before the commit, so that whoever plans from now on
		// plans anew also when this process dies before it can say so.
		_, err = e.cfg.Store.BumpSchema(ctx, c.handle.domain)
	}
	if err == nil {
		c.fenced, c.fencedAt, c.stored = true, at, b.stored
	}
	return err
}

// Degraded reports whether the last fence failed and is done without.
func (c *Changes) Degraded() bool { return c.degraded }

// Alive reports whether the fences live long enough for a commit that begins
// now, or are done without. It reads a monotonic clock.
func (c *Changes) Alive() bool {
	return c.Empty() || c.degraded || c.fenced && time.Since(c.fencedAt) < c.handle.engine.cfg.FenceTTL/2
}

// Committed ends a change after a commit without an error: what the context of
// the fence postpones is handed on, the rest is bumped.
func (c *Changes) Committed(ctx context.Context) {
	if c.degraded {
		c.handle.engine.counters.degraded.Add(1)
	}
	// Only now is it handed on: what was there earlier could be invalidated
	// before the commit, and then never again.
	if c.later == nil || !c.later.add(c) {
		c.Bump(ctx, store.DropFence)
		return
	}
	b := c.batch()
	b.log, b.known = c.prompt(), nil
	c.bump(ctx, b, store.DropFence, c.fencedUntil())
}

// Bump makes everything that was collected invalid, after a commit that may have
// taken effect, whatever its outcome. Keep leaves the fences, where the outcome is
// unknown. The context's end does not end it.
//
// Where the store is unavailable it is tried again as long as the fences hold: so
// long nobody reads what is stale, but a store that lost its keys has lost them
// too, and must be told. What cannot be told by then is owed, see debts.
func (c *Changes) Bump(ctx context.Context, keep store.Keep) {
	c.bump(ctx, c.batch(), keep, c.fencedUntil())
}

// Failed is Bump after a commit of which the error says that it did not take
// effect. It is not waited for: if the error is right nothing is stale, and the
// fences end by their deadline. It is owed all the same, for not every driver's
// errors can be relied on, and what that costs is hits in an outage.
func (c *Changes) Failed(ctx context.Context) {
	c.bump(ctx, c.batch(), store.DropFence, time.Time{})
}

// Withdraw takes back the fences of a change whose commit was never tried, those
// that were set before one failed. Where that fails they end by their deadline.
// Nothing changed, so nothing is owed.
func (c *Changes) Withdraw(ctx context.Context) {
	if c.Empty() {
		return
	}
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	_ = c.batch().bump(ctx, store.DropFence) // counted, and logged as an outage
}

// Owe has the store told, some time before the next read of the cache, of what was
// collected: for changes that stay although they were to be undone.
func (c *Changes) Owe(ctx context.Context) {
	if !c.Empty() {
		c.handle.engine.owe(ctx, c.batch(), store.DropFence)
	}
}

// fencedUntil is when the fences in force end, the zero time where there are none.
func (c *Changes) fencedUntil() time.Time {
	if !c.fenced || c.degraded {
		return time.Time{}
	}
	return c.fencedAt.Add(c.handle.engine.cfg.FenceTTL)
}

// bounded returns a context for what has to be done whatever becomes of the
// program's own.
func (c *Changes) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), c.handle.engine.cfg.FenceTTL)
}

func (c *Changes) bump(ctx context.Context, b *batch, keep store.Keep, until time.Time) {
	if len(b.log) == 0 {
		return
	}
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	err := b.bumpUntil(ctx, keep, until)
	if err == nil && c.overtaken(ctx, b) || err != nil && c.unlocked != nil {
		// After an error it is not known what the store says of the schema.
		c.AddAll(false)
		if b = c.batch(); err == nil {
			err = b.bumpUntil(ctx, keep, until)
		}
	}
	if err == nil || errors.Is(err, store.ErrClosed) {
		return
	}
	if !errors.Is(err, store.ErrUnavailable) {
		c.handle.engine.cfg.Logger.ErrorContext(ctx, "cacheops: bump failed", "error", err)
	}
	c.handle.engine.owe(ctx, b, keep)
}

// NoticeSchema is called after a statement that ran without a lock on the
// schema. If that changed since the plans were made, the statement may have
// reached tables that its plan does not know. What the store says to that is
// known with the bump's answer.
func (c *Changes) NoticeSchema() {
	state := c.handle.schema.Load()
	if state == nil || c.handle.stale.Load() || c.planned != nil && c.planned != state {
		c.AddAll(false)
		return
	}
	c.unlocked = state
}

// overtaken reports whether the store's version of the schema, as the bump found
// it, is another than the one that a statement without a lock was planned with.
func (c *Changes) overtaken(ctx context.Context, b *batch) bool {
	if c.outrun(ctx, b.stored) { // what is deferred runs in COMMIT, behind the fence
		return true
	}
	if c.unlocked == nil || c.everything() {
		return false
	}
	stored := b.stored
	if stored == (store.Schema{}) { // nothing was bumped, what was changed is postponed
		var err error
		if stored, err = c.handle.StoredSchema(ctx); err != nil {
			return true
		}
	}
	return stored != c.unlocked.version
}
