package templcache

import (
	"context"
	"io"
	"reflect"
	"strings"

	"github.com/a-h/templ"
)

// templ keeps what was rendered once under a key of its own in the context, and what part
// of a page is wanted under another. Both are found by asking templ itself. Where one is
// not found, or holds something else than is known here, nothing is cached.
var (
	stateKey   = findStateKey()
	partialKey = findPartialKey()
)

// spy notes the keys that are asked for and are there.
type spy struct {
	context.Context //nolint:containedctx // it is one

	keys []any
}

// Value implements [context.Context].
func (s *spy) Value(key any) any {
	v := s.Context.Value(key)
	if v != nil {
		s.keys = append(s.keys, key)
	}
	return v
}

func findStateKey() any {
	s := &spy{Context: templ.WithNonce(context.Background(), "x")}
	if templ.GetNonce(s) != "x" || len(s.keys) != 1 {
		return nil
	}
	return s.keys[0]
}

func findPartialKey() (found any) {
	probe := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		s := &spy{Context: ctx}
		err := templ.Fragment("a").Render(s, w)
		for _, key := range s.keys {
			if _, is := ctx.Value(key).(*templ.FragmentContext); is {
				found = key
			}
		}
		return err
	})
	if templ.RenderFragments(context.Background(), io.Discard, probe, "b") != nil {
		return nil
	}
	return found
}

// partial reports whether only a part of the page is wanted, that is not this one, or
// whether that is not known.
func partial(ctx context.Context) bool {
	if stateKey == nil || partialKey == nil {
		return true
	}
	p, _ := ctx.Value(partialKey).(*templ.FragmentContext)
	return p != nil && !p.Active
}

// alone returns the context for a fragment that is rendered as if it were a page.
func alone(ctx context.Context) context.Context {
	ctx = context.WithValue(ctx, partialKey, nil)
	return templ.InitializeContext(context.WithValue(ctx, stateKey, nil))
}

// rendered is what was rendered once under a context.
type rendered struct {
	classes, scripts map[string]bool // false until it was found in what was written
}

// renderedOnce returns what was rendered once, or false where that is not known.
func renderedOnce(ctx context.Context) (*rendered, bool) {
	v := reflect.ValueOf(ctx.Value(stateKey))
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return nil, false
	}
	names, handles := v.Elem().FieldByName("ss"), v.Elem().FieldByName("onceHandles")
	if names.Kind() != reflect.Map || names.Type().Key().Kind() != reflect.String || handles.Kind() != reflect.Map || handles.Len() > 0 {
		return nil, false
	}
	r := &rendered{classes: make(map[string]bool), scripts: make(map[string]bool)}
	for _, k := range names.MapKeys() {
		if id, is := strings.CutPrefix(k.String(), "class_"); is {
			if !strings.HasPrefix(id, onceID) {
				r.classes[id] = false
			}
		} else if name, is := strings.CutPrefix(k.String(), "script_"); is {
			// Calls of functions that are defined elsewhere have nothing to render.
			if !strings.HasPrefix(name, "jsFuncCall_") && !strings.HasPrefix(name, "jsUnsafeFuncCall_") {
				r.scripts[name] = false
			}
		} else {
			return nil, false
		}
	}
	return r, true
}

// all reports whether everything was found.
func (r *rendered) all() bool {
	for _, m := range []map[string]bool{r.classes, r.scripts} {
		for _, found := range m {
			if !found {
				return false
			}
		}
	}
	return true
}

// onceID begins the names by which templ knows what [Once] has rendered: they are those
// of classes that have no element.
const onceID = "cacheops once "

// first reports whether something is not rendered yet in the page, and says that it is
// now.
func first(ctx context.Context, id string) (bool, error) {
	var out strings.Builder
	err := templ.RenderCSSItems(ctx, &out, templ.ComponentCSSClass{ID: onceID + id, Class: " "})
	return out.Len() > 0, err
}
