package dependency

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/store"
)

func TestKeyText(t *testing.T) {
	t.Parallel()
	cols := testTable().Columns
	tests := []struct {
		name string
		conj Conj
		want string
	}{
		{"every row", nil, "r2:1:"},
		{"value", Conj{value(cols[0], "i1")}, "r7:1:a=any;v2:i1"},
		{"null", Conj{{Column: cols[0], Null: true}}, "r7:1:a=any;n"},
		{"order of the terms", Conj{value(cols[1], "i2"), value(cols[0], "i1")}, "r13:1:a=any,b=any;v2:i1;v2:i2"},
	}
	for _, tt := range tests {
		if got := tt.conj.Store().Key; got != tt.want {
			t.Errorf("%s: key %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestKeysAreInjective checks that two different conjunctions never share a
// key, whatever their values hold.
func TestKeysAreInjective(t *testing.T) {
	t.Parallel()
	cols := testTable().Columns
	rng := rand.New(rand.NewPCG(3, 4))
	const letters = "n;v12:,r"
	seen := map[string]string{}
	for range 100_000 {
		var conj Conj
		id := ""
		for i, c := range cols[:1+rng.IntN(3)] {
			if rng.IntN(3) == 0 {
				continue
			}
			term := Term{Column: c, Null: rng.IntN(4) == 0}
			if !term.Null {
				var b strings.Builder
				for range rng.IntN(6) {
					b.WriteByte(letters[rng.IntN(len(letters))])
				}
				if rng.IntN(10) == 0 {
					b.WriteString(strings.Repeat("x", 100))
				}
				term.Value = b.String()
			}
			conj = append(conj, term)
			// No value holds a bar, so this text is injective by itself.
			id += "|" + string(rune('0'+i)) + map[bool]string{true: "N", false: "V"}[term.Null] + term.Value
		}
		key := conj.Store().Key
		if before, ok := seen[key]; ok && before != id {
			t.Fatalf("key %q stands for %q and %q", key, before, id)
		}
		seen[key] = id
	}
	if len(seen) < 20_000 {
		t.Errorf("only %d different keys", len(seen))
	}
}

func TestLongKeysAreHashed(t *testing.T) {
	t.Parallel()
	cols := testTable().Columns
	keys := map[string]bool{}
	for n := range 200 {
		k := Conj{value(cols[0], strings.Repeat("x", n))}.Store().Key
		if len(k) > maxKey {
			t.Errorf("%d letters make a key of %d bytes", n, len(k))
		}
		keys[k] = true
	}
	if len(keys) != 200 {
		t.Errorf("200 values make %d keys", len(keys))
	}
}

// TestReadableKeyIsNoDigest: a value must not be able to spell the digest of
// another conjunction.
func TestReadableKeyIsNoDigest(t *testing.T) {
	t.Parallel()
	cols := testTable().Columns
	long := Conj{value(cols[0], strings.Repeat("x", 100))}.Store().Key
	short := Conj{value(cols[0], "x")}.Store().Key
	if long[0] == short[0] {
		t.Errorf("a digest %q and a readable key %q begin alike", long, short)
	}
}

func TestDeps(t *testing.T) {
	t.Parallel()
	table := testTable()
	cols := table.Columns
	one, two := Conj{value(cols[0], "i1")}, Conj{value(cols[0], "i2")}
	every := []store.Conj{{Scheme: "1:", Key: "r2:1:"}}
	tests := []struct {
		name string
		in   Table
		want []store.Conj
	}{
		{"whole", Table{Whole: true}, every},
		{"whole wins", Table{Whole: true, Conjs: []Conj{one}}, every},
		{"an empty conjunction takes in the others", Table{Conjs: []Conj{one, {}}}, every},
		{"no conjunction is never no dependency", Table{}, every},
		{"conjunctions", Table{Conjs: []Conj{one, two}}, []store.Conj{anyOf(one.Scheme()), one.Store(), two.Store()}},
		{"mixed schemes", Table{Conjs: []Conj{one, {value(cols[1], "i1")}}}, []store.Conj{anyOf("1:a=any"), one.Store(), anyOf("1:b=any"), Conj{value(cols[1], "i1")}.Store()}},
	}
	for _, tt := range tests {
		tt.in.Table = table
		deps := Set{tt.in}.Deps()
		if len(deps) != 1 || deps[0].Table != "main.t" {
			t.Errorf("%s: %+v", tt.name, deps)
			continue
		}
		if !equalConjs(deps[0].Conjs, tt.want) {
			t.Errorf("%s: %+v, want %+v", tt.name, deps[0].Conjs, tt.want)
		}
	}
}

func equalConjs(a, b []store.Conj) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func BenchmarkDeps(b *testing.B) {
	cols := testTable().Columns
	in := Table{Table: &dialect.Table{Key: "main.t"}}
	for _, v := range []string{"i1", "i2", "i3", "i4"} {
		in.Conjs = append(in.Conjs, Conj{value(cols[0], v), {Column: cols[1], Form: FormNull, Value: Yes}})
	}
	set := Set{in}
	b.ReportAllocs()
	for b.Loop() {
		if len(set.Deps()[0].Conjs) != 5 {
			b.Fatal("lost a conjunction")
		}
	}
}
