package cacheops

import (
	"context"
	"time"

	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/calloptions"
)

// Option is a choice for the calls made with one context.
type Option func(*calloptions.Options)

// With returns a context whose reads follow the options. What it does not name
// is taken over from the parent, which stays as it is; of an option that is given
// twice the last counts. It ends a Bypass of the parent, for its own context alone.
//
// A read inside of a transaction follows the context that it is given itself, not
// that of BeginTx. Where a transaction keeps its reads out of the cache, as always
// on SQLite, the options have no effect.
func With(ctx context.Context, options ...Option) context.Context {
	return calloptions.With(ctx, func(o *calloptions.Options) {
		o.Bypass = false
		for _, option := range options {
			option(o)
		}
	})
}

// Bypass returns a context whose reads go to the database and are not stored.
// Writes made with it invalidate as always.
func Bypass(ctx context.Context) context.Context {
	return calloptions.With(ctx, func(o *calloptions.Options) { o.Bypass = true })
}

// NoInvalidation returns a context whose writes drop nothing: for a value that
// may be seen late, such as a counter of views. What they change is stale in the
// cache until its TTL, or until something else drops it, so it is outside of what
// the package promises. It holds for the statements that are given the context, in
// a transaction too, where others may invalidate as always, and is kept by With
// and Bypass.
//
// DDL and statements that are not understood invalidate all the same: with
// another schema results from before are not late but wrong. Invalidate and
// InvalidateTx work under it as anywhere.
func NoInvalidation(ctx context.Context) context.Context {
	return calloptions.With(ctx, func(o *calloptions.Options) { o.NoInvalidation = true })
}

// TTL keeps results for that long, whatever the profiles say; those of tables whose
// profile is Local: Forever have none. A duration of 0 or less changes nothing. TTL
// says nothing on whether a result is cached, and a result that is there already
// keeps the time that it was stored with.
func TTL(d time.Duration) Option {
	return func(o *calloptions.Options) {
		if d > 0 {
			o.TTL = d
		}
	}
}

// Ops caches these kinds of read and no others, whatever the profiles' ops say.
// Ops(0) caches nothing. To ask for a read of a table whose profile is Never is
// an error that wraps ErrNever; but not where the read would take no part in the
// cache whatever the profile says: in a transaction that keeps its reads out, with
// Bypass, and while the cache is disabled.
func Ops(ops Op) Option {
	return func(o *calloptions.Options) { o.Ops, o.HasOps = analysis.Op(ops), true }
}

// Lock guards against stampedes: of those who miss the same result at once, in
// any process on the same store, one asks the database, and the others wait for
// its result. When that one fails its error is its own, and the next one asks.
// When it dies, or takes longer than Config.LockTTL, the next one asks as well.
//
// Nobody who holds a connection waits: not in a transaction, and not where a
// result is open. A wait ends with the context. Without the option readers wait
// only for those of their own handle that began after the same writes.
//
// Lock says nothing on whether a result is cached.
func Lock() Option {
	return func(o *calloptions.Options) { o.Lock = true }
}
