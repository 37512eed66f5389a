package dependency

import (
	"database/sql/driver"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/store"
)

func evaluator(t testing.TB, table *dialect.Table, schemes ...store.Scheme) *Evaluator {
	t.Helper()
	e, ok := NewEvaluator(fake{}, strings.ToLower, table, schemes)
	if !ok {
		t.Fatalf("schemes %q were not understood", schemes)
	}
	return e
}

func TestEvaluatorRefusesSchemes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		scheme store.Scheme
		ok     bool
	}{
		{"every row", "1:", true},
		{"known", "1:a=any", true},
		{"escaped name", "1:d%2Ce%3Df%3Fg%25h%3Ai=any", true},
		{"other version", "2:a=any", false},
		{"unknown column", "1:z=any", false},
		{"other rules", "1:a=fold", false},
		{"column lost its rules", "1:raw=any", false},
		{"column without rules by value", "1:raw=-", false},
		{"truth without rules", "1:raw?truth=-", true},
		{"truth under other rules", "1:a?truth=-", false},
		{"null", "1:raw?null=-", true},
		{"null with rules", "1:a?null=any", false},
		{"not the folded name", "1:A=any", false},
	}
	for _, tt := range tests {
		_, ok := NewEvaluator(fake{}, strings.ToLower, testTable(), []store.Scheme{"1:b=any", tt.scheme})
		if ok != tt.ok {
			t.Errorf("%s: ok is %v", tt.name, ok)
		}
	}
}

func TestEvaluatorColumns(t *testing.T) {
	t.Parallel()
	tests := []struct {
		schemes []store.Scheme
		want    []int
	}{
		{nil, nil},
		{[]store.Scheme{"1:"}, nil},
		{[]store.Scheme{"1:c=fold", "1:a=any,c=fold", "1:a?null=-"}, []int{0, 2}},
	}
	for _, tt := range tests {
		if got := evaluator(t, testTable(), tt.schemes...).Columns(); !slices.Equal(got, tt.want) {
			t.Errorf("%q: columns %v, want %v", tt.schemes, got, tt.want)
		}
	}
}

func TestEvaluatorKeys(t *testing.T) {
	t.Parallel()
	table := testTable()
	cols := table.Columns
	tests := []struct {
		name   string
		scheme store.Scheme
		row    []driver.Value
		want   Conj
	}{
		{"every row", "1:", nil, nil},
		{"value", "1:a=any", []driver.Value{int64(7)}, Conj{value(cols[0], "i7")}},
		{"null value", "1:a=any", []driver.Value{nil}, Conj{{Column: cols[0], Null: true}}},
		{"folded value", "1:c=fold", []driver.Value{"AbC"}, Conj{value(cols[2], "tabc")}},
		{"true", "1:a?truth=any", []driver.Value{int64(3)}, Conj{{Column: cols[0], Form: FormTruth, Value: Yes}}},
		{"false", "1:a?truth=any", []driver.Value{int64(0)}, Conj{{Column: cols[0], Form: FormTruth, Value: No}}},
		{"null truth", "1:a?truth=any", []driver.Value{nil}, Conj{{Column: cols[0], Form: FormTruth, Null: true}}},
		{"is null", "1:raw?null=-", []driver.Value{nil}, Conj{{Column: cols[3], Form: FormNull, Value: Yes}}},
		{"is not null, whatever it is", "1:raw?null=-", []driver.Value{3.5}, Conj{{Column: cols[3], Form: FormNull, Value: No}}},
		{"two columns", "1:a=any,c=fold", []driver.Value{int64(1), "X"}, Conj{value(cols[0], "i1"), value(cols[2], "tx")}},
	}
	for _, tt := range tests {
		keys := map[string]struct{}{}
		if !evaluator(t, table, tt.scheme).Keys(tt.row, keys) {
			t.Errorf("%s: outside the rules", tt.name)
			continue
		}
		if _, ok := keys[tt.want.Store().Key]; !ok || len(keys) != 1 {
			t.Errorf("%s: keys %v, want %q", tt.name, keys, tt.want.Store().Key)
		}
	}
}

func TestEvaluatorOutsideTheRules(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		scheme store.Scheme
		row    []driver.Value
	}{
		{"not canonical", "1:a=any", []driver.Value{3.5}},
		{"truth unknown", "1:a?truth=any", []driver.Value{"yes"}},
		{"nil bytes, NULL or empty", "1:raw?null=-", []driver.Value{[]byte(nil)}},
		{"row too short", "1:a=any,b=any", []driver.Value{int64(1)}},
		{"row too long", "1:a=any", []driver.Value{int64(1), int64(1)}},
	}
	for _, tt := range tests {
		e := evaluator(t, testTable(), "1:", tt.scheme)
		if e.Keys(tt.row, map[string]struct{}{}) {
			t.Errorf("%s: taken for known", tt.name)
		}
	}
}

