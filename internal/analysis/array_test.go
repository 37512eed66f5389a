package analysis

import (
	"reflect"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

func TestArrays(t *testing.T) {
	t.Parallel()
	long := func(n int) list {
		var l list
		for i := range n {
			l = append(l, int64(i))
		}
		return l
	}
	tests := []struct {
		name  string
		where dialect.Expr
		args  Args
		max   int
		want  []string
	}{
		{"elements", anyOf("a", 1), args(list{int64(1), int64(2)}), 0, []string{"a = 1", "a = 2"}},
		{"one element", anyOf("id", 1), args(list{int64(1)}), 0, []string{"id = 1"}},
		{"equal elements", anyOf("title", 1), args(list{"X", "x"}), 0, []string{"title = 'X'"}},
		{"NULL among them", anyOf("a", 1), args(list{int64(1), nil}), 0, []string{"a = 1"}},
		{"beside a value", and(anyOf("a", 1), eq("b", par(2))), args(list{int64(1), int64(2)}, 3), 0, []string{"a = 1 AND b = 3", "a = 2 AND b = 3"}},
		{"under OR", or(anyOf("a", 1), eq("b", 1)), args(list{int64(1)}), 0, []string{"a = 1", "b = 1"}},
		{"the column given too", and(anyOf("a", 1), eq("a", par(2))), args(list{int64(1), int64(2)}, 2), 0, []string{"a = 2"}},
		{"the column given another value", and(anyOf("a", 1), eq("a", 3)), args(list{int64(1), int64(2)}), 0, []string{"a = 3"}},
		{"two arrays", and(anyOf("a", 1), anyOf("b", 2)), args(list{int64(1), int64(2)}, list{int64(3), int64(4)}), 0, []string{"a = 1 AND b = 3", "a = 1 AND b = 4", "a = 2 AND b = 3", "a = 2 AND b = 4"}},
		{"two arrays on one column", and(anyOf("a", 1), anyOf("a", 2)), args(list{int64(1), int64(2)}, list{int64(2), int64(3)}), 0, []string{"a = 2"}},
		{"one array twice", or(and(anyOf("a", 1), eq("b", 1)), and(anyOf("a", 1), eq("b", 2))), args(list{int64(5)}), 0, []string{"a = 5 AND b = 1", "a = 5 AND b = 2"}},

		{"empty", or(anyOf("a", 1), eq("b", 1)), args(list{}), 0, []string{"b = 1"}},
		{"empty beside a value", and(anyOf("a", 1), eq("b", 1)), args(list{}), 0, []string{"b = 1"}},
		{"empty and nothing to keep", anyOf("a", 1), args(list{}), 0, []string{everyRow}},
		{"empty behind another", and(anyOf("a", 1), anyOf("b", 2)), args(list{int64(1), int64(2)}, list{}), 0, []string{everyRow}},
		{"NULLs alone", or(anyOf("a", 1), eq("b", 1)), args(list{nil}), 0, []string{"b = 1"}},

		{"a NULL array restricts nothing", and(anyOf("a", 1), eq("b", 1)), args(nil), 0, []string{"b = 1"}},
		{"a NULL array is not FALSE in OR", or(anyOf("a", 1), eq("b", 1)), args(nil), 0, []string{everyRow}},
		{"not understood", and(anyOf("a", 1), eq("b", 1)), args("{1,2}"), 0, []string{"b = 1"}},
		{"not understood in OR", or(anyOf("a", 1), eq("b", 1)), args("{1,2}"), 0, []string{everyRow}},
		{"an element outside the rules", and(anyOf("a", 1), eq("b", 1)), args(list{int64(1), 1.5}), 0, []string{"b = 1"}},
		{"an element that may be NULL or empty", and(anyOf("title", 1), eq("b", 1)), args(list{[]byte(nil)}), 0, []string{"b = 1"}},
		{"no argument", and(anyOf("a", 2), eq("b", 1)), args(list{int64(1)}), 0, []string{"b = 1"}},
		{"no array", and(&dialect.AnyOf{X: col("a")}, eq("b", 1)), nil, 0, []string{"b = 1"}},
		{"column without rules", and(anyOf("raw", 1), eq("b", 1)), args(list{int64(1)}), 0, []string{"b = 1"}},
		{"of a row", and(&dialect.AnyOf{X: row(col("a"), col("b")), Array: &dialect.Param{Index: 1}}, eq("b", 1)), args(list{int64(1)}), 0, []string{"b = 1"}},
		{"NOT", and(not(anyOf("a", 1)), eq("b", 1)), args(list{int64(1)}), 0, []string{"b = 1"}},
		{"IS NOT TRUE", and(not(truth(anyOf("a", 1), true)), eq("b", 1)), args(list{int64(1)}), 0, []string{"b = 1"}},
		{"IS TRUE", truth(anyOf("a", 1), true), args(list{int64(1)}), 0, []string{"a = 1"}},
		{"IS NULL", and(&dialect.IsNull{X: anyOf("a", 1)}, eq("b", 1)), args(list{int64(1)}), 0, []string{"b = 1"}},

		{"over the bound", and(anyOf("a", 1), eq("b", 1)), args(long(65)), 0, []string{"b = 1"}},
		{"equal ones count once", anyOf("a", 1), args(append(long(2), long(2)...)), 2, []string{"a = 0", "a = 1"}},
		{"the longer one stays", and(anyOf("a", 1), anyOf("b", 2)), args(long(2), long(3)), 5, []string{"b = 0", "b = 1", "b = 2"}},
		{"one that fits beside one that does not", and(anyOf("a", 1), anyOf("b", 2)), args(long(9), long(2)), 5, []string{"b = 0", "b = 1"}},
		{"beside a list", and(in("a", 1, 2), anyOf("b", 1)), args(long(3)), 5, []string{"a = 1", "a = 2"}},
		{"several conjunctions", or(anyOf("a", 1), anyOf("b", 2)), args(long(3), long(3)), 5, []string{everyRow}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := depends(t, tt.where, Options{MaxConjunctions: tt.max}, tt.args); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("depends on %q, want %q", got, tt.want)
			}
		})
	}
}

