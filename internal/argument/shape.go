package argument

import (
	"crypto/sha256"
	"encoding/base64"
	"reflect"
	"strconv"
	"sync"
)

// shapes are the identities of types that were asked for.
var shapes sync.Map // of reflect.Type: a string

// Identity is what tells a type apart from others, in all programs: its name with the
// paths of packages, and a digest of what its values hold, by the names, tags, order and
// types of exported fields. So a type that got another field is another one. It is
// worked out once for each type, and has no byte that is zero.
func Identity(t reflect.Type) string {
	if id, ok := shapes.Load(t); ok {
		return id.(string) //nolint:forcetypeassert // nothing else is stored
	}
	sum := sha256.Sum256(appendShape(nil, t, make(map[reflect.Type]bool)))
	id := string(appendName(nil, t)) + " " + base64.RawURLEncoding.EncodeToString(sum[:16])
	shapes.Store(t, id)
	return id
}

// appendName appends the name of a type. A type without one is made of those that have
// some.
func appendName(b []byte, t reflect.Type) []byte {
	if t.Name() != "" {
		return append(append(append(b, t.PkgPath()...), '.'), t.Name()...)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return appendName(append(b, '*'), t.Elem())
	case reflect.Slice:
		return appendName(append(b, "[]"...), t.Elem())
	case reflect.Array:
		return appendName(append(strconv.AppendInt(append(b, '['), int64(t.Len()), 10), ']'), t.Elem())
	case reflect.Map:
		return appendName(append(appendName(append(b, "map["...), t.Key()), ']'), t.Elem())
	default:
		return append(b, t.Kind().String()...)
	}
}

// appendShape appends what values of a type hold. Around are the types with names that it
// is a part of: such a type is described where it was met first.
func appendShape(b []byte, t reflect.Type, around map[reflect.Type]bool) []byte {
	text := func(s string) { b = append(append(strconv.AppendInt(b, int64(len(s)), 10), ':'), s...) }
	text(string(appendName(nil, t)))
	text(t.Kind().String())
	if around[t] {
		return b
	}
	if t.Name() != "" {
		around[t] = true
		defer delete(around, t)
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		b = appendShape(b, t.Elem(), around)
	case reflect.Map:
		b = appendShape(appendShape(b, t.Key(), around), t.Elem(), around)
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if !f.IsExported() && !f.Anonymous {
				continue
			}
			text(f.Name)
			text(string(f.Tag))
			b = appendShape(b, f.Type, around)
		}
		b = append(b, '}')
	default:
		text(t.String())
	}
	return b
}
