package memory

import (
	"slices"
	"sync"

	"github.com/cacheops/cacheops/store"
)

// table is all that is known of one table.
type table struct {
	name  string
	epoch cell
	// whole is the stamp of the queries that depend on every row: each writer
	// of the table fences and bumps it, whatever it changes. It has no tokens
	// of its own, because it is fenced as long as any writer is live.
	whole cell

	// mu guards what follows, the registry's content, and all of the cells but
	// their atomics.
	mu       sync.Mutex
	registry *registry // nil: nothing was registered, or it was lost
	conjs    ring
	// writers are the live fences of the table, those of its epoch too.
	writers fences
}

// registry is the schemes of a table.
type registry struct {
	version uint64
	// list is replaced, never changed: callers hold copies of it.
	list []store.Scheme
	// pending holds, for a scheme that was registered under live fences, the
	// tokens that lived then. It cannot be leased before they are gone: those
	// writers do not know of the scheme and fenced none of its conjunctions.
	pending map[store.Scheme][]store.Token
}

func newTable(name string) *table {
	t := &table{name: name}
	t.epoch.kept, t.whole.kept = true, true
	return t
}

// lease adds the stamps of the dependency to refs, or reports that one is
// fenced.
func (t *table) lease(dep *store.TableDep, refs []ref, now instant, g *safeguards) (out []ref, fenced bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.noticeLostRegistry(now, g)
	t.writers.live(now)
	if t.epoch.fences.live(now) {
		fenced = true
	} else if g.unfenced(&t.epoch); t.epoch.gen.Load() == 0 {
		t.epoch.gen.Store(nextGeneration())
	}
	if t.registry == nil {
		t.registry = &registry{version: nextGeneration()}
	}
	// All schemes are registered before any stamp is made, also when the answer
	// is already known: the writers of the next changes shall know them.
	for i := range dep.Conjs {
		if !t.leasable(dep.Conjs[i].Scheme, g) {
			fenced = true
		}
	}
	if fenced {
		return refs, true
	}
	refs = append(refs, ref{&t.epoch, t.epoch.gen.Load()})
	if len(dep.Conjs) == 0 {
		if len(t.writers) > 0 {
			return refs, true
		}
		if t.whole.gen.Load() == 0 {
			t.whole.gen.Store(nextGeneration())
		}
		return append(refs, ref{&t.whole, t.whole.gen.Load()}), false
	}
	for i := range dep.Conjs {
		c := t.conjs.get(dep.Conjs[i].Key)
		if c == nil {
			c = t.conjs.add(dep.Conjs[i].Key, now)
			c.kept = dep.Conjs[i].Shared
		}
		c.young = true
		if c.fences.live(now) {
			return refs, true
		}
		g.unfenced(c)
		if c.gen.Load() == 0 {
			c.gen.Store(nextGeneration())
		}
		refs = append(refs, ref{c, c.gen.Load()})
	}
	return refs, false
}

// noticeLostRegistry replaces the epoch's value where the schemes are gone
// although it exists: the conjunctions of the entries leased under it can no
// longer be told to writers. Its tokens stay.
func (t *table) noticeLostRegistry(now instant, g *safeguards) {
	if t.registry != nil || g.lostRegistryOff {
		return
	}
	t.epoch.fences.live(now)
	t.epoch.gen.Store(0)
	if g.epochTokensOff {
		t.epoch.fences = nil
	}
}

// leasable registers the scheme and reports whether it may be leased. Fences of
// the whole database need not be among the pending ones: nothing at all is
// leased under them.
func (t *table) leasable(s store.Scheme, g *safeguards) bool {
	r := t.registry
	known := slices.Contains(r.list, s)
	if !known {
		// A copy, for those who got the old list read it without a lock.
		r.list = append(slices.Clip(slices.Clone(r.list)), s)
		r.version = nextGeneration()
		if pending := t.writers.tokens(); len(pending) > 0 && !g.pendingOff {
			if r.pending == nil {
				r.pending = make(map[store.Scheme][]store.Token)
			}
			r.pending[s] = pending
		}
	}
	pending, ok := r.pending[s]
	if !ok {
		return true
	}
	if slices.ContainsFunc(pending, t.writers.has) {
		return false
	}
	delete(r.pending, s)
	return true
}

// fence does a fence in this table. It reports false, and does nothing, when
// the keys come from another registry than the present one.
func (t *table) fence(c *store.TableChange, token store.Token, deadline, now instant, g *safeguards) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !c.Epoch && c.Registry != t.version() {
		return false
	}
	t.writers.live(now)
	t.whole.gen.Store(0)
	if c.Epoch {
		t.epoch.fences.live(now)
		t.epoch.fences.add(token, deadline)
		g.fenced(&t.epoch)
		if !g.epochLiveOff {
			t.writers.add(token, deadline)
		}
		return true
	}
	t.writers.add(token, deadline)
	t.noticeLostRegistry(now, g)
	if t.registry == nil {
		return true
	}
	for _, key := range c.Keys {
		x := t.conjs.get(key)
		if x == nil {
			// Nobody leased it, but somebody may, and must see the fence.
			x = t.conjs.add(key, now)
		}
		x.fences.live(now)
		x.fences.add(token, deadline)
		g.fenced(x)
	}
	return true
}

// bump does a bump in this table, like fence. With keep the token stays, or
// comes back with the deadline where it had run out.
func (t *table) bump(c *store.TableChange, token store.Token, keep bool, deadline, now instant, g *safeguards) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !c.Epoch && c.Registry != t.version() {
		return false
	}
	t.writers.live(now)
	if keep {
		t.writers.add(token, deadline)
	} else {
		t.writers.remove(token)
	}
	t.whole.gen.Store(0)
	if c.Epoch {
		t.epoch.bump(token, keep, deadline, now, g)
		return true
	}
	t.noticeLostRegistry(now, g)
	if t.registry == nil {
		return true
	}
	for _, key := range c.Keys {
		x := t.conjs.get(key)
		if x == nil {
			if !keep {
				continue
			}
			x = t.conjs.add(key, now)
		}
		x.bump(token, keep, deadline, now, g)
		t.conjs.dropIfUnused(x)
	}
	return true
}

// bump takes the value away, and the own token unless it is kept. Others' stay.
func (c *cell) bump(token store.Token, keep bool, deadline, now instant, g *safeguards) {
	c.fences.live(now)
	own := c.fences.has(token)
	if keep {
		c.fences.add(token, deadline)
	} else {
		c.fences.remove(token)
	}
	g.bumped(c, own, len(c.fences) > 0)
}

// version returns the registry's version, 0 for none.
func (t *table) version() uint64 {
	if t.registry == nil {
		return 0
	}
	return t.registry.version
}

// schemes returns the registry as callers see it.
func (t *table) schemes() store.Registry {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.registry == nil {
		return store.Registry{Table: t.name, Unread: t.epoch.gen.Load() == 0}
	}
	return store.Registry{Table: t.name, Version: t.registry.version, Schemes: t.registry.list}
}
