package differential

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"sync"

	"pgregory.net/rapid"
)

// manner is how a part of a function reads.
type manner string

// The manners. Those of the second group keep the result out of the cache.
const (
	plainly  manner = "plain"
	prepared manner = "prepared"
	first    manner = "first row" // is there a row at all; the others are left
	streamed manner = "streamed"  // a result too large for the cache

	bypassed    manner = "bypassed"
	uncacheable manner = "uncacheable"
	refused     manner = "refused" // by the database
	within      manner = "read in a transaction of its own"
	late        manner = "goroutine left behind"
)

// unkept reports whether a result with such a part is never stored.
func (m manner) unkept(strict bool) bool {
	switch m {
	case bypassed, uncacheable, refused:
		return true
	case within:
		return !strict // SQLite has no level at which the cache may answer
	}
	return false // what is left behind may be over, or not have begun
}

// part is one thing that a function does.
type part struct {
	query  int // the first one has another for each argument
	call   int // 1 + the number of a function that is called instead
	manner manner
	when   bool // only where the last answer is odd
	beside bool // in a goroutine
}

// function is one of a case's.
type function struct {
	level int // how deep it calls others
	parts []part
	lock  bool
	// fails is true where it fails by what it finds, and keeps where such errors
	// are stored.
	fails, keeps bool
	tags         []string
}

// funcCase is a case with functions.
type funcCase struct {
	*testCase

	wide      []int // the numbers of queries with results too large for the cache
	functions []function
	seed      int // of what is called between the steps, and what is invalidated
	strict    bool
}

// GoString is that of the test case.
func (c *funcCase) GoString() string { return c.testCase.GoString() }

// What a case has of functions, by their level, and of arguments for each.
var levels = []int{9, 5, 3}

const arguments = 2

// What bounds the steps of a case: each is followed by many calls. Of few calls there
// are to be some cases.
const (
	stepsOfFuncs    = 30
	fewStepsOfFuncs = 9
)

// callsOf bounds the functions that one calls, so that the largest is not without
// bounds.
const callsOf = 2

// makeFuncCase draws a case with functions and at most so many steps.
func makeFuncCase(t *rapid.T, f flavour, steps int) *funcCase {
	c := &funcCase{testCase: makeCase(t, f), strict: f.strict()}
	c.shadow = false // nothing is stored for functions then
	c.steps = c.steps[:min(len(c.steps), steps)]
	for _, table := range c.tables[:2] {
		c.wide = append(c.wide, len(c.queries))
		c.queries = append(c.queries, selection{
			text: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + strconv.Itoa(maxRows) + ") SELECT n.i, t.c FROM n, (SELECT count(*) AS c FROM " + table.name + ") t",
			tags: []string{string(streamed)},
		})
	}
	g := chooser{t}
	for level, n := range levels {
		for range n {
			c.functions = append(c.functions, c.function(g, level))
		}
	}
	c.seed = g.n(1 << 30)
	return c
}

// function makes a function that calls some of those that there are.
func (c *funcCase) function(g chooser, level int) function {
	f := function{level: level, lock: g.percent(10), fails: g.percent(10)}
	f.keeps = f.fails && g.percent(50)
	calls := 0
	for i := range 1 + g.n(6) {
		p := part{query: g.n(len(c.queries) - len(c.wide)), manner: plainly, when: i > 0 && g.percent(20), beside: g.percent(12)}
		switch below := c.below(level); {
		case level > 0 && (calls == 0 || calls < callsOf && g.percent(30)):
			calls++
			p.call = 1 + pick(g, below...)
		case g.percent(9):
			p.when = i > 0 && g.percent(80)
			p.manner = pick(g, bypassed, uncacheable, refused, within, late)
		default:
			p.manner = weigh(g, []option[manner]{{70, plainly}, {12, prepared}, {12, first}, {6, streamed}})
		}
		if p.manner == streamed {
			p.query = pick(g, c.wide...)
		}
		f.parts = append(f.parts, p)
	}
	f.tags = c.tagsOf(&f)
	return f
}

// below are the functions that one of a level may call: the first are called by
// many, and one at least is of the level just below.
func (c *funcCase) below(level int) (list []int) {
	for i := range c.functions {
		if l := c.functions[i].level; l == level-1 || l < level && i < 3 {
			list = append(list, i)
		}
	}
	return list
}

