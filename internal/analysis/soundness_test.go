package analysis

import (
	"database/sql/driver"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dependency"
	"github.com/cacheops/cacheops/store"
)

// logic is a value of SQL's logic.
type logic uint8

const (
	isFalse logic = iota
	isTrue
	isUnknown
)

func logicOf(b bool) logic {
	if b {
		return isTrue
	}
	return isFalse
}

// world is a database of one table that works conditions out by itself, so that
// the analysis can be compared with it.
type world struct {
	table *dialect.Table
	cat   *dialect.Catalog
	row   map[string]any // of the row looked at: int64, string, float64 or nil
	args  Args
}

// value is the value of an operand, folded as its column compares.
func (w *world) value(e dialect.Expr) any {
	switch e := e.(type) {
	case *dialect.ColumnRef:
		return w.row[e.Name]
	case *dialect.Literal:
		return e.Value
	case *dialect.Param:
		return w.args[e.Index-1].Value
	default:
		panic(fmt.Sprintf("no operand: %T", e))
	}
}

func (w *world) equal(x, y dialect.Expr, nullSafe bool) logic {
	if rx, ok := x.(*dialect.Row); ok {
		ry := y.(*dialect.Row)
		out := isTrue
		for i := range rx.X {
			out = min3(out, w.equal(rx.X[i], ry.X[i], nullSafe))
		}
		return out
	}
	a, b := w.value(x), w.value(y)
	if a == nil || b == nil {
		if nullSafe {
			return logicOf(a == nil && b == nil)
		}
		return isUnknown
	}
	fold := isFolded(x) || isFolded(y)
	return logicOf(normal(a, fold) == normal(b, fold))
}

func isFolded(e dialect.Expr) bool {
	ref, ok := e.(*dialect.ColumnRef)
	return ok && ref.Name == "f"
}

// normal makes values that the world takes for equal the same.
func normal(v any, fold bool) any {
	switch v := v.(type) {
	case float64:
		return v
	case int64:
		return float64(v)
	case bool:
		return float64(boolInt(v))
	case string:
		if fold {
			return strings.ToLower(v)
		}
	}
	return v
}

// min3 is AND, max3 is OR.
func min3(a, b logic) logic {
	switch {
	case a == isFalse || b == isFalse:
		return isFalse
	case a == isUnknown || b == isUnknown:
		return isUnknown
	}
	return isTrue
}

func max3(a, b logic) logic { return not3(min3(not3(a), not3(b))) }

func not3(a logic) logic {
	switch a {
	case isFalse:
		return isTrue
	case isTrue:
		return isFalse
	}
	return isUnknown
}

// eval works a condition out for the row looked at.
func (w *world) eval(e dialect.Expr) logic {
	switch e := e.(type) {
	case *dialect.And:
		out := isTrue
		for _, x := range e.X {
			out = min3(out, w.eval(x))
		}
		return out
	case *dialect.Or:
		out := isFalse
		for _, x := range e.X {
			out = max3(out, w.eval(x))
		}
		return out
	case *dialect.Not:
		return not3(w.eval(e.X))
	case *dialect.Equal:
		return w.equal(e.X, e.Y, e.NullSafe)
	case *dialect.In:
		out := isFalse
		list := e.List
		if e.Query != nil {
			for _, r := range e.Query.Cores[0].Values {
				if _, ok := e.X.(*dialect.Row); ok {
					list = append(list, &dialect.Row{X: r})
				} else {
					list = append(list, r[0])
				}
			}
		}
		for _, item := range list {
			out = max3(out, w.equal(e.X, item, false))
		}
		return out
	case *dialect.AnyOf:
		array, ok := w.args[e.Array.Index-1].Value.(list)
		if !ok {
			return isUnknown // NULL = ANY (NULL)
		}
		out := isFalse
		for _, v := range array {
			out = max3(out, w.equal(e.X, &dialect.Literal{Value: v}, false))
		}
		return out
	case *dialect.IsNull:
		return logicOf(w.value(e.X) == nil)
	case *dialect.IsTruth:
		return logicOf(w.eval(e.X) == logicOf(e.Want))
	case *dialect.Opaque: // a comparison that the analysis does not know
		a, b := w.value(e.Args[0]), w.value(e.Args[1])
		if a == nil || b == nil {
			return isUnknown
		}
		return logicOf(fmt.Sprint(a) < fmt.Sprint(b))
	default:
		switch v := w.value(e).(type) {
		case nil:
			return isUnknown
		case bool:
			return logicOf(v)
		case int64:
			return logicOf(v != 0)
		case float64:
			return logicOf(v != 0)
		default:
			return isFalse // a text is no number
		}
	}
}

// Columns of the world: n compares integers, f folds case, x has no rules, b is
// used as a boolean. A float in n is outside the rules.
var worldDomain = map[string][]any{
	"n": {nil, int64(0), int64(1), int64(2), 1.5},
	"m": {nil, int64(0), int64(1), int64(2)},
	"f": {nil, "x", "X", "y"},
	"x": {nil, 1.5, int64(1)},
	"b": {nil, int64(0), int64(1)},
}

