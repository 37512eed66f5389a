package databasesql_test

import (
	"context"
	"fmt"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/sqlcache"
)

// One write, and which cached results it drops: those with a condition that the
// row met before it, or meets after it.
func Example_drops() {
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

	conditions := []string{
		"category_id = 7 AND status = 'live'",
		"category_id = 7 AND status = 'draft'",
		"category_id = 7 AND status = 'old'",
		"category_id = 7",
		"category_id = 1 AND status = 'live'",
		"id = 2",
		"id = 1",
		"views > 100",
	}
	read := func(condition string) {
		rows, err := db.QueryContext(ctx, "SELECT title FROM posts WHERE "+condition)
		check(err)
		check(rows.Close())
	}
	for _, condition := range conditions {
		read(condition)
	}
	_, err = db.ExecContext(ctx, "UPDATE posts SET status = 'live' WHERE id = 2")
	check(err)
	source.Take()
	for _, condition := range conditions {
		read(condition)
		if hits, _ := source.Take(); hits == 1 {
			fmt.Println("kept   ", condition)
		} else {
			fmt.Println("dropped", condition)
		}
	}
	// Output:
	// dropped category_id = 7 AND status = 'live'
	// dropped category_id = 7 AND status = 'draft'
	// kept    category_id = 7 AND status = 'old'
	// dropped category_id = 7
	// kept    category_id = 1 AND status = 'live'
	// dropped id = 2
	// kept    id = 1
	// dropped views > 100
}
