package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/rueidisstore"
)

// server is a database server that was started here.
type server interface {
	DSN(database string) string
	SQL(database, text string) (string, error)
	Close() error
}

// product is a kind of server that groups measure on.
type product struct {
	name    string // "PostgreSQL", also in the names of contenders and figures
	by      string // the driver, as it is told
	dialect dialect.Dialect
	// text is a statement whose parameters are each a ?, as the server has them.
	text  func(statement string) string
	start func(settings ...string) (server, error)
	// fill makes a database with so many rows in each table.
	fill func(s server, name string, rows int) error
	// connector opens connections, which count their round trips if there is a counter.
	connector func(dsn string, trips *tripCounter) (driver.Connector, error)
	// disk says what a commit waits for, and synced are settings with which it is the
	// disk.
	disk   string
	synced []string
	// updates is how often an UPDATE by key of a cached row goes to the server, at most.
	updates float64
	// limited is how long it may take beside the bare one; 0 for no limit.
	limited float64
}

// servedDatabase is a database of a server that was started here, and how to connect
// to it.
type servedDatabase struct {
	product *product
	dsn     string
	trips   *tripCounter // of the cached handle; nil for a database that is for its bare handle
}

// servedSites are handles on one server: sites with a cache in the process and with
// one in Redis.
type servedSites struct {
	*product

	server        server
	memory, redis *site
	redisAround   *redisSite
	// Round trips to the server, of each site, and to Redis.
	memoryTrips, redisTrips, trips *tripCounter
}

// newDatabase makes a database with so many rows in each table.
func (p *product) newDatabase(s server, name string, rows int) (*servedDatabase, error) {
	if err := p.fill(s, name, rows); err != nil {
		return nil, err
	}
	return &servedDatabase{product: p, dsn: s.DSN(name)}, nil
}

// openSite opens handles on it.
func (d *servedDatabase) openSite(ctx context.Context, cfg siteConfig) (_ *site, err error) {
	s := &site{text: d.product.text}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	bare, err := d.product.connector(d.dsn, nil)
	if err != nil {
		return nil, err
	}
	s.bare = sql.OpenDB(bare)
	connector, err := d.product.connector(d.dsn, d.trips)
	if err != nil {
		return nil, err
	}
	return s, s.open(ctx, cfg, connector, d.product.dialect)
}

// open starts a server with two databases of equal content, of which each cache has
// one: one for the cache in the process, and its bare handle, and one for the cache in
// Redis.
func (p *product) open(ctx context.Context, rows int, cfg siteConfig, settings ...string) (_ *servedSites, err error) {
	s := &servedSites{product: p, memoryTrips: new(tripCounter), redisTrips: new(tripCounter), trips: new(tripCounter)}
	defer func() {
		if err != nil {
			err = closeAfter(err, s.close)
		}
	}()
	if s.server, err = p.start(settings...); err != nil {
		return nil, err
	}
	if cfg.served, err = p.newDatabase(s.server, "one", rows); err != nil {
		return nil, err
	}
	cfg.served.trips = s.memoryTrips
	if s.memory, err = openSite(ctx, cfg); err != nil {
		return nil, err
	}
	if cfg.served, err = p.newDatabase(s.server, "two", rows); err != nil {
		return nil, err
	}
	cfg.served.trips, cfg.maxBytes = s.redisTrips, 0
	s.redisAround, err = openRedis(ctx, cfg, func(c *rueidisstore.Config) {
		option := *c.Option
		option.DialCtxFn = s.trips.dial
		c.Option = &option
	})
	if err != nil {
		return nil, err
	}
	s.redis = s.redisAround.site
	return s, nil
}

func (s *servedSites) close() error {
	var ends []func() error
	if s.redisAround != nil {
		ends = append(ends, s.redisAround.close)
	}
	if s.memory != nil {
		ends = append(ends, s.memory.close)
	}
	if s.server != nil {
		ends = append(ends, s.server.Close)
	}
	return closing(ends...)()
}

// each checks both sites.
func (s *servedSites) each(check func(*site) error) func() error {
	return func() error { return errors.Join(check(s.memory), check(s.redis)) }
}

// reads reads by one key, over and over.
func reads(ctx context.Context, db *sql.DB, query string, key int64, rows int) func(int) error {
	var p Post
	return again(func() error {
		n, err := readPosts(ctx, db, query, key, &p)
		return expect(rows, n, err)
	})
}

// on is what is told of each group.
func (p *product) on(what string) string {
	return what + ", on a " + p.name + " of its own on the loopback of the same machine, by " + p.by + "."
}
