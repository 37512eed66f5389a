package rueidisstore

import (
	"context"
	"errors"
	"strconv"
	"time"

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
	k, owner := s.keys.lock(&key), random(ownerSize)
	asked := false
	err = s.reading(ctx, "lock", func(ctx context.Context) error {
		r := request{key: k.lock, slot: k.slot, make: func() []command {
			asked = true
			// The answer to a try whose connection broke is not known: if it took
			// the lock, this one finds its owner there.
			return []command{
				{name: "SET", keys: []string{k.lock}, args: []string{owner, "NX", "PX", strconv.FormatInt(ttl.Milliseconds(), 10)}},
				{name: "GET", keys: []string{k.lock}},
			}
		}}
		err := s.do(ctx, &r)
		if isWrongType(err) { // it is no lock
			err = errors.Join(s.remove(ctx, &k), s.do(ctx, &r))
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
		if asked { // it may have the lock, or get it yet
			s.crew.start(func() { s.abandon(&k, owner) })
		}
		return nil, false, err
	}
	if !ok {
		return func() {}, false, nil
	}
	return func() { s.unlock(&k, owner) }, true, nil
}

// remove takes away what is under a lock's key.
func (s *Store) remove(ctx context.Context, k *lockKeys) error {
	return s.do(ctx, &request{key: k.lock, slot: k.slot, make: func() []command {
		return []command{{name: "DEL", keys: []string{k.lock}}}
	}})
}

// unlock gives a lock back. Where that fails its time will be over.
func (s *Store) unlock(k *lockKeys, owner string) {
	_ = s.reading(context.Background(), "unlock", func(ctx context.Context) error {
		return s.do(ctx, s.unlockRequest(k, owner))
	})
}

// abandon gives a lock back of which it is not known whether it was taken. Nobody
// waits for it, so it has more time: others would wait for all of the lock's.
func (s *Store) abandon(k *lockKeys, owner string) {
	ctx, cancel := context.WithTimeout(s.crew.ctx, s.cfg.WriteTimeout)
	defer cancel()
	_ = s.do(ctx, s.unlockRequest(k, owner))
}

func (s *Store) unlockRequest(k *lockKeys, owner string) *request {
	return &request{key: k.lock, slot: k.slot, make: func() []command {
		return []command{{
			script: s.scripts.unlock, keys: []string{k.lock, k.wanted}, args: []string{owner, s.keys.channel(), k.lock},
		}}
	}}
}

// AwaitUnlock waits until nobody holds the lock of the key. It is told by the
// holder's unlock, and looks at the lock again then and when the holder's time is over.
func (s *Store) AwaitUnlock(ctx context.Context, key store.Key) error {
	if err := s.check(ctx); err != nil {
		return err
	}
	k := s.keys.lock(&key)
	woken := make(chan struct{}, 1)
	h, ok := s.wait(k.lock, woken)
	if !ok {
		return store.ErrClosed
	}
	defer s.ears.leave(k.lock, woken)
	if err := s.reading(ctx, "wait for a lock", h.hears); err != nil {
		return err
	}
	for first := ""; ; {
		owner, left, err := s.holder(ctx, &k)
		if err != nil || owner == "" || first != "" && owner != first {
			return err // nobody has it, or somebody else than at first
		}
		first = owner
		timer := time.NewTimer(left)
		select {
		case <-woken: // perhaps by the unlock before, which a Cluster may tell late
			timer.Stop()
			continue
		case <-h.over:
			err = s.failed(ctx, "wait for a lock", h.err)
		case <-ctx.Done():
			err = ctx.Err()
		case <-s.crew.ctx.Done():
			err = store.ErrClosed
		case <-timer.C:
			continue
		}
		timer.Stop()
		return err
	}
}

// holder returns who has a lock and how much of its time is left, "" where nobody
// has it. Its unlock will be published.
func (s *Store) holder(ctx context.Context, k *lockKeys) (owner string, left time.Duration, err error) {
	err = s.reading(ctx, "wait for a lock", func(ctx context.Context) error {
		r := request{key: k.lock, slot: k.slot, make: func() []command {
			return []command{{script: s.scripts.await, keys: []string{k.lock, k.wanted}}}
		}}
		if err := s.do(ctx, &r); err != nil {
			return err
		}
		if len(r.replies) != 1 {
			return errReply
		}
		list, err := r.replies[0].ToArray()
		if err != nil || len(list) != 2 {
			return errReply
		}
		var ms int64
		if owner, err = list[0].ToString(); err == nil {
			ms, err = list[1].AsInt64()
		}
		if err != nil {
			return errReply
		}
		left = time.Duration(max(ms, 1)) * time.Millisecond
		return nil
	})
	return owner, left, err
}
