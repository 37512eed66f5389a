package gonjacache_test

import (
	"context"
	"fmt"

	"github.com/nikolalohinski/gonja/v2"
	"github.com/nikolalohinski/gonja/v2/exec"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/gonjacache"
)

func Example() {
	cache, err := cacheops.New(cacheops.Config{})
	if err != nil {
		panic(err)
	}
	defer cache.Close()
	if err := gonjacache.New(cache).Register(gonja.DefaultEnvironment.ControlStructures); err != nil {
		panic(err)
	}
	// What posts reads from a database of the cache, under ctx, is what the fragment
	// depends on.
	posts := func(_ context.Context, category int) []string {
		fmt.Println("loading", category)
		return []string{"Tea"}
	}
	page, err := gonja.FromString(`{% cached "posts", timeout=300, extra=category %}{% for p in posts(ctx, category) %}<li>{{ p }}</li>{% endfor %}{% endcached %}`)
	if err != nil {
		panic(err)
	}
	for _, category := range []int{1, 1, 2} {
		out, err := page.ExecuteToString(exec.NewContext(map[string]any{
			gonjacache.ContextKey: cacheops.PageContext(context.Background()), "posts": posts, "category": category,
		}))
		if err != nil {
			panic(err)
		}
		fmt.Println(out)
	}
	// Output:
	// loading 1
	// <li>Tea</li>
	// <li>Tea</li>
	// loading 2
	// <li>Tea</li>
}
