package analysis

import (
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// uneven is a schema with columns of one name and several types.
func uneven() *dialect.Catalog {
	typed := func(t *dialect.Table, types ...string) *dialect.Table {
		for i, name := range types {
			t.Columns[i].Type = name
		}
		return t
	}
	v := of(dialect.TableView, table("v", "seen"))
	v.ViewColumns = []string{"seen"}
	v.View = selects(from("a", nil))
	return catalog(
		typed(table("a", "id", "day", "n", "seen"), "bigint", "date", "bigint", "date"),
		typed(table("b", "id", "day", "n", "a_id"), "bigint", "timestamp", "bigint", "bigint"),
		v,
	)
}

// TestBeside: a parameter that is used in several places has the type of one of
// the columns that it is compared with.
func TestBeside(t *testing.T) {
	t.Parallel()
	of := func(names ...string) dialect.Expr { return &dialect.Param{Index: 1, Beside: names} }
	for _, tt := range []struct {
		name   string
		tables []string
		where  dialect.Expr
		want   bool // whether a term on a is kept
	}{
		{"used once", []string{"a"}, eq("a.id", par(1)), true},
		{"in one table", []string{"a"}, eq("a.day", of("day")), true},
		{"of like types", []string{"a", "b"}, eq("a.id", of("a_id", "id")), true},
		{"of two types under one name", []string{"a", "b"}, eq("a.day", of("day")), false},
		{"of two types under two names", []string{"a"}, eq("a.id", of("day", "id")), false},
		{"with a column that is in no table", []string{"a"}, eq("a.id", of("id", "made_up")), false},
		{"with a column of a view", []string{"a", "v"}, eq("a.seen", of("seen")), false},
		{"in ways that are not known", []string{"a"}, eq("a.id", &dialect.Param{Index: 1, Mixed: true}), false},
		{"in a list", []string{"a", "b"}, in("a.day", of("day")), false},
		{"in a list of like types", []string{"a"}, in("a.day", of("day")), true},
		{"with NULL found equal", []string{"a", "b"}, is("a.day", of("day")), false},
	} {
		var src dialect.Source = source(tt.tables[0])
		for _, name := range tt.tables[1:] {
			src = &dialect.Join{Kind: dialect.JoinCross, Left: src, Right: source(name)}
		}
		q := &dialect.Query{Cores: []*dialect.Core{{Columns: []dialect.Output{{Star: true}}, From: src, Where: tt.where}}}
		set := Make(fake{}, selects(q), uneven(), Options{}).Bind(args(7))
		for i := range set {
			if set[i].Table.Name == "a" && set[i].Whole == tt.want {
				t.Errorf("%s: every row %v, want a term %v", tt.name, set[i].Whole, tt.want)
			}
		}
		if len(set) == 0 {
			t.Errorf("%s: no dependency", tt.name)
		}
	}
}

// TestWhole: a cast rounds an argument that is no whole number.
func TestWhole(t *testing.T) {
	t.Parallel()
	p := Make(fake{}, posts(eq("title", &dialect.Param{Index: 1, Whole: true})), blog(), Options{})
	for _, tt := range []struct {
		value any
		whole bool
	}{{"5", false}, {true, true}, {1.5, true}} {
		if got := p.Bind(args(tt.value))[0].Whole; got != tt.whole {
			t.Errorf("%v: every row %v, want %v", tt.value, got, tt.whole)
		}
	}
	p = Make(fake{}, posts(eq("a", &dialect.Param{Index: 1, Whole: true})), blog(), Options{})
	for _, tt := range []struct {
		value any
		whole bool
	}{{5, false}, {true, true}} {
		if got := p.Bind(args(tt.value))[0].Whole; got != tt.whole {
			t.Errorf("%v: every row %v, want %v", tt.value, got, tt.whole)
		}
	}
	// Of the two the term without a cast must not stand for both.
	p = Make(fake{}, posts(or(eq("a", &dialect.Param{Index: 1, Whole: true}), eq("a", par(1)))), blog(), Options{})
	if got := p.Bind(args(true))[0]; !got.Whole {
		t.Errorf("got %v, want every row", got)
	}
}
