package ent_test

import (
	"context"
	"fmt"
	"log"
	"time"

	entdialect "entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	_ "modernc.org/sqlite"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/examples/ent/blogent"
	"github.com/cacheops/cacheops/examples/ent/blogent/post"
	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/sqlcache"
)

// ent takes the *sql.DB through its driver for database/sql.
func Example() {
	ctx := context.Background()
	dsn, remove := blog.New()
	defer remove()
	var source blog.Source

	cache, err := cacheops.New(cacheops.Config{
		Profiles: cacheops.Profiles{"posts": {Ops: cacheops.OpAll, TTL: time.Hour}},
		Hooks:    source.Hooks(),
	})
	check(err)
	defer cache.Close()
	db, err := sqlcache.Open(cache, "sqlite", dsn, sqlcache.Config{Dialect: sqlite.Dialect, Database: "blog"})
	check(err)
	client := blogent.NewClient(blogent.Driver(entsql.OpenDB(entdialect.SQLite, db)))
	defer client.Close()

	read := func(when string) {
		first, err := client.Post.Get(ctx, 1)
		check(err)
		fmt.Printf("%s: %s (%v)", when, first.Title, &source)

		live, err := client.Post.Query().Where(post.CategoryID(7), post.Status("live")).All(ctx)
		check(err)
		fmt.Printf(", %d live (%v)", len(live), &source)

		count, err := client.Post.Query().Where(post.CategoryID(7)).Count(ctx)
		check(err)
		fmt.Printf(", %d in all (%v)\n", count, &source)
	}
	read("first")
	read("again")

	// A post of another category: nothing that was read depends on it.
	check(client.Post.Create().SetCategoryID(1).SetTitle("Sun").SetStatus("live").Exec(ctx))
	read("another category")

	// A post that comes to be live: the list depends on it, and the count.
	tx, err := client.Tx(ctx)
	check(err)
	check(tx.Post.Update().Where(post.ID(2)).SetStatus("live").Exec(ctx))
	check(tx.Commit())
	read("this category")
	// Output:
	// first: Hello (database), 1 live (database), 2 in all (database)
	// again: Hello (cache), 1 live (cache), 2 in all (cache)
	// another category: Hello (cache), 1 live (cache), 2 in all (cache)
	// this category: Hello (cache), 2 live (database), 2 in all (database)
}

// check ends the program on an error.
func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
