package memory

import (
	"context"

	"github.com/cacheops/cacheops/store"
)

// Recall is [Store.Get] with the snapshot of the entry.
func (s *Store) Recall(ctx context.Context, q *store.Query) (store.Payload, store.Snapshot, bool, error) {
	if err := s.check(ctx); err != nil {
		return nil, nil, false, err
	}
	e := s.entry(&q.Key)
	if e == nil || e.database.name != q.Database || !valid(e.refs) {
		return nil, nil, false, nil
	}
	snap := &snapshot{store: s, refs: e.refs}
	if !q.Joined {
		snap.database = e.database
	}
	return e.payload, snap, true, nil
}

// Join puts the stamps of all parts together, each once. It is nil where two parts
// have different ones, or where one is of another store.
func (s *Store) Join(parts ...store.Snapshot) store.Snapshot {
	n := 0
	for _, p := range parts {
		part, ok := p.(*snapshot)
		if !ok || part == nil || part.store != s {
			return nil
		}
		n += len(part.refs)
	}
	if n == 0 {
		return nil
	}
	joined := &snapshot{store: s, refs: make([]ref, 0, n)}
	seen := make(map[*cell]uint64, n)
	for _, p := range parts {
		for _, r := range p.(*snapshot).refs { //nolint:forcetypeassert // seen above
			switch gen, ok := seen[r.cell]; {
			case !ok:
				seen[r.cell] = r.gen
				joined.refs = append(joined.refs, r)
			case gen != r.gen:
				return nil
			}
		}
	}
	return joined
}
