package sqlx_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/jmoiron/sqlx"
	_ "modernc.org/sqlite"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/sqlcache"
)

// sqlx wraps the *sql.DB. The name of the driver tells it the placeholders.
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
	dbx := sqlx.NewDb(db, "sqlite")

	read := func(when string) {
		var post Post
		check(dbx.GetContext(ctx, &post, "SELECT * FROM posts WHERE id = ?", 1))
		fmt.Printf("%s: %s (%v)", when, post.Title, &source)

		var live []Post
		check(dbx.SelectContext(ctx, &live, "SELECT * FROM posts WHERE category_id = ? AND status = ?", 7, "live"))
		fmt.Printf(", %d live (%v)", len(live), &source)

		var count int
		check(dbx.GetContext(ctx, &count, "SELECT count(*) FROM posts WHERE category_id = ?", 7))
		fmt.Printf(", %d in all (%v)\n", count, &source)
	}
	read("first")
	read("again")

	// A post of another category: nothing that was read depends on it.
	_, err = dbx.NamedExecContext(ctx, "INSERT INTO posts (category_id, title, status) VALUES (:category_id, :title, :status)",
		Post{CategoryID: 1, Title: "Sun", Status: "live"})
	check(err)
	read("another category")

	// A post that comes to be live: the list depends on it, and the count.
	tx, err := dbx.BeginTxx(ctx, nil)
	check(err)
	_, err = tx.ExecContext(ctx, "UPDATE posts SET status = ? WHERE id = ?", "live", 2)
	check(err)
	check(tx.Commit())
	read("this category")
	// Output:
	// first: Hello (database), 1 live (database), 2 in all (database)
	// again: Hello (cache), 1 live (cache), 2 in all (cache)
	// another category: Hello (cache), 1 live (cache), 2 in all (cache)
	// this category: Hello (cache), 2 live (database), 2 in all (database)
}

// Post is a row of the table posts.
type Post struct {
	ID          int64
	CategoryID  int64 `db:"category_id"`
	Title       string
	Status      string
	Views       int64
	PublishedAt *time.Time `db:"published_at"`
}

// check ends the program on an error.
func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
