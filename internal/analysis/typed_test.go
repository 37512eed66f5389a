package analysis

import (
	"slices"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// TestTypesOfArrays: an array has one type in a statement, so it says something of
// a column only where that is the column's.
func TestTypesOfArrays(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		param dialect.Param
		args  Args
		want  []string
	}{
		{"mixed", dialect.Param{Index: 1, Mixed: true}, args(list{int64(1)}), []string{"b = 1"}},
		{"beside itself", dialect.Param{Index: 1, Beside: []string{"a"}}, args(list{int64(1)}), []string{"a = 1 AND b = 1"}},
		{"beside a column of another type", dialect.Param{Index: 1, Beside: []string{"a", "title"}}, args(list{int64(1)}), []string{"b = 1"}},
		{"made whole, of whole numbers", dialect.Param{Index: 1, Whole: true}, args(list{int64(1)}), []string{"a = 1 AND b = 1"}},
		{"made whole, of something else", dialect.Param{Index: 1, Whole: true}, args(list{int64(1), true}), []string{"b = 1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := depends(t, and(&dialect.AnyOf{X: col("a"), Array: &tt.param}, eq("b", 1)), Options{}, tt.args)
			if !slices.Equal(got, tt.want) {
				t.Errorf("depends on %q, want %q", got, tt.want)
			}
		})
	}
}

// TestCompositeColumns: IS NULL speaks of what is in a composite value.
func TestCompositeColumns(t *testing.T) {
	t.Parallel()
	place := table("places", "id", "at/", "b")
	place.Columns[1].Composite = true
	for _, where := range []dialect.Expr{null("at"), not(null("at")), not(not(null("at"))), not(is("at", lit(nil))), is("at", par(1))} {
		p := analyse(fake{}, selects(from("places", and(where, eq("b", 1)))), catalog(place), Options{})
		if got := p.Describe(args(nil)).Dependency; !slices.Equal(got, []string{"places: b = 1"}) {
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
