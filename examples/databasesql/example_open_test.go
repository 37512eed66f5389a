package databasesql_test

import (
	"fmt"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/sqlcache"
)

// Three lines put the cache under a program: the tables to cache, and Open of
// package sqlcache in place of sql.Open.
func Example_open() {
	dsn, remove := blog.New()
	defer remove()

	cache, err := cacheops.New(cacheops.Config{
		Profiles: cacheops.Profiles{"posts": {Ops: cacheops.OpAll, TTL: time.Hour}},
	})
	check(err)
	defer cache.Close()
	db, err := sqlcache.Open(cache, "sqlite", dsn, sqlcache.Config{Dialect: sqlite.Dialect, Database: "blog"})
	check(err)
	defer db.Close()

	var title string
	check(db.QueryRow("SELECT title FROM posts WHERE id = ?", 1).Scan(&title))
	fmt.Println(title)
	// Output: Hello
}
