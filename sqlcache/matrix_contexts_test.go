package sqlcache_test

import (
	"context"
	"runtime"
	"time"

	"github.com/cacheops/cacheops/internal/drivertest"
)

// contextPrograms use contexts that say something, and contexts that end.
var contextPrograms = []program{
	{name: "values and deadlines reach the driver", run: func(s *session) {
		ctx, cancel := context.WithTimeout(context.WithValue(s.ctx, drivertest.ContextKey{}, "traced"), time.Hour)
		defer cancel()
		s.ctx = ctx
		s.query(selectByID, 1)
		s.query(selectVar)
		s.exec(insert, 1)
		s.exec(update)
		s.err("ping", s.db.PingContext(ctx))
		tx, err := s.db.BeginTx(ctx, nil)
		s.err("begin", err)
		if err == nil {
			res, err := tx.ExecContext(ctx, insert, 1)
			s.result("exec", res, err)
			s.err("commit", tx.Commit())
		}
		st, err := s.db.PrepareContext(ctx, selectTyped)
		s.err("prepare", err)
		if err == nil {
			rows, err := st.QueryContext(ctx)
			s.all("prepared", rows, err)
			s.err("close", st.Close())
		}
	}},
	{name: "over before", loose: true, run: func(s *session) {
		s.over() // nothing was ever read
		s.query(selectByID, 1)
		s.over() // the answer is in the cache
	}},
	{name: "a deadline that passed", run: func(s *session) {
		ctx, cancel := context.WithDeadline(s.ctx, time.Unix(1, 0))
		defer cancel()
		_, err := s.db.QueryContext(ctx, selectByID, 1)
		s.err("query", err)
		_, err = s.db.ExecContext(ctx, insert, 1)
		s.err("exec", err)
		s.err("ping", s.db.PingContext(ctx))
	}},
	{name: "ends while a query runs", once: true, run: func(s *session) {
		s.endsInside(selectByID, func(ctx context.Context) error {
			rows, err := s.db.QueryContext(ctx, selectByID, 1)
			if err == nil {
				err = rows.Close()
			}
			return err
		})
		s.drv.Answer(selectByID, news("after"))
		s.query(selectByID, 1)
	}},
	{name: "ends while a write runs", once: true, run: func(s *session) {
		s.query(selectByID, 1)
		s.endsInside(update, func(ctx context.Context) error {
			_, err := s.db.ExecContext(ctx, update)
			return err
		})
		s.drv.Answer(update, drivertest.Answer{Affected: 3})
		s.exec(update)
		s.query(selectByID, 1)
	}},
	{name: "ends while rows are read", run: func(s *session) {
		for _, text := range []string{selectByID, selectVar, selectRowsErr, selectByID} {
			ctx, cancel := context.WithCancel(s.ctx)
			rows, err := s.db.QueryContext(ctx, text)
			s.err("query", err)
			if err == nil {
				s.notef("next %v", rows.Next())
				s.row(rows)
				cancel()
				// database/sql closes them from a goroutine of its own.
				for _, err := rows.Columns(); err == nil; _, err = rows.Columns() {
					runtime.Gosched()
				}
				s.notef("next %v", rows.Next())
				s.err("rows", rows.Err())
				s.err("close", rows.Close())
			}
			cancel()
		}
	}},
	{name: "ends with a transaction", run: func(s *session) {
		ctx, cancel := context.WithCancel(s.ctx)
		defer cancel()
		tx, err := s.db.BeginTx(ctx, nil)
		s.err("begin", err)
		if err != nil {
			return
		}
		res, err := tx.ExecContext(s.ctx, insert, 1)
		s.result("exec", res, err)
		cancel()
		for s.drv.Open().Txs > 0 { // database/sql rolls back from a goroutine of its own
			runtime.Gosched()
		}
		s.notef("rollbacks %d, commits %d", s.drv.Count(drivertest.OpRollback), s.drv.Count(drivertest.OpCommit))
		s.err("commit", tx.Commit())
		s.query(selectByID, 1)
	}},
}

// over does everything with a context that is over. A connection
// in hand is not pinged and begins nothing: the driver of the tests would not
// look at the context then, and the wrapper does, as it has to wait for one of
// the driver's connections.
func (s *session) over() {
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	_, err := s.db.QueryContext(ctx, selectByID, 1)
	s.err("query", err)
	_, err = s.db.ExecContext(ctx, insert, 1)
	s.err("exec", err)
	s.err("ping", s.db.PingContext(ctx))
	_, err = s.db.PrepareContext(ctx, selectByID)
	s.err("prepare", err)
	_, err = s.db.BeginTx(ctx, nil)
	s.err("begin", err)
	_, err = s.db.Conn(ctx)
	s.err("conn", err)

	// With a connection in hand database/sql does not look at the context.
	c, err := s.db.Conn(s.ctx)
	s.err("conn", err)
	if err == nil {
		_, err = c.QueryContext(ctx, selectByID, 1)
		s.err("query on a connection", err)
		_, err = c.ExecContext(ctx, insert, 1)
		s.err("exec on a connection", err)
		st, err := c.PrepareContext(s.ctx, selectByID)
		s.err("prepare on a connection", err)
		if err == nil {
			_, err = st.QueryContext(ctx, 1)
			s.err("query prepared", err)
			_, err = st.ExecContext(ctx, 1)
			s.err("exec prepared", err)
			s.err("close", st.Close())
		}
		s.err("close", c.Close())
	}
	tx, err := s.db.BeginTx(s.ctx, nil)
	s.err("begin", err)
	if err == nil {
		_, err = tx.QueryContext(ctx, selectByID, 1)
		s.err("query in a transaction", err)
		_, err = tx.ExecContext(ctx, insert, 1)
		s.err("exec in a transaction", err)
		s.err("rollback", tx.Rollback())
	}
}

// endsInside cancels a call while the driver works on a text.
func (s *session) endsInside(text string, call func(context.Context) error) {
	gate := drivertest.NewGate()
	s.drv.Answer(text, drivertest.Answer{Gate: gate})
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- call(ctx) }()
	<-gate.Arrived()
	cancel()
	if s.waits(text) {
		s.err("ended", <-done)
		gate.Release()
		return
	}
	// The driver's method has no context, so the call goes on to its end. What
	// it returns then depends on who comes first.
	gate.Release()
	<-done
}

// waits reports whether the driver notices the end of the context under which
// it works on a text.
func (s *session) waits(text string) bool {
	if text == selectByID {
		return s.set.Has(drivertest.QueryerContext) || !s.set.Has(drivertest.Queryer) && s.set.Has(drivertest.StmtQueryContext)
	}
	return s.set.Has(drivertest.ExecerContext) || !s.set.Has(drivertest.Execer) && s.set.Has(drivertest.StmtExecContext)
}
