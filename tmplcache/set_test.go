package tmplcache_test

import (
	"context"
	"errors"
	"html/template"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	texttemplate "text/template"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/tmplcache"
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

func newHTML(t testing.TB, c *cacheops.Cache, text string, cfg tmplcache.Config) *tmplcache.Set {
	t.Helper()
	names := make([]string, 0, len(cfg.Tags))
	for name := range cfg.Tags {
		names = append(names, name)
	}
	s, err := tmplcache.New(c, template.Must(template.New("page").Funcs(tmplcache.Funcs(names...)).Parse(text)), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// executed is what a template writes.
func executed(t testing.TB, s *tmplcache.Set, name string, data any) string {
	t.Helper()
	var out strings.Builder
	if err := s.Execute(context.Background(), &out, name, data); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out.String()
}

// counted is data that counts how often it is shown.
type counted struct {
	Text string
	N    *atomic.Int64
}

func (c counted) Show() string { c.N.Add(1); return c.Text }

// A fragment is trusted where HTML is wanted, and escaped anywhere else, when it is
// rendered as when it comes from the cache.
func TestFragmentIsEscapedByItsContext(t *testing.T) {
	t.Parallel()
	const evil = `<script>alert("1")</script> & 'x' javascript:y`
	for name, test := range map[string]struct{ page, want string }{
		"text":         {`<p>{{cached "f" "1m" .}}</p>`, `<p><b title="&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; &#39;x&#39; javascript:y">&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; &#39;x&#39; javascript:y</b></p>`},
		"attribute":    {`<p title="{{cached "f" "1m" .}}">`, `<p title="&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; &#39;x&#39; javascript:y">`},
		"bare value":   {`<p title={{cached "f" "1m" .}}>`, `<p title=&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt;&#32;&amp;&#32;&#39;x&#39;&#32;javascript:y>`},
		"title":        {`<title>{{cached "f" "1m" .}}</title>`, `<title>&lt;b title=&#34;&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; &#39;x&#39; javascript:y&#34;&gt;&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; &#39;x&#39; javascript:y&lt;/b&gt;</title>`},
		"script":       {`<script>var x = {{cached "f" "1m" .}};</script>`, `<script>var x = "\u003cb title=\"\u0026lt;script\u0026gt;alert(\u0026#34;1\u0026#34;)\u0026lt;/script\u0026gt; \u0026amp; \u0026#39;x\u0026#39; javascript:y\"\u003e\u0026lt;script\u0026gt;alert(\u0026#34;1\u0026#34;)\u0026lt;/script\u0026gt; \u0026amp; \u0026#39;x\u0026#39; javascript:y\u003c/b\u003e";</script>`},
		"script text":  {`<script>var x = "{{cached "g" "1m" .}}";</script>`, `<script>var x = "\u003ci\u003ej\u003c\/i\u003e";</script>`},
		"URL":          {`<a href="{{cached "g" "1m" .}}">`, `<a href="%3ci%3ej%3c/i%3e">`},
		"URL of a bad": {`<a href="{{cached "js" "1m" .}}">`, `<a href="#ZgotmplZ">`},
		"query":        {`<a href="/?q={{cached "g" "1m" .}}">`, `<a href="/?q=%3ci%3ej%3c%2fi%3e">`},
		"style":        {`<style>p { color: {{cached "g" "1m" .}} }</style>`, `<style>p { color: ZgotmplZ }</style>`},
		"event":        {`<p onclick="f({{cached "g" "1m" .}})">`, `<p onclick="f(&#34;\u003ci\u003ej\u003c/i\u003e&#34;)">`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			s := newHTML(t, newCache(t), test.page+`{{define "f"}}<b title="{{.Text}}">{{.Show}}</b>{{end}}{{define "g"}}<i>{{if .Show}}j{{end}}</i>{{end}}{{define "js"}}javascript:{{if .Show}}y{{end}}{{end}}`, tmplcache.Config{})
			for range 3 {
				if got := executed(t, s, "page", counted{evil, &n}); got != test.want {
					t.Errorf("got  %s\nwant %s", got, test.want)
				}
			}
			if n.Load() != 1 {
				t.Errorf("rendered %d times, want once", n.Load())
			}
		})
	}
}

// One template is a fragment and a part of others, in which it is escaped for the place.
func TestFragmentIsAlsoAPart(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	s := newHTML(t, newCache(t), `{{define "word"}}{{.Show}}{{end}}<a href="/?{{template "word" .}}">{{cached "word" "" .}}</a>{{template "word" .}}`,
		tmplcache.Config{Options: []cacheops.FuncOption{cacheops.TTL(time.Hour)}})
	const want = `<a href="/?%3c%26">&lt;&amp;</a>&lt;&amp;`
	for range 2 {
		if got := executed(t, s, "page", counted{"<&", &n}); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if n.Load() != 5 {
		t.Errorf("shown %d times, want 5", n.Load())
	}
}

func TestHTMLAndTextShareNothing(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	c := newCache(t)
	const text = `{{define "f"}}{{.Show}}{{end}}{{cached "f" 60 . 7}}`
	plain, err := tmplcache.NewText(c, texttemplate.Must(texttemplate.New("page").Funcs(tmplcache.Funcs()).Parse(text)), tmplcache.Config{})
	if err != nil {
		t.Fatal(err)
	}
	html := newHTML(t, c, text, tmplcache.Config{})
	data := counted{"<b>", &n}
	for range 2 {
		if got := executed(t, plain, "page", data); got != "<b>" {
			t.Errorf("text: got %s", got)
		}
		if got := executed(t, html, "page", data); got != "&lt;b&gt;" {
			t.Errorf("HTML: got %s", got)
		}
	}
	if n.Load() != 2 {
		t.Errorf("rendered %d times, want 2", n.Load())
	}
	// A name stands for both.
	if err := cacheops.InvalidateFragment(context.Background(), c, "f", int64(7)); err != nil {
		t.Fatal(err)
	}
	executed(t, plain, "page", data)
	executed(t, html, "page", data)
	if n.Load() != 4 {
		t.Errorf("rendered %d times, want 4", n.Load())
	}
}

func TestInvalidateFragmentOfATemplate(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	c := newCache(t)
	s := newHTML(t, c, `{{define "f"}}{{.D.Show}}{{end}}{{define "g"}}{{.D.Show}}{{end}}{{cached "f" 60 . .A}}{{cached "g" 60 . .A}}`, tmplcache.Config{})
	page := func(a any, want int64) {
		t.Helper()
		before := n.Load()
		if executed(t, s, "page", struct {
			D counted
			A any
		}{counted{"x", &n}, a}); n.Load()-before != want {
			t.Errorf("%v: rendered %d, want %d", a, n.Load()-before, want)
		}
	}
	type word string
	page(1, 2)
	page(uint8(1), 0) // one and the same number
	page("1", 2)
	page(word("1"), 0)
	if err := cacheops.InvalidateFragment(context.Background(), c, "f", int32(1)); err != nil {
		t.Fatal(err)
	}
	page("1", 0)
	page(1, 1)
	page(1, 0)
	if err := cacheops.InvalidateFragments(context.Background(), c, "g"); err != nil {
		t.Fatal(err)
	}
	page(1, 1)
	page("1", 1)
}

type visitor struct {
	counted

	Staff bool
}

// A tag decides by the data: staff see what is not cached.
func TestTagDecidesByTheData(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	s := newHTML(t, newCache(t), `{{define "menu"}}{{.Show}}{{end}}{{cacheMenu "menu" . "top"}}{{cacheMenu "menu" . "bottom"}}`, tmplcache.Config{
		Tags: map[string]tmplcache.Tag{"cacheMenu": func(call tmplcache.Call) (tmplcache.Choice, error) {
			v, ok := call.Data.(visitor)
			if !ok || len(call.Args) != 1 {
				return tmplcache.Choice{}, errors.New("cacheMenu wants a visitor and a place")
			}
			return tmplcache.Choice{Uncached: v.Staff, Options: []cacheops.FuncOption{cacheops.TTL(time.Hour)}}, nil
		}},
	})
	for i, want := range []struct {
		staff bool
		n     int64
	}{{false, 2}, {false, 0}, {true, 2}, {true, 2}, {false, 0}} {
		before := n.Load()
		if executed(t, s, "page", visitor{counted{"x", &n}, want.staff}); n.Load()-before != want.n {
			t.Errorf("page %d: rendered %d, want %d", i, n.Load()-before, want.n)
		}
	}
	var out strings.Builder
	if err := s.Execute(context.Background(), &out, "page", struct{}{}); err == nil || !strings.Contains(err.Error(), "wants a visitor") {
		t.Errorf("the error is %v", err)
	}
}

func TestOneOfManyRenders(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	s := newHTML(t, newCache(t), `{{define "f"}}{{.Show}}{{end}}{{cached "f" 60 .}}`, tmplcache.Config{})
	var all sync.WaitGroup
	start := make(chan struct{})
	for range 50 {
		all.Go(func() {
			<-start
			var out strings.Builder
			if err := s.Execute(context.Background(), &out, "page", counted{"x", &n}); err != nil || out.String() != "x" {
				t.Errorf("got %q, %v", out.String(), err)
			}
		})
	}
	close(start)
	all.Wait()
	if n.Load() != 1 {
		t.Errorf("rendered %d times, want once", n.Load())
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	s := newHTML(t, c, `{{define "f"}}x{{end}}{{define "half"}}<a href="{{end}}{{define "loop"}}{{cached "loop" 60 .}}{{end}}
		{{define "page ttl"}}{{cached "f" "soon" .}}{{end}}{{define "page type"}}{{cached "f" . .}}{{end}}{{define "page less"}}{{cached "f" "-1s" .}}{{end}}
		{{define "page none"}}{{cached "none" 60 .}}{{end}}{{define "page half"}}{{cached "half" 60 .}}{{end}}{{define "page extra"}}{{cached "f" 60 . .}}{{end}}
		{{define "page deps"}}{{cachedAs . "f" 60 .}}{{end}}{{define "page loop"}}x{{cached "loop" 60 .}}{{end}}`, tmplcache.Config{})
	for name, want := range map[string]string{
		"page ttl": "write it like", "page type": "cannot be a", "page less": "less than nothing", "page none": "none", "page half": "ends in a non-text context",
		"page extra": "extra 1", "page deps": "cannot depend on", "page loop": "hold itself", "nothing": "nothing",
	} {
		var out strings.Builder
		err := s.Execute(context.Background(), &out, name, struct{ F func() }{})
		if err == nil || !strings.Contains(err.Error(), want) || out.Len() > 0 {
			t.Errorf("%s: wrote %q, %v", name, out.String(), err)
		}
	}
	unbound := template.Must(template.New("page").Funcs(tmplcache.Funcs()).Parse(`{{cached "page" 60 .}}`))
	if err := unbound.Execute(new(strings.Builder), nil); err == nil || !strings.Contains(err.Error(), "by the Set") {
		t.Errorf("without a set the error is %v", err)
	}
	if _, err := tmplcache.New(c, unbound, tmplcache.Config{}); err == nil || !strings.Contains(err.Error(), "before") {
		t.Errorf("after an execution the error is %v", err)
	}
	if _, err := tmplcache.New(c, template.New(""), tmplcache.Config{Tags: map[string]tmplcache.Tag{"ctx": nil}}); err == nil {
		t.Error("a tag has the name of a function of the package")
	}
}

func BenchmarkFragment(b *testing.B) {
	c := newCache(b)
	s := newHTML(b, c, `{{define "list"}}<ul>{{range .}}<li class="{{.}}"><a href="/posts/{{.}}">{{.}}</a></li>{{end}}</ul>{{end}}{{define "cached"}}{{cached "list" 3600 .}}{{end}}{{define "rendered"}}{{template "list" .}}{{end}}`, tmplcache.Config{})
	posts := make([]string, 50)
	for i := range posts {
		posts[i] = strings.Repeat("x", i)
	}
	for _, name := range []string{"cached", "rendered"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				executed(b, s, name, posts)
			}
		})
	}
}
