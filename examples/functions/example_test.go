package functions_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"strings"
	"time"

	_ "modernc.org/sqlite"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/sqlcache"
)

// overview is what a page about a category shows.
type overview struct {
	Live   int
	Titles []string
}

// A function that makes two queries runs again when a row changed that one of them may
// see, and at no other time.
func Example() {
	ctx := context.Background()
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
	runs := 0

	show, err := cacheops.NewFunc(cache, "overview", func(ctx context.Context, category int64) (o overview, err error) {
		runs++
		err = db.QueryRowContext(ctx, "SELECT count(*) FROM posts WHERE category_id = ? AND status = 'live'", category).Scan(&o.Live)
		if err != nil {
			return o, err
		}
		o.Titles, err = newest(ctx, db, category)
		return o, err
	})
	check(err)

	read := func(when string) {
		runs = 0
		o, err := show.Call(ctx, 7)
		check(err)
		fmt.Printf("%s: %d live, newest %s (it ran: %v)\n", when, o.Live, strings.Join(o.Titles, ", "), runs > 0)
	}
	read("first")
	read("again")
	_, err = db.ExecContext(ctx, "INSERT INTO posts (category_id, title, status) VALUES (1, 'Sun', 'live')")
	check(err)
	read("a post of another category")
	_, err = db.ExecContext(ctx, "INSERT INTO posts (category_id, title, status) VALUES (7, 'Caches', 'live')")
	check(err)
	read("a post of this one")
	read("again")
	// Output:
	// first: 1 live, newest Notes, Hello (it ran: true)
	// again: 1 live, newest Notes, Hello (it ran: false)
	// a post of another category: 1 live, newest Notes, Hello (it ran: false)
	// a post of this one: 2 live, newest Caches, Notes (it ran: true)
	// again: 2 live, newest Caches, Notes (it ran: false)
}

// newest returns the titles of a category's newest posts.
func newest(ctx context.Context, db *sql.DB, category int64) (titles []string, err error) {
	rows, err := db.QueryContext(ctx, "SELECT title FROM posts WHERE category_id = ? ORDER BY id DESC LIMIT 2", category)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var title string
		if err := rows.Scan(&title); err != nil {
			return nil, err
		}
		titles = append(titles, title)
	}
	return titles, rows.Err()
}

// Values under keys of the program's own, in the store that the queries' results are in.
func Example_values() {
	ctx := context.Background()
	cache, err := cacheops.New(cacheops.Config{})
	check(err)
	defer cache.Close()
	token := "t-1"

	err = cacheops.Set(ctx, cache, "token", token, time.Minute)
	check(err)
	token, err = cacheops.Get[string](ctx, cache, "token")
	check(err)
	err = cacheops.Delete(ctx, cache, "token")
	check(err)

	_, err = cacheops.Get[string](ctx, cache, "token")
	fmt.Println(token, errors.Is(err, cacheops.ErrMiss))
	// Output: t-1 true
}

// check ends the program on an error.
func check(err error) {
	if err != nil {
		log.Fatal(err) //nolint:forbidigo // an Example has nobody to give an error to
	}
}
