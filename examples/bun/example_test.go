package bun_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	_ "modernc.org/sqlite"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/sqlcache"
)

// Bun takes the *sql.DB. It writes arguments into the text of its statements.
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
	orm := bun.NewDB(db, sqlitedialect.New())
	defer orm.Close()
	orm.RegisterModel((*PostTag)(nil))

	read := func(when string) {
		post := Post{ID: 1}
		check(orm.NewSelect().Model(&post).WherePK().Scan(ctx))
		fmt.Printf("%s: %s (%v)", when, post.Title, &source)

		var live []Post
		check(orm.NewSelect().Model(&live).Where("category_id = ?", 7).Where("status = ?", "live").Scan(ctx))
		fmt.Printf(", %d live (%v)", len(live), &source)

		count, err := orm.NewSelect().Model((*Post)(nil)).Where("category_id = ?", 7).Count(ctx)
		check(err)
		fmt.Printf(", %d in all (%v)\n", count, &source)
	}
	read("first")
	read("again")

	// A post of another category: nothing that was read depends on it.
	_, err = orm.NewInsert().Model(&Post{CategoryID: 1, Title: "Sun", Status: "live"}).Exec(ctx)
	check(err)
	read("another category")

	// A post that comes to be live: the list depends on it, and the count.
	check(orm.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewUpdate().Model(&Post{ID: 2, Status: "live"}).Column("status").WherePK().Exec(ctx)
		return err
	}))
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
