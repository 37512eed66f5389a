package sqlite

import (
	"database/sql/driver"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/dialect"
)

func TestValueAffinity(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		declared string
		strict   bool
		want     valueAffinity
	}{
		{"", false, valueNone},
		{"INTEGER", false, valueNumeric},
		{"unsigned big Int", false, valueNumeric},
		{"FLOATING POINT", false, valueNumeric}, // "poINT"
		{"CHARINT", false, valueNumeric},        // INT before CHAR
		{"Character(20)", false, valueText},
		{"clob", false, valueText},
		{"TextBlob", false, valueText}, // TEXT before BLOB
		{"BLOBTEXT", false, valueText},
		{"blob", false, valueNone},
		{"REALBLOB", false, valueNone}, // BLOB before REAL
		{"Real", false, valueReal},
		{"double precision", false, valueReal},
		{"FLOAT", false, valueReal},
		{"BOOLEAN", false, valueNumeric},
		{"DECIMAL(10,5)", false, valueNumeric},
		{"DATE", false, valueNumeric},
		{"STRING", false, valueNumeric},
		{"ANY", false, valueNumeric},
		{"any", true, valueNone},
		{"\u0130NT", false, valueNumeric}, // no letter of ASCII: not INT, and NUMERIC by default
	} {
		if got := valueAffinityOf(test.declared, test.strict); got != test.want {
			t.Errorf("%q, strict %v: affinity %d, want %d", test.declared, test.strict, got, test.want)
		}
	}
}

func TestValueComparison(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		affinity  valueAffinity
		collation string
		want      string
	}{
		{valueNumeric, "BINARY", valueNum},
		{valueNumeric, "NoCase", valueNum},
		{valueText, "binary", valueTextBinary},
		{valueText, "NOCASE", valueTextNoCase},
		{valueText, "RTrim", valueTextRTrim},
		{valueNone, "binary", valueAnyBinary},
		{valueNone, "nocase", valueAnyNoCase},
		{valueNone, "rtrim", valueAnyRTrim},
		{valueReal, "binary", ""},
		{valueText, "unicode", ""},
		{valueNone, "", ""},
	} {
		got := valueComparison(test.affinity, test.collation)
		if got != test.want {
			t.Errorf("affinity %d, %q: %q, want %q", test.affinity, test.collation, got, test.want)
		}
		if strings.ContainsAny(got, "=,:?") {
			t.Errorf("%q holds a character that schemes are made of", got)
		}
	}
}

