//go:build unix

package crash

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// How many processes there are of each kind.
const (
	writerCount = 4
	readerCount = 2
)

const (
	// readsPerWrite paces the writers: so many reads come for one write, or next
	// to nothing would be a hit.
	readsPerWrite = 20
	// killEvery lies between two deaths at least: the fences of the dead keep
	// readers from what they wrote, so that of too many deaths nothing is a hit.
	killEvery = fenceTTL / 10
	// livesPerDeath is how many writes lie between two deaths at least: where processes
	// are slow to start nobody would write but to die.
	livesPerDeath = 4
	// ordersAtOnce is how many orders a writer has before it that is killed at any
	// moment, so that it seldom has nothing to do.
	ordersAtOnce = 4
	// randomWithin bounds when such a writer is killed, after its orders.
	randomWithin = 5 * time.Millisecond
	// strikeEvery is of how many writes of those that live one has something done to
	// its connection, where there is one.
	strikeEvery = 4
	// silence is how long all children may be silent. What is waited for takes
	// milliseconds.
	silence = 60 * time.Second
)

// write is an order and what came of it.
type write struct {
	order
	begin int64 // 0 when it never began
	end   int64 // when it was acknowledged or refused, or its writer had died
	// acked is true when it was acknowledged, with the version that it wrote.
	acked   bool
	version int64
	refused string
	// struck is true where it was refused for what was done to its connection.
	struck bool
}

// read is one read through the cache, by a process that only reads.
type read struct {
	query
	start, end int64
	hit        bool
	result     string
}

// history is what happened between two audits.
type history struct {
	writes []*write
	reads  []read
}

// writer is a place for processes that write, one after the other.
type writer struct {
	process *process
	ready   bool
	open    []*write // its orders, in order, that have not ended
	due     death    // how it is to die; empty for not at all
	name    string   // the database knows it by that
	struck  bool     // its connections may have ended
}

func (w *writer) idle() bool { return w.ready && len(w.open) == 0 && w.due == "" }

// reader is the same for processes that read.
type reader struct {
	process       *process
	ready, paused bool
	doomed        bool
}

// tally is what is reported.
type tally struct {
	batches              int
	kills                map[death]int
	interrupted          int // random kills in the middle of a write
	readersKilled        int
	looks, looked        int // before a commit that its writer did not survive
	writes, refused      int
	happened, never      int // writes whose writer died: the commit is in the database, or not
	reads, hits          int
	byKind               []int // hits
	failedReads          int
	stale, permanent     int
	audited, porcupined  int
	missed               int // deaths whose place was not reached
	struck               map[death]int
	struckRefused        int // writes that failed by what was done to their connections
	struckHappened       int // and that are in the database all the same
	lastRefusal, failure string
}

// run is the parent's side.
type run struct {
	place   place
	rng     *rand.Rand
	events  chan event
	writers []*writer
	readers []*reader
	history history
	tally   tally

	going     bool // readers are to read
	credit    int  // reads that no write was ordered for
	orders    int64
	deaths    int   // ordered so far
	nextDeath int64 // when a writer may be told to die
	lived     int   // writes ordered since the last death, to be survived
	strikes   int   // ordered so far
	names     int   // of processes
	ordered   int   // deaths of this batch, ordered and not missed
	killed    int   // of this batch
	timers    []*time.Timer
	// randomlyEnded is how many backends were met in the middle of something.
	randomlyEnded atomic.Int64
	lookedFor     map[int64]*writer

	// What the database holds at the beginning of a batch.
	last     int64 // of the journal
	state    state
	counters [counters + 1]int64
	bare     *sql.DB
	handle   *handle
	redis    func(args ...string) (string, error)
}

