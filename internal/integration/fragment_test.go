package integration

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	texttemplate "text/template"

	"github.com/a-h/templ"
	"github.com/flosch/pongo2/v6"
	"github.com/nikolalohinski/gonja/v2/builtins"
	"github.com/nikolalohinski/gonja/v2/config"
	gonja "github.com/nikolalohinski/gonja/v2/exec"
	"github.com/nikolalohinski/gonja/v2/loaders"
	"github.com/nikolalohinski/gonja/v2/parser"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/gonjacache"
	"github.com/cacheops/cacheops/pongo2cache"
	"github.com/cacheops/cacheops/templcache"
	"github.com/cacheops/cacheops/tmplcache"
)

// shop loads what the pages of the tests show, and counts how often.
type shop struct {
	*funcs

	posts, tags atomic.Int64
}

func newShop(t testing.TB) *shop { return &shop{funcs: newFuncs(t, nil)} }

// Posts returns the titles of a category's posts.
func (s *shop) Posts(ctx context.Context, category int64) (string, error) {
	s.posts.Add(1)
	return s.titles(ctx, "SELECT title FROM posts WHERE category_id = ? ORDER BY id", category)
}

// Tags returns the names of the tags.
func (s *shop) Tags(ctx context.Context) (string, error) {
	s.tags.Add(1)
	return s.titles(ctx, "SELECT name FROM tags ORDER BY id")
}

func (s *shop) titles(ctx context.Context, query string, args ...any) (string, error) {
	rows, err := s.cached.QueryContext(ctx, query, args...)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var title string
		if err := rows.Scan(&title); err != nil {
			return "", err
		}
		list = append(list, title)
	}
	return strings.Join(list, ","), rows.Err()
}

// page renders the page of a shop: <posts of the category>, <tags>, and <posts of the
// category> once more, in a fragment whose dependency is declared on post 3 alone. The
// first fragment is called posts, and has the category as its extra.
type page func(ctx context.Context, category int64) (string, error)

// dep is what the last fragment of the page depends on.
func dep() cacheops.Dep { return cacheops.On("main", cacheops.Row("posts", cacheops.Values{"id": 3})) }

// engines make the page, each by its templates.
var engines = map[string]func(t testing.TB, s *shop) page{
	"html/template":       htmlPage,
	"text/template":       textPage,
	"templ":               templPage,
	"pongo2":              pongo2Page,
	"pongo2 in functions": pongo2FunctionsPage,
	"pongo2 in macros":    pongo2MacrosPage,
	"gonja":               gonjaPage,
	"gonja in macros":     gonjaMacrosPage,
}

const tmplText = `{{define "posts"}}<{{.Shop.Posts ctx .Category}}>{{end}}{{define "tags"}}{{.Shop.Tags ctx}}{{end}}{{define "declared"}}{{template "posts" .}}{{end -}}
	{{define "page"}}{{cached "posts" "1h" . .Category}}<{{cached "tags" "" .}}>{{cachedAs .Dep "declared" "" . .Category}}{{end}}`

type tmplData struct {
	Shop     *shop
	Category int64
	Dep      cacheops.Dep
}

func tmplPage(t testing.TB, s *shop, set *tmplcache.Set, err error) page {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context, category int64) (string, error) {
		var out strings.Builder
		err := set.Execute(ctx, &out, "page", tmplData{s, category, dep()})
		return out.String(), err
	}
}

func htmlPage(t testing.TB, s *shop) page {
	// html/template escapes what looks like tags.
	text := strings.NewReplacer("<{{", "&lt;{{", "}}>", "}}&gt;").Replace(tmplText)
	set, err := tmplcache.New(s.cache, template.Must(template.New("").Funcs(tmplcache.Funcs()).Parse(text)), tmplcache.Config{})
	p := tmplPage(t, s, set, err)
	return func(ctx context.Context, category int64) (string, error) {
		out, err := p(ctx, category)
		return strings.NewReplacer("&lt;", "<", "&gt;", ">").Replace(out), err
	}
}

