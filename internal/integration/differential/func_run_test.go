package differential

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cacheops/cacheops"
)

// funcRun is one case with functions under way.
type funcRun struct {
	*run

	c       *funcCase
	funcs   []*cacheops.Func[int, []leaf]
	random  *rand.Rand
	set     map[[2]int][]leaf // the results that the program has set, by function and argument
	sets    int
	seen    map[string]*count // of calls, by construct
	log     []string          // what was done since the last step
	behind  sync.WaitGroup    // of goroutines left behind
	mu      sync.Mutex        // guards reasons
	unkept  map[string]int    // why results were not stored
	total   count             // of all calls
	freshly count             // of the first ones after a step
}

// A call carries what it is made with.
type (
	underKey struct{} // the caller to ask in place of the handle
	runKey   struct{} // an *atomic.Bool that is set by the function itself
)

// maxEntry bounds what the cache of such a case stores, so that there are results
// that it does not, at little cost.
const maxEntry = 4000

// openFuncs makes the databases, the rows and the functions of a case.
func openFuncs(c *funcCase, at place) (*funcRun, error) {
	r := &funcRun{
		run:    &run{c: c.testCase, counts: map[string]*count{}, failed: map[string]int{}, reasons: map[string]int{}},
		c:      c,
		random: rand.New(rand.NewPCG(uint64(c.seed), 0)),
		set:    map[[2]int][]leaf{},
		seen:   map[string]*count{},
		unkept: map[string]int{},
	}
	r.change = func(cfg *cacheops.Config) {
		cfg.MaxEntryBytes = maxEntry
		cfg.Hooks = cacheops.Hooks{OnRead: func(_ context.Context, e cacheops.ReadEvent) {
			if e.Func == "" || e.Reason == "" {
				return
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			reason := e.Reason
			for strings.HasPrefix(reason, "f") && strings.Contains(reason, ": ") { // of the one inside
				_, reason, _ = strings.Cut(reason, ": ")
			}
			r.unkept[reason]++
		}}
	}
	if err := r.open(at); err != nil {
		return nil, err
	}
	for i := range c.functions {
		var options []cacheops.FuncOption
		if c.functions[i].lock {
			options = append(options, cacheops.Lock())
		}
		if c.functions[i].keeps {
			options = append(options, cacheops.StoreErrors(errOdd))
		}
		f, err := cacheops.NewFunc(r.cache, fmt.Sprint("f", i), func(ctx context.Context, arg int) ([]leaf, error) {
			if ran, ok := ctx.Value(runKey{}).(*atomic.Bool); ok {
				ran.Store(true)
				ctx = context.WithValue(ctx, runKey{}, nil) // for those inside
			}
			return r.c.do(ctx, r, i, arg)
		}, options...)
		if err != nil {
			return nil, err
		}
		r.funcs = append(r.funcs, f)
	}
	return r, nil
}

// ready makes the rows, and asks the twin for the first time.
func (r *funcRun) ready() *failure {
	if f := r.begin(); f != nil {
		return f
	}
	for i := range r.c.queries {
		r.queries = append(r.queries, &reading{selection: &r.c.queries[i], at: i + 1})
	}
	r.refresh()
	for _, q := range r.queries {
		if q.last.err != nil {
			q.refuse = q.last.err.Error()
		}
	}
	return nil
}

// refresh asks the twin again.
func (r *funcRun) refresh() {
	for _, q := range r.queries {
		q.last = r.run.ask(q)
	}
}

// parallel implements world: the connection of a transaction serves one at a time.
func (r *funcRun) parallel(ctx context.Context) bool { return ctx.Value(underKey{}) == nil }

func (r *funcRun) call(ctx context.Context, at, arg int) ([]leaf, error) {
	return r.funcs[at].Call(ctx, arg)
}

// ask implements world through the cache.
func (r *funcRun) ask(ctx context.Context, query int, m manner) string {
	on, under := ctx.Value(underKey{}).(caller)
	if !under {
		on = r.cached
	}
	q := r.queries[query]
	switch m {
	case bypassed:
		ctx = cacheops.Bypass(ctx)
	case uncacheable, refused:
		if m == refused && under {
			break // it could end the transaction
		}
		text := "SELECT random() IS NULL"
		if m == refused {
			text = "SELECT missing FROM nowhere"
		}
		if got := collect(on.QueryContext(ctx, text)); m == refused != (got.err != nil) && !under {
			return "odd: " + got.String()
		}
	case within:
		if !under {
			tx, err := r.cached.BeginTx(ctx, nil)
			if err != nil {
				return "error: " + said(err)
			}
			defer func() { _ = tx.Rollback() }() // no more than a failed read leaves it
			got := r.collectUnder(ctx, q, tx, m)
			if err := tx.Commit(); err != nil && !strings.HasPrefix(got, "error") {
				return "error: " + said(err)
			}
			return got
		}
	case late:
		if under {
			return ""
		}
		r.behind.Go(func() { r.collectUnder(ctx, q, on, m) })
		return ""
	}
	return r.collectUnder(ctx, q, on, m)
}

// collectUnder reads a query under a context.
func (r *funcRun) collectUnder(ctx context.Context, q *reading, on caller, m manner) string {
	how := comparison{types: r.strict, order: q.ordered}
	read := func() answer {
		query := on.QueryContext
		if m == prepared {
			st, err := on.PrepareContext(ctx, q.text)
			if err != nil {
				return answer{err: err}
			}
			defer st.Close()
			query = func(ctx context.Context, _ string, args ...any) (*sql.Rows, error) {
				return st.QueryContext(ctx, args...)
			}
		}
		rows, err := query(ctx, q.text, q.args...)
		if m != first || err != nil {
			return how.collect(rows, err)
		}
		defer rows.Close()
		got := answer{}
		if rows.Next() {
			got.rows = 1
		} else {
			got.err = rows.Err()
		}
		return got
	}
	got := read()
	for n := 0; n < 4 && outdated(got.err) && ctx.Value(underKey{}) == nil; n++ {
		got = read()
	}
	return got.brief(m)
}

// model is what the functions return by the answers of the twin.
type model struct {
	c      *funcCase
	answer func(query int) *answer
	set    map[[2]int][]leaf
	within bool // in a transaction
	known  map[[2]int]modelled
}

type modelled struct {
	list []leaf
	err  error
}

func (m *model) parallel(context.Context) bool { return false }

func (m *model) ask(_ context.Context, query int, how manner) string {
	if how == late {
		return ""
	}
	return m.answer(query).brief(how)
}

func (m *model) call(ctx context.Context, at, arg int) ([]leaf, error) {
	key := [2]int{at, arg}
	if list, ok := m.set[key]; ok {
		return list, nil
	}
	x, ok := m.known[key]
	if !ok || m.within { // a transaction that has failed answers another time
		x.list, x.err = m.c.do(ctx, m, at, arg)
		if m.known == nil {
			m.known = map[[2]int]modelled{}
		}
		m.known[key] = x
	}
	return x.list, x.err
}

// now is the model of what was committed.
func (r *funcRun) now() *model {
	return &model{c: r.c, answer: func(q int) *answer { return &r.queries[q].last }, set: r.set}
}

func (r *funcRun) construct(name string) *count {
	c := r.seen[name]
	if c == nil {
		c = &count{}
		r.seen[name] = c
	}
	return c
}

func (r *funcRun) notef(format string, args ...any) {
	r.log = append(r.log, fmt.Sprintf(format, args...))
}

// compare calls a function and compares what it returns. After are the constructs
// that were before it.
func (r *funcRun) compare(m *model, at, arg int, after []string, fresh bool) *failure {
	var ran atomic.Bool
	got, err := r.funcs[at].Call(context.WithValue(ctx, runKey{}, &ran), arg)
	want, wantErr := m.call(ctx, at, arg)
	hit := !ran.Load()
	r.notef("call %d(%d): hit %v", at, arg, hit)
	if !slices.Equal(got, want) || !errors.Is(err, wantErr) || (err == nil) != (wantErr == nil) {
		return &failure{
			what: fmt.Sprintf("STALE: function %d of %d (hit: %v)\n%s", at, arg, hit, strings.Join(r.log, "\n")),
			got:  fmt.Sprint(got, err), want: fmt.Sprint(want, wantErr),
		}
	}
	if hit && len(r.set) == 0 && r.c.unkept(at) {
		return &failure{what: fmt.Sprintf("STORED: function %d of %d\n%s", at, arg, strings.Join(r.log, "\n")), got: "a hit", want: "a miss"}
	}
	r.count(at, hit, after)
	if fresh {
		r.freshly.add(oneRead(hit))
	}
	return nil
}

func oneRead(hit bool) *count {
	one := &count{reads: 1}
	if hit {
		one.hits = 1
	}
	return one
}

func (r *funcRun) count(at int, hit bool, after []string) {
	one := oneRead(hit)
	r.total.add(one)
	for _, tag := range r.c.functions[at].tags {
		r.construct(tag).add(one)
	}
	for _, tag := range after {
		r.construct(tag).add(one)
	}
}

// callsAfter is the calls after each step.
const callsAfter = 64

// one runs steps one after the other, each followed by calls.
func (r *funcRun) one(steps []step) *failure {
	r.amid = r.inside
	if f := r.calls(nil); f != nil {
		return f
	}
	for i := range steps {
		s := &steps[i]
		r.log = append(r.log[:0], fmt.Sprintf("step %d", i+1))
		if f := r.apply(s); f != nil {
			return f
		}
		r.steps++
		r.refresh()
		tags := s.tags()
		if f := r.calls(tags); f != nil {
			return f
		}
		tag, err := r.invalidate()
		if err != nil {
			return &failure{what: "invalidate: " + strings.Join(r.log, "\n"), got: err.Error()}
		}
		if tag != "" {
			if f := r.calls([]string{tag}); f != nil {
				return f
			}
		}
	}
	return nil
}

// calls calls functions at random.
func (r *funcRun) calls(after []string) *failure {
	m := r.now()
	called := map[[2]int]bool{}
	for range callsAfter {
		key := [2]int{r.random.IntN(len(r.funcs)), r.random.IntN(arguments)}
		if f := r.compare(m, key[0], key[1], after, !called[key]); f != nil {
			return f
		}
		called[key] = true
	}
	return nil
}

// invalidate drops something, or sets a result, or does neither.
func (r *funcRun) invalidate() (tag string, err error) {
	at, arg := r.random.IntN(len(r.funcs)), r.random.IntN(arguments)
	var target cacheops.Target
	var what string
	table := r.c.tables[r.random.IntN(len(r.c.tables))]
	switch n := r.random.IntN(100); {
	case n < 70:
		return "", nil
	case n < 76:
		what, target = "invalidate: a row", cacheops.Row(table.name, cacheops.Values{table.columns[0].name: 1 + r.random.IntN(8)})
	case n < 80:
		what, target = "invalidate: a table", cacheops.Table(table.name)
	case n < 83:
		what, target = "invalidate: all", cacheops.All()
	case n < 90:
		r.notef("function %d of %d is invalidated", at, arg)
		delete(r.set, [2]int{at, arg})
		return "invalidate: a function's result", r.funcs[at].Invalidate(ctx, arg)
	case n < 94:
		r.notef("function %d is invalidated", at)
		for arg := range arguments {
			delete(r.set, [2]int{at, arg})
		}
		return "invalidate: a function", r.funcs[at].Invalidate(ctx)
	default:
		if len(r.set) >= 3 { // else little is left to compare
			return "invalidate: all functions", r.reset()
		}
		r.sets++
		list := []leaf{{Answer: fmt.Sprint("set ", r.sets)}}
		r.set[[2]int{at, arg}] = list
		r.notef("function %d of %d is set", at, arg)
		return "set", r.funcs[at].Set(ctx, arg, list)
	}
	r.notef("%s of %s", what, table.name)
	err = r.cache.Database("main").Invalidate(ctx, target)
	if err != nil && what != "invalidate: all" {
		if _, bad := r.twin.ExecContext(ctx, "SELECT "+table.columns[0].name+" FROM "+table.name+" WHERE false"); bad != nil {
			return "", nil //nolint:nilerr // the schema changed, and it is not there
		}
	}
	return what, err
}

// reset drops the results of all functions.
func (r *funcRun) reset() (err error) {
	r.set = map[[2]int][]leaf{}
	r.notef("all functions are invalidated")
	for _, f := range r.funcs {
		err = errors.Join(err, f.Invalidate(ctx))
	}
	return err
}

// inside calls functions in a transaction that has written.
func (r *funcRun) inside(on caller) *failure {
	at, arg := r.random.IntN(len(r.funcs)), r.random.IntN(arguments)
	under := context.WithValue(ctx, underKey{}, on)
	if r.random.IntN(2) == 0 {
		// What it returns was committed, or found in the transaction: it is seen
		// later that nothing of that was stored.
		r.notef("function %d of %d is called in the transaction", at, arg)
		if r.strict {
			if _, err := on.ExecContext(ctx, "SAVEPOINT around"); err != nil {
				return nil //nolint:nilerr // the transaction has failed
			}
		}
		_, _ = r.funcs[at].Call(under, arg)
		if r.strict { // it may have failed by what the twin is not asked
			if _, err := on.ExecContext(ctx, "ROLLBACK TO SAVEPOINT around"); err != nil {
				return &failure{what: "ROLLBACK TO SAVEPOINT", got: err.Error()}
			}
		}
		r.construct("call in a transaction").add(oneRead(false))
		return nil
	}
	m := &model{c: r.c, within: true, answer: func(q int) *answer {
		a := r.askWithin(r.queries[q])
		return &a
	}}
	got, err := r.funcs[at].Call(cacheops.Bypass(under), arg)
	want, wantErr := m.call(ctx, at, arg)
	if text := fmt.Sprint(got, want); strings.Contains(text, "SQLSTATE 0A000") { // see outdated
		r.abandon = true
		return nil
	}
	if !slices.Equal(got, want) || (err == nil) != (wantErr == nil) {
		return &failure{what: fmt.Sprintf("BYPASS: function %d of %d in a transaction\n%s", at, arg, strings.Join(r.log, "\n")), got: fmt.Sprint(got, err), want: fmt.Sprint(want, wantErr)}
	}
	r.construct("bypass in a transaction").add(oneRead(false))
	return nil
}

// askWithin asks the twin in its transaction.
func (r *funcRun) askWithin(q *reading) answer {
	if r.strict {
		return r.collect(q, r.twin)
	}
	return r.run.ask(q)
}

// finish waits for what was left behind, and closes all.
func (r *funcRun) finish() error {
	r.behind.Wait()
	return r.end()
}
