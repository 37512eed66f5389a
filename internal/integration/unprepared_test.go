package integration

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/sqlcache"
)

// unpreparedDialect is SQLite's, with nothing prepared that the program did not
// prepare.
type unpreparedDialect struct{ dialect.Dialect }

// Transactions implements dialect.Dialect.
func (d unpreparedDialect) Transactions() dialect.Transactions {
	txs := d.Dialect.Transactions()
	txs.Unprepared = true
	return txs
}

// unpreparing counts the statements that are prepared.
type unpreparing struct {
	driver.Connector
	prepared atomic.Int64
	// only is true when connections run nothing but prepared statements.
	only bool
}

// Connect implements driver.Connector.
func (p *unpreparing) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	counted := unpreparingConn{Conn: c, p: p}
	if p.only {
		return counted, nil
	}
	return unpreparingDirect{unpreparingConn: counted, QueryerContext: c.(driver.QueryerContext), ExecerContext: c.(driver.ExecerContext)}, nil
}

type unpreparingConn struct {
	driver.Conn
	p *unpreparing
}

// Prepare implements driver.Conn.
func (c unpreparingConn) Prepare(text string) (driver.Stmt, error) {
	c.p.prepared.Add(1)
	return c.Conn.Prepare(text)
}

type unpreparingDirect struct {
	unpreparingConn
	driver.QueryerContext
	driver.ExecerContext
}

// Where nothing is to be prepared that the program did not prepare, queries of ours
// and statements with images go as the program's own; with a driver that runs only
// prepared statements they are prepared all the same.
func TestUnprepared(t *testing.T) {
	t.Parallel()
	for _, only := range []bool{false, true} {
		name := "a driver that runs texts"
		if only {
			name = "a driver that prepares"
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "test.sqlite")
			dsn := "file:" + path + dsnOptions
			bare, err := sql.Open("sqlite", dsn)
			if err != nil {
				t.Fatal(err)
			}
			var hits int
			cache, err := cacheops.New(cacheops.Config{
				Profiles: cacheops.Profiles{everyTable: {Ops: cacheops.OpAll, TTL: time.Hour}},
				Hooks: cacheops.Hooks{OnRead: func(_ context.Context, e cacheops.ReadEvent) {
					if e.Hit {
						hits++
					}
				}},
			})
			if err != nil {
				t.Fatal(err)
			}
			p := &unpreparing{Connector: dsnConnector{drv: bare.Driver(), dsn: dsn}, only: only}
			db, err := sqlcache.OpenDB(cache, p, sqlcache.Config{Dialect: unpreparedDialect{sqlite.Dialect}, Database: "main"})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				for _, end := range []func() error{db.Close, bare.Close, cache.Close} {
					if err := end(); err != nil {
						t.Error(err)
					}
				}
			})
			exec(t, bare, shopSchema...)
			read := func(query string, hit bool) {
				t.Helper()
				var got, want sql.NullString
				before := hits
				if err := db.QueryRowContext(t.Context(), query).Scan(&got); err != nil {
					t.Fatal(err)
				}
				if err := bare.QueryRowContext(t.Context(), query).Scan(&want); err != nil {
					t.Fatal(err)
				}
				if got != want || (hits > before) != hit {
					t.Errorf("%s: %v (hit: %v), the database has %v (hit wanted: %v)", query, got, hits > before, want, hit)
				}
			}
			const one, two = "SELECT sum(n) FROM goods WHERE shelf = 1", "SELECT sum(n) FROM goods WHERE shelf = 2"
			read(one, false)
			read(two, false)
			for _, write := range []string{
				"UPDATE goods SET n = n + 1 WHERE shelf = 1", "INSERT INTO goods (shelf, code, n) VALUES (1, 'x', 7)", "DELETE FROM goods WHERE code = 'x'",
			} {
				exec(t, db, write)
				read(one, false)
				read(two, true)
			}
			if n := p.prepared.Load(); (n > 0) != only {
				t.Errorf("%d statements were prepared", n)
			}
		})
	}
}
