package cacheops_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/cacheops/cacheops"
)

// newCache makes a cache for an Example. Functions need no database.
func newCache() *cacheops.Cache {
	return cacheops.Must(cacheops.New(cacheops.Config{Defaults: cacheops.Profile{TTL: time.Hour}}))
}

// A function whose results depend on the queries that it makes. There is nothing to
// declare: a write that could change one of them drops the result.
func ExampleNewFunc() {
	var (
		cache *cacheops.Cache // from New
		db    *sql.DB         // from package sqlcache
	)
	live := cacheops.Must(cacheops.NewFunc(cache, "live posts", func(ctx context.Context, category int64) (n int, err error) {
		err = db.QueryRowContext(ctx, "SELECT count(*) FROM posts WHERE category_id = ? AND status = 'live'", category).Scan(&n)
		return n, err
	}))
	n, err := live.Call(context.Background(), 7)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n)
}

// Arguments tell results apart. Several of them are the fields of a struct.
func ExampleFunc_Call() {
	cache := newCache()
	defer cache.Close()
	type args struct{ Name, Language string }
	greeting := cacheops.Must(cacheops.NewFunc(cache, "greeting", func(_ context.Context, a args) (string, error) {
		fmt.Println("it runs for", a)
		return map[string]string{"en": "Hello, ", "fr": "Bonjour, "}[a.Language] + a.Name, nil
	}))
	for _, a := range []args{{"Ann", "en"}, {"Ann", "en"}, {"Ann", "fr"}} {
		s, err := greeting.Call(context.Background(), a)
		fmt.Println(s, err)
	}
	// Output:
	// it runs for {Ann en}
	// Hello, Ann <nil>
	// Hello, Ann <nil>
	// it runs for {Ann fr}
	// Bonjour, Ann <nil>
}

// Peek looks, and runs nothing.
func ExampleFunc_Peek() {
	cache := newCache()
	defer cache.Close()
	ctx := context.Background()
	square := cacheops.Must(cacheops.NewFunc(cache, "square", func(_ context.Context, n int) (int, error) { return n * n, nil }))
	_, err := square.Peek(ctx, 3)
	fmt.Println(errors.Is(err, cacheops.ErrMiss))
	if _, err := square.Call(ctx, 3); err != nil {
		log.Fatal(err)
	}
	fmt.Println(square.Peek(ctx, 3))
	// Output:
	// true
	// 9 <nil>
}

// What is known already need not be worked out.
func ExampleFunc_Set() {
	cache := newCache()
	defer cache.Close()
	ctx := context.Background()
	rate := cacheops.Must(cacheops.NewFunc(cache, "rate", func(context.Context, string) (float64, error) {
		return 0, errors.New("the other service is asleep")
	}, cacheops.TTLOnly(), cacheops.TTL(time.Minute)))
	if err := rate.Set(ctx, "EUR", 1.08); err != nil {
		log.Fatal(err)
	}
	fmt.Println(rate.Call(ctx, "EUR"))
	fmt.Println(rate.Call(ctx, "CHF"))
	// Output:
	// 1.08 <nil>
	// 0 the other service is asleep
}

// The results of some arguments are dropped, or all results of the function.
func ExampleFunc_Invalidate() {
	cache := newCache()
	defer cache.Close()
	ctx := context.Background()
	runs := 0
	run := cacheops.Must(cacheops.NewFunc(cache, "run", func(context.Context, string) (int, error) { runs++; return runs, nil }))
	show := func() {
		a, err1 := run.Call(ctx, "a")
		b, err2 := run.Call(ctx, "b")
		fmt.Println(a, b, errors.Join(err1, err2))
	}
	show()
	if err := run.Invalidate(ctx, "a"); err != nil {
		log.Fatal(err)
	}
	show()
	if err := run.Invalidate(ctx); err != nil {
		log.Fatal(err)
	}
	show()
	// Output:
	// 1 2 <nil>
	// 3 2 <nil>
	// 4 5 <nil>
}

// A function that reads past the library, or by what cannot be cached, says itself what
// its results depend on.
func ExampleDependsOn() {
	var cache *cacheops.Cache // from New
	cacheops.Must(cacheops.NewFunc(cache, "report", makeReport, cacheops.DependsOn(func(category int64) []cacheops.Dep {
		return []cacheops.Dep{
			cacheops.On("blog", cacheops.Row("posts", cacheops.Values{"category_id": category})),
			cacheops.On("blog", cacheops.Table("tags")),
			cacheops.OnQuery("blog", "SELECT name FROM categories WHERE id = ?", category),
		}
	})))
}

