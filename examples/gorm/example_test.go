package gorm_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/glebarez/sqlite"
	"gorm.io/gorm"

	"github.com/cacheops/cacheops"
	dialect "github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/sqlcache"
)

// GORM takes the *sql.DB as its dialector's Conn. This dialector brings a driver
// in pure Go, under the name "sqlite". That of gorm.io/driver/sqlite has the same
// field, brings a driver that needs a C compiler, under the name "sqlite3", and
// leaves the name "sqlite" to modernc.org/sqlite.
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
	db, err := sqlcache.Open(cache, "sqlite", dsn, sqlcache.Config{Dialect: dialect.Dialect, Database: "blog"})
	check(err)
	defer db.Close()
	orm, err := gorm.Open(sqlite.Dialector{Conn: db}, &gorm.Config{})
	check(err)

	read := func(when string) {
		var post Post
		check(orm.WithContext(ctx).First(&post, 1).Error)
		fmt.Printf("%s: %s (%v)", when, post.Title, &source)

		var live []Post
		check(orm.WithContext(ctx).Where("category_id = ? AND status = ?", 7, "live").Find(&live).Error)
		fmt.Printf(", %d live (%v)", len(live), &source)

		var count int64
		check(orm.WithContext(ctx).Model(&Post{}).Where("category_id = ?", 7).Count(&count).Error)
		fmt.Printf(", %d in all (%v)\n", count, &source)
	}
	read("first")
	read("again")

	// A post of another category: nothing that was read depends on it.
	check(orm.WithContext(ctx).Create(&Post{CategoryID: 1, Title: "Sun", Status: "live"}).Error)
	read("another category")

	// A post that comes to be live: the list depends on it, and the count.
	check(orm.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		return tx.Model(&Post{ID: 2}).Update("status", "live").Error
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
