//go:build unix

package crash

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/redis/rueidis"
	_ "modernc.org/sqlite" // the driver under test

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
)

// fenceTTL is as short as a cache takes it, so that the dead are soon forgotten.
const fenceTTL = time.Second

// place is where the database and Redis are.
type place struct {
	DSN   string
	Redis string
}

// bare opens the database without a cache.
func (p place) bare() (*sql.DB, error) { return sql.Open("sqlite", p.DSN) }

// handle is a cached handle, as every process has one.
type handle struct {
	store *rueidisstore.Store
	cache *cacheops.Cache
	db    *sql.DB
}

// open makes a handle. Points are where a writer dies; nil for others.
func (p place) open(at *points) (*handle, error) {
	option, err := rueidis.ParseURL(p.Redis)
	if err != nil {
		return nil, err
	}
	if at != nil {
		option.DialCtxFn = at.dial
	}
	h := new(handle)
	// The machine is busy: a read that gave up waiting would not be a hit.
	if h.store, err = rueidisstore.New(rueidisstore.Config{Option: &option, ReadTimeout: 2 * time.Second, WriteTimeout: 5 * time.Second}); err != nil {
		return nil, err
	}
	var kept store.Store = h.store
	if at != nil {
		kept = &pointedStore{h.store, at}
	}
	h.cache, err = cacheops.New(cacheops.Config{
		Store: kept,
		Profiles: cacheops.Profiles{
			"journal": {Mode: cacheops.Untracked},
			"?*":      {Ops: cacheops.OpAll, TTL: time.Hour},
		},
		FenceTTL:  fenceTTL,
		MaxImages: maxImages,
		Hooks: cacheops.Hooks{OnRead: func(ctx context.Context, e cacheops.ReadEvent) {
			if hit, ok := ctx.Value(hitKey{}).(*bool); ok {
				*hit = e.Hit
			}
		}},
	})
	if err != nil {
		return nil, errors.Join(err, h.store.Close())
	}
	bare, err := p.bare()
	if err == nil {
		connector := &pointedConnector{inner: bare.Driver(), dsn: p.DSN, points: at}
		h.db, err = sqlcache.OpenDB(h.cache, connector, sqlcache.Config{Dialect: sqlite.Dialect, Database: "main"})
		err = errors.Join(err, bare.Close())
	}
	if err != nil {
		return nil, errors.Join(err, h.cache.Close(), h.store.Close())
	}
	return h, nil
}

func (h *handle) close() error { return errors.Join(h.db.Close(), h.cache.Close(), h.store.Close()) }

// hitKey is under which a context has a place for whether the cache answered.
type hitKey struct{}

// read asks a query, and tells whether the cache answered.
func (q query) read(ctx context.Context, db *sql.DB) (result string, hit bool, err error) {
	rows, err := db.QueryContext(context.WithValue(ctx, hitKey{}, &hit), kinds[q.kind].text, q.args()...)
	if err != nil {
		return "", false, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	names, err := rows.Columns()
	if err != nil {
		return "", false, err
	}
	columns := make([]int64, len(names))
	into := make([]any, len(names))
	for i := range columns {
		into[i] = &columns[i]
	}
	var b strings.Builder
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return "", false, err
		}
		appendRow(&b, columns)
	}
	return b.String(), hit, rows.Err()
}
