package engine

import (
	"context"
	"database/sql/driver"
	"errors"
	"time"

	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/calloptions"
	"github.com/cacheops/cacheops/internal/recording"
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

	reasonMigrations = "a table belongs to a migration tool: give it a profile by its exact name to cache it"
	reasonUntracked  = "a profile leaves the writes of a table untracked, and names no ops"
	reasonTerms      = "the conditions compare more columns than the profile's MaxTerms"
	reasonPrefix     = "Config.PrefixFunc knows no prefix for the context"
	reasonOwed       = "the store has not yet been told of all committed writes"
	// ReasonAdmit is the program's own judgement.
	ReasonAdmit = "Config.Admit refused it"
)

// Call is one read that may be answered from the cache.
type Call struct {
	plan *Plan
	args []driver.NamedValue
	// prefixes are those of the plan's tables; none without Config.PrefixFor.
	prefixes []string

	key store.Key
	op  analysis.Op
	ttl time.Duration
	// local is true for a result that stays in the process.
	local bool
	lock  bool // asks for the lock against stampedes
	// recording collects what the read depends on; nil: nobody does.
	recording *recording.Recording
	// unkept says why the result is not to be stored, although its dependency is to be
	// recorded. It is empty where it may be stored.
	unkept string
	// snapshot is the stamps under which the answer was valid, and fenced is true
	// where there are none because a write is under way.
	snapshot store.Snapshot
	fenced   bool
	// ahead is true for a read that follows a commit, for nobody yet.
	ahead bool
	// away is true once a call of the store failed: the read does without it from
	// there on, so that it waits at most once for a store that does not answer.
	away bool
}

// Op tells the kind of the read.
func (c *Call) Op() analysis.Op { return c.op }

// Prepare decides whether a read takes part in the cache, and works out its
// key. The reason says why not, and is empty when it does.
func (h *Handle) Prepare(ctx context.Context, p *Plan, args []driver.NamedValue) (c Call, reason string) {
	return h.prepare(ctx, p, args, false)
}

// PreparePrepared is Prepare for a read over a prepared statement whose results are
// other Go values than those of its text.
func (h *Handle) PreparePrepared(ctx context.Context, p *Plan, args []driver.NamedValue) (c Call, reason string) {
	return h.prepare(ctx, p, args, true)
}

func (h *Handle) prepare(ctx context.Context, p *Plan, args []driver.NamedValue, prepared bool) (c Call, reason string) {
	switch {
	case p.state == nil, p.state.provisional, h.stale.Load(): // it could not be read
		return c, reasonNoSchema
	case p.Read == nil:
		return c, reasonNotSelect
	case h.engine.disabled.Load():
		return c, reasonDisabled
	case p.Read.Reason != "":
		return c, p.Read.Reason
	case p.policy.refused != "":
		return Call{op: p.Read.Op(args)}, p.policy.refused
	}
	ops, ttl, asked, lock := p.policy.ops, p.policy.ttl, false, p.policy.lock
	var rec *recording.Recording
	if o := calloptions.From(ctx); o != nil {
		if o.Bypass {
			return c, reasonBypass
		}
		if o.HasOps {
			ops, asked = o.Ops, true
		}
		if o.TTL > 0 {
			ttl = o.TTL
		}
		lock = lock || o.Lock
		if o.Recording.Wants() {
			rec = o.Recording
		}
	}
	op := p.Read.Op(args)
	unkept := ""
	switch {
	case op&ops == 0:
		unkept = reasonOp
	case p.policy.unasked != "" && !asked:
		unkept = p.policy.unasked
	}
	if unkept != "" && rec == nil {
		return Call{op: op}, unkept
	}
	prefixes, ok := h.prefixes(ctx, p)
	if !ok {
		return Call{op: op}, reasonPrefix
	}
	if p.Dated(args) {
		return Call{op: op}, analysis.WhyDated
	}
	key, ok := entryKey(&p.digest, prefixes, args)
	if !ok {
		return Call{op: op}, reasonArgument
	}
	if prepared {
		key = preparedKey(key)
	}
	// Last, so that it is tried to be paid only for a read that the cache could
	// answer.
	if h.engine.debts.owed.Load() && !h.engine.payFor(ctx) {
		return Call{op: op}, reasonOwed
	}
	return Call{
		plan: p, args: args, prefixes: prefixes, key: key, op: op, ttl: ttl, local: p.policy.local, lock: lock,
		recording: rec, unkept: unkept,
	}, ""
}

// Lookup answers a call from the cache. An error of the store is a miss, of which
// the call takes note.
func (h *Handle) Lookup(ctx context.Context, c *Call) (*result.Result, bool) {
	if c.local {
		return h.engine.forever.get(c.key)
	}
	var payload store.Payload
	var ok bool
	switch {
	case c.recording != nil:
		payload, ok = h.recall(ctx, c)
	case h.engine.local != nil:
		payload, ok = h.engine.local.GetLocal(c.plan.domain, c.key)
	default:
		q, err := h.query(ctx, c)
		if err == nil {
			payload, ok, err = h.engine.cfg.Store.Get(ctx, q)
		}
		if h.engine.noted(ctx, callGet, err) != nil {
			c.away = true
			return nil, false
		}
	}
	if !ok {
		return nil, false
	}
	r, ok := payload.(*result.Result)
	if ok {
		r.Touch()
	}
	return r, ok
}

