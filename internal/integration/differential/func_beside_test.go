package differential

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cacheops/cacheops"
)

// What runs at once in a case whose functions are called while it is written.
const (
	callers = 3
	writers = 2
	// callsBetween is the calls that a writer waits for before it writes again, and
	// callsMeanwhile those that are made at most until then and while it writes.
	callsBetween   = 40
	callsMeanwhile = 100
)

// besideRun is a case of which several goroutines call the functions while others
// write. The writers take turns, so that the order of the commits is known: state n
// is what the twin answers after n steps. A call that begins when n steps are over
// and ends when m have begun has to return what the function returns at one of the
// states n to m.
type besideRun struct {
	*funcRun

	turn        sync.Mutex // guards the writing of what follows, and the twin
	states      [][]answer
	begun, over atomic.Int64

	calls   sync.Mutex // guards what follows
	more    *sync.Cond // one of it has changed
	made    int
	until   int // a writer waits for so many calls
	ended   bool
	records []record
	locked  int
}

// record is one call.
type record struct {
	at, arg  int
	from, to int64
	ran      bool // the function itself, for this call
	got      []leaf
	err      error
}

// apart reports whether the states in the midst of a step are not to be seen. Some
// statements commit before a step is over, and DDL has readers fail.
func apart(s *step) bool {
	if s.session || s.begin == "" && len(s.list) != 1 {
		return false
	}
	for i := range s.list {
		st := &s.list[i]
		if st.script || slices.ContainsFunc(st.tags, func(tag string) bool {
			return strings.HasSuffix(tag, "DDL") || strings.HasSuffix(tag, "TRUNCATE") || strings.Contains(tag, "OR ROLLBACK") || strings.HasSuffix(tag, "DO")
		}) {
			return false
		}
	}
	return true
}

// several runs steps while functions are called.
func (r *funcRun) several(list []step) *failure {
	if err := r.reset(); err != nil {
		return &failure{what: "invalidate", got: err.Error()}
	}
	b := &besideRun{funcRun: r}
	b.more = sync.NewCond(&b.calls)
	b.state()
	steps := make(chan *step)
	failures := make(chan *failure, writers)
	var readers, wait sync.WaitGroup
	for n := range callers {
		readers.Go(func() { b.read(rand.New(rand.NewPCG(uint64(r.c.seed), uint64(n+1)))) })
	}
	for range writers {
		wait.Go(func() {
			for s := range steps {
				if f := b.write(s); f != nil {
					failures <- f
					return
				}
			}
		})
	}
	wait.Go(func() {
		defer close(steps)
		random := rand.New(rand.NewPCG(uint64(r.c.seed), 0))
		for i := range list {
			if !apart(&list[i]) {
				continue
			}
			b.await(callsBetween)
			select {
			case steps <- &list[i]:
			case f := <-failures:
				failures <- f
				return
			}
			b.drop(random)
		}
		b.await(callsBetween)
	})
	wait.Wait()
	b.stop()
	readers.Wait()
	r.behind.Wait()
	select {
	case f := <-failures:
		return f
	default:
	}
	return b.check()
}

// await waits for so many more calls.
func (b *besideRun) await(calls int) {
	b.calls.Lock()
	defer b.calls.Unlock()
	b.until = b.made + calls
	b.more.Broadcast()
	for b.made < b.until {
		b.more.Wait()
	}
}

// state asks the twin what the queries return now.
func (b *besideRun) state() {
	b.refresh()
	list := make([]answer, len(b.queries))
	for i, q := range b.queries {
		list[i] = q.last
	}
	b.states = append(b.states, list)
}

// write runs a step.
func (b *besideRun) write(s *step) *failure {
	b.turn.Lock()
	defer b.turn.Unlock()
	b.begun.Add(1)
	f := b.apply(s)
	b.over.Add(1)
	b.steps++
	if f == nil {
		b.state()
	}
	return f
}

