package mysql

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/dialect"
)

// TestComparison holds for every kind of type: those that are listed, and those that
// only look like them.
func TestComparison(t *testing.T) {
	t.Parallel()
	text := func(charset, collation string) valueType {
		return valueType{DataType: "varchar", ColumnType: "varchar(10)", Charset: charset, Collation: collation}
	}
	padded := func(pad string, v valueType) valueType { v.Pad = pad; return v }
	as := func(dataType string, v valueType) valueType { v.DataType = dataType; return v }
	for _, c := range []struct {
		t    valueType
		want string
	}{
		{valueType{DataType: "tinyint", ColumnType: "tinyint(1)"}, valueWhole},
		{valueType{DataType: "smallint"}, valueWhole},
		{valueType{DataType: "mediumint"}, valueWhole},
		{valueType{DataType: "int"}, valueWhole},
		{valueType{DataType: "bigint", ColumnType: "bigint(20) unsigned"}, valueWhole},
		{valueType{DataType: "BIGINT"}, valueWhole},
		{valueType{DataType: "decimal"}, valueDecimal},
		{valueType{DataType: "binary"}, valueBytes},
		{valueType{DataType: "varbinary"}, valueBytes},
		{valueType{DataType: "longblob"}, valueBytes},
		{valueType{DataType: "date"}, valueDate},
		{valueType{DataType: "datetime", Precision: 6}, valueDateTime},
		{valueType{DataType: "timestamp", Zone: "+00:00"}, valueTimestamp + "east0000"},
		{valueType{DataType: "timestamp"}, ""},
		{text("utf8mb4", "utf8mb4_general_ci"), "mysql1.text.ci.pad.utf8mb4_general_ci"},
		{text("utf8mb4", "utf8mb4_bin"), "mysql1.text.bin.pad.utf8mb4_bin"},
		{text("utf8mb4", "utf8mb4_nopad_bin"), "mysql1.text.bin.nopad.utf8mb4_nopad_bin"},
		{text("utf8mb4", "utf8mb4_0900_ai_ci"), "mysql1.text.ci.nopad.utf8mb4_0900_ai_ci"},
		{text("utf8mb4", "utf8mb4_0900_as_cs"), "mysql1.text.cs.nopad.utf8mb4_0900_as_cs"},
		{text("utf8mb4", "utf8mb4_0900_bin"), "mysql1.text.bin.nopad.utf8mb4_0900_bin"},
		{text("utf8mb4", "utf8mb4_uca1400_nopad_ai_ci"), "mysql1.text.ci.nopad.utf8mb4_uca1400_nopad_ai_ci"},
		{text("utf8mb3", "utf8_general_ci"), "mysql1.text.ci.pad.utf8_general_ci"},
		{text("utf8mb3", "utf8mb3_unicode_ci"), "mysql1.text.ci.pad.utf8mb3_unicode_ci"},
		{text("utf8", "utf8_bin"), "mysql1.text.bin.pad.utf8_bin"},
		{text("latin1", "latin1_swedish_ci"), "mysql1.text.ci.pad.latin1_swedish_ci"},
		{text("ascii", "ascii_bin"), "mysql1.text.bin.pad.ascii_bin"},
		{padded("NO PAD", text("utf8mb4", "utf8mb4_general_ci")), "mysql1.text.ci.nopad.utf8mb4_general_ci"},
		{padded("PAD SPACE", text("utf8mb4", "utf8mb4_0900_ai_ci")), "mysql1.text.ci.pad.utf8mb4_0900_ai_ci"},
		{padded("PAD TAB", text("utf8mb4", "utf8mb4_general_ci")), ""},
		{as("char", text("utf8mb4", "utf8mb4_general_ci")), "mysql1.text.ci.pad.utf8mb4_general_ci"},
		{as("longtext", text("utf8mb4", "utf8mb4_bin")), "mysql1.text.bin.pad.utf8mb4_bin"},
		{as("enum", text("utf8mb4", "utf8mb4_bin")), "mysql1.enum.bin.pad.utf8mb4_bin"},
		// To these two letters are one, or one is another.
		{text("utf8mb4", "utf8mb4_danish_ci"), ""},
		{text("utf8mb4", "utf8mb4_turkish_ci"), ""},
		{text("utf8mb4", "utf8mb4_swedish_ci"), ""},
		{text("utf8mb4", "utf8mb4_uca1400_turkish_ai_ci"), ""},
		{text("utf8mb4", "utf8mb4_tr_0900_ai_ci"), ""},
		{text("latin1", "latin1_german2_ci"), ""},
		// In these ASCII is other bytes.
		{text("utf16", "utf16_general_ci"), ""},
		{text("ucs2", "ucs2_bin"), ""},
		{text("sjis", "sjis_bin"), ""},
		{text("swe7", "swe7_swedish_ci"), ""},
		{text("", ""), ""},
		{text("utf8mb4", "latin1_bin"), ""},
		{text("latin1", "utf8_bin"), ""},
		{valueType{DataType: "float"}, ""},
		{valueType{DataType: "double"}, ""},
		{valueType{DataType: "bit"}, ""},
		{as("set", text("utf8mb4", "utf8mb4_bin")), ""},
		{valueType{DataType: "year"}, ""},
		{valueType{DataType: "time"}, ""},
		{valueType{DataType: "json"}, ""},
		{valueType{DataType: "uuid"}, ""},
		{valueType{DataType: "inet6"}, ""},
		{valueType{DataType: "geometry"}, ""},
		{valueType{DataType: "vector"}, ""},
		{valueType{}, ""},
	} {
		got := valueComparison(c.t)
		if got != c.want {
			t.Errorf("%+v: got %q, want %q", c.t, got, c.want)
		}
		if strings.ContainsAny(got, "=,:?") {
			t.Errorf("%q does not fit into a key", got)
		}
	}
}

