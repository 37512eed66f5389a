package memory

import "slices"

const (
	// sweepFrom is the number of cells below which a table is not swept.
	sweepFrom = 64
	// sweepSteps is how far the hand goes for each cell that is added. In the
	// time in which the hand goes round twice, the ring grows by half: so about
	// two thirds of the cells, at least, are in use or were lately.
	sweepSteps = 4
	// shrinkBelow is the part of its largest size below which the map is made
	// anew, because a map does not give memory back by itself.
	shrinkBelow = 4
)

// ring holds the cells of a table's conjunctions. Its zero value is empty. It
// is guarded by the table's mutex.
//
// It is swept a few cells at a time, by a hand that goes round as cells are
// added, so that no call pays for many. A cell goes when no entry refers to it,
// no live fence is on it, and it was not leased since the hand passed last:
// the lease may be about to fill. Those that all queries of a scheme share stay:
// they are as few as the schemes.
type ring struct {
	cells map[string]*cell
	order []*cell
	hand  int
	most  int // largest size since the map was made
}

// get returns the cell of the key, or nil.
func (r *ring) get(key string) *cell { return r.cells[key] }

// add makes the cell of a key that has none.
func (r *ring) add(key string, now instant) *cell {
	r.sweep(now)
	if r.cells == nil {
		r.cells = make(map[string]*cell)
	}
	c := &cell{key: key, slot: int32(len(r.order)), young: true} //nolint:gosec // a count of what fits into memory
	r.cells[key] = c
	r.order = append(r.order, c)
	r.most = max(r.most, len(r.order))
	return c
}

// sweep moves the hand.
func (r *ring) sweep(now instant) {
	if len(r.order) < sweepFrom {
		return
	}
	for range sweepSteps {
		if r.hand >= len(r.order) {
			r.hand = 0
		}
		c := r.order[r.hand]
		switch {
		case c.fences.live(now):
			r.hand++
		case c.young:
			c.young = false
			r.hand++
		case c.refs.Load() > 0 || c.kept:
			r.hand++
		default:
			r.drop(c) // another cell takes the place under the hand
		}
	}
}

// dropIfUnused drops a cell that was bumped, and so has no value, when it
// serves as a fence no more.
func (r *ring) dropIfUnused(c *cell) {
	if len(c.fences) == 0 && c.refs.Load() == 0 {
		r.drop(c)
	}
}

// drop takes a cell away. Its value goes first: a lease in flight that found
// it, and an entry filled with that lease meanwhile, are dead then.
func (r *ring) drop(c *cell) {
	c.gen.Store(0)
	last := r.order[len(r.order)-1]
	r.order[c.slot] = last
	last.slot = c.slot
	r.order[len(r.order)-1] = nil
	r.order = r.order[:len(r.order)-1]
	delete(r.cells, c.key)
	if r.most > sweepFrom && len(r.order) < r.most/shrinkBelow {
		r.shrink()
	}
}

// shrink makes the map and the list anew in the size that they need.
func (r *ring) shrink() {
	r.cells = make(map[string]*cell, len(r.order))
	for _, c := range r.order {
		r.cells[c.key] = c
	}
	r.order = slices.Clone(r.order)
	r.most = len(r.order)
}
