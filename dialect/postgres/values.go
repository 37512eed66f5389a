package postgres

import (
	"database/sql/driver"
	"math"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// How PostgreSQL compares a column with an argument, in short: the argument has
// no type of its own, takes the column's, and is read by that type's rules for
// input. What is sent is the driver's choice, and pgx's depends on its mode for
// queries: as text, or in the binary form of the type. The rules here are a
// positive list of the Go values of which all drivers, in all modes, either make
// the same value or an error.
//
// A literal is a value like any other. One with a point is a [dialect.Decimal]: a
// float64 is not always the same number.
//
// A canonical text needs no class: columns with one Comparison hold values of one
// kind.

// Canonical implements [dialect.Dialect].
func (postgresDialect) Canonical(c *dialect.Column, v driver.Value, side dialect.Side) (string, bool) {
	if d, ok := v.(dialect.Decimal); ok {
		return valueCanonicalDecimal(c, string(d))
	}
	if side == dialect.SideArgument {
		var ok bool
		if v, ok = valueOf(v); !ok {
			return "", false
		}
	}
	switch c.Comparison {
	case valueWhole:
		return valueCanonicalWhole(v)
	case valueText, valueEnum:
		return valueCanonicalText(v, side)
	case valueUUID:
		return valueCanonicalUUID(v, side)
	case valueBool:
		return valueCanonicalBool(v, side)
	case valueNumeric:
		return valueCanonicalNumeric(v, side)
	case valueTimestampTZ:
		return valueCanonicalTimestampTZ(v, side)
	case valueTimestamp:
		return valueCanonicalTimestamp(v, side)
	case valueDate:
		return valueCanonicalDate(v, side)
	case valueTime:
		return valueCanonicalTime(v, side)
	case valueBlank:
		return valueCanonicalBlank(v, side)
	case valueCIText:
		return valueCanonicalCIText(v, side)
	case valueBytes:
		return valueCanonicalBytes(v, side)
	}
	return "", false
}

// Truth implements [dialect.Dialect].
func (postgresDialect) Truth(c *dialect.Column, v driver.Value) (truth, known bool) {
	if c.Comparison != valueBool {
		return false, false
	}
	truth, known = v.(bool)
	return truth, known
}

// valueString returns a text: an argument's, or, from a driver that returns texts
// as bytes, an image's.
func valueString(v driver.Value, side dialect.Side) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case []byte:
		// As an argument one driver takes it for a text, another for a bytea.
		return string(v), side == dialect.SideImage
	}
	return "", false
}

// valueCanonicalWhole serves int2, int4 and int8. What is too large for the
// column's type is an error to the database, or equals none of its values.
func valueCanonicalWhole(v driver.Value) (string, bool) {
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		const exact = 1 << 53 // below it every whole number has a float of its own
		if v == math.Trunc(v) && -exact < v && v < exact {
			return strconv.FormatInt(int64(v), 10), true
		}
	case string:
		return v, valuePlainWhole(v)
	}
	return "", false
}

// valuePlainWhole tells whether s is a whole number of at most 18 digits as
// strconv writes it.
func valuePlainWhole(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	if len(digits) > 18 || !valueDigits(digits) {
		return false
	}
	return digits[0] != '0' || len(s) == 1
}

// valueDigits tells whether s is made of the digits 0 to 9, and not empty.
func valueDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || '9' < s[i] {
			return false
		}
	}
	return s != ""
}

// valueCanonicalNumeric serves numeric, whose values are equal when they are the
// same number, whatever the number of digits behind the point.
func valueCanonicalNumeric(v driver.Value, side dialect.Side) (string, bool) {
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10), true
	case uint64:
		return strconv.FormatUint(v, 10), true
	case float64:
		// All drivers send the shortest digits that it is read from.
		return valueCanonicalNumeric(strconv.FormatFloat(v, 'f', -1, 64), side)
	}
	s, ok := valueString(v, side)
	if !ok {
		return "", false
	}
	return valueDecimal(s)
}

// valueCanonicalDecimal serves literals with a point, which are of type numeric:
// a column of whole numbers is compared as one, too.
func valueCanonicalDecimal(c *dialect.Column, s string) (string, bool) {
	s, ok := valueDecimal(s)
	switch c.Comparison {
	case valueNumeric:
		return s, ok
	case valueWhole: // one with a fraction equals none
		return s, ok && valuePlainWhole(s)
	}
	return "", false
}

// valueDecimal brings a decimal number to one form for all ways to write it.
func valueDecimal(s string) (string, bool) {
	digits, minus := strings.CutPrefix(s, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if !valueDigits(whole) || point && !valueDigits(fraction) {
		return "", false // NaN, Infinity, exponents, blanks
	}
	whole = strings.TrimLeft(whole, "0")
	fraction = strings.TrimRight(fraction, "0")
	if whole == "" {
		whole = "0"
	}
	switch {
	case fraction != "":
		whole += "." + fraction
	case whole == "0":
		return whole, true
	}
	if minus {
		whole = "-" + whole
	}
	return whole, true
}

// valueCanonicalBool serves bool. Of the texts that stand for one those are
// understood that are short and sure.
func valueCanonicalBool(v driver.Value, side dialect.Side) (string, bool) {
	if b, ok := v.(bool); ok {
		return strconv.FormatBool(b), true
	}
	s, _ := valueString(v, side)
	switch s {
	case "t", "true", "1", "yes", "on":
		return "true", true
	case "f", "false", "0", "no", "off":
		return "false", true
	}
	return "", false
}
