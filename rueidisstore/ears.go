package rueidisstore

import (
	"context"
	"errors"
	"sync"

	"github.com/redis/rueidis"
)

// ears hear of locks that are given back, for all who wait in this process. They
// have one subscription, which begins with the first who waits and stays: the
// client does not end one before its connection.
type ears struct {
	mu      sync.Mutex // guards what follows
	waiting map[string]map[chan struct{}]struct{}
	hearing *hearing // nil: nobody listens
}

// hearing is one subscription. Err is written before over is closed.
type hearing struct {
	ready chan struct{} // closed once what is published is heard
	over  chan struct{}
	err   error
}

var errDeaf = errors.New("the subscription ended")

// wait registers a channel that is signalled when the lock is given back, and
// returns the subscription on which that is heard.
func (s *Store) wait(lock string, woken chan struct{}) (*hearing, bool) {
	e := &s.ears
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.hearing == nil {
		h := &hearing{ready: make(chan struct{}), over: make(chan struct{})}
		if !s.crew.start(func() { s.hear(h) }) {
			return nil, false
		}
		e.hearing = h
	}
	if e.waiting == nil {
		e.waiting = make(map[string]map[chan struct{}]struct{})
	}
	if e.waiting[lock] == nil {
		e.waiting[lock] = make(map[chan struct{}]struct{})
	}
	e.waiting[lock][woken] = struct{}{}
	return e.hearing, true
}

// leave takes back what wait did.
func (e *ears) leave(lock string, woken chan struct{}) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.waiting[lock], woken)
	if len(e.waiting[lock]) == 0 {
		delete(e.waiting, lock)
	}
}

// wake signals those who wait for a lock.
func (e *ears) wake(lock string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for woken := range e.waiting[lock] {
		select {
		case woken <- struct{}{}:
		default: // it knows already
		}
	}
}

// hear listens until the connection or the store ends.
func (s *Store) hear(h *hearing) {
	err := s.subscribe(h)
	s.ears.mu.Lock()
	s.ears.hearing = nil
	s.ears.mu.Unlock()
	if h.err = err; err == nil {
		h.err = errDeaf
	}
	close(h.over)
}

func (s *Store) subscribe(h *hearing) error {
	n, err := s.join(s.crew.ctx)
	if err != nil {
		return err
	}
	var once sync.Once
	ctx := rueidis.WithOnSubscriptionHook(s.crew.ctx, func(sub rueidis.PubSubSubscription) {
		if sub.Kind == "subscribe" {
			once.Do(func() { close(h.ready) })
		}
	})
	for try := 1; ; try++ {
		err := n.client.Receive(ctx, n.client.B().Subscribe().Channel(s.keys.channel()).Build(), func(m rueidis.PubSubMessage) {
			s.ears.wake(m.Message)
		})
		// It may not have come to a subscription: the client connects once for all who
		// come at that time, and ends it with the context of the first; and in a
		// Cluster it asks any address that it was given.
		if ctx.Err() != nil || isReply(err) || h.heard() || try == maxHops {
			return err
		}
	}
}

// heard reports whether there is a subscription, or was one.
func (h *hearing) heard() bool {
	select {
	case <-h.ready:
		return true
	default:
		return false
	}
}

// hears waits until what is published is heard.
func (h *hearing) hears(ctx context.Context) error {
	select {
	case <-h.ready:
		return nil
	case <-h.over:
		return h.err
	case <-ctx.Done():
		return ctx.Err()
	}
}
