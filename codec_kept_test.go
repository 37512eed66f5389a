package cacheops

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

type (
	base   struct{ ID int }
	second struct{ ID int }
	node   struct {
		Name string
		Next *node
	}
	cents  struct{ n int64 } //nolint:unused // it is there to be refused
	config struct{ n int64 } //nolint:unused // as ent has it
)

func TestCBORLosesNothingSilently(t *testing.T) {
	t.Parallel()
	for _, v := range []any{
		1, "a", time.Time{}, []byte{1}, map[string][]time.Time{}, node{}, &node{}, base{}, struct{}{},
		struct {
			base
			Name string `json:"name,omitempty"`
		}{},
		struct {
			A int `cbor:"-"`
			B int `cbor:"b" json:"-"`
			c int
		}{},
		struct {
			config `json:"-"`
			ID     int
		}{},
		struct{ time.Time }{},
	} {
		if err := kept(reflect.TypeOf(v)); err != nil {
			t.Errorf("%T: %v", v, err)
		}
	}
	for _, x := range []struct {
		part string
		v    any
	}{
		{"Secret is left out", struct {
			Secret string `json:"-"`
		}{}},
		{"ID and", struct {
			base
			second
		}{}},
		{"have one name", struct {
			base
			ID int
		}{}},
		{"embedded Time alone", []struct {
			time.Time
			ID int
		}{}},
		{".Price has no exported fields", map[string]struct{ Price *cents }{}},
	} {
		err := kept(reflect.TypeOf(x.v))
		if !errors.Is(err, errKept) || !strings.Contains(err.Error(), x.part) {
			t.Errorf("%T: %v", x.v, err)
		}
		if _, err := CBOR().Marshal(x.v); !errors.Is(err, errKept) {
			t.Errorf("Marshal of %T: %v", x.v, err)
		}
	}
}

func TestCBORKeeps(t *testing.T) {
	t.Parallel()
	for _, v := range []any{
		"no \xff UTF-8", []string{"\x80"}, map[string]string{"\xff": "\xfe"},
		map[string]any{"a": int64(1), "b": map[string]any{"c": []any{"d", 1.5, nil, true}}},
	} {
		data, err := CBOR().Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		got := reflect.New(reflect.TypeOf(v))
		if err := CBOR().Unmarshal(data, got.Interface()); err != nil || !reflect.DeepEqual(got.Elem().Interface(), v) {
			t.Errorf("%#v comes back as %#v, %v", v, got.Elem().Interface(), err)
		}
	}
}
