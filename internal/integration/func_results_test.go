package integration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
)

type jsonCodec struct{ broken bool }

func (jsonCodec) Name() string                  { return "json" }
func (jsonCodec) Marshal(v any) ([]byte, error) { return json.Marshal(v) }
func (c jsonCodec) Unmarshal(data []byte, v any) error {
	if c.broken {
		panic("broken")
	}
	return json.Unmarshal(data, v)
}

func TestFuncCodecs(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, nil)
	type result struct {
		S    string
		N    *int
		L, E []string
		T    time.Time
		M    map[string]int
		B    []byte
	}
	n := 7
	want := result{"s", &n, nil, []string{}, time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600)), map[string]int{"a": 1}, []byte{1}}
	for _, codec := range []cacheops.Codec{cacheops.CBOR(), jsonCodec{}} {
		fn := newFunc(t, f.cache, "result", func(context.Context, struct{}) (result, error) {
			f.runs.Add(1)
			return want, nil
		}, cacheops.WithCodec(codec))
		f.runs.Store(0)
		for range 2 {
			got, err := fn.Call(context.Background(), struct{}{})
			if err != nil || got.S != "s" || *got.N != 7 || got.L != nil || got.E == nil || !got.T.Equal(want.T) || got.M["a"] != 1 || got.B[0] != 1 {
				t.Errorf("%s: %+v, %v", codec.Name(), got, err)
			}
			got.B[0] = 9 // nobody else's
			want.B = []byte{1}
		}
		if f.runs.Load() != 1 {
			t.Errorf("%s: it ran %d times", codec.Name(), f.runs.Load())
		}
	}
	// What cannot be read is a miss.
	broken := newFunc(t, f.cache, "result", func(context.Context, struct{}) (result, error) {
		f.runs.Add(1)
		return result{S: "new"}, nil
	}, cacheops.WithCodec(jsonCodec{broken: true}))
	if got, err := broken.Call(context.Background(), struct{}{}); err != nil || got.S != "new" {
		t.Errorf("%+v, %v", got, err)
	}
	if f.cache.Stats().CodecErrors == 0 {
		t.Error("the error is not counted")
	}
	text := newFunc(t, f.cache, "text", func(_ context.Context, s string) (string, error) { return s, nil })
	bytes := newFunc(t, f.cache, "bytes", func(_ context.Context, s string) ([]byte, error) {
		if s == "nil" {
			return nil, nil
		}
		return []byte(s), nil
	})
	for _, s := range []string{"", "nil", "x\x00y"} {
		for range 2 {
			if got, err := text.Call(context.Background(), s); got != s || err != nil {
				t.Errorf("text %q: %q, %v", s, got, err)
			}
			got, err := bytes.Call(context.Background(), s)
			if err != nil || (got == nil) != (s == "nil") || s != "nil" && string(got) != s {
				t.Errorf("bytes %q: %q, %v", s, got, err)
			}
			for i := range got {
				got[i] = '!'
			}
		}
	}
}

