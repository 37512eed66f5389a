package storetest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cacheops/cacheops/store"
)

// take tries the lock and wants it to be free or not.
func (b *bench) take(key store.Key, want bool, why string) (unlock func()) {
	b.Helper()
	return b.takeFor(time.Minute, key, want, why)
}

func (b *bench) takeFor(d time.Duration, key store.Key, want bool, why string) (unlock func()) {
	b.Helper()
	unlock, ok, err := b.store.Lock(context.Background(), key, d)
	if err != nil {
		b.Fatalf("Lock: %v", err)
	}
	if ok != want {
		b.Fatalf("Lock: taken is %v, want %v: %s", ok, want, why)
	}
	return unlock
}

// patience ends a wait that nobody ended, so that the test fails and does not
// hang.
const patience = 20 * time.Second

// waiters are callers of AwaitUnlock.
type waiters struct {
	b      *bench
	n      int
	cancel context.CancelFunc
	errs   chan error
}

// await lets n callers wait for the lock.
func (b *bench) await(n int, key store.Key) *waiters {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	w := &waiters{b, n, cancel, make(chan error, n)}
	for range n {
		go func() { w.errs <- b.store.AwaitUnlock(ctx, key) }()
	}
	return w
}

// end wants every wait to end with that error.
func (w *waiters) end(want error, why string) {
	w.b.Helper()
	defer w.cancel()
	for range w.n {
		if err := <-w.errs; !errors.Is(err, want) {
			w.b.Errorf("AwaitUnlock: error %v, want %v: %s", err, want, why)
		}
	}
}

// heldOn wants a wait for the lock to last until its context is over.
func (b *bench) heldOn(key store.Key, why string) {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer cancel()
	if err := b.store.AwaitUnlock(ctx, key); !errors.Is(err, context.DeadlineExceeded) {
		b.Fatalf("AwaitUnlock: error %v, want context.DeadlineExceeded: %s", err, why)
	}
}

// rounds is how often a test lets waiters and the one who wakes them run
// together: some come before it, some after.
const rounds = 20

