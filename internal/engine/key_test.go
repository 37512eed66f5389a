package engine

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/cacheops/cacheops/store"
)

func args(values ...driver.Value) []driver.NamedValue {
	out := make([]driver.NamedValue, len(values))
	for i, v := range values {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	return out
}

// No two calls that may return different rows have one key.
func TestKeysDiffer(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	calls := map[string][]driver.NamedValue{
		"none":                nil,
		"null":                args(nil),
		"two nulls":           args(nil, nil),
		"1":                   args(int64(1)),
		"-1":                  args(int64(-1)),
		"1.0":                 args(1.0),
		"bits of 1.0":         args(int64(math.Float64bits(1.0))),
		"-0.0":                args(math.Copysign(0, -1)),
		"0.0":                 args(0.0),
		"'1'":                 args("1"),
		"bytes 1":             args([]byte("1")),
		"true":                args(true),
		"false":               args(false),
		"''":                  args(""),
		"no bytes":            args([]byte(nil)),
		"empty bytes":         args([]byte{}),
		"a b, c":              args("a b", "c"),
		"a, b c":              args("a", "b c"),
		"a:b, c":              args("a:b", "c"),
		"a, b:c":              args("a", "b:c"),
		"ab, ":                args("ab", ""),
		"noon":                args(noon),
		"noon with an offset": args(noon.In(time.FixedZone("", 3600))),
		"noon with a name":    args(noon.In(time.FixedZone("X", 0))),
		"noon, a ns later":    args(noon.Add(1)),
		"named a":             {{Name: "a", Ordinal: 1, Value: int64(1)}},
		"named b":             {{Name: "b", Ordinal: 1, Value: int64(1)}},
		"second":              {{Ordinal: 2, Value: int64(1)}},
	}
	type origin struct{ dialect, database, variant, schema, settings, text string }
	origins := []origin{
		{"sqlite", "main", "", "s1", "", "SELECT 1"},
		{"postgres", "main", "", "s1", "", "SELECT 1"},
		{"sqlite", "mai", "n", "s1", "", "SELECT 1"},
		{"sqlite", "main", "v", "s1", "", "SELECT 1"},
		{"sqlite", "main", "", "s2", "", "SELECT 1"},
		{"sqlite", "main", "", "s1", "S", "ELECT 1"},
		{"sqlite", "main", "", "s1", "x", "SELECT 1"},
		{"sqlite", "main", "", "s1", "", "SELECT 1 "},
	}
	seen := make(map[store.Key]string)
	for _, o := range origins {
		var schema store.Schema
		copy(schema[:], o.schema)
		text := textDigest(handleDigest(o.dialect, o.database, o.variant), schema, o.settings, o.text)
		for name, a := range calls {
			key, ok := entryKey(&text, nil, a)
			if !ok {
				t.Errorf("%s has no key", name)
			}
			what := fmt.Sprint(o, name)
			if other, taken := seen[key]; taken {
				t.Errorf("%s and %s have one key", what, other)
			}
			seen[key] = what
			if again, _ := entryKey(&text, nil, a); again != key {
				t.Errorf("%s has two keys", what)
			}
		}
	}
}

// A value whose meaning only the driver knows has no key.
func TestUnknownArgumentsHaveNoKey(t *testing.T) {
	t.Parallel()
	var text [32]byte
	for _, v := range []driver.Value{struct{}{}, map[string]int{"a": 1}, make(chan int), func() {}, []any{struct{}{}}} {
		if _, ok := entryKey(&text, nil, args(v)); ok {
			t.Errorf("%T has a key", v)
		}
	}
}

func BenchmarkEntryKey(b *testing.B) {
	var text [32]byte
	a := args(int64(7), "live")
	b.ReportAllocs()
	for b.Loop() {
		entryKey(&text, nil, a)
	}
}

type (
	keyInt     int64
	keyText    string
	keyBytes   []byte
	keyPlain   struct{ N int }
	keyValuer  struct{ n int }
	keyPanics  struct{ n int }
	keyFails   struct{ n int }
	keyPointer struct{ n int64 }
	keyHidden  struct{ at time.Time }
	keyGrows   struct{ n *int64 }
)

func (v keyValuer) Value() (driver.Value, error)   { return int64(v.n / 2), nil }
func (v keyPanics) Value() (driver.Value, error)   { panic("no value") }
func (v keyFails) Value() (driver.Value, error)    { return nil, errors.New("no value") }
func (v *keyPointer) Value() (driver.Value, error) { return v.n, nil }
func (v keyHidden) Value() (driver.Value, error)   { return v.at, nil }
func (v keyGrows) Value() (driver.Value, error)    { *v.n++; return *v.n, nil }

// Values of types that only some drivers take have keys by type and content.
func TestKeysOfOtherTypes(t *testing.T) {
	t.Parallel()
	one, text := 1, "1"
	var loop any
	loop = &loop
	noon := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	values := map[string]any{
		"1": int64(1), "int": 1, "int32": int32(1), "int16": int16(1), "int8": int8(1), "uint": uint(1), "uint64": uint64(1),
		"uint8": uint8(1), "keyInt": keyInt(1), "keyInt 2": keyInt(2), "float32": float32(1), "'1'": text, "keyText": keyText("1"),
		"keyBytes": keyBytes("1"), "json": json.RawMessage("1"), "[]byte": []byte("1"), "raw": sql.RawBytes("1"),
		"no json": json.RawMessage(nil), "empty json": json.RawMessage{}, "pointer": &one, "nil pointer": (*int)(nil), "text pointer": &text,
		"nil text pointer": (*string)(nil), "pointers": []*int{&one, nil}, "null 1": sql.NullInt64{Int64: 1, Valid: true},
		"null": sql.NullInt64{}, "null of 1": sql.NullInt64{Int64: 1}, "null32": sql.NullInt32{Int32: 1, Valid: true},
		"generic null": sql.Null[int64]{V: 1, Valid: true}, "null time": sql.NullTime{Time: noon, Valid: true}, "time": noon,
		"later": sql.NullTime{Time: noon.Add(time.Hour), Valid: true}, "pointer to time": &noon, "[]int64": []int64{1}, "[]int": []int{1},
		"[]int64 of 2": []int64{1, 1}, "no []int64": []int64(nil), "empty []int64": []int64{}, "[]string": []string{"a", "b"},
		"[]string joined": []string{"ab", ""}, "[][]int": [][]int{{1}, {2}}, "[][]int other": [][]int{{1, 2}, {}}, "[16]byte": [16]byte{1},
		"[15]byte": [15]byte{1}, "times": []time.Time{noon}, "addr": netip.MustParseAddr("::1"), "zone": netip.MustParseAddr("::1%eth0"),
		"prefix": netip.MustParsePrefix("10.0.0.0/8"), "duration": time.Duration(1), "valuer 2": keyValuer{2}, "valuer 3": keyValuer{3},
		"pointer valuer": &keyPointer{1}, "pointer valuer 2": &keyPointer{2}, "nil pointer valuer": (*keyPointer)(nil),
		"nil valuer": (*keyValuer)(nil), "array valuer": &sql.NullInt64{Int64: 1, Valid: true},
	}
	seen := make(map[store.Key]string)
	var text32 [32]byte
	for name, v := range values {
		key, ok := entryKey(&text32, nil, args(v))
		if !ok {
			t.Errorf("%s has no key", name)
		}
		if again, _ := entryKey(&text32, nil, args(v)); again != key {
			t.Errorf("%s has two keys", name)
		}
		if other, taken := seen[key]; taken {
			t.Errorf("%s and %s have one key", name, other)
		}
		seen[key] = name
	}
	for name, v := range map[string]any{
		"struct": keyPlain{1}, "pointer to struct": &keyPlain{1}, "structs": []keyPlain{{1}}, "map": map[string]int{}, "func": func() {},
		"channel": make(chan int), "unnamed struct": struct{ N int }{1}, "panics": keyPanics{1}, "fails": keyFails{1},
		"hidden time": keyHidden{noon}, "loop": loop, "maps": []map[string]int{{}}, "anything": []any{keyPlain{1}, func() {}},
	} {
		if _, ok := entryKey(&text32, nil, args(v)); ok {
			t.Errorf("%s has a key", name)
		}
	}
	// What a Valuer says counts, whatever it is made of.
	grows := keyGrows{new(int64)}
	first, _ := entryKey(&text32, nil, args(grows))
	if second, _ := entryKey(&text32, nil, args(grows)); first == second {
		t.Error("a value that changes has one key")
	}
}

// TestKeysAllocateNothing holds for the types that drivers are handed most.
func TestKeysAllocateNothing(t *testing.T) {
	list := args(nil, int64(1), 1.5, true, "text", []byte("b"), time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC))
	var text [32]byte
	if n := testing.AllocsPerRun(100, func() { entryKey(&text, nil, list) }); n != 0 {
		t.Errorf("a key allocates %v times", n)
	}
}
