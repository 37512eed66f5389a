package sqlcache_test

import (
	"database/sql"

	"github.com/cacheops/cacheops/internal/drivertest"
)

// preparedPrograms use prepared statements in every way there is.
var preparedPrograms = []program{
	{name: "prepared on the handle", hits: true, run: func(s *session) {
		st, err := s.db.PrepareContext(s.ctx, selectTyped)
		s.err("prepare", err)
		if err != nil {
			return
		}
		for range 2 {
			rows, err := st.QueryContext(s.ctx)
			s.all("query", rows, err)
		}
		s.err("close", st.Close())
		s.err("close again", st.Close())
		_, err = st.QueryContext(s.ctx)
		s.err("query after close", err)
	}},
	{name: "prepared write", run: func(s *session) {
		st, err := s.db.PrepareContext(s.ctx, insert)
		s.err("prepare", err)
		if err != nil {
			return
		}
		for i := range 2 {
			s.query(selectByID, i)
			res, err := st.ExecContext(s.ctx, i)
			s.result("exec", res, err)
			rows, err := st.QueryContext(s.ctx, i)
			s.all("query", rows, err)
		}
		s.err("close", st.Close())
		_, err = st.ExecContext(s.ctx, 1)
		s.err("exec after close", err)
	}},
	{name: "prepared, two at once", hits: true, run: func(s *session) {
		a, err := s.db.PrepareContext(s.ctx, selectByID)
		s.err("prepare", err)
		b, err := s.db.PrepareContext(s.ctx, selectByID)
		s.err("prepare", err)
		if a == nil || b == nil {
			return
		}
		rows, err := a.QueryContext(s.ctx, 1)
		s.err("query", err)
		if err == nil {
			s.notef("next %v", rows.Next())
			s.row(rows)
			other, err := b.QueryContext(s.ctx, 2)
			s.all("other", other, err)
			s.err("close a", a.Close())
			s.notef("next %v", rows.Next())
			s.row(rows)
			s.err("rows", rows.Close())
		}
		s.err("close b", b.Close())
	}},
	{name: "prepared in a transaction", run: func(s *session) {
		outside, err := s.db.PrepareContext(s.ctx, selectByID)
		s.err("prepare", err)
		tx, err := s.db.BeginTx(s.ctx, nil)
		s.err("begin", err)
		if tx == nil || outside == nil {
			return
		}
		inside, err := tx.PrepareContext(s.ctx, insert)
		s.err("prepare inside", err)
		if err == nil {
			res, err := inside.ExecContext(s.ctx, 1)
			s.result("exec inside", res, err)
		}
		taken := tx.StmtContext(s.ctx, outside)
		rows, err := taken.QueryContext(s.ctx, 1)
		s.all("taken inside", rows, err)
		s.err("commit", tx.Commit())
		rows, err = outside.QueryContext(s.ctx, 1)
		s.all("outside again", rows, err)
		_, err = taken.QueryContext(s.ctx, 1)
		s.err("taken, after the end", err)
		if inside != nil {
			_, err = inside.ExecContext(s.ctx, 1)
			s.err("inside, after the end", err)
		}
		s.err("close", outside.Close())
	}},
	{name: "prepared on a connection", run: func(s *session) {
		c, err := s.db.Conn(s.ctx)
		s.err("conn", err)
		st, err := c.PrepareContext(s.ctx, selectByID)
		s.err("prepare", err)
		rows, err := st.QueryContext(s.ctx, 1)
		s.all("query", rows, err)
		res, err := st.ExecContext(s.ctx, 1)
		s.result("exec", res, err)
		s.err("close statement", st.Close())
		s.err("close", c.Close())
		_, err = st.QueryContext(s.ctx, 1)
		s.err("query after close", err)
		_, err = c.PrepareContext(s.ctx, selectByID)
		s.err("prepare after close", err)
	}},
	{name: "a statement that outlives its connection", run: func(s *session) {
		c, err := s.db.Conn(s.ctx)
		s.err("conn", err)
		st, err := c.PrepareContext(s.ctx, selectByID)
		s.err("prepare", err)
		s.err("close", c.Close())
		_, err = st.QueryContext(s.ctx, 1)
		s.err("query", err)
		s.err("close statement", st.Close())
	}},
	{name: "preparing fails", once: true, failures: []drivertest.Failure{
		{Op: drivertest.OpPrepare, Err: errFirst}, {Op: drivertest.OpPrepareContext, Err: errFirst},
	}, run: func(s *session) {
		_, err := s.db.PrepareContext(s.ctx, selectByID)
		s.err("prepare", err)
		// Before anything is cached: later the wrapper prepares a BEGIN first.
		s.exec(insert, 1)
		s.query(selectByID, 1)
		tx, err := s.db.BeginTx(s.ctx, nil)
		s.err("begin", err)
		if err == nil {
			_, err = tx.PrepareContext(s.ctx, insert)
			s.err("prepare inside", err)
			s.err("rollback", tx.Rollback())
		}
	}},
	{name: "a prepared read of which the driver knows nothing", run: func(s *session) {
		st, err := s.db.PrepareContext(s.ctx, noAnswer)
		s.err("prepare", err)
		if err == nil {
			_, err = st.QueryContext(s.ctx)
			s.err("query", err)
			_, err = st.ExecContext(s.ctx)
			s.err("exec", err)
			s.err("close", st.Close())
		}
	}},
	{name: "a single row, prepared", hits: true, run: func(s *session) {
		st, err := s.db.PrepareContext(s.ctx, selectByID)
		s.err("prepare", err)
		if err != nil {
			return
		}
		var id int
		var a sql.NullString
		s.err("row", st.QueryRowContext(s.ctx, 1).Scan(&id, &a))
		s.notef("%v %v", id, a)
		s.err("close", st.Close())
	}},
}