// TestArraysOfJoins: an array reaches the other tables of a join by equality, and
// each alias has the whole bound.
func TestArraysOfJoins(t *testing.T) {
	t.Parallel()
	q := &dialect.Query{Cores: []*dialect.Core{{
		Columns: []dialect.Output{{Star: true}},
		From:    &dialect.Join{Left: source("posts p"), Right: source("users u"), On: eq("u.id", col("p.a"))},
		Where:   anyOf("u.id", 1),
	}}}
	got := analyse(fake{}, selects(q), blog(), Options{}).Describe(args(list{int64(1), int64(2)})).Dependency
	if want := []string{"posts: a = 1", "posts: a = 2", "users: id = 1", "users: id = 2"}; !reflect.DeepEqual(got, want) {
		t.Errorf("depends on %q, want %q", got, want)
	}
	q.Cores[0].From = &dialect.Join{Left: source("posts p"), Right: source("posts q")}
	q.Cores[0].Where = and(anyOf("p.a", 1), anyOf("q.b", 2))
	got = analyse(fake{}, selects(q), blog(), Options{MaxConjunctions: 2}).Describe(args(list{int64(1), int64(2)}, list{int64(3), int64(4)})).Dependency
	if want := []string{"posts: a = 1", "posts: a = 2", "posts: b = 3", "posts: b = 4"}; !reflect.DeepEqual(got, want) {
		t.Errorf("depends on %q, want %q", got, want)
	}
	// The preserved side's rows do not show what a condition on the other side asks.
	q.Cores[0].From = &dialect.Join{Kind: dialect.JoinLeft, Left: source("posts p"), Right: source("users u"), On: eq("u.name", col("p.title"))}
	q.Cores[0].Where = or(anyOf("u.id", 1), null("u.id"))
	got = analyse(fake{}, selects(q), blog(), Options{}).Describe(args(list{int64(1)})).Dependency
	if want := []string{"posts: every row", "users: every row"}; !reflect.DeepEqual(got, want) {
		t.Errorf("depends on %q, want %q", got, want)
	}
}

func TestArrayIsNoGet(t *testing.T) {
	t.Parallel()
	p := analyse(fake{}, posts(anyOf("id", 1)), blog(), Options{})
	if got := p.Read.Op(args(list{int64(1)})); got != OpFetch {
		t.Errorf("op %v", got)
	}
}

// TestArrayMayHoldQueries: what is compared counts as read.
func TestArrayMayHoldQueries(t *testing.T) {
	t.Parallel()
	x := &dialect.AnyOf{X: &dialect.Scalar{Query: from("users", nil)}, Array: &dialect.Param{Index: 1}}
	p := analyse(fake{}, selects(from("posts", x)), blog(), Options{})
	if got := strings.Join(keys(p.Read.Tables), " "); got != "posts users" {
		t.Errorf("reads %s", got)
	}
	if got := p.Describe(args(list{})).Dependency; !reflect.DeepEqual(got, []string{"posts: every row", "users: every row"}) {
		t.Errorf("depends on %q", got)
	}
}
