package gonjacache_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/nikolalohinski/gonja/v2/builtins"
	"github.com/nikolalohinski/gonja/v2/config"
	"github.com/nikolalohinski/gonja/v2/exec"
	"github.com/nikolalohinski/gonja/v2/loaders"
	"github.com/nikolalohinski/gonja/v2/parser"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/gonjacache"
)

// engine is an environment with the tags of a library of its own.
type engine struct {
	cache *cacheops.Cache
	lib   *gonjacache.Library
	env   *exec.Environment
}

func newEngine(t testing.TB) *engine {
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
	e := &engine{cache: c, lib: gonjacache.New(c), env: &exec.Environment{
		Context: exec.EmptyContext(), Filters: builtins.Filters, Tests: builtins.Tests, Methods: builtins.Methods,
	}}
	e.env.ControlStructures = exec.NewControlStructureSet(map[string]parser.ControlStructureParser{}).Update(builtins.ControlStructures)
	if err := e.lib.Register(e.env.ControlStructures); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *engine) parse(text string) (*exec.Template, error) {
	cfg := config.New()
	cfg.AutoEscape = true
	loader, err := loaders.NewShiftedLoader("page", strings.NewReader(text), loaders.MustNewMemoryLoader(nil))
	if err != nil {
		return nil, err
	}
	return exec.NewTemplate("page", cfg, loader, e.env)
}

func (e *engine) execute(text string, data map[string]any) (string, error) {
	page, err := e.parse(text)
	if err != nil {
		return "", err
	}
	var out bytes.Buffer
	err = page.Execute(&out, exec.NewContext(data))
	return out.String(), err
}

// shows executes a template and wants a result, and show to be called so many times.
func (e *engine) shows(t testing.TB, text string, data map[string]any, want string, calls int) {
	t.Helper()
	n := 0
	all := map[string]any{"show": func(v *exec.Value) *exec.Value { n++; return v }}
	maps.Copy(all, data)
	if got, err := e.execute(text, all); err != nil || got != want || n != calls {
		t.Errorf("%s: got %q with %d calls, %v; want %q with %d", text, got, n, err, want, calls)
	}
}

func TestCachedIsSharedByNameAndExtras(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	e.shows(t, `{% cached "f", timeout=60, extra=1 %}{{ show(1) }}{% endcached %}`, nil, "1", 1)
	e.shows(t, `{% cached "f", timeout=60, extra=1 %}{{ show(2) }}{% endcached %}`, nil, "1", 0)
	e.shows(t, `{% cached "f", extra=n, timeout="1h" %}{{ show(2) }}{% endcached %}`, map[string]any{"n": uint16(1)}, "1", 0)
	e.shows(t, `{% cached "f", extra=-1 %}{{ show(3) }}{% endcached %}`, nil, "3", 1)
	e.shows(t, `{% cached "f" %}{{ show(4) }}{% endcached %}`, nil, "4", 1)
	e.shows(t, `{% cached "f", timeout=d, extra="1" %}{{ show(5) }}{% endcached %}`, map[string]any{"d": time.Hour}, "5", 1)
	e.shows(t, `{% cached "g", extra=1 %}{{ show(6) }}{% endcached %}`, nil, "6", 1)
	e.shows(t, `{% cached "f", extra=[1, "de"] %}{{ show(7) }}{% endcached %}`, nil, "7", 1)
	e.shows(t, `{% cached "f", extra=(1, "de") %}{{ show(8) }}{% endcached %}`, nil, "7", 0)

	for _, extras := range [][]any{{int64(1)}, {1, "de"}} {
		if err := cacheops.InvalidateFragment(context.Background(), e.cache, "f", extras...); err != nil {
			t.Fatal(err)
		}
	}
	e.shows(t, `{% cached "f", extra=1 %}{{ show(8) }}{% endcached %}`, nil, "8", 1)
	e.shows(t, `{% cached "f", extra=[1, "de"] %}{{ show(9) }}{% endcached %}`, nil, "9", 1)
	e.shows(t, `{% cached "f", extra="1" %}{{ show(9) }}{% endcached %}`, nil, "5", 0)
	e.shows(t, `{% cached "g", extra=1 %}{{ show(9) }}{% endcached %}`, nil, "6", 0)
	e.shows(t, `{% cached "f" %}{{ show(9) }}{% endcached %}`, nil, "4", 0)
}