// start starts the processes.
func (r *run) start() error {
	for range writerCount {
		w := new(writer)
		r.writers = append(r.writers, w)
		if err := r.respawnWriter(w); err != nil {
			return err
		}
	}
	for range readerCount {
		rd := new(reader)
		r.readers = append(r.readers, rd)
		if err := r.respawnReader(rd); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) respawnWriter(w *writer) (err error) {
	r.names++
	*w = writer{name: fmt.Sprintf("writer %d", r.names)}
	at := r.place
	at.Process = w.name
	w.process, err = spawn(role{Writes: true, Place: at}, r.events)
	return err
}

func (r *run) respawnReader(rd *reader) (err error) {
	*rd = reader{}
	at := r.place
	at.Process = "reader"
	rd.process, err = spawn(role{Place: at}, r.events)
	return err
}

// stop ends the processes, and waits until they have ended.
func (r *run) stop() {
	for _, t := range r.timers {
		t.Stop()
	}
	var left []*process
	for _, w := range r.writers {
		left = append(left, w.process)
	}
	for _, rd := range r.readers {
		left = append(left, rd.process)
	}
	left = slices.DeleteFunc(left, func(p *process) bool { return p == nil })
	for _, p := range left {
		p.dismiss()
		p.kill()
	}
	for len(left) > 0 {
		e := <-r.events
		if e.ended {
			left = slices.DeleteFunc(left, func(p *process) bool { return p == e.from })
		}
	}
}

// batch lets writers and readers work until so many writers were killed, and all
// others are done. Nobody reads or writes when it returns.
func (r *run) batch(ctx context.Context, kills int) error {
	r.history, r.killed, r.ordered, r.credit, r.going = history{}, 0, 0, 0, true
	r.lookedFor = make(map[int64]*writer)
	for _, rd := range r.readers {
		if rd.ready {
			rd.process.tell("go")
		}
	}
	doomed := r.readers[r.rng.IntN(len(r.readers))] // it dies once in the batch, too
	for r.killed < kills || slices.ContainsFunc(r.writers, func(w *writer) bool { return !w.idle() }) {
		if doomed != nil && r.killed > kills/2 && doomed.ready {
			doomed.doomed = true
			doomed.process.kill()
			doomed = nil
		}
		r.give(ctx, kills)
		if err := r.next(ctx); err != nil {
			return err
		}
	}
	for slices.ContainsFunc(r.readers, func(rd *reader) bool { return !rd.ready }) {
		if err := r.next(ctx); err != nil {
			return err
		}
	}
	r.going = false
	r.tally.struck[ended] = int(r.randomlyEnded.Load())
	for _, rd := range r.readers {
		rd.paused = false
		rd.process.tell("pause")
	}
	for slices.ContainsFunc(r.readers, func(rd *reader) bool { return !rd.paused }) {
		if err := r.next(ctx); err != nil {
			return err
		}
	}
	return nil
}

// give gives orders to writers that have none.
func (r *run) give(ctx context.Context, kills int) {
	for _, w := range r.writers {
		if r.credit < readsPerWrite || !w.idle() || r.killed >= kills {
			continue
		}
		r.credit = 0
		how := death("")
		if t := now(); t > r.nextDeath && r.lived >= livesPerDeath && r.ordered < kills {
			r.lived = 0
			how = deaths[r.deaths%len(deaths)]
			r.deaths++
			r.ordered++
			r.nextDeath = t + int64(killEvery)
		}
		w.due = how
		switch how {
		case "":
			r.lived++
			r.live(ctx, w)
		case anywhere:
			for range ordersAtOnce {
				r.order(w, order{Changes: r.changes(false)})
			}
			r.timers = append(r.timers, time.AfterFunc(time.Duration(r.rng.Int64N(int64(randomWithin))), w.process.kill))
		case inFence, inBump:
			r.order(w, order{Changes: r.changes(true), Death: how, Part: r.rng.Float64()})
		case beforeCommit, afterCommit, afterBump:
			o := order{Changes: r.changes(true), Death: how, Part: 1}
			if how == afterCommit && r.ordered > kills-len(deaths) {
				// Late, because it keeps readers from everything.
				o.Changes = []change{{Verb: lift, ID: items}}
			}
			r.order(w, o)
		}
	}
}

// live orders a write that its writer is to survive, though maybe not its connection.
func (r *run) live(ctx context.Context, w *writer) {
	possible := r.place.database().strikes()
	if len(possible) == 0 || r.rng.IntN(strikeEvery) > 0 {
		r.order(w, order{Changes: r.changes(false)})
		return
	}
	how := possible[r.strikes%len(possible)]
	r.strikes++
	w.struck = true
	r.order(w, order{Changes: r.changes(true), Death: how})
	if how != ended {
		return
	}
	name := w.name
	r.timers = append(r.timers, time.AfterFunc(time.Duration(r.rng.Int64N(int64(randomWithin))), func() {
		if n, err := r.place.database().terminate(ctx, r.bare, name); err == nil && n > 0 {
			r.randomlyEnded.Add(1)
		}
	}))
}

func (r *run) order(w *writer, o order) {
	r.orders++
	o.ID = r.orders
	text, err := json.Marshal(o)
	if err != nil {
		panic(err) // it is plain data
	}
	wr := &write{order: o}
	w.open = append(w.open, wr)
	r.history.writes = append(r.history.writes, wr)
	w.process.tell(string(text))
}

// changes makes up a transaction. A certain one is of several tables, or of a
// counter, so that there is something to fence.
func (r *run) changes(certain bool) []change {
	id := func() int { return 1 + r.rng.IntN(items) }
	group := func() int64 { return int64(1 + r.rng.IntN(groups)) }
	var list []change
	switch r.rng.IntN(12) {
	case 0, 1, 2:
		list = []change{{Verb: set, ID: id()}}
	case 3, 4:
		list = []change{{Verb: move, ID: id(), Group: group()}}
	case 5, 6:
		list = []change{{Verb: toggle, ID: id(), Group: group()}}
	case 7:
		list = []change{{Verb: set, ID: id()}, {Verb: move, ID: id(), Group: group()}, {Verb: toggle, ID: id(), Group: group()}, {Verb: mark, ID: int(group())}}
	case 8:
		list = []change{{Verb: lift, ID: maxImages / 2}}
		if r.rng.IntN(5) == 0 { // it drops all that is cached of items
			list[0].ID = items
		}
	case 9:
		list = []change{{Verb: mark, ID: int(group())}}
	default:
		return []change{{Verb: add, ID: 1 + r.rng.IntN(counters)}}
	}
	if certain {
		list = append(list, change{Verb: mark, ID: int(group())})
	}
	return list
}

// next waits for an event and takes it.
func (r *run) next(ctx context.Context) error {
	limit := time.NewTimer(silence)
	defer limit.Stop()
	select {
	case e := <-r.events:
		return r.take(ctx, e)
	case <-limit.C:
		return fmt.Errorf("all children were silent for %v", silence)
	}
}

func (r *run) take(ctx context.Context, e event) error {
	for _, w := range r.writers {
		if w.process == e.from {
			if e.ended {
				return r.writerEnded(ctx, w, e)
			}
			return r.writerSaid(ctx, w, e.line)
		}
	}
	for _, rd := range r.readers {
		if rd.process == e.from {
			if e.ended {
				return r.readerEnded(rd, e)
			}
			return r.readerSaid(rd, e.line)
		}
	}
	return errors.New("a process speaks that was never started")
}

// writerEnded is the death of a writer. What it had begun may have happened.
func (r *run) writerEnded(ctx context.Context, w *writer, e event) error {
	w.process.dismiss()
	w.process = nil
	if w.due == "" || !e.killed {
		return fmt.Errorf("a writer that was to die %q ended by itself: %s", w.due, e.how)
	}
	r.killed++
	r.tally.kills[w.due]++
	// A server may go on with what the dead have sent.
	if err := r.place.database().over(ctx, r.bare, w.name); err != nil {
		return err
	}
	at := now()
	for _, wr := range w.open {
		if wr.begin != 0 {
			wr.end = at
			if w.due == anywhere {
				r.tally.interrupted++
			}
		}
	}
	return r.respawnWriter(w)
}

func (r *run) readerEnded(rd *reader, e event) error {
	rd.process.dismiss()
	rd.process = nil
	if !rd.doomed || !e.killed {
		return fmt.Errorf("a reader ended by itself: %s", e.how)
	}
	r.tally.readersKilled++
	return r.respawnReader(rd)
}

func (r *run) writerSaid(ctx context.Context, w *writer, line string) error {
	fields := strings.SplitN(line, "\t", 4)
	if fields[0] == "S" {
		w.ready = true
		return nil
	}
	id, err := number(fields, 1)
	if err != nil || len(w.open) == 0 || w.open[0].ID != id {
		return fmt.Errorf("a writer said %q, which is not of its order", line)
	}
	wr := w.open[0]
	switch fields[0] {
	case "F":
		r.look(w, wr)
		return nil
	case "K":
		if _, err := r.place.database().terminate(ctx, r.bare, w.name); err != nil {
			return err
		}
		if err := r.place.database().over(ctx, r.bare, w.name); err != nil {
			return err
		}
		r.tally.struck[endedBeforeCommit]++
		w.process.tell("G")
		return nil
	}
	at, err := number(fields, 2)
	if err != nil {
		return err
	}
	switch fields[0] {
	case "B":
		wr.begin = at
		return nil
	case "A":
		wr.acked = true
		if wr.version, err = number(fields, 3); err != nil {
			return err
		}
		w.struck = w.struck && wr.Death != ""
	case "E":
		wr.refused = fields[3]
		if wr.struck = w.struck; !wr.struck {
			r.tally.refused++
			r.tally.lastRefusal = wr.refused
			break
		}
		r.tally.struckRefused++
		if wr.Death == cutBeforeCommit || wr.Death == cutAfterCommit {
			r.tally.struck[wr.Death]++
		}
		// What it has sent may still be carried out.
		if err := r.place.database().over(ctx, r.bare, w.name); err != nil {
			return err
		}
		at = now()
	}
	wr.end = at
	w.open = w.open[1:]
	if w.due != "" && wr.Death != "" { // it was to die of it
		w.due = ""
		r.ordered--
		r.tally.missed++
	}
	return nil
}

// look has readers read what a writer is about to change.
func (r *run) look(w *writer, wr *write) {
	list := make([]string, 0, 8)
	for _, q := range touched(wr.Changes) {
		list = append(list, fmt.Sprintf("%d:%d", q.kind, q.arg))
	}
	r.tally.looks++
	r.lookedFor[wr.ID] = w
	for _, rd := range r.readers {
		if rd.ready {
			rd.process.tell("look\t" + text(wr.ID) + "\t" + strings.Join(list, " "))
		}
	}
}

func (r *run) readerSaid(rd *reader, line string) error {
	fields := strings.SplitN(line, "\t", 7)
	switch fields[0] {
	case "S":
		rd.ready = true
		rd.paused = !r.going // it begins with a pause
		if r.going {
			rd.process.tell("go")
		}
	case "P":
		rd.paused = true
	case "X":
		r.tally.failedReads++
		r.tally.failure = line
	case "L":
		id, err := number(fields, 1)
		if err != nil {
			return err
		}
		if w := r.lookedFor[id]; w != nil && len(w.open) > 0 && w.open[0].ID == id {
			delete(r.lookedFor, id)
			r.tally.looked++
			w.process.tell("G")
		}
	case "R":
		if len(fields) != 7 {
			return fmt.Errorf("a reader said %q", line)
		}
		kind, err1 := strconv.Atoi(fields[1])
		arg, err2 := strconv.Atoi(fields[2])
		start, err3 := number(fields, 3)
		end, err4 := number(fields, 4)
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			return err
		}
		one := read{query{kind, arg}, start, end, fields[5] == "true", fields[6]}
		r.history.reads = append(r.history.reads, one)
		r.credit++
		r.tally.reads++
		if one.hit {
			r.tally.hits++
			r.tally.byKind[kind]++
		}
	}
	return nil
}

func number(fields []string, at int) (int64, error) {
	if at >= len(fields) {
		return 0, fmt.Errorf("%q has no field %d", fields, at)
	}
	return strconv.ParseInt(fields[at], 10, 64)
}
