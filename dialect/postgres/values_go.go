package postgres

import (
	"database/sql/driver"
	"fmt"
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/cacheops/cacheops/dialect"
)

// valueOf brings an argument to one of the types that Canonical knows: int64,
// uint64 where that is not enough, float64, bool, string, []byte, [16]byte and
// time.Time. A driver may be handed any Go value, and pgx encodes what it finds
// under a type's name. False stands for a value of which it is not known what the
// drivers make of it.
func valueOf(v any) (driver.Value, bool) {
	switch v := v.(type) {
	case int64, string, bool, []byte, time.Time, float64, [16]byte:
		return v, true
	case int:
		return int64(v), true
	case int32:
		return int64(v), true
	case int16:
		return int64(v), true
	case int8:
		return int64(v), true
	case uint8:
		return int64(v), true
	case uint16:
		return int64(v), true
	case uint32:
		return int64(v), true
	case uint64:
		return valueUint(v), true
	case uint:
		return valueUint(uint64(v)), true
	case float32:
		return valueFloat32(float64(v))
	case nil:
		return nil, false
	}
	return valueOther(v)
}

// valueUint returns an int64 where one is large enough.
func valueUint(v uint64) driver.Value {
	if v > math.MaxInt64 {
		return v
	}
	return int64(v)
}

// valueFloat32 takes a float32 only for a whole number: of others one driver sends
// its own digits, another those of the float64 that equals it.
func valueFloat32(v float64) (driver.Value, bool) { return v, v == math.Trunc(v) }

// valuePgtypes are pgx's own types that stand for one value of a type that is
// comparable, and whose Value is what they are encoded as everywhere.
var valuePgtypes = map[string]bool{
	"Bool": true, "Int2": true, "Int4": true, "Int8": true, "Text": true, "UUID": true,
	"Date": true, "Timestamp": true, "Timestamptz": true,
}

// valuePgtype is the end of the path of pgx's package of types.
const valuePgtype = "/pgtype"

// valueOther is valueOf for types that are not the language's own.
func valueOther(v any) (out driver.Value, ok bool) {
	defer func() {
		if recover() != nil { // a Valuer's own affair: the driver will meet it too
			out, ok = nil, false
		}
	}()
	rv := reflect.ValueOf(v)
	for range 4 {
		if rv.Kind() != reflect.Pointer {
			break
		}
		if rv.IsNil() {
			return nil, false // NULL, or what its Valuer makes of it
		}
		rv = rv.Elem()
	}
	t := rv.Type()
	if (valueOwnWay(t) || valueOwnWay(reflect.PointerTo(t))) && !strings.HasSuffix(t.PkgPath(), valuePgtype) {
		return nil, false
	}
	valuer, isValuer := v.(driver.Valuer)
	if !isValuer {
		valuer, isValuer = reflect.TypeAssert[driver.Valuer](rv)
	}
	if isValuer {
		return valueOfValuer(valuer, rv)
	}
	if t == reflect.TypeFor[time.Duration]() {
		return nil, false // an interval to one, a number to another
	}
	return valueUnderlying(rv)
}

// valueOwnWay reports whether a type has a method by which pgx asks what it is to a
// column of one type. It goes before its Value, and before what it is made of.
func valueOwnWay(t reflect.Type) bool {
	has := func(_ reflect.Method, ok bool) bool { return ok }
	// Names that are constants, so that programs are not linked with all methods.
	return has(t.MethodByName("Int64Value")) || has(t.MethodByName("Float64Value")) || has(t.MethodByName("NumericValue")) ||
		has(t.MethodByName("BoolValue")) || has(t.MethodByName("TextValue")) || has(t.MethodByName("BytesValue")) ||
		has(t.MethodByName("UUIDValue")) || has(t.MethodByName("DateValue")) || has(t.MethodByName("TimeValue")) ||
		has(t.MethodByName("TimestampValue")) || has(t.MethodByName("TimestamptzValue")) ||
		has(t.MethodByName("IndexType")) // an array
}

// valueUnderlying returns the value below a named type.
func valueUnderlying(rv reflect.Value) (driver.Value, bool) {
	switch rv.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return rv.Int(), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return valueUint(rv.Uint()), true
	case reflect.Float32:
		return valueFloat32(rv.Float())
	case reflect.Float64:
		return rv.Float(), true
	case reflect.Bool:
		return rv.Bool(), true
	case reflect.String:
		return rv.String(), true
	case reflect.Slice:
		if rv.Type() == reflect.TypeFor[[]byte]() && !rv.IsNil() {
			return rv.Bytes(), true
		}
	case reflect.Array:
		if rv.Len() == 16 && rv.Type().Elem().Kind() == reflect.Uint8 {
			var b [16]byte
			reflect.Copy(reflect.ValueOf(&b).Elem(), rv)
			return b, true
		}
	case reflect.Struct:
		if t, ok := reflect.TypeAssert[time.Time](rv); ok {
			return t, true
		}
	default:
	}
	return nil, false
}

// valueOfValuer asks a driver.Valuer. One driver takes it at its word; another
// looks at its type first.
func valueOfValuer(valuer driver.Valuer, rv reflect.Value) (driver.Value, bool) {
	t := rv.Type()
	pgtype := strings.HasSuffix(t.PkgPath(), valuePgtype)
	if pgtype && !valuePgtypes[t.Name()] {
		return nil, false
	}
	v, err := valuer.Value()
	if err != nil || v == nil {
		return nil, false
	}
	if pgtype {
		// Without a zone they are no moment, which a time.Time would be.
		if moment, ok := v.(time.Time); ok && t.Name() != "Timestamptz" {
			if t.Name() == "Date" {
				return moment.Format(time.DateOnly), true
			}
			return moment.Format("2006-01-02 15:04:05.999999999"), true
		}
	}
	switch v.(type) {
	case int64, float64, bool, string, []byte, time.Time:
	default:
		return nil, false
	}
	// What the type is made of must not say anything else, nor its text.
	if s, ok := reflect.TypeAssert[fmt.Stringer](rv); ok && t.Kind() != reflect.Struct {
		if text, isText := v.(string); isText && s.String() != text {
			return nil, false
		}
	}
	if t.Kind() == reflect.Struct || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		return v, true
	}
	below, ok := valueUnderlying(rv)
	if !ok {
		return v, true
	}
	if b, is := below.([16]byte); is {
		s, isText := v.(string)
		if !isText {
			return nil, false
		}
		text, isUUID := valueCanonicalUUID(s, dialect.SideArgument)
		return v, isUUID && text == string(b[:])
	}
	return v, below == v
}
