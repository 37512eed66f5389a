package engine

import (
	"context"

	"github.com/cacheops/cacheops/internal/result"
	"github.com/cacheops/cacheops/store"
)

// fill stores a whole result. A failure costs a hit.
func (h *Handle) fill(ctx context.Context, q *store.Query, lease store.Lease, c *Call, r *result.Result, err error) {
	e := h.engine
	switch {
	case err != nil || r == nil || c.away:
		return
	case lease.Fenced:
		e.counters.fenced.Add(1)
		return
	case r.Size() > e.cfg.MaxEntryBytes:
		e.counters.tooLarge.Add(1)
		return
	}
	ttl := c.ttl
	fill := func(ctx context.Context) {
		if e.noted(ctx, callFill, e.cfg.Store.Fill(ctx, q, lease.Snapshot, r, ttl)) == nil {
			e.counters.fills.Add(1)
		}
	}
	if e.aside == nil || c.lock || c.ahead {
		// Who is behind a lock finds the result when the lock is given back, and who
		// writes a row finds it when the write returns.
		fill(ctx)
		return
	}
	// The reader has its result, and need not wait until it is stored. What it
	// leased holds all the same: a write that comes in between ends it.
	select {
	case e.aside <- struct{}{}:
	default:
		e.counters.fillsDropped.Add(1)
		return
	}
	ctx = context.WithoutCancel(ctx) // the reader's end is not that of its fill
	started := e.background.run(func() {
		defer func() { <-e.aside }()
		fill(ctx)
	})
	if !started {
		<-e.aside
		e.counters.fillsDropped.Add(1)
	}
}
