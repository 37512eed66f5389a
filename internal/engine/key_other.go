package engine

import (
	"database/sql/driver"
	"encoding/binary"
	"math"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Some drivers take any Go value as an argument, and choose by its type what they
// make of it. What is in the key of such a value is its type, with the path of its
// package, all that it is made of, and, where it has one, what its Value method
// returns. Values that a program could change unseen, or that say only to
// themselves what they hold, have no key.

// maxDepth bounds how deep values are followed: lists of pointers to structs of
// names, and no chains.
const maxDepth = 8

// pgxPath begins the paths of pgx's packages.
const pgxPath = "github.com/jackc/pgx/"

var (
	timeType   = reflect.TypeFor[time.Time]()
	addrType   = reflect.TypeFor[netip.Addr]()
	prefixType = reflect.TypeFor[netip.Prefix]()
	valuerType = reflect.TypeFor[driver.Valuer]()
)

// otherValue encodes a value of a type that is not among those of [driver.Value]. It
// asks a driver.Valuer, as the driver will: a Valuer must return the same each time,
// and may be asked more often than without a cache. Where that fails, or panics, the
// value has no key, and the driver meets the same. What it returns is memory of its
// own, so that keys of usual values need none.
func otherValue(v any) (out []byte, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	rv := reflect.ValueOf(v)
	name, ok := typeID(rv.Type())
	if !ok {
		return nil, false
	}
	out, ok = appendReflected(appendString(nil, name), rv, 0, false)
	if !ok {
		return nil, false
	}
	return appendValuer(out, rv)
}

// appendValuer appends what a driver.Valuer returns, and nothing for others.
func appendValuer(b []byte, rv reflect.Value) ([]byte, bool) {
	for rv.Kind() == reflect.Pointer {
		if rv.IsNil() {
			return b, true // NULL, or what its method makes of no value at all
		}
		if rv.Type().Implements(valuerType) {
			break
		}
		rv = rv.Elem()
	}
	valuer, ok := reflect.TypeAssert[driver.Valuer](rv)
	if !ok {
		return b, true
	}
	v, err := valuer.Value()
	if err != nil || !driver.IsValue(v) {
		return b, false
	}
	return appendPlain(b, v)
}

// typeIDs keeps the names of types: map[reflect.Type]string. It has no bound, for a
// program has only so many types. Those that typeID refuses have "".
var typeIDs sync.Map

// typeID names a type as no other one is named. False stands for types whose
// values have no key.
func typeID(t reflect.Type) (string, bool) {
	if id, ok := typeIDs.Load(t); ok {
		return id.(string), id != "" //nolint:forcetypeassert // nothing else is stored
	}
	id := typeName(t)
	typeIDs.Store(t, id)
	return id, id != ""
}

// typeName is typeID without the cache, and "" where that is false.
func typeName(t reflect.Type) string {
	if t.Name() != "" {
		return t.PkgPath() + "." + t.Name()
	}
	var prefix string
	switch t.Kind() {
	case reflect.Pointer:
		prefix = "*"
	case reflect.Slice:
		prefix = "[]"
	case reflect.Array:
		prefix = "[" + strconv.Itoa(t.Len()) + "]"
	default:
		return ""
	}
	if element := typeName(t.Elem()); element != "" {
		return prefix + element
	}
	return ""
}

// appendReflected appends what a value is made of. The type says how much that is,
// but for lengths, pointers and interfaces. Inside is true for what a struct holds.
func appendReflected(b []byte, v reflect.Value, depth int, inside bool) ([]byte, bool) {
	if depth > maxDepth {
		return b, false
	}
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			return append(b, 1), true
		}
		return append(b, 0), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return binary.AppendVarint(b, v.Int()), true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return binary.AppendUvarint(b, v.Uint()), true
	case reflect.Float32, reflect.Float64:
		return binary.LittleEndian.AppendUint64(b, math.Float64bits(v.Float())), true
	case reflect.String:
		return appendString(b, v.String()), true
	case reflect.Slice, reflect.Array:
		return appendList(b, v, depth, inside)
	case reflect.Pointer, reflect.Interface:
		return appendPointed(b, v, depth, inside)
	case reflect.Struct:
		return appendStruct(b, v, depth, inside)
	default: // maps, functions, channels
		return b, false
	}
}

// appendList appends the elements of a slice or an array.
func appendList(b []byte, v reflect.Value, depth int, inside bool) ([]byte, bool) {
	if v.Kind() == reflect.Slice {
		if v.IsNil() {
			return append(b, 0), true
		}
		b = append(b, 1)
	}
	b = binary.AppendUvarint(b, uint64(v.Len())) //nolint:gosec // not negative
	if v.Type().Elem().Kind() == reflect.Uint8 && v.Kind() == reflect.Slice {
		return append(b, v.Bytes()...), true
	}
	for i := range v.Len() {
		var ok bool
		if b, ok = appendReflected(b, v.Index(i), depth+1, inside); !ok {
			return b, false
		}
	}
	return b, true
}

// appendPointed appends what a pointer or an interface holds.
func appendPointed(b []byte, v reflect.Value, depth int, inside bool) ([]byte, bool) {
	if v.IsNil() {
		return append(b, 0), true
	}
	b = append(b, 1)
	e := v.Elem()
	if v.Kind() == reflect.Interface {
		name, ok := typeID(e.Type())
		if !ok {
			return b, false
		}
		b = appendString(b, name)
	}
	return appendReflected(b, e, depth+1, inside)
}

// appendStruct appends the fields of a struct. Times and addresses are known by
// what they say of themselves: what they are made of points elsewhere. Other
// structs must say what they are to a database, or be pgx's own.
func appendStruct(b []byte, v reflect.Value, depth int, inside bool) ([]byte, bool) {
	t := v.Type()
	switch t {
	case timeType, addrType, prefixType:
		if !v.CanInterface() {
			return b, false
		}
		switch x := v.Interface().(type) {
		case time.Time:
			return appendTime(b, x), true
		case netip.Addr:
			return appendString(b, x.String()), true
		case netip.Prefix:
			return appendString(b, x.String()), true
		}
	}
	if !inside && !t.Implements(valuerType) && !reflect.PointerTo(t).Implements(valuerType) && !strings.HasPrefix(t.PkgPath(), pgxPath) {
		return b, false
	}
	for i := range t.NumField() {
		var ok bool
		if b, ok = appendReflected(b, v.Field(i), depth+1, true); !ok {
			return b, false
		}
	}
	return b, true
}
