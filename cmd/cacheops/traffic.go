package main

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// A worker writes this often, in percent of what it does.
const writePercent = 5

// A worker takes so many steps at least, also where the machine is too busy to
// take many in the time given: a load of nothing would prove nothing.
const leastSteps = 500

// asked is a query that was run: an index of reads, and its argument.
type asked struct {
	read int
	arg  int64
}

// maxAsked bounds how many different queries a run remembers.
const maxAsked = 20_000

// traffic is a mixed load on one handle.
type traffic struct {
	db       *sql.DB
	shop     *shop
	ledger   *ledger
	workers  int
	duration time.Duration
	seed     uint64
	remember bool // keep what was asked

	// turn is the writers'. SQLite lets one write at a time, and lets the
	// others sleep for milliseconds; here they wait no longer than they must.
	turn  sync.Mutex
	tally []tally       // by worker
	cpu   time.Duration // what the run took, once it is over
}

// tally is what one worker counted. All but asked may be read while it works.
type tally struct {
	hits, misses []histogram   // by kind of read
	writes       histogram     // how long they took, without the wait for the turn
	judged       atomic.Uint64 // rows of products whose version was looked at
	outdated     atomic.Uint64
	asked        map[asked]struct{}
}

// run lets the workers work for the duration. Show is called ten times a second
// or so meanwhile.
func (t *traffic) run(ctx context.Context, show func(elapsed time.Duration)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	t.tally = make([]tally, t.workers)
	began, used := time.Now(), cpuTime()
	var wg sync.WaitGroup
	for i := range t.tally {
		n := &t.tally[i]
		n.hits, n.misses = make([]histogram, len(reads)), make([]histogram, len(reads))
		n.asked = make(map[asked]struct{})
		c := newChooser(t.shop, t.seed, uint64(i))
		wg.Go(func() {
			if err := t.work(ctx, c, n, began.Add(t.duration)); err != nil {
				cancel(err) // the first error counts, and ends the others
			}
		})
	}
	ended := make(chan struct{})
	go func() { wg.Wait(); close(ended) }()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			t.cpu = cpuTime() - used
			return context.Cause(ctx)
		case <-tick.C:
			show(min(time.Since(began), t.duration))
		}
	}
}

// work is one worker.
func (t *traffic) work(ctx context.Context, c *chooser, n *tally, end time.Time) error {
	var p probe
	var s scanner
	ctx = p.with(ctx)
	for step := 0; step < leastSteps || time.Now().Before(end); step++ {
		if c.IntN(100) < writePercent {
			if err := t.write(ctx, c, &n.writes); err != nil {
				return err
			}
			continue
		}
		which := c.read()
		r := &reads[which]
		arg := c.id(r.of)
		if t.remember && len(n.asked) < maxAsked {
			n.asked[asked{which, arg}] = struct{}{}
		}
		p.hit = false
		start := t.ledger.last.Load()
		began := time.Now()
		err := s.read(ctx, t.db, r.sql, arg, func(row []any) {
			if r.version < 0 {
				return
			}
			n.judged.Add(1)
			if t.ledger.outdated(start, integer(row[r.idColumn]), integer(row[r.version])) {
				n.outdated.Add(1)
			}
		})
		took := time.Since(began)
		if err != nil {
			return fmt.Errorf("cacheops: read of the demo, %s: %w", r.name, err)
		}
		if p.hit {
			n.hits[which].record(took)
		} else {
			n.misses[which].record(took)
		}
	}
	return nil
}

// write does one write when it is this worker's turn.
func (t *traffic) write(ctx context.Context, c *chooser, took *histogram) error {
	t.turn.Lock()
	defer t.turn.Unlock()
	began := time.Now()
	if err := t.ledger.writing(ctx, t.db, c); err != nil {
		return err
	}
	took.record(time.Since(began))
	return nil
}

// totals are the counts of all workers.
type totals struct {
	hits, misses, writes latencies
	judged, outdated     uint64
	cpu                  time.Duration // 0 while it runs, or not known
}

func (t *totals) reads() uint64 { return t.hits.total + t.misses.total }

// totals adds up what the workers have counted so far.
func (t *traffic) totals() *totals {
	sum := &totals{cpu: t.cpu}
	for i := range t.tally {
		n := &t.tally[i]
		for k := range reads {
			sum.hits.add(&n.hits[k])
			sum.misses.add(&n.misses[k])
		}
		sum.writes.add(&n.writes)
		sum.judged += n.judged.Load()
		sum.outdated += n.outdated.Load()
	}
	return sum
}

// of adds up the counts of one kind of read: all of them, and how many were
// hits.
func (t *traffic) of(kind int) (all *latencies, hits uint64) {
	all = new(latencies)
	for i := range t.tally {
		all.add(&t.tally[i].hits[kind])
	}
	hits = all.total
	for i := range t.tally {
		all.add(&t.tally[i].misses[kind])
	}
	return all, hits
}

// everythingAsked are the different queries that were run, up to maxAsked.
func (t *traffic) everythingAsked() map[asked]struct{} {
	all := make(map[asked]struct{})
	for i := range t.tally {
		for q := range t.tally[i].asked {
			if len(all) == maxAsked {
				return all
			}
			all[q] = struct{}{}
		}
	}
	return all
}
