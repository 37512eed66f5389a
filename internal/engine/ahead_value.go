package engine

import (
	"database/sql/driver"
	"encoding/hex"
	"reflect"
	"strconv"
	"strings"
)

// valueLike returns a value of a row in the type of an argument that a program
// compared its column with: entries are told apart by the types of arguments too.
// False: it is not known how.
func valueLike(sample, v driver.Value) (driver.Value, bool) {
	if reflect.TypeOf(sample) == reflect.TypeOf(v) {
		return v, true
	}
	t := reflect.TypeOf(sample)
	switch v := v.(type) {
	case int64:
		return wholeLike(t, v)
	case []byte:
		return textLike(t, string(v))
	case string:
		return textLike(t, v)
	default:
		return nil, false
	}
}

// wholeLike returns a whole number in a type.
func wholeLike(t reflect.Type, n int64) (driver.Value, bool) {
	out := reflect.New(t).Elem()
	switch {
	case out.CanInt() && !out.OverflowInt(n):
		out.SetInt(n)
	case out.CanUint() && n >= 0 && !out.OverflowUint(uint64(n)):
		out.SetUint(uint64(n))
	case t.Kind() == reflect.String: // as it comes out of a URL
		out.SetString(strconv.FormatInt(n, 10))
	default:
		return nil, false
	}
	return out.Interface(), true
}

// textLike returns a text in a type: texts, bytes, and the 16 bytes of a UUID.
func textLike(t reflect.Type, s string) (driver.Value, bool) {
	const uuid = 16
	out := reflect.New(t).Elem()
	switch {
	case t.Kind() == reflect.String:
		out.SetString(s)
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		out.SetBytes([]byte(s))
	case t.Kind() == reflect.Array && t.Elem().Kind() == reflect.Uint8 && t.Len() == uuid:
		b, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
		if err != nil || len(b) != uuid {
			return nil, false
		}
		reflect.Copy(out, reflect.ValueOf(b))
	default:
		return nil, false
	}
	return out.Interface(), true
}
