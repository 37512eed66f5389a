package tmplcache_test

import (
	"context"
	"fmt"
	"html/template"
	"os"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/tmplcache"
)

// user is the data of a page. Posts loads when the template calls it: what it reads from
// a database of the cache, under that context, is what the fragment depends on.
type user struct {
	ID    int
	Staff bool
}

func (u user) Posts(_ context.Context) []string {
	fmt.Println("loading") //nolint:forbidigo // the example shows when it is called
	return []string{"Tea & coffee"}
}

// A fragment is a template that is called by cached: with its name, a time to live, its
// data, and what tells its results apart.
func Example() {
	cache, err := cacheops.New(cacheops.Config{})
	if err != nil {
		panic(err)
	}
	defer cache.Close()

	const text = `
		{{- define "sidebar"}}<ul>{{range .Posts ctx}}<li>{{.}}</li>{{end}}</ul>{{end}}
		{{- define "page"}}<h1>{{.ID}}</h1>{{cached "sidebar" "5m" . .ID}}
{{end}}`
	t := template.Must(template.New("").Funcs(tmplcache.Funcs()).Parse(text))
	pages, err := tmplcache.New(cache, t, tmplcache.Config{})
	if err != nil {
		panic(err)
	}
	for range 2 {
		ctx := cacheops.PageContext(context.Background()) // of the request
		if err := pages.Execute(ctx, os.Stdout, "page", user{ID: 7}); err != nil {
			panic(err)
		}
	}
	if err := cacheops.InvalidateFragment(context.Background(), cache, "sidebar", 7); err != nil {
		panic(err)
	}
	if err := pages.Execute(context.Background(), os.Stdout, "page", user{ID: 7}); err != nil {
		panic(err)
	}
	// Output:
	// loading
	// <h1>7</h1><ul><li>Tea &amp; coffee</li></ul>
	// <h1>7</h1><ul><li>Tea &amp; coffee</li></ul>
	// loading
	// <h1>7</h1><ul><li>Tea &amp; coffee</li></ul>
}

// A caching function of the program's own: nothing is cached for staff.
func ExampleTag() {
	cache, err := cacheops.New(cacheops.Config{})
	if err != nil {
		panic(err)
	}
	defer cache.Close()

	cacheMenu := func(call tmplcache.Call) (tmplcache.Choice, error) {
		u, ok := call.Data.(user)
		return tmplcache.Choice{
			Uncached: ok && u.Staff,
			Extras:   call.Args,
			Options:  []cacheops.FuncOption{cacheops.TTL(24 * time.Hour)},
		}, nil
	}
	t := template.Must(template.New("page").Funcs(tmplcache.Funcs("cacheMenu")).Parse(
		`{{define "menu"}}{{len (.Posts ctx)}}{{end}}{{cacheMenu "menu" . "top"}}` + "\n"))
	pages, err := tmplcache.New(cache, t, tmplcache.Config{Tags: map[string]tmplcache.Tag{"cacheMenu": cacheMenu}})
	if err != nil {
		panic(err)
	}
	for _, u := range []user{{ID: 1}, {ID: 2}, {ID: 3, Staff: true}} {
		if err := pages.Execute(context.Background(), os.Stdout, "page", u); err != nil {
			panic(err)
		}
	}
	// Output:
	// loading
	// 1
	// 1
	// loading
	// 1
}
