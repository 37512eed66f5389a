package integration

import (
	"context"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store/memory"
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

// What is declared is what it is by the schema of now, also where another process has
// changed that.
func TestFuncDependsOnWhatAnotherProcessChanges(t *testing.T) {
	t.Parallel()
	st := newStore(t, memory.Config{})
	share := func(c *cacheops.Config, _ *sqlcache.Config) { c.Store = st }
	f := newFuncs(t, share)
	other := openCachedSQLite(t, f.path, share)
	exec(t, other.cached, "CREATE VIEW shown AS SELECT title AS name FROM posts")
	fns := map[string]*cacheops.Func[category, int64]{}
	for name, dep := range map[string]cacheops.Dep{
		"all":     cacheops.On("main", cacheops.All()),
		"pattern": cacheops.On("main", cacheops.Pattern("?*")),
		"query":   cacheops.OnQuery("main", "SELECT name FROM shown"),
	} {
		fns[name] = newFunc(t, f.cache, name, f.counting, cacheops.DependsOn(func(category) []cacheops.Dep { return []cacheops.Dep{dep} }))
	}
	call := func(name string) int64 {
		t.Helper()
		n, err := fns[name].Call(context.Background(), category{1})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for name := range fns {
		if n := call(name); n != call(name) {
			t.Errorf("%s is not stored: %+v", name, f.last())
		}
	}
	exec(t, other.cached, "DROP VIEW shown", "CREATE VIEW shown AS SELECT name FROM tags", "CREATE TABLE more (id INTEGER PRIMARY KEY)")
	for name, write := range map[string]string{
		"all":     "INSERT INTO more VALUES (1)",
		"pattern": "INSERT INTO more VALUES (2)",
		"query":   "UPDATE tags SET name = 'other'",
	} {
		n := call(name)
		if n != call(name) {
			t.Errorf("%s is not stored: %+v", name, f.last())
		}
		exec(t, other.cached, write)
		if n == call(name) {
			t.Errorf("%s: %s is not noticed", name, write)
		}
	}
}
