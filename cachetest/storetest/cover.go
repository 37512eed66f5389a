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
	told *sights // nil where done is not
	// outs and ins are how many of the steps at each state were looked at and
	// need no second look.
	outs, ins []int32
	next      int // no step before it is to be done
}

func newCoverer(g *graph, told *sights) *coverer {
	v := &coverer{g: g, told: told, outs: make([]int32, len(g.tree)), ins: make([]int32, len(g.tree))}
	if told == nil {
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
	switch {
	case v.done != nil:
		v.done[e] = true
	case fresh:
		v.told.done[v.g.sights[e]] = true
	}
	return fresh
}

// path returns the next schedule, nil when every step is done.
func (v *coverer) path() []lap {
	for v.next < len(v.g.steps) && v.covered(int32(v.next)) {
		v.next++
	}
	if v.next == len(v.g.steps) {
		return nil
	}
	start := int32(v.next)
	way := []int32{start}
	for n := v.g.steps[start].from; v.g.tree[n] >= 0; {
		e := v.uncovered(v.g.in, v.ins, n)
		if e < 0 {
			e = v.g.tree[n]
		}
		way = append(way, e)
		n = v.g.steps[e].from
	}
	slices.Reverse(way)
	laps := v.laps(nil, way)
	for n := v.g.steps[start].to; ; {
		e := v.uncovered(v.g.out, v.outs, n)
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

// uncovered returns a step at the state that is to be done, or -1.
func (v *coverer) uncovered(at adjacency, looked []int32, n int32) int32 {
	steps := at.steps[at.from[n]:at.from[n+1]]
	for int(looked[n]) < len(steps) {
		if e := steps[looked[n]]; !v.covered(e) {
			return e
		}
		looked[n]++
	}
	return -1
}

// sights numbers the steps that a store is to be driven along at least. Coarse
// sights are the steps that it can tell apart: a call with its arguments, and what
// the store holds by then. It does not know what readers and writers remember,
// what the database has, or who was acknowledged. A store may hold more than the
// model knows of, and show it steps later; so fine sights tell apart as well what
// readers and writers are about to do.
type sights struct {
	numbers map[sight]int32
	done    []bool
	fine    bool
}

type sight struct {
	state  state // but for what does not count
	action action
	kinds  [maxActors]writes
}

// stores is what a run has told apart, by what makes stores different.
type stores map[string]*sights

func (x stores) of(c *config, fine bool) *sights {
	key := fmt.Sprint(c.whole, c.safeguards, c.refusesDead, fine)
	if x[key] == nil {
		x[key] = &sights{numbers: make(map[sight]int32), fine: fine}
	}
	return x[key]
}

// sight numbers the steps of the graph.
func (g *graph) sight(c *config, told *sights) {
	g.sights = make([]int32, len(g.steps))
	for i := range g.steps {
		g.sights[i] = told.number(c, &g.states[g.steps[i].from], g.steps[i].action)
	}
}

// number returns the number of the step, and -1 for one that asks nothing of the
// store, or nothing but what it was asked after the step before.
func (x *sights) number(c *config, s *state, a action) int32 {
	if !a.verb.onStore() {
		return -1
	}
	seen := sight{action: a}
	copy(seen.kinds[:], c.kinds)
	if x.fine {
		seen.state = *s
		seen.state.database, seen.state.acked, seen.state.version = 0, 0, 0
		seen.state.crashes, seen.state.evictions = 0, 0
		for i := range maxActors {
			r := &seen.state.readers[i]
			r.round, r.version, r.floor = 0, 0, 0
			seen.state.writers[i].version = 0
		}
	} else {
		seen.coarse(s)
	}
	seen.state.normal()
	n, known := x.numbers[seen]
	if !known {
		n = int32(len(x.done))
		x.numbers[seen] = n
		x.done = append(x.done, false)
	}
	return n
}

// coarse keeps what the store can know.
func (seen *sight) coarse(s *state) {
	a, kinds := seen.action, seen.kinds
	seen.kinds = [maxActors]writes{}
	seen.state = state{
		global: s.global, epoch: s.epoch, conj: s.conj,
		registered: s.registered, pending: s.pending, writing: s.writing,
		stored: s.stored, entry: s.entry,
	}
	switch a.verb {
	case doFill, doSeeEntry, doSeeStamps, doSeeTable, doSeeGlobal:
		r := s.readers[a.i]
		seen.state.readers[0] = reader{seen: r.seen, leased: r.leased, snapshot: r.snapshot, have: r.have}
		seen.action.i = 0
	case doFence, doBump, doBumpKeep:
		seen.kinds[0] = kinds[a.i]
	case doLease:
		seen.action.i = 0
	}
}
