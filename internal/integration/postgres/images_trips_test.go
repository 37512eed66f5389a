package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"net"
	"sync/atomic"
	"testing"
	"time"

	pgxlib "github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	pqlib "github.com/lib/pq"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/postgres"
	"github.com/cacheops/cacheops/sqlcache"
)

// trips counts how often a connection waits for an answer.
type trips struct{ n atomic.Int64 }

type countedConn struct {
	net.Conn
	trips *trips
	asked atomic.Bool
}

// Write implements net.Conn.
func (c *countedConn) Write(b []byte) (int, error) {
	c.asked.Store(true)
	return c.Conn.Write(b)
}

// Read implements net.Conn.
func (c *countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && c.asked.Swap(false) {
		c.trips.n.Add(1)
	}
	return n, err
}

// Dial implements pq.Dialer.
func (p *trips) Dial(network, address string) (net.Conn, error) {
	return p.DialContext(context.Background(), network, address)
}

// DialTimeout implements pq.Dialer.
func (p *trips) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return p.DialContext(ctx, network, address)
}

// DialContext implements pq.DialerContext.
func (p *trips) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &countedConn{Conn: conn, trips: p}, nil
}

// connector makes connections that are counted.
func (p *trips) connector(t *testing.T, driverName, dsn string) driver.Connector {
	t.Helper()
	if driverName == pgx {
		cfg, err := pgxlib.ParseConfig(dsn)
		if err != nil {
			t.Fatal(err)
		}
		cfg.DialFunc = p.DialContext
		return stdlib.GetConnector(*cfg)
	}
	c, err := pqlib.NewConnector(dsn)
	if err != nil {
		t.Fatal(err)
	}
	c.Dialer(p)
	return c
}

// A write of a table that somebody reads costs few round trips more than the bare
// one: none for a table that nobody reads.
func TestTripsOfWrites(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		s := imageShop(t, driverName,
			"CREATE FUNCTION tells() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO moves VALUES (NEW.id, NEW.shelf, 0); RETURN NULL; END'",
			"CREATE TABLE told (id int PRIMARY KEY, shelf int)", "INSERT INTO told VALUES (1, 1)",
			"CREATE TRIGGER tells AFTER UPDATE ON told FOR EACH ROW EXECUTE FUNCTION tells()")
		var p trips
		cache, err := cacheops.New(cacheops.Config{Profiles: cacheops.Profiles{everyTable: {Ops: cacheops.OpAll, TTL: time.Hour}}})
		if err != nil {
			t.Fatal(err)
		}
		db, err := sqlcache.OpenDB(cache, p.connector(t, driverName, s.dsn), sqlcache.Config{Dialect: postgres.Dialect, Database: "main"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			for _, end := range []func() error{db.Close, cache.Close} {
				if err := end(); err != nil {
					t.Error(err)
				}
			}
		})
		bare := sql.OpenDB(p.connector(t, driverName, s.dsn))
		t.Cleanup(func() {
			if err := bare.Close(); err != nil {
				t.Error(err)
			}
		})
		count := func(db *sql.DB, write string, args ...any) int64 {
			t.Helper()
			var n int64
			for range 3 { // until statements are known
				before := p.n.Load()
				if _, err := db.ExecContext(t.Context(), write, args...); err != nil {
					t.Fatal(err)
				}
				n = p.n.Load() - before
				s.readWith(t.Context(), t, db, onShelf(1)) // somebody reads the table
				s.readWith(t.Context(), t, db, "SELECT id FROM told WHERE shelf = 1")
			}
			return n
		}
		for _, tt := range []struct {
			write string
			args  []any
			// own is what our queries cost, each as much as the bare statement: BEGIN
			// and COMMIT cost one each.
			queries int64
		}{
			{"UPDATE goods SET n = n + 1 WHERE id = $1", []any{1}, 0},
			{"UPDATE told SET shelf = 1 WHERE id = $1", []any{1}, 0}, // a trigger does not matter
			{"UPDATE goods SET n = n + 1 WHERE n > $1", []any{1}, 1},
			{"INSERT INTO goods (id, shelf) VALUES ($1, 1) ON CONFLICT (id) DO UPDATE SET shelf = 1", []any{1}, 1},
			{"INSERT INTO goods (shelf, id) SELECT 7, coalesce(max(id), $1) + 1 FROM goods", []any{1}, 0},
			{"DELETE FROM goods WHERE id > $1", []any{5}, 0},
		} {
			one := count(bare, tt.write, tt.args...)
			if got, want := count(db, tt.write, tt.args...), (1+tt.queries)*one+2; got != want {
				t.Errorf("%s: %d round trips, want %d; the bare statement takes %d", tt.write, got, want, one)
			}
		}
		if got, want := count(db, "INSERT INTO moves VALUES ($1, 1, 1)", 5), count(bare, "INSERT INTO moves VALUES ($1, 1, 1)", 5); got != want {
			t.Errorf("a write that nobody reads takes %d round trips, the bare statement %d", got, want)
		}
	})
}
