package faults

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/postgres"
	"github.com/cacheops/cacheops/internal/mysqltest"
	"github.com/cacheops/cacheops/internal/pgtest"
)

// shared are the servers of all tests in which nothing happens to them. Each is started
// when one asks for it.
var shared struct {
	sync.Mutex
	server *pgtest.Server
	mysql  *mysqltest.Server
}

func closeShared() {
	shared.Lock()
	defer shared.Unlock()
	if shared.server != nil {
		if err := shared.server.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	if shared.mysql != nil {
		if err := shared.mysql.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}

// connecting makes connections to a server, as pgx wants it.
type connecting = func(ctx context.Context, network, addr string) (net.Conn, error)

// postgresDatabase is a database of a PostgreSQL server, with pgx.
type postgresDatabase struct {
	dsn  string
	addr string // of the server
	// faulty is true where something happens to the server, or to the way to it.
	faulty bool
	// dial makes the connections of a process, by what does without it; it may be nil.
	dial func(process int, plain connecting) connecting
}

// newPostgres is a database to which nothing happens.
func newPostgres(t testing.TB) *postgresDatabase {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		server, err := pgtest.Run(pgtest.Config{})
		if err != nil {
			t.Fatal(err)
		}
		shared.server = server
	}
	return &postgresDatabase{dsn: shared.server.NewDatabase(t), addr: shared.server.Addr()}
}

// newCutOff is a database of which the way to the server is faulty.
func newCutOff(t testing.TB) *postgresDatabase {
	t.Helper()
	d := newPostgres(t)
	d.faulty = true
	return d
}

// newFaulty is a database of a server of its own.
func newFaulty(t testing.TB, options ...pgtest.Option) (*postgresDatabase, *pgtest.Server) {
	t.Helper()
	s := pgtest.Start(t, options...)
	return &postgresDatabase{dsn: s.NewDatabase(t), addr: s.Addr(), faulty: true}, s
}

func (*postgresDatabase) dialect() dialect.Dialect { return postgres.Dialect }

func (d *postgresDatabase) connector(process int) (driver.Connector, error) {
	config, err := pgx.ParseConfig(d.dsn)
	if err != nil {
		return nil, err
	}
	if d.dial != nil {
		config.DialFunc = d.dial(process, config.DialFunc)
	}
	return stdlib.GetConnector(*config), nil
}

// text numbers the parameters.
func (*postgresDatabase) text(statement string) string {
	var b strings.Builder
	for n := 1; ; n++ {
		before, after, found := strings.Cut(statement, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("$" + strconv.Itoa(n))
		statement = after
	}
}

func (d *postgresDatabase) raise(ctx context.Context, tx *sql.Tx, table, id int) (int64, error) {
	return raiseReturning(ctx, d, tx, table, id)
}

// excuses are errors of connections, and those that a server has that ends or begins.
func (d *postgresDatabase) excuses(err error) bool {
	if !d.faulty {
		return false
	}
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		// operator intervention, of the connection, and a standby's
		return strings.HasPrefix(refused.Code, "57") || strings.HasPrefix(refused.Code, "08") || refused.Code == "25006"
	}
	_, unreachable := errors.AsType[net.Error](err)
	return unreachable || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sql.ErrTxDone) || // by the end of its context
		errors.Is(err, net.ErrClosed) || errors.Is(err, errCut) ||
		strings.Contains(err.Error(), "conn closed")
}

// errCut is what a driver hears of a connection that a test cuts.
var errCut = errors.New("the connection was cut")

// limit is less than what a call may take.
func (d *postgresDatabase) limit() time.Duration {
	if d.faulty {
		return hung / 20
	}
	return 0
}
