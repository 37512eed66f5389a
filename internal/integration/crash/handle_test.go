//go:build unix

package crash

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
)

// fenceTTL is as short as a cache takes it, so that the dead are soon forgotten.
const fenceTTL = time.Second

// place is where the database and Redis are.
type place struct {
	Database string // a name in databases
	DSN      string
	Redis    string
	Sets     bool   // the store is in sets mode
	Process  string // the name of the process, for the database
}

func (p place) database() database { return databases[p.Database] }

// bare opens the database without a cache.
func (p place) bare() (*sql.DB, error) { return p.database().bare(p) }

// redisStore is a store of either mode.
type redisStore interface {
	store.Store
	store.Remote
	Ping(ctx context.Context) error
}

// newStore makes the store of a process.
func (p place) newStore(option *rueidis.ClientOption) (redisStore, error) {
	// The machine is busy: a read that gave up waiting would not be a hit.
	cfg := rueidisstore.Config{Option: option, ReadTimeout: 2 * time.Second, WriteTimeout: 5 * time.Second}
	if p.Sets {
		return rueidisstore.NewSets(cfg)
	}
	return rueidisstore.New(cfg)
}

// handle is a cached handle, as every process has one.
type handle struct {
	store redisStore
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
	if h.store, err = p.newStore(&option); err != nil {
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
			"head":    {Mode: cacheops.Untracked},
			"locks":   {Mode: cacheops.Untracked},
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
	connector, err := p.database().connector(p, at)
	if err == nil {
		h.db, err = sqlcache.OpenDB(h.cache, connector, sqlcache.Config{Dialect: p.database().dialect(), Database: "main"})
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
func (q query) read(ctx context.Context, d database, db *sql.DB) (result string, hit bool, err error) {
	rows, err := db.QueryContext(context.WithValue(ctx, hitKey{}, &hit), d.text(kinds[q.kind].text), q.args()...)
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
