package memory

import (
	"context"
	"sync"
	"time"

	"github.com/cacheops/cacheops/store"
)

// locks are the locks that are held, each until its deadline.
type locks struct {
	// mu guards the map and what follows.
	mu   sync.Mutex
	held map[store.Key]held
	// sweepAt is the size at which the locks that have run out are dropped. It
	// doubles with what is left, so that each lock pays for one look.
	sweepAt int
	last    uint64
}

// held is a lock that somebody has.
type held struct {
	owner    uint64
	deadline instant
	// over is closed when the owner has it no more. It is made by the first who
	// waits, nil before.
	over chan struct{}
}

const sweepLocksFrom = 256

// take takes the lock, or returns 0 when somebody has it.
func (l *locks) take(key store.Key, deadline, now instant) (owner uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if h, ok := l.held[key]; ok {
		if h.deadline > now {
			return 0
		}
		l.drop(key)
	}
	if l.held == nil {
		l.held, l.sweepAt = make(map[store.Key]held), sweepLocksFrom
	}
	if len(l.held) >= l.sweepAt {
		l.sweep(now)
		l.sweepAt = max(sweepLocksFrom, 2*len(l.held))
	}
	l.last++
	l.held[key] = held{owner: l.last, deadline: deadline}
	return l.last
}

// give gives the lock back, if the owner still has it.
func (l *locks) give(key store.Key, owner uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[key].owner == owner {
		l.drop(key)
	}
}

// watch returns the channel that is closed when the lock's holder has it no
// more, and how much of the holder's time is left. The channel is nil when
// nobody has the lock.
func (l *locks) watch(key store.Key, now instant) (over <-chan struct{}, left time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h, ok := l.held[key]
	switch {
	case !ok:
		return nil, 0
	case h.deadline <= now:
		l.drop(key)
		return nil, 0
	case h.over == nil:
		h.over = make(chan struct{})
		l.held[key] = h
	}
	return h.over, time.Duration(h.deadline - now)
}

// sweep drops the locks whose time is over. The caller holds mu.
func (l *locks) sweep(now instant) {
	for key, h := range l.held {
		if h.deadline <= now {
			l.drop(key)
		}
	}
}

// drop ends a lock and wakes those who wait. The caller holds mu.
func (l *locks) drop(key store.Key) {
	if over := l.held[key].over; over != nil {
		close(over)
	}
	delete(l.held, key)
}

// Lock tries to take the lock of the key. The time must be above 0. Unlock may
// be called after Close.
func (s *Store) Lock(ctx context.Context, key store.Key, ttl time.Duration) (unlock func(), ok bool, err error) {
	if err := s.check(ctx); err != nil {
		return nil, false, err
	}
	if ttl <= 0 {
		return nil, false, errLockTTL
	}
	now := s.clock.instant()
	owner := s.locks.take(key, now.after(ttl), now)
	if owner == 0 {
		return func() {}, false, nil
	}
	return func() { s.locks.give(key, owner) }, true, nil
}

// leastWait keeps those who wait from looking again and again where
// [Config.Clock] stands still right before the end of a lock's time.
const leastWait = 10 * time.Millisecond

// AwaitUnlock waits until nobody holds the lock of the key. It costs no
// goroutine. For the end of the holder's time see [Config.Clock].
func (s *Store) AwaitUnlock(ctx context.Context, key store.Key) error {
	var first <-chan struct{}
	for {
		if err := s.check(ctx); err != nil {
			return err
		}
		over, left := s.locks.watch(key, s.clock.instant())
		if over == nil || first != nil && over != first {
			return nil // nobody has it, or somebody else than at first
		}
		first = over
		if s.clock.now != nil {
			left = max(left, leastWait)
		}
		// The process's own clock has come to the deadline when the timer ends.
		// Any other clock is asked again.
		timer := time.NewTimer(left)
		select {
		case <-over:
			timer.Stop()
			return nil
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-s.closing:
			timer.Stop()
			return store.ErrClosed
		case <-timer.C:
		}
	}
}
