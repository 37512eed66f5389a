package engine

import (
	"sync"
	"sync/atomic"

	"github.com/cacheops/cacheops/store"
)

// works are the computations under way, so that those who want the same result at once
// compute it once. Who waits for one looks into the store when it is over: what is
// valid then is no older than the end of the wait.
type works struct {
	mu      sync.Mutex // guards running, and all of the works
	running map[store.Key]*work
	// ended counts the works that ended, by the first byte of their keys.
	ended [256]atomic.Uint32
}

// endedOf is another number when a work of the key has ended since: who looked for its
// result before may have looked too early.
func (w *works) endedOf(key *store.Key) uint32 { return w.ended[key[0]].Load() }

// work is one computation under way.
type work struct {
	key  store.Key
	done chan struct{}
	// kept is true when the result was stored. It is written before done is closed.
	kept bool
	// failed is true when there is no result because of an error of its own, so that the
	// next one may have one. It is written like kept.
	failed bool
	// over ends it for those who wait. It belongs to the goroutine that computes.
	over func(kept bool)
	// inside is the work that this one is a part of; nil: none.
	inside *work
	// waits are those that calls of this one wait for.
	waits map[*work]int
}

// join returns the work of the key that somebody else does, and has it known that the
// caller, who is a part of inside, waits for it: leave ends that. Where nobody does it,
// or the wait would be for the caller itself, it returns work that the caller has to do
// and to end. Alone says that nobody is to wait for it.
func (w *works) join(key store.Key, inside *work) (x *work, mine bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	x = w.running[key]
	switch {
	case x == nil:
		x = &work{key: key, done: make(chan struct{}), inside: inside}
		if w.running == nil {
			w.running = make(map[store.Key]*work)
		}
		w.running[key] = x
		return x, true
	case x.leadsTo(inside):
		return &work{key: key, done: make(chan struct{}), inside: inside}, true
	}
	for at := inside; at != nil; at = at.inside {
		if at.waits == nil {
			at.waits = make(map[*work]int)
		}
		at.waits[x]++
	}
	return x, false
}

// leadsTo reports whether a work is, is a part of, or waits for one of those that
// another is a part of.
func (x *work) leadsTo(inside *work) bool {
	for at := inside; at != nil; at = at.inside {
		if at.key == x.key || x.reaches(at, make(map[*work]bool)) {
			return true
		}
	}
	return false
}

func (x *work) reaches(y *work, seen map[*work]bool) bool {
	if x == y {
		return true
	}
	if seen[x] {
		return false
	}
	seen[x] = true
	for next := range x.waits {
		if next.reaches(y, seen) {
			return true
		}
	}
	return false
}

// leave ends the wait that join began.
func (w *works) leave(x, inside *work) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for at := inside; at != nil; at = at.inside {
		if at.waits[x]--; at.waits[x] <= 0 {
			delete(at.waits, x)
		}
	}
}

// end ends a work of the caller's.
func (w *works) end(x *work, kept, failed bool) {
	w.mu.Lock()
	w.ended[x.key[0]].Add(1) // first, for those who find it running no more
	if w.running[x.key] == x {
		delete(w.running, x.key)
	}
	w.mu.Unlock()
	x.kept, x.failed = kept, failed
	close(x.done)
}
