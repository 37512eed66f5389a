package differential

import (
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"

	_ "github.com/go-sql-driver/mysql" // a driver under test

	"github.com/cacheops/cacheops/dialect/mysql"
	"github.com/cacheops/cacheops/internal/mysqltest"
	"github.com/cacheops/cacheops/sqlcache"
)

// mysqlBench makes the databases of cases on a server. Each worker has two users, one
// for its cases and one for their twins, who see no other's databases.
type mysqlBench struct {
	server *mysqltest.Server
	admin  *sql.DB

	mu    sync.Mutex        // guards the rest
	users map[string]string // by the worker's folder
}

func newMySQLBench(t *testing.T) *mysqlBench {
	t.Helper()
	b := &mysqlBench{server: mysqlServer(t), users: map[string]string{}}
	var err error
	if b.admin, err = sql.Open("mysql", b.server.DSN("mysql")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.admin.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// user returns the name of a worker, which is that of its users but for the last letter.
func (b *mysqlBench) user(dir string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if name, ok := b.users[dir]; ok {
		return name, nil
	}
	name := fmt.Sprint("w", len(b.users))
	for _, side := range []string{"a", "b"} {
		for _, text := range []string{"CREATE USER " + name + side + "@'127.0.0.1'", "GRANT ALL ON `" + name + side + "\\_%`.* TO " + name + side + "@'127.0.0.1'"} {
			if _, err := b.admin.ExecContext(ctx, text); err != nil {
				return "", fmt.Errorf("%s: %w", text, err)
			}
		}
	}
	b.users[dir] = name
	return name, nil
}

// The modes of the driver that a case may be run in, and what may be added to them.
var (
	mysqlModes = []string{"?multiStatements=true", "?multiStatements=true&interpolateParams=true", "?parseTime=true"}
	mysqlMore  = []string{"", "&clientFoundRows=true", "", "&columnsWithAlias=false"}
)

// make makes a database of a worker's side, and returns its DSN and its name.
func (b *mysqlBench) make(dir, side string, number int64, driver, mode int) (dsn, name string, err error) {
	user, err := b.user(dir)
	if err != nil {
		return "", "", err
	}
	name = fmt.Sprint(user, side, "_", number)
	if _, err := b.admin.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return "", "", err
	}
	return user + side + "@tcp(" + b.server.Addr() + ")/" + name + mysqlModes[driver%len(mysqlModes)] + mysqlMore[mode%len(mysqlMore)], name, nil
}

// law makes a case's database.
func (b *mysqlBench) law(c *lawCase, dir string) (*bareConn, func() error, error) {
	dsn, name, err := b.make(dir, "a", files.Add(1), c.driver, 0)
	if err != nil {
		return nil, nil, err
	}
	conn, err := openBare("mysql", dsn)
	return conn, func() error {
		_, err := b.admin.ExecContext(ctx, "DROP DATABASE "+name)
		return err
	}, err
}

// open makes both databases of a case.
func (b *mysqlBench) open(c *testCase, dir string) (*pair, error) {
	var handles [2]*sql.DB
	var dsns, names [2]string
	number := files.Add(1)
	for i, side := range []string{"a", "b"} {
		var err error
		if dsns[i], names[i], err = b.make(dir, side, number, c.driver, c.mode); err != nil {
			return nil, err
		}
		if handles[i], err = sql.Open("mysql", dsns[i]); err != nil {
			return nil, err
		}
	}
	handles[1].SetMaxIdleConns(0) // the twin's connection is to be a new one after renew
	return &pair{
		connector: connector{handles[0].Driver(), dsns[0]},
		config:    sqlcache.Config{Dialect: mysql.Dialect, Database: "main"},
		bare:      handles[0],
		twin:      handles[1],
		strict:    true,
		early:     true,
		nulls:     true,
		close: func() error {
			var errs []error
			for _, name := range names {
				_, err := b.admin.ExecContext(ctx, "DROP DATABASE "+name)
				errs = append(errs, err)
			}
			return errors.Join(errs...)
		},
	}, nil
}
