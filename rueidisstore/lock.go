package rueidisstore

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/store"
)

// ownerSize is the length of a lock's owner.
const ownerSize = 16

// Lock tries to take the lock of the key. The time must be a millisecond or more.
// Unlock waits for Redis, [Config.ReadTimeout] at most.
func (s *Store) Lock(ctx context.Context, key store.Key, ttl time.Duration) (unlock func(), ok bool, err error) {
	if err := s.check(ctx); err != nil {
		return nil, false, err
	}
	if ttl < time.Millisecond {
		return nil, false, errLockTTL
	}
	name, owner := s.keys.lock(&key), random(ownerSize)
	slot := slotOf(name)
	err = s.reading(ctx, "lock", func(ctx context.Context) error {
		r := request{key: name, slot: slot, make: func() []command {
			// The answer to a try whose connection broke is not known: if it took
			// the lock, this one finds its owner there.
			return []command{
				{name: "SET", keys: []string{name}, args: []string{owner, "NX", "PX", strconv.FormatInt(ttl.Milliseconds(), 10)}},
				{name: "GET", keys: []string{name}},
			}
		}}
		err := s.do(ctx, &r)
		if isWrongType(err) { // it is no lock
			err = errors.Join(s.remove(ctx, name, slot), s.do(ctx, &r))
		}
		if err != nil {
			return err
		}
		if len(r.replies) != 2 {
			return errReply
		}
		holder, _ := r.replies[1].ToString()
		ok = holder == owner
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	if !ok {
		return func() {}, false, nil
	}
	return func() { s.unlock(name, owner, slot) }, true, nil
}

// remove takes away what is under a lock's key.
func (s *Store) remove(ctx context.Context, name string, slot uint16) error {
	return s.do(ctx, &request{key: name, slot: slot, make: func() []command {
		return []command{{name: "DEL", keys: []string{name}}}
	}})
}

// unlock gives a lock back. Where that fails its time will be over.
func (s *Store) unlock(name, owner string, slot uint16) {
	_ = s.reading(context.Background(), "unlock", func(ctx context.Context) error {
		return s.do(ctx, &request{key: name, slot: slot, make: func() []command {
			return []command{{script: s.scripts.unlock, keys: []string{name}, args: []string{owner, name}}}
		}})
	})
}

// AwaitUnlock waits until nobody holds the lock of the key. It listens to the
// lock's channel, on which the holder's unlock publishes, and looks at the lock
// again when the holder's time is over.
func (s *Store) AwaitUnlock(ctx context.Context, key store.Key) error {
	if err := s.check(ctx); err != nil {
		return err
	}
	name := s.keys.lock(&key)
	slot := slotOf(name)
	listening, stop := context.WithCancel(ctx)
	defer stop()
	ready, woken, ended := make(chan struct{}, 1), make(chan struct{}, 1), make(chan error, 1)
	if !s.crew.start(func() { ended <- s.listen(listening, name, ready, woken) }) {
		return store.ErrClosed
	}
	var holder string
	for {
		select {
		case <-ready: // what is published from here on is heard
		case err := <-ended:
			return s.failed(ctx, "wait for a lock", err)
		case <-ctx.Done():
			return ctx.Err()
		case <-s.crew.ctx.Done():
			return store.ErrClosed
		}
		owner, left, err := s.holder(ctx, name, slot)
		if err != nil || owner == "" || holder != "" && owner != holder {
			return err // nobody has it, or somebody else than at first
		}
		holder = owner
		timer := time.NewTimer(left)
		select {
		case <-woken:
			timer.Stop()
			return nil
		case err := <-ended:
			timer.Stop()
			return s.failed(ctx, "wait for a lock", err)
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-s.crew.ctx.Done():
			timer.Stop()
			return store.ErrClosed
		case <-timer.C:
			ready <- struct{}{} // look again
		}
	}
}

// listen has what is published on a channel wake, and says when it hears it.
func (s *Store) listen(ctx context.Context, channel string, ready, woken chan<- struct{}) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.crew.ctx, cancel)()
	n, err := s.join(ctx)
	if err != nil {
		return err
	}
	heard := rueidis.WithOnSubscriptionHook(ctx, func(sub rueidis.PubSubSubscription) {
		if sub.Kind == "subscribe" {
			signal(ready)
		}
	})
	for try := 1; ; try++ {
		err := n.client.Receive(heard, n.client.B().Subscribe().Channel(channel).Build(), func(rueidis.PubSubMessage) { signal(woken) })
		// The client connects once for all who come at that time, and ends it with the
		// context of the first.
		if ctx.Err() != nil || !errors.Is(err, context.Canceled) || try == maxHops {
			return err
		}
	}
}

// signal sends unless something is there already.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// holder returns who has a lock and how much of its time is left, "" where nobody
// has it.
func (s *Store) holder(ctx context.Context, name string, slot uint16) (owner string, left time.Duration, err error) {
	err = s.reading(ctx, "wait for a lock", func(ctx context.Context) error {
		r := request{key: name, slot: slot, make: func() []command {
			return []command{{name: "GET", keys: []string{name}}, {name: "PTTL", keys: []string{name}}}
		}}
		if err := s.do(ctx, &r); err != nil {
			return err
		}
		if len(r.replies) != 2 {
			return errReply
		}
		owner, _ = r.replies[0].ToString()
		ms, err := r.replies[1].AsInt64()
		if err != nil {
			return errReply
		}
		left = max(time.Duration(ms), 1) * time.Millisecond
		return nil
	})
	return owner, left, err
}
