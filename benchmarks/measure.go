package main

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"
)

// effort says how often and how long is measured.
type effort struct {
	rounds int           // how often each contender has its turn
	sample time.Duration // how long a turn is, about
	tries  int           // how often a turn is made at most, where it is disturbed
}

// contender is one of several things that are measured side by side.
type contender struct {
	name string
	// prepare makes everything ready for so many calls, and is not timed. It may
	// be nil.
	prepare func(calls int) error
	// run makes so many calls.
	run func(calls int) error
	// most is the most calls that can be prepared for one turn. 0 is no bound.
	most int
	// waits is true where a call waits for another process. The program not running
	// is no disturbance then.
	waits bool
}

// turn prepares so many calls and times them.
func (c *contender) turn(calls int) (took time.Duration, err error) {
	took, _, err = c.timed(calls)
	return took, err
}

// timed is turn, and tells how much of the time the program was not running at
// all, because the system had other things to do.
func (c *contender) timed(calls int) (took, away time.Duration, err error) {
	if err := c.ready(calls); err != nil {
		return 0, 0, err
	}
	from, used := time.Now(), cpuTime()
	err = c.run(calls)
	took, used = time.Since(from), cpuTime()-used
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w", c.name, err)
	}
	if used > 0 {
		away = took - used
	}
	return took, away, nil
}

// fair is turn, repeated while the program is away for a tenth of it or more:
// how long others run says nothing about the contender. On an idle machine there
// is nothing to repeat. The last try counts, whatever it was like.
func (c *contender) fair(calls, tries int) (took time.Duration, repeated int, err error) {
	for {
		took, away, err := c.timed(calls)
		if err != nil || c.waits || away < took/10 || repeated >= tries-1 {
			return took, repeated, err
		}
		repeated++
	}
}

func (c *contender) ready(calls int) error {
	if c.prepare == nil {
		return nil
	}
	if err := c.prepare(calls); err != nil {
		return fmt.Errorf("prepare %s: %w", c.name, err)
	}
	return nil
}

// calibrate returns how many calls fill a turn: the most of a few tries, since a
// disturbed one would leave a turn with so few calls that each is a first one.
func (c *contender) calibrate(e effort) (most int, err error) {
	for range calibrations {
		calls, err := c.calibrateOnce(e)
		if err != nil {
			return 0, err
		}
		most = max(most, calls)
	}
	return most, nil
}

const calibrations = 3

// calibrateOnce warms up on the way, and takes the best of a few turns.
func (c *contender) calibrateOnce(e effort) (int, error) {
	for calls := 1; ; {
		took := time.Duration(math.MaxInt64)
		for range 3 {
			once, _, err := c.fair(calls, e.tries)
			if err != nil {
				return 0, err
			}
			if took = min(took, once); took < e.sample/2 {
				break
			}
		}
		if took >= e.sample/2 || calls == c.most {
			calls = int(float64(calls) * float64(e.sample) / float64(max(took, 1)))
			return c.bounded(calls), nil
		}
		calls = c.bounded(2 * calls)
	}
}

func (c *contender) bounded(calls int) int {
	if c.most > 0 {
		calls = min(calls, c.most)
	}
	return max(calls, 1)
}

// allocations returns how many allocations of how many bytes one call makes:
// the least of a few tries, since what runs in the background allocates too.
func (c *contender) allocations(calls int) (count, bytes float64, err error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	count, bytes = math.Inf(1), math.Inf(1)
	for range 5 {
		if err := c.ready(calls); err != nil {
			return 0, 0, err
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := c.run(calls)
		runtime.ReadMemStats(&after)
		if err != nil {
			return 0, 0, fmt.Errorf("%s: %w", c.name, err)
		}
		count = min(count, float64(after.Mallocs-before.Mallocs)/float64(calls))
		bytes = min(bytes, float64(after.TotalAlloc-before.TotalAlloc)/float64(calls))
	}
	return count, bytes, nil
}

// measured is what was measured of one contender.
type measured struct {
	name          string
	calls         int       // in one turn
	nanos         []float64 // for one call, by round
	repeated      int       // turns, because they were disturbed
	allocs, bytes float64   // of one call
}

// measure lets the contenders take turns: in each round each has one, and the
// round after begins with the next one, so that none is always the first. What
// the machine does besides hits all of a round alike, so they are compared round
// by round. It ends early when the context does.
func measure(ctx context.Context, e effort, contenders []contender) (samples, error) {
	out := make(samples, len(contenders))
	for i := range contenders {
		c := &contenders[i]
		calls, err := c.calibrate(e)
		if err != nil {
			return nil, err
		}
		out[i] = &measured{name: c.name, calls: calls}
	}
	runtime.GC()
	for round := range e.rounds {
		for turn := range contenders {
			i := (round + turn) % len(contenders)
			took, repeated, err := contenders[i].fair(out[i].calls, e.tries)
			if err != nil {
				return nil, err
			}
			out[i].repeated += repeated
			out[i].nanos = append(out[i].nanos, float64(took.Nanoseconds())/float64(out[i].calls))
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	for i := range contenders {
		var err error
		if out[i].allocs, out[i].bytes, err = contenders[i].allocations(contenders[i].bounded(min(out[i].calls, 1000))); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// samples is what was measured of the contenders of a group.
type samples []*measured

// of returns what was measured of a contender.
func (s samples) of(name string) *measured {
	i := slices.IndexFunc(s, func(m *measured) bool { return m.name == name })
	return s[i]
}

// byRound combines the times that the contenders of those names had in each
// round, and summarises.
func (s samples) byRound(f func(nanos []float64) float64, names ...string) summary {
	rounds := len(s.of(names[0]).nanos)
	values := make([]float64, rounds)
	nanos := make([]float64, len(names))
	for round := range rounds {
		for i, name := range names {
			nanos[i] = s.of(name).nanos[round]
		}
		values[round] = f(nanos)
	}
	return summarise(values)
}

// time is how long a call takes, in microseconds.
func (s samples) time(a string) summary {
	return s.byRound(func(n []float64) float64 { return n[0] / 1000 }, a)
}

// ratio is how many times as long as b a takes.
func (s samples) ratio(a, b string) summary {
	return s.byRound(func(n []float64) float64 { return n[0] / n[1] }, a, b)
}

// added is how much longer than b a takes, in microseconds.
func (s samples) added(a, b string) summary {
	return s.byRound(func(n []float64) float64 { return (n[0] - n[1]) / 1000 }, a, b)
}

// allocsAbove is how many more allocations than b a makes. What does not happen
// in every tenth call is the background's.
func (s samples) allocsAbove(a, b string) summary {
	above := math.Round(10*(s.of(a).allocs-s.of(b).allocs)) / 10
	return exactly(max(above, 0))
}

// summary is a median with the quartiles around it.
type summary struct {
	median, low, high float64
	exact             bool // counted, not measured
}

// exactly is a number that was counted.
func exactly(v float64) summary { return summary{median: v, low: v, high: v, exact: true} }

// summarise returns the median and the quartiles of the values.
func summarise(values []float64) summary {
	sorted := slices.Sorted(slices.Values(values))
	return summary{median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75)}
}

// quantile is the value that the part q of the sorted values lies below.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	part := at - float64(i)
	return sorted[i]*(1-part) + sorted[i+1]*part
}
