package integration

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store/memory"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction(redistest.LingeringNodes), goleak.IgnoreAnyFunction(redistest.LingeringRefresh))
}

// dsnOptions are what a careful SQLite program sets.
const dsnOptions = "?_pragma=journal_mode(wal)&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=synchronous(off)"

// everyTable matches every table. Unlike "*" it is not warned of.
const everyTable = "?*"

// cachedSQLite is a database file with a cached and a bare handle on it.
type cachedSQLite struct {
	cache        *cacheops.Cache
	gate         *gate // what the cached handle's statements pass through
	cached, bare *sql.DB
	path         string
	hits, misses atomic.Int64
	funcHits     atomic.Int64
	lastReason   atomic.Value // string
}

// newCachedSQLite makes a new database in which every table is cached. Change
// may alter the settings before they take effect.
func newCachedSQLite(t testing.TB, change func(*cacheops.Config, *sqlcache.Config)) *cachedSQLite {
	t.Helper()
	return openCachedSQLite(t, filepath.Join(t.TempDir(), "test.sqlite"), change)
}

// openCachedSQLite is newCachedSQLite for a file that may be there.
func openCachedSQLite(t testing.TB, path string, change func(*cacheops.Config, *sqlcache.Config)) *cachedSQLite {
	t.Helper()
	s := &cachedSQLite{path: path}
	cfg := cacheops.Config{
		Profiles: cacheops.Profiles{everyTable: {Ops: cacheops.OpAll, TTL: time.Hour}},
		Hooks: cacheops.Hooks{OnRead: func(_ context.Context, e cacheops.ReadEvent) {
			if e.Func != "" {
				if e.Hit {
					s.funcHits.Add(1)
				}
				return
			}
			s.lastReason.Store(e.Reason)
			if e.Hit {
				s.hits.Add(1)
			} else {
				s.misses.Add(1)
			}
		}},
	}
	dbcfg := sqlcache.Config{Dialect: sqlite.Dialect, Database: "main"}
	if change != nil {
		change(&cfg, &dbcfg)
	}
	cache, err := cacheops.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	dsn := "file:" + s.path + dsnOptions
	s.cache = cache
	if s.bare, err = sql.Open("sqlite", dsn); err != nil {
		t.Fatal(err)
	}
	s.gate = &gate{inner: dsnConnector{drv: s.bare.Driver(), dsn: dsn}}
	if s.cached, err = sqlcache.OpenDB(cache, s.gate, dbcfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, end := range []func() error{s.cached.Close, s.bare.Close, cache.Close} {
			if err := end(); err != nil {
				t.Error(err)
			}
		}
	})
	return s
}

// newStore is a store of a test's own, for caches that share one or for a wrapper
// around it.
func newStore(t testing.TB, cfg memory.Config) *memory.Store {
	t.Helper()
	st, err := memory.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

// exec runs statements on a handle.
func exec(t testing.TB, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.ExecContext(context.Background(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// read returns the first column of a query's rows as text, and whether the
// cache answered.
func (s *cachedSQLite) read(t testing.TB, query string, args ...any) (rows string, hit bool) {
	t.Helper()
	return readWith(context.Background(), t, s, s.cached, query, args...)
}

// querier is a *sql.DB, *sql.Conn or *sql.Tx.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func readWith(ctx context.Context, t testing.TB, s *cachedSQLite, q querier, query string, args ...any) (out string, hit bool) {
	t.Helper()
	before := s.hits.Load()
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	hit = s.hits.Load() > before
	var texts []string
	for rows.Next() {
		var v any
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, fmt.Sprint(v))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(texts, ","), hit
}

// turns lets the writers of a test wait for its readers.
type turns struct {
	s    *cachedSQLite
	read chan struct{}
}

func newTurns(s *cachedSQLite) *turns { return &turns{s: s, read: make(chan struct{})} }

// done is called by a reader after each read.
func (w *turns) done() {
	select {
	case w.read <- struct{}{}:
	default: // nobody waits
	}
}

// await is called by a writer between its writes. It returns when the cache has
// answered a read since it was called, as it must while nobody writes these
// rows, or when the context ends because a reader gave up.
func (w *turns) await(ctx context.Context) {
	for before := w.s.hits.Load(); w.s.hits.Load() == before; {
		select {
		case <-w.read:
		case <-ctx.Done():
			return
		}
	}
}

// want reads through the cache and compares rows and hit.
func (s *cachedSQLite) want(t testing.TB, rows string, hit bool, query string, args ...any) {
	t.Helper()
	got, gotHit := s.read(t, query, args...)
	if got != rows || gotHit != hit {
		t.Fatalf("%s %v: got %q (hit: %v), want %q (hit: %v); last reason: %v", query, args, got, gotHit, rows, hit, s.lastReason.Load())
	}
}
