package main

import (
	"log"
	"os"
	"time"

	_ "github.com/go-sql-driver/mysql"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/mysql"
	"github.com/cacheops/cacheops/sqlcache"
)

// A cache under a database of MySQL or MariaDB. It needs one, so it is compiled and not
// run; what it does is tested in this folder and in those of the libraries.
func Example() {
	check := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	dsn := os.Getenv("DATABASE_DSN") // user:password@tcp(localhost)/blog?parseTime=true
	cache, err := cacheops.New(cacheops.Config{
		Profiles: cacheops.Profiles{"posts": {Ops: cacheops.OpAll, TTL: time.Hour}},
	})
	check(err)
	defer cache.Close()
	db, err := sqlcache.Open(cache, "mysql", dsn, sqlcache.Config{Dialect: mysql.Dialect, Database: "blog"})
	check(err)
	defer db.Close()
}
