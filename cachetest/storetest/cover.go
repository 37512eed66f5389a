package storetest

import (
	"fmt"
	"slices"
)

// lap is one step of a schedule that is driven.
type lap struct {
	action action
	// fresh is true where no schedule before had the step: what it does is
	// compared. Elsewhere it only leads on.
	fresh bool
}

// coverer finds schedules that together have every step, or every step that the
// store can tell apart. A store cannot be rolled back, so each schedule costs its
// way from the beginning: one takes as many steps that are still to be done as
// lie on its way.
type coverer struct {
	g *graph
	// done tells of each step whether a schedule has it; nil where the steps count
	// that the store can tell apart.
	done []bool
	told *sights // nil where nobody asks
	// outs and ins are how many of the steps at each state were looked at and
	// need no second look.
	outs, ins []int32
	next      int // no step before it is to be done
}

func newCoverer(g *graph, told *sights, whole bool) *coverer {
	v := &coverer{g: g, told: told, outs: make([]int32, len(g.tree)), ins: make([]int32, len(g.tree))}
	if whole {
		v.done = make([]bool, len(g.steps))
	}
	return v
}

// covered reports whether the step needs no more schedule.
func (v *coverer) covered(e int32) bool {
	if v.done != nil {
		return v.done[e]
	}
	n := v.g.sights[e]
	return n < 0 || v.told.done[n]
}

// cover notes that a schedule has the step, and reports whether it is the first.
func (v *coverer) cover(e int32) (fresh bool) {
	fresh = !v.covered(e)
	if v.done != nil {
		v.done[e] = true
	}
	if v.told != nil && v.g.sights[e] >= 0 {
		v.told.done[v.g.sights[e]] = true
	}
	return fresh
}

// path returns the next schedule, nil when every step is done.
func (v *coverer) path() []lap {
	for v.next < len(v.g.steps) && v.covered(int32(v.next)) { //nolint:gosec // as in survey
		v.next++
	}
	if v.next == len(v.g.steps) {
		return nil
	}
	start := int32(v.next) //nolint:gosec // as in survey
	way := []int32{start}
	for n := v.g.steps[start].from; v.g.tree[n] >= 0; {
		e := v.todo(v.g.in, v.ins, n)
		if e < 0 {
			e = v.g.tree[n]
		}
		way = append(way, e)
		n = v.g.steps[e].from
	}
	slices.Reverse(way)
	laps := v.laps(nil, way)
	for n := v.g.steps[start].to; ; {
		e := v.todo(v.g.out, v.outs, n)
		if e < 0 {
			return laps
		}
		laps = v.laps(laps, []int32{e})
		n = v.g.steps[e].to
	}
}

// laps appends the steps, which are done then.
func (v *coverer) laps(out []lap, way []int32) []lap {
	for _, e := range way {
		out = append(out, lap{v.g.steps[e].action, v.cover(e)})
	}
	return out
}

// todo returns a step at the state that is to be done, or -1.
func (v *coverer) todo(at adjacency, looked []int32, n int32) int32 {
	steps := at.steps[at.from[n]:at.from[n+1]]
	for int(looked[n]) < len(steps) {
		if e := steps[looked[n]]; !v.covered(e) {
			return e
		}
		looked[n]++
	}
	return -1
}

// sights numbers the steps that a store can tell apart. It does not know what
// readers and writers remember, what the database has, or who was acknowledged:
// a step is a call with its arguments, and what the store holds by then.
type sights struct {
	numbers map[sight]int32
	done    []bool
}

type sight struct {
	store  state // but for what the store does not know
	verb   verb
	writer int
	kind   writes
}

// stores is what a run has told apart, by what makes stores different.
type stores map[string]*sights

func (x stores) of(c *config) *sights {
	key := fmt.Sprint(c.whole, c.safeguards, c.refusesDead)
	if x[key] == nil {
		x[key] = &sights{numbers: make(map[sight]int32)}
	}
	return x[key]
}

// number returns the number of the step, and -1 for one that asks nothing of the
// store, or nothing but what it was asked after the step before.
func (x *sights) number(c *config, s *state, a action) int32 {
	if !a.verb.onStore() {
		return -1
	}
	seen := sight{verb: a.verb, store: state{
		global: s.global, epoch: s.epoch, conj: s.conj,
		registered: s.registered, pending: s.pending, writing: s.writing,
		stored: s.stored, entry: s.entry,
	}}
	switch a.verb {
	case doFill, doSeeEntry, doSeeStamps, doSeeTable, doSeeGlobal:
		r := s.readers[a.i]
		seen.store.readers[0] = reader{seen: r.seen, leased: r.leased, snapshot: r.snapshot, have: r.have}
	case doFence, doBump, doBumpKeep:
		seen.writer, seen.kind = a.i, c.kinds[a.i]
	case doExpire:
		seen.writer = a.i
	}
	seen.store.normal()
	n, known := x.numbers[seen]
	if !known {
		n = int32(len(x.done)) //nolint:gosec // as in survey
		x.numbers[seen] = n
		x.done = append(x.done, false)
	}
	return n
}
