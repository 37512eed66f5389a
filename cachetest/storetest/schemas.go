package storetest

import (
	"context"

	"github.com/cacheops/cacheops/store"
)

var schemaTests = []test{
	{"a schema's version stays until it is bumped", nil, func(b *bench) {
		ctx := context.Background()
		version := func(database string) store.Schema {
			b.Helper()
			v, err := b.store.Schema(ctx, database)
			if err != nil {
				b.Fatalf("Schema: %v", err)
			}
			return v
		}
		q := b.query("q", on("t", conj("a", "1")))
		leased := func() store.Schema {
			b.Helper()
			l, err := b.store.Lease(ctx, q)
			if err != nil {
				b.Fatalf("Lease: %v", err)
			}
			return l.Schema
		}
		first, other := version(b.db), version("other")
		if first == (store.Schema{}) || first != version(b.db) || first != leased() {
			b.Fatalf("the version is %v, then %v, and leased %v", first, version(b.db), leased())
		}
		if first == other {
			b.Error("two databases have one version")
		}
		seen := map[store.Schema]bool{first: true, other: true}
		for range 5 {
			next, err := b.store.BumpSchema(ctx, b.db)
			if err != nil {
				b.Fatalf("BumpSchema: %v", err)
			}
			if seen[next] {
				b.Fatalf("the version %v came back", next)
			}
			seen[next] = true
			if next != version(b.db) || next != leased() {
				b.Fatalf("the version is %v and leased %v after it became %v", version(b.db), leased(), next)
			}
		}
		if version("other") != other {
			b.Error("another database's version changed")
		}
	}},
	{"a fenced lease tells the schema too", nil, func(b *bench) {
		ctx := context.Background()
		b.fence(b.everything(1))
		l, err := b.store.Lease(ctx, b.query("q", on("t")))
		if err != nil || !l.Fenced {
			b.Fatalf("Lease: %+v, error %v, want a fence", l, err)
		}
		if v, err := b.store.Schema(ctx, b.db); err != nil || l.Schema != v {
			b.Errorf("the lease tells %v, the store %v, error %v", l.Schema, v, err)
		}
	}},
	{"fences and bumps tell the schema", nil, func(b *bench) {
		ctx := context.Background()
		version, err := b.store.Schema(ctx, b.db)
		if err != nil {
			b.Fatalf("Schema: %v", err)
		}
		b.put(1, b.query("q", on("t", conj("a", "1"))))
		for range 2 {
			for name, c := range map[string]*store.Change{
				"rows":       b.rows(1, "t", "a=1"),
				"a table":    b.change(1, store.TableChange{Table: "t", Epoch: true}),
				"two tables": b.change(1, store.TableChange{Table: "t", Epoch: true}, store.TableChange{Table: "u", Epoch: true}),
				"everything": b.everything(1),
				"stale rows": b.change(1, store.TableChange{Table: "t", Registry: 1 << 40}),
			} {
				fence, err := b.store.Fence(ctx, c)
				if err != nil || fence.Schema != version {
					b.Errorf("%s: the fence tells %v, error %v, want %v", name, fence.Schema, err, version)
				}
				kept, err := b.store.Bump(ctx, c, store.KeepFence)
				if err != nil || kept.Schema != version {
					b.Errorf("%s: the bump that keeps tells %v, error %v, want %v", name, kept.Schema, err, version)
				}
				bump, err := b.store.Bump(ctx, c, store.DropFence)
				if err != nil || bump.Schema != version {
					b.Errorf("%s: the bump tells %v, error %v, want %v", name, bump.Schema, err, version)
				}
			}
			if version, err = b.store.BumpSchema(ctx, b.db); err != nil {
				b.Fatalf("BumpSchema: %v", err)
			}
		}
		none := b.change(1)
		fence, err := b.store.Fence(ctx, none)
		if err != nil || fence.Schema != (store.Schema{}) {
			b.Errorf("a change of nothing tells %v, error %v", fence.Schema, err)
		}
	}},
}
