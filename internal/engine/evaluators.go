package engine

import (
	"slices"
	"sync"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dependency"
	"github.com/cacheops/cacheops/store"
)

// maxEvaluators is how many are kept for one table: as many as writers may want at
// one moment, in most programs.
const maxEvaluators = 4

// evaluators keeps those of one table that are not in use. A registry seldom
// changes, and to make one takes longer than to use it for a row. They are known by
// the schemes themselves: a table can have several registries, of tenants and of what
// databases share, and only within one does a version say which schemes there are.
type evaluators struct {
	mu      sync.Mutex     // guards what follows
	schemes []store.Scheme // that they are for
	idle    []*dependency.Evaluator
}

// evaluator returns an evaluator for a table under a registry, for the caller to
// put back. It returns false where there is none, see [dependency.NewEvaluator].
func (s *schemaState) evaluator(d dialect.Dialect, t *dialect.Table, r *store.Registry) (*dependency.Evaluator, bool) {
	if kept := s.evaluators[t]; kept != nil {
		kept.mu.Lock()
		if n := len(kept.idle); n > 0 && slices.Equal(kept.schemes, r.Schemes) {
			ev := kept.idle[n-1]
			kept.idle = kept.idle[:n-1]
			kept.mu.Unlock()
			return ev, true
		}
		kept.mu.Unlock()
	}
	return dependency.NewEvaluator(d, s.catalog.Fold, t, r.Schemes)
}

// putEvaluator gives an evaluator back.
func (s *schemaState) putEvaluator(ev *dependency.Evaluator, t *dialect.Table, r *store.Registry) {
	kept := s.evaluators[t]
	if kept == nil {
		return
	}
	kept.mu.Lock()
	defer kept.mu.Unlock()
	if !slices.Equal(kept.schemes, r.Schemes) {
		kept.schemes, kept.idle = r.Schemes, kept.idle[:0]
	}
	if len(kept.idle) < maxEvaluators {
		kept.idle = append(kept.idle, ev)
	}
}
