package sqlite

import (
	"database/sql/driver"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cacheops/cacheops/dialect"
)

// How SQLite compares a column with a value, in short (datatype3 of its
// manual): the declared type gives the column an affinity, which is applied to
// the value, and then numbers compare as numbers, texts by the column's
// collation, blobs byte by byte, and values of different kinds are never
// equal. The rules here are a positive list of the cases in which equality can
// be told from the Go values alone; all others are refused.
//
// A canonical text begins with a letter for its class:
//
//	i  a whole number, in decimal
//	f  a number that no whole number of 64 bits equals, by its bits
//	t  a text or a blob, by its bytes after the folding of the collation
//
// Texts and blobs share a class although SQLite never finds them equal,
// because a driver may return a text as []byte. A row with one then counts
// for a condition on the other, which costs a hit at worst.

// The values of Column.Comparison. The number is the version of the rules: it
// changes when a value's canonical text does.
const (
	valueNum        = "sqlite1.num"
	valueTextBinary = "sqlite1.text.binary"
	valueTextNoCase = "sqlite1.text.nocase"
	valueTextRTrim  = "sqlite1.text.rtrim"
	valueAnyBinary  = "sqlite1.any.binary"
	valueAnyNoCase  = "sqlite1.any.nocase"
	valueAnyRTrim   = "sqlite1.any.rtrim"
)

// valueAffinity is the affinity of a column.
type valueAffinity uint8

const (
	valueNumeric valueAffinity = iota // INTEGER affinity too: it compares alike
	valueText
	valueNone // BLOB in the manual's words
	valueReal
)

// valueAffinityOf works out the affinity from the declared type.
func valueAffinityOf(declared string, strict bool) valueAffinity {
	t := nameFold(declared)
	switch {
	case strict && t == "any":
		// Elsewhere ANY is a type like any other, and so NUMERIC.
		return valueNone
	case strings.Contains(t, "int"):
		return valueNumeric
	case strings.Contains(t, "char"), strings.Contains(t, "clob"), strings.Contains(t, "text"):
		return valueText
	case t == "", strings.Contains(t, "blob"):
		return valueNone
	case strings.Contains(t, "real"), strings.Contains(t, "floa"), strings.Contains(t, "doub"):
		return valueReal
	}
	return valueNumeric
}

// valueComparison returns the Comparison of a column with that affinity and
// collation, or "" where values cannot be compared.
func valueComparison(a valueAffinity, collation string) string {
	// What a collation of the application finds equal only it knows.
	collation = nameFold(collation)
	switch collation {
	case "binary", "nocase", "rtrim":
	default:
		return ""
	}
	switch a {
	case valueNumeric:
		// Texts of such columns are outside the rules, so the collation does
		// not matter.
		return valueNum
	case valueText:
		return "sqlite1.text." + collation
	case valueNone:
		return "sqlite1.any." + collation
	}
	// Numbers of a REAL column are floats, where 2^53 and 2^53+1 are one.
	return ""
}

// Canonical implements [dialect.Dialect].
func (sqliteDialect) Canonical(c *dialect.Column, v driver.Value, side dialect.Side) (string, bool) {
	switch c.Comparison {
	case valueNum:
		return valueCanonicalNum(v, side)
	case valueTextBinary:
		return valueCanonicalText(v, side, valueFoldBinary)
	case valueTextNoCase:
		return valueCanonicalText(v, side, valueFoldNoCase)
	case valueTextRTrim:
		return valueCanonicalText(v, side, valueFoldRTrim)
	case valueAnyBinary:
		return valueCanonicalAny(v, side, valueFoldBinary)
	case valueAnyNoCase:
		return valueCanonicalAny(v, side, valueFoldNoCase)
	case valueAnyRTrim:
		return valueCanonicalAny(v, side, valueFoldRTrim)
	}
	return "", false
}

// Truth implements [dialect.Dialect]. A text or blob is true when the number
// at its start is not zero; those are left unknown.
func (sqliteDialect) Truth(_ *dialect.Column, v driver.Value) (truth, known bool) {
	if f, ok := v.(float64); ok {
		return f != 0, f == f
	}
	if n, ok := valueInt(v); ok {
		return n != 0, true
	}
	return false, false
}

// valueCanonicalNum serves columns of INTEGER and NUMERIC affinity.
func valueCanonicalNum(v driver.Value, side dialect.Side) (string, bool) {
	if s, ok := v.(string); ok {
		// SQLite turns an argument that looks like a number into one. Of all
		// the ways to write one only the plain one is understood here. A text
		// that stayed a text in the column is not worth a rule.
		if side == dialect.SideArgument && valuePlainInt(s) {
			return "i" + s, true
		}
		return "", false
	}
	return valueCanonicalNumber(v, side)
}