var lockTests = []test{
	{"nobody waits for a lock that is free", nil, func(b *bench) {
		key := store.Key{1}
		b.await(1, key).end(nil, "nobody ever had it")
		unlock := b.take(key, true, "nobody has it")
		b.await(1, store.Key{2}).end(nil, "it is another lock")
		b.heldOn(key, "it is taken")
		unlock()
		b.await(3, key).end(nil, "it was given back")
	}},
	{"who waits is woken by unlock", nil, func(b *bench) {
		one, two := store.Key{1}, store.Key{2}
		other := b.take(two, true, "nobody has it")
		for range rounds {
			unlock := b.take(one, true, "it was given back")
			w := b.await(8, one)
			unlock()
			w.end(nil, "it was given back")
			b.heldOn(two, "another lock was given back")
		}
		other()
	}},
	{"who waits is woken when the time is over", []string{"Advance"}, func(b *bench) {
		key := store.Key{1}
		for range rounds {
			if b.h.WallClock {
				// Some of those who wait come when the time is over.
				b.takeFor(20*time.Millisecond, key, true, "the last holder's time is over")
				b.await(8, key).end(nil, "the holder's time is over")
				continue
			}
			b.take(key, true, "the last holder's time is over")
			w := b.await(8, key)
			b.h.Advance(b.store, 61*time.Second)
			w.end(nil, "the holder's time is over")
		}
		b.take(key, true, "waiting is not having")()
	}},
	{"who waits is woken by the context", nil, func(b *bench) {
		key := store.Key{1}
		unlock := b.take(key, true, "nobody has it")
		for range rounds {
			w := b.await(4, key)
			w.cancel()
			w.end(context.Canceled, "their context is over")
		}
		b.take(key, false, "those who waited have not given it back")
		unlock()
	}},
	{"who waits is woken by Close", nil, func(b *bench) {
		key := store.Key{1}
		unlock := b.take(key, true, "nobody has it")
		w := b.await(8, key)
		if err := b.store.Close(); err != nil {
			b.Fatalf("Close: %v", err)
		}
		w.end(store.ErrClosed, "the store is closed")
		unlock()
	}},
	{"a late unlock wakes nobody", []string{"Advance"}, func(b *bench) {
		key := store.Key{1}
		late := b.take(key, true, "nobody has it")
		b.h.Advance(b.store, 61*time.Second)
		unlock := b.take(key, true, "its time is over")
		late()
		b.heldOn(key, "the old holder cannot give back the new lock")
		b.take(key, false, "the old holder cannot give back the new lock")
		w := b.await(8, key)
		late()
		unlock()
		w.end(nil, "the new holder gave it back")
	}},
	{"of those who are woken one has the lock", nil, func(b *bench) {
		const callers = 16
		key := store.Key{1}
		unlock := b.take(key, true, "nobody has it")
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		var (
			wg    sync.WaitGroup
			have  atomic.Int32
			turns atomic.Int32
		)
		for range callers {
			wg.Go(func() {
				for {
					mine, ok, err := b.store.Lock(ctx, key, time.Minute)
					if err == nil && !ok {
						err = b.store.AwaitUnlock(ctx, key)
					}
					switch {
					case err != nil:
						b.Errorf("Lock or AwaitUnlock: %v", err)
						return
					case ok:
						if n := have.Add(1); n != 1 {
							b.Errorf("%d have the lock", n)
						}
						turns.Add(1)
						have.Add(-1)
						mine()
						return
					}
				}
			})
		}
		unlock()
		wg.Wait()
		if n := turns.Load(); n != callers {
			b.Errorf("%d of %d had the lock", n, callers)
		}
	}},
	{"a lock is held by one", nil, func(b *bench) {
		one, two := store.Key{1}, store.Key{2}
		unlock := b.take(one, true, "nobody has it")
		b.take(one, false, "it is taken")
		other := b.take(two, true, "it is another lock")
		unlock()
		unlock() // may be called again
		again := b.take(one, true, "it was given back")
		unlock()
		b.take(one, false, "the first holder has no say in it any more")
		again()
		other()
	}},
	{"a lock is given back although its context is over", nil, func(b *bench) {
		key := store.Key{1}
		ctx, cancel := context.WithCancel(context.Background())
		unlock, ok, err := b.store.Lock(ctx, key, time.Minute)
		if !ok || err != nil {
			b.Fatalf("Lock: taken is %v, error %v", ok, err)
		}
		cancel()
		b.take(key, false, "the end of the context is not the end of the lock")
		w := b.await(4, key)
		unlock()
		w.end(nil, "it was given back")
	}},
	{"a lock is over at its time", []string{"Advance"}, func(b *bench) {
		key := store.Key{1}
		old := b.take(key, true, "nobody has it")
		b.h.Advance(b.store, 30*time.Second)
		b.take(key, false, "half its time is left")
		b.h.Advance(b.store, 31*time.Second)
		unlock := b.take(key, true, "its time is over")
		old()
		b.take(key, false, "the old holder cannot give back the new lock")
		unlock()
		b.take(key, true, "it was given back")()
	}},
	{"a lock needs a time", nil, func(b *bench) {
		for _, d := range []time.Duration{0, -1} {
			if _, ok, err := b.store.Lock(context.Background(), store.Key{1}, d); ok || err == nil {
				b.Errorf("a lock for %v was taken: %v, error %v", d, ok, err)
			}
		}
	}},
	{"a lock is no entry", nil, func(b *bench) {
		q := b.query("q", on("t"))
		b.put(1, q)
		unlock := b.take(q.Key, true, "nobody has it")
		b.hit(1, q)
		unlock()
		b.hit(1, q)
	}},
	{"many locks that ran out are forgotten", []string{"Advance"}, func(b *bench) {
		for round := range 3 {
			for i := range 1000 {
				b.take(store.Key{byte(i), byte(i >> 8)}, true, "the last holder's time is over")
			}
			b.take(store.Key{byte(round)}, false, "it is taken")
			b.h.Advance(b.store, 2*time.Minute)
		}
	}},
	{"many ask at once and one has it", nil, func(b *bench) {
		for range 20 {
			var (
				wg   sync.WaitGroup
				mu   sync.Mutex
				have []func()
			)
			for range 16 {
				wg.Go(func() {
					unlock, ok, err := b.store.Lock(context.Background(), store.Key{9}, time.Minute)
					if err != nil {
						b.Errorf("Lock: %v", err)
					}
					if ok {
						mu.Lock()
						defer mu.Unlock()
						have = append(have, unlock)
					}
				})
			}
			wg.Wait()
			if len(have) != 1 {
				b.Fatalf("%d have the lock", len(have))
			}
			have[0]()
		}
	}},
}
