package storetest

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"testing"
)

// outcome is what an exploration found.
type outcome struct {
	states, transitions, replays int
	// schedules is the number of ways from the first state to one in which all
	// readers and writers are through. Actors that are alike and have not begun
	// begin in their order, so schedules that differ in their names count once.
	schedules uint64
	// stale says which promise broke; empty when none did.
	stale string
	// schedule are the steps that led there.
	schedule []action
}

// explorer goes depth first through every state, and does every transition of
// each in the real store. To come back to a state it plays the schedule again in
// an empty database.
type explorer struct {
	driver   driver
	c        *config
	seen     map[state]uint64 // with the schedules that go on from each
	schedule []action
	states   []state // the state before each step of the schedule
	outcome  outcome
}

// explore explores the configuration. The error is a difference between the
// store and the model.
func explore(t testing.TB, h *Harness, c *config) (outcome, error) {
	e := &explorer{driver: driver{t: t, h: h, c: c}, c: c, seen: make(map[state]uint64)}
	first := state{crashes: c.crashes, evictions: c.evictions}
	if err := e.driver.reset(); err != nil {
		return e.outcome, err
	}
	_, err := e.visit(first)
	e.outcome.schedules = e.seen[first]
	if err != nil {
		err = fmt.Errorf("%w\nschedule: %v", err, e.schedule)
	}
	if closing := e.driver.close(); err == nil {
		err = closing
	}
	return e.outcome, err
}

// errSchedules is returned where the schedules cannot be counted.
var errSchedules = errors.New("storetest: the schedules cannot be counted: a state comes back to itself, or they are too many")

// open stands for the number of schedules of a state that is being visited.
const open = math.MaxUint64

// visit goes through everything that can follow from the state, in which the
// store is. It reports whether the exploration shall go on.
func (e *explorer) visit(s state) (bool, error) {
	e.outcome.states++
	e.seen[s] = open
	here := true // the store is in the state s
	// A loss of keys is nothing that has to happen: the schedule that ends here
	// is one, and losses after its end are none of their own.
	actions := s.actions(e.c, nil)
	over := !slices.ContainsFunc(actions, func(a action) bool { return a.verb < doEvictStamp })
	var schedules uint64
	for _, a := range actions {
		if !here {
			if err := e.replay(); err != nil {
				return false, err
			}
		}
		after := s.apply(e.c, a)
		e.schedule, e.states = append(e.schedule, a), append(e.states, s)
		e.outcome.transitions++
		actors := e.driver.actors
		if err := e.driver.do(a, &s, &after); err != nil {
			return false, err
		}
		if on, err := e.probe(&after); !on || err != nil {
			return false, err
		}
		here = false
		if _, known := e.seen[after]; !known {
			if on, err := e.visit(after); !on || err != nil {
				return on, err
			}
		} else if !a.verb.onStore() {
			// The step changed nothing but what the actors remember.
			e.driver.actors = actors
			here = true
		}
		e.schedule, e.states = e.schedule[:len(e.schedule)-1], e.states[:len(e.states)-1]
		var carry uint64
		if schedules, carry = bits.Add64(schedules, e.seen[after], 0); carry != 0 || e.seen[after] == open {
			return false, errSchedules
		}
	}
	if over {
		schedules = 1
	}
	e.seen[s] = schedules
	return true, nil
}

// replay brings an empty database into the state that the schedule leads to.
func (e *explorer) replay() error {
	e.outcome.replays++
	if err := e.driver.reset(); err != nil {
		return err
	}
	for i, a := range e.schedule {
		before := &e.states[i]
		after := before.apply(e.c, a)
		if err := e.driver.do(a, before, &after); err != nil {
			return fmt.Errorf("step %d of a schedule that passed before: %w", i, err)
		}
	}
	return nil
}

// probe asks the store what a reader would get now, compares it with the model,
// and judges it by the promises. It reports false when one broke.
func (e *explorer) probe(s *state) (bool, error) {
	version, ok, err := e.driver.hit()
	if err != nil {
		return false, err
	}
	if want, hits := s.hit(); ok != hits || version != want {
		return false, fmt.Errorf("storetest: a read now: the store answers %v version %d, the model %v version %d",
			ok, version, hits, want)
	}
	switch {
	case ok && version < s.acked:
		e.outcome.stale = fmt.Sprintf("STALE HIT: version %d after %d was acknowledged", version, s.acked)
	case ok && version < s.database && s.quiet(e.c):
		e.outcome.stale = fmt.Sprintf("STALE FOR GOOD: version %d, the database has %d", version, s.database)
	default:
		return true, nil
	}
	e.outcome.schedule = append([]action(nil), e.schedule...)
	return false, nil
}
