package cacheops

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/cacheops/cacheops/internal/engine"
)

// Get returns the value that Set stored under a key, or [ErrMiss]. A value that is
// nil or zero is a value. What was stored with another type T is a miss. It may be
// called by many goroutines.
//
// Values depend on nothing but their key and their time to live. In a transaction
// they are as anywhere: a rollback takes back nothing.
func Get[T any](ctx context.Context, c *Cache, key string) (T, error) {
	coder := valueCoder[T]()
	data, ok := c.engine.Glance(ctx, &engine.Computation{Name: valuesName, Identity: valuesIdentity, Args: []byte(key), Alike: true})
	if !ok {
		data, ok = c.engine.Peek(ctx, valueOf(key, 0))
	}
	if ok {
		r, err := coder.decode(data)
		if err == nil {
			return r, nil
		}
		if err != ErrMiss { //nolint:errorlint // our own, of another type
			c.engine.CodecFailed(ctx, key, err)
		}
	}
	var zero T
	return zero, ErrMiss
}

// Set stores a value under a key, for at most that long; 0 is the TTL of
// Config.Defaults. It replaces what is there; under [Bypass], and while the cache is
// disabled, it drops that, and stores nothing. Where the store is unavailable that is an
// error, and what was there may still be. Values are stored as the results of functions
// are, see [CBOR].
func Set[T any](ctx context.Context, c *Cache, key string, value T, ttl time.Duration) error {
	data, err := valueCoder[T]().encode(value)
	if err != nil {
		return fmt.Errorf("cacheops: the value of key %q cannot be stored: %w", key, err)
	}
	if err := c.engine.Put(ctx, valueOf(key, ttl), data); err != nil {
		return fmt.Errorf("cacheops: set key %q: %w", key, err)
	}
	return nil
}

// Delete drops the values of keys, of whatever type. What is not there is no error.
func Delete(ctx context.Context, c *Cache, keys ...string) error {
	if len(keys) == 0 {
		return nil
	}
	list := make([][]byte, len(keys))
	for i, k := range keys {
		list[i] = []byte(k)
	}
	if err := c.engine.Forget(ctx, valuesName, valuesIdentity, list); err != nil {
		return fmt.Errorf("cacheops: delete: %w", err)
	}
	return nil
}

// valuesName names the values in events.
const valuesName = "value"

var valuesIdentity = engine.NewIdentity("value")

// valueCoders are those of the types that there were values of: of a reflect.Type, a
// *coder of it.
var valueCoders sync.Map

// valueCoder returns the coder of T. It is worked out once.
func valueCoder[T any]() *coder[T] {
	t := reflect.TypeFor[T]()
	if known, ok := valueCoders.Load(t); ok {
		return known.(*coder[T]) //nolint:forcetypeassert // nothing else is stored
	}
	c := typed(newCoder[T](CBOR()))
	valueCoders.Store(t, &c)
	return &c
}

// typed puts the type before the bytes, so that they are never read as another one.
func typed[T any](c coder[T]) coder[T] {
	name := typeName[T]() + "\x00"
	return coder[T]{
		encode: func(v T) ([]byte, error) {
			b, err := c.encode(v)
			return append([]byte(name), b...), err
		},
		decode: func(b []byte) (T, error) {
			if len(b) < len(name) || string(b[:len(name)]) != name {
				var zero T
				return zero, ErrMiss
			}
			return c.decode(b[len(name):])
		},
	}
}

// valueOf describes the value of a key.
func valueOf(key string, ttl time.Duration) *engine.Computation {
	return &engine.Computation{
		Name: valuesName, Identity: valuesIdentity, Args: []byte(key), TTL: ttl, Dependency: engine.DependsTime, Alike: true,
	}
}