// The rules as such; that they agree with SQLite is shown on a real one, in
// the integration tests.
func TestCanonical(t *testing.T) {
	t.Parallel()
	const no = "(none)"
	now := time.Now()
	for _, test := range []struct {
		comparison      string
		value           driver.Value
		argument, image string
	}{
		{valueNum, int64(5), "i5", "i5"},
		{valueNum, 5, "i5", "i5"},
		{valueNum, uint8(5), "i5", "i5"},
		{valueNum, uint64(math.MaxUint64), no, no},
		{valueNum, uint64(math.MaxInt64), "i9223372036854775807", "i9223372036854775807"},
		{valueNum, true, "i1", "i1"},
		{valueNum, false, "i0", "i0"},
		{valueNum, 5.0, "i5", "i5"},
		{valueNum, math.Copysign(0, -1), "i0", "i0"},
		{valueNum, float64(1<<53 - 1), "i9007199254740991", "i9007199254740991"},
		{valueNum, float64(1 << 53), no, no},
		{valueNum, float64(-1 << 53), no, no},
		{valueNum, 1.5, no, "f3ff8000000000000"},
		{valueNum, 9223372036854775808.0, no, "f43e0000000000000"},
		{valueNum, -9223372036854775808.0, no, no}, // a whole number of 64 bits
		{valueNum, math.Inf(1), no, "f7ff0000000000000"},
		{valueNum, math.NaN(), no, no},
		{valueNum, "5", "i5", no},
		{valueNum, "-5", "i-5", no},
		{valueNum, "0", "i0", no},
		{valueNum, "-0", no, no},
		{valueNum, "-", no, no},
		{valueNum, "05", no, no},
		{valueNum, "+5", no, no},
		{valueNum, " 5", no, no},
		{valueNum, "5.0", no, no},
		{valueNum, "5a", no, no},
		{valueNum, "", no, no},
		{valueNum, "999999999999999999", "i999999999999999999", no},
		{valueNum, "1000000000000000000", no, no},
		{valueNum, []byte("5"), no, no},
		{valueNum, now, no, no},
		{valueNum, nil, no, no},
		{valueNum, float32(5), no, no},

		{valueTextBinary, "Aa ", "tAa ", "tAa "},
		{valueTextNoCase, "A\u00c9a ", "ta\u00c9a ", "ta\u00c9a "},
		{valueTextRTrim, "Aa \t  ", "tAa \t", "tAa \t"},
		{valueTextBinary, "", "t", "t"},
		{valueTextBinary, int64(-5), "t-5", no},
		{valueTextBinary, true, "t1", no},
		{valueTextBinary, 5.0, no, no},
		{valueTextBinary, "\xff", no, no},
		{valueTextBinary, "a\x00b", no, no},
		{valueTextBinary, "\ufffe", no, no},
		{valueTextBinary, "\uffff", no, no},
		{valueTextBinary, "\ufffd", "t\ufffd", "t\ufffd"},
		{valueTextNoCase, []byte("A\xff"), "ta\xff", "ta\xff"},
		{valueTextBinary, []byte{}, no, "t"},
		{valueTextBinary, []byte(nil), no, "t"},
		{valueTextBinary, now, no, no},

		{valueAnyBinary, int64(5), "i5", "i5"},
		{valueAnyBinary, "5", "t5", "t5"},
		{valueAnyBinary, 5.0, "i5", "i5"},
		{valueAnyBinary, 1.5, no, "f3ff8000000000000"},
		{valueAnyBinary, true, "i1", "i1"},
		{valueAnyNoCase, "A", "ta", "ta"},
		{valueAnyRTrim, "A ", "tA", "tA"},
		{valueAnyRTrim, []byte("A "), "tA", "tA"},
		{valueAnyBinary, now, no, no},

		{"", int64(5), no, no},
		{"postgres1.num", int64(5), no, no},
	} {
		column := &dialect.Column{Comparison: test.comparison}
		for side, want := range map[dialect.Side]string{dialect.SideArgument: test.argument, dialect.SideImage: test.image} {
			got, ok := Dialect.Canonical(column, test.value, side)
			if !ok {
				got = no
			}
			if got != want {
				t.Errorf("%s: %T(%v) on side %d is %q, want %q", test.comparison, test.value, test.value, side, got, want)
			}
		}
	}
}

func TestTruth(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		value        driver.Value
		truth, known bool
	}{
		{int64(0), false, true}, {int64(-3), true, true}, {true, true, true}, {false, false, true},
		{0.0, false, true}, {math.Copysign(0, -1), false, true}, {0.1, true, true}, {math.Inf(-1), true, true},
		{"1", false, false}, {"", false, false}, {[]byte("1"), false, false}, {time.Now(), false, false}, {nil, false, false},
	} {
		if truth, known := Dialect.Truth(&dialect.Column{}, test.value); truth && !known || known != test.known || known && truth != test.truth {
			t.Errorf("%T(%v): %v, %v, want %v, %v", test.value, test.value, truth, known, test.truth, test.known)
		}
	}
}

func BenchmarkCanonical(b *testing.B) {
	for name, bench := range map[string]struct {
		comparison string
		value      driver.Value
	}{
		"int":         {valueNum, int64(1234567)},
		"text":        {valueTextBinary, "a text of some length"},
		"text nocase": {valueTextNoCase, "A Text Of Some Length"},
		"blob":        {valueAnyBinary, []byte("0123456789abcdef")},
	} {
		b.Run(name, func(b *testing.B) {
			column := &dialect.Column{Comparison: bench.comparison}
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := Dialect.Canonical(column, bench.value, dialect.SideImage); !ok {
					b.Fatal("no text")
				}
			}
		})
	}
}
