package analysis

import (
	"database/sql/driver"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// depends returns the dependency lines of a read of posts, without the table.
func depends(t *testing.T, where dialect.Expr, o Options, a Args) []string {
	t.Helper()
	p := analyse(fake{}, posts(where), blog(), o)
	if p.Read.Reason != "" {
		t.Fatalf("not cached: %s", p.Read.Reason)
	}
	lines := p.Describe(a).Dependency
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], "posts: ")
	}
	return lines
}

const everyRow = "every row"

func TestConditions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		where dialect.Expr
		args  Args
		want  []string
	}{
		{"none", nil, nil, []string{everyRow}},
		{"equal", eq("a", 1), nil, []string{"a = 1"}},
		{"equal, the other way round", &dialect.Equal{X: lit(1), Y: col("a")}, nil, []string{"a = 1"}},
		{"equal, an argument", eq("a", par(1)), args(7), []string{"a = 7"}},
		{"equal, an argument first", &dialect.Equal{X: par(1), Y: col("a")}, args(7), []string{"a = 7"}},
		{"equal, canonical", or(eq("title", "X"), eq("title", "x")), nil, []string{"title = 'X'"}},
		{"equal to true", eq("visible", true), nil, []string{"visible = TRUE"}},
		{"two columns", eq("a", col("b")), nil, []string{everyRow}},
		{"two values", &dialect.Equal{X: lit(1), Y: lit(0)}, nil, []string{everyRow}},
		{"value outside the rules", and(eq("a", 1.5), eq("b", 1)), nil, []string{"b = 1"}},
		{"argument outside the rules", and(eq("a", par(1)), eq("b", 1)), args(1.5), []string{"b = 1"}},
		{"column without rules", and(eq("raw", 1), eq("raw", par(1)), eq("b", 1)), args(1), []string{"b = 1"}},
		{"unknown column", and(eq("nosuch", 1), eq("b", 1)), nil, []string{"b = 1"}},
		{"literal condition", and(lit(false), eq("b", 1)), nil, []string{"b = 1"}},
		{"opaque", and(opaque(col("a")), eq("b", 1)), nil, []string{"b = 1"}},
		{"expression", and(&dialect.Equal{X: opaque(col("a")), Y: lit(1)}, eq("b", 1)), nil, []string{"b = 1"}},

		{"= NULL restricts nothing", and(eq("a", nil), eq("b", 1)), nil, []string{"b = 1"}},
		{"= a NULL argument restricts nothing", and(eq("a", par(1)), eq("b", 1)), args(nil), []string{"b = 1"}},
		{"= NULL is not FALSE in OR", or(eq("a", nil), eq("b", 1)), nil, []string{everyRow}},
		{"= a NULL argument is not FALSE in OR", or(eq("a", par(1)), eq("b", 1)), args(nil), []string{everyRow}},
		{"nil bytes may be NULL or empty", and(is("a", par(1)), eq("b", 1)), args([]byte(nil)), []string{"b = 1"}},

		{"IS a value", is("a", lit(1)), nil, []string{"a = 1"}},
		{"IS NULL literal", is("a", lit(nil)), nil, []string{"a IS NULL"}},
		{"IS a value argument", is("a", par(1)), args(3), []string{"a = 3"}},
		{"IS a NULL argument", is("a", par(1)), args(nil), []string{"a IS NULL"}},
		{"IS a NULL argument, no rules", is("raw", par(1)), args(nil), []string{"raw IS NULL"}},
		{"IS a value argument, no rules", is("raw", par(1)), args(3), []string{everyRow}},
		{"IS NOT NULL literal", not(is("a", lit(nil))), nil, []string{"a IS NOT NULL"}},
		{"IS NOT a value", not(is("a", lit(1))), nil, []string{everyRow}},
		{"IS NOT an argument", not(is("a", par(1))), args(nil), []string{everyRow}},

		{"IS NULL", null("a"), nil, []string{"a IS NULL"}},
		{"IS NULL needs no rules", null("raw"), nil, []string{"raw IS NULL"}},
		{"IS NOT NULL", not(null("a")), nil, []string{"a IS NOT NULL"}},
		{"IS NULL of an expression", &dialect.IsNull{X: opaque(col("a"))}, nil, []string{everyRow}},

		{"boolean column", col("visible"), nil, []string{"visible IS TRUE"}},
		{"NOT column", not(col("visible")), nil, []string{"visible IS FALSE"}},
		{"IS TRUE", truth(col("visible"), true), nil, []string{"visible IS TRUE"}},
		{"IS FALSE", truth(col("visible"), false), nil, []string{"visible IS FALSE"}},
		{"IS NOT TRUE", not(truth(col("visible"), true)), nil, []string{"visible IS FALSE", "visible IS NULL"}},
		{"IS NOT FALSE", not(truth(col("visible"), false)), nil, []string{"visible IS TRUE", "visible IS NULL"}},
		{"condition IS TRUE", truth(eq("a", 1), true), nil, []string{"a = 1"}},
		{"condition IS FALSE", truth(eq("a", 1), false), nil, []string{everyRow}},
		{"condition IS NOT TRUE", not(truth(not(null("a")), true)), nil, []string{everyRow}},

		{"double negation", not(not(eq("a", 1))), nil, []string{"a = 1"}},
		{"NOT equal restricts nothing", and(not(eq("a", 1)), eq("b", 1)), nil, []string{"b = 1"}},
		{"NOT IN restricts nothing", and(not(in("a", 1, 2)), eq("b", 1)), nil, []string{"b = 1"}},
		{"NOT IN () restricts nothing", and(not(in("a")), eq("b", 1)), nil, []string{"b = 1"}},
		{"NOT OR", not(or(not(eq("a", 1)), not(col("visible")))), nil, []string{"a = 1 AND visible IS TRUE"}},
		{"NOT AND", not(and(not(eq("a", 1)), col("visible"))), nil, []string{"a = 1", "visible IS FALSE"}},
		{"NOT AND with an unknown part", not(and(opaque(), col("visible"))), nil, []string{everyRow}},

		{"AND", and(eq("b", 2), eq("a", 1)), nil, []string{"a = 1 AND b = 2"}},
		{"OR", or(eq("a", 1), eq("b", 2)), nil, []string{"a = 1", "b = 2"}},
		{"OR with an unknown part", or(eq("a", 1), opaque()), nil, []string{everyRow}},
		{"OR within AND", and(eq("c", 3), or(eq("a", 1), eq("b", 2))), nil, []string{"a = 1 AND c = 3", "b = 2 AND c = 3"}},
		{"no operands", and(&dialect.Or{}, not(&dialect.And{}), eq("a", 1)), nil, []string{"a = 1"}},

		{"IN", in("a", 1, 2), nil, []string{"a = 1", "a = 2"}},
		{"IN arguments", in("a", par(1), par(2)), args(1, 2), []string{"a = 1", "a = 2"}},
		{"IN equal arguments", in("a", par(1), par(2)), args(1, 1), []string{"a = 1"}},
		{"IN with NULL restricts nothing", in("a", 1, nil), nil, []string{everyRow}},
		{"IN with a NULL argument restricts nothing", in("a", 1, par(1)), args(nil), []string{everyRow}},
		{"IN with a column", in("a", 1, col("b")), nil, []string{everyRow}},
		{"IN VALUES", &dialect.In{X: col("a"), Query: constant([]dialect.Expr{lit(1)}, []dialect.Expr{lit(2)})}, nil, []string{"a = 1", "a = 2"}},
		{
			"IN VALUES in two cores",
			&dialect.In{X: col("a"), Query: &dialect.Query{Cores: []*dialect.Core{
				{Values: [][]dialect.Expr{{lit(1)}}}, {Values: [][]dialect.Expr{{lit(2)}}},
			}}},
			nil, []string{"a = 1", "a = 2"},
		},
		{"IN VALUES, wrong width", &dialect.In{X: col("a"), Query: constant([]dialect.Expr{lit(1), lit(2)})}, nil, []string{everyRow}},

		{"row", &dialect.Equal{X: row(col("a"), col("b")), Y: row(lit(1), par(1))}, args(2), []string{"a = 1 AND b = 2"}},
		{"row, the other way round", &dialect.Equal{X: row(lit(1), par(1)), Y: row(col("a"), col("b"))}, args(2), []string{"a = 1 AND b = 2"}},
		{"row, part unknown", &dialect.Equal{X: row(col("a"), opaque()), Y: row(lit(1), lit(2))}, nil, []string{"a = 1"}},
		{"row, NULL", &dialect.Equal{X: row(col("a"), col("b")), Y: row(lit(1), lit(nil))}, nil, []string{"a = 1"}},
		{"row, widths differ", &dialect.Equal{X: row(col("a"), col("b")), Y: row(lit(1))}, nil, []string{everyRow}},
		{"row and a value", &dialect.Equal{X: row(col("a"), col("b")), Y: par(1)}, args(1), []string{everyRow}},
		{"NOT row", not(&dialect.Equal{X: row(col("a"), col("b")), Y: row(lit(1), lit(2))}), nil, []string{everyRow}},
		{
			"row IN",
			&dialect.In{X: row(col("a"), col("b")), List: []dialect.Expr{row(lit(1), lit(2)), row(lit(3), lit(4))}},
			nil, []string{"a = 1 AND b = 2", "a = 3 AND b = 4"},
		},
		{
			"row IN VALUES",
			&dialect.In{X: row(col("a"), col("b")), Query: constant([]dialect.Expr{lit(1), lit(2)}, []dialect.Expr{lit(3), par(1)})},
			args(4), []string{"a = 1 AND b = 2", "a = 3 AND b = 4"},
		},

		{"same term twice", and(eq("a", 1), eq("a", 1)), nil, []string{"a = 1"}},
		{"same argument twice", and(eq("a", par(1)), eq("a", par(1))), args(1), []string{"a = 1"}},
		{"subsumed", or(eq("a", 1), and(eq("a", 1), eq("b", 2))), nil, []string{"a = 1"}},
		{"subsumed by arguments", or(eq("a", par(1)), and(eq("a", par(2)), eq("b", 2))), args(1, 1), []string{"a = 1"}},
		{"not subsumed by arguments", or(eq("a", par(1)), and(eq("a", par(2)), eq("b", 2))), args(1, 3), []string{"a = 1", "a = 3 AND b = 2"}},
		{"shortened by arguments", or(and(eq("a", par(1)), eq("b", 2)), and(eq("b", 2), eq("c", 3))), args(nil), []string{"b = 2"}},
		{"equal values in two forms", and(eq("title", "X"), eq("title", "x")), nil, []string{"title = 'X'"}},

		{"contradiction", or(and(eq("a", 1), eq("a", 2)), eq("b", 1)), nil, []string{"b = 1"}},
		{"contradiction of arguments", or(and(eq("a", par(1)), eq("a", par(2))), eq("b", 1)), args(1, 2), []string{"b = 1"}},
		{"agreement of arguments", or(and(eq("a", par(1)), eq("a", par(2))), eq("b", 1)), args(1, 1), []string{"a = 1", "b = 1"}},
		{"contradiction with NULL", or(and(eq("a", 1), null("a")), eq("b", 1)), nil, []string{"b = 1"}},
		{"contradiction of NULLs", or(and(not(null("a")), null("a")), eq("b", 1)), nil, []string{"b = 1"}},
		{"contradiction of truth", or(and(col("a"), not(col("a"))), eq("b", 1)), nil, []string{"b = 1"}},
		{"contradiction of truth and NULL", or(and(col("a"), null("a")), eq("b", 1)), nil, []string{"b = 1"}},
		{"contradiction by IS a NULL argument", or(and(is("a", par(1)), eq("a", 1)), eq("b", 1)), args(nil), []string{"b = 1"}},
		{"a value implies NOT NULL", and(eq("a", 1), not(null("a"))), nil, []string{"a = 1"}},
		{"truth implies NOT NULL", and(col("a"), not(null("a"))), nil, []string{"a IS TRUE"}},
		{"a NULL argument implies nothing", and(eq("a", par(1)), not(null("a"))), args(nil), []string{"a IS NOT NULL"}},
		{"values outside the rules contradict nothing", and(eq("a", 1), eq("a", 1.5)), nil, []string{"a = 1"}},
		{"columns without rules contradict nothing", and(eq("raw", 1), eq("raw", 2), eq("b", 1)), nil, []string{"b = 1"}},
		{"IN () is FALSE", or(in("a"), eq("b", 1)), nil, []string{"b = 1"}},
		{"all contradict, literals", and(eq("a", 1), eq("a", 2)), nil, []string{"a = 1"}},
		{"all contradict, arguments", and(eq("a", par(1)), eq("a", par(2))), args(1, 2), []string{"a = 1"}},
		{"all contradict, nothing to keep", in("a"), nil, []string{everyRow}},
		{"all contradict, IN ()", and(eq("a", 1), in("b")), nil, []string{everyRow}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := depends(t, tt.where, Options{}, tt.args); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("depends on %q, want %q", got, tt.want)
			}
		})
	}
}

func TestColumnNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		source, column string
		found          bool
	}{
		{"posts", "a", true},
		{"posts", "A", true},
		{"posts", "posts.a", true},
		{"posts", "Posts.A", true},
		{"posts", "main.posts.a", true},
		{"posts", "other.posts.a", false},
		{"posts", "p.a", false},
		{"posts p", "p.a", true},
		{"posts p", "a", true},
		{"posts p", "posts.a", false},
		{"posts p", "main.posts.a", false},
		{"posts p", "main.p.a", false},
		{"posts", "nosuch", false},
	}
	for _, tt := range tests {
		q := from(tt.source, eq(tt.column, 1))
		p := analyse(fake{}, selects(q), blog(), Options{})
		if got := !p.Bind(nil)[0].Whole; got != tt.found {
			t.Errorf("%s in FROM %s: found is %v", tt.column, tt.source, got)
		}
	}
}

func TestSkippedColumns(t *testing.T) {
	t.Parallel()
	o := Options{SkipColumn: func(table *dialect.Table, c *dialect.Column) bool { return table.Name == "posts" && c.Name == "a" }}
	for _, where := range []dialect.Expr{eq("a", 1), null("a"), col("a"), in("a", 1, 2), not(null("a"))} {
		if got := depends(t, and(where, eq("b", 1)), o, nil); !slices.Equal(got, []string{"b = 1"}) {
			t.Errorf("depends on %q", got)
		}
	}
}

