package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"github.com/glebarez/sqlite"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/cacheops/cacheops"
	postgresdialect "github.com/cacheops/cacheops/dialect/postgres"
	sqlitedialect "github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/tmplcache"
)

//go:embed templates static
var files embed.FS

// config is what the program is started with.
type config struct {
	sqlite   string              // a file
	postgres string              // a DSN; it goes before the file
	redis    rueidisstore.Config // without an URL the cache is in process
	log      *slog.Logger
}

// shop is the program: a database with a cache under it, and templates.
type shop struct {
	catalog

	cache   *cacheops.Cache
	pages   *tmplcache.Set
	version string // of the templates
	footer  *footer
	log     *slog.Logger

	closers []func() error // what has to be closed, in the order it was opened in
}

// open makes the shop. It makes the tables where there are none, and fills them.
func open(ctx context.Context, c config) (s *shop, err error) {
	s = &shop{log: c.log}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
			s = nil
		}
	}()
	if s.footer, err = newFooter(); err != nil {
		return s, err
	}
	settings := cacheops.Config{
		// Which tables are cached, and for how long at the most. Pages and fragments
		// are kept as long as the tables that they are made from.
		Profiles: cacheops.Profiles{
			"categories": {Ops: cacheops.OpAll, TTL: 24 * time.Hour},
			"products":   {Ops: cacheops.OpAll, TTL: time.Hour},
			"cart_items": {Ops: cacheops.OpAll, TTL: time.Hour},
		},
		Hooks:  s.footer.hooks(),
		Logger: c.log,
	}
	if c.redis.URL != "" {
		c.redis.Prefix = "shop"
		store, err := rueidisstore.New(c.redis)
		if err != nil {
			return s, err
		}
		s.closers = append(s.closers, store.Close)
		if err := store.Ping(ctx); err != nil { // rather now than at the first request
			return s, err
		}
		settings.Store = store
	}
	if s.cache, err = cacheops.New(settings); err != nil {
		return s, err
	}
	s.closers = append(s.closers, s.cache.Close)
	if s.db, err = s.database(c); err != nil {
		return s, fmt.Errorf("open the database: %w", err)
	}
	if err := prepare(ctx, s.db); err != nil {
		return s, fmt.Errorf("prepare the database: %w", err)
	}
	return s, s.parse()
}

// database opens the database with the cache under it, and GORM on it. GORM does not
// know of the cache.
func (s *shop) database(c config) (*gorm.DB, error) {
	var db *sql.DB
	var dialector gorm.Dialector
	var err error
	if c.postgres != "" {
		db, err = sqlcache.Open(s.cache, "pgx", c.postgres, sqlcache.Config{
			Dialect: postgresdialect.Dialect, Database: "shop", MaxOpenConns: 16, MaxIdleConns: 16,
		})
		dialector = postgres.New(postgres.Config{Conn: db})
	} else {
		const options = "?_pragma=journal_mode(wal)&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_txlock=immediate"
		path := (&url.URL{Path: filepath.ToSlash(c.sqlite)}).EscapedPath()
		db, err = sqlcache.Open(s.cache, "sqlite", "file:"+path+options, sqlcache.Config{
			Dialect: sqlitedialect.Dialect, Database: "shop", MaxOpenConns: 8, MaxIdleConns: 8,
		})
		dialector = sqlite.Dialector{Conn: db}
	}
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, db.Close)
	return gorm.Open(dialector, &gorm.Config{DisableAutomaticPing: true, Logger: logger.NewSlogLogger(c.log, logger.Config{
		LogLevel: logger.Warn, SlowThreshold: time.Second,
		ParameterizedQueries:      true, // the key of a session does not belong into a log
		IgnoreRecordNotFoundError: true,
	})})
}

// parse reads the templates.
func (s *shop) parse() error {
	t, err := template.New("").Funcs(tmplcache.Funcs()).ParseFS(files, "templates/*.html")
	if err != nil {
		return err
	}
	if s.version, err = digest(files, "templates"); err != nil {
		return err
	}
	// A Redis outlives the program. So what was made by other templates must not be
	// taken for what these make.
	s.pages, err = tmplcache.New(s.cache, t, tmplcache.Config{Options: []cacheops.FuncOption{cacheops.Version(s.version)}})
	return err
}

// digest is a text that changes with the files of a folder.
func digest(files fs.FS, dir string) (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(files, dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, path)
		fmt.Fprintf(sum, "%q %q", path, text)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)[:8]), err
}

// close ends what open began, from top to bottom.
func (s *shop) close() (err error) {
	for _, closeOne := range slices.Backward(s.closers) {
		err = errors.Join(err, closeOne())
	}
	return err
}
