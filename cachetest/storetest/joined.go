package storetest

import (
	"context"
	"crypto/sha256"

	"github.com/cacheops/cacheops/store"
)

// joined is a query that depends on what it is filled with.
func (b *bench) joined(name string) *store.Query {
	return &store.Query{Database: "computed", Key: sha256.Sum256([]byte(name)), TTL: ttl, Joined: true, Decode: decode}
}

// recall wants the version, and returns its snapshot.
func (b *bench) recall(q *store.Query, want uint64) store.Snapshot {
	b.Helper()
	p, sn, ok, err := b.store.Recall(context.Background(), q)
	if err != nil || !ok || sn == nil {
		b.Fatalf("Recall: found %v, snapshot %v, error %v", ok, sn, err)
	}
	if got, known := version(p); !known || got != want {
		b.Fatalf("Recall: version %d, want %d", got, want)
	}
	return sn
}

// in does something in another database.
func (b *bench) in(db string, f func()) {
	was := b.db
	b.db = db
	f()
	b.db = was
}

var joinedTests = []test{
	{"a joined entry is found without its dependency", nil, func(b *bench) {
		one, two := b.query("one", on("t", conj("a", "1"))), b.query("two", on("u", conj("c", "3"), conj("d", "4")), on("t"))
		q := b.joined("j")
		b.miss("nothing was stored", q)
		b.fill(q, b.store.Join(b.lease(one), b.lease(two)), 7)
		b.hit(7, q)
		b.hit(7, q)
		b.miss("its parts were not stored", one, two)
		other := b.joined("other")
		b.miss("the key is another", other)
		other = b.joined("j")
		other.Database = "other"
		b.miss("the database is another", other)
	}},
	{"every part of a joined entry counts", nil, func(b *bench) {
		one := b.query("one", on("t", conj("a", "1"), conj("b", "2")), on("v"))
		var two, own *store.Query
		b.in("second", func() { two = b.query("two", on("t", conj("c", "3"))) })
		b.in("computed", func() { own = b.query("own", on("f", conj("args", "x"))) })
		q := b.joined("j")
		put := func() {
			b.Helper()
			b.fill(q, b.store.Join(b.lease(own), b.lease(one), b.lease(two)), 1)
			b.hit(1, q)
		}
		for _, c := range []struct{ db, table, key string }{
			{"main", "t", "a=1"}, {"main", "t", "b=2"}, {"main", "t", ""}, {"main", "v", ""}, {"main", "", ""},
			{"second", "t", "c=3"}, {"second", "t", ""}, {"second", "", ""}, {"computed", "f", "args=x"}, {"computed", "f", ""}, {"computed", "", ""},
		} {
			put()
			b.in(c.db, func() {
				switch {
				case c.table == "":
					b.write(b.everything(1))
				case c.key == "":
					b.write(b.change(1, store.TableChange{Table: c.table, Epoch: true}))
				default:
					b.write(b.rows(1, c.table, c.key))
				}
			})
			b.miss("a part of it changed: "+c.db+" "+c.table+" "+c.key, q)
			b.lease(own)
			b.lease(one)
			b.lease(two)
			b.miss("its parts were leased again: "+c.db+" "+c.table+" "+c.key, q)
		}
		put()
		b.write(b.rows(1, "t", "a=2", "c=3"))
		b.in("second", func() { b.write(b.rows(2, "t", "a=1")) })
		b.hit(1, q)
	}},
	{"a part that changed before the fill", nil, func(b *bench) {
		one, two := b.query("one", on("t", conj("a", "1"))), b.query("two", on("t", conj("a", "2")))
		first, second := b.lease(one), b.lease(two)
		b.fill(one, first, 1) // so that the store keeps the place of its stamp
		b.write(b.rows(1, "t", "a=1"))
		q := b.joined("j")
		b.fill(q, b.store.Join(first, second), 1)
		b.miss("a part changed after its lease", q)
		b.fill(q, b.store.Join(b.lease(one), first), 1)
		b.miss("its parts hold two stamps of one thing", q)
		b.fill(q, b.store.Join(b.lease(one), second), 2)
		b.hit(2, q)
	}},
	{"a joined entry that is filled late", nil, func(b *bench) {
		one := b.query("one", on("t", conj("a", "1")))
		q := b.joined("j")
		old := b.store.Join(b.lease(one))
		b.write(b.rows(1, "t", "a=1"))
		b.fill(q, b.store.Join(b.lease(one)), 2)
		b.hit(2, q)
		b.fill(q, old, 1)
		if v, ok := b.get(q); ok && v != 2 {
			b.Errorf("STALE: version %d was read, filled under what its part was before", v)
		}
	}},
	{"a part that is fenced", nil, func(b *bench) {
		one := b.query("one", on("t", conj("a", "1")))
		q := b.joined("j")
		b.fill(q, b.store.Join(b.lease(one)), 1)
		c := b.rows(1, "t", "a=1")
		b.fence(c)
		b.miss("a write is under way", q)
		b.bump(c)
		b.miss("a part changed", q)
	}},
	{"no part, no snapshot", nil, func(b *bench) {
		q := b.joined("j")
		if sn := b.store.Join(b.lease(b.query("one", on("t"))), nil); sn != nil {
			b.Errorf("Join with a part that is nil returned %v", sn)
		}
		b.fill(q, nil, 1)
		b.miss("it was fenced", q)
	}},
	{"what is recalled can be a part", nil, func(b *bench) {
		one, two := b.query("one", on("t", conj("a", "1"))), b.query("two", on("t", conj("a", "2")))
		b.put(1, one)
		inner, outer := b.joined("inner"), b.joined("outer")
		b.fill(inner, b.store.Join(b.recall(one, 1), b.lease(two)), 2)
		b.fill(outer, b.store.Join(b.recall(inner, 2), b.lease(b.query("three", on("u")))), 3)
		b.hit(2, inner)
		b.hit(3, outer)
		b.write(b.rows(1, "t", "a=2"))
		b.miss("its part changed", inner, outer)
		b.hit(1, one)
		if p, sn, ok, err := b.store.Recall(context.Background(), outer); p != nil || sn != nil || ok || err != nil {
			b.Errorf("Recall of what is gone: %v %v %v %v", p, sn, ok, err)
		}
	}},
	{"what is recalled is as old as its entry", nil, func(b *bench) {
		one := b.query("one", on("t", conj("a", "1")))
		b.put(1, one)
		sn := b.recall(one, 1)
		b.write(b.rows(1, "t", "a=1"))
		q := b.joined("j")
		b.fill(q, b.store.Join(sn), 1)
		b.miss("it changed after it was recalled", q)
	}},
	{"a joined entry outlives the times of its parts", []string{"Advance"}, func(b *bench) {
		one := b.query("one", on("t", conj("a", "1")))
		one.TTL = 0
		q := b.joined("j")
		q.TTL = 48 * ttl
		if err := b.store.Fill(context.Background(), q, b.store.Join(b.lease(one)), payload{1, 8}, q.TTL); err != nil {
			b.Fatalf("Fill: %v", err)
		}
		b.h.Advance(b.store, 40*ttl)
		b.hit(1, q)
	}},
	{"a joined entry of many parts", nil, func(b *bench) {
		const n = 60
		parts := make([]store.Snapshot, n)
		for i := range parts {
			parts[i] = b.lease(b.query(string(rune('A'+i)), on("t", conj("a", string(rune('A'+i))), conj("b", "1")), on("u")))
		}
		q := b.joined("j")
		b.fill(q, b.store.Join(parts...), 1)
		b.hit(1, q)
		b.write(b.rows(1, "t", "a="+string(rune('A'+n-1))))
		b.miss("its last part changed", q)
	}},
	{"a joined entry with other parts", nil, func(b *bench) {
		one, two := b.query("one", on("t", conj("a", "1"))), b.query("two", on("u", conj("a", "2")))
		q := b.joined("j")
		b.fill(q, b.store.Join(b.lease(one)), 1)
		b.hit(1, q)
		b.fill(q, b.store.Join(b.lease(two)), 2)
		b.hit(2, q)
		b.write(b.rows(1, "t", "a=1"))
		b.hit(2, q)
		b.write(b.rows(1, "u", "a=2"))
		b.miss("its part changed", q)
	}},
	{"a joined entry in two processes", []string{"Second"}, func(b *bench) {
		other := b.beside()
		q := b.joined("j")
		one := b.query("one", on("t", conj("a", "1")))
		b.fill(q, b.store.Join(b.lease(one)), 1)
		other.hit(1, q)
		b.fill(q, b.store.Join(b.lease(b.query("two", on("u")))), 2)
		other.hit(2, q)
		other.write(other.rows(1, "t", "a=1"))
		b.hit(2, q)
		other.write(other.change(2, store.TableChange{Table: "u", Epoch: true}))
		b.miss("its part changed", q)
		other.miss("its part changed", q)
	}},
}