func textPage(t testing.TB, s *shop) page {
	set, err := tmplcache.NewText(s.cache, texttemplate.Must(texttemplate.New("").Funcs(tmplcache.Funcs()).Parse(tmplText)), tmplcache.Config{})
	return tmplPage(t, s, set, err)
}

func templPage(_ testing.TB, s *shop) page {
	show := func(load func(ctx context.Context) (string, error)) templ.Component {
		return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			text, err := load(ctx)
			if err == nil {
				_, err = fmt.Fprintf(w, "<%s>", text)
			}
			return err
		})
	}
	return func(ctx context.Context, category int64) (string, error) {
		posts := show(func(ctx context.Context) (string, error) { return s.Posts(ctx, category) })
		declared := cacheops.DependsOn(func(struct{}) []cacheops.Dep { return []cacheops.Dep{dep()} })
		var out strings.Builder
		err := templ.Join(
			templcache.Cached(s.cache, "posts", category).Component(posts),
			templcache.Cached(s.cache, "tags").Component(show(s.Tags)),
			templcache.Cached(s.cache, "declared", category).With(declared).Component(posts),
		).Render(ctx, &out)
		return out.String(), err
	}
}

// pongo2 has one set of tags for the program, and does not allow to change them while it
// parses.
var pongo2Tags sync.Mutex

const pongo2Text = `{% cached 3600 "posts" category %}<{{ posts(ctx, category) }}>{% endcached %}<{% cached None "tags" %}{{ tags(ctx) }}{% endcached %}>` +
	`{% cached_as dep None "declared" category %}<{{ posts(ctx, category) }}>{% endcached_as %}`

func pongo2Template(t testing.TB, s *shop, text string) *pongo2.Template {
	t.Helper()
	pongo2Tags.Lock()
	defer pongo2Tags.Unlock()
	if err := pongo2cache.New(s.cache).Register(); err != nil {
		t.Fatal(err)
	}
	p, err := pongo2.FromString(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func pongo2Page(t testing.TB, s *shop) page {
	p := pongo2Template(t, s, pongo2Text)
	return func(ctx context.Context, category int64) (string, error) {
		return p.Execute(pongo2.Context{pongo2cache.ContextKey: ctx, "category": category, "posts": s.Posts, "tags": s.Tags, "dep": dep()})
	}
}

// The functions have the context of the page, and the template gives them none.
func pongo2FunctionsPage(t testing.TB, s *shop) page {
	p := pongo2Template(t, s, strings.NewReplacer("(ctx, ", "(", "(ctx)", "()").Replace(pongo2Text))
	return func(ctx context.Context, category int64) (string, error) {
		return p.Execute(pongo2.Context{
			pongo2cache.ContextKey: ctx, "category": category, "dep": []cacheops.Dep{dep()},
			"posts": func(category int64) (string, error) { return s.Posts(ctx, category) },
			"tags":  func() (string, error) { return s.Tags(ctx) },
		})
	}
}

// A macro finds the context where it was defined.
func pongo2MacrosPage(t testing.TB, s *shop) page {
	p := pongo2Template(t, s, `{% macro p(c) %}{{ posts(ctx, c) }}{% endmacro %}`+strings.ReplaceAll(pongo2Text, "posts(ctx, category)", "p(category)"))
	return func(ctx context.Context, category int64) (string, error) {
		return p.Execute(pongo2.Context{pongo2cache.ContextKey: ctx, "category": category, "posts": s.Posts, "tags": s.Tags, "dep": dep()})
	}
}

const gonjaText = `{% cached "posts", timeout=3600, extra=category %}<{{ posts(ctx, category) }}>{% endcached %}<{% cached "tags" %}{{ tags(ctx) }}{% endcached %}>` +
	`{% cached_as dep, "declared", extra=category %}<{{ posts(ctx, category) }}>{% endcached_as %}`

func gonjaPage(t testing.TB, s *shop) page { return gonjaTemplate(t, s, gonjaText) }

func gonjaMacrosPage(t testing.TB, s *shop) page {
	return gonjaTemplate(t, s, `{% macro p(c) %}{{ posts(ctx, c) }}{% endmacro %}`+strings.ReplaceAll(gonjaText, "posts(ctx, category)", "p(category)"))
}

func gonjaTemplate(t testing.TB, s *shop, text string) page {
	t.Helper()
	env := &gonja.Environment{
		Context: gonja.EmptyContext(), Filters: builtins.Filters, Tests: builtins.Tests, Methods: builtins.Methods,
		ControlStructures: gonja.NewControlStructureSet(map[string]parser.ControlStructureParser{}).Update(builtins.ControlStructures),
	}
	if err := gonjacache.New(s.cache).Register(env.ControlStructures); err != nil {
		t.Fatal(err)
	}
	loader, err := loaders.NewShiftedLoader("page", strings.NewReader(text), loaders.MustNewMemoryLoader(nil))
	if err != nil {
		t.Fatal(err)
	}
	p, err := gonja.NewTemplate("page", config.New(), loader, env)
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context, category int64) (string, error) {
		var out bytes.Buffer
		err := p.Execute(&out, gonja.NewContext(map[string]any{
			gonjacache.ContextKey: ctx, "category": category, "posts": s.Posts, "tags": s.Tags, "dep": dep(),
		}))
		return out.String(), err
	}
}

// shows renders the page of a category, and wants a result, and so many fragments of
// posts and of tags to be rendered.
func shows(t testing.TB, s *shop, p page, category int64, want string, posts, tags int64) {
	t.Helper()
	beforePosts, beforeTags := s.posts.Load(), s.tags.Load()
	got, err := p(cacheops.PageContext(context.Background()), category)
	if gotPosts, gotTags := s.posts.Load()-beforePosts, s.tags.Load()-beforeTags; err != nil || got != want || gotPosts != posts || gotTags != tags {
		t.Fatalf("category %d: got %q, %v, with %d and %d rendered; want %q with %d and %d; the last event is %+v", category, got, err, gotPosts, gotTags, want, posts, tags, s.last())
	}
}

// onEach runs a test with the pages of each engine.
func onEach(t *testing.T, test func(t *testing.T, s *shop, p page)) {
	t.Helper()
	for name, engine := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			test(t, s, engine(t, s))
		})
	}
}

