package databasesql_test

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/sqlcache"
)

// A profile without Ops caches what a call asks for, and nothing else.
func Example_choices() {
	ctx := context.Background()
	dsn, remove := blog.New()
	defer remove()
	var source blog.Source
	cache, err := cacheops.New(cacheops.Config{
		Profiles: cacheops.Profiles{"posts": {TTL: time.Hour}},
		Hooks:    source.Hooks(),
	})
	check(err)
	defer cache.Close()
	db, err := sqlcache.Open(cache, "sqlite", dsn, sqlcache.Config{Dialect: sqlite.Dialect, Database: "blog"})
	check(err)
	defer db.Close()

	const query = "SELECT title FROM posts WHERE id = ?"
	read := func(ctx context.Context, how string) {
		var title string
		check(db.QueryRowContext(ctx, query, 1).Scan(&title))
		fmt.Printf("%s: %s (%v)\n", how, title, &source)
	}
	read(ctx, "unasked")
	read(ctx, "unasked again")

	ctx = cacheops.With(ctx, cacheops.Ops(cacheops.OpAll), cacheops.TTL(time.Minute))
	read(ctx, "asked for")
	read(ctx, "asked for again")

	read(cacheops.Bypass(ctx), "bypassing the cache")

	// A program that knows nothing of the cache writes.
	other, err := sql.Open("sqlite", dsn)
	check(err)
	defer other.Close()
	_, err = other.ExecContext(ctx, "UPDATE posts SET title = 'Goodbye' WHERE id = 1")
	check(err)

	tx, err := db.BeginTx(ctx, nil)
	check(err)

	app := cache.Database("blog")
	err = app.Invalidate(ctx, cacheops.Row("posts", cacheops.Values{"id": 1}), cacheops.Pattern("post_*"))
	check(err)
	read(ctx, "invalidated")

	err = app.InvalidateTx(ctx, tx, cacheops.Table("posts"))
	check(err)
	check(tx.Commit())
	read(ctx, "invalidated by the commit")

	e, err := app.Explain(ctx, query, 1)
	check(err)
	fmt.Println(e.Op, e.Depends, e.Cached)
	// Output:
	// unasked: Hello (database)
	// unasked again: Hello (database)
	// asked for: Hello (database)
	// asked for again: Hello (cache)
	// bypassing the cache: Hello (database)
	// invalidated: Goodbye (database)
	// invalidated by the commit: Goodbye (database)
	// get [posts: id = 1] true
}
