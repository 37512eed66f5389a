package storetest

import (
	"context"
	"time"

	"github.com/cacheops/cacheops/store"
)

// kinds are the three kinds of change that touch the query "q" on t, a=1.
var kinds = map[string]func(b *bench, writer int) *store.Change{
	"row":        func(b *bench, w int) *store.Change { return b.rows(w, "t", "a=1") },
	"table":      func(b *bench, w int) *store.Change { return b.change(w, store.TableChange{Table: "t", Epoch: true}) },
	"everything": func(b *bench, w int) *store.Change { return b.everything(w) },
}

// eachKind runs a test for each kind of change, with the query stored.
func eachKind(f func(b *bench, q *store.Query, change func(writer int) *store.Change)) func(b *bench) {
	return func(b *bench) {
		for name, kind := range kinds {
			b.Logf("a change of: %s", name)
			// A database of its own for each: fences of one do not reach another.
			b.db = name
			q := b.query("q"+name, on("t", conj("a", "1")))
			b.put(1, q)
			f(b, q, func(writer int) *store.Change { return kind(b, writer) })
		}
	}
}

var fenceTests = []test{
	{"a fence hides and refuses", nil, eachKind(func(b *bench, q *store.Query, change func(int) *store.Change) {
		snapshot := b.lease(q)
		b.fence(change(1))
		b.miss("it is fenced", q)
		b.fenced(q, "a writer fences")
		b.fill(q, snapshot, 1)
		b.miss("it is fenced, and the lease came before", q)
		b.bump(change(1))
		b.miss("it changed", q)
		b.put(2, q)
		b.hit(2, q)
	})},
	{"a fence on what nobody leased is seen by the first who does", nil, func(b *bench) {
		b.put(1, b.query("known", on("t", conj("a", "1"))))
		b.fence(b.rows(1, "t", "a=2"))
		q := b.query("late", on("t", conj("a", "2")))
		b.fenced(q, "the row was fenced before anybody asked for it")
		b.bump(b.rows(1, "t", "a=2"))
		b.put(2, q)
		b.hit(2, q)
	}},
	{"a bump leaves the fences of others", nil, eachKind(func(b *bench, q *store.Query, change func(int) *store.Change) {
		b.fence(change(1))
		b.fence(change(2))
		b.bump(change(1))
		b.fenced(q, "the second writer still fences")
		b.miss("the second writer still fences", q)
		b.bump(change(2))
		b.put(2, q)
		b.hit(2, q)
	})},
	{"a fence is over at its deadline, and leaves no value", []string{"Advance"}, eachKind(func(b *bench, q *store.Query, change func(int) *store.Change) {
		b.fence(change(1))
		b.h.Advance(b.store, life-10*time.Second)
		b.fenced(q, "ten seconds are left")
		b.h.Advance(b.store, 11*time.Second)
		b.miss("an expired fence is a missing stamp", q)
		b.put(2, q)
		b.hit(2, q)
	})},
	{"one token's time is not another's", []string{"Expire"}, eachKind(func(b *bench, q *store.Query, change func(int) *store.Change) {
		b.fence(change(1))
		b.fence(change(2))
		b.h.Expire(b.store, b.db, token(1))
		b.fenced(q, "the second fence lives")
		b.h.Expire(b.store, b.db, token(2))
		b.miss("an expired fence is a missing stamp", q)
		b.put(2, q)
		b.hit(2, q)
	})},
	{"a fence again renews the deadline", []string{"Advance"}, eachKind(func(b *bench, q *store.Query, change func(int) *store.Change) {
		b.fence(change(1))
		b.h.Advance(b.store, 20*time.Second)
		b.fence(change(1))
		b.h.Advance(b.store, 20*time.Second)
		b.fenced(q, "the fence was renewed 20 seconds ago")
		b.h.Advance(b.store, 11*time.Second)
		b.lease(q)
	})},
	{"a bump after the own fence ran out takes the values", []string{"Advance"}, eachKind(func(b *bench, q *store.Query, change func(int) *store.Change) {
		b.fence(change(1))
		b.h.Advance(b.store, life+time.Second)
		b.put(1, q)
		b.hit(1, q)
		b.bump(change(1))
		b.miss("it was filled before the commit", q)
	})},
	{"a bump that keeps the fence takes the values", []string{"Advance"}, eachKind(func(b *bench, q *store.Query, change func(int) *store.Change) {
		b.fence(change(1))
		b.bumpKeep(change(1), store.KeepFence)
		b.miss("it may have changed", q)
		b.fenced(q, "the outcome is unknown")
		b.bump(change(1))
		b.put(2, q)
		b.hit(2, q)
		// It puts the fence there where it had run out, or never was.
		b.bumpKeep(change(1), store.KeepFence)
		b.miss("it may have changed", q)
		b.fenced(q, "the outcome is unknown")
		b.h.Advance(b.store, life+time.Second)
		b.put(3, q)
		b.hit(3, q)
		b.bump(change(1))
		b.miss("the outcome became known", q)
	})},
	{"a kept fence leaves others' alone", nil, eachKind(func(b *bench, q *store.Query, change func(int) *store.Change) {
		b.fence(change(1))
		b.fence(change(2))
		b.bumpKeep(change(1), store.KeepFence)
		b.bump(change(2))
		b.fenced(q, "the first outcome is unknown")
		b.bump(change(1))
		b.put(2, q)
		b.hit(2, q)
	})},
	{"kinds of fence do not end each other", nil, func(b *bench) {
		q := b.query("q", on("t", conj("a", "1")))
		b.put(1, q)
		writer := 0
		for name, first := range kinds {
			for other, second := range kinds {
				b.Logf("%s, then %s", name, other)
				writer += 2
				one, two := first(b, writer), second(b, writer+1)
				b.fence(one)
				b.fence(two)
				b.bump(second(b, writer+1))
				b.fenced(q, "the first fence lives")
				b.bump(first(b, writer))
				b.put(1, q)
				b.hit(1, q)
			}
		}
	}},
	{"a fence without a token or a time is refused", nil, func(b *bench) {
		ctx := context.Background()
		q := b.query("q", on("t", conj("a", "1")))
		b.put(1, q)
		for name, kind := range kinds {
			noToken, noTime := kind(b, 1), kind(b, 1)
			noToken.Token, noTime.TTL = store.Token{}, 0
			for _, c := range []*store.Change{noToken, noTime} {
				if _, err := b.store.Fence(ctx, c); err == nil {
					b.Errorf("%s: Fence took a change with token %v and TTL %v", name, c.Token, c.TTL)
				}
				if _, err := b.store.Bump(ctx, c, store.KeepFence); err == nil {
					b.Errorf("%s: Bump kept the fence of a change with token %v and TTL %v", name, c.Token, c.TTL)
				}
			}
			// A bump that keeps nothing needs neither.
			b.put(1, q)
			noToken.TTL = 0
			b.bump(noToken)
			b.miss("it was bumped", q)
			b.put(1, q)
			b.hit(1, q)
		}
	}},
}
