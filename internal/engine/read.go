package engine

import (
	"context"
	"database/sql/driver"
	"errors"
	"time"

	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/calloptions"
	"github.com/cacheops/cacheops/internal/result"
	"github.com/cacheops/cacheops/store"
)

// The reasons why a read that could be analysed is not cached.
const (
	reasonDisabled  = "the cache is disabled"
	reasonBypass    = "bypassed by the context"
	reasonNever     = "a profile forbids caching"
	reasonOp        = "no profile caches this kind of read"
	reasonArgument  = "an argument has a type that only the driver knows"
	reasonNoSchema  = "the schema is not known yet"
	reasonNotSelect = "not a SELECT"
)

// Call is one read that may be answered from the cache.
type Call struct {
	plan *Plan
	args []driver.NamedValue
	key  store.Key
	op   analysis.Op
	ttl  time.Duration
}

// Op tells the kind of the read.
func (c *Call) Op() analysis.Op { return c.op }

// Prepare decides whether a read takes part in the cache, and works out its
// key. The reason says why not, and is empty when it does.
func (h *Handle) Prepare(ctx context.Context, p *Plan, args []driver.NamedValue) (c Call, reason string) {
	switch {
	case p.state == nil:
		return c, reasonNoSchema
	case p.Read == nil:
		return c, reasonNotSelect
	case h.engine.disabled.Load():
		return c, reasonDisabled
	case p.Read.Reason != "":
		return c, p.Read.Reason
	case p.policy.Never:
		return c, reasonNever
	}
	ops, ttl := p.policy.Ops, p.policy.TTL
	if o := calloptions.From(ctx); o != nil {
		if o.Bypass {
			return c, reasonBypass
		}
		if o.HasOps {
			ops = o.Ops
		}
		if o.TTL > 0 {
			ttl = o.TTL
		}
	}
	op := p.Read.Op(args)
	if op&ops == 0 {
		return c, reasonOp
	}
	key, ok := entryKey(&p.digest, args)
	if !ok {
		return c, reasonArgument
	}
	return Call{plan: p, args: args, key: key, op: op, ttl: ttl}, ""
}

// Lookup answers a call from the cache. An error of the store is a miss.
func (h *Handle) Lookup(ctx context.Context, c *Call) (*result.Result, bool) {
	var payload store.Payload
	var ok bool
	if h.engine.local != nil {
		payload, ok = h.engine.local.GetLocal(h.database, c.key)
	} else {
		q, err := h.query(ctx, c)
		if err == nil {
			payload, ok, err = h.engine.cfg.Store.Get(ctx, q)
		}
		if err != nil {
			h.engine.storeFailed(ctx, "get", err)
			return nil, false
		}
		h.engine.storeWorked(ctx, "get")
	}
	if !ok {
		return nil, false
	}
	r, ok := payload.(*result.Result)
	return r, ok
}

// query is what a store needs to know of a call.
func (h *Handle) query(ctx context.Context, c *Call) (*store.Query, error) {
	set, err := c.plan.Bind(c.args).Within(h.engine.cfg.MaxSchemes, func(table string) ([]store.Scheme, error) {
		reg, err := h.engine.cfg.Store.Registry(ctx, h.database, table)
		return reg.Schemes, err
	})
	if err != nil {
		return nil, err
	}
	return &store.Query{
		Database: h.database, Key: c.key, Deps: set.Deps(),
		Decode: func(b []byte) (store.Payload, error) { return result.Decode(b) },
	}, nil
}

// ErrPlanVoid is returned by a loader that found the schema changed: the call
// has to be planned anew.
var ErrPlanVoid = errors.New("the plan is void")

// Loader asks the database. It returns a whole result, which may be stored, or
// whatever else it gives to its caller, which may not.
type Loader func(ctx context.Context) (*result.Result, driver.Rows, error)

// Load answers a call that missed. It leases, joins the flight of another reader
// if that one's snapshot is no older than its own start, or else runs the
// loader and stores what it returns. Join says whether to wait for others: a
// caller that holds a connection must not, for the other may be waiting for it.
//
// It returns the result, or the loader's other rows or error as they are.
// ErrPlanVoid means that the schema is not the one the call was planned with.
func (h *Handle) Load(ctx context.Context, c *Call, join bool, load Loader) (r *result.Result, rest driver.Rows, shared bool, err error) {
	for {
		q, err := h.query(ctx, c)
		var lease store.Lease
		if err == nil {
			lease, err = h.engine.cfg.Store.Lease(ctx, q)
		}
		if err != nil {
			if ctx.Err() != nil {
				return nil, nil, false, ctx.Err()
			}
			h.engine.storeFailed(ctx, "lease", err)
			r, rest, err = load(ctx)
			return r, rest, false, err
		}
		h.engine.storeWorked(ctx, "lease")
		if lease.Schema != c.plan.state.version {
			return nil, nil, false, ErrPlanVoid
		}
		if lease.Fenced || !join {
			r, rest, err = load(ctx)
			h.fill(ctx, q, lease, c, r, err)
			return r, rest, false, err
		}
		f, leader := h.flights.join(c.key, lease.Snapshot)
		if leader {
			r, rest, err = h.lead(ctx, f, q, lease, c, load)
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
		// The leader has no result for us: its error, its cancelled context
		// and its long answer are its own. Begin again, perhaps as leader.
	}
}

// lead runs the loader for itself and for those who joined. They are let go
// whatever happens, also when the loader panics.
func (h *Handle) lead(ctx context.Context, f *flight, q *store.Query, lease store.Lease, c *Call, load Loader) (r *result.Result, rest driver.Rows, err error) {
	defer func() { h.flights.land(c.key, f, r) }()
	r, rest, err = load(ctx)
	h.fill(ctx, q, lease, c, r, err)
	return r, rest, err
}

// fill stores a whole result. A failure costs a hit.
func (h *Handle) fill(ctx context.Context, q *store.Query, lease store.Lease, c *Call, r *result.Result, err error) {
	switch {
	case err != nil || r == nil:
		return
	case lease.Fenced:
		h.engine.counters.fenced.Add(1)
		return
	case r.Size() > h.engine.cfg.MaxEntryBytes:
		h.engine.counters.tooLarge.Add(1)
		return
	}
	if err := h.engine.cfg.Store.Fill(ctx, q, lease.Snapshot, r, c.ttl); err != nil {
		h.engine.storeFailed(ctx, "fill", err)
		return
	}
	h.engine.storeWorked(ctx, "fill")
	h.engine.counters.fills.Add(1)
}

// Policy tells what the profiles and the context say about a read, and why it
// would not be cached.
func (h *Handle) Policy(ctx context.Context, p *Plan, args []driver.NamedValue) (Policy, string) {
	c, reason := h.Prepare(ctx, p, args)
	policy := p.policy
	if reason == "" {
		policy.TTL = c.ttl
	}
	return policy, reason
}
