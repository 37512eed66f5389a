package faults

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/store"
)

// What each process does: so many goroutines read and write.
const (
	readers = 2
	writers = 2
)

// What each goroutine pauses between, so that a small machine is not busy with the load
// alone; with -short three times as long.
var (
	readPause  = 3 * time.Millisecond
	writePause = 30 * time.Millisecond
)

// hung is how long no read or write may take, whatever happens: far longer than on a
// busy machine.
const hung = 20 * time.Second

// patience bounds each wait.
const patience = 90 * time.Second

// phase is a part of a test.
type phase int32

const (
	before phase = iota
	during
	after
	phases
)

// tally is what was counted in a phase.
type tally struct {
	reads, hits, writes, failed int
	// of each process
	hitsOf, writesOf []int
	took, bare       []time.Duration
	wrote            time.Duration // the slowest write
}

// load is processes that read and write one database.
type load struct {
	t         testing.TB
	database  database
	bare      *sql.DB
	redis     *redistest.Server // where a test of the database needs it
	processes []*process
	active    int // of the processes, the first so many run; the last one reads when asked
	history   history
	phase     atomic.Int32
	ctx       context.Context //nolint:containedctx // it is the load's life
	cancel    context.CancelFunc
	wg        sync.WaitGroup
	// writing is held by each write, for reading, and by whoever wants none.
	writing sync.RWMutex
	// excused is how many reads failed because the database was away.
	excused atomic.Int64

	mu      sync.Mutex // guards what follows
	tallies [phases]tally
	stale   int
	refused map[string]int // writes by what they failed with
}

// startLoad starts processes whose Redis is at the URLs, one each, and waits until
// each has hit and written. There is one more process, the last one, that has the
// Redis of the first one and does nothing by itself.
func startLoad(t testing.TB, urls ...string) *load {
	t.Helper()
	return startLoadOf(t, usualPadding, nil, urls...)
}

// startLoadOf is startLoad with so many bytes in each row, and connections of the
// dialer, unless it is nil.
func startLoadOf(t testing.TB, padding int, dial dialer, urls ...string) *load {
	t.Helper()
	return startLoadOn(t, usualDatabase(t), padding, dial, urls...)
}

// startLoadOn is startLoadOf with a database, which is empty.
func startLoadOn(t testing.TB, d database, padding int, dial dialer, urls ...string) *load {
	t.Helper()
	active := len(urls)
	urls = append(urls, urls[0])
	l := &load{t: t, database: d, bare: fill(t, d, padding), active: active, refused: make(map[string]int)}
	for i := range l.tallies {
		l.tallies[i].hitsOf, l.tallies[i].writesOf = make([]int, len(urls)), make([]int, len(urls))
	}
	for i, url := range urls {
		l.processes = append(l.processes, newProcess(t, d, i, url, dial))
	}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	t.Cleanup(l.stop)
	for i := range l.active {
		for n := range readers {
			l.wg.Go(func() { l.keepReading(i, rand.New(rand.NewPCG(uint64(i), uint64(n)))) })
		}
		for n := range writers {
			l.wg.Go(func() { l.keepWriting(i, rand.New(rand.NewPCG(uint64(i), uint64(100+n)))) })
		}
	}
	l.wg.Go(l.keepReadingBare)
	l.lively(before, 20, 10)
	return l
}

// stop ends the load and waits for what is under way.
func (l *load) stop() {
	l.cancel()
	l.wg.Wait()
}

// readAll has a process make every query.
func (l *load) readAll(i int) {
	for _, q := range queries() {
		l.read(i, q)
	}
}

// rewriteAll gives every row a later version. It does not wait for the load to do so: a
// replica that has been without its master for long is not made one any more.
func (l *load) rewriteAll() {
	l.t.Helper()
	was := l.history.now()
	l.await("a write of every row", func() bool {
		all := true
		for row := range rowCount {
			if l.history[row].acknowledged.Load() == was.floor[row] {
				l.write(row%l.active, []int{row})
				all = false
			}
		}
		return all
	})
}

// still calls f while nobody writes.
func (l *load) still(f func()) {
	l.writing.Lock()
	defer l.writing.Unlock()
	f()
}

// each calls f again and again until the load ends.
func (l *load) each(pause time.Duration, f func()) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		select {
		case <-l.ctx.Done():
			return
		case <-tick.C:
			f()
		}
	}
}

