package main

import (
	"context"
	"database/sql"
	"log"
	"os"

	_ "github.com/go-sql-driver/mysql"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/mysql"
	"github.com/cacheops/cacheops/sqlcache"
)

// What docs/mysql.md shows: a pool with a bound, a transaction whose reads the cache
// answers, and a migration that another program made. It needs a server, so it is compiled
// and not run.
func Example_pool() {
	check := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	ctx, dsn := context.Background(), os.Getenv("DATABASE_DSN")
	cache, err := cacheops.New(cacheops.Config{})
	check(err)
	defer cache.Close()

	db, err := sqlcache.Open(cache, "mysql", dsn, sqlcache.Config{Dialect: mysql.Dialect, Database: "main", MaxOpenConns: 25})
	check(err)
	defer db.Close()

	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	check(err)
	check(tx.Rollback())

	err = cache.Database("main").SchemaChanged(ctx)
	check(err)
}