// drop drops something now and then.
func (b *besideRun) drop(random *rand.Rand) {
	at, arg := random.IntN(len(b.funcs)), random.IntN(arguments)
	table := b.c.tables[random.IntN(len(b.c.tables))]
	switch random.IntN(12) {
	case 0:
		_ = b.funcs[at].Invalidate(ctx, arg)
	case 1:
		_ = b.funcs[at].Invalidate(ctx)
	case 2:
		_ = b.cache.Database("main").Invalidate(ctx, cacheops.Row(table.name, cacheops.Values{table.columns[0].name: 1 + random.IntN(8)}))
	case 3:
		_ = b.cache.Database("main").Invalidate(ctx, cacheops.Table(table.name))
	case 4:
		if random.IntN(3) == 0 {
			_ = b.cache.Database("main").Invalidate(ctx, cacheops.All())
		}
	}
}

// stop has the callers end.
func (b *besideRun) stop() {
	b.calls.Lock()
	defer b.calls.Unlock()
	b.ended = true
	b.more.Broadcast()
}

// proceed waits until another call is wanted, and returns false at the end.
func (b *besideRun) proceed() bool {
	b.calls.Lock()
	defer b.calls.Unlock()
	for !b.ended && b.made >= b.until+callsMeanwhile {
		b.more.Wait()
	}
	return !b.ended
}

// read calls functions until the end.
func (b *besideRun) read(random *rand.Rand) {
	for b.proceed() {
		var ran atomic.Bool
		x := record{at: random.IntN(len(b.funcs)), arg: random.IntN(arguments), from: b.over.Load()}
		x.got, x.err = b.funcs[x.at].Call(context.WithValue(ctx, runKey{}, &ran), x.arg)
		x.to, x.ran = b.begun.Load(), ran.Load()
		b.calls.Lock()
		b.made++
		b.records = append(b.records, x)
		b.more.Broadcast()
		b.calls.Unlock()
	}
}

// check looks at all calls, when all is over.
func (b *besideRun) check() *failure {
	models := make([]*model, len(b.states))
	for n := range b.states {
		models[n] = &model{c: b.c, answer: func(q int) *answer { return &b.states[n][q] }}
	}
	for i := range b.records {
		x := &b.records[i]
		x.to = min(x.to, int64(len(b.states)-1))
		fits := b.fits(models, x)
		if x.ran && !fits {
			fits = b.fitsInParts(x)
		}
		if !fits {
			var want strings.Builder
			for n := x.from; n <= x.to; n++ {
				fmt.Fprintf(&want, "after step %d: ", n)
				fmt.Fprintln(&want, fmt.Sprint(models[n].call(ctx, x.at, x.arg)))
			}
			return &failure{what: fmt.Sprintf("STALE: function %d of %d, called between the steps %d and %d, beside writes (it ran: %v)", x.at, x.arg, x.from, x.to, x.ran), got: fmt.Sprint(x.got, x.err), want: want.String()}
		}
		b.count(x.at, !x.ran, []string{"beside writes"})
	}
	return nil
}

// fits reports whether a call returned what the function returns at one moment.
func (b *besideRun) fits(models []*model, x *record) bool {
	for n := x.from; n <= x.to; n++ {
		list, err := models[n].call(ctx, x.at, x.arg)
		if slices.Equal(x.got, list) && errors.Is(x.err, err) && (err == nil) == (x.err == nil) {
			return true
		}
	}
	return false
}

// fitsInParts reports whether each query that a call made itself has returned what
// it does at a moment of the call: without a cache no more is to be had.
func (b *besideRun) fitsInParts(x *record) bool {
	if x.err != nil {
		return errors.Is(x.err, errOdd) && b.c.functions[x.at].fails
	}
	for _, l := range x.got {
		if l.Query == 0 {
			if l.Answer != errOdd.Error() {
				return false
			}
			continue
		}
		m := plainly
		if l.First {
			m = first
		}
		known := false
		for n := x.from; n <= x.to && !known; n++ {
			known = b.states[n][l.Query-1].brief(m) == l.Answer
		}
		if !known && strings.Contains(l.Answer, "(SQLITE_BUSY)") {
			b.locked++
			known = true
		}
		if !known {
			return false
		}
	}
	return true
}
