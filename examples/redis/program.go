package main

import (
	"context"
	"database/sql"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/sqlcache"
)

// settings are what both processes have to agree on.
type settings struct {
	Redis  string // a URL
	Prefix string // of all keys in Redis
	DSN    string // of the database
}

// program is what both processes are made of: a database handle, with a cache
// under it that is kept in Redis.
type program struct {
	store  *rueidisstore.Store
	cache  *cacheops.Cache
	db     *sql.DB
	source blog.Source
}

// open makes a program. Of what it does a program of your own needs the URL, the
// profiles and the names; the other fields have good defaults.
func open(ctx context.Context, s settings) (*program, error) {
	p := new(program)
	var err error
	p.store, err = rueidisstore.New(rueidisstore.Config{
		URL: s.Redis, Prefix: s.Prefix,
		// A result is in Redis before its reader goes on, so that the next line
		// of the output does not depend on who is faster.
		BackgroundFills: -1,
		// A slow machine shall show the same as a fast one.
		ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
	})
	if err != nil {
		return nil, err
	}
	p.cache, err = cacheops.New(cacheops.Config{
		Store:    p.store,
		Profiles: cacheops.Profiles{"posts": {Ops: cacheops.OpAll, TTL: time.Hour}},
		Hooks:    p.source.Hooks(),
	})
	if err != nil {
		p.close()
		return nil, err
	}
	p.db, err = sqlcache.Open(p.cache, "sqlite", s.DSN, sqlcache.Config{Dialect: sqlite.Dialect, Database: "blog"})
	if err != nil {
		p.close()
		return nil, err
	}
	if err := p.warm(ctx); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// warm connects, and has the schema read. It would be done by the first statement,
// but that shall not look slow.
func (p *program) warm(ctx context.Context) error {
	if err := p.store.Ping(ctx); err != nil {
		return err
	}
	var n int
	err := p.db.QueryRowContext(cacheops.Bypass(ctx), "SELECT count(*) FROM posts").Scan(&n)
	p.source.Take() // this read does not count
	return err
}

// close ends the program, from top to bottom. A store that is given to a cache is
// not closed with it.
func (p *program) close() {
	if p.db != nil {
		_ = p.db.Close() // nothing is under way, and nothing is left to write
	}
	if p.cache != nil {
		_ = p.cache.Close()
	}
	_ = p.store.Close()
}

// post is a post as it was read, and how.
type post struct {
	Title string
	Views int
	From  string // "cache" or "database"
	Took  time.Duration
}

// read reads a post. Nothing in it knows of a cache but the line that asks who
// answered.
func (p *program) read(ctx context.Context, id int) (post, error) {
	var out post
	began := time.Now()
	err := p.db.QueryRowContext(ctx, "SELECT title, views FROM posts WHERE id = ?", id).Scan(&out.Title, &out.Views)
	out.Took = time.Since(began)
	out.From = p.source.String()
	return out, err
}

// counts are the reads of a process that the cache took part in, by who answered
// them.
type counts struct{ Cache, Database uint64 }

func (p *program) counts() counts {
	s := p.cache.Stats()
	return counts{Cache: s.Hits, Database: s.Misses}
}
