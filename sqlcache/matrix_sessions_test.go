package sqlcache_test

import (
	"database/sql"
	"database/sql/driver"
	"sync"

	"github.com/cacheops/cacheops/internal/drivertest"
)

// sessionPrograms have to do with connections.
var sessionPrograms = []program{
	{name: "ping", run: func(s *session) {
		s.err("ping", s.db.PingContext(s.ctx))
		c, err := s.db.Conn(s.ctx)
		s.err("conn", err)
		if err == nil {
			s.err("ping", c.PingContext(s.ctx))
			s.err("close", c.Close())
			s.err("ping after close", c.PingContext(s.ctx))
		}
	}},
	{name: "the driver's connection", run: func(s *session) {
		s.query(selectByID, 1)
		c, err := s.db.Conn(s.ctx)
		s.err("conn", err)
		if err != nil {
			return
		}
		for _, result := range []error{nil, errFirst} {
			s.err("raw", s.raw(s.ctx, c, func(dc any) error {
				s.notef("%T", dc)
				_, isConn := dc.(driver.Conn)
				s.notef("%v", isConn)
				return result
			}))
		}
		s.drv.Answer(selectByID, news("raw"))
		s.err("raw", s.raw(s.ctx, c, func(any) error { return nil }))
		s.query(selectByID, 1) // it may have written
		s.err("close", c.Close())
		s.err("raw after close", s.raw(s.ctx, c, func(any) error { return nil }))
	}},
	{name: "a broken connection under the driver's hands", once: true, run: func(s *session) {
		c, err := s.db.Conn(s.ctx)
		s.err("conn", err)
		if err != nil {
			return
		}
		s.err("raw", s.raw(s.ctx, c, func(any) error { return driver.ErrBadConn }))
		s.notef("open connections: %d", s.drv.Open().Conns)
		_, err = c.QueryContext(s.ctx, selectByID, 1)
		s.err("query", err)
		s.err("close", c.Close())
		s.query(selectByID, 1)
	}},
	{name: "a panic under the driver's hands", once: true, run: func(s *session) {
		c, err := s.db.Conn(s.ctx)
		s.err("conn", err)
		if err != nil {
			return
		}
		func() {
			defer func() { s.notef("recovered %v", recover()) }()
			_ = s.raw(s.ctx, c, func(any) error { panic("at the disco") })
		}()
		s.notef("open connections: %d", s.drv.Open().Conns)
		s.err("close", c.Close())
		s.query(selectByID, 1)
	}},
	{name: "one connection, many statements", run: func(s *session) {
		c, err := s.db.Conn(s.ctx)
		s.err("conn", err)
		if err != nil {
			return
		}
		rows, err := c.QueryContext(s.ctx, selectTyped)
		s.all("query", rows, err)
		res, err := c.ExecContext(s.ctx, insert, 1)
		s.result("exec", res, err)
		rows, err = c.QueryContext(s.ctx, insertReturning)
		s.all("returning", rows, err)
		rows, err = c.QueryContext(s.ctx, selectTyped)
		s.all("query", rows, err)
		s.err("close", c.Close())
		s.err("close again", c.Close())
		_, err = c.QueryContext(s.ctx, selectTyped)
		s.err("query after close", err)
	}},
	{name: "invalid once", failures: []drivertest.Failure{{Op: drivertest.OpIsValid, Nth: 1, Err: errFirst}}, once: true, run: func(s *session) {
		for i := range 3 {
			s.query(selectByID, i)
			s.exec(update)
		}
	}},
	{name: "always invalid", failures: []drivertest.Failure{{Op: drivertest.OpIsValid, Err: errFirst}}, run: func(s *session) {
		for i := range 3 {
			s.query(selectByID, i)
			s.exec(update)
			s.inTx(nil, func(tx *sql.Tx) { s.err("commit", tx.Commit()) })
		}
		want := 0
		if !s.set.Has(drivertest.Validator) {
			want = 1
		}
		s.notef("idle connections as they should be: %v", s.drv.Open().Conns == want)
	}},
	{name: "a reset that fails", failures: []drivertest.Failure{{Op: drivertest.OpResetSession, Nth: 1, Err: driver.ErrBadConn}}, once: true, run: func(s *session) {
		for i := range 3 {
			s.query(selectByID, i)
			s.exec(update)
		}
	}},
	{name: "resets that always fail", failures: []drivertest.Failure{{Op: drivertest.OpResetSession, Err: driver.ErrBadConn}}, run: func(s *session) {
		for i := range 3 {
			s.query(selectByID, i)
			s.exec(update)
		}
	}},
	{name: "no connection", failures: []drivertest.Failure{{Op: drivertest.OpConnect, Err: errFirst}}, run: func(s *session) {
		s.query(selectByID, 1)
		s.exec(insert, 1)
		s.err("ping", s.db.PingContext(s.ctx))
		_, err := s.db.PrepareContext(s.ctx, selectByID)
		s.err("prepare", err)
		_, err = s.db.BeginTx(s.ctx, nil)
		s.err("begin", err)
	}},
	{name: "many at once", loose: true, run: func(s *session) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		failed := 0
		for worker := range 4 {
			wg.Go(func() {
				for i := range 5 {
					var id, a any
					err := s.db.QueryRowContext(s.ctx, selectByID, worker*i%3).Scan(&id, &a)
					if err == nil && i%4 == worker {
						_, err = s.db.ExecContext(s.ctx, update)
					}
					if err != nil {
						mu.Lock()
						failed++
						mu.Unlock()
					}
				}
			})
		}
		wg.Wait()
		s.notef("failed: %d", failed)
	}},
}
