package filecache

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/store"
)

type name string

type article struct {
	ID    int64
	Title name
	Tags  []string
	At    time.Time
	Next  *article
}

// comesBack wants a value to be stored, and to be no other type's.
func comesBack[T any](t *testing.T, c *Cache, v T) {
	t.Helper()
	key := reflect.TypeFor[T]().String()
	if err := Set(t.Context(), c, key, v, time.Hour); err != nil {
		t.Fatalf("%T: %v", v, err)
	}
	got, err := Get[T](t.Context(), c, key)
	if err != nil || !reflect.DeepEqual(got, v) {
		t.Errorf("%T: got %#v, %v; want %#v", v, got, err, v)
	}
	type another struct{ X int }
	if got, err := Get[another](t.Context(), c, key); !errors.Is(err, cacheops.ErrMiss) || got != (another{}) {
		t.Errorf("%T is read as another type: %v, %v", v, got, err)
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{})
	comesBack(t, c, "text")
	comesBack(t, c, "")
	comesBack(t, c, "no \xff UTF-8 \x00")
	comesBack(t, c, name("name"))
	comesBack(t, c, []byte("bytes\x00"))
	comesBack(t, c, []byte{})
	comesBack[[]byte](t, c, nil)
	comesBack(t, c, 0)
	comesBack(t, c, int64(-1))
	comesBack(t, c, false)
	comesBack[*article](t, c, nil)
	comesBack[[]string](t, c, nil)
	comesBack(t, c, []string{})
	comesBack(t, c, map[string][]int{"a": {1}})
	comesBack(t, c, article{ID: 1, Title: "one", Tags: []string{"a"}, At: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Next: &article{ID: 2}})
}

// Types of one form are told apart by their names.
func TestTypes(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{})
	if err := Set(t.Context(), c, "key", "text", 0); err != nil {
		t.Fatal(err)
	}
	if got, err := Get[name](t.Context(), c, "key"); !errors.Is(err, cacheops.ErrMiss) {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := Get[[]byte](t.Context(), c, "key"); !errors.Is(err, cacheops.ErrMiss) {
		t.Errorf("got %q, %v", got, err)
	}
	if err := Set(t.Context(), c, "key", int32(1), 0); err != nil {
		t.Fatal(err)
	}
	if got, err := Get[int64](t.Context(), c, "key"); !errors.Is(err, cacheops.ErrMiss) {
		t.Errorf("got %d, %v", got, err)
	}
	if got, err := Get[int32](t.Context(), c, "key"); err != nil || got != 1 {
		t.Errorf("got %d, %v", got, err)
	}
}

// A value that is nil or zero differs from none.
func TestZeroIsNoMiss(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{})
	if _, err := Get[*int](t.Context(), c, "key"); !errors.Is(err, cacheops.ErrMiss) {
		t.Fatalf("nothing is there: %v", err)
	}
	if err := Set[*int](t.Context(), c, "key", nil, 0); err != nil {
		t.Fatal(err)
	}
	if got, err := Get[*int](t.Context(), c, "key"); err != nil || got != nil {
		t.Errorf("got %v, %v", got, err)
	}
	if err := Delete(t.Context(), c, "key", "none"); err != nil {
		t.Fatal(err)
	}
	if _, err := Get[*int](t.Context(), c, "key"); !errors.Is(err, cacheops.ErrMiss) {
		t.Errorf("it was deleted: %v", err)
	}
}

// panics is a type whose own methods panic.
type panics struct{}

func (panics) MarshalBinary() ([]byte, error) { panic("no") }
func (*panics) UnmarshalBinary([]byte) error  { panic("no") }

// Nothing that stands in a file ends the program.
func TestValuesThatCannotBe(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{})
	if err := Set(t.Context(), c, "key", panics{}, 0); err == nil {
		t.Error("its method panicked, and that is no error")
	}
	if err := Set(t.Context(), c, "key", make(chan int), 0); err == nil {
		t.Error("a channel was stored")
	}
	type strange interface{ Strange() }
	prefix := []byte("c" + typeName[panics]() + "\x00")
	for _, data := range [][]byte{nil, {'c'}, {'c', 0}, prefix, append(prefix, 0x41, 0), bytes.Repeat([]byte{0x9f}, 1000)} {
		if err := c.Set(t.Context(), keyOfValue("key"), data, time.Hour); err != nil {
			t.Fatal(err)
		}
		if got, err := Get[panics](t.Context(), c, "key"); !errors.Is(err, cacheops.ErrMiss) {
			t.Errorf("%q is read as %v, %v", data, got, err)
		}
		if got, err := Get[strange](t.Context(), c, "key"); !errors.Is(err, cacheops.ErrMiss) || got != nil {
			t.Errorf("%q is read as %v, %v", data, got, err)
		}
	}
}

// The errors of the file system are misses that say what they are.
func TestErrorsOfTheFileSystem(t *testing.T) {
	t.Parallel()
	c := newCache(t, Config{})
	key := keyOfValue("key")
	folder := pathOf(c, store.Key{key[0]})[:len(c.dir)+3]
	if err := os.WriteFile(folder, nil, 0o600); err != nil { // in place of the folder
		t.Fatal(err)
	}
	var of *fs.PathError
	if _, err := Get[int](t.Context(), c, "key"); !errors.Is(err, cacheops.ErrMiss) || !errors.As(err, &of) {
		t.Errorf("Get: %v", err)
	}
	if err := Set(t.Context(), c, "key", 1, 0); !errors.As(err, &of) {
		t.Errorf("Set: %v", err)
	}
	if err := Delete(t.Context(), c, "key"); !errors.As(err, &of) {
		t.Errorf("Delete: %v", err)
	}
	if got := c.Stats(); got != (Stats{Misses: 1, Failures: 3}) {
		t.Errorf("counted %+v", got)
	}
}
