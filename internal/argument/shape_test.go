package argument_test

import (
	"encoding"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/argument"
)

// Types have one identity only where they hold the same, also two of one name.
func TestIdentity(t *testing.T) {
	t.Parallel()
	type T struct{ A, B int8 }
	other := func() reflect.Type {
		type T struct{ B, A int8 }
		return reflect.TypeFor[T]()
	}()
	named := func() reflect.Type {
		type T struct {
			A int8 `json:"a"`
			B int8
		}
		return reflect.TypeFor[T]()
	}()
	short := func() reflect.Type {
		type T struct{ A int8 }
		return reflect.TypeFor[T]()
	}()
	type list struct {
		V    T
		Next *list
	}
	type hides struct {
		A int8
		b int8 //nolint:unused // it does not count
	}
	seen := make(map[string]reflect.Type)
	for _, typ := range []reflect.Type{
		reflect.TypeFor[T](), other, named, short, reflect.PointerTo(short), reflect.SliceOf(short), reflect.SliceOf(other), reflect.ArrayOf(2, short),
		reflect.ArrayOf(3, short), reflect.MapOf(reflect.TypeFor[int](), short), reflect.MapOf(reflect.TypeFor[string](), short),
		reflect.TypeFor[int](), reflect.TypeFor[int64](), reflect.TypeFor[time.Duration](), reflect.TypeFor[any](), reflect.TypeFor[error](),
		reflect.TypeFor[encoding.TextMarshaler](), reflect.TypeFor[list](), reflect.TypeFor[func(int)](), reflect.TypeFor[func(string)](),
		reflect.TypeFor[struct{ A, B int8 }](), reflect.TypeFor[struct{ B, A int8 }](), reflect.TypeFor[struct{ A struct{ B int8 } }](), reflect.TypeFor[hides](),
	} {
		id := argument.Identity(typ)
		if was, ok := seen[id]; ok {
			t.Errorf("%v and %v have one identity", was, typ)
		}
		if seen[id] = typ; id != argument.Identity(typ) || strings.Contains(id, "\x00") {
			t.Errorf("the identity of %v is %q", typ, id)
		}
	}
}
