package mysql

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// The texts that find out what transaction a connection is in. Outside of one the server
// takes a savepoint without a word, and knows nothing of it afterwards. With autocommit
// off it keeps it always.
const (
	txProbe    = "SAVEPOINT cacheops_probe"
	txProbeEnd = "RELEASE SAVEPOINT cacheops_probe"
)

// The numbers of the server's answers to our questions.
const (
	txUnknownSavepoint = 1305 // ER_SP_DOES_NOT_EXIST
	txNoSavepoints     = 1178 // ER_CHECK_NOT_IMPLEMENTED: an engine in the transaction has none
	// The states of an XA transaction between its end and its commit.
	txBranchState    = 1399 // ER_XAER_RMFAIL
	txBranchRollback = 1402 // ER_XA_RBROLLBACK
	txBranchTimeout  = 1613 // ER_XA_RBTIMEOUT
	txBranchDeadlock = 1614 // ER_XA_RBDEADLOCK
)

// InTransaction implements [dialect.Dialect].
func (mysqlDialect) InTransaction(exec func(text string) error) (bool, error) {
	err := exec(txProbe)
	if err == nil {
		err = exec(txProbeEnd)
	}
	if err == nil {
		return true, nil
	}
	switch failureNumber(err) {
	case txUnknownSavepoint:
		return false, nil
	case txNoSavepoints, txBranchState, txBranchRollback, txBranchTimeout, txBranchDeadlock:
		return true, nil
	}
	return false, fmt.Errorf("ask whether the connection is in a transaction: %w", err)
}

// txServer is the expression for the server's part of [dialect.Session.Identity]: its
// host, port and number. Behind it, and a colon, stands the number of the connection.
const txServer = "CONCAT(@@hostname, ':', @@port, ':', @@server_id)"

// TransactionOver implements [dialect.Dialect]. An identity is that of a connection,
// which has to be gone: the server forgets it after its transaction was committed or
// rolled back. A user sees all connections of its own, without any right. But the server
// tells them by the name of the account, which is another than the one that was given where
// the one user stands for the other: then none is seen, and absence says nothing. So the
// connection that asks must see itself, which has the same names.
func (mysqlDialect) TransactionOver(ctx context.Context, db dialect.Queryer, identity string) (bool, error) {
	at := strings.LastIndexByte(identity, ':')
	if at < 0 {
		return false, fmt.Errorf("no connection is named %q", identity)
	}
	server, process := identity[:at], identity[at+1:]
	if _, err := strconv.ParseUint(process, 10, 64); err != nil {
		return false, fmt.Errorf("no connection is named %q", identity)
	}
	rows, err := rowsOf(ctx, db, "SELECT "+txServer+", SUM(ID = CONNECTION_ID()), SUM(ID = "+process+") FROM information_schema.PROCESSLIST", 3)
	if err != nil {
		return false, fmt.Errorf("ask whether connection %s is gone: %w", process, err)
	}
	switch {
	case len(rows) != 1:
		return false, errors.New("the server does not tell its connections")
	case rows[0][0].text != server:
		return false, fmt.Errorf("server %s does not know the connections of %s", rows[0][0].text, server)
	case rows[0][1].text != "1":
		return false, errors.New("the account does not see its own connections")
	}
	return rows[0][2].text == "0", nil
}
