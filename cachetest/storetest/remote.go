package storetest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/cacheops/cacheops/store"
)

// remotely runs a test with two processes whose stores are a [store.Remote].
func remotely(f func(b, other *bench, r store.Remote)) func(b *bench) {
	return func(b *bench) {
		r, is := b.store.(store.Remote)
		if !is {
			b.Log("NOT TESTED: the store is no store.Remote")
			return
		}
		f(b, b.beside(), r)
	}
}

// learns lets a process register one more scheme of the table t.
func (b *bench) learns(column string) {
	b.Helper()
	if _, err := b.store.Lease(context.Background(), b.query(column, on("t", conj(column, "1")))); err != nil {
		b.Fatalf("Lease: %v", err)
	}
}

// upToDate wants the copy of t to be what another process finds in the store.
func (b *bench) upToDate(other *bench, after string) {
	b.Helper()
	copied, ok := b.store.(store.Remote).RegistryCopy(b.db, "t")
	now := other.registry("t")
	if !ok && now.Version != 0 || copied.Version != now.Version || !slices.Equal(sorted(copied.Schemes), sorted(now.Schemes)) {
		b.Fatalf("after %s the copy is %+v, known %v, and the store has %+v", after, copied, ok, now)
	}
	if copied.Unread && !now.Unread {
		b.Fatalf("after %s the copy is unread, and the table is read", after)
	}
}

func sorted(s []store.Scheme) []store.Scheme { return slices.Sorted(slices.Values(s)) }

var remoteTests = []test{
	{"nothing is known before the store told it", second, remotely(func(b, other *bench, r store.Remote) {
		other.learns("a")
		if copied, ok := r.RegistryCopy(b.db, "t"); ok {
			b.Errorf("the copy is %+v, and the store told nothing", copied)
		}
		b.learns("a")
		if copied, ok := r.RegistryCopy(b.db, "u"); ok {
			b.Errorf("the copy of another table is %+v", copied)
		}
		if copied, ok := r.RegistryCopy("other", "t"); ok {
			b.Errorf("the copy of another database is %+v", copied)
		}
		if n := r.FillsAside(); n < 0 {
			b.Errorf("FillsAside is %d", n)
		}
	})},
	{"a copy is what the last answer told", second, remotely(func(b, other *bench, _ store.Remote) {
		b.learns("a")
		b.upToDate(other, "a lease")
		other.learns("b")
		b.registry("t")
		b.upToDate(other, "Registry")
		other.learns("c")
		b.learns("a")
		b.upToDate(other, "a lease of a scheme that it knew")
	})},
	{"every fence and bump brings an old copy up to date", second, remotely(func(b, other *bench, _ store.Remote) {
		b.learns("a")
		n := 0
		for name, c := range map[string]store.TableChange{
			"an epoch": {Table: "t", Epoch: true}, "no row": {Table: "t"}, "a row": {Table: "t", Keys: []string{"a=1"}},
		} {
			for kept, call := range map[string]func(*store.Change) (store.Ack, error){
				"a fence of": func(c *store.Change) (store.Ack, error) { return b.store.Fence(context.Background(), c) },
				"a bump that keeps the fence of": func(c *store.Change) (store.Ack, error) {
					return b.store.Bump(context.Background(), c, store.KeepFence)
				},
				"a bump of": func(c *store.Change) (store.Ack, error) {
					return b.store.Bump(context.Background(), c, store.DropFence)
				},
			} {
				n++
				copied, _ := b.store.(store.Remote).RegistryCopy(b.db, "t")
				c.Registry = copied.Version
				other.learns("new" + string(rune('a'+n)))
				ack, err := call(b.change(1, c))
				if err != nil || (len(ack.Stale) == 0) != c.Epoch {
					b.Fatalf("%s %s: stale %v, error %v", kept, name, ack.Stale, err)
				}
				b.upToDate(other, kept+" "+name)
			}
		}
	})},
	{"a writer that knows copies alone ends what the other learned", second, remotely(func(b, other *bench, r store.Remote) {
		b.learns("a")
		q := other.query("late", on("t", conj("b", "1")))
		other.put(1, q)
		for _, name := range []string{"Fence", "Bump"} {
			for tries := 0; ; tries++ {
				copied, _ := r.RegistryCopy(b.db, "t")
				change := store.TableChange{Table: "t", Registry: copied.Version}
				for _, s := range copied.Schemes {
					change.Keys = append(change.Keys, string(s)+"=1")
				}
				ack, err := bothCalls(b, b.change(1, change))[name]()
				if err != nil {
					b.Fatalf("%s: %v", name, err)
				}
				if len(ack.Stale) == 0 {
					break
				}
				if tries == 3 {
					b.Fatalf("%s: the copy is still stale after it was brought up to date three times", name)
				}
			}
		}
		other.miss("its row changed", q)
	})},
	{"a lost registry makes the copy old", []string{"Second", "EvictRegistry"}, remotely(func(b, other *bench, _ store.Remote) {
		for name, call := range bothCalls(b, b.change(1, store.TableChange{Table: "t", Epoch: true})) {
			b.learns("a")
			b.h.EvictRegistry(b.store, b.db, "t")
			if _, err := call(); err != nil {
				b.Fatalf("%s: %v", name, err)
			}
			b.upToDate(other, name+" after the loss")
		}
	})},
	{"no call outlasts its context, and copies wait for nobody", []string{"Second", "Stall"}, remotely(func(b, other *bench, r store.Remote) {
		q := b.query("q", on("t", conj("a", "1")))
		b.put(1, q)
		snapshot := b.lease(q)
		known := b.registry("t")
		resume := b.h.Stall(b.store)
		defer resume()
		copied := make(chan store.Registry, 1)
		go func() {
			c, _ := r.RegistryCopy(b.db, "t")
			r.RegistryCopy(b.db, "u")
			r.FillsAside()
			copied <- c
		}()
		select {
		case c := <-copied:
			if c.Version != known.Version {
				b.Errorf("the copy is %+v, want %+v", c, known)
			}
		case <-time.After(patience):
			b.Error("RegistryCopy waits for a store that does not answer")
		}
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		for name, err := range everyCall(ctx, b.store, q, snapshot) {
			if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, store.ErrUnavailable) {
				b.Errorf("%s of a store that does not answer: error %v, want store.ErrUnavailable or context.DeadlineExceeded", name, err)
			}
		}
	})},
}
