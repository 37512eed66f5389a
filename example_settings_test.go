package cacheops_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"time"

	"github.com/cacheops/cacheops"
)

// The sites of one program share a database and a cache, and never see each
// other's results. All of them see the same countries.
func ExampleConfig_tenants() {
	type siteKey struct{}
	cache, err := cacheops.New(cacheops.Config{
		Profiles: cacheops.Profiles{"posts": {Ops: cacheops.OpAll}, "countries": {Ops: cacheops.OpAll}},
		PrefixFunc: func(ctx context.Context, info cacheops.PrefixInfo) string {
			if info.Table == "countries" {
				return "all"
			}
			site, _ := ctx.Value(siteKey{}).(string) // "" in a job without a request
			return site
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	ctx := context.WithValue(context.Background(), siteKey{}, "blog.example.org")
	fmt.Println(ctx.Value(siteKey{}))
	// Output: blog.example.org
}

// Who saves an account is shown it next: by then it is in the cache. The column is the
// one by which the program gets an account.
func ExampleProfile_cacheOnSave() {
	cache, err := cacheops.New(cacheops.Config{Profiles: cacheops.Profiles{
		"accounts": {Ops: cacheops.OpGet, CacheOnSave: "id"},
		"sessions": {Ops: cacheops.OpGet, CacheOnSave: "token"},
	}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cache.Close())
	// Output: <nil>
}

// Searches with many conditions are rarely made twice, and lists with many
// arguments as well: what the program knows of that it says itself.
func ExampleConfig_admit() {
	cache, err := cacheops.New(cacheops.Config{
		Profiles: cacheops.Profiles{"posts": {Ops: cacheops.OpAll, MaxTerms: 3}},
		Admit: func(r cacheops.ReadInfo) bool {
			return r.Asked || r.Op != cacheops.OpFetch || len(r.Args) < 10
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cache.Close())
	// Output: <nil>
}

// What all profiles have in common stands in Defaults. Countries do not change
// while the program runs, and logs are written all the time and never cached.
func ExampleConfig_defaults() {
	cache, err := cacheops.New(cacheops.Config{
		Defaults: cacheops.Profile{Ops: cacheops.OpGet | cacheops.OpFetch, TTL: 15 * time.Minute},
		Profiles: cacheops.Profiles{
			"posts":     {SkipColumns: []string{"views"}},
			"users":     {Ops: cacheops.OpGet, Lock: true},
			"countries": {Local: cacheops.Forever},
			"log_*":     {Ops: cacheops.OpNone, Mode: cacheops.Untracked},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cache.Close())
	// Output: <nil>
}

// The cache is turned off and on while the program runs.
func ExampleCache_SetDisabled() {
	cache, err := cacheops.New(cacheops.Config{Disabled: true})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	fmt.Println(cache.Disabled())
	cache.SetDisabled(false) // nothing is stale: writes were noticed all the while
	fmt.Println(cache.Disabled())
	// Output:
	// true
	// false
}

// A call asks for more than its profile gives. What it does not name it takes from
// the context that it is made from.
func ExampleWith() {
	var db *sql.DB // from package sqlcache
	ctx := cacheops.With(context.Background(), cacheops.Ops(cacheops.OpCount|cacheops.OpAggregate))
	hourly := cacheops.With(ctx, cacheops.TTL(time.Hour), cacheops.Lock())
	if err := db.QueryRowContext(hourly, "SELECT count(*) FROM posts").Err(); err != nil {
		log.Fatal(err)
	}
}

// A page that must not show what the cache has, whatever the profiles say.
func ExampleBypass() {
	var db *sql.DB // from package sqlcache
	ctx := cacheops.Bypass(context.Background())
	if err := db.QueryRowContext(ctx, "SELECT balance FROM accounts WHERE id = ?", 34).Err(); err != nil {
		log.Fatal(err)
	}
}
