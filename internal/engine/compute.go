package engine

import (
	"context"
	"crypto/sha256"
	"math/rand/v2"
	"time"

	"github.com/cacheops/cacheops/internal/calloptions"
	"github.com/cacheops/cacheops/internal/recording"
	"github.com/cacheops/cacheops/store"
)

// Computation is one result of the program's own making: of a function, a page, a part
// of one. It is kept like a query's, under what it depends on.
type Computation struct {
	// Name is for hooks.
	Name string
	// Identity stands for what computes: two that have one share results.
	Identity *Identity
	// Args stands for what is computed.
	Args []byte
	// TTL is how long the result is kept; 0 leaves it to the tables that it was made
	// from.
	TTL time.Duration
	// Lock asks for the lock against stampedes.
	Lock bool
	// Group is what Forget drops the result by, one or more results at a time; nil: by
	// Args.
	Group []byte
	// Keeper keeps the result in place of the store; nil: the store does. The
	// Dependency is DependsTime then.
	Keeper Keeper
	// Alike says that the result is the same one whatever handles are open.
	Alike bool
	// Dependency says where the dependency comes from.
	Dependency Dependency
	// Declared returns what the result depends on, with DependsDeclared.
	Declared func() ([]Dep, error)
	// Run computes. It returns the result's form to keep; nil keeps nothing, and an
	// error that is a [NotKeptError] says why. What it returns must not be changed.
	Run func(ctx context.Context) (data []byte, err error)
	// Pass computes where the cache takes no part; nil: Run does.
	Pass func(ctx context.Context)
}

// NotKeptError is the reason why a result that was computed is not to be kept.
type NotKeptError string

// Error implements error.
func (r NotKeptError) Error() string { return string(r) }

// Keeper keeps computed results outside of the store, until their time is over. It may
// be used by many goroutines.
type Keeper interface {
	// Get returns what was set under a key. Whatever the error, there is nothing then.
	Get(ctx context.Context, key store.Key) ([]byte, error)
	// Set replaces what is there.
	Set(ctx context.Context, key store.Key, data []byte, ttl time.Duration) error
	// Delete drops what is there. That there is nothing is no error.
	Delete(ctx context.Context, key store.Key) error
}

// Dependency says where the dependency of a computed result comes from.
type Dependency uint8

// The dependencies.
const (
	// DependsRecorded: from the queries that run under its context.
	DependsRecorded Dependency = iota
	// DependsDeclared: from the program.
	DependsDeclared
	// DependsTime: there is none, only time ends it.
	DependsTime
)

// The reasons why a computed result is not kept.
const (
	reasonShadow   = "in shadow mode computed results are not kept"
	reasonNoTTL    = "it has no time to live: give it one, or Config.Defaults"
	reasonLarge    = "it is larger than Config.MaxEntryBytes"
	reasonError    = "it failed"
	reasonEnded    = "its context has ended"
	reasonPanicked = "it panicked"
	reasonJoined   = "a write came between its queries, or they depend on too much"
	reasonMoved    = "the schema keeps changing"
	reasonNoDeps   = "what it depends on could not be leased"
)

// ownScheme is that of the stamps that stand for the arguments of a computation.
const ownScheme store.Scheme = "args"

// computing is one call of Compute.
type computing struct {
	*Computation

	engine *Engine
	prefix string
	query  store.Query
	// outer records what the caller depends on, which this is a part of; inside is the
	// caller's work. Both may be nil.
	outer  *recording.Recording
	inside *work
	away   bool // a call of the store failed
	failed bool // there is no result because of an error of this call's own
	event  ComputeEvent
}

// ComputeEvent tells how a computed result was had.
type ComputeEvent struct {
	Name string
	// Hit is true when it was there; Shared when another call computed it.
	Hit, Shared bool
	// Reason says why it was not kept.
	Reason  string
	Latency time.Duration
	Err     error
}

// Compute returns a result that is there and valid, or else computes it, and keeps it
// where that is possible. Fresh is true where the caller's own Run made it; the data is
// nil then.
//
// Everything that the result depends on was read, by its stamps, before the database
// was asked. A result of another call is taken out of the store after that call has
// ended: it is valid at that moment, so no older than the caller.
func (e *Engine) Compute(ctx context.Context, c *Computation) (data []byte, fresh bool, err error) {
	since := Now()
	x := computing{Computation: c, engine: e, event: ComputeEvent{Name: c.Name}}
	data, fresh, err = x.compute(ctx)
	x.event.Err = err
	e.observeComputed(ctx, &x.event, since)
	return data, fresh, err
}

