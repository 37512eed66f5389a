package storetest

import (
	"github.com/cacheops/cacheops/store"
)

var lossTests = []test{
	{"a lost stamp is a miss", []string{"EvictStamp", "EvictEpoch", "EvictGlobal", "EvictRegistry", "Flush"}, func(b *bench) {
		q := b.query("q", on("t", conj("a", "1")))
		for name, lose := range map[string]func(){
			"stamp":        func() { b.h.EvictStamp(b.store, b.db, "t", "a=1") },
			"epoch":        func() { b.h.EvictEpoch(b.store, b.db, "t") },
			"global epoch": func() { b.h.EvictGlobal(b.store, b.db) },
			"all":          func() { b.h.Flush(b.store) },
		} {
			b.put(1, q)
			before := b.lease(q)
			lose()
			b.miss("lost: "+name, q)
			if after := b.lease(q); before.Equal(after) {
				b.Errorf("%s: the stamps are the same after the loss", name)
			}
			b.miss("lost: "+name, q)
			b.fill(q, before, 1)
			b.miss("filled with a lease from before the loss of: "+name, q)
			b.put(2, q)
			b.hit(2, q)
		}
	}},
	{"a lost registry ends the table's entries at the next lease, fence and bump", []string{"EvictRegistry"}, func(b *bench) {
		q, other := b.query("q", on("t", conj("a", "1"))), b.query("other", on("t", conj("b", "1")))
		for name, next := range map[string]func(){
			"lease":      func() { b.lease(other) },
			"fence":      func() { b.fence(b.change(1, store.TableChange{Table: "t"})) },
			"bump":       func() { b.bump(b.change(1, store.TableChange{Table: "t"})) },
			"whole":      func() { b.lease(b.query("whole", on("t"))) },
			"kept fence": func() { b.bumpKeep(b.change(1, store.TableChange{Table: "t"}), store.KeepFence) },
		} {
			b.db = name
			q.Database, other.Database = name, name
			b.put(1, q)
			b.put(1, other)
			b.h.EvictRegistry(b.store, b.db, "t")
			next()
			b.miss("no writer knows its scheme: "+name, q)
		}
	}},
	{"a lost registry leaves the epoch's fences", []string{"EvictRegistry"}, func(b *bench) {
		q := b.query("q", on("t", conj("a", "1")))
		b.put(1, q)
		c := b.change(1, store.TableChange{Table: "t", Epoch: true})
		b.fence(c)
		b.h.EvictRegistry(b.store, b.db, "t")
		b.fenced(q, "the epoch is fenced")
		b.fence(b.rows(2, "t", "a=1"))
		b.bump(b.rows(2, "t", "a=1"))
		b.fenced(q, "the epoch is still fenced")
		b.bump(c)
		b.put(2, q)
		b.hit(2, q)
	}},
	{"a registry's version is not used again", []string{"EvictRegistry", "Flush"}, func(b *bench) {
		seen := map[uint64]bool{}
		for i := range 8 {
			b.put(1, b.query("q", on("t", conj("a", "1"))))
			v := b.registry("t").Version
			if seen[v] {
				b.Fatalf("the version %d came back", v)
			}
			seen[v] = true
			if i%2 == 0 {
				b.h.EvictRegistry(b.store, b.db, "t")
			} else {
				b.h.Flush(b.store)
			}
			if r := b.registry("t"); r.Version != 0 || len(r.Schemes) != 0 {
				b.Fatalf("the registry is %+v after it was lost", r)
			}
		}
	}},
	{"a registry is unread only where nothing can be valid", []string{"EvictRegistry", "EvictEpoch", "Flush"}, func(b *bench) {
		b.put(1, b.query("q", on("t", conj("a", "1"))))
		b.h.EvictRegistry(b.store, b.db, "t")
		if b.registry("t").Unread {
			b.Error("unread with an epoch: entries may be valid")
		}
		b.h.EvictEpoch(b.store, b.db, "t")
		if !b.registry("t").Unread {
			b.Error("not unread with neither registry nor epoch")
		}
		b.put(1, b.query("q", on("t", conj("a", "1"))))
		b.h.EvictEpoch(b.store, b.db, "t")
		if b.registry("t").Unread {
			b.Error("unread with a registry")
		}
		b.h.Flush(b.store)
		if !b.registry("t").Unread {
			b.Error("not unread after everything was lost")
		}
	}},
	{"a loss under a fence", []string{"EvictStamp", "EvictEpoch"}, func(b *bench) {
		q := b.query("q", on("t", conj("a", "1")))
		b.put(1, q)
		b.fence(b.rows(1, "t", "a=1"))
		b.h.EvictStamp(b.store, b.db, "t", "a=1")
		b.h.EvictEpoch(b.store, b.db, "t")
		// The fence is gone, so this read comes before the commit and is stored.
		b.put(1, q)
		b.hit(1, q)
		b.bump(b.rows(1, "t", "a=1"))
		b.miss("the bump takes what came in between", q)
	}},
}
