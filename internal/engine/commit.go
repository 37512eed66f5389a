package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cacheops/cacheops/store"
)

// Fence fences everything that was collected, but for what the context
// postpones. It is called right before the commit. An error means that the commit
// must not happen.
func (c *Changes) Fence(ctx context.Context) error {
	if c.Empty() {
		return nil
	}
	at := time.Now()
	c.later = postponing(ctx)
	b := c.batch()
	if c.later != nil {
		b.log, b.known = c.prompt(), nil
	}
	err := b.apply(ctx, func(ch *store.Change) (store.Ack, error) {
		return c.handle.engine.cfg.Store.Fence(ctx, ch)
	}, nil)
	if err != nil {
		c.handle.engine.countStoreError(ctx, c.handle.engine.called("fence"), err)
		return fmt.Errorf("cacheops: the write was rolled back, since readers could not be kept from stale results: %w", err)
	}
	c.fenced, c.fencedAt, c.stored = true, at, b.stored
	return nil
}

// Alive reports whether the fences live long enough for a commit that begins
// now. It reads a monotonic clock.
func (c *Changes) Alive() bool {
	return c.Empty() || c.fenced && time.Since(c.fencedAt) < c.handle.engine.cfg.FenceTTL/2
}

// Committed ends a change after a commit without an error: what the context of
// the fence postpones is handed on, the rest is bumped.
func (c *Changes) Committed(ctx context.Context) {
	// Only now is it handed on: what was there earlier could be invalidated
	// before the commit, and then never again.
	if c.later == nil || !c.later.add(c) {
		c.Bump(ctx, store.DropFence)
		return
	}
	b := c.batch()
	b.log, b.known = c.prompt(), nil
	c.bump(ctx, b, store.DropFence)
}

// Bump makes everything that was collected invalid, after a commit, whatever
// its outcome. Keep leaves the fences, where the outcome is unknown. The
// context's end does not end it. What is left undone the fences' end does.
func (c *Changes) Bump(ctx context.Context, keep store.Keep) { c.bump(ctx, c.batch(), keep) }

func (c *Changes) bump(ctx context.Context, b *batch, keep store.Keep) {
	if len(b.log) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.handle.engine.cfg.FenceTTL)
	defer cancel()
	err := b.bump(ctx, keep)
	if err == nil && c.overtaken(ctx, b) {
		c.AddAll(false)
		err = c.batch().bump(ctx, keep)
	}
	if err != nil && !errors.Is(err, store.ErrClosed) {
		c.handle.engine.cfg.Logger.ErrorContext(ctx, "cacheops: bump failed, the fences will end by their deadline", "error", err)
	}
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
	if c.unlocked == nil || slices.ContainsFunc(c.log, func(ch change) bool { return ch.table == nil }) {
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
