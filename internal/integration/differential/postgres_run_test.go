package differential

import (
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // a driver under test

	"github.com/cacheops/cacheops/dialect/postgres"
	"github.com/cacheops/cacheops/internal/pgtest"
	"github.com/cacheops/cacheops/sqlcache"
)

// postgresBench makes the databases of cases on a server: two for each worker, in
// which each case has a schema.
type postgresBench struct {
	server *pgtest.Server

	mu    sync.Mutex // guards the rest
	bench map[string]*postgresWorker
	next  int
}

// postgresWorker is what one worker has: its database, and the twin.
type postgresWorker struct {
	names  [2]string
	admins [2]*sql.DB
}

func newPostgresBench(t *testing.T) *postgresBench {
	t.Helper()
	b := &postgresBench{server: postgresServer(t), bench: map[string]*postgresWorker{}}
	t.Cleanup(func() {
		for _, w := range b.bench {
			for _, db := range w.admins {
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	})
	return b
}

// worker returns the databases of a worker, which has a folder of its own.
func (b *postgresBench) worker(dir string) (*postgresWorker, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if w := b.bench[dir]; w != nil {
		return w, nil
	}
	w := &postgresWorker{}
	for i := range w.names {
		b.next++
		w.names[i] = fmt.Sprint("differential_", files.Add(1))
		if err := b.server.CreateDatabase(w.names[i]); err != nil {
			return nil, err
		}
		db, err := sql.Open("pgx", b.server.DSN(w.names[i]))
		if err != nil {
			return nil, err
		}
		w.admins[i] = db
		if _, err := db.ExecContext(ctx, "CREATE EXTENSION citext"); err != nil {
			return nil, err
		}
	}
	b.bench[dir] = w
	return w, nil
}

// The modes of pgx that a case may be run in, but for the one that writes arguments
// into the text, and those of pq.
var (
	modesOfPgx = []string{"", "&default_query_exec_mode=cache_describe", "&default_query_exec_mode=describe_exec", "&default_query_exec_mode=exec"}
	modesOfPq  = []string{"", "&binary_parameters=yes"}
)

// options are the name of a case's driver, and what its DSN says besides the
// database.
func (b *postgresBench) options(driver, mode int, schema string) (name, options string) {
	name, options = "pgx", "&search_path="+schema+",public"
	switch driver {
	case driverSimple:
		options += "&default_query_exec_mode=simple_protocol"
	case driverPq:
		name, options = "postgres", options+modesOfPq[mode%len(modesOfPq)]
	default:
		options += modesOfPgx[mode%len(modesOfPgx)]
	}
	return name, options
}

// law makes a case's schema in one database.
func (b *postgresBench) law(c *lawCase, dir string) (*bareConn, func() error, error) {
	w, err := b.worker(dir)
	if err != nil {
		return nil, nil, err
	}
	schema := fmt.Sprint("s", files.Add(1))
	if _, err := w.admins[0].ExecContext(ctx, "CREATE SCHEMA "+schema); err != nil {
		return nil, nil, err
	}
	name, options := b.options(c.driver, 0, schema)
	conn, err := openBare(name, b.server.DSN(w.names[0])+options)
	return conn, func() error {
		_, err := w.admins[0].ExecContext(ctx, "DROP SCHEMA "+schema+" CASCADE")
		return err
	}, err
}

// open makes a case's schema in both databases.
func (b *postgresBench) open(c *testCase, dir string) (*pair, error) {
	w, err := b.worker(dir)
	if err != nil {
		return nil, err
	}
	schema := fmt.Sprint("s", files.Add(1))
	name, options := b.options(c.driver, c.mode, schema)
	var handles [2]*sql.DB
	for i, db := range w.admins {
		if _, err := db.ExecContext(ctx, "CREATE SCHEMA "+schema); err != nil {
			return nil, err
		}
		if handles[i], err = sql.Open(name, b.server.DSN(w.names[i])+options); err != nil {
			return nil, err
		}
	}
	handles[1].SetMaxIdleConns(0) // the twin's connection is to be a new one after renew
	return &pair{
		connector: connector{handles[0].Driver(), b.server.DSN(w.names[0]) + options},
		config:    sqlcache.Config{Dialect: postgres.Dialect, Database: "main"},
		bare:      handles[0],
		twin:      handles[1],
		strict:    true,
		close: func() error {
			var errs []error
			for _, db := range w.admins {
				_, err := db.ExecContext(ctx, "DROP SCHEMA "+schema+" CASCADE")
				errs = append(errs, err)
			}
			return errors.Join(errs...)
		},
	}, nil
}
