package mysql

import (
	"database/sql/driver"
	"math"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// valueExactDigits is how many digits of a decimal number a float keeps: two numbers of
// so many are never one float.
const valueExactDigits = 15

// The bounds on a number's digits, before the point and behind it, within which every
// server reads it as it is written.
const valueMaxWhole, valueMaxFraction = 30, 30

// valueCanonicalWhole serves the types of whole numbers, with a sign or without.
func valueCanonicalWhole(v driver.Value, side dialect.Side) (string, bool) {
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10), true
	case uint64:
		return strconv.FormatUint(v, 10), true
	}
	if side == dialect.SideImage {
		// The driver returns large numbers of bigint unsigned as texts.
		s, ok := valueImageText(v)
		return s, ok && valuePlainWhole(s)
	}
	switch v := v.(type) {
	case bool:
		return valueBit(v), true
	case float64:
		const exact = 1 << 53 // below it every whole number has a float of its own
		if v == math.Trunc(v) && -exact < v && v < exact {
			return strconv.FormatInt(int64(v), 10), true
		}
	case string:
		// Read as a float, or as a number of the column's type.
		return v, len(v) <= valueExactDigits && valuePlainWhole(v)
	case dialect.Decimal:
		// One with a fraction equals none.
		return valueDecimalForm(string(v), 0)
	}
	// Bytes may be a literal in hexadecimal, which is a number here.
	return "", false
}

// valueBit is what the driver sends for a bool, and what TRUE and FALSE are.
func valueBit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// valueCanonicalDecimal serves decimal, whose values are equal when they are the same
// number, whatever the number of digits behind the point. A text or a float is compared
// as a float, if not by every server, so it is understood where all floats concerned
// stand for one number.
func valueCanonicalDecimal(c *dialect.Column, v driver.Value, side dialect.Side) (string, bool) {
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10), true
	case uint64:
		return strconv.FormatUint(v, 10), true
	}
	if side == dialect.SideImage {
		s, ok := valueImageText(v)
		if !ok {
			return "", false
		}
		return valueDecimalOf(s)
	}
	precision, scale := valueTypeNumbers(c.Type) // none: 0
	switch v := v.(type) {
	case bool:
		return valueBit(v), true
	case dialect.Decimal:
		return valueDecimalForm(string(v), scale)
	case float64:
		return valueAsFloat(strconv.FormatFloat(v, 'f', -1, 64), precision, scale)
	case string:
		return valueAsFloat(v, precision, scale)
	}
	return "", false
}

// valueAsFloat serves a number that a decimal column may be compared with as a float.
func valueAsFloat(s string, precision, scale int) (string, bool) {
	if precision == 0 || precision > valueExactDigits || len(s) > valueExactDigits+len("-.") {
		return "", false
	}
	digits := 0
	for i := range len(s) {
		if '0' <= s[i] && s[i] <= '9' {
			digits++
		}
	}
	if digits > valueExactDigits {
		return "", false
	}
	return valueDecimalForm(s, scale)
}

// valueTypeNumbers returns the numbers in parentheses behind the name of a type: 10 and 2
// of decimal(10,2). Those that are not there are 0.
func valueTypeNumbers(declared string) (first, second int) {
	_, rest, ok := strings.Cut(declared, "(")
	list, _, closed := strings.Cut(rest, ")")
	if !ok || !closed {
		return 0, 0
	}
	one, two, both := strings.Cut(list, ",")
	first, err := strconv.Atoi(one)
	if err != nil {
		return 0, 0
	}
	if both {
		if second, err = strconv.Atoi(two); err != nil {
			return 0, 0
		}
	}
	return first, second
}

// valueDecimalForm is valueDecimalOf for numbers that no server has to round. One with
// more digits behind the point than the column has equals none of its values, and yet an
// index may be searched for what it is rounded to.
func valueDecimalForm(s string, scale int) (string, bool) {
	s, ok := valueDecimalOf(s)
	if !ok {
		return "", false
	}
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	return s, len(whole) <= valueMaxWhole && len(fraction) <= min(scale, valueMaxFraction)
}

// valueDecimalOf brings a decimal number to one form for all ways to write it.
func valueDecimalOf(s string) (string, bool) {
	digits, minus := strings.CutPrefix(s, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if !valueDigits(whole) && (whole != "" || !point) || point && !valueDigits(fraction) && (fraction != "" || whole == "") {
		return "", false // exponents, blanks
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

// valuePlainWhole tells whether s is a whole number as strconv writes it.
func valuePlainWhole(s string) bool {
	digits := strings.TrimPrefix(s, "-")
	if !valueDigits(digits) {
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
