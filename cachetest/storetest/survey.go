package storetest

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// graph is everything that can happen in a configuration, as the model has it:
// the states, and the steps between them. No step leads back, so that each way
// from the first state ends.
type graph struct {
	steps []step
	// tree is the step by which each state was found first, -1 for the first
	// state.
	tree []int32
	// out and in list the steps that leave and reach each state: those of the
	// state n are out.steps[out.from[n]:out.from[n+1]].
	out, in adjacency
	// sights numbers each step as the store sees it; nil where nobody asks.
	sights []int32
	states []state
}

// step is one step of one actor, from one state to another.
type step struct {
	from, to int32
	action   action
}

type adjacency struct{ from, steps []int32 }

// outcome is what an exploration found.
type outcome struct {
	states, transitions int
	// schedules is the number of ways from the first state to one in which all
	// readers and writers are through. Actors that are alike and have not begun
	// begin in their order, so schedules that differ in their names count once.
	schedules uint64
	// stale says which promise broke; empty when none did.
	stale string
	// schedule are the steps that led there, and path their numbers.
	schedule []action
	path     []int32

	driven drives
	how    string // which steps were driven
	fine   bool   // by a slow store, along fine sights
}

// surveyor goes depth first through every state of the model.
type surveyor struct {
	c       *config
	numbers map[state]int32
	through []uint64 // the schedules that go on from each state
	graph   *graph
	path    []int32
	outcome outcome
}

// survey explores the configuration in the model alone.
func survey(c *config) (*graph, outcome, error) {
	v := &surveyor{c: c, numbers: make(map[state]int32), graph: &graph{}}
	first := c.first()
	v.found(first, -1)
	_, err := v.visit(first, 0)
	if err != nil {
		return nil, v.outcome, err
	}
	v.outcome.states, v.outcome.transitions, v.outcome.schedules = len(v.graph.tree), len(v.graph.steps), v.through[0]
	v.graph.link()
	v.graph.states = make([]state, len(v.numbers))
	for s, n := range v.numbers {
		v.graph.states[n] = s
	}
	return v.graph, v.outcome, nil
}

// first is the state in which nothing has happened.
func (c *config) first() state { return state{crashes: c.crashes, evictions: c.evictions} }

// errSchedules is returned where the schedules cannot be counted.
var errSchedules = errors.New("storetest: the schedules cannot be counted: a state comes back to itself, or they are too many")

// open stands for the number of schedules of a state that is being visited.
const open = math.MaxUint64

// found gives the state its number.
func (v *surveyor) found(s state, by int32) int32 {
	n := int32(len(v.graph.tree))
	v.numbers[s] = n
	v.graph.tree = append(v.graph.tree, by)
	v.through = append(v.through, open)
	return n
}

// visit goes through everything that can follow from the state. It reports
// whether the exploration shall go on.
func (v *surveyor) visit(s state, number int32) (bool, error) {
	// A loss of keys is nothing that has to happen: the schedule that ends here
	// is one, and losses after its end are none of their own.
	actions := s.actions(v.c, nil)
	over := !slices.ContainsFunc(actions, func(a action) bool { return a.verb < doEvictStamp })
	var schedules uint64
	for _, a := range actions {
		after := s.apply(v.c, a)
		by := int32(len(v.graph.steps))
		next, known := v.numbers[after]
		if !known {
			next = v.found(after, by)
		}
		v.graph.steps = append(v.graph.steps, step{number, next, a})
		v.path = append(v.path, by)
		if stale := s.judge(v.c, a, &after); stale != "" {
			v.outcome.stale = stale
			v.outcome.path = slices.Clone(v.path)
			for _, e := range v.path {
				v.outcome.schedule = append(v.outcome.schedule, v.graph.steps[e].action)
			}
			return false, nil
		}
		if !known {
			if on, err := v.visit(after, next); !on || err != nil {
				return on, err
			}
		}
		v.path = v.path[:len(v.path)-1]
		var carry uint64
		if schedules, carry = bits.Add64(schedules, v.through[next], 0); carry != 0 || v.through[next] == open {
			return false, errSchedules
		}
	}
	if over {
		schedules = 1
	}
	v.through[number] = schedules
	return true, nil
}

// judge holds the step against the promises, and says which one it breaks.
func (s *state) judge(c *config, a action, after *state) string {
	if a.verb.sees() {
		// A read in parts is judged by what was acknowledged when it began.
		if x := s.sees(c, a); x.hit && x.version < x.floor {
			return fmt.Sprintf("STALE HIT: version %d after %d was acknowledged when the read began", x.version, x.floor)
		}
	}
	version, ok := after.hit()
	switch {
	case ok && version < after.acked:
		return fmt.Sprintf("STALE HIT: version %d after %d was acknowledged", version, after.acked)
	case ok && version < after.database && after.quiet(c):
		return fmt.Sprintf("STALE FOR GOOD: version %d, the database has %d", version, after.database)
	}
	return ""
}

// link fills the lists of the steps at each state.
func (g *graph) link() {
	g.out = g.adjacent(func(s *step) int32 { return s.from })
	g.in = g.adjacent(func(s *step) int32 { return s.to })
}

func (g *graph) adjacent(of func(*step) int32) adjacency {
	a := adjacency{from: make([]int32, len(g.tree)+1), steps: make([]int32, len(g.steps))}
	for i := range g.steps {
		a.from[of(&g.steps[i])+1]++
	}
	for n := range g.tree {
		a.from[n+1] += a.from[n]
	}
	next := slices.Clone(a.from)
	for i := range g.steps {
		n := of(&g.steps[i])
		a.steps[next[n]] = int32(i)
		next[n]++
	}
	return a
}
