package postgres

import (
	"database/sql/driver"
	"reflect"
	"strings"
	"time"

	"github.com/cacheops/cacheops/dialect"
)

// Elements implements [dialect.Dialect]. It knows slices of Go, pgx's types for
// arrays, and PostgreSQL's own text for them, which pq.Array writes.
func (postgresDialect) Elements(c *dialect.Column, v driver.Value) ([]driver.Value, bool) {
	switch v := v.(type) {
	case string:
		return valueParseArray(c, v)
	case []byte:
		return nil, false // an array's text to one driver, one value to another
	case []int64:
		return valueList(v), true
	case []string:
		return valueList(v), true
	case []int32:
		return valueList(v), true
	case []int:
		return valueList(v), true
	case [][16]byte:
		return valueList(v), true
	case []bool:
		return valueList(v), true
	case []time.Time:
		return valueList(v), true
	}
	return valueElementsOther(c, v)
}

// valueList boxes the elements of a slice.
func valueList[T any](list []T) []driver.Value {
	out := make([]driver.Value, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

// valueElementsOther is Elements for all other types.
func valueElementsOther(c *dialect.Column, v any) (out []driver.Value, ok bool) {
	defer func() {
		if recover() != nil { // a Valuer's own affair: the driver will meet it too
			out, ok = nil, false
		}
	}()
	rv := reflect.ValueOf(v)
	for range 4 {
		if rv.Kind() != reflect.Pointer || rv.IsNil() {
			break
		}
		rv = rv.Elem()
	}
	if !rv.IsValid() {
		return nil, false
	}
	t := rv.Type()
	if t.Kind() == reflect.Struct && strings.HasSuffix(t.PkgPath(), valuePgtype) && strings.HasPrefix(t.Name(), "Array[") {
		if !rv.FieldByName("Valid").Bool() || rv.FieldByName("Dims").Len() > 1 {
			return nil, false
		}
		return valueSlice(rv.FieldByName("Elements"))
	}
	if valueOwnWay(t) || valueOwnWay(reflect.PointerTo(t)) {
		if !strings.HasSuffix(t.PkgPath(), valuePgtype) {
			return nil, false
		}
	} else if valuer, is := reflect.TypeAssert[driver.Valuer](rv); is {
		if t.Kind() == reflect.Slice && rv.IsNil() {
			return nil, false
		}
		text, err := valuer.Value()
		if s, isText := text.(string); isText && err == nil {
			return valueParseArray(c, s)
		}
		return nil, false
	}
	return valueSlice(rv)
}

// valueSlice returns the elements of a slice of one dimension, less the NULLs. It
// reports false for anything else.
func valueSlice(rv reflect.Value) (out []driver.Value, ok bool) {
	if rv.Kind() != reflect.Slice {
		return nil, false
	}
	for i := range rv.Len() {
		e := rv.Index(i)
		for e.Kind() == reflect.Pointer && !e.IsNil() {
			e = e.Elem()
		}
		switch e.Kind() {
		case reflect.Pointer: // NULL
			continue
		case reflect.Slice:
			if e.Type() != reflect.TypeFor[[]byte]() || e.IsNil() {
				return nil, false // more than one dimension
			}
		case reflect.Interface:
			return nil, false
		case reflect.Struct:
			// NULL has more than one form.
			if f := e.FieldByName("Valid"); f.IsValid() && f.Kind() == reflect.Bool && !f.Bool() {
				continue
			}
		default:
		}
		out = append(out, e.Interface())
	}
	return out, true
}

// valueParseArray reads an array's text: one dimension, no blanks between, no
// bounds. Of a NULL without quotes a setting decides whether it is one.
func valueParseArray(c *dialect.Column, s string) ([]driver.Value, bool) {
	body, ok := strings.CutPrefix(s, "{")
	if !ok {
		return nil, false
	}
	if body == "}" {
		return nil, true
	}
	var out []driver.Value
	for {
		var element string
		quoted := strings.HasPrefix(body, `"`)
		if quoted {
			element, body, ok = valueUnquote(body[1:])
		} else {
			end := strings.IndexAny(body, ",}")
			if ok = end > 0 && !strings.ContainsAny(body[:end], "{\"\\ \t\n\r\v\f"); ok {
				element, body = body[:end], body[end:]
			}
		}
		if !ok || body == "" {
			return nil, false
		}
		switch {
		case quoted || !strings.EqualFold(element, "null"):
			out = append(out, element)
		case c.Comparison == valueText || c.Comparison == valueBlank || c.Comparison == valueCIText || c.Comparison == valueEnum ||
			c.Comparison == valueBytes:
			return nil, false
		}
		if body == "}" {
			return out, true
		}
		if body[0] != ',' {
			return nil, false
		}
		body = body[1:]
	}
}

// valueUnquote reads an element up to its closing quote, and returns what comes
// behind.
func valueUnquote(s string) (element, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			return b.String(), s[i+1:], true
		case '\\':
			if i++; i == len(s) {
				return "", "", false
			}
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}
