package sqlcache_test

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/cacheops/cacheops/internal/drivertest"
)

// failing are the calls of the driver that can find their connection broken.
var failing = []drivertest.Op{
	drivertest.OpConnect, drivertest.OpPing, drivertest.OpPrepare, drivertest.OpPrepareContext,
	drivertest.OpExec, drivertest.OpExecContext, drivertest.OpQuery, drivertest.OpQueryContext,
	drivertest.OpBegin, drivertest.OpBeginTx, drivertest.OpCommit, drivertest.OpRollback,
	drivertest.OpStmtExec, drivertest.OpStmtExecContext, drivertest.OpStmtQuery, drivertest.OpStmtQueryContext,
	drivertest.OpNext, drivertest.OpRowsClose, drivertest.OpStmtClose,
}

// needs are the capabilities without which a driver never gets a call, and
// instead those with which it never does: database/sql takes the newer form of
// two, and prepares only what cannot be run at once.
var needs = map[drivertest.Op]struct{ with, without drivertest.Capability }{
	drivertest.OpPing:             {with: drivertest.Pinger},
	drivertest.OpPrepareContext:   {with: drivertest.PrepareContext},
	drivertest.OpPrepare:          {without: drivertest.PrepareContext},
	drivertest.OpExecContext:      {with: drivertest.ExecerContext},
	drivertest.OpExec:             {with: drivertest.Execer, without: drivertest.ExecerContext},
	drivertest.OpQueryContext:     {with: drivertest.QueryerContext},
	drivertest.OpQuery:            {with: drivertest.Queryer, without: drivertest.QueryerContext},
	drivertest.OpBeginTx:          {with: drivertest.BeginTx},
	drivertest.OpBegin:            {without: drivertest.BeginTx},
	drivertest.OpStmtExecContext:  {with: drivertest.StmtExecContext},
	drivertest.OpStmtExec:         {without: drivertest.StmtExecContext},
	drivertest.OpStmtQueryContext: {with: drivertest.StmtQueryContext},
	drivertest.OpStmtQuery:        {without: drivertest.StmtQueryContext},
}

// failurePrograms meet each failure of the driver, on the first call, on the
// first two, on the second, and on every one: with driver.ErrBadConn, which
// database/sql answers by trying again, and with an error of another kind.
func failurePrograms() []program {
	var list []program
	for _, op := range failing {
		for _, err := range []error{driver.ErrBadConn, errSecond} {
			for _, nth := range [][]int{{1}, {1, 2}, {2}, {0}} {
				p := program{name: fmt.Sprintf("%s fails %v with %v", op, nth, err), once: true}
				for _, n := range nth {
					p.failures = append(p.failures, drivertest.Failure{Op: op, Nth: n, Err: err})
				}
				for _, part := range failureParts {
					if part.begins && op == drivertest.OpConnect && nth[0] == 1 && len(nth) == 1 && errors.Is(err, errSecond) {
						// The wrapper, too, wants a connection before the first
						// transaction, to read the schema. It meets the error,
						// and the program does not.
						continue
					}
					one := p
					one.name, one.run = part.name+", "+p.name, part.run
					one.only = func(set drivertest.Capability) bool {
						n := needs[op]
						return set.Has(n.with) && (n.without == 0 || !set.Has(n.without))
					}
					list = append(list, one)
				}
			}
		}
	}
	return list
}

// failureParts are short, because what happens after a failure is the
// beginning of something else.
var failureParts = []struct {
	name   string
	begins bool // a transaction, before all
	run    func(*session)
}{
	{name: "read", run: func(s *session) { s.query(selectByID, 1) }},
	{name: "read streamed", run: func(s *session) { s.query(selectVar) }},
	{name: "write", run: func(s *session) { s.exec(insert, 1) }},
	{name: "ping", run: func(s *session) { s.err("ping", s.db.PingContext(s.ctx)) }},
	{name: "prepared", run: func(s *session) {
		st, err := s.db.PrepareContext(s.ctx, selectByID)
		s.err("prepare", err)
		if err == nil {
			rows, err := st.QueryContext(s.ctx, 1)
			s.all("query", rows, err)
			s.err("close", st.Close())
		}
	}},
	{name: "transaction", begins: true, run: func(s *session) {
		s.inTx(nil, func(tx *sql.Tx) {
			res, err := tx.ExecContext(s.ctx, insert, 1)
			s.result("exec", res, err)
			rows, err := tx.QueryContext(s.ctx, selectByID, 1)
			s.all("query", rows, err)
			s.err("commit", tx.Commit())
		})
	}},
	{name: "rolled back", begins: true, run: func(s *session) {
		s.inTx(nil, func(tx *sql.Tx) { s.err("rollback", tx.Rollback()) })
	}},
}
