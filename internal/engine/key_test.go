package engine

import (
	"database/sql/driver"
	"fmt"
	"math"
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
	for _, v := range []driver.Value{struct{}{}, int32(1), []string{"a"}, new(int)} {
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
