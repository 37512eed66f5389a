package integration

import (
	"context"
	"testing"

	"github.com/cacheops/cacheops"
)

// All extras count.
func TestFuncOfSeveralExtras(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, nil)
	for i, options := range [][]cacheops.FuncOption{
		{cacheops.Extra("a"), cacheops.Extra("b")},
		{cacheops.Extra("b")},
		{cacheops.Extra("c"), cacheops.Extra("b")},
		{cacheops.Extra("c"), cacheops.ExtraFunc(func(c category) int64 { return c.ID })},
		{cacheops.Extra("d"), cacheops.ExtraFunc(func(c category) int64 { return c.ID })},
	} {
		fn := newFunc(t, f.cache, "n", f.counting, options...)
		if n, err := fn.Call(context.Background(), category{1}); n != int64(i+1) || err != nil {
			t.Errorf("%d: %d, %v", i, n, err)
		}
	}
}

// Two programs whose types have one name and other fields share no results.
func TestFuncOfTypesThatChanged(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, nil)
	ctx := context.Background()
	count := func() (int64, error) { return f.runs.Add(1), nil }
	first := func() func() (int64, error) {
		type args struct{ Page, Size int8 }
		fn := newFunc(t, f.cache, "n", func(context.Context, args) (int64, error) { return count() })
		return func() (int64, error) { return fn.Call(ctx, args{Page: 1, Size: 2}) }
	}()
	second := func() func() (int64, error) {
		type args struct{ Size, Page int8 }
		fn := newFunc(t, f.cache, "n", func(context.Context, args) (int64, error) { return count() })
		return func() (int64, error) { return fn.Call(ctx, args{Page: 2, Size: 1}) }
	}()
	third := func() func() (int64, error) {
		type args int16
		fn := newFunc(t, f.cache, "n", func(context.Context, args) (int64, error) { return count() })
		return func() (int64, error) { return fn.Call(ctx, 0x0201) }
	}()
	for i, call := range []func() (int64, error){first, second, third} {
		if n, err := call(); n != int64(i+1) || err != nil {
			t.Errorf("%d: %d, %v", i, n, err)
		}
	}
	results := func() {
		type result struct{ A int }
		fn := newFunc(t, f.cache, "r", func(context.Context, struct{}) (result, error) { return result{A: 1}, nil })
		if r, err := fn.Call(ctx, struct{}{}); r.A != 1 || err != nil {
			t.Errorf("%v, %v", r, err)
		}
	}
	results()
	type result struct{ A, B int }
	fn := newFunc(t, f.cache, "r", func(context.Context, struct{}) (result, error) { return result{A: 1, B: 2}, nil })
	if r, err := fn.Call(ctx, struct{}{}); r.B != 2 || err != nil {
		t.Errorf("%v, %v", r, err)
	}
}
