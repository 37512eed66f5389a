package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the database

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/internal/engine"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
)

// dsnOptions are what a fast SQLite program sets: no fsync, and a WAL.
const dsnOptions = "?_pragma=journal_mode(wal)&_pragma=busy_timeout(5000)&_pragma=synchronous(off)"

// database is the name that the cache knows the database by.
const database = "main"

// site is a database with a bare and a cached handle on it. The tables are
// posts, of which everything is cached, notes, which no profile matches, and
// audit, whose profile says never.
type site struct {
	dir          string
	bare, cached *sql.DB
	cache        *cacheops.Cache
	// text is a statement whose parameters are each a ?, as the database has them.
	text func(statement string) string

	// What the hooks counted.
	hits, misses, passed, changes, rows, keys, epochs atomic.Int64
}

// siteConfig says what a site is like.
type siteConfig struct {
	rows     int         // of each table
	maxBytes int64       // of the store that is made
	store    store.Store // nil: one is made
	images   int         // Config.MaxImages; 0: the default
	// wrap puts something between the cached handle and the driver. Nil: nothing.
	wrap func(driver.Connector) driver.Connector
	// served is the database, which is there and is filled. Nil: a SQLite file is made.
	served *servedDatabase
}

// openSite makes the file, fills it and opens the handles.
func openSite(ctx context.Context, cfg siteConfig) (_ *site, err error) {
	if cfg.served != nil {
		return cfg.served.openSite(ctx, cfg)
	}
	s := &site{text: func(statement string) string { return statement }}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if s.dir, err = os.MkdirTemp("", "cacheops-bench-"); err != nil {
		return nil, fmt.Errorf("make a folder for the database: %w", err)
	}
	dsn := "file:" + filepath.Join(s.dir, "bench.sqlite") + dsnOptions
	if s.bare, err = sql.Open("sqlite", dsn); err != nil {
		return nil, err
	}
	if err := s.fill(ctx, cfg.rows); err != nil {
		return nil, err
	}
	return s, s.open(ctx, cfg, fileConnector{drv: s.bare.Driver(), dsn: dsn}, sqlite.Dialect)
}

// open makes the cache and its handle.
func (s *site) open(ctx context.Context, cfg siteConfig, connector driver.Connector, d dialect.Dialect) (err error) {
	s.cache, err = cacheops.New(cacheops.Config{
		Store: cfg.store, MaxBytes: cfg.maxBytes, MaxImages: cfg.images, Hooks: s.hooks(),
		Profiles: cacheops.Profiles{
			"posts": {Ops: cacheops.OpAll, TTL: time.Hour},
			"audit": {Mode: cacheops.Never},
		},
	})
	if err != nil {
		return err
	}
	if cfg.wrap != nil {
		connector = cfg.wrap(connector)
	}
	if s.cached, err = sqlcache.OpenDB(s.cache, connector, sqlcache.Config{Dialect: d, Database: database}); err != nil {
		return err
	}
	return s.cached.PingContext(ctx)
}

// fill makes the tables with so many rows each.
func (s *site) fill(ctx context.Context, rows int) error {
	if _, err := s.bare.ExecContext(ctx, createTables); err != nil {
		return fmt.Errorf("create the tables: %w", err)
	}
	if _, err := s.bare.ExecContext(ctx, insertRows, rows); err != nil {
		return fmt.Errorf("fill the tables: %w", err)
	}
	for _, text := range []string{"INSERT INTO notes SELECT * FROM posts", "INSERT INTO audit SELECT * FROM posts", "ANALYZE"} {
		if _, err := s.bare.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("fill the tables: %w", err)
		}
	}
	return nil
}

// hooks are what a program would count: hits and invalidations.
func (s *site) hooks() cacheops.Hooks {
	return cacheops.Hooks{
		OnRead: func(_ context.Context, e cacheops.ReadEvent) {
			switch {
			case e.Hit:
				s.hits.Add(1)
			case e.Reason == "":
				s.misses.Add(1)
			default:
				s.passed.Add(1)
			}
		},
		OnInvalidate: func(_ context.Context, e cacheops.InvalidateEvent) {
			s.changes.Add(1)
			for i := range e.Tables {
				t := &e.Tables[i]
				s.rows.Add(int64(t.Rows))
				s.keys.Add(int64(t.Keys))
				if t.Epoch && e.Cause == cacheops.CauseWrite {
					s.epochs.Add(1)
				}
			}
		},
	}
}

// handle returns the machinery behind the cached handle, its schema loaded.
func (s *site) handle(ctx context.Context) (*engine.Handle, error) {
	handles := s.cache.Engine().Handles(database)
	if len(handles) != 1 {
		return nil, fmt.Errorf("%d handles instead of one", len(handles))
	}
	return handles[0], handles[0].EnsureSchema(ctx)
}

// close closes everything and removes the file.
func (s *site) close() error {
	var errs []error
	for _, db := range []*sql.DB{s.cached, s.bare} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if s.cache != nil {
		errs = append(errs, s.cache.Close())
	}
	if s.dir != "" {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}

// fileConnector opens connections of a driver by a name.
type fileConnector struct {
	drv driver.Driver
	dsn string
}

// Connect implements driver.Connector.
func (c fileConnector) Connect(context.Context) (driver.Conn, error) { return c.drv.Open(c.dsn) }

// Driver implements driver.Connector.
func (c fileConnector) Driver() driver.Driver { return c.drv }
