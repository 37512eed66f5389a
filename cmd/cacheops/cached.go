package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/sqlcache"
)

// databaseName is the name of the one database that a command opens.
const databaseName = "main"

// everyTable matches every table. It is what the command wants, so it does not
// write "*", of which New warns.
const everyTable = "?*"

// cachedDB is a database under a cache of its own.
type cachedDB struct {
	cache *cacheops.Cache
	db    *sql.DB
}

// openCached opens a database with everything cached that can be.
func openCached(dsn string, conns int) (*cachedDB, error) {
	cache, err := cacheops.New(cacheops.Config{
		Profiles: cacheops.Profiles{everyTable: {Ops: cacheops.OpAll, TTL: time.Hour}},
		Hooks:    cacheops.Hooks{OnRead: observe},
	})
	if err != nil {
		return nil, err
	}
	db, err := sqlcache.Open(cache, "sqlite", dsn, sqlcache.Config{
		Dialect: sqlite.Dialect, Database: databaseName, MaxOpenConns: conns, MaxIdleConns: conns,
	})
	if err != nil {
		return nil, errors.Join(err, cache.Close())
	}
	return &cachedDB{cache: cache, db: db}, nil
}

// explain asks what the cache makes of a statement.
func (c *cachedDB) explain(ctx context.Context, query string, args ...any) (*cacheops.Explanation, error) {
	e, err := c.cache.Database(databaseName).Explain(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("cacheops: explain: %w", err)
	}
	return e, nil
}

func (c *cachedDB) Close() error { return errors.Join(c.db.Close(), c.cache.Close()) }

// probe learns how the last read made with its context was answered. One probe
// serves one goroutine.
type probe struct {
	seen   bool // the hook was called
	hit    bool
	reason string // why the cache took no part
}

type probeKey struct{}

// with returns a context whose reads the probe learns of.
func (p *probe) with(ctx context.Context) context.Context {
	return context.WithValue(ctx, probeKey{}, p)
}

// observe is the hook behind the probes.
func observe(ctx context.Context, e cacheops.ReadEvent) {
	if p, ok := ctx.Value(probeKey{}).(*probe); ok {
		p.seen, p.hit, p.reason = true, e.Hit, e.Reason
	}
}
