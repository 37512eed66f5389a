package memory

import (
	"crypto/rand"
	"sync"

	"github.com/cacheops/cacheops/store"
)

// database is the domain of stamps: its tables, its global epoch, the version
// of its schema.
type database struct {
	name   string
	global cell

	// mu guards the global epoch's fences, the schema and the map.
	mu     sync.RWMutex
	tables map[string]*table
	schema store.Schema
}

func newDatabase(name string) *database {
	d := &database{name: name, tables: make(map[string]*table), schema: newSchema()}
	d.global.kept = true
	return d
}

// newSchema returns a version that no schema had.
func newSchema() (v store.Schema) {
	// The reader of crypto/rand never fails: it would end the process itself.
	_, _ = rand.Read(v[:])
	return v
}

// table returns the table of that name, made if there is none.
func (d *database) table(name string) *table {
	if t := d.existing(name); t != nil {
		return t
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	t := d.tables[name]
	if t == nil {
		t = newTable(name)
		d.tables[name] = t
	}
	return t
}

// existing returns the table of that name, or nil.
func (d *database) existing(name string) *table {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.tables[name]
}

// leaseGlobal returns the global epoch's stamp, or 0 where it is fenced.
func (d *database) leaseGlobal(now instant) uint64 {
	// A value means that no fence is live: each fence takes the value away, and
	// none is made while one is.
	if gen := d.global.gen.Load(); gen != 0 {
		return gen
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.global.fences.live(now) {
		return 0
	}
	if d.global.gen.Load() == 0 {
		d.global.gen.Store(nextGeneration())
	}
	return d.global.gen.Load()
}

// fenceAll fences the global epoch.
func (d *database) fenceAll(token store.Token, deadline, now instant, g *safeguards) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.global.fences.live(now)
	d.global.fences.add(token, deadline)
	g.fenced(&d.global)
}

// bumpAll bumps the global epoch.
func (d *database) bumpAll(token store.Token, keep bool, deadline, now instant, g *safeguards) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.global.bump(token, keep, deadline, now, g)
}

// schemaVersion returns the version of the schema.
func (d *database) schemaVersion() store.Schema {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.schema
}

// bumpSchema gives the schema a new version.
func (d *database) bumpSchema() store.Schema {
	v := newSchema()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.schema = v
	return v
}

// ack is the answer to a change of tables.
func (d *database) ack(c *store.Change, stale []store.Registry) store.Ack {
	if len(c.Tables) == 0 {
		return store.Ack{}
	}
	return store.Ack{Stale: stale, Schema: d.schemaVersion()}
}