func TestFragmentsAreDroppedByWhatTheyRead(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *shop, p page) {
		shows(t, s, p, 1, "<one,two><go><one,two>", 2, 1)
		shows(t, s, p, 1, "<one,two><go><one,two>", 0, 0)
		shows(t, s, p, 2, "<three><go><three>", 2, 0)
		exec(t, s.cached, "UPDATE posts SET title = 'first' WHERE id = 1")
		shows(t, s, p, 2, "<three><go><three>", 0, 0)
		shows(t, s, p, 1, "<first,two><go><one,two>", 1, 0) // the last one depends on post 3
		exec(t, s.cached, "INSERT INTO tags VALUES (2, 'sql')")
		shows(t, s, p, 1, "<first,two><go,sql><one,two>", 0, 1)
		shows(t, s, p, 2, "<three><go,sql><three>", 0, 0)
		exec(t, s.cached, "UPDATE posts SET title = 'third' WHERE id = 3")
		shows(t, s, p, 1, "<first,two><go,sql><first,two>", 1, 0)
		shows(t, s, p, 2, "<third><go,sql><third>", 2, 0)
		shows(t, s, p, 2, "<third><go,sql><third>", 0, 0)
	})
}

func TestFragmentsAreDroppedByNameAndExtras(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *shop, p page) {
		shows(t, s, p, 1, "<one,two><go><one,two>", 2, 1)
		shows(t, s, p, 2, "<three><go><three>", 2, 0)
		ctx := context.Background()
		if err := cacheops.InvalidateFragment(ctx, s.cache, "posts", 2); err != nil {
			t.Fatal(err)
		}
		shows(t, s, p, 1, "<one,two><go><one,two>", 0, 0)
		shows(t, s, p, 2, "<three><go><three>", 1, 0)
		if err := cacheops.InvalidateFragments(ctx, s.cache, "declared"); err != nil {
			t.Fatal(err)
		}
		shows(t, s, p, 1, "<one,two><go><one,two>", 1, 0)
		shows(t, s, p, 2, "<three><go><three>", 1, 0)
		if err := cacheops.InvalidateFragment(ctx, s.cache, "tags"); err != nil {
			t.Fatal(err)
		}
		shows(t, s, p, 2, "<three><go><three>", 0, 1)
	})
}