func TestFuncConstruction(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, nil)
	none := func(context.Context, category) (int, error) { return 0, nil }
	for name, newOne := range map[string]func() error{
		"no name": func() error { _, err := cacheops.NewFunc(f.cache, "", none); return err },
		"arguments that are no key": func() error {
			_, err := cacheops.NewFunc(f.cache, "f", func(context.Context, func()) (int, error) { return 0, nil })
			return err
		},
		"an extra that is no key": func() error {
			_, err := cacheops.NewFunc(f.cache, "f", none, cacheops.Extra(make(chan int)))
			return err
		},
		"other arguments of an extra": func() error {
			_, err := cacheops.NewFunc(f.cache, "f", none, cacheops.ExtraFunc(func(int) int { return 0 }))
			return err
		},
		"other arguments of the dependency": func() error {
			_, err := cacheops.NewFunc(f.cache, "f", none, cacheops.DependsOn(func(int) []cacheops.Dep { return nil }))
			return err
		},
		"two dependencies": func() error {
			_, err := cacheops.NewFunc(f.cache, "f", none, cacheops.TTLOnly(), cacheops.DependsOn(func(category) []cacheops.Dep { return nil }))
			return err
		},
		"ops": func() error {
			_, err := cacheops.NewFunc(f.cache, "f", none, cacheops.Ops(cacheops.OpGet))
			return err
		},
		"no codec": func() error { _, err := cacheops.NewFunc(f.cache, "f", none, cacheops.WithCodec(nil)); return err },
		"no error": func() error { _, err := cacheops.NewFunc(f.cache, "f", none, cacheops.StoreErrors(nil)); return err },
	} {
		if newOne() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// Results are apart by name, version, extra, and types.
func TestFuncKeys(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, nil)
	lang := "en"
	list := []*cacheops.Func[category, int64]{
		newFunc(t, f.cache, "a", f.counting),
		newFunc(t, f.cache, "b", f.counting),
		newFunc(t, f.cache, "a", f.counting, cacheops.Version("2")),
		newFunc(t, f.cache, "a", f.counting, cacheops.Extra(1)),
		newFunc(t, f.cache, "a", f.counting, cacheops.Extra(2)),
		newFunc(t, f.cache, "a", f.counting, cacheops.ExtraFunc(func(c category) string { return lang + fmt.Sprint(c.ID) })),
	}
	got := make(map[int64]bool)
	for range 2 {
		for _, fn := range list {
			n, err := fn.Call(context.Background(), category{1})
			if err != nil {
				t.Fatal(err)
			}
			got[n] = true
		}
	}
	if len(got) != len(list) {
		t.Errorf("%d functions have %d results", len(list), len(got))
	}
	lang = "de"
	if n, err := list[5].Call(context.Background(), category{1}); err != nil || got[n] {
		t.Errorf("another extra has the result %d, %v", n, err)
	}
	other := newFunc(t, f.cache, "a", func(context.Context, category) (string, error) { return "text", nil })
	if s, err := other.Call(context.Background(), category{1}); s != "text" || err != nil {
		t.Errorf("another type has %q, %v", s, err)
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, nil)
	ctx := context.Background()
	miss := func(key string) {
		t.Helper()
		if v, err := cacheops.Get[*summary](ctx, f.cache, key); !errors.Is(err, cacheops.ErrMiss) || v != nil {
			t.Errorf("%q: %v, %v", key, v, err)
		}
	}
	miss("a")
	for _, v := range []*summary{{1, "x"}, nil, {}} {
		if err := cacheops.Set(ctx, f.cache, "a", v, time.Minute); err != nil {
			t.Fatal(err)
		}
		got, err := cacheops.Get[*summary](ctx, f.cache, "a")
		if err != nil || (got == nil) != (v == nil) || v != nil && *got != *v {
			t.Errorf("%v, %v; want %v", got, err, v)
		}
	}
	if _, err := cacheops.Get[string](ctx, f.cache, "a"); !errors.Is(err, cacheops.ErrMiss) {
		t.Errorf("another type: %v", err)
	}
	if err := cacheops.Set(ctx, f.cache, "b", "", 0); err != nil {
		t.Fatal(err)
	}
	if s, err := cacheops.Get[string](ctx, f.cache, "b"); s != "" || err != nil {
		t.Errorf("%q, %v", s, err)
	}
	if err := cacheops.Delete(ctx, f.cache, "a", "nothing"); err != nil {
		t.Fatal(err)
	}
	miss("a")
	if _, err := cacheops.Get[string](ctx, f.cache, "b"); err != nil {
		t.Errorf("the other one: %v", err)
	}
	if err := cacheops.Set(ctx, f.cache, "c", make(chan int), 0); err == nil {
		t.Error("a channel is stored")
	}
	if err := cacheops.Delete(ctx, f.cache); err != nil {
		t.Error(err)
	}
}
