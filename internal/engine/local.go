package engine

import (
	"context"
	"database/sql/driver"
	"math"

	"github.com/maypok86/otter/v2"

	"github.com/cacheops/cacheops/internal/result"
	"github.com/cacheops/cacheops/store"
)

// localOverhead is what a result takes besides itself, in bytes, roughly.
const localOverhead = 200

// localResults are results that stay in the process and are never invalidated.
// They live as long as there is room.
type localResults struct {
	entries *otter.Cache[store.Key, *result.Result]
}

func newLocalResults(maxBytes int64) (*localResults, error) {
	entries, err := otter.New(&otter.Options[store.Key, *result.Result]{
		MaximumWeight: uint64(max(maxBytes, 0)),
		Weigher: func(_ store.Key, r *result.Result) uint32 {
			return uint32(min(r.Size()+localOverhead, math.MaxUint32)) //nolint:gosec // bounded
		},
	})
	if err != nil {
		return nil, err
	}
	return &localResults{entries: entries}, nil
}

func (l *localResults) get(key store.Key) (*result.Result, bool) { return l.entries.GetIfPresent(key) }

func (l *localResults) set(key store.Key, r *result.Result) { l.entries.Set(key, r) }

func (l *localResults) close() { l.entries.StopAllGoroutines() }

// localSnapshot is the snapshot of a result that nothing invalidates.
type localSnapshot struct{}

// Equal implements store.Snapshot.
func (localSnapshot) Equal(other store.Snapshot) bool { return other == localSnapshot{} }

// loadLocal answers a call for a local result that missed. It needs no lease,
// for nothing ends such a result; only its plan must be that of the schema.
func (h *Handle) loadLocal(ctx context.Context, c *Call, join bool, load Loader) (r *result.Result, rest driver.Rows, shared bool, err error) {
	version, err := h.engine.cfg.Store.Schema(ctx, h.domain)
	if h.engine.noted(ctx, callSchema, err) != nil {
		r, rest, err = load(ctx)
		return r, rest, false, err
	}
	if version != c.plan.state.version {
		return nil, nil, false, ErrPlanVoid
	}
	for {
		if !join {
			r, rest, err = load(ctx)
			h.keepLocal(c, r, err)
			return r, rest, false, err
		}
		f, leader := h.flights.join(c.key, localSnapshot{}, false)
		if leader {
			r, rest, err = h.leadLocal(ctx, f, c, load)
			return r, rest, false, err
		}
		select {
		case <-f.done:
		case <-ctx.Done():
			return nil, nil, false, ctx.Err()
		}
		if f.result != nil {
			return f.result, nil, true, nil
		}
	}
}

// leadLocal runs the loader for itself and for those who joined.
func (h *Handle) leadLocal(ctx context.Context, f *flight, c *Call, load Loader) (r *result.Result, rest driver.Rows, err error) {
	defer func() { h.flights.land(c.key, f, r) }()
	if r, ok := h.engine.forever.get(c.key); ok {
		return r, nil, nil // another leader's, since the caller looked
	}
	r, rest, err = load(ctx)
	h.keepLocal(c, r, err)
	return r, rest, err
}

// keepLocal keeps a whole result.
func (h *Handle) keepLocal(c *Call, r *result.Result, err error) {
	if err == nil && r != nil && r.Size() <= h.engine.cfg.MaxEntryBytes {
		h.engine.forever.set(c.key, r)
	}
}
