// Package argument encodes the arguments of functions for the keys of their results.
//
// Two values have one encoding only where they are equal in everything that is
// exported: kinds and lengths stand before what can vary. How a type is encoded is
// worked out once, when its encoder is made, so that a call looks at no types.
package argument

import (
	"encoding"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unsafe"
)

// Tag is the key of the struct tag whose value "-" leaves a field out.
const Tag = "cacheops"

// ErrType is wrapped by the error for a type that cannot be encoded.
var ErrType = errors.New("it cannot be a part of a key")

// step appends the encoding of the value at an address.
type step func(b []byte, at unsafe.Pointer) ([]byte, error)

// Encoder encodes values of one type. It may be used by many goroutines.
type Encoder struct{ step step }

// For returns the encoder of T. The error names the part that cannot be encoded: a
// function, a channel, an interface, an unexported field, a type that holds itself.
func For[T any]() (*Encoder, error) {
	var m maker
	s, err := m.make(reflect.TypeFor[T](), "the argument")
	if err != nil {
		return nil, err
	}
	return &Encoder{step: s}, nil
}

// Append appends the encoding of *v, which must be of the encoder's type.
func Append[T any](e *Encoder, b []byte, v *T) ([]byte, error) {
	return e.step(b, unsafe.Pointer(v)) //nolint:gosec // of the type that the encoder was made for
}

// encoders are those of the types that were met in interfaces.
var encoders sync.Map // of reflect.Type: an *Encoder or an error

// AppendAny appends the type of a value and its encoding. It works out how to encode a
// type once.
func AppendAny(b []byte, v any) ([]byte, error) {
	if v == nil {
		return append(b, 0), nil
	}
	t := reflect.TypeOf(v)
	known, ok := encoders.Load(t)
	if !ok {
		var m maker
		s, err := m.make(t, "the value")
		if known = any(&Encoder{step: s}); err != nil {
			known = err
		}
		encoders.Store(t, known)
	}
	e, ok := known.(*Encoder)
	if !ok {
		return nil, known.(error) //nolint:forcetypeassert // nothing else is stored
	}
	name := Identity(t)
	b = binary.AppendUvarint(append(b, 1), uint64(len(name)))
	b = append(b, name...)
	at := reflect.New(t)
	at.Elem().Set(reflect.ValueOf(v))
	return e.step(b, at.UnsafePointer())
}

// maker makes steps. It remembers the types around, to see one that holds itself.
type maker struct{ around []reflect.Type }

var (
	timeType   = reflect.TypeFor[time.Time]()
	binaryType = reflect.TypeFor[encoding.BinaryMarshaler]()
	textType   = reflect.TypeFor[encoding.TextMarshaler]()
)

func (m *maker) make(t reflect.Type, path string) (step, error) {
	if slices.Contains(m.around, t) {
		return nil, fmt.Errorf("cacheops: %s is of type %v, which holds itself: %w", path, t, ErrType)
	}
	m.around = append(m.around, t)
	defer func() { m.around = m.around[:len(m.around)-1] }()
	switch {
	case t == timeType:
		return appendTime, nil
	case t.Kind() == reflect.Pointer: // what it points to is asked
	case t.Kind() == reflect.Interface: // two types may say the same
	case says(t, binaryType):
		return marshaled(t, func(v any) ([]byte, error) { return v.(encoding.BinaryMarshaler).MarshalBinary() }, binaryType), nil //nolint:forcetypeassert // seen above
	case says(t, textType):
		return marshaled(t, func(v any) ([]byte, error) { return v.(encoding.TextMarshaler).MarshalText() }, textType), nil //nolint:forcetypeassert // seen above
	}
	switch t.Kind() {
	case reflect.Bool:
		return func(b []byte, at unsafe.Pointer) ([]byte, error) {
			if *(*bool)(at) {
				return append(b, 1), nil
			}
			return append(b, 0), nil
		}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return fixed(t.Size()), nil
	case reflect.Float32:
		return func(b []byte, at unsafe.Pointer) ([]byte, error) {
			return binary.LittleEndian.AppendUint32(b, math.Float32bits(*(*float32)(at))), nil
		}, nil
	case reflect.Float64:
		return func(b []byte, at unsafe.Pointer) ([]byte, error) {
			return binary.LittleEndian.AppendUint64(b, math.Float64bits(*(*float64)(at))), nil
		}, nil
	case reflect.Complex64, reflect.Complex128:
		return fixed(t.Size()), nil
	case reflect.String:
		return func(b []byte, at unsafe.Pointer) ([]byte, error) {
			s := *(*string)(at)
			return append(binary.AppendUvarint(b, uint64(len(s))), s...), nil
		}, nil
	case reflect.Pointer:
		return m.pointer(t, path)
	case reflect.Slice:
		return m.slice(t, path)
	case reflect.Array:
		return m.array(t, path)
	case reflect.Map:
		return m.mapping(t, path)
	case reflect.Struct:
		return m.structure(t, path)
	default:
		return nil, fmt.Errorf("cacheops: %s is of type %v: %w; leave a field out with the tag `%s:\"-\"`", path, t, ErrType, Tag)
	}
}

