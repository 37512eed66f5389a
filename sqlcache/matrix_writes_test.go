package sqlcache_test

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"github.com/cacheops/cacheops/internal/drivertest"
)

// news is what selectByID returns after a write.
func news(text string) drivertest.Answer {
	return drivertest.Answer{Columns: drivertest.Columns("id", "a"), Rows: [][]driver.Value{{int64(1), text}}}
}

// writePrograms write outside of transactions.
var writePrograms = []program{
	{name: "writes of a table that nobody reads", run: func(s *session) {
		s.exec(insert, 1)
		s.exec(update)
		s.exec(unknown)
	}},
	{name: "writes of a cached table", run: func(s *session) {
		for _, text := range []string{"first", "second", "third"} {
			s.query(selectByID, 1)
			s.drv.Answer(selectByID, news(text))
			s.exec(update)
			s.query(selectByID, 1)
		}
	}},
	{name: "a text that is not understood", run: func(s *session) {
		s.query(selectByID, 1)
		s.drv.Answer(selectByID, news("unknown"))
		s.exec(unknown)
		s.query(selectByID, 1)
		rows, err := s.db.QueryContext(s.ctx, unknown)
		s.all("query", rows, err)
	}},
	{name: "writes that fail", run: func(s *session) {
		s.exec(updateErr)
		s.query(selectByID, 1)
		s.exec(updateErr)
		s.exec("UPDATE unheard of")
		s.query(selectByID, 1)
	}},
	{name: "writes that return rows", run: func(s *session) {
		s.query(insertReturning)
		s.query(selectByID, 1)
		s.drv.Answer(selectByID, news("returning"))
		s.query(insertReturning)
		s.query(selectByID, 1)
		s.exec(insertReturning)
		rows, err := s.db.QueryContext(s.ctx, update)
		s.all("query of an update", rows, err)
	}},
	{name: "writes that return rows and fail", run: func(s *session) {
		for range 2 {
			s.failingRows(s.db)
			s.query(selectByID, 1)
		}
	}},
	{name: "exec of a read", run: func(s *session) {
		s.exec(selectByID, 1)
		s.query(selectByID, 1)
		s.exec(selectByID, 1)
	}},
	{name: "session statements", run: func(s *session) {
		s.query(selectByID, 1)
		s.exec(textSet)
		s.query(selectByID, 1)
	}},
}

