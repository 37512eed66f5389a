//go:build unix

package crash

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/postgres"
	"github.com/cacheops/cacheops/internal/pgtest"
)

// postgresDatabase is a server, with pgx.
type postgresDatabase struct{}

func (postgresDatabase) dialect() dialect.Dialect { return postgres.Dialect }

func (postgresDatabase) start(t *testing.T) string { return pgtest.Start(t).NewDatabase(t) }

func (postgresDatabase) bare(p place) (*sql.DB, error) {
	config, err := pgx.ParseConfig(p.DSN)
	if err != nil {
		return nil, err
	}
	return stdlib.OpenDB(*config), nil
}

func (postgresDatabase) connector(p place, at *points) (driver.Connector, error) {
	config, err := pgx.ParseConfig(p.DSN)
	if err != nil {
		return nil, err
	}
	config.RuntimeParams["application_name"] = p.Process
	if at != nil {
		dial := config.DialFunc
		config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &pgtest.Commits{Conn: c, Before: at.committing, Sent: at.sent, Committed: func() error {
				at.committed()
				return nil
			}}, nil
		}
	}
	return stdlib.GetConnector(*config), nil
}

// text numbers the parameters.
func (postgresDatabase) text(statement string) string {
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

func (d postgresDatabase) add(ctx context.Context, on executor, table, condition string, args ...any) (int64, error) {
	return addReturning(ctx, d, on, table, condition, args...)
}

// lock takes all locks in one order, so that no two transactions wait for each other.
func (postgresDatabase) lock(ctx context.Context, tx *sql.Tx, changes []change) error {
	_, err := tx.ExecContext(ctx, "SELECT id FROM locks WHERE id = ANY($1) ORDER BY id FOR UPDATE", locks(changes))
	return err
}

func (postgresDatabase) strikes() []death { return strikes }

// over waits for the end of transactions that have a number: one without has written
// nothing yet, and its process sends nothing more. One that waits for a lock is ended,
// for who has that lock may wait for us.
func (postgresDatabase) over(ctx context.Context, bare *sql.DB, process string) error {
	return await(ctx, "the transactions of "+process+" to be over", func() (bool, error) {
		var left int
		err := bare.QueryRowContext(ctx, "SELECT count(CASE WHEN wait_event_type = 'Lock' THEN pg_terminate_backend(pid) ELSE true END) FROM pg_stat_activity WHERE application_name = $1 AND (state = 'active' OR backend_xid IS NOT NULL)", process).Scan(&left)
		return left == 0, err
	})
}

func (postgresDatabase) terminate(ctx context.Context, bare *sql.DB, process string) (n int, err error) {
	err = bare.QueryRowContext(ctx, "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1 AND state <> 'idle'", process).Scan(&n)
	return n, err
}