// recall is a look at the store that tells the stamps as well.
func (h *Handle) recall(ctx context.Context, c *Call) (payload store.Payload, ok bool) {
	q, err := h.query(ctx, c)
	if err == nil {
		payload, c.snapshot, ok, err = h.engine.cfg.Store.Recall(ctx, q)
	}
	if h.engine.noted(ctx, callGet, err) != nil {
		c.away = true
		return nil, false
	}
	return payload, ok
}

// query is what a store needs to know of a call.
func (h *Handle) query(ctx context.Context, c *Call) (*store.Query, error) {
	set, err := h.bound(ctx, c.plan, c.args)
	if err != nil {
		return nil, err
	}
	return &store.Query{
		Database: c.plan.domain, Key: c.key, Deps: c.prefixDeps(set.Deps()), TTL: max(c.ttl, c.recording.Life()),
		Decode: c.plan.decode,
	}, nil
}

// ErrNever is wrapped by the error of a call that asks for what a profile
// forbids. Package cacheops exports it.
var ErrNever = errors.New("the profile forbids caching")

// ErrPlanVoid is returned by a loader that found the schema changed: the call
// has to be planned anew.
var ErrPlanVoid = errors.New("the plan is void")

// Loader asks the database. It returns a whole result, which may be stored, or
// whatever else it gives to its caller, which may not.
type Loader func(ctx context.Context) (*result.Result, driver.Rows, error)

// Load answers a call that missed. It leases, joins the flight of another reader
// if that one's snapshot is no older than its own start, or else runs the
// loader and stores what it returns. A call that asks for the lock runs the
// loader when it is its turn, see [Handle.turn]. Join says whether to wait for
// others: a caller that holds a connection must not, for the other may be waiting
// for it. Where the lease is fenced nobody waits, for nothing will be stored.
//
// It returns the result, or the loader's other rows or error as they are. Shared
// is true when the result is another reader's. ErrPlanVoid means that the schema
// is not the one the call was planned with.
func (h *Handle) Load(ctx context.Context, c *Call, join bool, load Loader) (r *result.Result, rest driver.Rows, shared bool, err error) {
	if c.local {
		return h.loadLocal(ctx, c, join, load)
	}
	for {
		if c.away {
			r, rest, err = load(ctx)
			return r, rest, false, err
		}
		q, lease, err := h.lease(ctx, c)
		if err != nil {
			if ctx.Err() != nil {
				return nil, nil, false, ctx.Err()
			}
			continue // away
		}
		if lease.Schema != c.plan.state.version {
			return nil, nil, false, ErrPlanVoid
		}
		if lease.Fenced || !join || c.unkept != "" {
			r, rest, err = load(ctx)
			h.fill(ctx, q, lease, c, r, err)
			return r, rest, false, err
		}
		f, leader := h.flights.join(c.key, lease.Snapshot, c.lock)
		if leader {
			return h.lead(ctx, f, q, lease, c, load)
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

// lease asks the store for the stamps of a call. After an error of it the store
// is away for the call.
func (h *Handle) lease(ctx context.Context, c *Call) (q *store.Query, lease store.Lease, err error) {
	if q, err = h.query(ctx, c); err == nil {
		lease, err = h.engine.cfg.Store.Lease(ctx, q)
	}
	if err == nil && c.plan.policy.agnostic {
		// The lease is of the domain that all databases share; whether the plan is
		// still right is a question to this one. A change of the schema from here
		// on ends the lease.
		lease.Schema, err = h.engine.cfg.Store.Schema(ctx, h.domain)
	}
	c.away = h.engine.noted(ctx, callLease, err) != nil
	c.snapshot, c.fenced = lease.Snapshot, lease.Fenced
	return q, lease, err
}

// lead runs the loader for itself and for those who joined. They are let go
// whatever happens, also when the loader panics, and so is the lock.
func (h *Handle) lead(ctx context.Context, f *flight, q *store.Query, lease store.Lease, c *Call, load Loader) (r *result.Result, rest driver.Rows, shared bool, err error) {
	defer func() { h.flights.land(c.key, f, r) }()
	if c.lock {
		t, err := h.turn(ctx, c, q, lease)
		if err != nil || t.found != nil {
			return t.found, nil, err == nil, err
		}
		defer t.unlock()
		q, lease = t.query, t.lease
		h.flights.depart(f)
	}
	r, rest, err = load(ctx)
	h.fill(ctx, q, lease, c, r, err)
	return r, rest, false, err
}

// Verdict tells how long a read would be kept, 0 for as long as the process
// lives, and why it would not be cached.
func (h *Handle) Verdict(ctx context.Context, p *Plan, args []driver.NamedValue) (ttl time.Duration, reason string) {
	c, reason := h.Prepare(ctx, p, args)
	switch {
	case p.policy.local:
		return 0, reason
	case reason != "":
		return p.policy.ttl, reason
	}
	return c.ttl, ""
}
