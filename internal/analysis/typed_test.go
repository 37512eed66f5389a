package analysis

import (
	"reflect"
	"slices"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// TestParameterTypes: a parameter has one type in a statement, so it says
// something of a column only where that is the column's.
func TestParameterTypes(t *testing.T) {
	t.Parallel()
	mixed := func(index int) dialect.Expr { return &dialect.Param{Index: index, Mixed: true} }
	whole := func(index int) dialect.Expr { return &dialect.Param{Index: index, Whole: true} }
	tests := []struct {
		name  string
		where dialect.Expr
		args  Args
		want  []string
	}{
		{"mixed", and(eq("a", mixed(1)), eq("b", 1)), args(1), []string{"b = 1"}},
		{"mixed in OR", or(eq("a", mixed(1)), eq("b", 1)), args(1), []string{everyRow}},
		{"mixed in IN", and(in("a", 1, mixed(1)), eq("b", 1)), args(1), []string{"b = 1"}},
		{"mixed array", and(&dialect.AnyOf{X: col("a"), Array: &dialect.Param{Index: 1, Mixed: true}}, eq("b", 1)), args(list{int64(1)}), []string{"b = 1"}},
		{"made whole, of a whole number", eq("a", whole(1)), args(1), []string{"a = 1"}},
		{"made whole, of something else", and(eq("title", whole(1)), eq("b", 1)), args("1.5"), []string{"b = 1"}},
		{"made whole in an array", and(&dialect.AnyOf{X: col("title"), Array: &dialect.Param{Index: 1, Whole: true}}, eq("b", 1)), args(list{"1.5"}), []string{"b = 1"}},
		{"an array of whole numbers", &dialect.AnyOf{X: col("a"), Array: &dialect.Param{Index: 1, Whole: true}}, args(list{int64(2)}), []string{"a = 2"}},
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

// TestSharedParameters: of several columns of one name the parameter has the type
// of one.
func TestSharedParameters(t *testing.T) {
	t.Parallel()
	shared := func() dialect.Expr { return &dialect.Param{Index: 1, Shared: true} }
	x, y, z := table("x", "id", "day/date"), table("y", "id", "day/time"), table("z", "id", "n")
	v := view("v", selects(from("z", nil)))
	v.ViewColumns = []string{"id", "n", "day"}
	cat := catalog(x, y, z, v)
	on := func(src dialect.Source, where dialect.Expr) []string {
		q := &dialect.Query{Cores: []*dialect.Core{{Columns: []dialect.Output{{Star: true}}, From: src, Where: where}}}
		return analyse(fake{}, selects(q), cat, Options{}).Describe(args("x", 1)).Dependency
	}
	cross := func(l, r string) dialect.Source {
		return &dialect.Join{Kind: dialect.JoinCross, Left: source(l), Right: source(r)}
	}
	tests := []struct {
		name string
		got  []string
		want []string
	}{
		{"one table", on(source("x"), eq("day", shared())), []string{"x: day = 'x'"}},
		{"twice the same", on(cross("x a", "x b"), and(eq("a.day", shared()), eq("b.day", shared()))), []string{"x: day = 'x'"}},
		{"other types", on(cross("x", "y"), and(eq("x.day", shared()), eq("y.day", shared()))), []string{"x: every row", "y: every row"}},
		{"another type in a table that is only read", on(cross("x", "y"), eq("x.day", shared())), []string{"x: every row", "y: every row"}},
		{"another name in that one", on(cross("x", "z"), eq("x.day", shared())), []string{"x: day = 'x'", "z: every row"}},
		{"a view's column of no known type", on(cross("x", "v"), eq("x.day", shared())), []string{"x: every row", "z: every row"}},
		{"a parameter of one use", on(cross("x", "y"), and(eq("x.day", par(1)), eq("y.id", par(2)))), []string{"x: day = 'x'", "y: id = 1"}},
		{"arrays", on(cross("x", "y"), &dialect.AnyOf{X: col("x.day"), Array: &dialect.Param{Index: 1, Shared: true}}), []string{"x: every row", "y: every row"}},
	}
	for _, tt := range tests {
		if !slices.Equal(tt.got, tt.want) {
			t.Errorf("%s: depends on %q, want %q", tt.name, tt.got, tt.want)
		}
	}
}

// TestCompositeColumns: IS NULL speaks of what is in a composite value.
func TestCompositeColumns(t *testing.T) {
	t.Parallel()
	place := table("places", "id", "at/", "b")
	place.Columns[1].Composite = true
	for _, where := range []dialect.Expr{null("at"), not(null("at")), not(not(null("at"))), not(is("at", lit(nil)))} {
		p := analyse(fake{}, selects(from("places", and(where, eq("b", 1)))), catalog(place), Options{})
		if got := p.Describe(nil).Dependency; !slices.Equal(got, []string{"places: b = 1"}) {
			t.Errorf("depends on %q", got)
		}
	}
}

// TestSourcesThatHide checks sources of which more is known in SQLite than in
// other databases.
func TestSourcesThatHide(t *testing.T) {
	t.Parallel()
	core := func(where dialect.Expr, src dialect.Source, columns ...dialect.Output) *dialect.Query {
		if columns == nil {
			columns = []dialect.Output{{Star: true}}
		}
		return &dialect.Query{Cores: []*dialect.Core{{Columns: columns, From: src, Where: where}}}
	}
	first := core(eq("a", 1), source("posts"))
	first.Cores[0].Windows = []dialect.Expr{col("b")}
	inner := func() *dialect.TableSource {
		return &dialect.TableSource{Name: dialect.Name{Name: "one"}, Alias: "one", CTE: true}
	}
	// The first CTE of the inner WITH names "one", which is the outer one to a
	// database where a CTE sees only those before it.
	later := core(nil, &dialect.TableSource{Name: dialect.Name{Name: "two"}, Alias: "two", CTE: true})
	later.With = []dialect.CTE{
		{Name: "two", Query: core(eq("b", 7), inner())},
		{Name: "one", Query: core(nil, source("users"))},
	}
	hidden := core(and(eq("one.c", 5), &dialect.Exists{Query: later}), inner())
	hidden.With = []dialect.CTE{{Name: "one", Query: core(eq("a", 1), source("posts"))}}
	tests := []struct {
		name string
		q    *dialect.Query
		want []string
	}{
		{"DISTINCT ON", core(eq("d.c", 2), &dialect.QuerySource{Query: first, Alias: "d"}), []string{"posts: a = 1"}},
		{"the columns of a value", core(eq("d.c", 2), &dialect.QuerySource{Query: core(nil, source("posts"), dialect.Output{Star: true, Expr: col("raw")}), Alias: "d"}), []string{"posts: every row"}},
		{"a CTE of the same name further in", hidden, []string{"posts: a = 1", "users: every row"}},
	}
	for _, tt := range tests {
		p := analyse(fake{}, selects(tt.q), blog(), Options{})
		if p.Read.Reason != "" {
			t.Errorf("%s: not cached: %s", tt.name, p.Read.Reason)
		}
		if got := p.Describe(nil).Dependency; !slices.Equal(got, tt.want) {
			t.Errorf("%s: depends on %q, want %q", tt.name, got, tt.want)
		}
	}
}
