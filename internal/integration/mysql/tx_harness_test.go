package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net"
	"sync/atomic"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/mysql"
	"github.com/cacheops/cacheops/sqlcache"
)

// The table of the tests of transactions, and what they read of it.
const (
	txTable = "CREATE TABLE notes (id int PRIMARY KEY, text varchar(100) NOT NULL)"
	txRow   = "INSERT INTO notes VALUES (1, 'old'), (2, 'two')"
	txRead  = "SELECT text FROM notes WHERE id = 1"
	txOther = "SELECT text FROM notes WHERE id = 2"
	txWrite = "UPDATE notes SET text = 'new' WHERE id = 1"
)

// newNotes is a database with the table, both reads of which are in the cache.
func newNotes(t testing.TB, mode string, change func(*cacheops.Config, *sqlcache.Config), more ...string) *cachedMySQL {
	t.Helper()
	s := newCachedMySQL(t, mode, change)
	exec(t, s.bare, txTable, txRow)
	exec(t, s.bare, more...)
	s.warm(t)
	return s
}

// warm has both reads in the cache, and at least one idle connection.
func (s *cachedMySQL) warm(t testing.TB) {
	t.Helper()
	s.read(t, txRead)
	s.read(t, txOther)
	s.want(t, "two", true, txOther)
}

// begin begins a transaction, which the test ends or its end does.
func (s *cachedMySQL) begin(t testing.TB, opts *sql.TxOptions) *sql.Tx {
	t.Helper()
	tx, err := s.cached.BeginTx(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback() })
	return tx
}

// conn is one connection of the cached handle.
func (s *cachedMySQL) conn(t testing.TB) *sql.Conn {
	t.Helper()
	c, err := s.cached.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// executor is a *sql.Tx, *sql.Conn or *sql.DB.
type executor interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// run runs statements and fails the test at an error.
func run(t testing.TB, db executor, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.ExecContext(context.Background(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// number is the number of the server's error, 0 for another error.
func number(err error) uint16 {
	if said, ok := errors.AsType[*mysqldriver.MySQLError](err); ok {
		return said.Number
	}
	return 0
}

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

// wrap has the connections to a server counted.
func (p *trips) wrap(c net.Conn) net.Conn { return &countedConn{Conn: c, trips: p} }

// connector makes connections that wrap changes.
func connector(t testing.TB, dsn string, wrap func(net.Conn) net.Conn) driver.Connector {
	t.Helper()
	cfg, err := mysqldriver.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	cfg.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return wrap(c), nil
	}
	c, err := mysqldriver.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// database is the name of the database in a DSN.
func database(t testing.TB, dsn string) string {
	t.Helper()
	cfg, err := mysqldriver.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return cfg.DBName
}

// through is another cached handle on the same cache and database, over connections
// that wrap changes.
func (s *cachedMySQL) through(t testing.TB, wrap func(net.Conn) net.Conn) *sql.DB {
	t.Helper()
	db, err := sqlcache.OpenDB(s.cache, connector(t, s.dsn, wrap), sqlcache.Config{Dialect: mysql.Dialect, Database: "main"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// counted is the same cache and database through connections of which the round trips
// are counted.
func (s *cachedMySQL) counted(t testing.TB) (*cachedMySQL, *trips) {
	t.Helper()
	p := new(trips)
	return &cachedMySQL{cache: s.cache, cached: s.through(t, p.wrap), bare: s.bare, dsn: s.dsn}, p
}
