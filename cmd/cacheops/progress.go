package main

import (
	"strings"
	"time"
)

// A bar is drawn this wide, and this often at most.
const (
	barWidth    = 36
	barInterval = 50 * time.Millisecond
)

// progress shows how much of a job is done: as a bar on a terminal, as a line
// for every quarter elsewhere.
type progress struct {
	screen  *screen
	label   string
	total   int
	quarter int       // the last one reported in a line
	drawn   time.Time // when the bar was
}

// newProgress begins a job of total steps.
func (s *screen) newProgress(label string, total int) *progress {
	p := &progress{screen: s, label: label, total: max(total, 1)}
	p.set(0)
	return p
}

// set reports that a number of steps is done.
func (p *progress) set(done int) {
	done = min(done, p.total)
	if !p.screen.rewrites {
		if q := 4 * done / p.total; q > p.quarter {
			p.quarter = q
			p.screen.line("   ", left(p.label, 10), right(percent(uint64(done), uint64(p.total)), 6))
		}
		return
	}
	now := time.Now()
	if done < p.total && now.Sub(p.drawn) < barInterval {
		return
	}
	p.drawn = now
	p.screen.status("   " + left(p.label, 10) + p.bar(done) + right(percent(uint64(done), uint64(p.total)), 6))
}

// bar draws the bar. Without colours it has to do with two ASCII characters.
func (p *progress) bar(done int) string {
	full := barWidth * done / p.total
	if !p.screen.colours {
		return "[" + strings.Repeat("#", full) + strings.Repeat(".", barWidth-full) + "]"
	}
	return styleHit.Render(strings.Repeat("\u2501", full)) + styleDim.Render(strings.Repeat("\u2500", barWidth-full))
}

// done ends the job with a line that stays.
func (p *progress) done(text string) {
	p.screen.line("   ", text)
}
