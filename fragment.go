package cacheops

import (
	"context"
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"

	"github.com/cacheops/cacheops/internal/argument"
	"github.com/cacheops/cacheops/internal/calloptions"
	"github.com/cacheops/cacheops/internal/engine"
)

// Fragment returns a part of a page under a name: what is stored for it and valid, or
// what render returns, which is stored as the result of a [Func] is. It is what the
// packages for template engines are made of.
//
// Extras are what tells results of one name apart, such as a user's language: values of
// any types that may be arguments of a Func. Integers of all types are one kind of
// extra, and so are strings: 5 is the same one whether it is an int or an int64. All
// that render writes has to be decided by the name, the extras, and the queries that it
// makes under its context. See [PageContext] for queries that have another one.
//
// Of the options those count that say how long and how a result is kept: [TTL], [Lock],
// [TTLOnly], [Version], [KeepIn], and [DependsOn] with a function of struct{}, which
// counts for more than TTLOnly. What is returned must not be changed.
func Fragment(ctx context.Context, c *Cache, name string, extras []any, render func(context.Context) ([]byte, error), options ...FuncOption) ([]byte, error) {
	x, err := newFragment(name, extras, options)
	if err != nil {
		return nil, err
	}
	ctx = calloptions.Pin(ctx)
	var made []byte
	var failed error
	x.Run = func(ctx context.Context) ([]byte, error) {
		defer calloptions.Enter(ctx)()
		if made, failed = render(ctx); failed != nil {
			return nil, failed
		}
		if made == nil {
			made = []byte{}
		}
		return made, nil
	}
	data, fresh, err := c.engine.Compute(ctx, x)
	if fresh {
		return made, failed
	}
	return data, err
}

// InvalidateFragment drops what is stored under a name with these extras, in all
// processes, whatever its [Version] is, and whichever template engine made it: see
// [Func.Invalidate]. The name with other extras stays, and so does what [KeepIn] keeps
// elsewhere.
func InvalidateFragment(ctx context.Context, c *Cache, name string, extras ...any) error {
	x, err := newFragment(name, extras, nil)
	if err == nil {
		err = c.engine.Forget(ctx, name, x.Identity, [][]byte{x.Group})
	}
	if err != nil {
		return fmt.Errorf("cacheops: invalidate fragment %q: %w", name, err)
	}
	return nil
}

// InvalidateFragments drops all that is stored under a name, whatever its extras are.
func InvalidateFragments(ctx context.Context, c *Cache, name string) error {
	if err := c.engine.Forget(ctx, name, engine.NewIdentity("fragment", name), nil); err != nil {
		return fmt.Errorf("cacheops: invalidate fragment %q: %w", name, err)
	}
	return nil
}

// newFragment describes a fragment.
func newFragment(name string, extras []any, options []FuncOption) (*engine.Computation, error) {
	if name == "" {
		return nil, errors.New("cacheops: a fragment needs a name")
	}
	var o funcOptions
	for _, option := range options {
		if err := option.applyFunc(&o); err != nil {
			return nil, fmt.Errorf("cacheops: fragment %q: %w", name, err)
		}
	}
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("cacheops: fragment %q: %w", name, err)
	}
	declared, err := declaredBy[struct{}](o.dependsOn)
	if err != nil {
		return nil, fmt.Errorf("cacheops: fragment %q: %w", name, err)
	}
	var group []byte
	for i, e := range extras {
		if group, err = argument.AppendAny(group, plain(e)); err != nil {
			return nil, fmt.Errorf("cacheops: fragment %q: extra %d: %w", name, i+1, err)
		}
	}
	x := &engine.Computation{
		Name: name, Identity: engine.NewIdentity("fragment", name), Group: append([]byte{}, group...),
		Args: append([]byte(o.version+"\x00"), group...), TTL: o.ttl, Lock: o.lock, Keeper: o.keeper,
	}
	switch {
	case declared != nil && o.keeper != nil:
		return nil, fmt.Errorf("cacheops: fragment %q: KeepIn and DependsOn exclude each other: leave one of them out", name)
	case declared != nil: // whoever has said TTLOnly may have meant all fragments
		x.Dependency, x.Declared = engine.DependsDeclared, declared(new(struct{}))
	case o.ttlOnly:
		x.Dependency = engine.DependsTime
	}
	return x, nil
}

// plain returns an extra in the form that all that mean the same have: who drops a
// fragment cannot know whether a template had the number as an int or an int64.
func plain(extra any) any {
	switch extra.(type) {
	case nil, string, int64:
		return extra
	case encoding.BinaryMarshaler, encoding.TextMarshaler:
		return extra
	}
	v := reflect.ValueOf(extra)
	switch {
	case v.Kind() == reflect.String:
		return v.String()
	case v.CanInt():
		return v.Int()
	case v.CanUint() && v.Uint() <= math.MaxInt64:
		return int64(v.Uint()) //nolint:gosec // it fits
	case v.CanUint():
		return v.Uint()
	}
	return extra
}