// Of fifty pages that are rendered at once, one renders each fragment.
func TestFragmentsOfManyPages(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *shop, p page) {
		var all sync.WaitGroup
		start := make(chan struct{})
		for range 50 {
			all.Go(func() {
				<-start
				if out, err := p(cacheops.PageContext(context.Background()), 1); err != nil || out != "<one,two><go><one,two>" {
					t.Errorf("got %q, %v", out, err)
				}
			})
		}
		close(start)
		all.Wait()
		if posts, tags := s.posts.Load(), s.tags.Load(); posts != 2 || tags != 1 {
			t.Errorf("rendered %d and %d fragments, want 2 and 1", posts, tags)
		}
	})
}

// What one engine has stored is nothing to the others, and a name stands for all.
func TestEnginesShareNoFragments(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	var pages []page
	for _, name := range []string{"html/template", "text/template", "templ", "pongo2", "gonja"} {
		pages = append(pages, engines[name](t, s))
	}
	for _, p := range pages {
		shows(t, s, p, 1, "<one,two><go><one,two>", 2, 1)
	}
	for _, p := range pages {
		shows(t, s, p, 1, "<one,two><go><one,two>", 0, 0)
	}
	if err := cacheops.InvalidateFragment(context.Background(), s.cache, "tags"); err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		shows(t, s, p, 1, "<one,two><go><one,two>", 0, 1)
	}
}

// A page that is cached itself depends on what its fragments do, hit or miss.
func TestFragmentsOfACachedPage(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s *shop, p page) {
		fn := newFunc(t, s.cache, "page", func(ctx context.Context, category int64) (string, error) {
			s.runs.Add(1)
			return p(cacheops.PageContext(ctx), category)
		})
		calls(t, s.funcs, fn, 1, "<one,two><go><one,two>", true)
		calls(t, s.funcs, fn, 1, "<one,two><go><one,two>", false)
		calls(t, s.funcs, fn, 2, "<three><go><three>", true) // with a fragment that is there
		exec(t, s.cached, "INSERT INTO tags VALUES (2, 'sql')")
		calls(t, s.funcs, fn, 1, "<one,two><go,sql><one,two>", true)
		calls(t, s.funcs, fn, 2, "<three><go,sql><three>", true)
		exec(t, s.cached, "UPDATE posts SET title = 'first' WHERE id = 1")
		calls(t, s.funcs, fn, 2, "<three><go,sql><three>", false)
		calls(t, s.funcs, fn, 1, "<first,two><go,sql><one,two>", true)
	})
}

