// Package recording collects what a computed result depends on: the stamps of every
// query that ran under its context.
//
// A result is valid while all stamps are unchanged that were read before its queries
// were asked. Whatever the recording cannot vouch for spoils it, with a reason, and
// then the result is not kept.
package recording

import (
	"slices"
	"sync"
	"time"

	"github.com/cacheops/cacheops/store"
)

// MaxParts bounds the reads that one result depends on.
const MaxParts = 1000

// The reasons that a recording has itself.
const (
	reasonParts   = "more queries than a result may depend on"
	reasonRunning = "a goroutine still reads when the function has returned"
)

// Recording is what a computation depends on so far. Its methods may be called from
// many goroutines, also on nil, which records nothing.
type Recording struct {
	// life is how long the result is to be kept; 0 where the reads tell.
	life time.Duration
	// declared is true where the program says itself what the result depends on:
	// then only that matters which makes the result wrong for others.
	declared bool

	mu      sync.Mutex // guards what follows
	parts   []store.Snapshot
	ttl     time.Duration // the shortest of the reads'; 0: there was none
	limit   time.Duration // the result must not live longer; 0: there is none
	reason  string        // why the result must not be kept
	wrong   bool          // the reason is one that Wrong gave
	running int
	closed  bool
}

// New returns a recording of a result that is to be kept for that long, 0 for as
// long as the shortest of its reads.
func New(life time.Duration) *Recording { return &Recording{life: life} }

// NewDeclared returns a recording for a result whose dependency is declared: it takes
// no parts.
func NewDeclared() *Recording { return &Recording{declared: true} }

// Life is how long the result is to be kept, 0 where that is not said.
func (r *Recording) Life() time.Duration {
	if r == nil {
		return 0
	}
	return r.life
}

// Wants reports whether reads have to be recorded. It is false on nil.
func (r *Recording) Wants() bool { return r != nil && !r.declared }

// Begin says that a read is under way, until End.
func (r *Recording) Begin() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running++
}

// End says that a read is over: what it depends on was added before.
func (r *Recording) End() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running--
}

// Add adds what a read depends on, and how long its result would be kept; 0 where
// that is not limited. After Close it does nothing.
func (r *Recording) Add(ttl time.Duration, parts ...store.Snapshot) {
	if !r.Wants() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.reason != "" {
		return
	}
	if len(r.parts)+len(parts) > MaxParts {
		r.spoil(reasonParts)
		return
	}
	r.parts = append(r.parts, parts...)
	r.ttl = shorter(r.ttl, ttl)
}

// Limit says that the result must not live longer than that, whatever else is said:
// it holds something that only time ends.
func (r *Recording) Limit(ttl time.Duration) {
	if !r.Wants() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.limit = shorter(r.limit, ttl)
}

// Cap is [Recording.Limit] for what the result says of itself, also where its
// dependency is declared.
func (r *Recording) Cap(ttl time.Duration) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.limit = shorter(r.limit, ttl)
}

// Spoil says why the result must not be kept. The first reason counts.
func (r *Recording) Spoil(reason string) {
	if !r.Wants() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spoil(reason)
}

// Wrong is Spoil for what makes a result wrong for others whatever it depends on: it
// was made in a transaction that has written, or it wrote.
func (r *Recording) Wrong(reason string) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed && !r.wrong {
		r.reason, r.parts, r.wrong = reason, nil, true
	}
}

func (r *Recording) spoil(reason string) {
	if r.reason == "" && !r.closed {
		r.reason, r.parts = reason, nil
	}
}

// Recorded is what a recording came to.
type Recorded struct {
	Parts []store.Snapshot
	// TTL is the shortest of the reads', 0 where there was none. Limit bounds the
	// result's life whatever else is said, 0 where nothing does.
	TTL, Limit time.Duration
	// Reason says why the result must not be kept, and is empty where it may. Wrong is
	// true where it is one that [Recording.Wrong] gave.
	Reason string
	Wrong  bool
}

// Close ends the recording. A read that is still under way spoils it: what it finds
// may be in the result, or not. One that begins later does not.
func (r *Recording) Close() Recorded {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.running > 0 && !r.declared {
		r.spoil(reasonRunning)
	}
	r.closed = true
	return Recorded{Parts: slices.Clone(r.parts), TTL: r.ttl, Limit: r.limit, Reason: r.reason, Wrong: r.wrong}
}

// shorter returns the shorter of two times, of which 0 is none.
func shorter(a, b time.Duration) time.Duration {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}
