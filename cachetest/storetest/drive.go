package storetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/cacheops/cacheops/store"
)

const (
	modelTable  = "t"
	modelScheme = store.Scheme("a")
	modelKey    = "a=1"
)

// freshStores is how many databases a store serves before it is replaced: a new
// database is as good as a new store, and much cheaper.
const freshStores = 20000

// fewDatabases is how many databases a slow store holds at a time.
const fewDatabases = 32

// actors is what the readers and writers remember between their steps.
type actors struct {
	database  uint8 // the version in the database
	snapshots [maxActors]store.Snapshot
	read      [maxActors]uint8
	apart     [maxActors]Apart // reads in parts
	// registries are the writers' copies, none at first.
	registries [maxActors]store.Registry
}

// driver does the model's actions with a real store.
type driver struct {
	h      *Harness
	c      *config
	wants  chan<- chan<- store.Store // asks for a store
	over   <-chan struct{}           // closed when nobody makes one any more
	store  store.Store
	used   int // databases of the store
	query  store.Query
	actors actors
	drives
	err error
}

// errOver is what a driver ends with that gets no store.
var errOver = errors.New("storetest: the test is over")

// open asks for a store.
func (d *driver) open() error {
	made := make(chan store.Store, 1)
	select {
	case d.wants <- made:
	case <-d.over:
		return errOver
	}
	select {
	case d.store = <-made:
		return nil
	case <-d.over:
		return errOver
	}
}

// reset starts again with an empty database.
func (d *driver) reset() error {
	if d.store == nil || d.used >= freshStores {
		if err := d.close(); err != nil {
			return err
		}
		if err := d.open(); err != nil {
			return err
		}
		d.used = 0
		for _, s := range d.c.safeguards {
			d.h.Break(d.store, s)
		}
	}
	if d.h.Slow && d.used%fewDatabases == 0 {
		// The hooks may have to look through all that the store holds.
		d.h.Flush(d.store)
	}
	d.used++
	name := "db" + strconv.Itoa(d.used)
	dep := store.TableDep{Table: modelTable}
	if !d.c.whole {
		dep.Conjs = []store.Conj{{Scheme: modelScheme, Key: modelKey}}
	}
	d.query = store.Query{Database: name, Key: sha256.Sum256([]byte(name)), Deps: []store.TableDep{dep}, Decode: decode}
	d.actors = actors{}
	return nil
}

func (d *driver) close() error {
	if d.store == nil {
		return nil
	}
	s := d.store
	d.store = nil
	return s.Close()
}

// hit asks the store for the entry.
func (d *driver) hit() (uint8, bool, error) {
	d.calls++
	p, ok, err := d.store.Get(context.Background(), &d.query)
	if err != nil {
		return 0, false, err
	}
	v, err := d.version(p, ok)
	return v, ok, err
}

// version returns the version of an answer, 0 for a miss.
func (d *driver) version(p store.Payload, ok bool) (uint8, error) {
	if !ok {
		return 0, nil
	}
	v, known := version(p)
	if !known {
		return 0, fmt.Errorf("storetest: Get returned a payload of type %T that nobody stored", p)
	}
	return uint8(v), nil
}