// A transaction that has written is nobody else's business.
func TestFragmentsOfATransaction(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ctx := cacheops.PageContext(context.Background())
	exec(t, s.cached, "UPDATE posts SET title = title")
	tx, err := s.cached.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(ctx, "UPDATE posts SET title = 'mine' WHERE id = 3"); err != nil {
		t.Fatal(err)
	}
	set, err := tmplcache.New(s.cache, template.Must(template.New("").Funcs(tmplcache.Funcs()).Parse(`{{define "page"}}{{cached "title" 60 .}}{{end}}{{define "title"}}{{call .}}{{end}}`)), tmplcache.Config{})
	if err != nil {
		t.Fatal(err)
	}
	title := func(q querier) string {
		var out strings.Builder
		load := func() (string, error) {
			rows, err := q.QueryContext(ctx, "SELECT title FROM posts WHERE id = 3")
			if err != nil {
				return "", err
			}
			defer rows.Close()
			var title string
			for rows.Next() {
				err = rows.Scan(&title)
			}
			return title, errors.Join(err, rows.Err())
		}
		if err := set.Execute(ctx, &out, "page", load); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if got := title(tx); got != "mine" {
		t.Errorf("in the transaction: %q", got)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if got := title(s.cached); got != "three" {
		t.Errorf("after it was rolled back: %q", got)
	}
}

// made renders a fragment, and wants that to be done or not.
func made(t testing.TB, s *shop, ctx context.Context, name string, render func(context.Context) (string, error), want bool) { //nolint:revive // the test comes first
	t.Helper()
	ran := false
	if _, err := cacheops.Fragment(ctx, s.cache, name, nil, func(ctx context.Context) ([]byte, error) {
		ran = true
		text, err := render(ctx)
		return []byte(text), err
	}); err != nil {
		t.Error(err)
	}
	if ran != want {
		t.Errorf("%s: rendered is %v, want %v; the last event is %+v", name, ran, want, s.last())
	}
}

// A fragment in another one: each depends on what it reads by the page's context, the
// outer one on all.
func TestPageContextOfNestedFragments(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ctx := cacheops.PageContext(context.Background())
	inner := func(context.Context) (string, error) { return s.Posts(ctx, 1) }
	within := true
	outer := func(context.Context) (string, error) {
		made(t, s, ctx, "inner", inner, within)
		return s.Tags(ctx)
	}
	made(t, s, ctx, "outer", outer, true)
	made(t, s, ctx, "outer", outer, false)
	exec(t, s.cached, "INSERT INTO tags VALUES (3, 'x')")
	within = false
	made(t, s, ctx, "inner", inner, false)
	made(t, s, ctx, "outer", outer, true)
	made(t, s, ctx, "outer", outer, false)
	exec(t, s.cached, "UPDATE posts SET title = 'first' WHERE id = 1")
	within = true
	made(t, s, ctx, "outer", outer, true)
	made(t, s, ctx, "inner", inner, false)
	made(t, s, ctx, "outer", outer, false)
	// What is read by the page outside of all fragments is nothing to them.
	if _, err := s.Posts(ctx, 2); err != nil {
		t.Fatal(err)
	}
	exec(t, s.cached, "UPDATE posts SET title = 'third' WHERE id = 3")
	made(t, s, ctx, "outer", outer, false)
}

// Two fragments that goroutines make at once under one page cannot be told apart. The
// one that began last depends on what both read; the other is not kept if it ends first.
func TestPageContextOfFragmentsAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ctx := cacheops.PageContext(context.Background())
	posts := func(context.Context) (string, error) { return s.Posts(ctx, 1) }
	tags := func(context.Context) (string, error) { return s.Tags(ctx) }
	firstBegan, secondBegan, firstEnded := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		made(t, s, ctx, "first", func(c context.Context) (string, error) {
			close(firstBegan)
			<-secondBegan
			return posts(c)
		}, true)
		close(firstEnded)
	})
	all.Go(func() {
		<-firstBegan
		made(t, s, ctx, "second", func(c context.Context) (string, error) {
			close(secondBegan)
			<-firstEnded
			return tags(c)
		}, true)
	})
	all.Wait()
	made(t, s, ctx, "second", tags, false)
	exec(t, s.cached, "INSERT INTO tags VALUES (3, 'x')")
	made(t, s, ctx, "second", tags, true)
	made(t, s, ctx, "first", posts, true)
	made(t, s, ctx, "first", posts, false)
}

// A fragment that does not know of the one that is being made keeps both out.
func TestPageContextOfFragmentsApart(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ctx := cacheops.PageContext(context.Background())
	before := cacheops.With(ctx)
	posts := func(context.Context) (string, error) { return s.Posts(ctx, 1) }
	both := func(c context.Context) (string, error) {
		made(t, s, before, "second", posts, true)
		return posts(c)
	}
	made(t, s, ctx, "first", both, true)
	made(t, s, ctx, "first", both, true)
	if !strings.Contains(s.last().Reason, "at the same time") {
		t.Errorf("the last event is %+v", s.last())
	}
	made(t, s, before, "second", posts, true)
	made(t, s, before, "second", posts, false)
}