// TestArguments checks that a parameter gets a value only where every driver
// would give it the same.
func TestArguments(t *testing.T) {
	t.Parallel()
	value := func(ordinal int, name string, v int64) driver.NamedValue {
		return driver.NamedValue{Ordinal: ordinal, Name: name, Value: v}
	}
	tests := []struct {
		name  string
		where dialect.Expr
		named bool
		args  Args
		want  string
	}{
		{"by number", eq("a", par(2)), false, args(1, 2), "a = 2"},
		{"by number, out of order", eq("a", par(1)), false, Args{value(2, "", 2), value(1, "", 1)}, "a = 1"},
		{"number missing", eq("a", par(3)), false, args(1, 2), everyRow},
		{"number zero", eq("a", par(0)), false, args(1, 2), everyRow},
		{"number twice", eq("a", par(1)), false, Args{value(1, "", 1), value(1, "", 2)}, everyRow},
		{"number of a named argument", eq("a", par(1)), false, Args{value(1, "x", 1)}, everyRow},
		{"number beside named parameters", eq("a", par(1)), true, args(1), everyRow},
		{"by name", eq("a", named("x")), true, Args{value(1, "y", 1), value(2, "x", 2)}, "a = 2"},
		{"name in another case", eq("a", named("x")), true, Args{value(1, "X", 1)}, everyRow},
		{"name twice", eq("a", named("x")), true, Args{value(1, "x", 1), value(2, "x", 2)}, everyRow},
		{"name without a named argument", eq("a", named("x")), true, args(1), everyRow},
		{"no arguments", eq("a", par(1)), false, nil, everyRow},
	}
	for _, tt := range tests {
		st := posts(tt.where)
		st.NamedParams = tt.named
		p := analyse(fake{}, st, blog(), Options{})
		if got := p.Describe(tt.args).Dependency; !slices.Equal(got, []string{"posts: " + tt.want}) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	values := func(n int) (list []any) {
		for i := range n {
			list = append(list, i)
		}
		return list
	}
	pairs := func(n int) dialect.Expr {
		e := &dialect.In{X: row(col("a"), col("b"))}
		for i := range n {
			e.List = append(e.List, row(lit(1), lit(i)))
		}
		return e
	}
	ors := func(n int) dialect.Expr {
		e := &dialect.Or{}
		for i := range n {
			e.X = append(e.X, and(eq("a", i), eq("b", 1), eq("c", i%2)))
		}
		return e
	}
	tests := []struct {
		name  string
		where dialect.Expr
		max   int
		count int
		first string
	}{
		{"a list within the default", in("a", values(64)...), 0, 64, "a = 0"},
		{"a list over the default", in("a", values(65)...), 0, 1, everyRow},
		{"a list over the bound", and(in("a", values(5)...), eq("b", 1)), 4, 1, "b = 1"},
		{"a list of constants over the bound", and(&dialect.In{X: col("a"), Query: constant([]dialect.Expr{lit(1)}, []dialect.Expr{lit(2)}, []dialect.Expr{lit(3)})}, eq("b", 1)), 2, 1, "b = 1"},
		{"a product within the bound", and(in("a", values(4)...), in("b", values(4)...)), 16, 16, "a = 0 AND b = 0"},
		{"a product over the bound keeps the longer list", and(in("b", values(2)...), in("a", values(8)...)), 15, 8, "a = 0"},
		{"a product over the bound keeps single values", and(in("b", values(2)...), in("a", values(8)...), eq("c", 1)), 15, 8, "a = 0 AND c = 1"},
		{"rows over the bound keep what they share", pairs(5), 5, 5, "a = 1 AND b = 0"},
		{"disjunction over the bound keeps what is shared", ors(6), 5, 2, "b = 1 AND c = 0"},
		{"disjunction far over the bound", ors(100), 5, 2, "b = 1 AND c = 0"},
		{"disjunction over any bound", ors(100), 1, 1, "b = 1"},
		{"factor over the bound keeps what its parts share", and(in("a", values(8)...), or(and(eq("b", 1), eq("c", 1)), and(eq("b", 1), eq("c", 2)))), 8, 8, "a = 0 AND b = 1"},
	}
	for _, tt := range tests {
		got := depends(t, tt.where, Options{MaxConjunctions: tt.max}, nil)
		if len(got) != tt.count || got[0] != tt.first {
			t.Errorf("%s: %d conjunctions, the first %q; want %d, %q", tt.name, len(got), got[0], tt.count, tt.first)
		}
	}
}

// TestLongConjunctions: a text with very many terms is worked out in time, and
// what is left of it still restricts.
func TestLongConjunctions(t *testing.T) {
	t.Parallel()
	names := make([]string, 100)
	for i := range names {
		names[i] = fmt.Sprintf("c%03d", i)
	}
	cat := catalog(table("t", names...))
	all := &dialect.And{}
	for i := range 5000 {
		all.X = append(all.X, eq(names[i%100], par(i%200+1)), in(names[(i+50)%100], par(201), par(202)))
	}
	values := make([]any, 202)
	for i := range values {
		values[i] = i % 100
	}
	p := analyse(fake{}, selects(from("t", all)), cat, Options{})
	d := p.Bind(args(values...))[0]
	if d.Whole || len(d.Conjs) > DefaultMaxConjunctions {
		t.Fatalf("whole is %v, %d conjunctions", d.Whole, len(d.Conjs))
	}
	for _, c := range d.Conjs {
		if len(c) == 0 || len(c) > maxTerms {
			t.Errorf("a conjunction of %d terms", len(c))
		}
	}
}

// TestBindLeavesThePlan: a plan is shared, and what it holds of one call must
// not reach another.
func TestBindLeavesThePlan(t *testing.T) {
	t.Parallel()
	p := analyse(fake{}, posts(and(in("a", par(1), par(2)), is("b", par(3)), or(eq("c", 1), eq("c", par(4))))), blog(), Options{})
	calls := []Args{args(1, 2, nil, 1), args(1, 1, 2, 3), args(nil, 2, 2, 2), nil, args(4, 5, "x", 1.5)}
	want := make([]string, len(calls))
	for i, a := range calls {
		want[i] = fmt.Sprint(p.Bind(a).Deps())
	}
	for range 3 {
		for i, a := range slices.Backward(calls) {
			if got := fmt.Sprint(p.Bind(a).Deps()); got != want[i] {
				t.Errorf("%v: %s, then %s", a, want[i], got)
			}
		}
	}
	if want[0] == want[1] {
		t.Error("the calls do not differ")
	}
}
