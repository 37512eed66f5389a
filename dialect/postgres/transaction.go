package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// The texts that find out what transaction a connection is in. A savepoint costs
// the transaction nothing, and outside of one it is refused.
const (
	txProbe    = "SAVEPOINT cacheops_probe"
	txProbeEnd = "RELEASE SAVEPOINT cacheops_probe"
)

// The codes that the server answers to our questions.
const (
	txStateNone   = "25P01" // no active SQL transaction
	txStateFailed = "25P02" // in failed SQL transaction
	txStateFuture = "22023" // the number of a transaction is too high
)

// InTransaction implements [dialect.Dialect].
func (postgresDialect) InTransaction(exec func(text string) error) (bool, error) {
	err := exec(txProbe)
	if err == nil {
		return true, exec(txProbeEnd)
	}
	switch failureState(err) {
	case txStateNone:
		return false, nil
	case txStateFailed:
		return true, nil
	}
	return false, fmt.Errorf("ask whether the connection is in a transaction: %w", err)
}

// txBefore starts an identity that is all transactions with a lower number.
const txBefore = "before:"

// txUnfinished names all transactions that have a number so far, as those have that
// have written: a number that is taken now is higher. The list of a snapshot would
// not do: it lacks those that are higher than all that are over. A standby refuses.
const txUnfinished = "SELECT '" + txBefore + "' || pg_catalog.pg_current_xact_id()::pg_catalog.text"

// txBackend starts an identity that is a server process: its number and, behind a
// colon, when it started, in microseconds.
const txBackend = "b:"

// TransactionOver implements [dialect.Dialect]. An identity is the number of a
// transaction; or all of a lower number, see txUnfinished; or a server process, which
// has to be gone.
func (d postgresDialect) TransactionOver(ctx context.Context, db dialect.Queryer, identity string) (bool, error) {
	if process, ok := strings.CutPrefix(identity, txBackend); ok {
		return txProcessGone(ctx, db, process)
	}
	xid, before := strings.CutPrefix(identity, txBefore)
	if _, err := strconv.ParseUint(xid, 10, 64); err != nil {
		return false, fmt.Errorf("no transaction is named %q", identity)
	}
	question := "pg_catalog.pg_xact_status('" + xid + "'::pg_catalog.xid8)" // NULL: long forgotten
	if before {
		question = "CASE WHEN pg_catalog.pg_snapshot_xmin(s) < '" + xid + "'::pg_catalog.xid8" +
			// The number itself is over. A server that has not come to it took the
			// place of the one that gave it.
			" AND pg_catalog.pg_snapshot_xmax(s) > '" + xid + "'::pg_catalog.xid8 THEN 'in progress' END"
	}
	rows, err := db.Query(ctx, "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'standby' ELSE "+question+
		" END FROM pg_catalog.pg_current_snapshot() AS s")
	if failureState(err) == txStateFuture {
		return true, nil // it was on another server, whose place this one took
	}
	if err != nil {
		return false, fmt.Errorf("ask whether transaction %s is over: %w", identity, err)
	}
	switch txText(rows) {
	case "standby":
		return false, errors.New("a standby does not know which transactions are over")
	case "in progress":
		return false, nil
	default:
		return true, nil
	}
}

// txProcessGone asks for a server process. Of one that is there it cannot be told
// what it has still to do.
func txProcessGone(ctx context.Context, db dialect.Queryer, process string) (bool, error) {
	pid, started, ok := strings.Cut(process, ":")
	if _, err := strconv.ParseUint(pid, 10, 31); !ok || err != nil {
		return false, fmt.Errorf("no server process is named %q", process)
	}
	if _, err := strconv.ParseInt(started, 10, 64); err != nil {
		return false, fmt.Errorf("no server process is named %q", process)
	}
	rows, err := db.Query(ctx, "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'standby' ELSE"+
		" (SELECT pg_catalog.count(*)::pg_catalog.text FROM pg_catalog.pg_stat_activity WHERE pid = "+pid+
		// Others' processes show no time to those without the right to see it.
		" AND (backend_start IS NULL OR (pg_catalog.date_part('epoch', backend_start) * 1000000)::pg_catalog.int8 BETWEEN "+started+"::pg_catalog.int8 - 1000 AND "+started+"::pg_catalog.int8 + 1000)) END")
	if err != nil {
		return false, fmt.Errorf("ask whether the server process %s is gone: %w", pid, err)
	}
	return txText(rows) == "0", nil
}

// txText is the text of an answer of one value, "" for NULL and for any other
// answer.
func txText(rows [][]driver.Value) string {
	if len(rows) != 1 || len(rows[0]) != 1 {
		return ""
	}
	text, _ := rowText(rows[0][0])
	return text
}
