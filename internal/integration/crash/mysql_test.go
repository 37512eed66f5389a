//go:build unix

package crash

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/mysql"
	"github.com/cacheops/cacheops/internal/mysqltest"
)

// mysqlDatabase is a server of MariaDB. Each process is a user of its own there, by
// which its connections are told.
type mysqlDatabase struct{}

func (mysqlDatabase) dialect() dialect.Dialect { return mysql.Dialect }

func (mysqlDatabase) start(t *testing.T) string { return mysqltest.Start(t).NewDatabase(t) }

func (mysqlDatabase) bare(p place) (*sql.DB, error) { return sql.Open("mysql", p.DSN) }

func (d mysqlDatabase) connector(p place, at *points) (driver.Connector, error) {
	config, err := mysqldriver.ParseDSN(p.DSN)
	if err != nil {
		return nil, err
	}
	if p.Process != "" {
		bare, err := d.bare(p)
		if err != nil {
			return nil, err
		}
		user := "'" + p.Process + "'@'127.0.0.1'"
		for _, text := range []string{"CREATE USER IF NOT EXISTS " + user, "GRANT ALL ON *.* TO " + user} {
			if _, err := bare.ExecContext(context.Background(), text); err != nil {
				return nil, errors.Join(err, bare.Close())
			}
		}
		if err := bare.Close(); err != nil {
			return nil, err
		}
		config.User = p.Process
	}
	// Two that insert rows into one gap of repeatable read would wait for each other.
	config.Params = map[string]string{"tx_isolation": "'READ-COMMITTED'"}
	if at != nil {
		config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &mysqltest.Commits{Conn: c, Before: at.committing, Sent: at.sent, Committed: func() error {
				at.committed()
				return nil
			}}, nil
		}
	}
	return mysqldriver.NewConnector(config)
}

// text quotes a name that MySQL has a meaning for.
func (mysqlDatabase) text(statement string) string {
	return strings.ReplaceAll(statement, " groups ", " `groups` ")
}

// add has the number that the driver tells after a statement be the one that was
// written: MySQL's UPDATE returns no rows.
func (d mysqlDatabase) add(ctx context.Context, on executor, table, condition string, args ...any) (int64, error) {
	result, err := on.ExecContext(ctx, d.text("UPDATE "+table+" SET v = LAST_INSERT_ID(v + 1)"+condition), args...)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

// lock takes all locks in one order, so that no two transactions wait for each other.
func (mysqlDatabase) lock(ctx context.Context, tx *sql.Tx, changes []change) error {
	ids := locks(changes)
	if len(ids) == 0 {
		return nil
	}
	list := strings.Trim(strings.ReplaceAll(fmt.Sprint(ids), " ", ", "), "[]")
	rows, err := tx.QueryContext(ctx, "SELECT id FROM locks WHERE id IN ("+list+") ORDER BY id FOR UPDATE")
	if err != nil {
		return err
	}
	for rows.Next() { // to the end
	}
	return errors.Join(rows.Err(), rows.Close())
}

func (mysqlDatabase) strikes() []death { return strikes }

// mysqlBusy asks for the connections of a process that run something or have a
// transaction open, and whether they wait for a lock. MariaDB tells the transactions as
// they were a tenth of a second ago.
const mysqlBusy = "SELECT p.ID, COALESCE(x.trx_state, '') = 'LOCK WAIT' FROM information_schema.PROCESSLIST AS p LEFT JOIN information_schema.INNODB_TRX AS x ON x.trx_mysql_thread_id = p.ID" +
	" WHERE p.USER = ? AND (p.COMMAND <> 'Sleep' OR x.trx_id IS NOT NULL)"

// busy returns the connections of a process that are busy, and those that are to be
// ended: all, or those that wait for a lock.
func (mysqlDatabase) busy(ctx context.Context, bare *sql.DB, process string, all bool) (busy int, end []int64, err error) {
	if _, err := bare.ExecContext(ctx, "DO SLEEP(0.12)"); err != nil {
		return 0, nil, err
	}
	rows, err := bare.QueryContext(ctx, mysqlBusy, process)
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var id int64
		var waits bool
		if err := rows.Scan(&id, &waits); err != nil {
			return 0, nil, err
		}
		busy++
		if all || waits {
			end = append(end, id)
		}
	}
	return busy, end, rows.Err()
}

// kill ends connections, some of which may have ended by themselves.
func (mysqlDatabase) kill(ctx context.Context, bare *sql.DB, list []int64) error {
	const noSuchThread = 1094
	for _, id := range list {
		_, err := bare.ExecContext(ctx, fmt.Sprint("KILL CONNECTION ", id))
		if said := (*mysqldriver.MySQLError)(nil); err != nil && !(errors.As(err, &said) && said.Number == noSuchThread) {
			return err
		}
	}
	return nil
}

// over waits for the end of transactions: the process sends nothing more. One that waits
// for a lock is ended, for who has that lock may wait for us.
func (d mysqlDatabase) over(ctx context.Context, bare *sql.DB, process string) error {
	return await(ctx, "the transactions of "+process+" to be over", func() (bool, error) {
		left, waiting, err := d.busy(ctx, bare, process, false)
		if err != nil {
			return false, err
		}
		return left == 0, d.kill(ctx, bare, waiting)
	})
}

func (d mysqlDatabase) terminate(ctx context.Context, bare *sql.DB, process string) (n int, err error) {
	_, list, err := d.busy(ctx, bare, process, true)
	if err != nil {
		return 0, err
	}
	return len(list), d.kill(ctx, bare, list)
}
