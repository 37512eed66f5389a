package sqlcache_test

import (
	"database/sql/driver"
	"fmt"
	"log"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/sqlcache"
)

// A driver's own connector, with settings that no data source name has. Another
// connector of the same database, with other settings, would have another Variant.
// The limits of the pool stand in the Config.
func ExampleOpenDB() {
	var connector driver.Connector // from the driver
	cache, err := cacheops.New(cacheops.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	db, err := sqlcache.OpenDB(cache, connector, sqlcache.Config{
		Dialect: sqlite.Dialect, Database: "app", Variant: "times in UTC", MaxOpenConns: 25, MaxIdleConns: 5,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
}

// Every setting that is wrong is an error that names it and the fix.
func ExampleOpenDB_error() {
	_, err := sqlcache.OpenDB(nil, nil, sqlcache.Config{})
	fmt.Println(err)
	// Output: cacheops: sqlcache needs a cache: pass the one that cacheops.New returned
}
