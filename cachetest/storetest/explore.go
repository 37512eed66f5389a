package storetest

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/cacheops/cacheops/store"
)

// drives is what the drivers did.
type drives struct {
	paths int // schedules from the beginning
	laps  int // steps of them, done again or for the first time
	calls int // calls of stores
	hooks int // calls of the harness's hooks
}

func (d *drives) add(x drives) {
	d.paths += x.paths
	d.laps += x.laps
	d.calls += x.calls
	d.hooks += x.hooks
}

// slowDrivers is how many drivers wait for a slow store at once.
const slowDrivers = 8

// slowSteps is how many steps a configuration may have at most, for a slow store
// to be driven along fine sights. That is less than a minute of calls in all.
const slowSteps = 100_000

// explore explores the configuration: in the model first, which tells every
// state and every step, then in real stores, which must answer what the model
// says. A slow store does what the sights in told tell apart and is not done: fine
// ones where fine is true or the steps are few. The error is a difference between
// the store and the model.
func explore(t testing.TB, h *Harness, c *config, told stores, fine bool) (outcome, error) {
	g, out, err := survey(c)
	if err != nil {
		return out, err
	}
	var sights *sights
	out.how = "each of them"
	if h.Slow {
		fine = fine || len(g.steps) <= slowSteps
		out.how = "those that the store can tell apart and had not done"
		if out.fine = fine; fine {
			out.how = "those that differ in what others are about to do"
		}
		sights = told.of(c, fine)
		g.sight(c, sights)
	}
	// A store without a safeguard is driven along the schedule that breaks the
	// promise alone: what it holds besides is nobody's promise.
	if out.stale == "" || !h.Slow && len(c.safeguards) == 0 {
		out.driven, err = driveAll(t, h, c, newCoverer(g, sights).path)
	}
	if err == nil && out.stale != "" {
		// The schedule that breaks the promise, every step of it compared: what
		// the model says of it is true of the store.
		laps := make([]lap, len(out.schedule))
		for i, a := range out.schedule {
			laps[i] = lap{a, true}
		}
		var last drives
		last, err = driveAll(t, h, c, func() (path []lap) { path, laps = laps, nil; return path })
		out.driven.add(last)
	}
	return out, err
}

// driveAll drives the schedules that next returns, until it returns none. The
// drivers run beside each other, each with a store of its own. All stores are
// made by the caller's goroutine, where a test may be ended.
func driveAll(t testing.TB, h *Harness, c *config, next func() []lap) (sum drives, err error) {
	running := runtime.GOMAXPROCS(0)
	if h.Slow {
		running = slowDrivers
	}
	var (
		wg    sync.WaitGroup
		paths = make(chan [][]lap)
		wants = make(chan chan<- store.Store)
		over  = make(chan struct{})
		ends  = make(chan *driver, running)
	)
	// Should Harness.New end the test, the drivers end too.
	defer wg.Wait()
	defer close(over)
	for range running {
		d := &driver{h: h, c: c, wants: wants, over: over}
		wg.Go(func() {
			d.err = errors.Join(d.all(paths), d.close())
			ends <- d
		})
	}
	var ready [][]lap
	feed := paths // nil when there are no more
	for running > 0 {
		for feed != nil && len(ready) < batch && err == nil {
			path := next()
			if path == nil {
				break
			}
			ready = append(ready, path)
		}
		if feed != nil && (len(ready) == 0 || err != nil) {
			close(feed)
			feed = nil
		}
		select {
		case feed <- ready:
			ready = nil
		case made := <-wants:
			made <- h.New(t)
		case d := <-ends:
			running--
			sum.add(d.drives)
			if err == nil {
				err = d.err
			}
		}
	}
	return sum, err
}

// batch is how many schedules a driver gets at once.
const batch = 16

// all drives the schedules.
func (d *driver) all(paths <-chan [][]lap) error {
	for {
		select {
		case <-d.over:
			return nil
		case some, more := <-paths:
			if !more {
				return nil
			}
			for _, path := range some {
				if err := d.path(path); err != nil {
					return err
				}
			}
		}
	}
}

// path drives one schedule in an empty database.
func (d *driver) path(path []lap) error {
	if err := d.reset(); err != nil {
		return err
	}
	s := d.c.first()
	d.paths++
	for i, l := range path {
		after := s.apply(d.c, l.action)
		d.laps++
		err := d.do(l, &s, &after)
		// A slow store is not asked again where it was asked nothing, or where the
		// step itself was to ask.
		if err == nil && l.fresh && (!d.h.Slow || l.action.verb.onStore() && !l.action.verb.sees()) {
			err = d.probe(&after)
		}
		if err != nil {
			if !l.fresh {
				err = fmt.Errorf("a step that another schedule passed: %w", err)
			}
			var actions []action
			for _, l := range path[:i+1] {
				actions = append(actions, l.action)
			}
			return fmt.Errorf("%w\nschedule: %s", err, schedule(actions))
		}
		s = after
	}
	return nil
}

// probe asks the store what a reader would get now, and compares it with the
// model.
func (d *driver) probe(s *state) error {
	version, ok, err := d.hit()
	if err != nil {
		return err
	}
	if want, hits := s.hit(); ok != hits || version != want {
		return fmt.Errorf("storetest: a read now: the store answers %v version %d, the model %v version %d",
			ok, version, hits, want)
	}
	return nil
}
