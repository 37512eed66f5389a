package main

import (
	"context"
	"fmt"
	"time"
)

// runTraffic is the second act: the same mix of reads and writes without the
// cache and with it. Coarse are the kinds of read that depend on every row of a table.
func runTraffic(ctx context.Context, out *screen, without, with *traffic, coarse []bool) error {
	out.heading("2", "Traffic")
	out.line("   ", fmt.Sprintf("%s, %d %% writes; a few products are read most, as in real shops.",
		plural(with.workers, "worker", "workers"), writePercent))
	out.line()
	if err := watch(ctx, out, "without", without); err != nil {
		return err
	}
	if err := watch(ctx, out, "with", with); err != nil {
		return err
	}
	out.line()
	compare(out, without, with, coarse)
	return nil
}

// watch runs a load and shows how it goes.
func watch(ctx context.Context, out *screen, name string, t *traffic) error {
	quarter := time.Duration(0)
	err := t.run(ctx, func(elapsed time.Duration) {
		if out.rewrites {
			out.status("   " + standing(name, t.totals(), elapsed))
			return
		}
		if q := 4 * elapsed / t.duration; q > quarter && q < 4 {
			quarter = q
			out.line("   ", standing(name, t.totals(), elapsed))
		}
	})
	if err != nil {
		return err
	}
	out.line("   ", standing(name, t.totals(), t.duration))
	return nil
}

// standing is a load's line, short of the last column.
func standing(name string, n *totals, elapsed time.Duration) string {
	seconds := max(elapsed.Seconds(), 1e-3)
	line := left(name, 8) + right(fmt.Sprintf("%.1f s", elapsed.Seconds()), 6) +
		right(grouped(uint64(float64(n.reads())/seconds)), 9) + " reads/s" +
		right(grouped(uint64(float64(n.writes.total)/seconds)), 6) + " writes/s"
	if n.hits.total == 0 {
		return line + right("p50", 11) + right(latency(n.misses.quantile(0.5)), 7)
	}
	return line + right(percent(n.hits.total, n.reads()), 6) + " " + styleHit.Render("hits") + right(latency(n.hits.quantile(0.5)), 7) +
		" " + styleMiss.Render("miss") + right(latency(n.misses.quantile(0.5)), 7)
}

// compare prints a line for each kind of read, and what it comes to.
func compare(out *screen, without, with *traffic, coarse []bool) {
	cells := func(name, count, hits, p50, cached50, p99, cached99, gain string) string {
		return "   " + left(name, 24) + right(count, 8) + right(hits, 6) + right(p50, 9) + right(cached50, 8) +
			right(p99, 9) + right(cached99, 7) + right(gain, 6)
	}
	row := func(name string, bare, cached *latencies, hits string) {
		before, after := bare.quantile(0.5), cached.quantile(0.5)
		out.line(cells(name, grouped(cached.total), hits, latency(before), styleHit.Render(latency(after)),
			latency(bare.quantile(0.99)), latency(cached.quantile(0.99)), styleTitle.Render(ratio(float64(before), float64(after)))))
	}
	out.line(styleDim.Render(right("p50", 59) + right("p99", 16)))
	out.line(styleDim.Render(cells("read", "reads", "hits", "without", "with", "without", "with", "gain")))
	marked := false
	for k := range reads {
		bare, _ := without.of(k)
		cached, hits := with.of(k)
		name := reads[k].name
		if coarse[k] {
			name, marked = name+" *", true
		}
		row(name, bare, cached, percent(hits, cached.total))
	}
	bare, cached := without.totals(), with.totals()
	row("(a write)", &bare.writes, &cached.writes, "")
	if marked {
		out.line("   ", styleDim.Render("* depends on every row of a table: any write there drops it. Gains are p50's."))
	}
	out.line()
	perSecond := func(n *totals, t *traffic) float64 { return float64(n.reads()) / t.duration.Seconds() }
	before, after := perSecond(bare, without), perSecond(cached, with)
	out.line("   ", fmt.Sprintf("%s reads/s without, %s with the cache: ", grouped(uint64(before)), grouped(uint64(after))),
		styleTitle.Render(ratio(after, before)))
	if bare.cpu > 0 {
		perRead := func(n *totals) time.Duration { return n.cpu / time.Duration(max(n.reads(), 1)) }
		out.line("   ", fmt.Sprintf("%s of CPU a read without, %s with it, all writes included: ", latency(perRead(bare)), latency(perRead(cached))),
			styleTitle.Render(ratio(float64(perRead(bare)), float64(perRead(cached)))))
	}
	out.line("   ", styleDim.Render("(SQLite runs in this process. Over a network only misses get slower.)"))
	verdict := styleGood
	if cached.outdated > 0 {
		verdict = styleBad
	}
	out.line("   ", plural(cached.judged, "product row", "product rows")+" read meanwhile: ",
		verdict.Render(grouped(cached.outdated)+" older than an acknowledged write"))
}
