package sqlcache

import (
	"errors"
	"fmt"
	"time"

	"github.com/cacheops/cacheops/dialect"
)

// Config says how a handle is wrapped. It is copied when the handle is made.
type Config struct {
	// Dialect is the database's SQL, for example sqlite.Dialect. Required.
	Dialect dialect.Dialect

	// Database names the database. Handles of one cache (and, on a shared
	// store, of all its processes) with one name invalidate each other, so every
	// handle on one database must have one name, and handles on different
	// databases different names. On MySQL and MariaDB, where a statement can reach
	// into another database of the server, by its name or a foreign key, one name
	// stands for the server: handles whose statements reach into each other's
	// databases share it. Required.
	Database string

	// Variant tells apart handles on one Database that get other rows or other
	// Go types for equal SQL: another role, search path, session default or
	// driver option. It is part of the keys of entries only. The driver's type
	// and, with Open and Register, the data source name are always in it.
	Variant string

	// MaxOpenConns bounds the connections to the database; 0 or less: no
	// bound. The *sql.DB itself has no such limit, so that a hit never waits
	// for a connection that a miss holds: set the limit here, not with
	// DB.SetMaxOpenConns.
	MaxOpenConns int

	// MaxIdleConns bounds the idle connections to the database. 0 means 2, as
	// in database/sql; a negative value keeps none.
	MaxIdleConns int

	// ConnMaxLifetime and ConnMaxIdleTime close connections that are older or
	// were idle for longer. 0: never; a negative value is an error.
	ConnMaxLifetime, ConnMaxIdleTime time.Duration

	// SchemaInterval is how old the last look at the schema may be, where the
	// database has no cheap version of it, as PostgreSQL, MySQL and MariaDB have
	// none. A change of the schema that came through the library, by any process, is
	// noticed at once. One by another program is noticed by the first miss or write
	// after that time, and by a new connection; until then what its triggers write is
	// not seen. As often a connection is asked whether its server has become one that
	// is behind another, as those of MySQL can. 0 means 10 seconds; a negative value is
	// an error.
	SchemaInterval time.Duration
}

// defaultSchemaInterval is that of a Config that says nothing.
const defaultSchemaInterval = 10 * time.Second

// errNilCache is returned where a program forgot to pass its cache.
var errNilCache = errors.New("cacheops: sqlcache needs a cache: pass the one that cacheops.New returned")

// validate returns an error that names the field and the fix.
func (c *Config) validate() error {
	switch {
	case c.Dialect == nil:
		return errors.New("cacheops: sqlcache.Config.Dialect is missing: set it to the dialect of the database, for example sqlite.Dialect")
	case c.Database == "":
		return errors.New("cacheops: sqlcache.Config.Database is missing: name the database, for example \"main\"; handles on the same database need the same name")
	case c.ConnMaxLifetime < 0:
		return fmt.Errorf("cacheops: sqlcache.Config.ConnMaxLifetime is %v: use 0 for no limit", c.ConnMaxLifetime)
	case c.ConnMaxIdleTime < 0:
		return fmt.Errorf("cacheops: sqlcache.Config.ConnMaxIdleTime is %v: use 0 for no limit", c.ConnMaxIdleTime)
	case c.SchemaInterval < 0:
		return fmt.Errorf("cacheops: sqlcache.Config.SchemaInterval is %v: use 0 for the default of %v", c.SchemaInterval, defaultSchemaInterval)
	}
	return nil
}
