package storetest

import (
	"context"
	"sync"
	"time"

	"github.com/cacheops/cacheops/store"
)

// take tries the lock and wants it to be free or not.
func (b *bench) take(key store.Key, want bool, why string) (unlock func()) {
	b.Helper()
	unlock, ok, err := b.store.Lock(context.Background(), key, time.Minute)
	if err != nil {
		b.Fatalf("Lock: %v", err)
	}
	if ok != want {
		b.Fatalf("Lock: taken is %v, want %v: %s", ok, want, why)
	}
	return unlock
}

var lockTests = []test{
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
