package pongo2cache_test

import (
	"context"
	"fmt"

	"github.com/flosch/pongo2/v6"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/pongo2cache"
)

func Example() {
	cache, err := cacheops.New(cacheops.Config{})
	if err != nil {
		panic(err)
	}
	defer cache.Close()
	if err := pongo2cache.New(cache).Register(); err != nil {
		panic(err)
	}
	// What posts reads from a database of the cache, under ctx, is what the fragment
	// depends on.
	posts := func(_ context.Context, category int) []string {
		fmt.Println("loading", category)
		return []string{"Tea & coffee"}
	}
	page := pongo2.Must(pongo2.FromString(`{% cached 300 "posts" category %}{% for p in posts(ctx, category) %}<li>{{ p }}</li>{% endfor %}{% endcached %}`))
	for _, category := range []int{1, 1, 2} {
		out, err := page.Execute(pongo2.Context{
			pongo2cache.ContextKey: cacheops.PageContext(context.Background()), "posts": posts, "category": category,
		})
		if err != nil {
			panic(err)
		}
		fmt.Println(out)
	}
	// Output:
	// loading 1
	// <li>Tea &amp; coffee</li>
	// <li>Tea &amp; coffee</li>
	// loading 2
	// <li>Tea &amp; coffee</li>
}

// A tag of the program's own: {% cache_menu "top" %} ... {% endcache_menu %} caches
// nothing for staff.
func ExampleLibrary_RegisterTag() {
	cache, err := cacheops.New(cacheops.Config{})
	if err != nil {
		panic(err)
	}
	defer cache.Close()
	if err := pongo2cache.New(cache).RegisterTag("cache_menu", func(call *pongo2cache.Call) (pongo2cache.Choice, error) {
		staff, _ := call.Value("staff").(bool)
		return pongo2cache.Choice{Uncached: staff, Name: "menu", Extras: call.Args}, nil
	}); err != nil {
		panic(err)
	}
	page := pongo2.Must(pongo2.FromString(`{% cache_menu "top" %}{{ menu() }}{% endcache_menu %}`))
	for _, staff := range []bool{false, false, true} {
		out, err := page.Execute(pongo2.Context{"staff": staff, "menu": func() string {
			fmt.Println("rendering")
			return "menu"
		}})
		if err != nil {
			panic(err)
		}
		fmt.Println(out)
	}
	// Output:
	// rendering
	// menu
	// menu
	// rendering
	// menu
}