func newWorld() *world {
	t := table("t", "n", "m", "f/fold", "x/", "b")
	return &world{table: t, cat: catalog(t)}
}

// gen makes random conditions.
type gen struct {
	*rand.Rand
	params []any
}

func (g *gen) column() string { return []string{"n", "n", "m", "m", "f", "x", "b"}[g.IntN(7)] }

func (g *gen) operand(column string) dialect.Expr {
	domain := worldDomain[column]
	v := domain[g.IntN(len(domain))]
	if v == nil && g.IntN(4) > 0 { // NULL operands take most terms away
		v = domain[1+g.IntN(len(domain)-1)]
	}
	if g.IntN(2) == 0 {
		return lit(v)
	}
	g.params = append(g.params, v)
	return par(len(g.params))
}

func (g *gen) cond(depth int) dialect.Expr {
	if depth > 0 && g.IntN(3) > 0 {
		list := make([]dialect.Expr, 1+g.IntN(3))
		for i := range list {
			list[i] = g.cond(depth - 1)
		}
		switch g.IntN(8) {
		case 0, 1, 2:
			return and(list...)
		case 3, 4, 5:
			return or(list...)
		case 6:
			return not(list[0])
		default:
			return truth(list[0], g.IntN(2) == 0)
		}
	}
	c := g.column()
	switch g.IntN(14) {
	case 0, 1, 2, 3:
		return eq(c, g.operand(c))
	case 4:
		return &dialect.Equal{X: g.operand(c), Y: col(c), NullSafe: g.IntN(2) == 0}
	case 5:
		return is(c, g.operand(c))
	case 6, 7:
		e := &dialect.In{X: col(c)}
		for range g.IntN(4) {
			e.List = append(e.List, g.operand(c))
		}
		return e
	case 8:
		return null(c)
	case 9:
		d := g.column()
		if g.IntN(2) == 0 {
			return &dialect.Equal{X: row(col(c), col(d)), Y: row(g.operand(c), g.operand(d))}
		}
		return &dialect.In{X: row(col(c), col(d)), Query: constant(
			[]dialect.Expr{g.operand(c), g.operand(d)}, []dialect.Expr{g.operand(c), g.operand(d)})}
	case 10:
		return col([]string{"b", "n"}[g.IntN(2)])
	case 11, 12:
		return g.anyOf(c)
	default:
		if g.IntN(2) == 0 {
			return &dialect.Equal{X: col(c), Y: col(g.column())}
		}
		return opaque(col(c), g.operand(c))
	}
}

// anyOf compares with an array, which is now and then NULL, empty or long.
func (g *gen) anyOf(column string) dialect.Expr {
	var array any
	if g.IntN(8) > 0 {
		l := list{}
		for range g.IntN(5) {
			l = append(l, worldDomain[column][g.IntN(len(worldDomain[column]))])
		}
		array = l
	}
	g.params = append(g.params, array)
	return anyOf(column, len(g.params))
}

func (g *gen) row() map[string]any {
	r := make(map[string]any, len(worldDomain))
	for _, c := range [...]string{"n", "m", "f", "x", "b"} {
		r[c] = worldDomain[c][g.IntN(len(worldDomain[c]))]
	}
	return r
}

// tally counts what was seen, to show that a test is worth something.
type tally struct{ in, kept, dropped, terms int }

// checkLaw makes a random condition and checks the law on some rows: a row that
// can be in a result matches a conjunction. Every change of a result has such a
// row as its before or its after image, so this covers all changes of rows.
// Writers' keys are compared with readers' keys, as in the real thing.
func checkLaw(t *testing.T, w *world, g *gen, limit, rows int, seen *tally) {
	t.Helper()
	g.params = nil
	where := g.cond(3)
	w.args = args(g.params...)
	st := selects(from("t", where))
	p := analyse(fake{}, st, w.cat, Options{MaxConjunctions: limit})
	if p.Read.Reason != "" {
		t.Fatalf("not cached: %s", p.Read.Reason)
	}
	text := p.Describe(w.args).String()
	if again := analyse(fake{}, st, w.cat, Options{MaxConjunctions: limit}).Describe(w.args).String(); again != text {
		t.Fatalf("made twice:\n%s\n%s", text, again)
	}
	set := p.Bind(w.args)
	dep := set.Deps()[0]
	if n := len(set[0].Conjs); len(dep.Conjs) == 0 || n > limit {
		t.Fatalf("%d conjunctions, at most %d are allowed: %s", n, limit, text)
	}
	checkForm(t, set, sexpr(where))
	matches := matcher(t, w, dep)
	for range rows {
		w.row = g.row()
		inResult := w.eval(where) == isTrue
		match, known := matches(w.row)
		switch {
		case inResult && !match:
			t.Fatalf("row %v is in the result and matches nothing:\n%s\nwhere %s\nargs %v", w.row, text, sexpr(where), w.args)
		case inResult:
			seen.in++
		case !match:
			seen.kept++ // a change between two such rows keeps the entry
		case known:
			seen.dropped++
		}
	}
	if !set[0].Whole {
		seen.terms++
	}
}