// TestTruth holds for whole numbers alone.
func TestTruth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		comparison  string
		value       driver.Value
		truth, know bool
	}{
		{valueWhole, int64(1), true, true}, {valueWhole, int64(-1), true, true}, {valueWhole, int64(0), false, true}, {valueWhole, uint64(1 << 63), true, true},
		{valueWhole, []byte("18446744073709551615"), true, true}, {valueWhole, []byte("0"), false, true}, {valueWhole, []byte("x"), false, false}, {valueWhole, 1.5, false, false},
		{valueDecimal, []byte("1.5"), false, false}, {"mysql1.text.ci.pad.x", []byte("1"), false, false}, {"", int64(1), false, false},
	} {
		truth, known := Dialect.Truth(&dialect.Column{Comparison: c.comparison}, c.value)
		if truth != c.truth || known != c.know {
			t.Errorf("%s %v: got %v, %v", c.comparison, c.value, truth, known)
		}
	}
}

type (
	panicking struct{}
	failing   struct{}
	optional  struct{ n *int64 }
)

func (panicking) Value() (driver.Value, error)  { panic("no value") }
func (failing) Value() (driver.Value, error)    { return nil, errors.New("no value") }
func (v optional) Value() (driver.Value, error) { return *v.n, nil }

// TestCanonicalRefuses what depends on the data source name, on the server, or on the
// rest of the text, and what panics.
func TestCanonicalRefuses(t *testing.T) {
	t.Parallel()
	when := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		column dialect.Column
		values []any
	}{
		{dialect.Column{Comparison: valueWhole}, []any{panicking{}, failing{}, optional{}, (*int)(nil), nil, struct{}{}, []int64{7}, "7.0", "1234567890123456", " 7", "7a", []byte("7"), 1 << 53 * 1.0, 7.5, dialect.Decimal("7.5"), when}},
		// It is not known how many digits it has.
		{dialect.Column{Comparison: valueDecimal}, []any{7.0, "7", 0.5, "0.5", dialect.Decimal("0.5")}},
		{dialect.Column{Comparison: valueDecimal, Type: "decimal(16,2)"}, []any{7.0, "7", "7.004", dialect.Decimal("7.004"), "1e3", "NaN", []byte("7")}},
		{dialect.Column{Comparison: valueDecimal, Type: "decimal(15,2)"}, []any{0.30000000000000004, 1e15, "7.001", 0.001, dialect.Decimal("0.001"), "1e3", "", "-", ".", "7,5", "0x7", "1234567890123456"}},
		{dialect.Column{Comparison: valueDecimal, Type: "decimal(65,30)"}, []any{dialect.Decimal(strings.Repeat("9", 31)), dialect.Decimal("0." + strings.Repeat("1", 31))}},
		{dialect.Column{Comparison: "mysql1.text.ci.pad.utf8mb4_general_ci"}, []any{7, 7.5, true, when, "é", "\x00", "\t", "\x7f", "\xff", []byte("é"), json.RawMessage(nil), []byte(nil)}},
		{dialect.Column{Comparison: "mysql1.text.cs.pad.utf8mb4_0900_as_cs"}, []any{"é", "\x01"}},
		{dialect.Column{Comparison: "mysql1.text.bin.pad.latin1_bin"}, []any{"é", []byte("\xe9")}},
		{dialect.Column{Comparison: "mysql1.text.bin.pad.utf8mb4_bin"}, []any{"\xff", []byte("é"), 7}},
		{dialect.Column{Comparison: "mysql1.enum.ci.pad.utf8mb4_general_ci"}, []any{"", " ", 1, "é", "1", "12 "}},
		{dialect.Column{Comparison: valueBytes}, []any{"é", 7, []byte(nil), when}},
		{dialect.Column{Comparison: valueDate}, []any{when, "2024-02-30", "2024-02-00", "2024-02-29 00:00:00", "2024-2-29", "0000-00-00", 20240229, []byte("2024-02-29")}},
		{dialect.Column{Comparison: valueDateTime, Type: "datetime"}, []any{when, "2024-02-29 12:00:00.5", "2024-02-29T12:00:00", "2024-02-29 12:00", "2024-02-29 12:00:00Z", "2024-02-29 12:00:60", "2024-02-29 12:00:00."}},
		{dialect.Column{Comparison: valueTimestamp + "east0000", Type: "timestamp(3)"}, []any{when, "2024-02-29 12:00:00.0001"}},
		{dialect.Column{Comparison: ""}, []any{int64(7)}},
		{dialect.Column{Comparison: "mysql0.int"}, []any{int64(7)}},
		{dialect.Column{Comparison: "mysql1.text.other.pad.x"}, []any{"a"}},
	} {
		for _, v := range c.values {
			if text, ok := Dialect.Canonical(&c.column, v, dialect.SideArgument); ok {
				t.Errorf("%s %s: %T(%v) is %q", c.column.Comparison, c.column.Type, v, v, text)
			}
		}
	}
}

