package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/cacheops/cacheops/store"
)

// everyCall calls each method once and returns their errors by name.
func everyCall(ctx context.Context, s store.Store, q *store.Query, sn store.Snapshot) map[string]error {
	out := map[string]error{}
	c := &store.Change{Database: q.Database, Token: token(1), TTL: life, All: true}
	_, _, out["Get"] = s.Get(ctx, q)
	_, out["Lease"] = s.Lease(ctx, q)
	out["Fill"] = s.Fill(ctx, q, sn, payload{9, 8}, ttl)
	_, out["Registry"] = s.Registry(ctx, q.Database, "t")
	_, out["Fence"] = s.Fence(ctx, c)
	_, out["Bump"] = s.Bump(ctx, c, store.DropFence)
	_, out["Schema"] = s.Schema(ctx, q.Database)
	_, out["BumpSchema"] = s.BumpSchema(ctx, q.Database)
	_, _, out["Lock"] = s.Lock(ctx, q.Key, time.Minute)
	out["AwaitUnlock"] = s.AwaitUnlock(ctx, q.Key)
	return out
}

var callTests = []test{
	{"a context that is over does nothing", nil, func(b *bench) {
		q := b.query("q", on("t", conj("a", "1")))
		b.put(1, q)
		snapshot := b.lease(q)
		schema, err := b.store.Schema(context.Background(), b.db)
		if err != nil {
			b.Fatalf("Schema: %v", err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		for name, err := range everyCall(ctx, b.store, q, snapshot) {
			if !errors.Is(err, context.Canceled) {
				b.Errorf("%s: error %v, want context.Canceled", name, err)
			}
		}
		ctx, cancel = context.WithDeadline(context.Background(), time.Now().Add(-time.Hour))
		defer cancel()
		for name, err := range everyCall(ctx, b.store, q, snapshot) {
			if !errors.Is(err, context.DeadlineExceeded) {
				b.Errorf("%s: error %v, want context.DeadlineExceeded", name, err)
			}
		}
		b.hit(1, q)
		if v, err := b.store.Schema(context.Background(), b.db); err != nil || v != schema {
			b.Errorf("the schema's version is %v, error %v, and was %v", v, err, schema)
		}
		b.take(q.Key, true, "the call with the context that was over did not take it")()
	}},
	{"a closed store says so", nil, func(b *bench) {
		q := b.query("q", on("t", conj("a", "1")))
		b.put(1, q)
		snapshot := b.lease(q)
		unlock := b.take(store.Key{1}, true, "nobody has it")
		for range 2 {
			if err := b.store.Close(); err != nil {
				b.Fatalf("Close: %v", err)
			}
		}
		for name, err := range everyCall(context.Background(), b.store, q, snapshot) {
			if !errors.Is(err, store.ErrClosed) {
				b.Errorf("%s: error %v, want store.ErrClosed", name, err)
			}
		}
		if local, ok := b.store.(store.Local); ok {
			if p, ok := local.GetLocal(q.Database, q.Key); ok {
				b.Errorf("GetLocal found %v in a closed store", p)
			}
		}
		unlock()
	}},
	{"stores share nothing", nil, func(b *bench) {
		q := b.query("q", on("t", conj("a", "1")))
		b.put(1, q)
		other := &bench{T: b.T, h: b.h, store: b.h.open(b.T), db: b.db}
		other.miss("it is another store", q)
		other.put(2, q)
		other.write(other.everything(1))
		other.miss("everything changed", q)
		b.hit(1, q)
		// A snapshot of one means nothing to the other, as an error or not.
		_ = other.store.Fill(context.Background(), q, b.lease(q), payload{3, 8}, ttl)
		other.lease(q)
		other.miss("the lease was from another store", q)
		b.hit(1, q)
	}},
}