// choose takes a query at random, mostly of one row.
func choose(r *rand.Rand) query {
	q := query{table: r.IntN(tables)}
	switch n := r.IntN(20); {
	case n < 12:
		q.form, q.arg = byKey, r.IntN(rowsPerTable)
	case n < 15:
		q.form, q.arg = byKind, r.IntN(kinds)
	case n < 17:
		q.form, q.arg = count, r.IntN(kinds)
	case n < 18:
		q.form = total
	default:
		q.form, q.arg = joined, r.IntN(rowsPerTable)
	}
	return q
}

func (l *load) keepReading(i int, r *rand.Rand) {
	l.each(readPause, func() { l.read(i, choose(r)) })
}

// read reads through the cache of a process, and looks whether the answer is stale.
func (l *load) read(i int, q query) {
	was := phase(l.phase.Load())
	var o outcome
	m := l.history.now()
	start := time.Now()
	// The load's end does not cut what is under way, so no error comes of that.
	ctx, cancel := l.call()
	defer cancel()
	a, err := q.run(context.WithValue(ctx, outcomeKey{}, &o), l.database, l.processes[i].db)
	took := time.Since(start)
	if err != nil && l.database.excuses(err) {
		l.excused.Add(1)
		return
	}
	if err != nil {
		l.t.Errorf("process %d: %+v: %v", i, q, err)
		return
	}
	found := l.history.check(m, q, a)
	now := l.of(was)
	l.mu.Lock()
	defer l.mu.Unlock()
	c := &l.tallies[now]
	c.reads++
	c.took = append(c.took, took)
	if o.hit {
		c.hits++
		c.hitsOf[i]++
	}
	if found != "" {
		if l.stale++; l.stale <= 5 {
			l.t.Errorf("STALE: process %d, %+v, phase %d, hit %v, shared %v %s: %s; %d bumps have failed", i, q, now, o.hit, o.shared, o.reason, found, l.lost())
		}
	}
	if took > hung {
		l.t.Errorf("process %d, phase %d: a read took %v: %+v, hit %v, %s", i, now, took, q, o.hit, o.reason)
	}
}

// call is the context of one call.
func (l *load) call() (context.Context, context.CancelFunc) {
	if limit := l.database.limit(); limit > 0 {
		return context.WithTimeout(context.Background(), limit)
	}
	return context.Background(), func() {}
}

// of is the phase of something that began in a phase: during, where it was so at
// the beginning or is so at the end.
func (l *load) of(was phase) phase {
	now := phase(l.phase.Load())
	if was == during || now == during {
		return during
	}
	return was
}

// keepReadingBare measures what reads take without a cache.
func (l *load) keepReadingBare() {
	r := rand.New(rand.NewPCG(1, 1))
	l.each(2*readPause, func() {
		was, start := phase(l.phase.Load()), time.Now()
		ctx, cancel := l.call()
		defer cancel()
		switch _, err := choose(r).run(ctx, l.database, l.bare); {
		case err != nil && l.database.excuses(err):
			return
		case err != nil:
			l.t.Errorf("without a cache: %v", err)
		}
		took := time.Since(start)
		l.mu.Lock()
		defer l.mu.Unlock()
		c := &l.tallies[l.of(was)]
		c.bare = append(c.bare, took)
	})
}

// keepWriting writes one row at a time, or rows of two tables.
func (l *load) keepWriting(i int, r *rand.Rand) {
	l.each(writePause, func() {
		rows := []int{r.IntN(rowCount)}
		if r.IntN(4) == 0 {
			rows = append(rows, (rows[0]+rowsPerTable)%rowCount)
			slices.Sort(rows) // all in one order, so that no two wait for each other
		}
		l.write(i, rows)
	})
}

