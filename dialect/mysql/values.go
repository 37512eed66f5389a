package mysql

import (
	"database/sql/driver"
	"encoding/json"
	"strings"
	"time"

	"github.com/cacheops/cacheops/dialect"
)

// How MySQL and MariaDB compare a column with an argument, in short: by the types of
// both. Numbers are compared as numbers. Texts are compared by the column's collation,
// to which a text of bytes gives way, too; columns of bytes are compared byte by byte. A
// text that is compared with a whole number or a decimal is read as a number, by one
// server as a float and by the other as a decimal; one that is compared with a date is
// read as one. A column of texts that is compared with a number is read as floats:
// nothing is known then of what its values equal.
//
// The driver sends a text, a number or NULL. With interpolateParams it writes them into
// the statement, else it binds them; the rules here hold both ways. A time.Time becomes
// a text by the clock of the time zone that the data source name gives, which is not
// known here: no rule takes one for an argument.
//
// A canonical text needs no class: columns with one Comparison hold values of one kind.

// Canonical implements [dialect.Dialect].
func (mysqlDialect) Canonical(c *dialect.Column, v driver.Value, side dialect.Side) (string, bool) {
	if c.Comparison == "" {
		return "", false
	}
	if side == dialect.SideArgument {
		var ok bool
		if v, ok = valueOf(v); !ok {
			return "", false
		}
	}
	switch c.Comparison {
	case valueWhole:
		return valueCanonicalWhole(v, side)
	case valueDecimal:
		return valueCanonicalDecimal(c, v, side)
	case valueBytes:
		return valueCanonicalBytes(v, side)
	case valueDate:
		return valueCanonicalDate(v, side)
	case valueDateTime:
		return valueCanonicalDateTime(c, v, side)
	}
	if strings.HasPrefix(c.Comparison, valueTimestamp) {
		return valueCanonicalDateTime(c, v, side)
	}
	if rule, ok := strings.CutPrefix(c.Comparison, valueText); ok {
		return valueCanonicalText(rule, v, side)
	}
	if rule, ok := strings.CutPrefix(c.Comparison, valueEnum); ok {
		text, ok := valueCanonicalText(rule, v, side)
		return text, ok && (side == dialect.SideImage || valueLabel(text))
	}
	return "", false
}

// valueLabel tells whether a text that is compared with an enum can be nothing but a
// label. The empty text may be one, or stand for none of them: an index tells these
// apart, and the collation does not. Digits may be looked up as a label's number.
func valueLabel(text string) bool {
	text = strings.Trim(text, " ")
	return text != "" && !valueDigits(text)
}

// Elements implements [dialect.Dialect]. MySQL has no arrays.
func (mysqlDialect) Elements(*dialect.Column, driver.Value) ([]driver.Value, bool) {
	return nil, false
}

// Truth implements [dialect.Dialect]. Other types than whole numbers are read as
// numbers first, and not worth a rule.
func (mysqlDialect) Truth(c *dialect.Column, v driver.Value) (truth, known bool) {
	if c.Comparison != valueWhole {
		return false, false
	}
	text, ok := valueCanonicalWhole(v, dialect.SideImage)
	return ok && text != "0", ok
}

// valueOf brings an argument to what the driver sends: an int64, uint64, float64, bool,
// string, []byte or time.Time; or a literal to one of these or a [dialect.Decimal]. False
// stands for an error, for NULL, and for what is left to the driver.
func valueOf(v any) (out driver.Value, ok bool) {
	switch v := v.(type) {
	case int64, string, uint64, bool, float64, dialect.Decimal:
		return v, true
	case []byte:
		return v, v != nil
	case json.RawMessage: // sent as a text
		return string(v), v != nil
	}
	defer func() {
		if recover() != nil { // a Valuer's own affair: the driver will meet it too
			out, ok = nil, false
		}
	}()
	out, err := argumentConvert(v)
	if err != nil {
		return nil, false
	}
	switch v := out.(type) {
	case int64, string, uint64, bool, float64, time.Time:
		return v, true
	case []byte:
		return v, v != nil
	case json.RawMessage:
		return string(v), v != nil
	}
	return nil, false
}

// valueImageText returns a text that an image query returned: the driver hands out
// bytes.
func valueImageText(v driver.Value) (string, bool) {
	switch v := v.(type) {
	case []byte:
		return string(v), v != nil
	case string:
		return v, true
	}
	return "", false
}
