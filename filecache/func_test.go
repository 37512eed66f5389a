package filecache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/store"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// process is what a program has: a cache, and one of files.
func process(t *testing.T, dir string, cfg cacheops.Config) (*cacheops.Cache, *Cache) {
	t.Helper()
	cache, err := cacheops.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cache.Close(); err != nil {
			t.Error(err)
		}
	})
	return cache, openCache(t, dir, Config{})
}

type query struct {
	City string
	Days int
}

type forecast struct {
	Text string
	High []int
}

var errNoCity = errors.New("there is no such city")

// weather makes a function that counts its runs.
func weather(t *testing.T, cache *cacheops.Cache, files *Cache, runs *int, options ...cacheops.FuncOption) *cacheops.Func[query, forecast] {
	t.Helper()
	options = append([]cacheops.FuncOption{cacheops.KeepIn(files), cacheops.TTL(time.Hour), cacheops.StoreErrors(errNoCity)}, options...)
	f, err := cacheops.NewFunc(cache, "weather", func(_ context.Context, q query) (forecast, error) {
		*runs++
		switch q.City {
		case "Atlantis":
			return forecast{}, fmt.Errorf("look for %s: %w", q.City, errNoCity)
		case "":
			return forecast{}, errors.New("no city")
		}
		return forecast{Text: q.City, High: make([]int, q.Days)}, nil
	}, options...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Results of functions are in the folder, for all processes and for later ones.
func TestFunc(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	runs := 0
	call := func(f *cacheops.Func[query, forecast], q query, wantRuns int) {
		t.Helper()
		before := runs
		got, err := f.Call(t.Context(), q)
		if err != nil || got.Text != q.City || len(got.High) != q.Days {
			t.Fatalf("got %+v, %v", got, err)
		}
		if runs-before != wantRuns {
			t.Errorf("%+v: %d runs, want %d", q, runs-before, wantRuns)
		}
	}
	cache, files := process(t, dir, cacheops.Config{})
	f := weather(t, cache, files, &runs)
	paris, rome := query{"Paris", 3}, query{"Rome", 0}
	if _, err := f.Peek(t.Context(), paris); !errors.Is(err, cacheops.ErrMiss) {
		t.Errorf("nothing is there: %v", err)
	}
	call(f, paris, 1)
	call(f, paris, 0)
	call(f, rome, 1)
	call(f, query{"Paris", 4}, 1)
	if got, err := f.Peek(t.Context(), paris); err != nil || got.Text != "Paris" {
		t.Errorf("%+v, %v", got, err)
	}

	other, theirs := process(t, dir, cacheops.Config{})
	g := weather(t, other, theirs, &runs)
	call(g, paris, 0)
	if err := g.Invalidate(t.Context(), paris); err != nil {
		t.Fatal(err)
	}
	call(f, paris, 1)
	call(f, rome, 0)
	if err := f.Set(t.Context(), rome, forecast{Text: "Rome"}); err != nil {
		t.Fatal(err)
	}
	call(g, rome, 0)
	call(weather(t, other, theirs, &runs, cacheops.Version("2")), rome, 1)
	if err := f.Invalidate(t.Context()); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("all results cannot be found in the folder, and that is no error: %v", err)
	}
	// The values of Get and Set are apart.
	if _, err := Get[forecast](t.Context(), files, "weather"); !errors.Is(err, cacheops.ErrMiss) {
		t.Error(err)
	}
}

// Errors are kept where they are asked to be.
func TestFuncStoresErrors(t *testing.T) {
	t.Parallel()
	runs := 0
	cache, files := process(t, t.TempDir(), cacheops.Config{})
	f := weather(t, cache, files, &runs)
	for range 3 {
		if _, err := f.Call(t.Context(), query{City: "Atlantis"}); !errors.Is(err, errNoCity) {
			t.Fatal(err)
		}
	}
	if runs != 1 {
		t.Errorf("%d runs of an error that is stored", runs)
	}
	for range 2 {
		if _, err := f.Call(t.Context(), query{}); err == nil || errors.Is(err, errNoCity) {
			t.Fatal(err)
		}
	}
	if runs != 3 {
		t.Errorf("%d runs, want one more for each other error", runs)
	}
}

// Time ends results, and damage does.
func TestFuncEnds(t *testing.T) {
	t.Parallel()
	runs := 0
	cache, files := process(t, t.TempDir(), cacheops.Config{})
	move := clock(files)
	f := weather(t, cache, files, &runs)
	call := func(want int) {
		t.Helper()
		if got, err := f.Call(t.Context(), query{"Rome", 1}); err != nil || got.Text != "Rome" || runs != want {
			t.Errorf("%+v, %v after %d runs, want %d", got, err, runs, want)
		}
	}
	call(1)
	move(time.Hour - 1)
	call(1)
	move(1)
	call(2)
	call(2)
	damageAll(t, files.dir)
	call(3)
	call(3)
}

// What is kept elsewhere depends on nothing but time, so that DependsOn is an error.
func TestDependsOnIsRefused(t *testing.T) {
	t.Parallel()
	cache, files := process(t, t.TempDir(), cacheops.Config{})
	on := func(struct{}) []cacheops.Dep { return []cacheops.Dep{cacheops.On("main", cacheops.Table("posts"))} }
	for _, options := range [][]cacheops.FuncOption{
		{cacheops.KeepIn(files), cacheops.DependsOn(on), cacheops.TTL(time.Hour)},
		{cacheops.DependsOn(on), cacheops.KeepIn(files), cacheops.TTL(time.Hour)},
	} {
		_, err := cacheops.NewFunc(cache, "f", func(context.Context, struct{}) (int, error) { return 1, nil }, options...)
		if err == nil || !strings.Contains(err.Error(), "KeepIn") || !strings.Contains(err.Error(), "DependsOn") {
			t.Errorf("a function: %v", err)
		}
		_, err = cacheops.Fragment(t.Context(), cache, "f", nil, func(context.Context) ([]byte, error) { return nil, nil }, options...)
		if err == nil || !strings.Contains(err.Error(), "KeepIn") || !strings.Contains(err.Error(), "DependsOn") {
			t.Errorf("a fragment: %v", err)
		}
	}
}

func TestFragment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	runs := 0
	render := func(cache *cacheops.Cache, files *Cache, language, want string) {
		t.Helper()
		data, err := cacheops.Fragment(t.Context(), cache, "menu", []any{language}, func(context.Context) ([]byte, error) {
			runs++
			return fmt.Appendf(nil, "menu %d in %s", runs, language), nil
		}, cacheops.KeepIn(files), cacheops.TTL(time.Hour))
		if err != nil || string(data) != want {
			t.Errorf("got %q, %v; want %q", data, err, want)
		}
	}
	cache, files := process(t, dir, cacheops.Config{})
	other, theirs := process(t, dir, cacheops.Config{})
	render(cache, files, "en", "menu 1 in en")
	render(other, theirs, "en", "menu 1 in en")
	render(other, theirs, "it", "menu 2 in it")
	render(cache, files, "it", "menu 2 in it")
}

