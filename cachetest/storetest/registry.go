package storetest

import (
	"context"
	"slices"

	"github.com/cacheops/cacheops/store"
)

var registryTests = []test{
	{"a lease makes the registry, and nothing else does", nil, func(b *bench) {
		q := b.query("q", on("t", conj("a", "1"), conj("b", "1")))
		b.write(b.change(1, store.TableChange{Table: "t", Keys: []string{"a=1"}}))
		if r := b.registry("t"); !r.Unread || r.Version != 0 || len(r.Schemes) != 0 {
			b.Fatalf("the registry of an unread table is %+v", r)
		}
		b.miss("nothing was stored", q)
		b.put(1, q)
		r := b.registry("t")
		if r.Unread || r.Version == 0 || len(r.Schemes) != 2 || !slices.Contains(r.Schemes, "a") || !slices.Contains(r.Schemes, "b") {
			b.Fatalf("the registry is %+v, want the schemes a and b", r)
		}
		b.lease(b.query("again", on("t", conj("b", "7"))))
		if again := b.registry("t"); again.Version != r.Version {
			b.Errorf("the version is %d and was %d, but no scheme is new", again.Version, r.Version)
		}
		b.put(1, b.query("new", on("t", conj("c", "1"))))
		next := b.registry("t")
		if next.Version == r.Version || !slices.Contains(next.Schemes, "c") || len(next.Schemes) != 3 {
			b.Errorf("the registry is %+v after %+v and a new scheme", next, r)
		}
		if len(r.Schemes) != 2 {
			b.Error("a copy of the registry changed")
		}
		b.put(1, b.query("newer", on("t", conj("d", "1"))))
		_ = append(next.Schemes, "caller's own")
		if now := b.registry("t"); !slices.Contains(now.Schemes, "d") || len(now.Schemes) != 4 {
			b.Errorf("the registry is %+v after a caller appended to an older copy", now)
		}
		if u := b.registry("u"); !u.Unread {
			b.Error("another table counts as read")
		}
	}},
	{"a stale copy is told, and nothing is done", nil, func(b *bench) {
		q, u := b.query("q", on("t", conj("a", "1"))), b.query("u", on("u", conj("a", "1")))
		b.put(1, q, u)
		old := b.registry("t")
		b.put(1, b.query("new", on("t", conj("b", "1"))))
		tables := []store.TableChange{
			{Table: "t", Registry: old.Version, Keys: []string{"a=1"}},
			{Table: "u", Registry: b.registry("u").Version, Keys: []string{"a=1"}},
		}
		for _, wrong := range []uint64{old.Version, 0, old.Version + 1<<40} {
			tables[0].Registry = wrong
			b.put(1, u)
			c := b.change(1, tables...)
			for _, name := range []string{"Fence", "Bump"} {
				ack, err := b.store.Fence(context.Background(), c)
				if name == "Bump" {
					ack, err = b.store.Bump(context.Background(), c, store.DropFence)
				}
				stale := ack.Stale
				if err != nil || len(stale) != 1 || stale[0].Table != "t" {
					b.Fatalf("%s: stale %v, error %v, want the table t", name, stale, err)
				}
				if now := b.registry("t"); stale[0].Version != now.Version || !slices.Equal(stale[0].Schemes, now.Schemes) {
					b.Errorf("%s: the copy is %+v, want %+v", name, stale[0], now)
				}
				b.hit(1, q)
				b.miss("its table was not stale", u)
			}
		}
		b.bump(b.change(1, store.TableChange{Table: "u", Epoch: true}))
		b.put(1, u)
		b.hit(1, u)
	}},
	{"a scheme that comes between fence and bump", nil, func(b *bench) {
		b.put(1, b.query("known", on("t", conj("a", "1"))))
		c := b.rows(1, "t", "a=1")
		b.fence(c)
		late := b.query("late", on("t", conj("b", "1")))
		b.fenced(late, "the writer fenced without knowing the scheme")
		ack, err := b.store.Bump(context.Background(), c, store.DropFence)
		if err != nil || len(ack.Stale) != 1 {
			b.Fatalf("Bump: stale %v, error %v, want the table t", ack.Stale, err)
		}
		b.fenced(late, "the bump was not done")
		b.bump(b.rows(1, "t", "a=1", "b=1"))
		b.put(2, late)
		b.hit(2, late)
	}},
	{"a new scheme waits for the writers of its time only", nil, func(b *bench) {
		known, late := b.query("known", on("t", conj("a", "1"))), b.query("late", on("t", conj("b", "1")))
		b.put(1, known)
		b.fence(b.rows(1, "t", "a=9"))
		b.fence(b.rows(2, "t", "a=8"))
		b.hit(1, known)
		b.fenced(late, "two writers do not know of the scheme")
		b.fence(b.rows(3, "t", "a=7", "b=7"))
		b.bump(b.rows(1, "t", "a=9", "b=9"))
		b.fenced(late, "one writer does not know of the scheme")
		b.bump(b.rows(2, "t", "a=8", "b=8"))
		b.put(2, late) // the third knows it
		b.hit(2, late)
		b.bump(b.rows(3, "t", "a=7", "b=7"))
		b.hit(2, late)
	}},
	{"a new scheme waits for a writer that died", []string{"Expire"}, func(b *bench) {
		b.put(1, b.query("known", on("t", conj("a", "1"))))
		b.fence(b.rows(1, "t", "a=9"))
		late := b.query("late", on("t", conj("b", "1")))
		b.fenced(late, "a writer does not know of the scheme")
		b.h.Expire(b.store, b.db, token(1))
		b.put(2, late)
		b.hit(2, late)
	}},
	{"the first lease of a table waits for its writers", nil, func(b *bench) {
		q := b.query("q", on("t", conj("a", "1")))
		b.fence(b.change(1, store.TableChange{Table: "t"}))
		b.fenced(q, "a writer found no scheme")
		b.fenced(q, "nor does asking again help")
		b.bump(b.rows(1, "t", "a=1"))
		b.put(1, q)
		b.hit(1, q)
	}},
	{"a new scheme waits for fences on the epoch and on everything", nil, func(b *bench) {
		for i, c := range []*store.Change{
			b.change(1, store.TableChange{Table: "t", Epoch: true}), b.everything(1),
		} {
			q := b.query("q", on("t", conj(string(rune('a'+i)), "1")))
			b.fence(c)
			b.fenced(q, "the table is being written")
			b.bump(c)
			b.put(1, q)
			b.hit(1, q)
		}
	}},
	{"every scheme of a lease that is refused is registered", nil, func(b *bench) {
		b.fence(b.everything(1))
		b.fenced(b.query("q", on("t", conj("a", "1"), conj("b", "1")), on("u", conj("c", "1"))), "everything is fenced")
		if r := b.registry("t"); len(r.Schemes) != 2 {
			b.Errorf("the schemes of t are %v, want a and b", r.Schemes)
		}
		if r := b.registry("u"); len(r.Schemes) != 1 {
			b.Errorf("the schemes of u are %v, want c", r.Schemes)
		}
	}},
}
