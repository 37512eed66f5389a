package faults

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// summary names the counts of each phase.
func (l *load) summary() string {
	var b strings.Builder
	for p, name := range []string{"before", "during", "after"} {
		c := l.count(phase(p))
		share := 0
		if c.reads > 0 {
			share = 100 * c.hits / c.reads
		}
		fmt.Fprintf(&b, "%s: %d reads, %d%% hits, %d writes, %d failed; ", name, c.reads, share, c.writes, c.failed)
	}
	return strings.TrimSuffix(b.String(), "; ")
}

// report logs what was counted. What a read takes longer than without a cache is a
// figure and no limit: the machine may be busy.
func (l *load) report(recovered time.Duration) {
	l.t.Helper()
	name := strings.TrimPrefix(l.t.Name(), "Test")
	c := l.count(during)
	l.t.Logf("figure: %s: %s", name, l.summary())
	l.t.Logf("figure: %s: stale reads %d; reads during the fault: slowest %v, 99th percentile %v, without a cache %v and %v; slowest write %v; hit and wrote again after %v; %d bumps failed; %d reads failed with the database away",
		name, l.stale, percentile(c.took, 100), percentile(c.took, 99), percentile(c.bare, 100), percentile(c.bare, 99),
		c.wrote.Round(time.Millisecond), recovered.Round(time.Millisecond), l.lost(), l.excused.Load())
	for text, n := range l.refused {
		l.t.Logf("%d writes failed with: %s", n, text)
	}
}

// percentile is the time that so many percent did not exceed.
func percentile(took []time.Duration, percent int) time.Duration {
	if len(took) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(took))
	return sorted[(len(sorted)-1)*percent/100].Round(100 * time.Microsecond)
}
