package templcache_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/a-h/templ"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/templcache"
	"github.com/cacheops/cacheops/templcache/internal/testpage"
)

func Example() {
	cache, err := cacheops.New(cacheops.Config{})
	if err != nil {
		panic(err)
	}
	defer cache.Close()
	// In a template: @sidebar(user) with its children in braces.
	sidebar := func(id int) *templcache.Fragment {
		return templcache.Cached(cache, "sidebar", id).With(cacheops.TTL(5 * time.Minute))
	}
	show := func() string {
		fmt.Println("rendering")
		return "Tea & coffee"
	}
	for _, id := range []int{1, 1, 2} {
		ctx := templ.InitializeContext(cacheops.PageContext(context.Background()))
		if err := sidebar(id).Component(testpage.Text(show)).Render(ctx, os.Stdout); err != nil {
			panic(err)
		}
		fmt.Println()
	}
	// Output:
	// rendering
	// rendering
	// <b title="Tea &amp; coffee">Tea &amp; coffee</b>
	// <b title="Tea &amp; coffee">Tea &amp; coffee</b>
	// rendering
	// rendering
	// <b title="Tea &amp; coffee">Tea &amp; coffee</b>
}

// A function that returns nil caches nothing: here for staff.
func ExampleFragment_Component() {
	cache, err := cacheops.New(cacheops.Config{})
	if err != nil {
		panic(err)
	}
	defer cache.Close()
	menu := func(staff bool) *templcache.Fragment {
		if staff {
			return nil
		}
		return templcache.Cached(cache, "menu")
	}
	rendered := 0
	show := func() string { rendered++; return "menu" }
	for _, staff := range []bool{false, false, true, true} {
		if err := menu(staff).Component(testpage.Called(show)).Render(context.Background(), io.Discard); err != nil {
			panic(err)
		}
		fmt.Println(rendered)
	}
	// Output:
	// 1
	// 1
	// 2
	// 3
}
