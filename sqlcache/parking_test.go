package sqlcache_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/internal/drivertest"
	"github.com/cacheops/cacheops/sqlcache"
)

// lot is a driver that counts its connections, and whose connections can be told
// to be bad.
type lot struct {
	*drivertest.Nothing

	opened, closed, resets, asked atomic.Int64
	badOnReset, invalid           atomic.Bool
}

// open returns how many connections there are.
func (l *lot) open() int64 { return l.opened.Load() - l.closed.Load() }

// Connect implements driver.Connector.
func (l *lot) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := l.Nothing.Connect(ctx)
	if err != nil {
		return nil, err
	}
	l.opened.Add(1)
	queryer, _ := inner.(driver.QueryerContext)
	return &lotConn{Conn: inner, QueryerContext: queryer, lot: l}, nil
}

type lotConn struct {
	driver.Conn
	driver.QueryerContext

	lot *lot
}

// Close implements driver.Conn.
func (c *lotConn) Close() error {
	c.lot.closed.Add(1)
	return c.Conn.Close()
}

// ResetSession implements driver.SessionResetter.
func (c *lotConn) ResetSession(context.Context) error {
	c.lot.resets.Add(1)
	if c.lot.badOnReset.CompareAndSwap(true, false) {
		return driver.ErrBadConn
	}
	return nil
}

// IsValid implements driver.Validator.
func (c *lotConn) IsValid() bool {
	c.lot.asked.Add(1)
	return !c.lot.invalid.CompareAndSwap(true, false)
}

// newLot opens a handle under which nothing is cached.
func newLot(t *testing.T, cfg sqlcache.Config) (*lot, *sql.DB) {
	t.Helper()
	l := &lot{Nothing: newNothing(1)}
	cache, err := cacheops.New(cacheops.Config{})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Dialect, cfg.Database = fakeDialect{}, t.Name()
	db, err := sqlcache.OpenDB(cache, l, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if n := l.open(); n != 0 {
			t.Errorf("%d connections are left open", n)
		}
		if err := cache.Close(); err != nil {
			t.Error(err)
		}
	})
	return l, db
}

// read runs one query.
func (l *lot) read(t *testing.T, db *sql.DB) {
	t.Helper()
	// The deadline ends the test where the pool's connections are lost.
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var p post
	if n, err := readPosts(ctx, db, &p); n != 1 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
}

// A connection is asked whether it is still good before it is used again, and
// after its use, as by the pool of database/sql.
func TestIdleConnectionsAreLookedAfter(t *testing.T) {
	t.Parallel()
	l, db := newLot(t, sqlcache.Config{MaxOpenConns: 1})
	l.read(t, db)
	resets, asked := l.resets.Load(), l.asked.Load()
	for i := range int64(10) {
		l.read(t, db)
		if r, a := l.resets.Load()-resets, l.asked.Load()-asked; r != i+1 || a != i+1 {
			t.Fatalf("after %d more uses it was reset %d times, and asked %d times", i+1, r, a)
		}
	}
	if n := l.opened.Load(); n != 1 {
		t.Errorf("%d connections were opened for one reader", n)
	}
	l.badOnReset.Store(true)
	l.read(t, db)
	if n := l.opened.Load(); n != 2 || l.open() != 1 {
		t.Errorf("a connection went bad while it was idle: %d were opened, %d are open", n, l.open())
	}
	l.invalid.Store(true)
	l.read(t, db)
	l.read(t, db)
	if n := l.opened.Load(); n != 3 || l.open() != 1 {
		t.Errorf("a connection went bad in use: %d were opened, %d are open", n, l.open())
	}
}

// No more connections stay open than may be idle.
func TestIdleConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		idle int
		want int64
	}{{0, 2}, {-1, 0}, {1, 1}, {5, 5}, {40, 30}} {
		l, db := newLot(t, sqlcache.Config{MaxIdleConns: tt.idle})
		l.read(t, db) // the schema is read
		ctx := context.Background()
		var open []*sql.Rows
		for range 30 {
			rows, err := db.QueryContext(ctx, selectByID, 1)
			if err != nil {
				t.Fatal(err)
			}
			open = append(open, rows)
		}
		if n := l.open(); n != 30 {
			t.Errorf("%d connections for 30 open results", n)
		}
		for _, rows := range open {
			for rows.Next() {
			}
			if err := rows.Err(); err != nil {
				t.Error(err)
			}
			if err := rows.Close(); err != nil {
				t.Error(err)
			}
		}
		if n := l.open(); n != tt.want {
			t.Errorf("MaxIdleConns %d: %d connections are left, want %d", tt.idle, n, tt.want)
		}
	}
}

// Whoever waits for a connection gets it, also where others come and go that
// need not wait.
func TestNobodyIsForgotten(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{1, 2, 3} {
		l, db := newLot(t, sqlcache.Config{MaxOpenConns: limit, MaxIdleConns: limit})
		var wg sync.WaitGroup
		for range 4 * limit {
			wg.Go(func() {
				for range 300 {
					l.read(t, db)
				}
			})
		}
		wg.Wait()
		if n := l.opened.Load(); n > int64(limit) {
			t.Errorf("%d connections were opened, though %d may be idle", n, limit)
		}
	}
}

// A connection that is given back goes to who waits, and is not parked.
func TestWaiterComesFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, db := newLot(t, sqlcache.Config{MaxOpenConns: 1})
		l.read(t, db)
		rows, err := db.QueryContext(context.Background(), selectByID, 1)
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan struct{})
		go func() {
			l.read(t, db)
			close(got)
		}()
		synctest.Wait() // it waits for the pool
		for rows.Next() {
		}
		if err := rows.Err(); err != nil {
			t.Error(err)
		}
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
		<-got
	})
}

// Connections with a life time are left to the pool, which ends it.
func TestLifetimeEnds(t *testing.T) {
	t.Parallel()
	l, db := newLot(t, sqlcache.Config{ConnMaxLifetime: time.Nanosecond})
	for range 3 {
		l.read(t, db)
	}
	if n := l.opened.Load(); n < 3 {
		t.Errorf("%d connections were opened, though each was too old", n)
	}
}
