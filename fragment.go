package cacheops

import (
	"context"
	"errors"
	"fmt"

	"github.com/cacheops/cacheops/internal/argument"
	"github.com/cacheops/cacheops/internal/engine"
)

// Fragment returns a part of a page under a name: what is stored for it and valid, or
// what render returns, which is stored as the result of a [Func] is. It is what the
// packages for template engines are made of.
//
// Extras are what tells results of one name apart, such as a user's language: values of
// any types that may be arguments of a Func. All that render writes has to be decided by
// the name, the extras, and the queries that it makes under its context.
//
// Of the options those count that say how long and how a result is kept: [TTL], [Lock],
// [TTLOnly], [Version], [KeepIn], and [DependsOn] with a function of struct{}. What is
// returned must not be changed.
func Fragment(ctx context.Context, c *Cache, name string, extras []any, render func(context.Context) ([]byte, error), options ...FuncOption) ([]byte, error) {
	x, err := newFragment(name, extras, options)
	if err != nil {
		return nil, err
	}
	var made []byte
	var failed error
	x.Run = func(ctx context.Context) ([]byte, error) {
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
// processes: see [Func.Invalidate]. The name with other extras, and what has the name
// with a [Version], stay, and so does what [KeepIn] keeps elsewhere.
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
		if group, err = argument.AppendAny(group, e); err != nil {
			return nil, fmt.Errorf("cacheops: fragment %q: extra %d: %w", name, i+1, err)
		}
	}
	x := &engine.Computation{
		Name: name, Identity: engine.NewIdentity("fragment", name), Group: append([]byte{}, group...),
		Args: append([]byte(o.version+"\x00"), group...), TTL: o.ttl, Lock: o.lock, Keeper: o.keeper,
	}
	switch {
	case o.ttlOnly:
		x.Dependency = engine.DependsTime
	case declared != nil:
		x.Dependency, x.Declared = engine.DependsDeclared, declared(new(struct{}))
	}
	return x, nil
}
