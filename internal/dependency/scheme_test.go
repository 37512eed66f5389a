package dependency

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/store"
)

func TestSchemeText(t *testing.T) {
	t.Parallel()
	cols := testTable().Columns
	tests := []struct {
		name string
		conj Conj
		want store.Scheme
	}{
		{"every row", nil, "1:"},
		{"one column", Conj{value(cols[0], "i1")}, "1:a=any"},
		{"sorted by column", Conj{value(cols[2], "tx"), value(cols[0], "i1")}, "1:a=any,c=fold"},
		{"truth", Conj{{Column: cols[0], Form: FormTruth, Value: Yes}}, "1:a?truth=any"},
		{"truth without rules", Conj{{Column: cols[3], Form: FormTruth, Value: Yes}}, "1:raw?truth=-"},
		{"null needs no rules", Conj{{Column: cols[0], Form: FormNull, Value: Yes}}, "1:a?null=-"},
		{
			"forms of one column",
			Conj{{Column: cols[0], Form: FormNull, Value: No}, value(cols[0], "i1"), {Column: cols[0], Form: FormTruth, Value: No}},
			"1:a=any,a?truth=any,a?null=-",
		},
		{"escaped", Conj{value(cols[4], "i1")}, "1:d%2Ce%3Df%3Fg%25h%3Ai=any"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.conj.Scheme(); got != tt.want {
				t.Errorf("scheme %q, want %q", got, tt.want)
			}
			if got := tt.conj.Store().Scheme; got != tt.want {
				t.Errorf("store's scheme %q, want %q", got, tt.want)
			}
		})
	}
}

// TestSchemeRoundTrip checks that any set of columns comes back as it was, and
// that two sets never share a text.
func TestSchemeRoundTrip(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	const letters = "ab%=,:?3D\x00\xff "
	name := func(least int) string {
		var b strings.Builder
		for range least + rng.IntN(4) {
			b.WriteByte(letters[rng.IntN(len(letters))])
		}
		return b.String()
	}
	seen := map[store.Scheme][]SchemeColumn{}
	for range 50_000 {
		columns := map[string]*dialect.Column{}
		var want []SchemeColumn
		var conj Conj
		for range rng.IntN(4) {
			n := name(0)
			if columns[n] == nil {
				columns[n] = &dialect.Column{Name: n, Folded: n, Comparison: name(1)}
			}
			term := Term{Column: columns[n], Form: Form(rng.IntN(3))}
			if conj.has(&term) {
				continue
			}
			conj = append(conj, term)
		}
		conj = conj.sorted()
		for _, term := range conj {
			want = append(want, SchemeColumn{Column: term.Column.Folded, Form: term.Form, Comparison: term.Form.comparison(term.Column)})
		}
		s := conj.Scheme()
		got, err := ParseScheme(s)
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: read back %v, want %v", s, got, want)
		}
		if before, ok := seen[s]; ok && !reflect.DeepEqual(before, want) {
			t.Fatalf("%q stands for %v and %v", s, before, want)
		}
		seen[s] = want
	}
	if len(seen) < 10_000 {
		t.Errorf("only %d different schemes", len(seen))
	}
}

func (c Conj) has(t *Term) bool {
	for i := range c {
		if c[i].Compare(t) == 0 {
			return true
		}
	}
	return false
}

func TestParseSchemeRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []store.Scheme{
		"",
		"2:a=any",
		"a=any",
		"1:a",
		"1:a=",
		"1:a=any,",
		"1:a?other=any",
		"1:a?=any",
		"1:b=any,a=any",      // not sorted
		"1:a=any,a=any",      // twice
		"1:a?null=-,a=any",   // forms not sorted
		"1:a%2=any",          // cut
		"1:a%2c=any",         // lower case: another text for "a,"
		"1:%61=any",          // an escape that is not needed
		"1:a=any=b",          // a bare sign in the rules
		"1:a=any:b",          //
		"1:a?truth?null=any", //
	} {
		if columns, err := ParseScheme(s); !errors.Is(err, ErrScheme) {
			t.Errorf("%q: %v, %v", s, columns, err)
		}
	}
	if columns, err := ParseScheme("1:"); err != nil || len(columns) != 0 {
		t.Errorf("the empty scheme: %v, %v", columns, err)
	}
}
