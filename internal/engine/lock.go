package engine

import (
	"context"

	"github.com/cacheops/cacheops/internal/result"
	"github.com/cacheops/cacheops/store"
)

// turn is what a reader has once it waits for others no more: either what one of
// them found, or the right to ask the database, with a lease for what it finds.
type turn struct {
	found  *result.Result
	query  *store.Query
	lease  store.Lease
	unlock func() // may be called more than once
}

// turn waits until a call may ask the database, or until somebody else's result
// is in the cache. For each key one reader at a time may ask, among all who share
// the store; where it dies, or takes longer than LockTTL, the next one may. It is
// a help against stampedes: when the store fails the call goes on without it.
//
// What is found is right for those who joined the caller's flight, and not only
// for the caller. Take a write that the reader J has to see, for it was bumped
// before J began, and call the moment at which the entry was found T:
//
//   - If the bump came before T: the entry was valid at T, so its stamps were
//     leased after the bump, which would have taken one of them away. Its query
//     was sent after the lease. So the entry holds the write.
//   - If the bump came after T, then it came after the flight's lease, which is
//     older than T, and before J's lease. It took away a stamp of the flight's
//     snapshot, and stamps never come back. So J's snapshot is another one, and
//     J did not join.
//
// The same holds for a query of our own after the wait: it is sent after T.
func (h *Handle) turn(ctx context.Context, c *Call, q *store.Query, lease store.Lease) (turn, error) {
	st := h.engine.cfg.Store
	t := turn{query: q, lease: lease, unlock: func() {}}
	for waited := false; ; waited = true {
		unlock, ok, err := st.Lock(ctx, c.key, h.engine.cfg.LockTTL)
		if err == nil && !ok {
			err = st.AwaitUnlock(ctx, c.key)
		}
		if h.engine.noted(ctx, callLock, err) != nil {
			if ctx.Err() != nil {
				return t, ctx.Err()
			}
			c.away = true
			return t, nil
		}
		// Also who did not wait looks again: since the first look somebody may
		// have had the lock, filled, and given it back.
		r, hit := h.Lookup(ctx, c)
		switch {
		case hit && ok:
			unlock()
			fallthrough
		case hit:
			t.found = r
			return t, nil
		case c.away:
			if ok {
				h.unlockAside(unlock)
			}
			return t, ctx.Err()
		case !ok:
			continue
		case !waited:
			t.unlock = unlock
			return t, nil
		}
		return h.again(ctx, c, t, unlock)
	}
}

// again leases anew for a turn that was waited for: a write may have come
// meanwhile, and what is stored under the old stamps would never be served.
func (h *Handle) again(ctx context.Context, c *Call, t turn, unlock func()) (turn, error) {
	q, lease, err := h.lease(ctx, c)
	switch {
	case err != nil:
		h.unlockAside(unlock)
		return t, ctx.Err()
	case lease.Schema != c.plan.state.version:
		unlock()
		return t, ErrPlanVoid
	}
	t.query, t.lease = q, lease
	if lease.Fenced {
		unlock() // nothing will be stored: those behind need not wait for it
		return t, nil
	}
	t.unlock = unlock
	return t, nil
}

// unlockAside gives a lock back that is of no use to a call for which the store is
// away: nothing will be stored. It must not make the call wait for the store once
// more.
func (h *Handle) unlockAside(unlock func()) {
	if !h.engine.background.run(unlock) {
		unlock()
	}
}
