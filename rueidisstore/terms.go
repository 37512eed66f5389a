package rueidisstore

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// terms bound the calls of a context that never ends. A context with a time-out of
// its own for each would cost a good part of a hit; here calls of about one moment
// have one together, and wait at most a quarter longer than the limit. Each kind
// of call has several, so that goroutines do not queue for one context's lock.
type terms struct {
	limit time.Duration
	// places hold the terms in force.
	places [termPlaces]atomic.Pointer[term]
}

const termPlaces = 16

// term is a context, and when it is too old for a new call.
type term struct {
	ctx  context.Context //nolint:containedctx // it is what a term is
	last int64
	// end is not called: nobody knows when the last of its calls has ended. The
	// context's own timer does it.
	end context.CancelFunc
}

func nothing() {}

// bound returns a context that ends when the given one does, or the limit after
// about now.
func (t *terms) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Done() != nil {
		return context.WithTimeout(ctx, t.limit)
	}
	now := sinceStart()
	place := &t.places[rand.Uint32()%termPlaces] //nolint:gosec // no secret
	if x := place.Load(); x != nil && now < x.last {
		return x.ctx, nothing
	}
	x := &term{last: now + int64(t.limit/4)}
	x.ctx, x.end = context.WithTimeout(context.Background(), t.limit+t.limit/4) //nolint:gosec // see term.end
	place.Store(x)
	return x.ctx, nothing
}
