package postgres

import (
	"database/sql/driver"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/cacheops/cacheops/dialect"
)

// argumentMaxDepth bounds how far an argument is looked into.
const argumentMaxDepth = 8

// Dated implements [dialect.DateChecker]. A text that is sent for a date may be
// 'today', which PostgreSQL works out anew each time.
func (postgresDialect) Dated(v any) bool {
	switch v := v.(type) {
	case nil, int64, float64, bool, time.Time, int, int32, []int64, [16]byte:
		return false
	case string:
		return argumentClock(v)
	case []byte:
		return argumentClock(string(v))
	case []string:
		return slices.ContainsFunc(v, argumentClock)
	}
	return argumentDated(v)
}

// argumentDated looks into a value of any type, and at what it says of itself.
func argumentDated(v any) (dated bool) {
	defer func() {
		if recover() != nil {
			dated = true // a method of the program's; the driver will meet it too
		}
	}()
	rv := reflect.ValueOf(v)
	if argumentHolds(rv, 0) {
		return true
	}
	if rv.Kind() == reflect.Pointer && rv.IsNil() {
		return false
	}
	if valuer, ok := v.(driver.Valuer); ok {
		value, err := valuer.Value()
		if err != nil {
			return true
		}
		if text, ok := value.(string); ok && argumentClock(text) {
			return true
		}
		if text, ok := value.([]byte); ok && argumentClock(string(text)) {
			return true
		}
	}
	if text, ok := v.(fmt.Stringer); ok { // as which pgx sends it where a text is wanted
		return argumentClock(text.String())
	}
	return false
}

// argumentHolds reports whether a date word is anywhere in a value.
func argumentHolds(v reflect.Value, depth int) bool {
	if depth > argumentMaxDepth {
		return true
	}
	switch v.Kind() {
	case reflect.String:
		return argumentClock(v.String())
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && argumentHolds(v.Elem(), depth+1)
	case reflect.Slice, reflect.Array:
		switch v.Type().Elem().Kind() {
		case reflect.Uint8:
			if v.Kind() == reflect.Slice {
				return argumentClock(string(v.Bytes()))
			}
			return false // a uuid or the like
		case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
			reflect.Uint, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
			return false
		default: // what may hold a text
		}
		for i := range v.Len() {
			if argumentHolds(v.Index(i), depth+1) {
				return true
			}
		}
	case reflect.Map:
		for r := v.MapRange(); r.Next(); {
			if argumentHolds(r.Key(), depth+1) || argumentHolds(r.Value(), depth+1) {
				return true
			}
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return false
		}
		for i := range v.NumField() {
			if argumentHolds(v.Field(i), depth+1) {
				return true
			}
		}
	default: // numbers
	}
	return false
}

// DatedColumn implements [dialect.DateChecker].
func (postgresDialect) DatedColumn(c *dialect.Column) bool {
	switch c.Comparison {
	case valueWhole, valueNumeric, valueBool, valueText, valueBlank, valueCIText, valueEnum, valueUUID, valueBytes:
		return false
	}
	return true
}

// argumentWords is how many words a text may have beside one for the present time and
// yet be a time: today 8:00 am Europe/Paris.
const argumentWords = 2

// argumentClock reports whether a text may be a time that changes, or an array or a
// range of such. Programs pass all kinds of texts, so it looks at the words beside
// too, other than [functionDateWord].
func argumentClock(text string) bool {
	if text == "" || len(text) > functionMaxDate && text[0] != '{' && text[0] != '[' && text[0] != '(' {
		return false
	}
	found, others, start := false, 0, -1
	for i := 0; i <= len(text); i++ {
		if i < len(text) && ('a' <= text[i]|0x20 && text[i]|0x20 <= 'z' || text[i] >= 0x80 || start >= 0 && (text[i] == '/' || text[i] == '_')) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start < 0 {
			continue
		}
		switch word := text[start:i]; {
		case tokFoldEqual(word, "now"), tokFoldEqual(word, "today"), tokFoldEqual(word, "tomorrow"), tokFoldEqual(word, "yesterday"):
			found = true
		default:
			others++
		}
		start = -1
	}
	return found && (others <= argumentWords || text[0] == '{' || text[0] == '[' || text[0] == '(')
}
