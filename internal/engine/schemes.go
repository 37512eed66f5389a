package engine

import (
	"context"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dependency"
	"github.com/cacheops/cacheops/store"
)

// Schemes returns the table's registry: whether anybody reads it, and which
// columns of an image its schemes need. Ok is false when the images could not
// be matched, so that there is no use in taking them.
func (h *Handle) Schemes(ctx context.Context, t *dialect.Table) (columns []int, unread, ok bool, err error) {
	if h.Untracked(t) {
		return nil, true, true, nil
	}
	regs, err := h.registries(ctx, t)
	if err != nil {
		return nil, false, false, err
	}
	var schemes []store.Scheme
	unread = true
	for _, r := range regs {
		schemes, unread = append(schemes, r.Schemes...), unread && r.Unread
	}
	if unread {
		return nil, true, true, nil
	}
	ev, ok := dependency.NewEvaluator(h.dialect, h.schema.Load().catalog.Fold, t, schemes)
	if !ok {
		return nil, false, false, nil
	}
	columns = ev.Columns()
	if len(columns) == 0 {
		columns = []int{0} // to see whether there is a row at all
	}
	return columns, false, true, nil
}
