package cacheops

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// errKept is wrapped by the error for a type of which [CBOR] would silently lose a part.
var errKept = errors.New("CBOR does not keep it")

var (
	cborMarshaler   = reflect.TypeFor[cbor.Marshaler]()
	binaryMarshaler = reflect.TypeFor[encoding.BinaryMarshaler]()
)

// keptTypes are the answers of kept.
var keptTypes sync.Map // of reflect.Type: an error, or errFine

var errFine = errors.New("every part is kept")

// kept returns an error that names a part of a type's values that CBOR leaves out without
// a word, so that a hit would return less than the function did. It is worked out once
// for each type. What is in interfaces is not looked at.
func kept(t reflect.Type) error {
	if t == nil {
		return nil
	}
	known, ok := keptTypes.Load(t)
	if !ok {
		err := keeper{}.keeps(t, t.String())
		if err == nil {
			err = errFine
		}
		known, _ = keptTypes.LoadOrStore(t, err)
	}
	if err := known.(error); err != errFine { //nolint:errorlint,forcetypeassert // our own, as it is
		return err
	}
	return nil
}

// keeper looks at types. It knows those that it has met.
type keeper map[reflect.Type]bool

func (k keeper) keeps(t reflect.Type, path string) error {
	if k[t] {
		return nil
	}
	k[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return k.keeps(t.Elem(), path)
	case reflect.Map:
		if err := k.keeps(t.Key(), path); err != nil {
			return err
		}
		return k.keeps(t.Elem(), path)
	case reflect.Struct:
		return k.fields(t, path)
	default:
		return nil
	}
}

// fields looks at a struct, unless that says itself how it is kept.
func (k keeper) fields(t reflect.Type, path string) error {
	for _, method := range []reflect.Type{cborMarshaler, binaryMarshaler} {
		if !reflect.PointerTo(t).Implements(method) {
			continue
		}
		for i := range t.NumField() {
			if f := t.Field(i); f.Anonymous && t.NumField() > 1 && reflect.PointerTo(f.Type).Implements(method) {
				return fmt.Errorf("%s is kept as its embedded %s alone: %w; give that a name", path, f.Name, errKept)
			}
		}
		return nil
	}
	names := make(map[string]string)
	if err := k.collect(t, path, names, nil); err != nil {
		return err
	}
	if len(names) == 0 && t.NumField() > 0 && t.Name() != "" && !blank(t) {
		return fmt.Errorf("%s has no exported fields: %w; give it MarshalBinary and UnmarshalBinary", path, errKept)
	}
	return nil
}

// blank reports whether a struct says that nothing of it is to be kept.
func blank(t reflect.Type) bool {
	for i := range t.NumField() {
		if f := t.Field(i); f.Name != "_" && f.Tag.Get("cbor") != "-" {
			return false
		}
	}
	return true
}

// collect finds the names under which the fields of a struct are kept, and of those that
// are embedded in it.
func (k keeper) collect(t reflect.Type, path string, names map[string]string, around []reflect.Type) error {
	if slices.Contains(around, t) {
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		tag, own := f.Tag.Lookup("cbor")
		if !own {
			tag = f.Tag.Get("json")
		}
		name, _, _ := strings.Cut(tag, ",")
		embedded := f.Type
		if embedded.Kind() == reflect.Pointer {
			embedded = embedded.Elem()
		}
		where := path + "." + f.Name
		switch {
		case own && tag == "-", !f.IsExported() && !(f.Anonymous && embedded.Kind() == reflect.Struct):
			continue
		case f.Anonymous && embedded.Kind() == reflect.Struct && name == "" && !reflect.PointerTo(embedded).Implements(cborMarshaler) && !reflect.PointerTo(embedded).Implements(binaryMarshaler):
			if err := k.collect(embedded, where, names, append(around, t)); err != nil {
				return err
			}
			continue
		case !f.IsExported():
			continue
		case tag == "-":
			return fmt.Errorf("%s is left out by its tag for JSON: %w; give it a tag for cbor, which may be \"-\" too", where, errKept)
		case name == "":
			name = f.Name
		}
		if other, ok := names[name]; ok {
			return fmt.Errorf("%s and %s have one name: %w; give one of them a tag for cbor", other, where, errKept)
		}
		names[name] = where
		if err := k.keeps(f.Type, where); err != nil {
			return err
		}
	}
	return nil
}
