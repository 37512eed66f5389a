package postgres

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/postgres"
	"github.com/cacheops/cacheops/sqlcache"
)

// The table of the tests of transactions, and what they read of it.
const (
	txTable = "CREATE TABLE notes (id int PRIMARY KEY, text text NOT NULL)"
	txRow   = "INSERT INTO notes VALUES (1, 'old'), (2, 'two')"
	txRead  = "SELECT text FROM notes WHERE id = 1"
	txOther = "SELECT text FROM notes WHERE id = 2"
	txWrite = "UPDATE notes SET text = 'new' WHERE id = 1"
)

// newNotes is a database with the table, both reads of which are in the cache.
func newNotes(t testing.TB, driverName string, change func(*cacheops.Config, *sqlcache.Config), more ...string) *cachedPostgres {
	t.Helper()
	s := newCachedPostgres(t, driverName, change)
	exec(t, s.bare, txTable, txRow)
	exec(t, s.bare, more...)
	s.warm(t)
	return s
}

// warm has both reads in the cache, and at least one idle connection.
func (s *cachedPostgres) warm(t testing.TB) {
	t.Helper()
	s.read(t, txRead)
	s.read(t, txOther)
	s.want(t, "two", true, txOther)
}

// begin begins a transaction, which the test ends or its end does.
func (s *cachedPostgres) begin(t testing.TB, opts *sql.TxOptions) *sql.Tx {
	t.Helper()
	tx, err := s.cached.BeginTx(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback() })
	return tx
}

// conn is one connection of the cached handle.
func (s *cachedPostgres) conn(t testing.TB) *sql.Conn {
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

// state is the code of the server's error, "" for another error.
func state(err error) string {
	var coded interface{ SQLState() string }
	if errors.As(err, &coded) {
		return coded.SQLState()
	}
	return ""
}

// counted is a cached handle of which the round trips are counted.
func counted(t *testing.T, driverName string) (*cachedPostgres, *trips) {
	t.Helper()
	s := newNotes(t, driverName, nil)
	p := new(trips)
	db, err := sqlcache.OpenDB(s.cache, p.connector(t, driverName, s.dsn), sqlcache.Config{Dialect: postgres.Dialect, Database: "main"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return &cachedPostgres{cache: s.cache, cached: db, bare: s.bare, driver: driverName, dsn: s.dsn}, p
}
