package dependency

import (
	"errors"
	"slices"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/store"
)

// TestWithin: above the bound a conjunction is mapped onto what is registered,
// and stands for no row fewer.
func TestWithin(t *testing.T) {
	t.Parallel()
	column := func(name string) *dialect.Column { return &dialect.Column{Name: name, Folded: name, Comparison: "any"} }
	a, b, c := column("a"), column("b"), column("c")
	conj := func(columns ...*dialect.Column) Conj {
		var out Conj
		for _, col := range columns {
			out = append(out, Term{Column: col, Value: "1"})
		}
		return out
	}
	scheme := func(columns ...*dialect.Column) store.Scheme { return conj(columns...).Scheme() }
	isNull := Conj{{Column: a, Form: FormNull, Value: Yes}}
	for _, tt := range []struct {
		name       string
		conjs      []Conj
		registered []store.Scheme
		limit      int
		want       []Conj
	}{
		{"room", []Conj{conj(a, b), conj(c)}, nil, 2, []Conj{conj(a, b), conj(c)}},
		{"known ones need none", []Conj{conj(a, b)}, []store.Scheme{scheme(a, b), scheme(c)}, 2, []Conj{conj(a, b)}},
		{"the longest part", []Conj{conj(a, b, c)}, []store.Scheme{scheme(), scheme(a), scheme(b, c)}, 3, []Conj{conj(b, c)}},
		{"another form is another column", []Conj{isNull}, []store.Scheme{scheme(a)}, 1, []Conj{nil}},
		{"no part", []Conj{conj(a)}, []store.Scheme{scheme(b)}, 1, []Conj{nil}},
		{"longer ones are no part", []Conj{conj(a)}, []store.Scheme{scheme(a, b)}, 1, []Conj{nil}},
		{"room for one of two", []Conj{conj(a), conj(b), conj(a)}, []store.Scheme{scheme(c)}, 2, []Conj{conj(a), nil, conj(a)}},
		{"a scheme of another version", []Conj{conj(a)}, []store.Scheme{"0:a"}, 1, []Conj{nil}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			table := &dialect.Table{Key: "main.t"}
			set := Set{{Table: table, Conjs: tt.conjs}, {Table: table, Whole: true}}
			before := slices.Clone(tt.conjs)
			got, err := set.Within(tt.limit, func(string) ([]store.Scheme, error) { return tt.registered, nil })
			if err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(got[0].Conjs, tt.want, slices.Equal) {
				t.Errorf("got %v, want %v", got[0].Conjs, tt.want)
			}
			if !slices.EqualFunc(set[0].Conjs, before, slices.Equal) {
				t.Error("the set itself was changed")
			}
		})
	}
	boom := errors.New("boom")
	set := Set{{Table: &dialect.Table{}, Conjs: []Conj{conj(a)}}}
	if _, err := set.Within(1, func(string) ([]store.Scheme, error) { return nil, boom }); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
}
