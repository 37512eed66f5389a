package engine

import (
	"context"

	"github.com/cacheops/cacheops/internal/result"
	"github.com/cacheops/cacheops/store"
)

// Shadow reports whether every read goes to the database, and is only compared
// with what the cache would have served.
func (h *Handle) Shadow() bool { return h.engine.cfg.Shadow }

// Probe is a read that the cache would have answered: the entry, and the stamps
// of what it depends on, as they were before the entry was looked up.
type Probe struct {
	entry    *result.Result
	query    *store.Query
	snapshot store.Snapshot // nil: a write was under way
}

// Probe looks whether the cache would answer a call. An error of the store is a
// miss.
//
// The stamps are leased first, and once more after the database has answered,
// see [Handle.Compare]. If they are the same, the entry and the database's rows
// must be equal. What the database is asked later is never behind the entry. So
// let a write that alters the result commit between the two reads of the
// database, the one that filled the entry and the one of now. Its fence came
// before its commit, so before the second lease, and took away a stamp of each
// dependency of the query, for the dependencies are sound; and no stamp ever
// comes back. When did the fence come?
//
//   - Before the lease of the fill: that lease found it, for the commit was still
//     to come, and a commit begins only while its fence lives. Nothing was stored.
//   - After that, and before the entry was looked up: the entry was dead, and was
//     not found.
//   - After that: the stamp was leased before the look-up, and the second lease
//     found none or another one.
//
// So a difference means that one of these does not hold: somebody wrote past the
// library, a dependency is not sound, or the statement has more than one right
// result.
func (h *Handle) Probe(ctx context.Context, c *Call) (Probe, bool) {
	if c.local {
		entry, ok := h.Lookup(ctx, c)
		return Probe{entry: entry}, ok
	}
	q, lease, err := h.lease(ctx, c)
	if err != nil || lease.Schema != c.plan.state.version {
		return Probe{}, false // Load sees to it
	}
	entry, ok := h.Lookup(ctx, c)
	return Probe{entry: entry, query: q, snapshot: lease.Snapshot}, ok
}

// Compare compares what the cache would have served with what the database
// returned, after its last row was read; nil stands for rows that could not be
// kept or may be others for the connection's own reasons. A difference is counted,
// logged and reported. Where a write came between the two there is nothing to
// compare, see [Handle.Probe].
func (h *Handle) Compare(ctx context.Context, c *Call, p *Probe, database *result.Result) {
	n := h.engine.counters
	if database == nil || c.local || c.plan.policy.untracked { // what nothing invalidates may differ
		n.notCompared.Add(1)
		return
	}
	if !h.unchanged(ctx, p) {
		n.overtaken.Add(1)
		return
	}
	n.compared.Add(1)
	d, different := result.Compare(p.entry, database, c.plan.ordered())
	if !different {
		return
	}
	n.differences.Add(1)
	event := &DifferenceEvent{
		Database: h.database, Query: c.plan.text, Op: c.op, Tables: c.plan.tables, Difference: d, Doubt: c.plan.doubt(&d),
	}
	h.engine.cfg.Logger.ErrorContext(ctx, "cacheops: the cache would have served another result than the database's",
		"database", event.Database, "query", event.Query, "op", event.Op.String(), "tables", event.Tables,
		"difference", d.What, "cached_rows", d.CachedRows, "database_rows", d.DatabaseRows,
		"cached_bytes", d.CachedBytes, "database_bytes", d.DatabaseBytes, "doubt", event.Doubt)
	if hook := h.engine.cfg.Hooks.OnDifference; hook != nil {
		hook(ctx, event)
	}
}

// unchanged reports whether the stamps are those of the probe. Where they cannot
// be read they are not known to be.
func (h *Handle) unchanged(ctx context.Context, p *Probe) bool {
	if p.snapshot == nil {
		return false
	}
	lease, err := h.engine.cfg.Store.Lease(ctx, p.query)
	if h.engine.noted(ctx, callLease, err) != nil {
		return false
	}
	return lease.Snapshot != nil && p.snapshot.Equal(lease.Snapshot)
}

// ordered reports whether the statement asks for an order of its rows.
func (p *Plan) ordered() bool { return p.Statement.Query != nil && len(p.Statement.Query.OrderBy) > 0 }

// doubt says why a difference may be a false alarm.
func (p *Plan) doubt(d *result.Difference) string {
	switch {
	case p.Read.Limited:
		return "the statement has a LIMIT: where its ORDER BY leaves rows equal, the database may pick others each time"
	case d.Order:
		return "only the order differs: where the ORDER BY leaves rows equal, the database may return them in any order"
	case d.Nulls:
		return "only what is said of the columns differs: MariaDB tells by its plan of a join whether a column holds NULLs, and may have made another plan"
	default:
		return ""
	}
}
