package storetest

import (
	"github.com/cacheops/cacheops/store"
)

var writeTests = []test{
	{"a row's write ends its entries and no others", nil, func(b *bench) {
		one, two := b.query("one", on("t", conj("a", "1"))), b.query("two", on("t", conj("a", "2")))
		other, elsewhere := b.query("other", on("t", conj("b", "1"))), b.query("elsewhere", on("u", conj("a", "1")))
		b.put(1, one, two, other, elsewhere)
		b.write(b.rows(1, "t", "a=1"))
		b.miss("its row changed", one)
		b.hit(1, two, other, elsewhere)
		b.put(2, one)
		b.hit(2, one)
	}},
	{"any write of a table ends what depends on every row", nil, func(b *bench) {
		whole, row := b.query("whole", on("t")), b.query("row", on("t", conj("a", "1")))
		for name, c := range map[string]func() *store.Change{
			"rows that match nothing":      func() *store.Change { return b.rows(1, "t") },
			"rows that match":              func() *store.Change { return b.rows(1, "t", "a=2") },
			"the table":                    func() *store.Change { return b.change(1, store.TableChange{Table: "t", Epoch: true}) },
			"everything":                   func() *store.Change { return b.everything(1) },
			"rows, without anything fixed": func() *store.Change { return b.rows(1, "t", "") },
		} {
			b.put(1, whole, row)
			change := c()
			b.fence(change)
			b.miss("a write is under way: "+name, whole)
			b.fenced(whole, name)
			b.bump(change)
			b.miss("the table changed: "+name, whole)
			b.put(2, whole)
			b.hit(2, whole)
		}
	}},
	{"a table that is only ever read whole keeps its entries", nil, func(b *bench) {
		whole := b.query("whole", on("t"))
		b.put(1, whole)
		b.lease(b.query("another", on("t")))
		b.hit(1, whole)
		if r := b.registry("t"); r.Unread || r.Version == 0 {
			b.Errorf("the registry is %+v, want one that is known and empty", r)
		}
	}},
	{"a table's epoch ends all of the table", nil, func(b *bench) {
		one, two, whole := b.query("one", on("t", conj("a", "1"))), b.query("two", on("t", conj("b", "2"))), b.query("whole", on("t"))
		other := b.query("other", on("u", conj("a", "1")))
		b.put(1, one, two, whole, other)
		// Registry and keys do not matter beside Epoch.
		c := b.change(1, store.TableChange{Table: "t", Epoch: true, Registry: 12345, Keys: []string{"x"}})
		b.fence(c)
		b.miss("the table is being written", one, two, whole)
		b.fenced(one, "the epoch is fenced")
		b.bump(c)
		b.miss("the table changed", one, two, whole)
		b.hit(1, other)
		b.put(2, one, two, whole)
		b.hit(2, one, two, whole)
	}},
	{"a change of everything ends all of the database", nil, func(b *bench) {
		one, two := b.query("one", on("t", conj("a", "1"))), b.query("two", on("u"))
		other := b.query("other", on("t", conj("a", "1")))
		other.Database = "other"
		b.put(1, one, two, other)
		c := b.everything(1)
		// Tables do not matter beside All.
		c.Tables = []store.TableChange{{Table: "t", Registry: 12345}}
		b.fence(c)
		b.miss("everything is being written", one, two)
		b.fenced(one, "everything is fenced")
		b.fenced(two, "everything is fenced")
		b.bump(c)
		b.miss("everything changed", one, two)
		b.hit(1, other)
		b.put(2, one, two)
		b.hit(2, one, two)
	}},
	{"databases do not touch each other", nil, func(b *bench) {
		mine := b.query("q", on("t", conj("a", "1")))
		theirs := b.query("theirs", on("t", conj("a", "1")))
		theirs.Database = "other"
		b.put(1, mine, theirs)
		b.write(b.rows(1, "t", "a=1"))
		b.hit(1, theirs)
		b.put(2, mine)
		b.db = "other"
		b.write(b.change(1, store.TableChange{Table: "t", Epoch: true}))
		b.miss("its table changed", theirs)
		b.db = "main"
		b.hit(2, mine)
	}},
	{"a bump needs no fence", nil, func(b *bench) {
		q, r := b.query("q", on("t", conj("a", "1"))), b.query("r", on("u"))
		for _, c := range []func() *store.Change{
			func() *store.Change { return b.rows(1, "t", "a=1") },
			func() *store.Change { return b.change(1, store.TableChange{Table: "t", Epoch: true}) },
			func() *store.Change { return b.everything(1) },
		} {
			b.put(1, q, r)
			b.bump(c())
			b.miss("its row changed", q)
			b.put(2, q)
			b.hit(2, q)
		}
	}},
	{"a fill under way across a write is dead", nil, func(b *bench) {
		q := b.query("q", on("t", conj("a", "1")))
		for _, c := range []func() *store.Change{
			func() *store.Change { return b.rows(1, "t", "a=1") },
			func() *store.Change { return b.change(1, store.TableChange{Table: "t", Epoch: true}) },
			func() *store.Change { return b.everything(1) },
		} {
			b.put(1, q)
			snapshot := b.lease(q)
			b.write(c())
			b.fill(q, snapshot, 1)
			b.miss("the lease came before the write", q)
			// Not even when new stamps are there.
			b.lease(q)
			b.miss("the lease came before the write", q)
			snapshot = b.lease(q)
			b.bump(c())
			b.fill(q, snapshot, 1)
			b.lease(q)
			b.miss("the lease came before the bump", q)
		}
	}},
	{"many rows in many tables", nil, func(b *bench) {
		var queries []*store.Query
		c := b.change(1)
		for _, table := range []string{"t", "u", "v"} {
			keys := []string{}
			for _, v := range []string{"1", "2", "3", "4", "5"} {
				q := b.query(table+v, on(table, conj("a", v)))
				queries = append(queries, q)
				b.put(1, q)
				keys = append(keys, "a="+v, "a="+v+"0")
			}
			c.Tables = append(c.Tables, store.TableChange{Table: table, Registry: b.registry(table).Version, Keys: keys})
		}
		spared := b.query("spared", on("t", conj("a", "6")), on("u", conj("a", "6")))
		b.put(1, spared)
		b.fence(c)
		b.miss("all were fenced", queries...)
		for _, q := range queries {
			b.fenced(q, "all were fenced")
		}
		b.bump(c)
		b.miss("all changed", queries...)
		b.put(2, queries...)
		b.hit(2, queries...)
		b.hit(1, spared)
	}},
}
