package sqlcache_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/internal/drivertest"
	"github.com/cacheops/cacheops/sqlcache"
)

// post is what a row is scanned into.
type post struct {
	id, category, views int64
	title, body         string
	score               float64
	visible             bool
	created             time.Time
}

// newNothing returns a driver with so many rows of eight columns.
func newNothing(rows int) *drivertest.Nothing {
	d := &drivertest.Nothing{
		Names:   []string{"id", "category", "views", "title", "body", "score", "visible", "created"},
		Queries: new(atomic.Int64),
	}
	for i := range rows {
		d.Rows = append(d.Rows, []driver.Value{
			int64(1000 + i), int64(7000), int64(123456), "A title of a usual length", "And a body, which is longer than the title is",
			0.5, true, time.Unix(1700000000, 0),
		})
	}
	return d
}

// nothingCache returns a cache that caches every read and has hooks.
func nothingCache(t testing.TB, hooks cacheops.Hooks) *cacheops.Cache {
	t.Helper()
	return newCacheWith(t, cacheops.Config{Hooks: hooks})
}

// nothingDBs opens the bare and the wrapped handle on drivers of their own.
func nothingDBs(t testing.TB, rows int, cache *cacheops.Cache) (bare, wrapped *sql.DB, behind *drivertest.Nothing) {
	t.Helper()
	bare = sql.OpenDB(newNothing(rows))
	behind = newNothing(rows)
	wrapped, err := sqlcache.OpenDB(cache, behind, sqlcache.Config{Dialect: fakeDialect{}, Database: t.Name()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, db := range []*sql.DB{bare, wrapped} {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}
	})
	return bare, wrapped, behind
}

// readPosts runs one query as a program does, and returns the number of rows.
func readPosts(ctx context.Context, db *sql.DB, p *post) (n int, err error) {
	rows, err := db.QueryContext(ctx, selectByID, int64(1000))
	if err != nil {
		return 0, err
	}
	for rows.Next() {
		if err := rows.Scan(&p.id, &p.category, &p.views, &p.title, &p.body, &p.score, &p.visible, &p.created); err != nil {
			_ = rows.Close()
			return n, err
		}
		n++
	}
	return n, rows.Err()
}

// preparedPosts does it over a prepared statement.
func preparedPosts(ctx context.Context, st *sql.Stmt, p *post) (n int, err error) {
	rows, err := st.QueryContext(ctx, int64(1000))
	if err != nil {
		return 0, err
	}
	for rows.Next() {
		if err := rows.Scan(&p.id, &p.category, &p.views, &p.title, &p.body, &p.score, &p.visible, &p.created); err != nil {
			_ = rows.Close()
			return n, err
		}
		n++
	}
	return n, rows.Err()
}
