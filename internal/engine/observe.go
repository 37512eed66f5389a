package engine

import (
	"context"
	"runtime/debug"
	"time"

	"github.com/cacheops/cacheops/internal/analysis"
)

// Pass is a kind of reason for which a read took no part in the cache.
type Pass uint8

// The kinds of reason.
const (
	// PassStatement: the statement, or an argument of it, cannot be cached.
	PassStatement Pass = iota
	// PassDisabled: the cache is disabled.
	PassDisabled
	// PassBypass: the call's context asked for it.
	PassBypass
	// PassProfile: no profile caches it.
	PassProfile
	// PassPrefix: the call's context has no prefix.
	PassPrefix
	// PassTransaction: it ran in a transaction.
	PassTransaction
	// PassConnection: the state of the connection, or of all of them.
	PassConnection
	// PassSchema: the schema is not known, or keeps changing.
	PassSchema
	// PassStore: the store has to be told of a write first.
	PassStore
	// PassFailed: the call failed before it came to that.
	PassFailed
	// Passes is how many there are.
	Passes
)

// PassOf tells the kind of a reason of [Handle.Prepare].
func PassOf(reason string) Pass {
	switch reason {
	case "":
		return 0
	case reasonDisabled:
		return PassDisabled
	case reasonBypass:
		return PassBypass
	case reasonNever, reasonOp, reasonMigrations, reasonUntracked, reasonTerms, ReasonAdmit:
		return PassProfile
	case reasonPrefix:
		return PassPrefix
	case reasonNoSchema:
		return PassSchema
	case reasonOwed:
		return PassStore
	default:
		return PassStatement
	}
}

// Answer tells how a read was answered.
type Answer struct {
	Op analysis.Op
	// Hit is true when the cache answered, or would have done so in shadow mode;
	// Shared when the query of another reader did.
	Hit, Shared bool
	// Reason says why the cache took no part, and is empty when it did; Pass is
	// its kind.
	Reason string
	Pass   Pass
	Err    error
}

// Moment is a point in time, in nanoseconds since the process started. It only
// serves to tell how long something took.
type Moment time.Duration

// started is about when the process started.
var started = time.Now()

// Now is the present. It reads the monotonic clock alone, where time.Now reads
// the clock on the wall as well: a hit does little else that costs as much.
func Now() Moment { return Moment(time.Since(started)) }

// Observe counts a read and reports it to the hooks. Since is when the call
// began; it matters only where [Handle.Observed] is true. It does not allocate.
func (h *Handle) Observe(ctx context.Context, s *Stripe, p *Plan, a *Answer, since Moment) {
	s.add(a)
	if a.Err != nil {
		s.failed(ctx)
	}
	hook := h.engine.cfg.Hooks.OnRead
	if hook == nil {
		return
	}
	hook(ctx, ReadEvent{
		Database: h.database, Query: p.text, Op: a.Op, Tables: p.tables, Hit: a.Hit, Shared: a.Shared,
		Shadow: a.Reason == "" && h.engine.cfg.Shadow, Reason: a.Reason, Latency: time.Duration(Now() - since), Err: a.Err,
	})
}

// Observed reports whether somebody listens to reads.
func (h *Handle) Observed() bool { return h.engine.cfg.Hooks.OnRead != nil }

// guarded returns hooks whose panics end here: a fault in a program's
// bookkeeping must not take its queries down.
func (e *Engine) guarded(h Hooks) Hooks {
	return Hooks{
		OnRead:       guard(e, "OnRead", h.OnRead),
		OnInvalidate: guard(e, "OnInvalidate", h.OnInvalidate),
		OnDifference: guard(e, "OnDifference", h.OnDifference),
		OnCompute:    guard(e, "OnRead", h.OnCompute),
	}
}

// guard wraps one hook. The first panic is logged, all are counted.
func guard[E any](e *Engine, name string, hook func(context.Context, E)) func(context.Context, E) {
	if hook == nil {
		return nil
	}
	return func(ctx context.Context, event E) {
		defer func() {
			if r := recover(); r != nil {
				e.panicked(ctx, name, r)
			}
		}()
		hook(ctx, event)
	}
}

// panicked takes note of a panic of a function of the program's: the first of each
// is logged, all are counted.
func (e *Engine) panicked(ctx context.Context, name string, r any) {
	e.counters.hookPanics.Add(1)
	if _, again := e.panics.LoadOrStore(name, true); !again {
		e.cfg.Logger.ErrorContext(ctx, "cacheops: a function of the program panicked; further panics of it are counted",
			"function", name, "panic", r, "stack", string(debug.Stack()))
	}
}
