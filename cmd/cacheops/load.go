package main

import (
	"context"
	"fmt"
	"time"
)

// runTraffic is the second act: the same mix of reads and writes without the
// cache and with it.
func runTraffic(ctx context.Context, out *screen, without, with *traffic) error {
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
	compare(out, without, with)
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

// standing is a load's line.
func standing(name string, n *totals, elapsed time.Duration) string {
	seconds := max(elapsed.Seconds(), 1e-3)
	line := left(name, 8) + right(fmt.Sprintf("%.1f s", elapsed.Seconds()), 7) +
		right(grouped(uint64(float64(n.reads())/seconds)), 10) + " reads/s" +
		right(grouped(uint64(float64(n.writes)/seconds)), 7) + " writes/s"
	if n.hits.total == 0 {
		return line + "   p50" + right(latency(n.misses.quantile(0.5)), 7)
	}
	return line + "   " + styleHit.Render(percent(n.hits.total, n.reads())+" hits") +
		right(latency(n.hits.quantile(0.5)), 8) + ", " + styleMiss.Render("miss") + right(latency(n.misses.quantile(0.5)), 7)
}

// compare prints a line for each kind of read.
func compare(out *screen, without, with *traffic) {
	out.line(styleDim.Render("                              with cache      p50 in all       p99 in all"))
	out.line(styleDim.Render("   read                        reads  hits  without   with  without   with   p50"))
	row := func(name string, bare, cached *latencies, hits uint64) {
		p50 := [2]time.Duration{bare.quantile(0.5), cached.quantile(0.5)}
		out.line("   ", left(name, 24), right(grouped(cached.total), 9), right(percent(hits, cached.total), 6),
			right(latency(p50[0]), 9), styleHit.Render(right(latency(p50[1]), 7)),
			right(latency(bare.quantile(0.99)), 9), right(latency(cached.quantile(0.99)), 7),
			styleTitle.Render(right(ratio(float64(p50[0]), float64(p50[1])), 6)))
	}
	for k := range reads {
		bare, _ := without.of(k)
		cached, hits := with.of(k)
		row(reads[k].name, bare, cached, hits)
	}
	bare, cached := without.totals(), with.totals()
	perSecond := func(n *totals, t *traffic) float64 { return float64(n.reads()) / t.duration.Seconds() }
	before, after := perSecond(bare, without), perSecond(cached, with)
	out.line()
	out.line("   ", fmt.Sprintf("Reads per second: %s without, %s with the cache: ", grouped(uint64(before)), grouped(uint64(after))),
		styleTitle.Render(ratio(after, before)))
	verdict := styleGood
	if cached.outdated > 0 {
		verdict = styleBad
	}
	out.line("   ", fmt.Sprintf("%s read while writers wrote: ", plural(cached.judged, "product row", "product rows")),
		verdict.Render(fmt.Sprintf("%s older than the last commit", grouped(cached.outdated))))
}
