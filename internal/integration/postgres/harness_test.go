package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the drivers under test
	_ "github.com/lib/pq"
	"go.uber.org/goleak"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/postgres"
	"github.com/cacheops/cacheops/internal/pgtest"
	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/internal/sample"
	"github.com/cacheops/cacheops/sqlcache"
)

// server is the one that the tests of this package share: each has a database of
// its own.
var server *pgtest.Server

func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("4") // some wait for seconds, until fences have run out
	}
	goleak.VerifyTestMain(served{m}, goleak.IgnoreAnyFunction(redistest.LingeringNodes), goleak.IgnoreAnyFunction(redistest.LingeringRefresh))
}

// served are the tests with the server that they share.
type served struct{ *testing.M }

// Run implements [goleak.TestingM].
func (s served) Run() int {
	var err error
	if server, err = pgtest.Run(pgtest.Config{}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	status := s.M.Run()
	if err := server.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return status
}

// everyTable matches every table. Unlike "*" it is not warned of.
const everyTable = "?*"

// The drivers.
const (
	pgx = "pgx"
	pq  = "postgres"
)

// cachedPostgres is a database with a cached and a bare handle on it.
type cachedPostgres struct {
	cache        *cacheops.Cache
	cached, bare *sql.DB
	driver, dsn  string
	hits, misses atomic.Int64
	funcHits     atomic.Int64
	lastReason   atomic.Value // string
}

// newCachedPostgres makes a new database in which every table is cached, by the
// driver of that name. Change may alter the settings before they take effect.
func newCachedPostgres(t testing.TB, driverName string, change func(*cacheops.Config, *sqlcache.Config)) *cachedPostgres {
	t.Helper()
	return openCachedPostgres(t, driverName, server.NewDatabase(t), change)
}

// openCachedPostgres is newCachedPostgres for a database that is there. Behind the
// name of the driver there may stand what is added to the DSN, as a [way] writes it.
func openCachedPostgres(t testing.TB, driverName, dsn string, change func(*cacheops.Config, *sqlcache.Config)) *cachedPostgres {
	t.Helper()
	if name, option, ok := strings.Cut(driverName, "&"); ok {
		driverName, dsn = name, dsn+"&"+option
	}
	s := &cachedPostgres{driver: driverName, dsn: dsn}
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
	dbcfg := sqlcache.Config{Dialect: postgres.Dialect, Database: "main"}
	if change != nil {
		change(&cfg, &dbcfg)
	}
	cache, err := cacheops.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.cache = cache
	if s.bare, err = sql.Open(driverName, dsn); err != nil {
		t.Fatal(err)
	}
	if s.cached, err = sqlcache.Open(cache, driverName, dsn, dbcfg); err != nil {
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

// eachDriver runs a test through each driver. With -short one test in two takes pgx
// alone, and the others take pq.
func eachDriver(t *testing.T, f func(t *testing.T, driverName string)) {
	t.Helper()
	for i, name := range []string{pgx, pq} {
		if !sample.Takes(testing.Short(), t.Name(), i, 2) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, name)
		})
	}
}

// eachMode runs a test through each way to reach the database that eachDriver does
// not take: the modes in which pgx runs a query, and the binary parameters of pq.
func eachMode(t *testing.T, f func(t *testing.T, driverName string)) {
	t.Helper()
	for _, w := range ways {
		if w.option == "" {
			continue
		}
		t.Run(w.String(), func(t *testing.T) {
			t.Parallel()
			f(t, w.String())
		})
	}
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

// querier is a *sql.DB, *sql.Conn or *sql.Tx.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// readWith returns the first column of a query's rows as text, and whether the
// cache answered.
func (s *cachedPostgres) readWith(ctx context.Context, t testing.TB, q querier, query string, args ...any) (out string, hit bool) {
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
		if b, ok := v.([]byte); ok {
			v = string(b)
		}
		texts = append(texts, fmt.Sprint(v))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(texts, ","), hit
}

// read reads through the cache.
func (s *cachedPostgres) read(t testing.TB, query string, args ...any) (rows string, hit bool) {
	t.Helper()
	return s.readWith(context.Background(), t, s.cached, query, args...)
}

// want reads through the cache and compares rows and hit.
func (s *cachedPostgres) want(t testing.TB, rows string, hit bool, query string, args ...any) {
	t.Helper()
	s.wantWith(t, s.cached, rows, hit, query, args...)
}

// wantWith is want on a connection or in a transaction.
func (s *cachedPostgres) wantWith(t testing.TB, q querier, rows string, hit bool, query string, args ...any) {
	t.Helper()
	got, gotHit := s.readWith(context.Background(), t, q, query, args...)
	if got != rows || gotHit != hit {
		t.Fatalf("%s %v: got %q (hit: %v), want %q (hit: %v); last reason: %v", query, args, got, gotHit, rows, hit, s.lastReason.Load())
	}
}

// plainDriver returns the driver of that name.
func plainDriver(t testing.TB, name string) driver.Driver {
	t.Helper()
	db, err := sql.Open(name, "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	return db.Driver()
}
