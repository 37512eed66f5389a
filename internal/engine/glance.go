package engine

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/cacheops/cacheops/internal/calloptions"
	"github.com/cacheops/cacheops/store"
)

// Glance returns a computed result that is in this process and valid. It is
// [Engine.Compute] and [Engine.Peek] for the calls for which there is nothing else to
// do, and allocates nothing. Where it returns false there may be a result all the same,
// and nothing was counted.
func (e *Engine) Glance(ctx context.Context, c *Computation) ([]byte, bool) {
	if e.local == nil || c.Keeper != nil || e.cfg.Shadow || e.disabled.Load() || e.debts.owed.Load() {
		return nil, false
	}
	if o := calloptions.From(ctx); o != nil && (o.Bypass || o.Recording.Wants()) {
		return nil, false
	}
	var since Moment
	hook := e.cfg.Hooks.OnCompute
	if hook != nil {
		since = Now()
	}
	prefix, ok := e.functionPrefix(ctx, c.Name)
	if !ok {
		return nil, false
	}
	payload, ok := e.local.GetLocal(e.computed, e.computedKey(c.Identity, c.Alike, prefix, c.Args))
	if !ok {
		return nil, false
	}
	found, ok := payload.(*Computed)
	if !ok {
		return nil, false
	}
	e.countComputed(computedHits)
	if hook != nil {
		hook(ctx, ComputeEvent{Name: c.Name, Hit: true, Latency: time.Duration(Now() - since)})
	}
	return found.Data, true
}

// computedKey is the key of a computed result: from what computes what, for whom, and,
// where it is not alike, all that the handles of this process decide of what a query
// returns.
func (e *Engine) computedKey(identity *Identity, alike bool, prefix string, args []byte) store.Key {
	var buf [256]byte
	b := append(buf[:0], identity.digest[:]...)
	if !alike {
		variants := e.variants.Load()
		b = append(b, variants[:]...)
	}
	b = appendString(b, prefix)
	b = append(b, args...)
	return sha256.Sum256(b)
}
