package main

import (
	"log"
	"os"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/postgres"
	"github.com/cacheops/cacheops/sqlcache"
)

// A cache under a PostgreSQL database. It needs one, so it is compiled and not run;
// what it does is tested in this folder and in those of the libraries.
func Example() {
	check := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	dsn := os.Getenv("DATABASE_URL")
	cache, err := cacheops.New(cacheops.Config{
		Profiles: cacheops.Profiles{"posts": {Ops: cacheops.OpAll, TTL: time.Hour}},
	})
	check(err)
	defer cache.Close()
	db, err := sqlcache.Open(cache, "pgx", dsn, sqlcache.Config{Dialect: postgres.Dialect, Database: "blog"})
	check(err)
	defer db.Close()
}
