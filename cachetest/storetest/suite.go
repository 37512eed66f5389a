package storetest

import (
	"context"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/cacheops/cacheops/store"
)

// Run tests a store against the contract in package store, rule by rule and
// under load. The exhaustive test of the protocol is apart: [Exhaustive].
func Run(t *testing.T, h Harness) {
	h.check(t)
	for _, group := range []struct {
		name  string
		tests []test
	}{
		{"entries", entryTests},
		{"joined", joinedTests},
		{"writes", writeTests},
		{"fences", fenceTests},
		{"registry", registryTests},
		{"losses", lossTests},
		{"names", nameTests},
		{"schema", schemaTests},
		{"locks", lockTests},
		{"calls", callTests},
		{"processes", processTests},
		{"remote", remoteTests},
		{"load", loadTests},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, x := range group.tests {
				t.Run(x.name, func(t *testing.T) {
					if h.has(t, x.needs...) {
						x.run(&bench{T: t, h: &h, store: h.open(t), db: "main"})
					}
				})
			}
		})
	}
}

// test is one test of the suite; needs names the hooks that it uses.
type test struct {
	name  string
	needs []string
	run   func(b *bench)
}

// open makes a store that is closed with the test.
func (h *Harness) open(t *testing.T) store.Store {
	t.Helper()
	s := h.New(t)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

// bench is what a test works with: a store, and a word for each step.
type bench struct {
	*testing.T
	h     *Harness
	store store.Store
	db    string
}

// life is the TTL of the suite's fences, ttl that of its entries.
const (
	life = 30 * time.Second
	ttl  = time.Hour
)

// conj is a conjunction of the scheme of that column.
func conj(column, value string) store.Conj {
	return store.Conj{Scheme: store.Scheme(column), Key: column + "=" + value}
}

// on is a dependency on a table; on the whole of it where there is no conj.
func on(table string, conjs ...store.Conj) store.TableDep {
	return store.TableDep{Table: table, Conjs: conjs}
}

// query is a query with a name of its own.
func (b *bench) query(name string, deps ...store.TableDep) *store.Query {
	return &store.Query{Database: b.db, Key: sha256.Sum256([]byte(name)), Deps: deps, TTL: ttl, Decode: decode}
}

// lease leases and wants stamps.
func (b *bench) lease(q *store.Query) store.Snapshot {
	b.Helper()
	l, err := b.store.Lease(context.Background(), q)
	if err != nil {
		b.Fatalf("Lease: %v", err)
	}
	if l.Fenced || l.Snapshot == nil {
		b.Fatalf("Lease: fenced is %v and the snapshot %v, want a snapshot", l.Fenced, l.Snapshot)
	}
	return l.Snapshot
}

// fenced leases and wants a fence.
func (b *bench) fenced(q *store.Query, why string) {
	b.Helper()
	l, err := b.store.Lease(context.Background(), q)
	if err != nil {
		b.Fatalf("Lease: %v", err)
	}
	if !l.Fenced || l.Snapshot != nil {
		b.Fatalf("Lease: fenced is %v and the snapshot %v, want a fence: %s", l.Fenced, l.Snapshot, why)
	}
}

// fill stores a version under a snapshot.
func (b *bench) fill(q *store.Query, s store.Snapshot, version uint64) {
	b.Helper()
	if err := b.store.Fill(context.Background(), q, s, payload{version, 8}, ttl); err != nil {
		b.Fatalf("Fill: %v", err)
	}
}

// put leases and fills.
func (b *bench) put(version uint64, queries ...*store.Query) {
	b.Helper()
	for _, q := range queries {
		b.fill(q, b.lease(q), version)
	}
}

// hit wants the version.
func (b *bench) hit(want uint64, queries ...*store.Query) {
	b.Helper()
	for i, q := range queries {
		if got, ok := b.get(q); !ok || got != want {
			b.Fatalf("query %d: a read found %v version %d, want version %d", i, ok, got, want)
		}
	}
}

// miss wants nothing.
func (b *bench) miss(why string, queries ...*store.Query) {
	b.Helper()
	for i, q := range queries {
		if got, ok := b.get(q); ok {
			b.Fatalf("query %d: a read found version %d, want a miss: %s", i, got, why)
		}
	}
}

// get reads, in each way that the store has, which must agree.
func (b *bench) get(q *store.Query) (uint64, bool) {
	b.Helper()
	p, ok, err := b.store.Get(context.Background(), q)
	if err != nil {
		b.Fatalf("Get: %v", err)
	}
	if local, is := b.store.(store.Local); is {
		other, found := local.GetLocal(q.Database, q.Key)
		if ok && !found {
			// A store may evict at any time, between two calls as well: then the
			// entry stays away. One that comes back was never gone.
			if p, ok, err = b.store.Get(context.Background(), q); err != nil {
				b.Fatalf("Get: %v", err)
			}
		}
		if found != ok || other != p {
			b.Fatalf("GetLocal found %v %v, Get %v %v", found, other, ok, p)
		}
	}
	if !ok {
		if p != nil {
			b.Fatalf("Get: a miss with the payload %v", p)
		}
		return 0, false
	}
	v, known := version(p)
	if !known {
		b.Fatalf("Get returned a payload of type %T that nobody stored", p)
	}
	return v, true
}

// registry returns the table's schemes.
func (b *bench) registry(table string) store.Registry {
	b.Helper()
	r, err := b.store.Registry(context.Background(), b.db, table)
	if err != nil {
		b.Fatalf("Registry: %v", err)
	}
	if r.Table != table {
		b.Fatalf("Registry of %q is that of %q", table, r.Table)
	}
	return r
}

// rows is a change of rows of the table, with the present registry.
func (b *bench) rows(writer int, table string, keys ...string) *store.Change {
	b.Helper()
	return b.change(writer, store.TableChange{Table: table, Registry: b.registry(table).Version, Keys: keys})
}

// change is a change by the writer.
func (b *bench) change(writer int, tables ...store.TableChange) *store.Change {
	return &store.Change{Database: b.db, Token: token(writer), TTL: life, Tables: tables}
}

// everything is a change of the whole database.
func (b *bench) everything(writer int) *store.Change {
	return &store.Change{Database: b.db, Token: token(writer), TTL: life, All: true}
}

// fence fences and wants no stale registry.
func (b *bench) fence(c *store.Change) {
	b.Helper()
	if ack, err := b.store.Fence(context.Background(), c); err != nil || len(ack.Stale) != 0 {
		b.Fatalf("Fence: stale %v, error %v", ack.Stale, err)
	}
}

// bump bumps and wants no stale registry.
func (b *bench) bump(c *store.Change) { b.Helper(); b.bumpKeep(c, store.DropFence) }

func (b *bench) bumpKeep(c *store.Change, keep store.Keep) {
	b.Helper()
	if ack, err := b.store.Bump(context.Background(), c, keep); err != nil || len(ack.Stale) != 0 {
		b.Fatalf("Bump: stale %v, error %v", ack.Stale, err)
	}
}

// write is a whole write: fence, commit, bump.
func (b *bench) write(c *store.Change) { b.Helper(); b.fence(c); b.bump(c) }