func (x *computing) compute(ctx context.Context) ([]byte, bool, error) {
	e := x.engine
	lock := x.Lock
	if o := calloptions.From(ctx); o != nil {
		x.outer, lock = o.Recording, lock || o.Lock
		x.inside, _ = o.Within.(*work)
	}
	if x.event.Reason = x.prepare(ctx); x.event.Reason != "" {
		// What it reads counts for the caller by itself, but the result does not: it
		// could not be dropped with those that were made with it.
		x.outer.Spoil(x.Name + ": " + x.event.Reason)
		if x.Pass != nil {
			x.Pass(ctx)
			return nil, true, nil
		}
		_, err := x.Run(ctx)
		return nil, true, err
	}
	x.name()
	since := e.works.endedOf(&x.query.Key)
	if data, ok := x.look(ctx); ok {
		x.event.Hit = true
		return data, false, nil
	}
	for {
		w, mine := e.works.join(x.query.Key, x.inside)
		if mine {
			return x.work(ctx, w, lock, e.works.endedOf(&x.query.Key) != since)
		}
		again, err := x.wait(ctx, w)
		if err != nil {
			x.outer.Spoil(x.Name + ": " + reasonError)
			return nil, false, err
		}
		if data, ok := x.look(ctx); ok {
			x.event.Shared = true
			return data, false, nil
		}
		if !again { // it is not kept, nor will it be for the next one
			return x.run(ctx, &work{key: x.query.Key, inside: x.inside}, func(bool) {})
		}
	}
}

// prepare says why the result takes no part in the cache, and finds its prefix.
func (x *computing) prepare(ctx context.Context) (reason string) {
	e := x.engine
	o := calloptions.From(ctx)
	switch {
	case o != nil && o.Bypass:
		return reasonBypass
	case e.disabled.Load():
		return reasonDisabled
	case e.cfg.Shadow:
		return reasonShadow
	}
	var ok bool
	if x.prefix, ok = e.functionPrefix(ctx, x.Name); !ok {
		return reasonPrefix
	}
	if e.debts.owed.Load() && !e.payFor(ctx) {
		return reasonOwed
	}
	return ""
}

// name works out the result's key.
func (x *computing) name() {
	e := x.engine
	key := e.computedKey(x.Identity, x.Alike, x.prefix, x.Args)
	x.query = store.Query{Database: e.computed, Key: key, TTL: x.TTL, Joined: true, Decode: decodeComputed}
}

// own is the query that leases the stamps of the computation itself: those that stand
// for its arguments, under the prefix and without.
func (x *computing) own() *store.Query {
	conjs := []store.Conj{ownConj(x.group())}
	deps := []store.TableDep{{Table: x.Identity.table, Conjs: conjs}}
	if x.prefix != "" {
		deps = append(deps, store.TableDep{Table: prefixed(x.prefix, x.Identity.table), Conjs: conjs})
	}
	return &store.Query{Database: x.engine.computed, Key: x.query.Key, Deps: deps, TTL: max(x.TTL, x.outer.Life())}
}

// group is what Forget drops the result by.
func (x *computing) group() []byte {
	if x.Group != nil {
		return x.Group
	}
	return x.Args
}

// ownConj stands for arguments.
func ownConj(args []byte) store.Conj {
	sum := sha256.Sum256(args)
	return store.Conj{Scheme: ownScheme, Key: string(sum[:])}
}

// functionPrefix returns the prefix of a computed result in a context, or false where
// none is known.
func (e *Engine) functionPrefix(ctx context.Context, name string) (prefix string, ok bool) {
	f := e.cfg.PrefixForFunc
	if f == nil {
		return "", true
	}
	defer func() {
		if r := recover(); r != nil {
			e.panicked(ctx, "Config.PrefixFunc", r)
			prefix, ok = "", false
		}
	}()
	prefix = f(ctx, name)
	return prefix, prefix != ""
}

// look returns the result if it is in the store and valid, and has the caller's
// recording know of it.
func (x *computing) look(ctx context.Context) ([]byte, bool) {
	e := x.engine
	var payload store.Payload
	var sn store.Snapshot
	var ok bool
	var err error
	switch {
	case x.away:
		return nil, false
	case x.Keeper != nil:
		data, err := x.Keeper.Get(ctx, x.query.Key)
		if err != nil || data == nil {
			return nil, false
		}
		ttl := x.life(&recording.Recorded{})
		x.tell(ttl, ttl, true)
		return data, true
	case x.outer.Wants():
		payload, sn, ok, err = e.cfg.Store.Recall(ctx, &x.query)
	case e.local != nil:
		payload, ok = e.local.GetLocal(x.query.Database, x.query.Key)
	default:
		payload, ok, err = e.cfg.Store.Get(ctx, &x.query)
	}
	if e.noted(ctx, callGet, err) != nil {
		x.away = true
		return nil, false
	}
	c, is := payload.(*Computed)
	if !ok || !is {
		return nil, false
	}
	x.tell(c.TTL, c.left(), c.Limited, sn)
	return c.Data, true
}

