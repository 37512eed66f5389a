package engine

import (
	"context"
	"slices"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/store"
)

// registry returns the schemes of a table, as they are known here. What is done by
// them says so where they are out of date.
func (e *Engine) registry(ctx context.Context, domain, table string) (store.Registry, error) {
	if e.remote != nil {
		if r, ok := e.remote.RegistryCopy(domain, table); ok {
			return r, nil
		}
	}
	return e.cfg.Store.Registry(ctx, domain, table)
}

// Schemes returns the table's registry: whether anybody reads it, and which
// columns of an image its schemes need. Ok is false when the images could not
// be matched, so that there is no use in taking them.
func (h *Handle) Schemes(ctx context.Context, t *dialect.Table) (columns []int, unread, ok bool, err error) {
	if h.Untracked(t) {
		return nil, true, true, nil
	}
	regs, err := h.registries(ctx, t)
	if err != nil || len(regs) == 0 {
		return nil, false, false, err
	}
	all := regs[0]
	for _, r := range regs[1:] {
		all = store.Registry{Schemes: slices.Concat(all.Schemes, r.Schemes), Unread: all.Unread && r.Unread}
	}
	if all.Unread {
		return nil, true, true, nil
	}
	state := h.schema.Load()
	ev, ok := state.evaluator(h.dialect, t, &all)
	if !ok {
		return nil, false, false, nil
	}
	columns = ev.Columns() // it does not change
	state.putEvaluator(ev, t, &all)
	if len(columns) == 0 {
		columns = []int{0} // to see whether there is a row at all
	}
	if s := state.saves[t]; s != nil && s.some() && !slices.Contains(columns, s.at) {
		columns = slices.Sorted(slices.Values(append(slices.Clip(columns), s.at)))
	}
	return columns, false, true, nil
}
