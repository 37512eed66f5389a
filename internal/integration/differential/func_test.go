package differential

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/cacheops/cacheops/internal/redistest"
)

var (
	funcCalls         = flag.Int("differential.funcs", 20_000, "calls of functions that TestDifferentialFuncs compares; the tests on Redis and PostgreSQL compare a share of it")
	redisFuncShare    = 5
	postgresFuncShare = 10
)

// TestDifferentialFuncs makes functions that run random queries and call each other,
// and compares what they return through the cache with what they return by the
// answers of a database without one: after every write, and while others write.
func TestDifferentialFuncs(t *testing.T) {
	t.Parallel()
	differFuncs(t, *funcCalls, sqliteFlavour{}, place{open: openSQLite})
}

// TestDifferentialFuncsOnRedis is TestDifferentialFuncs with the cache in Redis.
func TestDifferentialFuncsOnRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	differFuncs(t, *funcCalls/redisFuncShare, sqliteFlavour{}, place{open: openSQLite, store: redisStore(t, server.URL())})
}

// TestDifferentialFuncsInEnvelopes is TestDifferentialFuncs with the cache in Redis, and
// all in it encrypted, and compressed where that makes it smaller.
func TestDifferentialFuncsInEnvelopes(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	differFuncs(t, *funcCalls/redisFuncShare, sqliteFlavour{}, place{open: openSQLite, store: redisStore(t, server.URL(), inEnvelopes)})
}

// TestDifferentialFuncsInSets is TestDifferentialFuncs with the cache in Redis, in sets
// mode.
func TestDifferentialFuncsInSets(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	differFuncs(t, *funcCalls/redisFuncShare, sqliteFlavour{}, place{open: openSQLite, store: setsStore(t, server.URL())})
}

// TestDifferentialFuncsPostgres is TestDifferentialFuncs on PostgreSQL.
func TestDifferentialFuncsPostgres(t *testing.T) {
	t.Parallel()
	differFuncs(t, *funcCalls/postgresFuncShare, postgresFlavour{}, place{open: newPostgresBench(t).open})
}

// TestDifferentialFuncsPostgresOnRedis is TestDifferentialFuncsPostgres with the
// cache in Redis.
func TestDifferentialFuncsPostgresOnRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	differFuncs(t, *funcCalls/postgresFuncShare, postgresFlavour{}, place{open: newPostgresBench(t).open, store: redisStore(t, server.URL())})
}

// runFuncCase runs a case and returns the first difference, as runCase does.
func runFuncCase(c *funcCase, at place, t *funcTally) (f *failure, err error) {
	r, err := openFuncs(c, at)
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := r.finish(); err == nil {
			err = e
		}
	}()
	if f = r.ready(); f != nil {
		return f, nil
	}
	last := len(c.steps) * 2 / 3
	if f = r.one(c.steps[:last]); f == nil {
		f = r.several(c.steps[last:])
	}
	if f == nil {
		t.add(r)
	}
	return f, nil
}

// differFuncs compares so many calls.
func differFuncs(t *testing.T, calls int, f flavour, at place) {
	t.Helper()
	begin := time.Now()
	tally := &funcTally{constructs: map[string]*count{}, unkept: map[string]int{}}
	steps := stepsOfFuncs
	if calls < fewCalls {
		steps = fewStepsOfFuncs
	}
	var found failing[*funcCase]
	inTurns(t, firstSeedOf(at), func() bool { return tally.calls() >= calls || found.any() }, func(rt *rapid.T, dir string) {
		c := rapid.Custom(func(t *rapid.T) *funcCase { return makeFuncCase(t, f, steps) }).Draw(rt, "case")
		at := at
		at.dir = dir
		f, err := runFuncCase(c, at, tally)
		if err != nil {
			rt.Fatal(err)
		}
		if f != nil && found.set(dir, c, f) {
			rt.Fatal("a call differs")
		}
	})
	if c, f := found.get(); f != nil {
		t.Logf("a call differs:\n%s%s", c.code(), c.script(f))
	}
	if t.Failed() {
		return
	}
	tally.report(t)
	t.Logf("%.0f calls a second", float64(tally.calls())/time.Since(begin).Seconds())
}

// funcTally adds up what the cases saw. Cases run at once.
type funcTally struct {
	mu             sync.Mutex // guards the rest
	total, freshly count
	constructs     map[string]*count
	unkept         map[string]int
	cases, steps   int
}

func (t *funcTally) add(r *funcRun) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cases++
	t.steps += r.steps
	t.total.add(&r.total)
	t.freshly.add(&r.freshly)
	for name, c := range r.seen {
		if t.constructs[name] == nil {
			t.constructs[name] = &count{}
		}
		t.constructs[name].add(c)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for reason, n := range r.unkept {
		t.unkept[reason] += n
	}
}

func (t *funcTally) calls() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.total.reads
}

// What has to be seen in hits. Of so few calls not all of it need be there.
var (
	funcRequired = []string{
		"queries: 1", "queries: 2", "queries: 3", "queries: 4", "depth 1", "depth 2", "depth 3", "functions inside: 1", "functions inside: 2", "shared inner function",
		"conditional", "goroutine", "lock", "stored errors", "errors", string(prepared), string(first), string(streamed),
		"beside writes", "transaction", "rollback", "set", "invalidate: a row", "invalidate: a table", "invalidate: all",
		"invalidate: a function's result", "invalidate: a function",
	}
	// These are seen in calls.
	funcCalled = []string{string(bypassed), string(uncacheable), string(refused), string(within), string(late), "call in a transaction", "bypass in a transaction"}
)

const fewCalls = 15_000

// report prints the figures, and fails the test where one is below its floor.
func (t *funcTally) report(tb testing.TB) {
	tb.Helper()
	t.mu.Lock()
	defer t.mu.Unlock()
	tb.Logf("figure: differential: %d calls of functions compared after %d writes in %d cases, 0 stale: hit rate %.3f, of the first calls after a write %.3f of %d",
		t.total.reads, t.steps, t.cases, share(t.total.hits, t.total.reads), share(t.freshly.hits, t.freshly.reads), t.freshly.reads)
	var table strings.Builder
	fmt.Fprintf(&table, "%-40s %9s %9s\n", "construct", "calls", "hits")
	for _, name := range slices.SortedFunc(maps.Keys(t.constructs), cmp.Compare[string]) {
		fmt.Fprintf(&table, "%-40s %9d %9d\n", name, t.constructs[name].reads, t.constructs[name].hits)
	}
	tb.Log(table.String())
	tb.Log("results that were not stored: " + often(t.unkept))
	if rate := share(t.total.hits, t.total.reads); rate < minHitRate {
		tb.Errorf("hit rate %.3f, at least %.2f is needed: too little was stored for the comparison to mean anything", rate, minHitRate)
	}
	if t.total.reads < fewCalls {
		return
	}
	for _, name := range funcRequired {
		if c := t.constructs[name]; c == nil || c.hits == 0 {
			tb.Errorf("nothing with %q was a hit", name)
		}
	}
	for _, name := range funcCalled {
		if t.constructs[name] == nil {
			tb.Errorf("nothing with %q was called", name)
		}
	}
}