// What is escaped is not what is not, and a fragment from the cache is not escaped again.
func TestCachedIsEscapedOnce(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	data := map[string]any{"x": `<a href="1">&`}
	const escaped, plain = "&lt;a href=&#34;1&#34;&gt;&amp;", `<a href="1">&`
	for i := range 2 {
		calls := 1 - i
		e.shows(t, `{% cached "f" %}{{ show(x) }}{% endcached %}`, data, escaped, calls)
		e.shows(t, `{% autoescape false %}{% cached "f" %}{{ show(x) }}{% endcached %}{% endautoescape %}`, data, plain, calls)
		e.shows(t, `{% cached "g" %}{{ show(x)|safe }}{{ x }}{% endcached %}{{ x }}`, data, plain+escaped+escaped, calls)
		e.shows(t, `{% cached "h" %}{% autoescape false %}{{ show(x) }}{% endautoescape %}{% endcached %}{{ x }}`, data, plain+escaped, calls)
		e.shows(t, `{% macro m(s) %}{% cached "m" %}{{ show(s) }}{% endcached %}{% endmacro %}{{ m(x) }}`, data, escaped, calls)
		e.shows(t, `{% filter upper %}{% cached "up" %}{{ show("a") }}{% endcached %}{% endfilter %}`, data, "A", calls)
	}
}

// What follows a fragment is the same whether it was rendered or not.
func TestCachedKeepsWhatItSets(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	for i := range 2 {
		e.shows(t, `{% set x = 1 %}{% cached "f" %}{% set x = 2 %}{{ show(x) }}{% endcached %}{{ x }}`, nil, "21", 1-i)
	}
}