// tagsOf are the constructs of a function.
func (c *funcCase) tagsOf(f *function) (tags []string) {
	queries, calls := 0, 0
	for _, p := range f.parts {
		if p.call > 0 {
			calls++
			if p.call <= 3 {
				tags = append(tags, "shared inner function")
			}
		} else if queries++; p.manner != plainly {
			tags = append(tags, string(p.manner))
		}
		if p.when {
			tags = append(tags, "conditional")
		}
		if p.beside {
			tags = append(tags, "goroutine")
		}
	}
	tags = append(tags, fmt.Sprint("queries: ", queries), fmt.Sprint("functions inside: ", calls), fmt.Sprint("depth ", 1+f.level))
	if f.lock {
		tags = append(tags, "lock")
	}
	if f.keeps {
		tags = append(tags, "stored errors")
	} else if f.fails {
		tags = append(tags, "errors")
	}
	slices.Sort(tags)
	return slices.Compact(tags)
}

// unkept reports whether the result of a function is never stored.
func (c *funcCase) unkept(at int) bool {
	return slices.ContainsFunc(c.functions[at].parts, func(p part) bool {
		switch {
		case p.when:
			return false
		case p.call > 0:
			return c.unkept(p.call - 1)
		}
		return p.manner.unkept(c.strict)
	})
}

// leaf is one answer in the result of a function.
type leaf struct {
	Query  int `cbor:"q"` // 0: none
	First  bool
	Answer string `cbor:"a"`
}

// errOdd is what functions fail with.
var errOdd = errors.New("what was found is odd")

// world answers what a function asks.
type world interface {
	ask(ctx context.Context, query int, m manner) string
	call(ctx context.Context, at, arg int) ([]leaf, error)
	// parallel reports whether several parts may ask at once.
	parallel(ctx context.Context) bool
}

// do does what a function does.
func (c *funcCase) do(ctx context.Context, w world, at, arg int) ([]leaf, error) {
	f := &c.functions[at]
	slots := make([][]leaf, len(f.parts))
	var wait sync.WaitGroup
	defer wait.Wait()
	last := ""
	for i, p := range f.parts {
		if p.when && !odd(last) {
			continue
		}
		if p.beside && w.parallel(ctx) {
			wait.Go(func() { slots[i] = c.part(ctx, w, p, i, arg) })
			continue
		}
		slots[i] = c.part(ctx, w, p, i, arg)
		if !p.beside {
			last = fmt.Sprint(slots[i])
		}
	}
	wait.Wait()
	all := slices.Concat(slots...)
	if f.fails && sum(fmt.Sprint(all))%4 == 0 {
		return nil, errOdd
	}
	return all, nil
}

// part does one thing.
func (c *funcCase) part(ctx context.Context, w world, p part, i, arg int) []leaf {
	if p.call > 0 {
		list, err := w.call(ctx, p.call-1, arg)
		if err != nil {
			list = []leaf{{Answer: err.Error()}}
		}
		return list
	}
	query := p.query
	if i == 0 && p.manner != streamed {
		query = (query + 7*arg) % (len(c.queries) - len(c.wide))
	}
	answer := w.ask(ctx, query, p.manner)
	if p.manner == late {
		return nil
	}
	return []leaf{{Query: 1 + query, First: p.manner == first, Answer: answer}}
}

func sum(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text))
	return h.Sum64()
}

func odd(text string) bool { return sum(text)%2 == 1 }

// brief is what a function makes of an answer.
func (a *answer) brief(m manner) string {
	switch {
	case a.err != nil:
		return "error: " + said(a.err)
	case m == first:
		return strconv.FormatBool(a.rows > 0)
	}
	return fmt.Sprintf("%d:%x", a.rows, sum(a.text))
}

// code writes the functions of a case.
func (c *funcCase) code() string {
	var b strings.Builder
	for at := range c.functions {
		f := &c.functions[at]
		fmt.Fprintf(&b, "-- function %d (fails: %v, stored: %v, lock: %v):", at, f.fails, f.keeps, f.lock)
		for i, p := range f.parts {
			what := fmt.Sprintf(" query %d %s", 1+p.query, p.manner)
			if p.call > 0 {
				what = fmt.Sprintf(" function %d", p.call-1)
			} else if i == 0 {
				what += " + 7 * argument"
			}
			if p.when {
				what += " if odd"
			}
			if p.beside {
				what += " beside"
			}
			b.WriteString(what + ";")
		}
		b.WriteByte('\n')
	}
	return b.String()
}
