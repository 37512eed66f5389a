package sqlc_test

import (
	"context"
	"fmt"
	"log"
	"time"

	_ "modernc.org/sqlite"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/examples/sqlc/blogdb"
	"github.com/cacheops/cacheops/sqlcache"
)

// The code that sqlc generates takes the *sql.DB, and in a transaction the
// *sql.Tx.
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
	defer db.Close()
	queries := blogdb.New(db)

	read := func(when string) {
		post, err := queries.GetPost(ctx, 1)
		check(err)
		fmt.Printf("%s: %s (%v)", when, post.Title, &source)

		live, err := queries.ListPosts(ctx, blogdb.ListPostsParams{CategoryID: 7, Status: "live"})
		check(err)
		fmt.Printf(", %d live (%v)", len(live), &source)

		count, err := queries.CountPosts(ctx, 7)
		check(err)
		fmt.Printf(", %d in all (%v)\n", count, &source)
	}
	read("first")
	read("again")

	// A post of another category: nothing that was read depends on it.
	_, err = queries.CreatePost(ctx, blogdb.CreatePostParams{CategoryID: 1, Title: "Sun", Status: "live"})
	check(err)
	read("another category")

	// A post that comes to be live: the list depends on it, and the count.
	tx, err := db.BeginTx(ctx, nil)
	check(err)
	_, err = queries.WithTx(tx).SetPostStatus(ctx, blogdb.SetPostStatusParams{Status: "live", ID: 2})
	check(err)
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