// TestSoundness checks the law on many conditions.
func TestSoundness(t *testing.T) {
	t.Parallel()
	const cases = 30_000
	w, seen := newWorld(), tally{}
	g := &gen{Rand: rand.New(rand.NewPCG(7, 8))}
	for n := range cases {
		checkLaw(t, w, g, []int{64, 64, 5, 2, 1}[n%5], 5, &seen)
	}
	t.Logf("%+v of %d conditions", seen, cases)
	// Without these floors a test in which everything is a whole table passes.
	if seen.in < cases/2 || seen.terms < cases/3 || seen.kept < seen.dropped/3 {
		t.Errorf("not precise: %+v of %d conditions", seen, cases)
	}
}

// bytesSource makes choices from a fuzzer's bytes, and from a fixed generator
// when they are used up.
type bytesSource struct {
	data []byte
	rest *rand.PCG
}

func (s *bytesSource) Uint64() uint64 {
	if len(s.data) == 0 {
		return s.rest.Uint64()
	}
	b := s.data[0]
	s.data = s.data[1:]
	return uint64(b) << 56 // rand takes the upper bits
}

// FuzzSoundness checks the law on conditions that a fuzzer steers.
func FuzzSoundness(f *testing.F) {
	for seed := range 20 {
		g, data := rand.New(rand.NewPCG(uint64(seed), 0)), make([]byte, 40)
		for i := range data {
			data[i] = byte(g.Uint32())
		}
		f.Add(data, uint8(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte, limit uint8) {
		g := &gen{Rand: rand.New(&bytesSource{data: data, rest: rand.NewPCG(1, 1)})}
		checkLaw(t, newWorld(), g, 1+int(limit)%64, 20, &tally{})
	})
}

// checkForm checks what is promised of conjunctions.
func checkForm(t *testing.T, set dependency.Set, where string) {
	t.Helper()
	for _, c := range set[0].Conjs {
		for i := 1; i < len(c); i++ {
			if c[i-1].Compare(&c[i]) >= 0 {
				t.Fatalf("terms not sorted, or of one column and form: %+v of %s", c, where)
			}
		}
	}
}

// matcher tells whether an image would invalidate the dependency: by a key, or
// because a value outside the rules takes the epoch.
func matcher(t *testing.T, w *world, dep store.TableDep) func(map[string]any) (match, known bool) {
	t.Helper()
	var schemes []store.Scheme
	for _, c := range dep.Conjs {
		schemes = append(schemes, c.Scheme)
	}
	ev, ok := dependency.NewEvaluator(fake{}, strings.ToLower, w.table, schemes)
	if !ok {
		t.Fatalf("schemes %q not understood", schemes)
	}
	return func(r map[string]any) (match, known bool) {
		image := make([]driver.Value, 0, 5)
		for _, i := range ev.Columns() {
			image = append(image, r[w.table.Columns[i].Name])
		}
		keys := make(map[string]struct{})
		if !ev.Keys(image, keys) {
			return true, false
		}
		for _, c := range dep.Conjs {
			if _, ok := keys[c.Key]; ok {
				return true, true
			}
		}
		return false, true
	}
}

// sexpr prints a condition for a failure.
func sexpr(e dialect.Expr) string {
	list := func(name string, x ...dialect.Expr) string { // of operands
		parts := []string{name}
		for _, e := range x {
			parts = append(parts, sexpr(e))
		}
		return "(" + strings.Join(parts, " ") + ")"
	}
	switch e := e.(type) {
	case *dialect.And:
		return list("and", e.X...)
	case *dialect.Or:
		return list("or", e.X...)
	case *dialect.Not:
		return list("not", e.X)
	case *dialect.Equal:
		return list(map[bool]string{true: "is", false: "="}[e.NullSafe], e.X, e.Y)
	case *dialect.In:
		if e.Query != nil {
			return list("in-values", append([]dialect.Expr{e.X}, e.Query.Cores[0].Values[0]...)...)
		}
		return list("in", append([]dialect.Expr{e.X}, e.List...)...)
	case *dialect.AnyOf:
		return list("any", e.X, e.Array)
	case *dialect.IsNull:
		return list("null", e.X)
	case *dialect.IsTruth:
		return list(fmt.Sprint("is-", e.Want), e.X)
	case *dialect.Row:
		return list("row", e.X...)
	case *dialect.Opaque:
		return list("<", e.Args...)
	case *dialect.ColumnRef:
		return e.Name
	case *dialect.Literal:
		return fmt.Sprintf("%#v", e.Value)
	case *dialect.Param:
		return fmt.Sprint("?", e.Index)
	default:
		return fmt.Sprintf("%T", e)
	}
}
