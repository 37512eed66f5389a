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
		return functionDateWord(v)
	case []byte:
		return functionDateWord(string(v))
	case []string:
		return slices.ContainsFunc(v, functionDateWord)
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
		if text, ok := value.(string); ok && functionDateWord(text) {
			return true
		}
		if text, ok := value.([]byte); ok && functionDateWord(string(text)) {
			return true
		}
	}
	if text, ok := v.(fmt.Stringer); ok { // as which pgx sends it where a text is wanted
		return functionDateWord(text.String())
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
		return functionDateWord(v.String())
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && argumentHolds(v.Elem(), depth+1)
	case reflect.Slice, reflect.Array:
		switch v.Type().Elem().Kind() {
		case reflect.Uint8:
			if v.Kind() == reflect.Slice {
				return functionDateWord(string(v.Bytes()))
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
