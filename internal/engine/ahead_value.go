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

// Some libraries write values into their texts. A text for another row is made only of
// values that no database could take for anything else: whole numbers, and strings of
// letters, digits and a few signs.

// plainSigns are what a string may have besides letters and digits.
const plainSigns = "-_.@:+/ "

// appendLiteral returns a value as a text has it. False: it could mean something else.
func appendLiteral(v driver.Value) (string, bool) {
	switch v := v.(type) {
	case int64:
		return strconv.FormatInt(v, 10), v >= 0
	case string:
		for i := range len(v) {
			if !isWordByte(v[i]) && strings.IndexByte(plainSigns, v[i]) < 0 {
				return "", false
			}
		}
		return "'" + v + "'", true
	default:
		return "", false
	}
}

// aroundLiteral cuts a text at the only place where it has a value. False: there is
// none, or more than one.
func aroundLiteral(text string, v any) (head, tail string, ok bool) {
	literal, ok := appendLiteral(v)
	if !ok {
		return "", "", false
	}
	at := -1
	for i := 0; i+len(literal) <= len(text); i++ {
		if text[i:i+len(literal)] != literal || i > 0 && joins(text[i-1]) || i+len(literal) < len(text) && joins(text[i+len(literal)]) {
			continue
		}
		if at >= 0 {
			return "", "", false
		}
		at = i
	}
	if at < 0 {
		return "", "", false
	}
	return text[:at], text[at+len(literal):], true
}

// joins reports whether a byte beside a value could be a part of it.
func joins(b byte) bool {
	return isWordByte(b) || b >= 0x80 || strings.IndexByte(`.'"$?:@#-+\`+"`", b) >= 0
}

// isWordByte reports whether a byte is a letter, a digit or an underscore.
func isWordByte(b byte) bool {
	return b == '_' || '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}
