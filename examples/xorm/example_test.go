package xorm_test

import (
	"context"
	"fmt"
	"log"
	"time"

	_ "modernc.org/sqlite"
	"xorm.io/xorm"
	"xorm.io/xorm/core"
	"xorm.io/xorm/names"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/sqlcache"
)

// xorm takes the *sql.DB wrapped by its core.
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
	engine, err := xorm.NewEngineWithDB("sqlite", dsn, core.FromDB(db))
	check(err)
	defer engine.Close()
	engine.SetColumnMapper(names.GonicMapper{}) // CategoryID is category_id

	read := func(when string) {
		var post Post
		_, err := engine.Context(ctx).ID(1).Get(&post)
		check(err)
		fmt.Printf("%s: %s (%v)", when, post.Title, &source)

		var live []Post
		check(engine.Context(ctx).Where("category_id = ? AND status = ?", 7, "live").Find(&live))
		fmt.Printf(", %d live (%v)", len(live), &source)

		count, err := engine.Context(ctx).Where("category_id = ?", 7).Count(new(Post))
		check(err)
		fmt.Printf(", %d in all (%v)\n", count, &source)
	}
	read("first")
	read("again")

	// A post of another category: nothing that was read depends on it.
	_, err = engine.Context(ctx).Insert(&Post{CategoryID: 1, Title: "Sun", Status: "live"})
	check(err)
	read("another category")

	// A post that comes to be live: the list depends on it, and the count.
	_, err = engine.Transaction(func(s *xorm.Session) (any, error) {
		return s.Context(ctx).ID(2).Cols("status").Update(&Post{Status: "live"})
	})
	check(err)
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