// transactionPrograms use transactions, from the handle and as texts.
var transactionPrograms = []program{
	{name: "commit", run: func(s *session) {
		s.query(selectByID, 1)
		s.drv.Answer(selectByID, news("committed"))
		s.inTx(nil, func(tx *sql.Tx) {
			res, err := tx.ExecContext(s.ctx, insert, 1)
			s.result("exec", res, err)
			rows, err := tx.QueryContext(s.ctx, selectByID, 1)
			s.all("query", rows, err)
			s.err("commit", tx.Commit())
		})
		s.query(selectByID, 1)
	}},
	{name: "roll back", run: func(s *session) {
		s.query(selectByID, 1)
		s.inTx(nil, func(tx *sql.Tx) {
			res, err := tx.ExecContext(s.ctx, insert, 1)
			s.result("exec", res, err)
			rows, err := tx.QueryContext(s.ctx, selectTyped)
			s.all("query", rows, err)
			s.err("rollback", tx.Rollback())
		})
		s.query(selectByID, 1)
	}},
	{name: "options", run: func(s *session) {
		levels := []sql.IsolationLevel{
			sql.LevelDefault, sql.LevelReadUncommitted, sql.LevelReadCommitted, sql.LevelSnapshot, sql.LevelSerializable, 99,
		}
		for _, level := range levels {
			for _, readOnly := range []bool{false, true} {
				s.notef("%v %v", level, readOnly)
				s.inTx(&sql.TxOptions{Isolation: level, ReadOnly: readOnly}, func(tx *sql.Tx) {
					rows, err := tx.QueryContext(s.ctx, selectByID, 1)
					s.all("query", rows, err)
					s.err("commit", tx.Commit())
				})
			}
		}
	}},
	{name: "errors inside", run: func(s *session) {
		s.inTx(nil, func(tx *sql.Tx) {
			_, err := tx.ExecContext(s.ctx, updateErr)
			s.err("exec", err)
			rows, err := tx.QueryContext(s.ctx, selectRowsErr)
			s.all("query", rows, err)
			rows, err = tx.QueryContext(s.ctx, insertReturning)
			s.all("returning", rows, err)
			s.failingRows(tx)
			s.err("commit", tx.Commit())
			_, err = tx.ExecContext(s.ctx, insert, 1)
			s.err("after the end", err)
			s.err("rollback", tx.Rollback())
		})
	}},
	{name: "rows left open at the end", run: func(s *session) {
		s.inTx(nil, func(tx *sql.Tx) {
			rows, err := tx.QueryContext(s.ctx, selectByID, 1)
			s.err("query", err)
			if err == nil {
				s.notef("next %v", rows.Next())
			}
			s.err("commit", tx.Commit())
			if err == nil {
				s.notef("next %v", rows.Next())
				s.err("rows", rows.Err())
			}
		})
	}},
	{name: "on a connection", run: func(s *session) {
		c, err := s.db.Conn(s.ctx)
		s.err("conn", err)
		if err != nil {
			return
		}
		for range 2 {
			tx, err := c.BeginTx(s.ctx, nil)
			s.err("begin", err)
			if err == nil {
				res, err := tx.ExecContext(s.ctx, insert, 1)
				s.result("exec", res, err)
				s.err("commit", tx.Commit())
			}
			rows, err := c.QueryContext(s.ctx, selectByID, 1)
			s.all("query", rows, err)
		}
		s.err("close", c.Close())
	}},
	{name: "as texts", run: func(s *session) {
		c, err := s.db.Conn(s.ctx)
		s.err("conn", err)
		if err != nil {
			return
		}
		s.query(selectByID, 1)
		s.drv.Answer(selectByID, news("by texts"))
		for _, text := range []string{textBegin, update, textRollback, textBegin, update, textCommit} {
			res, err := c.ExecContext(s.ctx, text)
			s.result(text, res, err)
		}
		s.query(selectByID, 1)
		s.err("close", c.Close())
	}},
	{name: "commit fails", failures: []drivertest.Failure{{Op: drivertest.OpCommit, Err: errFirst}}, run: func(s *session) {
		s.inTx(nil, func(tx *sql.Tx) {
			res, err := tx.ExecContext(s.ctx, insert, 1)
			s.result("exec", res, err)
			s.err("commit", tx.Commit())
			s.err("rollback", tx.Rollback())
		})
		s.query(selectByID, 1)
	}},
	{name: "rollback fails", failures: []drivertest.Failure{{Op: drivertest.OpRollback, Err: errFirst}}, run: func(s *session) {
		s.inTx(nil, func(tx *sql.Tx) {
			s.err("rollback", tx.Rollback())
			s.err("commit", tx.Commit())
		})
		s.query(selectByID, 1)
	}},
	{name: "begin fails", failures: []drivertest.Failure{
		{Op: drivertest.OpBegin, Err: errFirst}, {Op: drivertest.OpBeginTx, Err: errFirst},
	}, run: func(s *session) {
		s.inTx(nil, func(tx *sql.Tx) { s.err("commit", tx.Commit()) })
		s.query(selectByID, 1)
	}},
}

// inTx runs f in a transaction, if it begins.
func (s *session) inTx(opts *sql.TxOptions, f func(*sql.Tx)) {
	tx, err := s.db.BeginTx(s.ctx, opts)
	s.err("begin", err)
	if err == nil {
		f(tx)
	}
}

// failingRows runs a write whose rows end with an error. The wrapper reads them
// before it returns, since a write has not done its work before they are read:
// so the error is the same, but Query returns it, and not the rows.
func (s *session) failingRows(on interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}) {
	rows, err := on.QueryContext(s.ctx, returningErr)
	if err == nil {
		read := 0
		for rows.Next() {
			read++
		}
		if err = rows.Err(); err == nil {
			s.notef("no error behind %d rows", read)
		}
		s.err("close", rows.Close())
	} else {
		s.err("close", nil)
	}
	s.err("error", err)
}