// write writes rows. It may fail, where the store is away, or the database, but for no
// other reason.
func (l *load) write(i int, rows []int) {
	l.writing.RLock()
	defer l.writing.RUnlock()
	was := phase(l.phase.Load())
	l.history.begin(rows)
	start := time.Now()
	ctx, cancel := l.call()
	defer cancel()
	versions, err := write(ctx, l.database, l.processes[i].db, rows)
	took := time.Since(start)
	excused := err != nil && l.database.excuses(err)
	if excused {
		versions = l.outcome(rows)
	} else if err != nil {
		versions = nil
	}
	l.history.end(rows, versions)
	if err != nil && !excused && !errors.Is(err, store.ErrUnavailable) {
		l.t.Errorf("process %d: a write failed, and not for the store: %v", i, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c := &l.tallies[l.of(was)]
	c.wrote = max(c.wrote, took)
	if err != nil {
		c.failed++
		l.refused[err.Error()]++
		return
	}
	c.writes++
	c.writesOf[i]++
}

// outcome waits until the transaction of a write that failed is over, whichever way,
// and returns the versions that the rows have then. It held a lock on each row when
// its COMMIT was sent.
func (l *load) outcome(rows []int) []int64 {
	versions := make([]int64, len(rows))
	for i, row := range rows {
		table, id := place(row)
		text := l.database.text(fmt.Sprintf("SELECT version FROM items%d WHERE id = ? FOR UPDATE", table))
		err := l.retry(func(ctx context.Context) error {
			return l.bare.QueryRowContext(ctx, text, id).Scan(&versions[i])
		})
		if err != nil {
			l.t.Errorf("the outcome of a write: %v", err)
			return nil
		}
	}
	return versions
}

// retry calls f until it returns no error that a fault of the database explains.
func (l *load) retry(f func(context.Context) error) error {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		ctx, cancel := l.call()
		err := f(ctx)
		cancel()
		if err == nil || !l.database.excuses(err) {
			return err
		}
		select {
		case <-tick.C:
		case <-limit.C:
			return err
		}
	}
}

// lost is how many bumps have failed, of writes that were refused too. They are
// tried again.
func (l *load) lost() (n uint64) {
	for _, p := range l.processes {
		n += p.cache.Stats().StoreErrors.Bump
	}
	return n
}

// enter begins a phase.
func (l *load) enter(p phase) { l.phase.Store(int32(p)) }

// count returns a copy of a phase's tally.
func (l *load) count(p phase) tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.tallies[p]
	c.hitsOf, c.writesOf = slices.Clone(c.hitsOf), slices.Clone(c.writesOf)
	return c
}

// await waits until something is so.
func (l *load) await(what string, is func() bool) {
	l.t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-limit.C:
			l.t.Fatalf("waited %v in vain for %s; phases: %+v; writes failed with %v", patience, what, l.summary(), l.refused)
		}
	}
}

// lively waits until each process has so many more hits and writes in a phase.
func (l *load) lively(p phase, hits, writes int) {
	l.t.Helper()
	from := l.count(p)
	l.await("hits and writes of every process", func() bool {
		now := l.count(p)
		for i := range l.active {
			if now.hitsOf[i] < from.hitsOf[i]+hits || now.writesOf[i] < from.writesOf[i]+writes {
				return false
			}
		}
		return true
	})
}

// wait lets the load run for a time, unless the test ends.
func (l *load) wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.t.Context().Done():
	}
}

// again does something again and again while a fault lasts.
func (l *load) again(pause time.Duration, f func()) {
	end := time.NewTimer(*lasts)
	defer end.Stop()
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for {
		f()
		select {
		case <-end.C:
			return
		case <-tick.C:
		}
	}
}

// under runs a fault, which ends with its function. Then the processes must recover:
// hit and write again. At last every query is compared.
func (l *load) under(fault func()) {
	l.t.Helper()
	l.enter(during)
	fault()
	l.enter(after)
	ended := time.Now()
	l.lively(after, 1, 1)
	recovered := time.Since(ended)
	l.lively(after, 50, 20)
	l.stop()
	l.compare()
	l.report(recovered)
}

// compare asks every query of every process, twice, and of the database. Nothing
// writes any more.
func (l *load) compare() {
	l.t.Helper()
	ask := func(q query, db *sql.DB) (a answer) {
		err := l.retry(func(ctx context.Context) (err error) {
			a, err = q.run(ctx, l.database, db)
			return err
		})
		if err != nil {
			l.t.Fatal(err)
		}
		return a
	}
	for _, q := range queries() {
		want := ask(q, l.bare)
		for i, p := range l.processes {
			for range 2 {
				if got := ask(q, p.db); !slices.Equal(got, want) {
					l.t.Errorf("at the end, process %d: %+v: %v, the database has %v; %d bumps have failed", i, q, got, want, l.lost())
				}
			}
		}
		if found := l.history.check(l.history.now(), q, want); found != "" {
			l.t.Errorf("at the end, the database: %+v: %s", q, found)
		}
	}
}
