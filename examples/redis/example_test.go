package main

import (
	"context"
	"fmt"
	"log"
	"time"

	_ "modernc.org/sqlite"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/sqlcache"
)

// The cache is kept in Redis: of a program without it only the store is new.
func Example() {
	ctx := context.Background()
	server, err := redistest.Run(redistest.Config{})
	check(err)
	defer server.Close()
	redisURL := server.URL()
	dsn, remove := blog.New()
	defer remove()

	st, err := rueidisstore.New(rueidisstore.Config{URL: redisURL})
	check(err)
	defer st.Close()
	cache, err := cacheops.New(cacheops.Config{
		Store:    st,
		Profiles: cacheops.Profiles{"posts": {Ops: cacheops.OpAll, TTL: time.Hour}},
	})
	check(err)
	defer cache.Close()
	db, err := sqlcache.Open(cache, "sqlite", dsn, sqlcache.Config{Dialect: sqlite.Dialect, Database: "blog"})
	check(err)
	defer db.Close()

	check(st.Ping(ctx))

	var title string
	check(db.QueryRowContext(ctx, "SELECT title FROM posts WHERE id = ?", 1).Scan(&title))
	fmt.Println(title)
	// Output: Hello
}

// check ends the program on an error.
func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