// says reports whether a type, or a pointer to it, has a method of an interface that is
// its own. A struct may have that of a field which is embedded, and says nothing of its
// other fields then.
func says(t, method reflect.Type) bool {
	if !t.Implements(method) && !reflect.PointerTo(t).Implements(method) {
		return false
	}
	if t.Kind() != reflect.Struct {
		return true
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && (f.Type.Implements(method) || reflect.PointerTo(f.Type).Implements(method)) {
			return false
		}
	}
	return true
}

// fixed appends the bytes of a number as they are in memory: a key is compared with
// those of other machines, but an equal one there may as well be another.
func fixed(size uintptr) step {
	return func(b []byte, at unsafe.Pointer) ([]byte, error) {
		switch size {
		case 1:
			return append(b, *(*uint8)(at)), nil
		case 2:
			return binary.LittleEndian.AppendUint16(b, *(*uint16)(at)), nil
		case 4:
			return binary.LittleEndian.AppendUint32(b, *(*uint32)(at)), nil
		case 16:
			c := *(*complex128)(at)
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(real(c)))
			return binary.LittleEndian.AppendUint64(b, math.Float64bits(imag(c))), nil
		default:
			return binary.LittleEndian.AppendUint64(b, *(*uint64)(at)), nil
		}
	}
}

