package templcache_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/templcache"
	"github.com/cacheops/cacheops/templcache/internal/testpage"
)

func newCache(t testing.TB) *cacheops.Cache {
	t.Helper()
	c, err := cacheops.New(cacheops.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// render renders components one after the other, as one page.
func render(t testing.TB, ctx context.Context, list ...templ.Component) string { //nolint:revive // the page is the subject
	t.Helper()
	var out strings.Builder
	if err := templ.Join(list...).Render(templ.InitializeContext(ctx), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// shown counts how often a text is shown.
type shown struct {
	text string
	n    atomic.Int64
}

func (s *shown) show() string { s.n.Add(1); return s.text }

const evil = `<i a="1">'&`

// components are what the tests make pages of.
var components = []struct {
	name string
	make func(show func() string) templ.Component
}{
	{"text", testpage.Text},
	{"styled", testpage.Styled},
	{"red", func(func() string) templ.Component { return testpage.Red() }},
	{"scripts", func(func() string) templ.Component { return testpage.Scripts() }},
	{"called", testpage.Called},
	{"nonced", testpage.Nonced},
	{"handled", testpage.Handled},
	{"library", testpage.Library},
	{"part", testpage.Part},
	{"flushed", testpage.Flushed},
}

// A page is the same byte for byte whatever of it comes from the cache, with each class,
// script and once-only part where it would be, and with its own nonce.
func TestPagesAreTheSame(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	r := rand.New(rand.NewPCG(1, 2))
	text := &shown{text: evil}
	for range 2000 {
		ctx := context.Background()
		if nonce := []string{"", "", "bm9uY2Ux+/==", "two", `"odd`}[r.IntN(5)]; nonce != "" {
			ctx = templ.WithNonce(ctx, nonce)
		}
		var plain, cached []templ.Component
		var names []string
		for range 1 + r.IntN(6) {
			one, other := components[r.IntN(len(components))], components[r.IntN(len(components))]
			p, f := one.make(text.show), one.make(text.show)
			name := one.name
			if r.IntN(3) == 0 { // one in another
				name = "wrapped " + other.name + " " + one.name
				inner, outer := p, templcache.Cached(c, one.name).Component(one.make(text.show))
				p = with(templ.Join(testpage.Wrapped(text.show), other.make(text.show)), inner)
				f = with(templ.Join(testpage.Wrapped(text.show), other.make(text.show)), outer)
			}
			if r.IntN(4) > 0 {
				f = templcache.Cached(c, name).Component(f)
			}
			plain, cached, names = append(plain, p), append(cached, f), append(names, name)
		}
		if got, want := render(t, ctx, cached...), render(t, detached(ctx), plain...); got != want {
			t.Fatalf("%v:\ngot  %s\nwant %s", names, got, want)
		}
	}
}

// with returns a component with children.
func with(c, children templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return c.Render(templ.WithChildren(ctx, children), w)
	})
}

// detached is another page with the same nonce.
func detached(ctx context.Context) context.Context {
	if nonce := templ.GetNonce(ctx); nonce != "" {
		return templ.WithNonce(context.Background(), nonce)
	}
	return context.Background()
}

// All but what holds a handle of templ comes from the cache the second time, with the
// nonce of another page too.
func TestComponentsAreCached(t *testing.T) {
	t.Parallel()
	for _, test := range components {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newCache(t)
			text := &shown{text: evil}
			once := &shown{text: evil}
			want := render(t, context.Background(), test.make(once.show))
			for range 3 {
				if got := render(t, context.Background(), templcache.Cached(c, "x").Component(test.make(text.show))); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			}
			wanted := once.n.Load()
			if test.name == "handled" {
				wanted = 4 // the first time it is rendered for nothing
			}
			if text.n.Load() != wanted {
				t.Errorf("shown %d times, want %d", text.n.Load(), wanted)
			}
			for _, nonce := range []string{"a", "b"} {
				want := render(t, templ.WithNonce(context.Background(), nonce), test.make(once.show))
				if got := render(t, templ.WithNonce(context.Background(), nonce), templcache.Cached(c, "x").Component(test.make(text.show))); got != want {
					t.Errorf("with the nonce %s: got %s, want %s", nonce, got, want)
				}
			}
			if test.name == "handled" {
				return
			}
			if text.n.Load() != 2*wanted {
				t.Errorf("with a nonce shown %d times, want %d", text.n.Load(), 2*wanted)
			}
		})
	}
}

// Where classes are served in a file of the page's, none is written.
func TestClassesOfTheMiddlewareAreLeftOut(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	first := render(t, context.Background(), templcache.Cached(c, "x").Component(testpage.Red()))
	if !strings.Contains(first, "<style") {
		t.Fatalf("got %s", first)
	}
	ctx := templ.InitializeContext(context.Background())
	render(t, ctx, testpage.Styled(func() string { return "" }))
	if got := render(t, ctx, templcache.Cached(c, "x").Component(testpage.Red())); strings.Contains(got, "<style") || !strings.Contains(got, "<i ") {
		t.Errorf("got %s", got)
	}
}