// Of those who miss at once one runs the function, and the others read its file.
func TestFuncRunsOnce(t *testing.T) {
	t.Parallel()
	cache, files := process(t, t.TempDir(), cacheops.Config{})
	entered, leave := make(chan struct{}, 100), make(chan struct{})
	f, err := cacheops.NewFunc(cache, "slow", func(context.Context, struct{}) (int, error) {
		entered <- struct{}{}
		<-leave
		return 7, nil
	}, cacheops.KeepIn(files), cacheops.TTL(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	for range 20 {
		go func() {
			got, err := f.Call(context.Background(), struct{}{})
			if err == nil && got != 7 {
				err = fmt.Errorf("got %d", got)
			}
			done <- err
		}()
	}
	<-entered
	close(leave)
	for range 20 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if len(entered) != 0 {
		t.Errorf("%d ran besides", len(entered))
	}
}

// Where the results cannot be kept the program gets them all the same, and the log has it
// once.
func TestFuncWithoutRoom(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	cache, files := process(t, t.TempDir(), cacheops.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	runs := 0
	f := weather(t, cache, files, &runs)
	if err := files.Close(); err != nil { // nothing can be written then
		t.Fatal(err)
	}
	for i := range 3 {
		if got, err := f.Call(t.Context(), query{"Rome", 1}); err != nil || got.Text != "Rome" || runs != i+1 {
			t.Errorf("%+v, %v after %d runs", got, err, runs)
		}
	}
	if n := strings.Count(log.String(), "could not be kept"); n != 1 {
		t.Errorf("%d warnings: %s", n, log.String())
	}
	if got := cache.Stats().KeepErrors; got != 3 {
		t.Errorf("counted %d", got)
	}
}

// Tenants that share a folder do not meet, and a context of none drops nothing, and says so.
func TestFuncWithPrefix(t *testing.T) {
	t.Parallel()
	type tenant struct{}
	cache, files := process(t, t.TempDir(), cacheops.Config{PrefixFunc: func(ctx context.Context, _ cacheops.PrefixInfo) string {
		name, _ := ctx.Value(tenant{}).(string)
		return name
	}})
	runs := 0
	f := weather(t, cache, files, &runs)
	a, b := context.WithValue(t.Context(), tenant{}, "a"), context.WithValue(t.Context(), tenant{}, "b")
	call := func(ctx context.Context, want int) {
		t.Helper()
		if _, err := f.Call(ctx, query{"Rome", 1}); err != nil || runs != want {
			t.Errorf("%d runs, %v; want %d", runs, err, want)
		}
	}
	call(a, 1)
	call(b, 2)
	call(a, 2)
	if err := f.Invalidate(t.Context(), query{"Rome", 1}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("without a tenant: %v", err)
	}
	call(b, 2)
	if err := f.Invalidate(a, query{"Rome", 1}); err != nil {
		t.Fatal(err)
	}
	call(b, 2)
	call(a, 3)
}

var _ = store.Key{}
