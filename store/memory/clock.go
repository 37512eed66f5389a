package memory

import "time"

// instant is a time in nanoseconds since a store was made, one second added: 0
// is before everything.
type instant int64

// startOfTime is the instant at which a store is made.
const startOfTime = instant(time.Second)

// never is the instant that does not come.
const never = instant(1<<63 - 1)

// after returns the instant that lies d later, or never.
func (i instant) after(d time.Duration) instant {
	if d > time.Duration(never-i) {
		return never
	}
	return i + instant(d)
}

// clock measures instants.
type clock struct {
	start time.Time
	now   func() time.Time // nil: the process's own clock
}

func newClock(now func() time.Time) *clock {
	c := &clock{now: now, start: time.Now()}
	if now != nil {
		c.start = now()
	}
	return c
}

// instant returns the present.
func (c *clock) instant() instant {
	if c.now == nil {
		// time.Since reads the monotonic clock alone, in half the time.
		return startOfTime + instant(time.Since(c.start))
	}
	return startOfTime + instant(c.now().Sub(c.start))
}

// NowNano makes a clock usable by otter.
func (c *clock) NowNano() int64 { return int64(c.instant()) }

// Tick makes a clock usable by otter, which calls it once. It ticks in real
// time whatever clock was configured: it only wakes the removal of entries that
// have run out, and those are no longer served anyway.
func (c *clock) Tick(d time.Duration) <-chan time.Time { return time.NewTicker(d).C }
