package sqlcache

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/engine"
)

// Open opens a database through a registered driver, as sql.Open does, with the
// cache under it. The result is an ordinary *sql.DB. Like sql.Open it may not
// connect before it has to. Close the DB before the cache.
func Open(cache *cacheops.Cache, driverName, dataSourceName string, cfg Config) (*sql.DB, error) {
	bare, err := sql.Open(driverName, dataSourceName)
	if err != nil {
		return nil, err
	}
	drv := bare.Driver()
	if err := bare.Close(); err != nil {
		return nil, err
	}
	inner, err := connectorOf(drv, dataSourceName)
	if err != nil {
		return nil, err
	}
	c, err := newConnector(cache, inner, cfg, dataSourceName)
	if err != nil {
		return nil, err
	}
	return open(c), nil
}

// OpenDB is Open for programs that have a driver.Connector, as sql.OpenDB. If
// connectors of unlike settings share a Database, give each its own Variant.
func OpenDB(cache *cacheops.Cache, connector driver.Connector, cfg Config) (*sql.DB, error) {
	c, err := newConnector(cache, connector, cfg, "")
	if err != nil {
		return nil, err
	}
	return open(c), nil
}

// open makes the program's handle.
func open(c *connector) *sql.DB {
	db := sql.OpenDB(c)
	// Virtual connections cost some hundred bytes and hold nothing when idle.
	db.SetMaxIdleConns(math.MaxInt32)
	return db
}

// Register makes the wrapped driver available to sql.Open under a new name, for
// libraries that insist on opening the database themselves. Like sql.Register
// it is to be called once for a name; a name that is taken is an error.
// Every sql.Open of that name shares the Database of cfg, so use one name for
// each database.
func Register(name string, cache *cacheops.Cache, driverName string, cfg Config) error {
	if cache == nil {
		return errNilCache
	}
	if err := cfg.validate(); err != nil {
		return err
	}
	registering.Lock() // two calls could both find the name free
	defer registering.Unlock()
	if slices.Contains(sql.Drivers(), name) {
		return fmt.Errorf("cacheops: a driver named %q is registered already: choose another name", name)
	}
	drv, err := registeredDriver(driverName)
	if err != nil {
		return err
	}
	sql.Register(name, &wrappedDriver{cache: cache, inner: drv, cfg: cfg})
	return nil
}

// registering is held while Register looks at the names.
var registering sync.Mutex

// registeredDriver returns a driver by its name. sql.Open is the only way to
// it; where the driver wants a valid data source name for that, there is none
// to give, and the error is the driver's own.
func registeredDriver(name string) (driver.Driver, error) {
	db, err := sql.Open(name, "")
	if err != nil {
		return nil, fmt.Errorf("cacheops: driver %q: %w", name, err)
	}
	drv := db.Driver()
	if err := db.Close(); err != nil {
		return nil, fmt.Errorf("cacheops: driver %q: %w", name, err)
	}
	return drv, nil
}

// wrappedDriver is what Register registers.
type wrappedDriver struct {
	cache *cacheops.Cache
	inner driver.Driver
	cfg   Config
}

// OpenConnector implements driver.DriverContext.
func (d *wrappedDriver) OpenConnector(dsn string) (driver.Connector, error) { return d.connector(dsn) }

func (d *wrappedDriver) connector(dsn string) (*connector, error) {
	inner, err := connectorOf(d.inner, dsn)
	if err != nil {
		return nil, err
	}
	c, err := newConnector(d.cache, inner, d.cfg, dsn)
	if err != nil {
		return nil, err
	}
	c.driver = d
	return c, nil
}

// Open implements driver.Driver for callers that know nothing of connectors. A
// connection opened so has a pool of its own, which it closes with itself.
func (d *wrappedDriver) Open(dsn string) (driver.Conn, error) {
	own, err := d.connector(dsn)
	if err != nil {
		return nil, err
	}
	c := own.newConn()
	c.owns = own
	return c, nil
}

// connectorOf is what sql.Open does with a driver and a name.
func connectorOf(drv driver.Driver, dsn string) (driver.Connector, error) {
	if ctx, ok := drv.(driver.DriverContext); ok {
		return ctx.OpenConnector(dsn)
	}
	return plainConnector{drv: drv, dsn: dsn}, nil
}

// plainConnector opens connections of a driver without connectors.
type plainConnector struct {
	drv driver.Driver
	dsn string
}

func (c plainConnector) Connect(context.Context) (driver.Conn, error) { return c.drv.Open(c.dsn) }
func (c plainConnector) Driver() driver.Driver                        { return c.drv }

