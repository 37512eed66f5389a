package engine

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cacheops/cacheops/store"
)

// call is a call of the store.
type call uint8

// The calls of a store whose failures are counted. Those of the last ones are
// told together, as others.
const (
	callGet call = iota
	callLease
	callFill
	callFence
	callBump
	callLock
	callSchema
	callRegistry
	calls
)

// String returns its name, for the log.
func (c call) String() string {
	return [calls]string{"get", "lease", "fill", "fence", "bump", "lock", "schema", "registry"}[c]
}

// The kinds of call. A store may refuse to change anything and answer questions
// all the same, as one does that is out of memory: then a question that it answers
// does not show that it is well again.
const (
	asking   uint32 = 1 << iota // it changes nothing in the store
	changing                    // it does
)

// fails returns the kind of a call.
func (c call) fails() uint32 {
	switch c {
	case callGet, callSchema, callRegistry:
		return asking
	default:
		return changing
	}
}

// mends returns the kinds of call that are well where this one works.
func (c call) mends() uint32 {
	if c.fails() == asking {
		return asking
	}
	return asking | changing
}

// outage is what is known of the store's being away. It is one for all of its
// calls: it begins with the first that fails, and ends when no kind of call is
// known to fail.
type outage struct {
	failing atomic.Uint32 // the kinds of call that fail: 0 while all is well

	mu       sync.Mutex // guards what follows, and changes of failing
	since    time.Time
	failures uint64
}

// noted takes note of what came of a call of the store, and returns its error. A
// store that is away fails at every call: the first failure is logged and the end
// of the outage, what is between them is counted. It costs a call that works one
// load.
func (e *Engine) noted(ctx context.Context, c call, err error) error {
	switch {
	case err == nil:
		if e.outage.failing.Load()&c.mends() != 0 {
			e.storeWorked(ctx, c)
		}
	case ctx.Err() == nil && !errors.Is(err, store.ErrClosed):
		// The end of the caller's context is no failure of the store, and neither
		// is it when the program closed it.
		e.storeFailed(ctx, c, err)
	}
	return err
}

func (e *Engine) storeFailed(ctx context.Context, c call, err error) {
	e.counters.storeErrors[c].Add(1)
	o := &e.outage
	o.mu.Lock()
	began := o.failures == 0
	if began {
		o.since = time.Now()
	}
	o.failures++
	o.failing.Or(c.fails())
	o.mu.Unlock()
	if began {
		e.cfg.Logger.WarnContext(ctx, "cacheops: store failed; further failures are counted until it works again",
			"call", c.String(), "error", err)
	}
}

func (e *Engine) storeWorked(ctx context.Context, c call) {
	o := &e.outage
	o.mu.Lock()
	o.failing.And(^c.mends())
	failures, lasted := o.failures, time.Since(o.since)
	ended := failures > 0 && o.failing.Load() == 0
	if ended {
		o.failures = 0
	}
	o.mu.Unlock()
	if ended {
		e.cfg.Logger.InfoContext(ctx, "cacheops: store recovered", "call", c.String(), "failures", failures, "lasted", lasted)
	}
}
