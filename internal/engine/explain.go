package engine

import (
	"context"
	"database/sql/driver"
	"hash/maphash"
	"slices"
	"time"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dependency"
	"github.com/cacheops/cacheops/store"
)

// Drop is the part of an invalidation that dropped a result.
type Drop struct {
	At    time.Time
	Cause Cause
	Query string
	Table string
	// Through says what of the result's dependency was met.
	Through string
}

// watched is what drops a result in one table.
type watched struct {
	table *dialect.Table
	name  string // what the store calls it
	keys  []uint64
	texts []string
}

// LastDrop returns the last invalidation of this process that dropped a result
// of a read, or nil where none is remembered.
func (h *Handle) LastDrop(ctx context.Context, p *Plan, args []driver.NamedValue) *Drop {
	if p.Read == nil || p.state == nil || p.policy.local { // which nothing drops
		return nil
	}
	set, err := h.bound(ctx, p, args)
	if err != nil {
		return nil
	}
	d := &h.engine.drops
	text := p.ConjText(args)
	list := make([]watched, 0, len(set))
	for i := range set {
		w := watched{table: set[i].Table}
		watch := func(key, text string) {
			w.keys, w.texts = append(w.keys, maphash.String(d.seed, key)), append(w.texts, text)
		}
		if conjs := set[i].Conjs; set[i].Whole || len(conjs) == 0 {
			watch(dependency.Conj(nil).Store().Key, everyRow)
		} else {
			for _, c := range conjs {
				if len(c) == 0 {
					watch(c.Store().Key, everyRow)
					continue
				}
				watch(c.Store().Key, text(c))
			}
			// After all of these: what the change is known to have met says more.
			var done []store.Scheme
			for _, c := range conjs {
				if s := c.Scheme(); len(c) > 0 && !slices.Contains(done, s) {
					done = append(done, s)
					watch(dependency.AnyKey(s), "any "+schemeText(w.table, s))
				}
			}
		}
		for _, prefix := range slices.Compact([]string{"", h.prefix(ctx, w.table)}) {
			w.name = prefixed(prefix, w.table.Key)
			list = append(list, w)
		}
	}
	database := h.database
	if p.policy.agnostic {
		database = "" // writes of any drop it
	}
	return d.last(database, list)
}

// bound is the dependency of a call as the store is told it. A reader makes no call
// to a store elsewhere for it: the first lease of a table tells its schemes. So a
// process that knows none yet may register one more than the bound.
func (h *Handle) bound(ctx context.Context, p *Plan, args []driver.NamedValue) (dependency.Set, error) {
	return p.Bind(args).Within(h.engine.cfg.MaxSchemes, func(table string) ([]store.Scheme, error) {
		if remote := h.engine.remote; remote != nil {
			reg, _ := remote.RegistryCopy(p.domain, table)
			return reg.Schemes, nil
		}
		reg, err := h.engine.cfg.Store.Registry(ctx, p.domain, table)
		return reg.Schemes, err
	})
}

// Stored reports whether a valid result of a read is there now, whether or not
// the profiles and the context have a call take it.
func (h *Handle) Stored(ctx context.Context, p *Plan, args []driver.NamedValue) bool {
	if p.Read == nil || p.state == nil || p.Read.Reason != "" || h.engine.disabled.Load() || h.engine.debts.owed.Load() {
		return false
	}
	prefixes, ok := h.prefixes(ctx, p)
	if !ok {
		return false
	}
	key, ok := entryKey(&p.digest, prefixes, args)
	if !ok {
		return false
	}
	_, ok = h.Lookup(ctx, &Call{plan: p, args: args, prefixes: prefixes, key: key, local: p.policy.local})
	return ok
}