// tell has the caller's recording know of a result that is a part of its own, and of how
// much of its time is left. Limited says that it holds something that only time ends.
func (x *computing) tell(ttl, left time.Duration, limited bool, parts ...store.Snapshot) {
	x.outer.Add(ttl, parts...)
	if limited || x.Dependency == DependsTime {
		x.outer.Limit(left)
	}
}

// wait waits for another's work, until it has ended or taken longer than LockTTL: who
// holds something that it needs, a connection of a small pool for one, must not wait
// for ever. Again says that it is worth to look once more, and to wait for the next one
// who computes it.
func (x *computing) wait(ctx context.Context, w *work) (again bool, err error) {
	defer x.engine.works.leave(w, x.inside)
	timer := time.NewTimer(x.engine.cfg.LockTTL)
	defer timer.Stop()
	select {
	case <-w.done:
		return w.kept || w.failed, nil
	case <-timer.C:
		return false, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// work computes for the caller and for those who wait, who are let go whatever
// happens, also when the program panics. Early says that the caller may have looked
// before another's result was there.
func (x *computing) work(ctx context.Context, w *work, lock, early bool) ([]byte, bool, error) {
	unlock := func() {}
	over := func(kept bool) {
		unlock()
		x.engine.works.end(w, kept, x.failed)
	}
	if lock || early {
		waited := false
		defer func() {
			if !waited {
				over(false)
			}
		}()
		var found []byte
		var err error
		mine := unlock
		if early {
			found, _ = x.look(ctx)
		}
		if lock && found == nil {
			found, mine, err = x.turn(ctx)
		}
		waited = true
		if err != nil {
			x.failed = true
			x.outer.Spoil(x.Name + ": " + reasonError)
		}
		if found != nil || err != nil {
			over(found != nil)
			x.event.Shared = found != nil
			return found, false, err
		}
		unlock = mine
	}
	return x.run(ctx, w, over)
}

// turn waits until the caller may compute, or until somebody else's result is there,
// see [Handle.turn].
func (x *computing) turn(ctx context.Context) (found []byte, unlock func(), err error) {
	e := x.engine
	nothing := func() {}
	for {
		if x.away {
			return nil, nothing, nil
		}
		unlock, ok, err := e.cfg.Store.Lock(ctx, x.query.Key, e.cfg.LockTTL)
		if err == nil && !ok {
			err = e.cfg.Store.AwaitUnlock(ctx, x.query.Key)
		}
		if e.noted(ctx, callLock, err) != nil {
			x.away = true
			return nil, nothing, ctx.Err()
		}
		data, hit := x.look(ctx)
		switch {
		case hit && ok:
			unlock()
			fallthrough
		case hit:
			return data, nothing, nil
		case ok:
			return nil, unlock, nil
		}
	}
}

// CodecFailed counts a result that could not be encoded or decoded. The first one is
// logged.
func (e *Engine) CodecFailed(ctx context.Context, name string, err error) {
	if e.counters.codecErrors.Add(1) == 1 {
		e.cfg.Logger.WarnContext(ctx, "cacheops: a result could not be encoded or decoded; further ones are counted", "name", name, "error", err)
	}
}

// Uncomputed counts a result that took no part in the cache, for a reason that was known
// before anything was asked, and tells the hooks.
func (e *Engine) Uncomputed(ctx context.Context, name, reason string, since Moment) {
	e.observeComputed(ctx, &ComputeEvent{Name: name, Reason: reason}, since)
}

// observeComputed counts a computed result and tells the hooks.
func (e *Engine) observeComputed(ctx context.Context, event *ComputeEvent, since Moment) {
	switch {
	case event.Hit:
		e.countComputed(computedHits)
	case event.Shared:
		e.countComputed(computedShared)
	case event.Reason != "":
		e.countComputed(computedUnkept)
	default:
		e.countComputed(computedMisses)
	}
	if hook := e.cfg.Hooks.OnCompute; hook != nil {
		event.Latency = time.Duration(Now() - since)
		hook(ctx, *event)
	}
}

// The places of what is counted in [Stripe.computed].
const (
	computedHits = iota
	computedShared
	computedUnkept
	computedMisses
)

// countComputed counts a computed result.
func (e *Engine) countComputed(what int) {
	stripes := e.counters.stripes
	stripes[rand.IntN(len(stripes))].computed[what].Add(1) //nolint:gosec // no secret
}