// appendTime appends the instant and the zone: a result may show either.
func appendTime(b []byte, at unsafe.Pointer) ([]byte, error) {
	t := *(*time.Time)(at)
	name, offset := t.Zone()
	b = binary.AppendVarint(b, t.Unix())
	b = binary.AppendVarint(b, int64(t.Nanosecond()))
	b = binary.AppendVarint(b, int64(offset))
	for _, s := range [...]string{name, t.Location().String()} {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	return b, nil
}

// marshaled appends what a type says of itself. A nil map or slice is asked like any
// other.
func marshaled(t reflect.Type, marshal func(any) ([]byte, error), as reflect.Type) step {
	byPointer := !t.Implements(as)
	return func(b []byte, at unsafe.Pointer) ([]byte, error) {
		v := reflect.NewAt(t, at)
		if !byPointer {
			v = v.Elem()
		}
		text, err := marshal(v.Interface())
		if err != nil {
			return nil, fmt.Errorf("cacheops: an argument of type %v: %w", t, err)
		}
		b = binary.AppendUvarint(b, uint64(len(text)))
		return append(b, text...), nil
	}
}

func (m *maker) pointer(t reflect.Type, path string) (step, error) {
	inner, err := m.make(t.Elem(), "what "+path+" points to")
	if err != nil {
		return nil, err
	}
	return func(b []byte, at unsafe.Pointer) ([]byte, error) {
		p := *(*unsafe.Pointer)(at)
		if p == nil {
			return append(b, 0), nil
		}
		return inner(append(b, 1), p)
	}, nil
}

func (m *maker) slice(t reflect.Type, path string) (step, error) {
	if t.Elem().Kind() == reflect.Uint8 && !reflect.PointerTo(t.Elem()).Implements(textType) && !reflect.PointerTo(t.Elem()).Implements(binaryType) {
		return func(b []byte, at unsafe.Pointer) ([]byte, error) {
			s := *(*[]byte)(at)
			if s == nil {
				return append(b, 0), nil
			}
			b = binary.AppendUvarint(append(b, 1), uint64(len(s)))
			return append(b, s...), nil
		}, nil
	}
	inner, err := m.make(t.Elem(), "an element of "+path)
	if err != nil {
		return nil, err
	}
	size := t.Elem().Size()
	return func(b []byte, at unsafe.Pointer) (_ []byte, err error) {
		s := (*struct {
			data     unsafe.Pointer
			len, cap int
		})(at)
		if s.data == nil {
			return append(b, 0), nil
		}
		b = binary.AppendUvarint(append(b, 1), uint64(s.len)) //nolint:gosec // not negative
		for i := range s.len {
			if b, err = inner(b, unsafe.Add(s.data, uintptr(i)*size)); err != nil {
				return nil, err
			}
		}
		return b, nil
	}, nil
}

func (m *maker) array(t reflect.Type, path string) (step, error) {
	inner, err := m.make(t.Elem(), "an element of "+path)
	if err != nil {
		return nil, err
	}
	n, size := t.Len(), t.Elem().Size()
	return func(b []byte, at unsafe.Pointer) (_ []byte, err error) {
		for i := range n {
			if b, err = inner(b, unsafe.Add(at, uintptr(i)*size)); err != nil {
				return nil, err
			}
		}
		return b, nil
	}, nil
}

// mapping appends the pairs in the order of their encoded keys.
func (m *maker) mapping(t reflect.Type, path string) (step, error) {
	key, err := m.make(t.Key(), "a key of "+path)
	if err != nil {
		return nil, err
	}
	value, err := m.make(t.Elem(), "a value of "+path)
	if err != nil {
		return nil, err
	}
	return func(b []byte, at unsafe.Pointer) ([]byte, error) {
		v := reflect.NewAt(t, at).Elem()
		if v.IsNil() {
			return append(b, 0), nil
		}
		pairs := make([]string, 0, v.Len())
		k, e := reflect.New(t.Key()), reflect.New(t.Elem())
		for it := v.MapRange(); it.Next(); {
			k.Elem().SetIterKey(it)
			e.Elem().SetIterValue(it)
			pair, err := key(nil, k.UnsafePointer())
			if err == nil {
				pair, err = value(pair, e.UnsafePointer())
			}
			if err != nil {
				return nil, err
			}
			pairs = append(pairs, string(pair))
		}
		slices.Sort(pairs)
		b = binary.AppendUvarint(append(b, 1), uint64(len(pairs)))
		for _, p := range pairs {
			b = append(binary.AppendUvarint(b, uint64(len(p))), p...)
		}
		return b, nil
	}, nil
}

func (m *maker) structure(t reflect.Type, path string) (step, error) {
	type field struct {
		offset uintptr
		step   step
	}
	fields := make([]field, 0, t.NumField())
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Name == "_" || strings.Split(f.Tag.Get(Tag), ",")[0] == "-" {
			continue
		}
		where := path + "." + f.Name
		if !f.IsExported() {
			return nil, fmt.Errorf("cacheops: %s is not exported, and what it holds could decide the result: %w; export it, or leave it out with the tag `%s:\"-\"`", where, ErrType, Tag)
		}
		s, err := m.make(f.Type, where)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field{f.Offset, s})
	}
	return func(b []byte, at unsafe.Pointer) (_ []byte, err error) {
		for i := range fields {
			if b, err = fields[i].step(b, unsafe.Add(at, fields[i].offset)); err != nil {
				return nil, err
			}
		}
		return b, nil
	}, nil
}
