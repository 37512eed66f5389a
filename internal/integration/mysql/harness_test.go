package mysql

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql" // the driver under test
	"go.uber.org/goleak"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/mysql"
	"github.com/cacheops/cacheops/internal/mysqltest"
	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/internal/sample"
	"github.com/cacheops/cacheops/sqlcache"
)

// server is the one that the tests of this package share: each has a database of
// its own.
var server *mysqltest.Server

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
	if server, err = mysqltest.Run(mysqltest.Config{}); err != nil {
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

// driverName is what the driver is registered as.
const driverName = "mysql"

// The modes of the driver, as options of its DSN.
const (
	// plain prepares what has arguments, and gets it in the binary protocol.
	plain = ""
	// interpolated writes arguments into the text, and gets texts.
	interpolated = "interpolateParams=true"
	// timed has times as time.Time, and counts the rows that a statement found.
	timed = "parseTime=true&clientFoundRows=true"
	// scripts allows several statements in a text.
	scripts = "interpolateParams=true&parseTime=true&multiStatements=true"
)

// modes are all of them.
var modes = []string{plain, interpolated, timed, scripts}

// modeName names a mode in the name of a test.
func modeName(mode string) string {
	if mode == plain {
		return "plain"
	}
	return strings.ReplaceAll(strings.ReplaceAll(mode, "=true", ""), "&", "+")
}

// withMode adds a mode to a DSN.
func withMode(dsn, mode string) string {
	switch {
	case mode == "":
		return dsn
	case strings.Contains(dsn, "?"):
		return dsn + "&" + mode
	}
	return dsn + "?" + mode
}

// eachMode runs a test in each mode of the driver. With -short each test takes one
// of them, by its name.
func eachMode(t *testing.T, f func(t *testing.T, mode string)) {
	t.Helper()
	for i, mode := range modes {
		if !sample.Takes(testing.Short(), t.Name(), i, len(modes)) {
			continue
		}
		t.Run(modeName(mode), func(t *testing.T) {
			t.Parallel()
			f(t, mode)
		})
	}
}

// cachedMySQL is a database with a cached and a bare handle on it.
type cachedMySQL struct {
	cache        *cacheops.Cache
	cached, bare *sql.DB
	dsn          string
	hits, misses atomic.Int64
	funcHits     atomic.Int64
	lastReason   atomic.Value // string
}

// newCachedMySQL makes a new database in which every table is cached, in a mode of the
// driver. Change may alter the settings before they take effect.
func newCachedMySQL(t testing.TB, mode string, change func(*cacheops.Config, *sqlcache.Config)) *cachedMySQL {
	t.Helper()
	return openCachedMySQL(t, mode, server.NewDatabase(t), change)
}

// openCachedMySQL is newCachedMySQL for a database that is there.
func openCachedMySQL(t testing.TB, mode, dsn string, change func(*cacheops.Config, *sqlcache.Config)) *cachedMySQL {
	t.Helper()
	s := &cachedMySQL{dsn: withMode(dsn, mode)}
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
	dbcfg := sqlcache.Config{Dialect: mysql.Dialect, Database: "main"}
	if change != nil {
		change(&cfg, &dbcfg)
	}
	cache, err := cacheops.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.cache = cache
	if s.bare, err = sql.Open(driverName, s.dsn); err != nil {
		t.Fatal(err)
	}
	if s.cached, err = sqlcache.Open(cache, driverName, s.dsn, dbcfg); err != nil {
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
func (s *cachedMySQL) readWith(ctx context.Context, t testing.TB, q querier, query string, args ...any) (out string, hit bool) {
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
func (s *cachedMySQL) read(t testing.TB, query string, args ...any) (rows string, hit bool) {
	t.Helper()
	return s.readWith(context.Background(), t, s.cached, query, args...)
}

// want reads through the cache and compares rows and hit.
func (s *cachedMySQL) want(t testing.TB, rows string, hit bool, query string, args ...any) {
	t.Helper()
	s.wantWith(t, s.cached, rows, hit, query, args...)
}

// wantWith is want on a connection or in a transaction.
func (s *cachedMySQL) wantWith(t testing.TB, q querier, rows string, hit bool, query string, args ...any) {
	t.Helper()
	got, gotHit := s.readWith(context.Background(), t, q, query, args...)
	if got != rows || gotHit != hit {
		t.Fatalf("%s %v: got %q (hit: %v), want %q (hit: %v); last reason: %v", query, args, got, gotHit, rows, hit, s.lastReason.Load())
	}
}