// TestCanonicalImageOfTime: what a clock showed is not taken from a moment near a change
// of its zone's offset, at which it may have shown something else.
func TestCanonicalImageOfTime(t *testing.T) {
	t.Parallel()
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	apia, err := time.LoadLocation("Pacific/Apia") // which left out a day
	if err != nil {
		t.Fatal(err)
	}
	moment := &dialect.Column{Comparison: valueDateTime}
	day := &dialect.Column{Comparison: valueDate}
	for _, c := range []struct {
		column *dialect.Column
		value  time.Time
		want   string
	}{
		{moment, time.Date(2024, 2, 29, 12, 0, 0, 500000000, newYork), "2024-02-29 12:00:00.5"},
		{moment, time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC), "2024-02-29 12:00:00"},
		{moment, time.Date(2024, 3, 10, 2, 30, 0, 0, newYork), ""},
		{moment, time.Date(2024, 3, 10, 4, 30, 0, 0, newYork), ""},
		{moment, time.Date(2024, 3, 9, 4, 30, 0, 0, newYork), ""},
		{moment, time.Date(2024, 3, 12, 4, 30, 0, 0, newYork), "2024-03-12 04:30:00"},
		{moment, time.Date(2011, 12, 30, 12, 0, 0, 0, apia), ""},
		{moment, time.Time{}, ""},
		{moment, time.Date(2024, 2, 29, 12, 0, 0, 1, time.UTC), ""},
		{day, time.Date(2024, 2, 29, 0, 0, 0, 0, newYork), "2024-02-29"},
		{day, time.Date(2024, 2, 29, 1, 0, 0, 0, newYork), ""},
		{day, time.Date(2024, 3, 10, 0, 0, 0, 0, newYork), ""},
		{day, time.Time{}, ""},
	} {
		got, ok := Dialect.Canonical(c.column, c.value, dialect.SideImage)
		if ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%s %v: got %q, %v, want %q", c.column.Comparison, c.value, got, ok, c.want)
		}
	}
}

// TestCanonicalAllocatesLittle: for what programs give most often.
func TestCanonicalAllocatesLittle(t *testing.T) {
	column := &dialect.Column{Comparison: "mysql1.text.ci.pad.utf8mb4_general_ci"}
	text := any("someone@example.com")
	if n := testing.AllocsPerRun(100, func() { Dialect.Canonical(column, text, dialect.SideArgument) }); n != 0 {
		t.Errorf("a text: it allocates %v times", n)
	}
	number, whole := any(int64(1234567)), &dialect.Column{Comparison: valueWhole}
	if n := testing.AllocsPerRun(100, func() { Dialect.Canonical(whole, number, dialect.SideArgument) }); n > 1 {
		t.Errorf("a number: it allocates %v times", n)
	}
}

// TestClockOfArgument: a time.Time becomes a text by the clock of the data source name,
// so it is never understood, not even as a date.
func TestClockOfArgument(t *testing.T) {
	t.Parallel()
	when := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)
	for _, comparison := range []string{valueDate, valueDateTime, valueTimestamp + "east0000", "mysql1.text.ci.pad.utf8mb4_general_ci", valueWhole} {
		for _, v := range []any{when, &when} {
			if text, ok := Dialect.Canonical(&dialect.Column{Comparison: comparison}, v, dialect.SideArgument); ok {
				t.Errorf("%s: %T is %q", comparison, v, text)
			}
		}
	}
}
