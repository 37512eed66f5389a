package storetest

import (
	"context"
	"errors"
	"slices"

	"github.com/cacheops/cacheops/store"
)

// beside is another process on the same keys: a bench with a store of its own.
func (b *bench) beside() *bench {
	b.Helper()
	other := *b
	other.store = b.h.Second(b.T, b.store)
	if other.store == b.store {
		b.Fatal("Harness.Second returned the store that it got: it must make another one")
	}
	b.Cleanup(func() {
		if err := other.store.Close(); err != nil {
			b.Errorf("Close of the second store: %v", err)
		}
	})
	return &other
}

// both runs a test with two processes.
func both(f func(b, other *bench)) func(b *bench) {
	return func(b *bench) { f(b, b.beside()) }
}

var second = []string{"Second"}

var processTests = []test{
	{"a fill by one is a hit for the other", second, both(func(b, other *bench) {
		q := b.query("q", on("t", conj("a", "1")), on("u"))
		other.miss("nothing was stored", q)
		b.put(1, q)
		other.hit(1, q)
		other.put(2, q)
		b.hit(2, q)
	})},
	{"a write by one ends what the other has", second, both(func(b, other *bench) {
		for name, kind := range kinds {
			b.Logf("a change of: %s", name)
			b.db, other.db = name, name
			q := b.query("q"+name, on("t", conj("a", "1")))
			b.put(1, q)
			other.hit(1, q)
			snapshot := b.lease(q)
			other.fence(kind(other, 1))
			b.miss("the other fences it", q)
			b.fenced(q, "the other fences it")
			b.fill(q, snapshot, 1)
			b.miss("the lease came before the other's fence", q)
			other.bump(kind(other, 1))
			b.miss("the other changed it", q)
			b.fill(q, snapshot, 1)
			b.miss("the lease came before the other's write", q)
			other.miss("the lease came before the write", q)
			b.put(2, q)
			other.hit(2, q)
		}
	})},
	{"a bump by one leaves the other's fences", second, both(func(b, other *bench) {
		for name, kind := range kinds {
			b.Logf("a change of: %s", name)
			b.db, other.db = name, name
			q := b.query("q"+name, on("t", conj("a", "1")))
			b.put(1, q)
			b.fence(kind(b, 1))
			other.fence(kind(other, 2))
			b.bump(kind(b, 1))
			b.fenced(q, "the other still fences")
			b.miss("the other still fences", q)
			other.bump(kind(other, 2))
			b.put(2, q)
			other.hit(2, q)
		}
	})},
	{"a scheme that one registers makes the other's copy stale", second, both(func(b, other *bench) {
		known, late := b.query("known", on("t", conj("a", "1"))), b.query("late", on("t", conj("b", "1")))
		b.put(1, known)
		old := other.registry("t")
		b.put(1, late)
		c := other.change(1, store.TableChange{Table: "t", Registry: old.Version, Keys: []string{"a=1"}})
		for name, call := range bothCalls(other, c) {
			ack, err := call()
			if err != nil || len(ack.Stale) != 1 || ack.Stale[0].Table != "t" {
				b.Fatalf("%s: stale %v, error %v, want the table t", name, ack.Stale, err)
			}
			if now := b.registry("t"); ack.Stale[0].Version != now.Version || !slices.Equal(ack.Stale[0].Schemes, now.Schemes) {
				b.Errorf("%s: the copy is %+v, want %+v", name, ack.Stale[0], now)
			}
		}
		b.hit(1, late)
		other.write(other.rows(1, "t", "a=1", "b=1"))
		b.miss("the other changed its row", known, late)
	})},
	{"a scheme that one registers waits for the other's writers", second, both(func(b, other *bench) {
		b.put(1, b.query("known", on("t", conj("a", "1"))))
		other.fence(other.rows(1, "t", "a=9"))
		late := b.query("late", on("t", conj("b", "1")))
		b.fenced(late, "the other's writer does not know of the scheme")
		other.bump(other.rows(1, "t", "a=9", "b=9"))
		b.put(2, late)
		other.hit(2, late)
	})},
	{"a schema's version is the same for both", second, both(func(b, other *bench) {
		q := b.query("q", on("t", conj("a", "1")))
		for range 3 {
			next, err := b.store.BumpSchema(context.Background(), b.db)
			if err != nil {
				b.Fatalf("BumpSchema: %v", err)
			}
			if v, err := other.store.Schema(context.Background(), b.db); err != nil || v != next {
				b.Errorf("the other has the version %v, error %v, want %v", v, err, next)
			}
			if l, err := other.store.Lease(context.Background(), q); err != nil || l.Schema != next {
				b.Errorf("the other leases under the version %v, error %v, want %v", l.Schema, err, next)
			}
			for name, call := range bothCalls(other, other.rows(1, "t", "a=1")) {
				if ack, err := call(); err != nil || ack.Schema != next {
					b.Errorf("%s of the other tells the version %v, error %v, want %v", name, ack.Schema, err, next)
				}
			}
			b, other = other, b
		}
	})},
	{"a lock is held by one of all", second, both(func(b, other *bench) {
		key := store.Key{1}
		unlock := b.take(key, true, "nobody has it")
		other.take(key, false, "the other has it")
		other.heldOn(key, "the other has it")
		unlock()
		again := other.take(key, true, "it was given back")
		unlock()
		b.take(key, false, "the first holder has no say in it any more")
		again()
		b.await(1, key).end(nil, "it was given back")
	})},
	{"who waits is woken by the other's unlock", second, both(func(b, other *bench) {
		one, two := store.Key{1}, store.Key{2}
		held := b.take(two, true, "nobody has it")
		for range rounds {
			unlock := b.take(one, true, "it was given back")
			mine, theirs := b.await(4, one), other.await(4, one)
			unlock()
			mine.end(nil, "it was given back")
			theirs.end(nil, "the other gave it back")
			b, other = other, b
		}
		other.heldOn(two, "another lock was given back")
		held()
	})},
	{"who closes leaves the other alone", second, both(func(b, other *bench) {
		q, r := b.query("q", on("t", conj("a", "1"))), b.query("r", on("u", conj("a", "1")))
		other.put(1, q, r)
		c := other.rows(1, "t", "a=1")
		other.fence(c)
		unlock := other.take(q.Key, true, "nobody has it")
		for range 2 {
			if err := other.store.Close(); err != nil {
				b.Fatalf("Close: %v", err)
			}
		}
		unlock()
		b.hit(1, r)
		b.fenced(q, "the other's fence outlives it")
		b.put(2, r)
		b.hit(2, r)
		b.bump(c)
		b.put(2, q)
		b.hit(2, q)
		b.take(store.Key{7}, true, "nobody has it")()
		if _, _, err := other.store.Get(context.Background(), q); !errors.Is(err, store.ErrClosed) {
			b.Errorf("Get of the closed store: error %v, want store.ErrClosed", err)
		}
	})},
}

// bothCalls are the calls of a write.
func bothCalls(b *bench, c *store.Change) map[string]func() (store.Ack, error) {
	return map[string]func() (store.Ack, error){
		"Fence": func() (store.Ack, error) { return b.store.Fence(context.Background(), c) },
		"Bump":  func() (store.Ack, error) { return b.store.Bump(context.Background(), c, store.DropFence) },
	}
}

// second makes the second store of a test under load.
func (b *bench) second() []store.Store { return []store.Store{b.store, b.beside().store} }