// valueCanonicalText serves columns of TEXT affinity, in which every number
// becomes a text.
func valueCanonicalText(v driver.Value, side dialect.Side, fold valueFold) (string, bool) {
	switch v := v.(type) {
	case string:
		return valueCanonicalString(v, fold)
	case []byte:
		return valueCanonicalBytes(v, side, fold)
	}
	// A number in the column itself was put there behind the schema's back. A
	// float's text is SQLite's choice.
	if n, ok := valueInt(v); ok && side == dialect.SideArgument {
		return "t" + strconv.FormatInt(n, 10), true
	}
	return "", false
}

// valueCanonicalAny serves columns without affinity, where no value changes.
func valueCanonicalAny(v driver.Value, side dialect.Side, fold valueFold) (string, bool) {
	switch v := v.(type) {
	case string:
		return valueCanonicalString(v, fold)
	case []byte:
		return valueCanonicalBytes(v, side, fold)
	}
	return valueCanonicalNumber(v, side)
}

// valueCanonicalNumber handles whole numbers, bools and floats.
func valueCanonicalNumber(v driver.Value, side dialect.Side) (string, bool) {
	if n, ok := valueInt(v); ok {
		return "i" + strconv.FormatInt(n, 10), true
	}
	f, ok := v.(float64)
	if !ok || f != f {
		return "", false
	}
	const exact = 1 << 53 // below it every whole number has a float of its own
	switch whole := f == math.Trunc(f); {
	case whole && -exact < f && f < exact:
		return "i" + strconv.FormatInt(int64(f), 10), true
	case side == dialect.SideArgument:
		// A literal may be read by SQLite with an error in its last bit.
		return "", false
	case !whole || f >= 1<<63 || f < -1<<63:
		return "f" + strconv.FormatUint(math.Float64bits(f), 16), true
	}
	return "", false
}

// valueCanonicalString handles texts.
func valueCanonicalString(s string, fold valueFold) (string, bool) {
	if !valueClean(s) {
		return "", false
	}
	return "t" + fold(s), true
}

// valueCanonicalBytes handles blobs, and texts that a driver returned as bytes.
func valueCanonicalBytes(b []byte, side dialect.Side, fold valueFold) (string, bool) {
	if len(b) == 0 && side == dialect.SideArgument {
		return "", false // some drivers bind it as NULL
	}
	return "t" + fold(string(b)), true
}

// valueInt returns the number that drivers bind for a value of a whole or
// boolean type.
func valueInt(v driver.Value) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case bool:
		if v {
			return 1, true
		}
		return 0, true
	case int:
		return int64(v), true
	case int32:
		return int64(v), true
	case int16:
		return int64(v), true
	case int8:
		return int64(v), true
	case uint:
		return valueUint(uint64(v))
	case uint64:
		return valueUint(v)
	case uint32:
		return int64(v), true
	case uint16:
		return int64(v), true
	case uint8:
		return int64(v), true
	}
	return 0, false
}

// valueUint refuses what is no int64: drivers do not bind it.
func valueUint(v uint64) (int64, bool) {
	if v > math.MaxInt64 {
		return 0, false
	}
	return int64(v), true
}

// valuePlainInt tells whether s is a whole number of at most 18 digits as
// strconv writes it.
func valuePlainInt(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || len(digits) > 18 || digits[0] == '0' && len(s) > 1 {
		return false
	}
	for i := range len(digits) {
		if digits[i] < '0' || '9' < digits[i] {
			return false
		}
	}
	return true
}

// valueClean tells whether a text stays what it is on its way through SQLite:
// valid UTF-8, without a NUL, where a collation or driver may stop, and without
// U+FFFE and U+FFFF, which older versions (3.40 is one) replace by U+FFFD where
// the database is in UTF-16.
func valueClean(s string) bool {
	return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 &&
		!strings.Contains(s, "\uFFFE") && !strings.Contains(s, "\uFFFF")
}

// valueFold maps the texts that a collation finds equal to one.
type valueFold func(string) string

func valueFoldBinary(s string) string { return s }

// valueFoldNoCase folds ASCII letters, as SQLite's NOCASE does, and no others.
func valueFoldNoCase(s string) string { return nameFold(s) }

// valueFoldRTrim takes blanks off the end, as RTRIM does: U+0020 alone.
func valueFoldRTrim(s string) string { return strings.TrimRight(s, " ") }