// do does the action, which the model did from the state before to the state
// after, and returns an error where the store's answer is another.
func (d *driver) do(l lap, before, after *state) error {
	ctx, a := context.Background(), l.action
	switch a.verb {
	case doGet:
		if !l.fresh {
			return nil // it leads on as it is
		}
		version, ok, err := d.hit()
		if err != nil {
			return err
		}
		if want, hits := before.hit(); ok != hits || version != want {
			return fmt.Errorf("storetest: %v: the store answers %v version %d, the model %v version %d", a, ok, version, hits, want)
		}
	case doLease:
		return d.lease(a, after.readers[a.i].leased)
	case doSeeEntry, doSeeStamps, doSeeTable, doSeeGlobal:
		return d.see(l, before)
	case doRead:
		d.actors.read[a.i] = d.actors.database
	case doFill:
		if d.c.client == noLease {
			// The model's answer is gone with the step, so the store's stands;
			// the probe after the step compares what follows from it.
			d.calls++
			l, err := d.store.Lease(ctx, &d.query)
			if err != nil {
				return err
			}
			d.actors.snapshots[a.i] = l.Snapshot
		}
		sn := d.actors.snapshots[a.i]
		d.actors.snapshots[a.i] = nil
		if sn == nil {
			return nil
		}
		d.calls++
		return d.store.Fill(ctx, &d.query, sn, payload{uint64(d.actors.read[a.i]), 8}, time.Hour)
	case doFence:
		if d.c.client != noFence {
			return d.write(a.i, d.store.Fence)
		}
	case doCommit, doServerCommits:
		d.actors.database++
	case doBump, doBumpKeep:
		keep := store.DropFence
		if a.verb == doBumpKeep && d.c.client != noKeep {
			keep = store.KeepFence
		}
		return d.write(a.i, func(ctx context.Context, c *store.Change) (store.Ack, error) {
			return d.store.Bump(ctx, c, keep)
		})
	case doExpire, doEvictStamp, doEvictEpoch, doEvictGlobal, doEvictRegistry, doEvictLive, doFlush:
		d.lose(a)
	}
	return nil
}

// lose does what no caller can.
func (d *driver) lose(a action) {
	d.hooks++
	name := d.query.Database
	switch a.verb {
	case doExpire:
		d.h.Expire(d.store, name, token(a.i))
	case doEvictStamp:
		d.h.EvictStamp(d.store, name, modelTable, modelKey)
	case doEvictEpoch:
		d.h.EvictEpoch(d.store, name, modelTable)
	case doEvictGlobal:
		d.h.EvictGlobal(d.store, name)
	case doEvictRegistry:
		d.h.EvictRegistry(d.store, name, modelTable)
	case doEvictLive:
		d.h.EvictLive(d.store, name, modelTable)
	case doFlush:
		d.h.Flush(d.store)
	}
}

func (d *driver) lease(a action, want bool) error {
	d.calls++
	l, err := d.store.Lease(context.Background(), &d.query)
	if err != nil {
		return err
	}
	if l.Fenced == (l.Snapshot != nil) {
		return fmt.Errorf("storetest: %v: Fenced is %v and the snapshot %v; it must be nil exactly when fenced", a, l.Fenced, l.Snapshot)
	}
	if l.Fenced == want {
		return fmt.Errorf("storetest: %v: the store answers fenced %v, the model %v", a, l.Fenced, !want)
	}
	d.actors.snapshots[a.i] = l.Snapshot
	return nil
}

// token returns the token of writer i.
func token(i int) store.Token { return store.Token{0: 1, 15: byte(i)} }

// write fences or bumps for writer i, with the writer's own copy of the
// registry, and does again what is stale.
func (d *driver) write(i int, op func(context.Context, *store.Change) (store.Ack, error)) error {
	change := store.Change{Database: d.query.Database, Token: token(i), TTL: time.Hour}
	for range 4 {
		switch d.c.kinds[i] {
		case writesAll:
			change.All = true
		case writesTable:
			change.Tables = []store.TableChange{{Table: modelTable, Epoch: true}}
		default:
			change.Tables = []store.TableChange{rowChange(d.actors.registries[i])}
		}
		d.calls++
		ack, err := op(context.Background(), &change)
		stale := ack.Stale
		if err != nil || len(stale) == 0 {
			return err
		}
		if len(stale) != 1 || stale[0].Table != modelTable || d.c.kinds[i] != writesRow {
			return fmt.Errorf("storetest: stale is %v for a change of one table", stale)
		}
		d.actors.registries[i] = stale[0]
	}
	return fmt.Errorf("storetest: W%d's registry is still stale after the store gave it four times", i)
}

// rowChange is the change of a row that matches the conjunction of each scheme.
func rowChange(r store.Registry) store.TableChange {
	c := store.TableChange{Table: modelTable, Registry: r.Version}
	for _, s := range r.Schemes {
		if s == modelScheme {
			c.Keys = append(c.Keys, modelKey)
		}
	}
	return c
}
