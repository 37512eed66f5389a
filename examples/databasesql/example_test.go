package databasesql_test

import (
	"context"
	"fmt"
	"log"
	"time"

	_ "modernc.org/sqlite"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/sqlcache"
)

// The same reads are made before and after writes. The hooks tell who answered.
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

	read := func(when string) {
		var title string
		check(db.QueryRowContext(ctx, "SELECT title FROM posts WHERE id = ?", 1).Scan(&title))
		fmt.Printf("%s: %s (%v)", when, title, &source)

		rows, err := db.QueryContext(ctx, "SELECT title FROM posts WHERE category_id = ? AND status = 'live'", 7)
		check(err)
		defer rows.Close()
		var titles []string
		for rows.Next() {
			check(rows.Scan(&title))
			titles = append(titles, title)
		}
		check(rows.Err())
		fmt.Printf(", live %v (%v)", titles, &source)

		var count int
		check(db.QueryRowContext(ctx, "SELECT count(*) FROM posts WHERE category_id = ?", 7).Scan(&count))
		fmt.Printf(", %d in all (%v)\n", count, &source)
	}
	read("first")
	read("again")

	// A post of another category: nothing that was read depends on it.
	_, err = db.ExecContext(ctx, "INSERT INTO posts (category_id, title, status) VALUES (?, ?, ?)", 1, "Sun", "live")
	check(err)
	read("another category")

	// A post that comes to be live: the list depends on it, and the count.
	tx, err := db.BeginTx(ctx, nil)
	check(err)
	_, err = tx.ExecContext(ctx, "UPDATE posts SET status = 'live' WHERE id = ?", 2)
	check(err)
	check(tx.Commit())
	read("this category")
	// Output:
	// first: Hello (database), live [Hello] (database), 2 in all (database)
	// again: Hello (cache), live [Hello] (cache), 2 in all (cache)
	// another category: Hello (cache), live [Hello] (cache), 2 in all (cache)
	// this category: Hello (cache), live [Hello Notes] (database), 2 in all (database)
}

// check ends the program on an error.
func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
