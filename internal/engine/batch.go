package engine

import (
	"context"
	"database/sql/driver"
	"slices"
	"time"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/store"
)

// maxRegistryRounds bounds how often keys are worked out again because the
// registry changed meanwhile; then the table's epoch is taken.
const maxRegistryRounds = 4

// batch is changes that go to the store together.
type batch struct {
	handle *Handle
	token  store.Token
	log    []change
	known  *knownKeys // of the whole log; nil: nothing is remembered

	cause Cause // 0: told from the log
	// statements is how many there were; 0: told from the log.
	statements int

	// versions are those of the schemas that the statements were planned with.
	versions []store.Schema

	// stored is the version of the handle's schema by the store's last answer;
	// zero before one.
	stored store.Schema
}

// batch is everything that was collected.
func (c *Changes) batch() *batch {
	return &batch{handle: c.handle, token: c.token, log: c.log, known: &c.known, versions: c.versions}
}

// knownKeys are what a fence worked out, for the bump that follows it: the keys of
// the whole log under one registry. They are forgotten when the log changes. Nil
// knows nothing.
type knownKeys []knownChange

type knownChange struct {
	domain string
	change store.TableChange
}

// find returns what is known of a table, nil where that is nothing.
func (k *knownKeys) find(domain string, t *tableChanges) *store.TableChange {
	if k == nil {
		return nil
	}
	for i := range *k {
		if c := &(*k)[i]; c.change.Table == t.name && c.change.Registry == t.registry.Version && c.domain == domain {
			return &c.change
		}
	}
	return nil
}

// add remembers what was worked out.
func (k *knownKeys) add(domain string, c store.TableChange) {
	if k != nil {
		*k = append(*k, knownChange{domain: domain, change: c})
	}
}

// bump makes the changes invalid, and tells what was dropped.
func (b *batch) bump(ctx context.Context, keep store.Keep) error {
	return b.bumpUntil(ctx, keep, time.Time{})
}

// bumpUntil is bump that is tried again, until a time is over, while the store is
// unavailable.
func (b *batch) bumpUntil(ctx context.Context, keep store.Keep, until time.Time) error {
	e := b.handle.engine
	t := b.told()
	err := e.insist(until, func() error { return b.tryBump(ctx, keep, t) })
	if err == nil {
		e.counters.invalidations.Add(1)
	}
	e.tell(ctx, t)
	return err
}

// tryBump tries to bump once.
func (b *batch) tryBump(ctx context.Context, keep store.Keep, t *told) (err error) {
	e := b.handle.engine
	if b.schemaChanged() {
		// First the version, while the fences still hold: a reader that leases
		// after them must see that its plan is void.
		if err := e.schemaChanged(ctx, b.handle.database); err != nil {
			return err
		}
	}
	err = b.apply(ctx, func(ch *store.Change) (store.Ack, error) {
		ack, err := e.cfg.Store.Bump(ctx, ch, keep)
		if err == nil {
			_ = e.noted(ctx, callBump, nil)
		}
		return ack, err
	}, t)
	if err != nil { // also when its time was over
		_ = e.noted(context.WithoutCancel(ctx), callBump, err)
	}
	return err
}

func (b *batch) schemaChanged() bool {
	return slices.ContainsFunc(b.log, func(ch change) bool { return ch.schema })
}

// apply works out the keys under the registries in force and calls do, until no
// registry changed meanwhile. What was done is told, unless told is nil.
func (b *batch) apply(ctx context.Context, do func(*store.Change) (store.Ack, error), t *told) error {
	for _, domain := range b.handle.domains {
		if err := b.applyIn(ctx, domain, do, t); err != nil {
			return err
		}
	}
	return nil
}

