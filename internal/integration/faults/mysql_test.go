package faults

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	mysqldriver "github.com/go-sql-driver/mysql"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/mysql"
	"github.com/cacheops/cacheops/internal/mysqltest"
)

// mysqlDatabase is a database of a MariaDB server.
type mysqlDatabase struct {
	dsn  string
	addr string // of the server
	// faulty is true where something happens to the server, or to the way to it.
	faulty bool
	// dial makes the connections of a process, by what does without it; it may be nil.
	dial func(process int, plain connecting) connecting
}

// newMySQL is a database to which nothing happens.
func newMySQL(t testing.TB) *mysqlDatabase {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.mysql == nil {
		server, err := mysqltest.Run(mysqltest.Config{})
		if err != nil {
			t.Fatal(err)
		}
		shared.mysql = server
	}
	return &mysqlDatabase{dsn: shared.mysql.NewDatabase(t), addr: shared.mysql.Addr()}
}

// newCutOffMySQL is a database of which the way to the server is faulty.
func newCutOffMySQL(t testing.TB) *mysqlDatabase {
	t.Helper()
	d := newMySQL(t)
	d.faulty = true
	return d
}

// newFaultyMySQL is a database of a server of its own.
func newFaultyMySQL(t testing.TB) (*mysqlDatabase, *mysqltest.Server) {
	t.Helper()
	s := mysqltest.Start(t)
	return &mysqlDatabase{dsn: s.NewDatabase(t), addr: s.Addr(), faulty: true}, s
}

func (*mysqlDatabase) dialect() dialect.Dialect { return mysql.Dialect }

func (d *mysqlDatabase) connector(process int) (driver.Connector, error) {
	config, err := mysqldriver.ParseDSN(d.dsn)
	if err != nil {
		return nil, err
	}
	if d.dial != nil {
		config.DialFunc = d.dial(process, new(net.Dialer).DialContext)
	}
	return mysqldriver.NewConnector(config)
}

func (*mysqlDatabase) text(statement string) string { return statement }

// raise has the number that the driver tells after a statement be the version: MySQL's
// UPDATE returns no rows. It sets one column after the other.
func (*mysqlDatabase) raise(ctx context.Context, tx *sql.Tx, table, id int) (int64, error) {
	text := fmt.Sprintf("UPDATE items%d SET version = LAST_INSERT_ID(version + 1), kind = (id + version DIV 4) %% %d WHERE id = ?", table, kinds)
	result, err := tx.ExecContext(ctx, text, id)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

// excuses are errors of connections, and those that a server has that ends.
func (d *mysqlDatabase) excuses(err error) bool {
	if !d.faulty {
		return false
	}
	if refused, ok := errors.AsType[*mysqldriver.MySQLError](err); ok {
		// a shutdown, a query interrupted, and a connection killed
		return refused.Number == 1053 || refused.Number == 1317 || refused.Number == 1927
	}
	_, unreachable := errors.AsType[net.Error](err)
	return unreachable || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysqldriver.ErrInvalidConn) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sql.ErrTxDone) || // by the end of its context
		errors.Is(err, net.ErrClosed) || errors.Is(err, errCut)
}

// limit is less than what a call may take.
func (d *mysqlDatabase) limit() time.Duration {
	if d.faulty {
		return hung / 20
	}
	return 0
}