func makeReport(context.Context, int64) ([]byte, error) { return nil, nil }

// Only time ends the results, and Invalidate.
func ExampleTTLOnly() {
	cache := newCache()
	defer cache.Close()
	weather := cacheops.Must(cacheops.NewFunc(cache, "weather", func(_ context.Context, city string) (string, error) {
		fmt.Println("asking for", city)
		return "rain", nil
	}, cacheops.TTLOnly(), cacheops.TTL(10*time.Minute)))
	for range 2 {
		fmt.Println(weather.Call(context.Background(), "London"))
	}
	// Output:
	// asking for London
	// rain <nil>
	// rain <nil>
}

// What decides the result and is no argument is a part of the key.
func ExampleExtra() {
	cache := newCache()
	defer cache.Close()
	for _, mirror := range []string{"one", "two"} {
		list := cacheops.Must(cacheops.NewFunc(cache, "list", func(context.Context, string) (string, error) {
			return "from mirror " + mirror, nil
		}, cacheops.Extra(mirror)))
		fmt.Println(list.Call(context.Background(), "/"))
	}
	// Output:
	// from mirror one <nil>
	// from mirror two <nil>
}

// Something that the arguments decide, but changes without them.
func ExampleExtraFunc() {
	cache := newCache()
	defer cache.Close()
	prices := map[string]int{"tea": 3}
	total := cacheops.Must(cacheops.NewFunc(cache, "total", func(_ context.Context, what string) (int, error) {
		return 10 * prices[what], nil
	}, cacheops.ExtraFunc(func(what string) int { return prices[what] })))
	fmt.Println(total.Call(context.Background(), "tea"))
	prices["tea"] = 4
	fmt.Println(total.Call(context.Background(), "tea"))
	// Output:
	// 30 <nil>
	// 40 <nil>
}

// jsonCodec is a codec of a program's own.
type jsonCodec struct{}

func (jsonCodec) Name() string                       { return "json" }
func (jsonCodec) Marshal(v any) ([]byte, error)      { return json.Marshal(v) }
func (jsonCodec) Unmarshal(data []byte, v any) error { return json.Unmarshal(data, v) }

// Results are stored as JSON, which other programs may read.
func ExampleWithCodec() {
	cache := newCache()
	defer cache.Close()
	type point struct{ X, Y int }
	mirror := cacheops.Must(cacheops.NewFunc(cache, "mirror", func(_ context.Context, p point) (point, error) {
		return point{p.Y, p.X}, nil
	}, cacheops.WithCodec(jsonCodec{})))
	for range 2 {
		fmt.Println(mirror.Call(context.Background(), point{1, 2}))
	}
	// Output:
	// {2 1} <nil>
	// {2 1} <nil>
}

// Values under keys of the program's own. One that is nil is no miss.
func ExampleGet() {
	cache := newCache()
	defer cache.Close()
	ctx := context.Background()
	_, err := cacheops.Get[[]string](ctx, cache, "tags")
	fmt.Println(errors.Is(err, cacheops.ErrMiss))

	if err := cacheops.Set(ctx, cache, "tags", []string(nil), time.Minute); err != nil {
		log.Fatal(err)
	}
	tags, err := cacheops.Get[[]string](ctx, cache, "tags")
	fmt.Println(tags == nil, err)

	if err := cacheops.Delete(ctx, cache, "tags"); err != nil {
		log.Fatal(err)
	}
	_, err = cacheops.Get[[]string](ctx, cache, "tags")
	fmt.Println(err)
	// Output:
	// true
	// true <nil>
	// cacheops: nothing is stored
}

// A part of a page, for a template engine without a package of its own.
func ExampleFragment() {
	cache := newCache()
	defer cache.Close()
	ctx := cacheops.PageContext(context.Background())
	sidebar := func(language string) {
		html, err := cacheops.Fragment(ctx, cache, "sidebar", []any{language}, func(context.Context) ([]byte, error) {
			fmt.Println("rendered in", language)
			return []byte("<aside>" + language + "</aside>"), nil
		})
		fmt.Println(string(html), err)
	}
	sidebar("en")
	sidebar("en")
	sidebar("fr")
	if err := cacheops.InvalidateFragment(ctx, cache, "sidebar", "en"); err != nil {
		log.Fatal(err)
	}
	sidebar("en")
	sidebar("fr")
	// Output:
	// rendered in en
	// <aside>en</aside> <nil>
	// <aside>en</aside> <nil>
	// rendered in fr
	// <aside>fr</aside> <nil>
	// rendered in en
	// <aside>en</aside> <nil>
	// <aside>fr</aside> <nil>
}