// applyIn is apply for what is kept in one domain.
func (b *batch) applyIn(ctx context.Context, domain string, do func(*store.Change) (store.Ack, error), t *told) error {
	cfg := &b.handle.engine.cfg
	ch := &store.Change{Database: domain, Token: b.token, TTL: cfg.FenceTTL}
	tables, all := b.byTable(domain)
	if all {
		ch.All = true
		ack, err := do(ch)
		b.answered(domain, ack)
		if err == nil && t != nil {
			t.all = true
		}
		return err
	}
	for _, tc := range tables {
		if tc.epoch {
			continue
		}
		reg, err := b.handle.engine.registry(ctx, domain, tc.name)
		if err != nil {
			return err
		}
		tc.registry = reg
	}
	for round := 0; len(tables) > 0; round++ {
		ch.Tables = ch.Tables[:0]
		for _, tc := range tables {
			ch.Tables = append(ch.Tables, b.tableChange(domain, tc, round >= maxRegistryRounds))
		}
		ack, err := do(ch)
		if err != nil {
			return err
		}
		b.answered(domain, ack)
		again := tables[:0:0]
		for i, tc := range tables {
			if j := slices.IndexFunc(ack.Stale, func(r store.Registry) bool { return r.Table == tc.name }); j >= 0 {
				tc.registry = ack.Stale[j]
				again = append(again, tc)
			} else if t != nil {
				t.add(tc, &ch.Tables[i])
			}
		}
		tables = again
	}
	return nil
}

// answered takes note of an answer of the store.
func (b *batch) answered(domain string, ack store.Ack) {
	if domain == b.handle.domain {
		b.stored = ack.Schema
	}
}

// tableChanges is everything collected of one table.
type tableChanges struct {
	table    *dialect.Table
	name     string // what the store calls it
	epoch    bool
	rows     int
	changes  []*change
	registry store.Registry
}

// fewTables are as many as are found faster one by one.
const fewTables = 8

// byTable groups the log by table, and by prefix, as far as it matters to a domain.
func (b *batch) byTable(domain string) (tables []*tableChanges, all bool) {
	var index map[string]*tableChanges // once there are many
	for i := range b.log {
		ch := &b.log[i]
		if ch.table == nil {
			return nil, true
		}
		if !b.handle.within(domain, ch.table) {
			continue
		}
		name := prefixed(ch.prefix, ch.table.Key)
		t := index[name]
		if index == nil {
			for _, other := range tables {
				if other.name == name {
					t = other
				}
			}
		}
		if t == nil {
			t = &tableChanges{table: ch.table, name: name}
			tables = append(tables, t)
			if index == nil && len(tables) > fewTables {
				index = make(map[string]*tableChanges)
				for _, other := range tables {
					index[other.name] = other
				}
			} else if index != nil {
				index[name] = t
			}
		}
		// Positions of columns mean nothing across two readings of the schema.
		t.epoch = t.epoch || ch.epoch || t.table != ch.table
		t.rows += len(ch.rows)
		t.changes = append(t.changes, ch)
	}
	return tables, false
}

// tableChange works out the keys that the rows match under the registry. Where
// an image lacks a column or has a value outside the rules, or a scheme is not
// understood, it is the table's epoch.
func (b *batch) tableChange(domain string, t *tableChanges, giveUp bool) store.TableChange {
	tc := store.TableChange{Table: t.name, Registry: t.registry.Version, Epoch: true}
	if t.epoch || giveUp {
		return tc
	}
	if known := b.known.find(domain, t); known != nil {
		return *known
	}
	state := b.handle.schema.Load()
	ev, ok := state.evaluator(b.handle.dialect, t.table, &t.registry)
	if !ok {
		return tc
	}
	defer state.putEvaluator(ev, t.table, &t.registry)
	keys := make(map[string]struct{})
	row := make([]driver.Value, len(ev.Columns()))
	for _, ch := range t.changes {
		from, all := positions(ch.columns, ev.Columns())
		if !all && !ch.given {
			return tc
		}
		open := make([]bool, len(from))
		for _, image := range ch.rows {
			for i, j := range from {
				if open[i] = j < 0; !open[i] {
					row[i] = image[j]
				}
			}
			if ch.given {
				ev.GivenKeys(row, open, keys)
			} else if !ev.Keys(row, keys) {
				return tc
			}
			if len(keys) > b.handle.engine.cfg.MaxImages {
				return tc
			}
		}
	}
	tc.Epoch = false
	tc.Keys = make([]string, 0, len(keys))
	for k := range keys {
		tc.Keys = append(tc.Keys, k)
	}
	b.known.add(domain, tc)
	return tc
}

// positions returns where each wanted column stands among those at hand, -1
// for one that is missing, and whether none is.
func positions(have, want []int) (at []int, all bool) {
	at, all = make([]int, len(want)), true
	for i, w := range want {
		at[i] = slices.Index(have, w)
		all = all && at[i] >= 0
	}
	return at, all
}
