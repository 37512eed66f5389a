package main

import (
	"log"
	"os"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/postgres"
	"github.com/cacheops/cacheops/sqlcache"
)

// What docs/postgres.md shows: a pool with a bound. It needs a server, so it is compiled
// and not run.
func Example_pool() {
	check := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	dsn := os.Getenv("DATABASE_URL")
	cache, err := cacheops.New(cacheops.Config{})
	check(err)
	defer cache.Close()

	db, err := sqlcache.Open(cache, "pgx", dsn, sqlcache.Config{Dialect: postgres.Dialect, Database: "main", MaxOpenConns: 25})
	check(err)
	defer db.Close()
}
