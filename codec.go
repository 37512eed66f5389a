package cacheops

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/fxamacker/cbor/v2"

	"github.com/cacheops/cacheops/internal/argument"
)

// Codec turns the results of functions into bytes and back. What one program stored
// another one may read, so a codec must be the same for all that share a store, or have
// another Name. It is used from many goroutines at once.
//
// Results that are strings or bytes need no codec: they are stored as they are.
type Codec interface {
	// Name tells the codec apart from others. It is a part of keys.
	Name() string
	// Marshal returns the bytes of a value. The caller may keep them.
	Marshal(v any) ([]byte, error)
	// Unmarshal reads into the value that v points to. It must not keep data, nor
	// anything that refers to it. An error makes the result a miss.
	Unmarshal(data []byte, v any) error
}

// CBOR is the default codec: RFC 8949, with struct fields by their names, or by those of
// their tags for cbor, or else for json. It keeps the instant and the zone's offset of a
// time.Time, with nanoseconds, tells a nil slice from an empty one, unless a tag has
// omitempty, and keeps texts that are no UTF-8. What was in an interface comes back as an
// int64, a float64, a map[string]any or the like.
//
// Unexported fields and those with the tag cbor:"-" are not kept. A type of which more
// would be lost is an error: a field with the tag json:"-" alone, two fields of one
// name, as embedded structs may have, a struct that is kept as what is embedded in it,
// and a struct with nothing exported.
func CBOR() Codec { return cborCodec{} }

type cborCodec struct{}

var cborEncoding, cborDecoding, errCBOR = func() (cbor.EncMode, cbor.DecMode, error) {
	encoding, err := cbor.EncOptions{Time: cbor.TimeRFC3339Nano, TimeTag: cbor.EncTagRequired, NilContainers: cbor.NilContainerAsNull}.EncMode()
	decoding, err2 := cbor.DecOptions{
		MaxArrayElements: maxElements, MaxMapPairs: maxElements, MaxNestedLevels: maxNesting,
		UTF8: cbor.UTF8DecodeInvalid, DefaultMapType: reflect.TypeFor[map[string]any](), IntDec: cbor.IntDecConvertSignedOrFail,
	}.DecMode()
	return encoding, decoding, errors.Join(err, err2)
}()

// The bounds of what is decoded: anybody may have written it.
const (
	maxElements = 1 << 24
	maxNesting  = 64
)

func (cborCodec) Name() string { return "cbor" }

func (cborCodec) Marshal(v any) ([]byte, error) {
	if errCBOR != nil {
		return nil, errCBOR
	}
	if err := kept(reflect.TypeOf(v)); err != nil {
		return nil, err
	}
	return cborEncoding.Marshal(v)
}

func (cborCodec) Unmarshal(data []byte, v any) error {
	if errCBOR != nil {
		return errCBOR
	}
	return cborDecoding.Unmarshal(data, v)
}

// coder turns values of one type into bytes and back.
type coder[R any] struct {
	name   string
	encode func(R) ([]byte, error)
	decode func([]byte) (R, error)
	// check says what would be lost of every value; nil: nothing.
	check func() error
}

// newCoder returns the coder of R: strings and bytes are stored as they are.
func newCoder[R any](codec Codec) coder[R] {
	t := reflect.TypeFor[R]()
	switch {
	case t.Kind() == reflect.String:
		return coder[R]{name: "text", encode: encodeText[R], decode: decodeText[R]}
	case t == reflect.TypeFor[[]byte]():
		return coder[R]{name: "bytes", encode: encodeBytes[R], decode: decodeBytes[R]}
	}
	var check func() error
	if _, is := codec.(cborCodec); is {
		check = func() error { return kept(t) }
	}
	return coder[R]{
		name:  codec.Name(),
		check: check,
		encode: func(r R) (b []byte, err error) {
			defer recovered(codec, "Marshal", &err)
			if b, err = codec.Marshal(r); b == nil && err == nil {
				b = []byte{}
			}
			return b, err
		},
		decode: func(b []byte) (r R, err error) {
			defer recovered(codec, "Unmarshal", &err)
			err = codec.Unmarshal(b, &r)
			return r, err
		},
	}
}

// typeName is what tells a type apart from others, in all programs.
func typeName[T any]() string { return argument.Identity(reflect.TypeFor[T]()) }

func encodeText[R any](r R) ([]byte, error) {
	if s, ok := any(r).(string); ok {
		return []byte(s), nil
	}
	return []byte(reflect.ValueOf(r).String()), nil
}

func decodeText[R any](b []byte) (r R, _ error) { //nolint:unparam // it is one of several
	if s, ok := any(&r).(*string); ok {
		*s = string(b)
	} else {
		reflect.ValueOf(&r).Elem().SetString(string(b))
	}
	return r, nil
}

// encodeBytes tells nil from empty by a first byte.
func encodeBytes[R any](r R) ([]byte, error) {
	b, _ := any(r).([]byte)
	if b == nil {
		return []byte{0}, nil
	}
	return append([]byte{1}, b...), nil
}

var errBytes = errors.New("cacheops: what is stored is no list of bytes")

func decodeBytes[R any](b []byte) (r R, err error) {
	p, _ := any(&r).(*[]byte)
	switch {
	case len(b) == 0 || b[0] > 1:
		return r, errBytes
	case b[0] == 1:
		*p = append([]byte{}, b[1:]...) // the caller may change it
	}
	return r, nil
}

// recovered makes an error of a codec's panic.
func recovered(c Codec, method string, err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("cacheops: %s of codec %q panicked: %v", method, c.Name(), r)
	}
}
