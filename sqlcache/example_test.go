package sqlcache_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/sqlcache"
)

// The driver is the program's choice: import modernc.org/sqlite, or another one
// for SQLite, for its side effect.
func ExampleOpen() {
	cache, err := cacheops.New(cacheops.Config{
		Profiles: cacheops.Profiles{"posts": {Ops: cacheops.OpAll, TTL: time.Hour}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	db, err := sqlcache.Open(cache, "sqlite", "file:app.sqlite", sqlcache.Config{Dialect: sqlite.Dialect, Database: "app"})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()

	rows, err := db.Query("SELECT title FROM posts WHERE category_id = ? AND status = 'live'", 7)
	if err != nil {
		log.Fatal(err)
	}
	defer rows.Close()
}

// Libraries that open the database themselves get a driver's name.
func ExampleRegister() {
	cache, err := cacheops.New(cacheops.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	err = sqlcache.Register("sqlite-cached", cache, "sqlite", sqlcache.Config{Dialect: sqlite.Dialect, Database: "app"})
	if err != nil {
		log.Fatal(err)
	}
	db, err := sql.Open("sqlite-cached", "file:app.sqlite")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
}

// Choices for single calls travel with the context.
func Example_context() {
	var db *sql.DB // from Open
	ctx := context.Background()

	cached := cacheops.With(ctx, cacheops.Ops(cacheops.OpAll), cacheops.TTL(time.Minute))
	fmt.Println(db.QueryRowContext(cached, "SELECT count(*) FROM posts"))

	fresh := cacheops.Bypass(ctx)
	fmt.Println(db.QueryRowContext(fresh, "SELECT count(*) FROM posts"))
}