// TestEvaluatorReusesNothing: the values of one image must not reach the keys
// of the next.
func TestEvaluatorReusesNothing(t *testing.T) {
	t.Parallel()
	e := evaluator(t, testTable(), "1:a=any,c=fold", "1:c=fold")
	rows := [][]driver.Value{
		{int64(1), strings.Repeat("long", 50)}, {int64(2), "x"}, {nil, nil}, {int64(3), "y"},
	}
	all := map[string]struct{}{}
	for _, row := range rows {
		if !e.Keys(row, all) {
			t.Fatalf("%v: outside the rules", row)
		}
		fresh, again := map[string]struct{}{}, map[string]struct{}{}
		if !evaluator(t, testTable(), "1:a=any,c=fold", "1:c=fold").Keys(row, fresh) || !e.Keys(row, again) {
			t.Fatalf("%v: outside the rules", row)
		}
		for k := range again {
			if _, ok := fresh[k]; !ok {
				t.Errorf("%v: key %q comes from another image", row, k)
			}
		}
	}
	if len(all) != 8 {
		t.Errorf("%d keys for 4 images and 2 schemes: %v", len(all), all)
	}
}

// TestSidesAgree is the law of this package: a conjunction's key is among an
// image's keys if and only if the image's canonical values are the terms'.
func TestSidesAgree(t *testing.T) {
	t.Parallel()
	table := testTable()
	rng := rand.New(rand.NewPCG(5, 6))
	values := []driver.Value{nil, int64(0), int64(1), int64(2), "x", "X", "", "1", "i1", "n", strings.Repeat("z", 90)}
	matched, unmatched := 0, 0
	for range 50_000 {
		// Both sides draw from one small domain, so that they meet often.
		conj, image := randomConj(rng, table, values), make([]driver.Value, len(table.Columns))
		for i := range image {
			image[i] = values[rng.IntN(len(values))]
		}
		e := evaluator(t, table, conj.Scheme())
		row := make([]driver.Value, 0, len(image))
		for _, i := range e.Columns() {
			row = append(row, image[i])
		}
		keys := map[string]struct{}{}
		known := e.Keys(row, keys)
		want, wantKnown := matches(conj, table, image)
		if known != wantKnown {
			t.Fatalf("%+v on %v: known is %v", conj, image, known)
		}
		if !known {
			continue
		}
		if _, got := keys[conj.Store().Key]; got != want {
			t.Fatalf("%+v on %v: match is %v, want %v", conj, image, got, want)
		}
		if want {
			matched++
		} else {
			unmatched++
		}
	}
	if matched < 1000 || unmatched < 1000 {
		t.Errorf("%d matches and %d others: the domain is too wide or too narrow", matched, unmatched)
	}
}

func randomConj(rng *rand.Rand, table *dialect.Table, values []driver.Value) Conj {
	var conj Conj
	for range rng.IntN(4) {
		c := table.Columns[rng.IntN(len(table.Columns))]
		term := Term{Column: c, Form: Form(rng.IntN(3))}
		v := values[rng.IntN(len(values))]
		switch {
		case term.Form != FormValue:
			term.Value = truthText(rng.IntN(2) == 0)
		case v == nil:
			term.Null = true
		default:
			var ok bool
			if term.Value, ok = (fake{}).Canonical(c, v, dialect.SideArgument); !ok {
				continue
			}
		}
		if !conj.has(&term) && term.Form.comparison(c) != "" {
			conj = append(conj, term)
		}
	}
	return conj
}

// matches says without keys whether an image matches.
func matches(conj Conj, table *dialect.Table, image []driver.Value) (match, known bool) {
	match, known = true, true
	for _, term := range conj {
		v := image[slices.Index(table.Columns, term.Column)]
		switch {
		case term.Form == FormNull:
			match = match && (v == nil) == (term.Value == Yes)
		case v == nil:
			match = match && term.Null
		case term.Form == FormTruth:
			truth, ok := (fake{}).Truth(term.Column, v)
			known = known && ok
			match = match && !term.Null && truth == (term.Value == Yes)
		default:
			text, ok := (fake{}).Canonical(term.Column, v, dialect.SideImage)
			known = known && ok
			match = match && !term.Null && text == term.Value
		}
	}
	return match, known
}

func BenchmarkEvaluatorKeys(b *testing.B) {
	e := evaluator(b, testTable(), "1:", "1:a=any", "1:a=any,c=fold", "1:b?null=-,c=fold")
	row := []driver.Value{int64(12345), nil, "a title of some length, longer than a key may be in the open"}
	keys := map[string]struct{}{}
	b.ReportAllocs()
	for b.Loop() {
		if !e.Keys(row, keys) {
			b.Fatal("outside the rules")
		}
	}
}

func BenchmarkNewEvaluator(b *testing.B) {
	table := testTable()
	schemes := []store.Scheme{"1:", "1:a=any", "1:a=any,c=fold", "1:b?null=-,c=fold"}
	b.ReportAllocs()
	for b.Loop() {
		evaluator(b, table, schemes...)
	}
}
