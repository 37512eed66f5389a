package engine

import (
	"context"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dependency"
)

// Schemes returns the table's registry: whether anybody reads it, and which
// columns of an image its schemes need. Ok is false when the images could not
// be matched, so that there is no use in taking them.
func (h *Handle) Schemes(ctx context.Context, t *dialect.Table) (columns []int, unread, ok bool, err error) {
	reg, err := h.engine.cfg.Store.Registry(ctx, h.database, t.Key)
	if err != nil {
		return nil, false, false, err
	}
	if reg.Unread {
		return nil, true, true, nil
	}
	ev, ok := dependency.NewEvaluator(h.dialect, h.schema.Load().catalog.Fold, t, reg.Schemes)
	if !ok {
		return nil, false, false, nil
	}
	columns = ev.Columns()
	if len(columns) == 0 {
		columns = []int{0} // to see whether there is a row at all
	}
	return columns, false, true, nil
}
