package dependency

import (
	"database/sql/driver"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/store"
)

// TestAnyKeyIsBesideEveryConjunction checks that each scheme of a dependency has
// its key of any values once, and that no other key equals one.
func TestAnyKeyIsBesideEveryConjunction(t *testing.T) {
	t.Parallel()
	table := testTable()
	cols := table.Columns
	in := Table{Table: table, Conjs: []Conj{
		{value(cols[0], "i1")}, {value(cols[1], "i1")}, {value(cols[0], "i2")},
		{value(cols[0], "i1"), value(cols[1], strings.Repeat("x", 100))},
	}}
	count := make(map[string]int)
	schemes := make(map[store.Scheme]bool)
	for _, c := range in.storeConjs() {
		count[c.Key]++
		schemes[c.Scheme] = true
	}
	if len(schemes) != 3 || len(count) != len(in.Conjs)+len(schemes) {
		t.Errorf("%d schemes, keys %v", len(schemes), count)
	}
	for s := range schemes {
		if count[AnyKey(s)] != 1 {
			t.Errorf("scheme %q has its key of any values %d times", s, count[AnyKey(s)])
		}
	}
	if conjs := (&Table{Table: table, Whole: true}).storeConjs(); len(conjs) != 1 {
		t.Errorf("every row has %v, and every given row matches its key", conjs)
	}
}

func TestAnyKeysDiffer(t *testing.T) {
	t.Parallel()
	long := store.Scheme("1:" + strings.Repeat("a", 100) + "=any")
	for _, s := range []store.Scheme{"1:", "1:a=any", long} {
		key := AnyKey(s)
		if len(key) > maxKey {
			t.Errorf("the key of %q has %d bytes", s, len(key))
		}
		// The text of a key with values begins as this one does but for its first
		// byte, and is hashed with it.
		if values := string(finishKey(appendKeyHead(nil, s))); values == key {
			t.Errorf("%q stands for values too", key)
		}
	}
	if AnyKey(long) == AnyKey(long+"b") {
		t.Error("two long schemes share a key")
	}
}

func TestGivenKeys(t *testing.T) {
	t.Parallel()
	table := testTable()
	cols := table.Columns
	schemes := []store.Scheme{"1:", "1:a=any", "1:a=any,b=any", "1:a?truth=any", "1:a?null=-", "1:c=fold"}
	anyKeys := func(schemes ...store.Scheme) (keys []string) {
		for _, s := range schemes {
			keys = append(keys, AnyKey(s))
		}
		return keys
	}
	keys := func(conjs ...Conj) (keys []string) {
		for _, c := range conjs {
			keys = append(keys, c.Store().Key)
		}
		return keys
	}
	truth := func(v string) Conj { return Conj{{Column: cols[0], Form: FormTruth, Value: v}} }
	isNull := func(v string) Conj { return Conj{{Column: cols[0], Form: FormNull, Value: v}} }
	type row map[int]driver.Value // by the column's position
	tests := []struct {
		name string
		row  row
		want []string
	}{
		{"nothing is known", row{}, append(keys(nil), anyKeys(schemes[1:]...)...)},
		{
			"one column", row{0: int64(7)},
			append(keys(nil, Conj{value(cols[0], "i7")}, truth(Yes), isNull(No)), anyKeys("1:a=any,b=any", "1:c=fold")...),
		},
		{
			"two columns", row{0: int64(0), 1: "x"},
			append(keys(nil, Conj{value(cols[0], "i0")}, Conj{value(cols[0], "i0"), value(cols[1], "tx")}, truth(No), isNull(No)), anyKeys("1:c=fold")...),
		},
		{
			"NULL", row{0: nil},
			append(keys(nil, Conj{{Column: cols[0], Null: true}}, Conj{{Column: cols[0], Form: FormTruth, Null: true}}, isNull(Yes)), anyKeys("1:a=any,b=any", "1:c=fold")...),
		},
		{
			"a value that the rules do not know is no NULL", row{0: 7.5},
			append(keys(nil, isNull(No)), anyKeys("1:a=any", "1:a=any,b=any", "1:a?truth=any", "1:c=fold")...),
		},
		{"NaN may be NULL", row{0: math.NaN()}, append(keys(nil), anyKeys(schemes[1:]...)...)},
		{"no bytes may be NULL", row{0: []byte{}}, append(keys(nil), anyKeys(schemes[1:]...)...)},
		{"nil bytes may be NULL", row{0: []byte(nil)}, append(keys(nil), anyKeys(schemes[1:]...)...)},
		{"folded", row{2: "ABC"}, append(keys(nil, Conj{value(cols[2], "tabc")}), anyKeys(schemes[1:5]...)...)},
	}
	for _, tt := range tests {
		ev := evaluator(t, table, schemes...)
		values, open := make([]driver.Value, len(ev.Columns())), make([]bool, len(ev.Columns()))
		for i, at := range ev.Columns() {
			v, given := tt.row[at]
			values[i], open[i] = v, !given
		}
		dst := make(map[string]struct{})
		ev.GivenKeys(values, open, dst)
		got := slices.Sorted(maps.Keys(dst))
		slices.Sort(tt.want)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: keys %q, want %q", tt.name, got, tt.want)
		}
	}
}
