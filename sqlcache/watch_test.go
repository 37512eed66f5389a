package sqlcache_test

import (
	"context"
	"database/sql/driver"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/internal/drivertest"
	"github.com/cacheops/cacheops/sqlcache"
)

// skippingDriver is a driver whose connections leave every query to prepared
// statements, and say so when they are asked.
type skippingDriver struct{ *drivertest.Nothing }

// Connect implements driver.Connector.
func (d skippingDriver) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := d.Nothing.Connect(ctx)
	return skippingConn{Conn: c}, err
}

type skippingConn struct{ driver.Conn }

// QueryContext implements driver.QueryerContext.
func (skippingConn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return nil, driver.ErrSkip
}

// A query that the driver leaves to a prepared statement comes to the wrapper
// twice, and is one read.
func TestSkippedQueryIsOneRead(t *testing.T) {
	t.Parallel()
	var events []cacheops.ReadEvent
	cache := nothingCache(t, cacheops.Hooks{OnRead: func(_ context.Context, e cacheops.ReadEvent) { events = append(events, e) }})
	db, err := sqlcache.OpenDB(cache, skippingDriver{newNothing(2)}, sqlcache.Config{Dialect: fakeDialect{}, Database: "skips"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var p post
	for range 2 {
		if n, err := readPosts(t.Context(), db, &p); n != 2 || err != nil {
			t.Errorf("%d rows, %v", n, err)
		}
	}
	if len(events) != 2 || events[0].Hit || !events[1].Hit {
		t.Errorf("told %+v", events)
	}
	if s := cache.Stats(); s.Reads != 2 || s.Misses != 1 || s.Hits != 1 {
		t.Errorf("counted %+v", s)
	}
}
