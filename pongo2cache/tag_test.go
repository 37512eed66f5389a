package pongo2cache_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/flosch/pongo2/v6"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/pongo2cache"
)

// pongo2 has one set of tags, so the tests that register some take turns.

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

// newLibrary registers the tags of a new library.
func newLibrary(t testing.TB, options ...cacheops.FuncOption) (*cacheops.Cache, *pongo2cache.Library) {
	t.Helper()
	c := newCache(t)
	l := pongo2cache.New(c, options...)
	if err := l.Register(); err != nil {
		t.Fatal(err)
	}
	return c, l
}

func parsed(t testing.TB, text string) *pongo2.Template {
	t.Helper()
	p, err := pongo2.FromString(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// shows executes a template and wants a result, and show to be called so many times.
func shows(t testing.TB, text string, data pongo2.Context, want string, calls int) {
	t.Helper()
	n := 0
	all := pongo2.Context{"show": func(s *pongo2.Value) *pongo2.Value { n++; return s }}
	if got, err := parsed(t, text).Execute(all.Update(data)); err != nil || got != want || n != calls {
		t.Errorf("%s: got %q with %d calls, %v; want %q with %d", text, got, n, err, want, calls)
	}
}

func TestCachedIsSharedByNameAndExtras(t *testing.T) {
	c, _ := newLibrary(t)
	shows(t, `{% cached 60 "f" 1 %}{{ show(1) }}{% endcached %}`, nil, "1", 1)
	shows(t, `{% cached 60 "f" 1 %}{{ show(2) }}{% endcached %}`, nil, "1", 0)
	shows(t, `{% cached "1h" "f" n %}{{ show(2) }}{% endcached %}`, pongo2.Context{"n": uint16(1)}, "1", 0)
	shows(t, `{% cached None "f" (-1) %}{{ show(3) }}{% endcached %}`, nil, "3", 1)
	shows(t, `{% cached d "f" %}{{ show(4) }}{% endcached %}`, pongo2.Context{"d": time.Hour}, "4", 1)
	shows(t, `{% cached 60 "f" "1" %}{{ show(5) }}{% endcached %}`, nil, "5", 1)
	shows(t, `{% cached 60 "g" 1 %}{{ show(6) }}{% endcached %}`, nil, "6", 1)

	if err := cacheops.InvalidateFragment(context.Background(), c, "f", int64(1)); err != nil {
		t.Fatal(err)
	}
	shows(t, `{% cached 60 "f" 1 %}{{ show(7) }}{% endcached %}`, nil, "7", 1)
	shows(t, `{% cached 60 "f" "1" %}{{ show(8) }}{% endcached %}`, nil, "5", 0)
	shows(t, `{% cached 60 "g" 1 %}{{ show(8) }}{% endcached %}`, nil, "6", 0)
	shows(t, `{% cached 60 "f" %}{{ show(8) }}{% endcached %}`, nil, "4", 0)
}

// What is escaped is not what is not, and a fragment from the cache is not escaped again.
func TestCachedIsEscapedOnce(t *testing.T) {
	newLibrary(t)
	data := pongo2.Context{"x": `<a href="1">&`}
	const escaped, plain = "&lt;a href=&quot;1&quot;&gt;&amp;", `<a href="1">&`
	for i := range 2 {
		calls := 1 - i
		shows(t, `{% cached 60 "f" %}{{ show(x) }}{% endcached %}`, data, escaped, calls)
		shows(t, `{% autoescape off %}{% cached 60 "f" %}{{ show(x) }}{% endcached %}{% endautoescape %}`, data, plain, calls)
		shows(t, `{% cached 60 "g" %}{{ show(x)|safe }}{{ x }}{% endcached %}{{ x }}`, data, plain+escaped+escaped, calls)
		shows(t, `{% cached 60 "h" %}{% autoescape off %}{{ show(x) }}{% endautoescape %}{% endcached %}{{ x }}`, data, plain+escaped, calls)
		shows(t, `{% macro m(s) %}{% cached 60 "m" %}{{ show(s) }}{% endcached %}{% endmacro %}{{ m(x) }}`, data, escaped, calls)
		shows(t, `{% filter upper %}{% cached 60 "up" %}{{ show("a") }}{% endcached %}{% endfilter %}`, data, "A", calls)
	}
}

// What follows a fragment is the same whether it was rendered or not.
func TestCachedKeepsWhatItSets(t *testing.T) {
	newLibrary(t)
	for i := range 2 {
		shows(t, `{% set x = 1 %}{% cached 60 "f" %}{% set x = 2 %}{{ show(x) }}{% endcached %}{{ x }}`, nil, "21", 1-i)
	}
}

func TestTagDecidesByTheContext(t *testing.T) {
	c, l := newLibrary(t)
	if err := l.RegisterTag("cache_menu", func(call *pongo2cache.Call) (pongo2cache.Choice, error) {
		if len(call.Args) != 1 {
			return pongo2cache.Choice{}, errors.New("cache_menu needs the name of a menu")
		}
		staff, _ := call.Value("staff").(bool)
		return pongo2cache.Choice{
			Uncached: staff, Name: "menu", Extras: []any{call.Args[0], call.Value("language")},
			Options: []cacheops.FuncOption{cacheops.TTL(24 * time.Hour)},
		}, nil
	}); err != nil {
		t.Fatal(err)
	}
	const text = `{% cache_menu "top" %}{{ show(1) }}{% endcache_menu %}{% cache_menu "bottom" %}{{ show(2) }}{% endcache_menu %}`
	visitor := func(staff bool, language string) pongo2.Context {
		return pongo2.Context{"staff": staff, "language": language}
	}
	shows(t, text, visitor(false, "en"), "12", 2)
	shows(t, text, visitor(false, "en"), "12", 0)
	shows(t, text, visitor(true, "en"), "12", 2)
	shows(t, text, visitor(true, "en"), "12", 2)
	shows(t, text, visitor(false, "de"), "12", 2)
	shows(t, `{% with staff=true %}`+text+`{% endwith %}`, visitor(false, "en"), "12", 2)
	if err := cacheops.InvalidateFragment(context.Background(), c, "menu", "top", "en"); err != nil {
		t.Fatal(err)
	}
	shows(t, text, visitor(false, "en"), "12", 1)
	shows(t, text, visitor(false, "de"), "12", 0)

	if _, err := parsed(t, `{% cache_menu %}{% endcache_menu %}`).Execute(nil); err == nil || !strings.Contains(err.Error(), "name of a menu") {
		t.Errorf("the error is %v", err)
	}
	for _, name := range []string{"", "cached", "if"} {
		if l.RegisterTag(name, func(*pongo2cache.Call) (pongo2cache.Choice, error) { return pongo2cache.Choice{}, nil }) == nil {
			t.Errorf("the tag %q was registered", name)
		}
	}
}

func TestErrors(t *testing.T) {
	newLibrary(t)
	for _, text := range []string{`{% cached 60 "f" %}`, `{% cached 60 "f" | %}{% endcached %}`, `{% cached 60 "f" %}{% endcached 1 %}`} {
		if _, err := pongo2.FromString(text); err == nil {
			t.Errorf("%s was parsed", text)
		}
	}
	data := pongo2.Context{"fail": func() (*pongo2.Value, error) { return nil, errors.New("it failed") }, "u": struct{ a int }{}}
	for text, want := range map[string]string{
		`{% cached 60 %}x{% endcached %}`:                                  "needs timeout, fragment_name",
		`{% cached_as %}x{% endcached_as %}`:                               "needs dependencies",
		`{% cached_as 1 60 "f" %}x{% endcached_as %}`:                      "cannot depend on",
		`{% cached "soon" "f" %}x{% endcached %}`:                          "write it like",
		`{% cached true "f" %}x{% endcached %}`:                            "cannot be a",
		`{% cached (-1) "f" %}x{% endcached %}`:                            "less than nothing",
		`{% cached 60 f %}x{% endcached %}`:                                "in quotes",
		`{% cached 60 "f" u %}x{% endcached %}`:                            "extra 1",
		`{% cached 60 "f" %}{{ fail() }}{% endcached %}`:                   "it failed",
		`{% with ctx=1 %}{% cached 60 "f" %}x{% endcached %}{% endwith %}`: "cacheops.PageContext",
	} {
		if out, err := parsed(t, text).Execute(data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %q, %v; want %q", text, out, err, want)
		}
	}
	if _, err := parsed(t, `{% cached 60 "f" %}x{% endcached %}`).Execute(pongo2.Context{pongo2cache.ContextKey: context.Background()}); err == nil || !strings.Contains(err.Error(), "cacheops.PageContext") {
		t.Errorf("with a context that is none of a page the error is %v", err)
	}
	if err := pongo2cache.New(nil).Register(); err == nil {
		t.Error("a library without a cache was registered")
	}
}

func BenchmarkFragment(b *testing.B) {
	newLibrary(b)
	const list = `<ul>{% for p in posts %}<li class="{{ p }}"><a href="/posts/{{ p }}">{{ p }}</a></li>{% endfor %}</ul>`
	posts := make([]string, 50)
	for i := range posts {
		posts[i] = strings.Repeat("x", i)
	}
	for name, text := range map[string]string{"cached": `{% cached 3600 "list" %}` + list + `{% endcached %}`, "rendered": list} {
		b.Run(name, func(b *testing.B) {
			page := parsed(b, text)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := page.ExecuteBytes(pongo2.Context{"posts": posts}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
