package storetest

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/cacheops/cacheops/store"
)

var entryTests = []test{
	{"what was filled is found", nil, func(b *bench) {
		q := b.query("q", on("t", conj("a", "1")))
		b.miss("nothing was stored", q)
		b.put(7, q)
		b.hit(7, q)
		b.hit(7, q)
	}},
	{"a later fill replaces", nil, func(b *bench) {
		q := b.query("q", on("t", conj("a", "1")))
		b.put(1, q)
		b.put(2, q)
		b.hit(2, q)
	}},
	{"keys are compared whole", nil, func(b *bench) {
		q := b.query("q", on("t", conj("a", "1")))
		b.put(1, q)
		for i := range q.Key {
			other := *q
			other.Key[i] ^= 1
			b.miss("the key is another", &other)
		}
		b.hit(1, q)
	}},
	{"a database finds its own entries only", nil, func(b *bench) {
		q := b.query("q", on("t", conj("a", "1")))
		b.put(1, q)
		other := *q
		other.Database = "other"
		b.miss("the database is another", &other)
		b.hit(1, q)
	}},
	{"no TTL stores nothing", nil, func(b *bench) {
		q := b.query("q", on("t"))
		for _, d := range []time.Duration{0, -time.Second} {
			if err := b.store.Fill(context.Background(), q, b.lease(q), payload{1, 8}, d); err != nil {
				b.Fatalf("Fill: %v", err)
			}
			b.miss("the TTL is not above 0", q)
		}
	}},
	{"no snapshot stores nothing", nil, func(b *bench) {
		q := b.query("q", on("t"))
		b.fill(q, nil, 1)
		b.miss("it was fenced", q)
	}},
	{"entries run out", []string{"Advance"}, func(b *bench) {
		short, long := b.query("short", on("t")), b.query("long", on("t"))
		if err := b.store.Fill(context.Background(), short, b.lease(short), payload{1, 8}, time.Minute); err != nil {
			b.Fatalf("Fill: %v", err)
		}
		b.put(2, long)
		b.h.Advance(b.store, 50*time.Second)
		b.hit(1, short)
		b.h.Advance(b.store, 20*time.Second)
		b.miss("its minute is over", short)
		b.hit(2, long)
		// A new fill starts a new time, not what was left of the old one.
		if err := b.store.Fill(context.Background(), short, b.lease(short), payload{3, 8}, time.Minute); err != nil {
			b.Fatalf("Fill: %v", err)
		}
		b.h.Advance(b.store, 50*time.Second)
		b.hit(3, short)
	}},
	{"a longer TTL replaces a shorter one", []string{"Advance"}, func(b *bench) {
		q := b.query("q", on("t"))
		if err := b.store.Fill(context.Background(), q, b.lease(q), payload{1, 8}, time.Minute); err != nil {
			b.Fatalf("Fill: %v", err)
		}
		b.put(2, q)
		b.h.Advance(b.store, 30*time.Minute)
		b.hit(2, q)
		if err := b.store.Fill(context.Background(), q, b.lease(q), payload{3, 8}, time.Minute); err != nil {
			b.Fatalf("Fill: %v", err)
		}
		b.h.Advance(b.store, 2*time.Minute)
		b.miss("the shorter TTL counts now", q)
	}},
	{"a query that depends on nothing", nil, func(b *bench) {
		q := b.query("q")
		b.put(1, q)
		b.hit(1, q)
		b.write(b.everything(1))
		b.miss("everything changed", q)
	}},
	{"snapshots are equal as long as nothing changes", nil, func(b *bench) {
		q, other := b.query("q", on("t", conj("a", "1"))), b.query("other", on("t", conj("a", "2")))
		first := b.lease(q)
		if again := b.lease(q); !first.Equal(again) || !again.Equal(first) {
			b.Error("two leases with nothing between them are not equal")
		}
		if x := b.lease(other); first.Equal(x) || x.Equal(first) {
			b.Error("the snapshots of two dependencies are equal")
		}
		if first.Equal(nil) {
			b.Error("a snapshot is equal to none")
		}
		b.write(b.rows(1, "t", "a=2"))
		if !first.Equal(b.lease(q)) {
			b.Error("a write of another row makes the snapshot another")
		}
		for name, c := range map[string]*store.Change{
			"of the row":     b.rows(1, "t", "a=1"),
			"of the table":   b.change(1, store.TableChange{Table: "t", Epoch: true}),
			"of everything":  b.everything(1),
			"of more tables": b.change(1, store.TableChange{Table: "u", Epoch: true}, store.TableChange{Table: "t", Epoch: true}),
		} {
			before := b.lease(q)
			b.write(c)
			if after := b.lease(q); before.Equal(after) || after.Equal(before) {
				b.Errorf("the snapshots before and after a write %s are equal", name)
			}
		}
	}},
	{"every part of the dependency counts", nil, func(b *bench) {
		q := b.query("q", on("t", conj("a", "1"), conj("b", "2")), on("u", conj("c", "3")), on("v"))
		for _, c := range []store.TableChange{
			{Table: "t", Keys: []string{"a=1"}}, {Table: "t", Keys: []string{"x", "b=2"}}, {Table: "t", Epoch: true},
			{Table: "u", Keys: []string{"c=3"}}, {Table: "u", Epoch: true}, {Table: "v"}, {Table: "v", Epoch: true},
		} {
			b.put(1, q)
			b.hit(1, q)
			c.Registry = b.registry(c.Table).Version
			b.write(b.change(1, c))
			b.miss("a part of its dependency changed", q)
		}
	}},
	{"entries under pressure are right or gone", []string{"NewSmall"}, func(b *bench) {
		b.store = b.h.NewSmall(b)
		defer func() {
			if err := b.store.Close(); err != nil {
				b.Errorf("Close: %v", err)
			}
		}()
		const n = 2000 // of 4 KiB each: eight times what the store holds
		queries := make([]*store.Query, n)
		for i := range queries {
			var name [2]byte
			name[0], name[1] = byte(i), byte(i>>8)
			queries[i] = b.query("", on("t", store.Conj{Scheme: "a", Key: string(name[:])}))
			queries[i].Key = sha256.Sum256(name[:])
			if err := b.store.Fill(context.Background(), queries[i], b.lease(queries[i]), payload{uint64(i), 4096}, ttl); err != nil {
				b.Fatalf("Fill: %v", err)
			}
		}
		found := 0
		for i, q := range queries {
			if got, ok := b.get(q); ok {
				found++
				if got != uint64(i) {
					b.Fatalf("the entry of query %d is that of query %d", i, got)
				}
			}
		}
		if found == 0 || found > n/2 {
			b.Errorf("%d of %d entries are there, want some and not more than fit", found, n)
		}
		b.write(b.change(1, store.TableChange{Table: "t", Epoch: true}))
		b.miss("the table changed", queries...)
	}},
}