func TestChildrenAreCached(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	text := &shown{text: "a"}
	for range 2 {
		if got := render(t, context.Background(), testpage.Block(templcache.Cached(c, "x", 1), text.show)); got != "<div><b>a</b></div>" {
			t.Errorf("got %s", got)
		}
	}
	if text.n.Load() != 1 {
		t.Errorf("shown %d times, want once", text.n.Load())
	}
	// A fragment that is nil caches nothing: a function for users who are not staff.
	for range 2 {
		if got := render(t, context.Background(), testpage.Block(nil, text.show)); got != "<div><b>a</b></div>" {
			t.Errorf("got %s", got)
		}
	}
	if text.n.Load() != 3 {
		t.Errorf("shown %d times, want 3", text.n.Load())
	}
	// Children do not stay for what follows.
	box := templcache.Cached(c, "box").Component(testpage.Wrapped(text.show))
	for range 2 {
		if got := render(t, context.Background(), with(box, testpage.Red()), testpage.Wrapped(text.show)); strings.Count(got, "<i ") != 1 {
			t.Errorf("got %s", got)
		}
	}
}

// A part of a page is rendered whether what is around it is cached or not, and what is
// cached is not missing it.
func TestPartsOfAPage(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	text := &shown{text: "a"}
	page := templcache.Cached(c, "page").Component(testpage.Part(text.show))
	part := func() string {
		var out strings.Builder
		if err := templ.RenderFragments(context.Background(), &out, page, "part"); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	for i := range 3 {
		if got := part(); got != "<b>a</b>" {
			t.Errorf("%d: the part is %q", i, got)
		}
		if got := render(t, context.Background(), page); got != "<div><b>a</b></div>" {
			t.Errorf("%d: the page is %q", i, got)
		}
	}
	if text.n.Load() != 4 {
		t.Errorf("shown %d times, want 4", text.n.Load())
	}
}

func TestInvalidateFragmentOfAComponent(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	text := &shown{text: "a"}
	page := func(want int64, name string, extras ...any) {
		t.Helper()
		before := text.n.Load()
		if render(t, context.Background(), templcache.Cached(c, name, extras...).With(cacheops.TTL(time.Hour)).Component(testpage.Called(text.show))); text.n.Load()-before != want {
			t.Errorf("%s %v: shown %d times, want %d", name, extras, text.n.Load()-before, want)
		}
	}
	page(1, "x", 1)
	page(0, "x", int64(1))
	page(1, "x", 2)
	page(1, "y", 1)
	if err := cacheops.InvalidateFragment(context.Background(), c, "x", 1); err != nil {
		t.Fatal(err)
	}
	page(1, "x", 1)
	page(0, "x", 2)
	page(0, "y", 1)
}

func TestOneOfManyRenders(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	text := &shown{text: "a"}
	var all sync.WaitGroup
	start := make(chan struct{})
	for range 50 {
		all.Go(func() {
			<-start
			var out strings.Builder
			if err := templcache.Cached(c, "x").Component(testpage.Called(text.show)).Render(context.Background(), &out); err != nil || !strings.Contains(out.String(), "a") {
				t.Errorf("got %q, %v", out.String(), err)
			}
		})
	}
	close(start)
	all.Wait()
	if text.n.Load() != 1 {
		t.Errorf("shown %d times, want once", text.n.Load())
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	failed := errors.New("it failed")
	n := 0
	fails := templ.ComponentFunc(func(context.Context, io.Writer) error { n++; return failed })
	for range 2 {
		if err := templcache.Cached(c, "x").Component(fails).Render(context.Background(), io.Discard); !errors.Is(err, failed) {
			t.Errorf("the error is %v", err)
		}
	}
	if n != 2 {
		t.Errorf("rendered %d times, want 2: an error is not cached", n)
	}
	if err := templcache.Cached(c, "x", struct{ a int }{}).Component(testpage.Red()).Render(context.Background(), io.Discard); err == nil || !strings.Contains(err.Error(), "extra 1") {
		t.Errorf("the error is %v", err)
	}
	if got := render(t, context.Background(), templcache.Cached(nil, "x").Component(testpage.Red())); !strings.Contains(got, "<i ") {
		t.Errorf("without a cache: got %s", got)
	}
}

func BenchmarkFragment(b *testing.B) {
	c := newCache(b)
	posts := make([]templ.Component, 50)
	for i := range posts {
		posts[i] = testpage.Text(func() string { return strings.Repeat("x", i) })
	}
	list := templ.Join(posts...)
	for name, page := range map[string]templ.Component{"cached": templcache.Cached(c, "list").Component(list), "rendered": list} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := page.Render(context.Background(), io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