func TestTagDecidesByTheContext(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	if err := e.lib.RegisterTag(e.env.ControlStructures, "cache_menu", func(call *gonjacache.Call) (gonjacache.Choice, error) {
		if len(call.Args) != 1 {
			return gonjacache.Choice{}, errors.New("cache_menu needs the name of a menu")
		}
		staff, _ := call.Value("staff").(bool)
		return gonjacache.Choice{
			Uncached: staff, Name: "menu", Extras: []any{call.Args[0], call.Value("language")},
			Options: []cacheops.FuncOption{cacheops.TTL(24 * time.Hour)},
		}, nil
	}); err != nil {
		t.Fatal(err)
	}
	const text = `{% cache_menu "top" %}{{ show(1) }}{% endcache_menu %}{% cache_menu "bottom" %}{{ show(2) }}{% endcache_menu %}`
	visitor := func(staff bool, language string) map[string]any {
		return map[string]any{"staff": staff, "language": language}
	}
	e.shows(t, text, visitor(false, "en"), "12", 2)
	e.shows(t, text, visitor(false, "en"), "12", 0)
	e.shows(t, text, visitor(true, "en"), "12", 2)
	e.shows(t, text, visitor(true, "en"), "12", 2)
	e.shows(t, text, visitor(false, "de"), "12", 2)
	e.shows(t, `{% with staff=true %}`+text+`{% endwith %}`, visitor(false, "en"), "12", 2)
	if err := cacheops.InvalidateFragment(context.Background(), e.cache, "menu", "top", "en"); err != nil {
		t.Fatal(err)
	}
	e.shows(t, text, visitor(false, "en"), "12", 1)
	e.shows(t, text, visitor(false, "de"), "12", 0)

	if _, err := e.execute(`{% cache_menu %}{% endcache_menu %}`, nil); err == nil || !strings.Contains(err.Error(), "name of a menu") {
		t.Errorf("the error is %v", err)
	}
	if e.lib.RegisterTag(e.env.ControlStructures, "if", func(*gonjacache.Call) (gonjacache.Choice, error) { return gonjacache.Choice{}, nil }) == nil {
		t.Error("a tag has the name of another one")
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	data := map[string]any{"fail": func() (string, error) { return "", errors.New("it failed") }, "u": struct{ a int }{}}
	for text, want := range map[string]string{
		`{% cached "f" %}`:                                              "endcached",
		`{% cached "f" "g" %}x{% endcached %}`:                          "comma",
		`{% cached timeout=1, "f" %}x{% endcached %}`:                   "follows one with a name",
		`{% cached 1=1 %}x{% endcached %}`:                              "before =",
		`{% cached "f" %}x{% endcached 1 %}`:                            "takes no arguments",
		`{% cached %}x{% endcached %}`:                                  "needs one",
		`{% cached "f", 2 %}x{% endcached %}`:                           "needs one",
		`{% cached_as %}x{% endcached_as %}`:                            "needs what",
		`{% cached_as 1, "f" %}x{% endcached_as %}`:                     "cannot depend on",
		`{% cached "f", timeout="soon" %}x{% endcached %}`:              "write it like",
		`{% cached "f", timeout=true %}x{% endcached %}`:                "cannot be a",
		`{% cached "f", timeout=-1 %}x{% endcached %}`:                  "less than nothing",
		`{% cached "f", ttl=1 %}x{% endcached %}`:                       "no argument",
		`{% cached 1 %}x{% endcached %}`:                                "in quotes",
		`{% cached "f", extra=u %}x{% endcached %}`:                     "extra 1",
		`{% cached "f" %}{{ fail() }}{% endcached %}`:                   "it failed",
		`{% with ctx=1 %}{% cached "f" %}x{% endcached %}{% endwith %}`: "cacheops.PageContext",
	} {
		if out, err := e.execute(text, data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %q, %v; want %q", text, out, err, want)
		}
	}
	if _, err := e.execute(`{% cached "f" %}x{% endcached %}`, map[string]any{gonjacache.ContextKey: context.Background()}); err == nil || !strings.Contains(err.Error(), "cacheops.PageContext") {
		t.Errorf("with a context that is none of a page the error is %v", err)
	}
	if err := gonjacache.New(nil).Register(e.env.ControlStructures); err == nil {
		t.Error("a library without a cache was registered")
	}
}

func BenchmarkFragment(b *testing.B) {
	e := newEngine(b)
	const list = `<ul>{% for p in posts %}<li class="{{ p }}"><a href="/posts/{{ p }}">{{ p }}</a></li>{% endfor %}</ul>`
	posts := make([]string, 50)
	for i := range posts {
		posts[i] = strings.Repeat("x", i)
	}
	for name, text := range map[string]string{"cached": `{% cached "list", timeout=3600 %}` + list + `{% endcached %}`, "rendered": list} {
		b.Run(name, func(b *testing.B) {
			page, err := e.parse(text)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				var out bytes.Buffer
				if err := page.Execute(&out, exec.NewContext(map[string]any{"posts": posts})); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A tag that says nothing of extras is told apart by all that it is given.
func TestTagIsToldApartByItsArguments(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	if err := e.lib.RegisterTag(e.env.ControlStructures, "box", func(*gonjacache.Call) (gonjacache.Choice, error) {
		return gonjacache.Choice{}, nil
	}); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		for _, args := range []string{``, `"a"`, `"a", user=1`, `"a", user=2`, `"a", user=1, page=2`, `"a", other=1`, `user=["a", 1]`} {
			e.shows(t, `{% box `+args+` %}{{ show(args) }}{% endbox %}`, map[string]any{"args": args}, strings.ReplaceAll(args, `"`, "&#34;"), 1-i)
		}
	}
	if err := cacheops.InvalidateFragment(context.Background(), e.cache, "box", "a", "page", 2, "user", 1); err != nil {
		t.Fatal(err)
	}
	e.shows(t, `{% box "a", user=1, page=2 %}{{ show("anew") }}{% endbox %}`, nil, "anew", 1)
	e.shows(t, `{% box "a", user=1 %}{{ show("anew") }}{% endbox %}`, nil, "&#34;a&#34;, user=1", 0)
}
