package postgres

import (
	"database/sql/driver"
	"errors"
	"testing"
	"time"

	"github.com/cacheops/cacheops/dialect"
)

// TestComparison holds for every kind of type: those that are listed, and those
// that only look like them.
func TestComparison(t *testing.T) {
	t.Parallel()
	builtin := func(name string) valueType {
		return valueType{Name: name, Kind: 'b', Schema: "pg_catalog", Deterministic: true, CType: "C.UTF-8"}
	}
	with := func(v valueType, change func(*valueType)) valueType { change(&v); return v }
	citext := with(builtin("citext"), func(v *valueType) { v.Schema, v.Extension = "public", "citext" })
	for _, c := range []struct {
		t    valueType
		want string
	}{
		{builtin("int2"), valueWhole},
		{builtin("int4"), valueWhole},
		{builtin("int8"), valueWhole},
		{builtin("numeric"), valueNumeric},
		{builtin("bool"), valueBool},
		{builtin("text"), valueText},
		{builtin("varchar"), valueText},
		{builtin("bpchar"), valueBlank},
		{builtin("uuid"), valueUUID},
		{builtin("bytea"), valueBytes},
		{builtin("date"), valueDate},
		{builtin("time"), valueTime},
		{builtin("timestamp"), valueTimestamp},
		{builtin("timestamptz"), valueTimestampTZ},
		{citext, valueCIText},
		{with(citext, func(v *valueType) { v.CType = "de_DE.UTF-8" }), valueCIText},
		{with(citext, func(v *valueType) { v.CType = "tr_TR.UTF-8" }), ""},
		{with(citext, func(v *valueType) { v.CType = "tr-TR-x-icu" }), ""},
		{with(citext, func(v *valueType) { v.CType = "az" }), ""},
		{with(citext, func(v *valueType) { v.CType = "lt_LT" }), ""},
		{with(citext, func(v *valueType) { v.CType = "en-u-ks-level2" }), ""},
		{with(citext, func(v *valueType) { v.CType = "xx" }), ""},
		{with(citext, func(v *valueType) { v.CType = "" }), ""},
		{with(citext, func(v *valueType) { v.Deterministic = false }), ""},
		{with(citext, func(v *valueType) { v.Extension = "" }), ""},
		{with(builtin("text"), func(v *valueType) { v.Deterministic = false }), ""},
		{with(builtin("varchar"), func(v *valueType) { v.Deterministic = false }), ""},
		{with(builtin("bpchar"), func(v *valueType) { v.Deterministic = false }), ""},
		{with(builtin("int4"), func(v *valueType) { v.Schema = "public" }), ""},
		{with(builtin("int4"), func(v *valueType) { v.Kind = 'd' }), ""},
		{with(builtin("uuid"), func(v *valueType) { v.Extension = "other" }), ""},
		{valueType{Name: "mood", Kind: 'e', Schema: "public"}, valueEnum},
		{valueType{Name: "int4", Kind: 'c', Schema: "pg_catalog"}, ""},
		{builtin("float8"), ""},
		{builtin("float4"), ""},
		{builtin("timetz"), ""},
		{builtin("interval"), ""},
		{builtin("jsonb"), ""},
		{builtin("money"), ""},
		{builtin("oid"), ""},
		{builtin("name"), ""},
		{builtin("char"), ""},
		{builtin("inet"), ""},
		{builtin("bit"), ""},
		{builtin("_int4"), ""},
		{valueType{Name: "int4range", Kind: 'r', Schema: "pg_catalog"}, ""},
	} {
		if got := valueComparison(c.t); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.t, got, c.want)
		}
	}
}

// TestTruth holds for bool alone.
func TestTruth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		comparison  string
		value       driver.Value
		truth, know bool
	}{
		{valueBool, true, true, true}, {valueBool, false, false, true}, {valueBool, "t", false, false}, {valueWhole, int64(1), false, false},
	} {
		truth, known := Dialect.Truth(&dialect.Column{Comparison: c.comparison}, c.value)
		if truth != c.truth || known != c.know {
			t.Errorf("%s %v: got %v, %v", c.comparison, c.value, truth, known)
		}
	}
}

type (
	twoFaced    int64
	panicking   struct{}
	failing     struct{}
	optional    struct{ n *int64 }
	rewriting   struct{}
	spelledText string
)

func (v twoFaced) Value() (driver.Value, error)                     { return int64(v) + 1, nil }
func (panicking) Value() (driver.Value, error)                      { panic("no value") }
func (failing) Value() (driver.Value, error)                        { return nil, errors.New("no value") }
func (v optional) Value() (driver.Value, error)                     { return *v.n, nil }
func (rewriting) RewriteQuery(string, []any) (string, []any, error) { return "", nil, nil }
func (v spelledText) Value() (driver.Value, error)                  { return string(v), nil }
func (v spelledText) String() string                                { return "spelled " + string(v) }

// TestCanonicalRefuses what one driver takes for another value than the other, and
// what panics.
func TestCanonicalRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		comparison string
		values     []any
	}{
		{valueWhole, []any{twoFaced(7), panicking{}, failing{}, optional{}, (*int)(nil), time.Duration(7), nil, struct{}{}, map[string]int{}, []int64{7}, "7.0", 1 << 53 * 1.0}},
		{valueText, []any{spelledText("a"), []byte("a"), 7, true, "\x00", "\xff"}},
		{valueNumeric, []any{float32(0.1), "1e3", "NaN"}},
		{valueTimestamp, []any{time.Date(2024, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600)), time.Date(2024, 1, 1, 0, 0, 0, 1, time.UTC)}},
		{valueTimestampTZ, []any{"2024-01-01", "2024-01-01 00:00:00"}},
		{valueCIText, []any{"é", "\u212a"}},
		{"", []any{int64(7)}},
		{"postgres0.int", []any{int64(7)}},
	} {
		for _, v := range c.values {
			if text, ok := Dialect.Canonical(&dialect.Column{Comparison: c.comparison}, v, dialect.SideArgument); ok {
				t.Errorf("%s: %T(%v) is %q", c.comparison, v, v, text)
			}
		}
	}
}

// TestOption tells apart what is for the driver.
func TestOption(t *testing.T) {
	t.Parallel()
	for _, v := range []any{nil, int64(1), 1, "text", []byte{1}, time.Now(), &panicking{}, twoFaced(1), []string{"a"}, map[string]any{}, struct{}{}} {
		if o := Dialect.(dialect.OptionChecker).Option(v); o != dialect.OptionNone {
			t.Errorf("%T is %d", v, o)
		}
	}
	if o := Dialect.(dialect.OptionChecker).Option(rewriting{}); o != dialect.OptionRewrite {
		t.Errorf("what rewrites the text is %d", o)
	}
}
