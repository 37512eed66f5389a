package filecache

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/store"
)

// Get returns the value that Set stored under a key. Every error is a
// [cacheops.ErrMiss], so that errors.Is tells whether to make the value anew; those of
// the file system are in it too. A value that is nil or zero is a value. What was stored
// with another type T is a miss. It may be called by many goroutines.
func Get[T any](ctx context.Context, c *Cache, key string) (T, error) {
	var v T
	data, err := c.Get(ctx, keyOfValue(key))
	if err != nil {
		return v, err
	}
	if v, err = decode[T](data); err != nil {
		var zero T
		return zero, fmt.Errorf("%w: %w", cacheops.ErrMiss, err)
	}
	return v, nil
}

// Set stores a value under a key, for at most that long; 0 means Config.TTL. It replaces
// what is there. Strings and bytes are stored as they are, and other types by
// [cacheops.CBOR]. Where it returns an error, what was there is there still.
func Set[T any](ctx context.Context, c *Cache, key string, value T, ttl time.Duration) error {
	data, err := encode(value)
	if err != nil {
		return fmt.Errorf("cacheops: the value of key %q cannot be stored: %w", key, err)
	}
	return c.Set(ctx, keyOfValue(key), data, ttl)
}

// Delete drops the values of keys, of whatever type. What is not there is no error. All
// keys are tried, also after an error.
func Delete(ctx context.Context, c *Cache, keys ...string) error {
	var errs []error
	for _, k := range keys {
		errs = append(errs, c.Delete(ctx, keyOfValue(k)))
	}
	return errors.Join(errs...)
}

// keyOfValue keeps values apart from results of functions.
func keyOfValue(key string) store.Key { return sha256.Sum256([]byte("filecache value\x00" + key)) }

// What a value begins with, so that it is never read as another type: how it is encoded,
// and the type's name up to a zero byte.
const (
	asText  = 't'
	asBytes = 'b' // not nil
	asNil   = 'n' // bytes that are nil
	asCBOR  = 'c'
)

// form returns how values of a type are encoded.
func form[T any]() byte {
	switch t := reflect.TypeFor[T](); {
	case t.Kind() == reflect.String:
		return asText
	case t == reflect.TypeFor[[]byte]():
		return asBytes
	default:
		return asCBOR
	}
}

func typeName[T any]() string {
	t := reflect.TypeFor[T]()
	if t.Name() == "" {
		return t.String()
	}
	return t.PkgPath() + "." + t.Name()
}

func encode[T any](value T) (data []byte, err error) {
	kind := form[T]()
	var body []byte
	switch kind {
	case asText:
		body = []byte(reflect.ValueOf(value).String())
	case asBytes:
		if body, _ = any(value).([]byte); body == nil {
			kind = asNil
		}
	default:
		defer recovered("Marshal", &err)
		if body, err = cacheops.CBOR().Marshal(value); err != nil {
			return nil, err
		}
	}
	name := typeName[T]()
	data = append(make([]byte, 0, 2+len(name)+len(body)), kind)
	data = append(append(data, name...), 0)
	return append(data, body...), nil
}

var errType = errors.New("cacheops: what is stored has another type")

// decode reads what encode made. The data is not used by others.
func decode[T any](data []byte) (value T, err error) {
	name, body, ok := bytes.Cut(data, []byte{0})
	if !ok || len(name) == 0 || string(name[1:]) != typeName[T]() {
		return value, errType
	}
	switch want := form[T](); {
	case name[0] == asText && want == asText:
		reflect.ValueOf(&value).Elem().SetString(string(body))
	case name[0] == asBytes && want == asBytes:
		*any(&value).(*[]byte) = body //nolint:forcetypeassert // the form says so
	case name[0] == asNil && want == asBytes && len(body) == 0:
	case name[0] == asCBOR && want == asCBOR:
		defer recovered("Unmarshal", &err)
		err = cacheops.CBOR().Unmarshal(body, &value)
	default:
		err = errType
	}
	return value, err
}

// recovered makes an error of a panic of a type's own methods.
func recovered(method string, err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("cacheops: %s of a value panicked: %v", method, r)
	}
}