// connector makes virtual connections, and owns the pool of real ones.
type connector struct {
	inner   driver.Connector
	driver  driver.Driver // what Driver returns; nil: the inner one's
	cfg     Config
	handle  *engine.Handle
	pool    *sql.DB // of real connections
	parking *parking
	state   poolState

	// checker is what the driver's connections make of arguments; nil where only
	// they know.
	checker driver.NamedValueChecker
	// options tells arguments that are no values; nil where all are.
	options dialect.OptionChecker
	// txs is how the database's transactions behave, by its dialect.
	txs dialect.Transactions
}

// moment counts what is prepared: of two the later one has the greater number.
func (c *connector) moment() uint64 { return c.state.moments.Add(1) }

// newConnector makes a connector for a driver's connector. The data source name
// is "" where it is not known. It is hashed with the rest of the key, and kept
// nowhere.
func newConnector(cache *cacheops.Cache, inner driver.Connector, cfg Config, dsn string) (*connector, error) {
	if cache == nil {
		return nil, errNilCache
	}
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	c := &connector{
		inner: inner, cfg: cfg, txs: cfg.Dialect.Transactions(),
		checker: cfg.Dialect.ArgumentChecker(typeName(inner.Driver())),
	}
	c.options, _ = cfg.Dialect.(dialect.OptionChecker)
	variant := fmt.Sprintf("%T/%d:%s", inner.Driver(), len(cfg.Variant), cfg.Variant)
	h, err := cache.Engine().Open(engine.HandleConfig{
		Dialect: cfg.Dialect, Database: cfg.Database,
		Variant: variant + dsn, AnyVariant: variant,
		Load: c.loadSchema, Apart: c.apart, Ahead: c.readAhead, SchemaInterval: c.schemaInterval(),
	})
	if err != nil {
		return nil, err
	}
	c.handle = h
	c.pool = sql.OpenDB(&realConnector{connector: c})
	c.pool.SetMaxOpenConns(cfg.MaxOpenConns)
	if cfg.MaxIdleConns != 0 {
		c.pool.SetMaxIdleConns(cfg.MaxIdleConns)
	}
	c.parking = newParking(&c.cfg)
	c.pool.SetConnMaxLifetime(cfg.ConnMaxLifetime)
	c.pool.SetConnMaxIdleTime(cfg.ConnMaxIdleTime)
	return c, nil
}

// typeName names a type with the path of its package.
func typeName(v any) string {
	t, pointers := reflect.TypeOf(v), ""
	for t != nil && t.Kind() == reflect.Pointer && t.Name() == "" {
		t, pointers = t.Elem(), pointers+"*"
	}
	if t == nil {
		return ""
	}
	return pointers + t.PkgPath() + "." + t.Name()
}

// Connect implements driver.Connector: a virtual connection, which touches no
// database.
func (c *connector) Connect(context.Context) (driver.Conn, error) {
	return c.newConn(), nil
}

// newConn makes a virtual connection.
func (c *connector) newConn() *conn {
	return &conn{connector: c, stripe: c.handle.Engine().Stripe()}
}

// Driver implements driver.Connector.
func (c *connector) Driver() driver.Driver {
	if c.driver != nil {
		return c.driver
	}
	return c.inner.Driver()
}

// Close implements io.Closer: sql.DB.Close calls it.
func (c *connector) Close() error {
	c.handle.Close()
	c.parking.close()
	err := c.pool.Close()
	if closer, ok := c.inner.(io.Closer); ok {
		err = errors.Join(err, closer.Close())
	}
	return err
}

// loadSchema reads the schema over a connection of the pool, unless it is
// known.
func (c *connector) loadSchema(ctx context.Context) error {
	v := c.newConn()
	defer v.giveBack(nil)
	real, err := v.acquire(ctx)
	if err != nil {
		return err
	}
	return v.checkSchema(ctx, real, nil)
}

// schemaInterval is Config.SchemaInterval.
func (c *connector) schemaInterval() time.Duration {
	if c.cfg.SchemaInterval == 0 {
		return defaultSchemaInterval
	}
	return c.cfg.SchemaInterval
}

// apart calls f with a connection of its own, beside the pool: those of the pool may
// all be in use, and the idle ones broken by what the question is about.
func (c *connector) apart(ctx context.Context, f func(dialect.Queryer) error) error {
	dc, err := c.inner.Connect(ctx)
	if err != nil {
		return err
	}
	err = f(newRealConn(dc, c))
	return errors.Join(err, dc.Close())
}
