package integration

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// until returns a function for onAsk that stops the nth query until the channel
// is closed.
func until(nth int, resume <-chan struct{}) func(context.Context, int) error {
	return func(_ context.Context, n int) error {
		if n == nth {
			<-resume
		}
		return nil
	}
}

// Of 50 who miss at once, in two processes, one asks the database. Without the
// lock it is one in each process.
func TestLockLetsOneAsk(t *testing.T) {
	t.Parallel()
	for lock, asks := range map[bool]int{true: 1, false: 2} {
		synctest.Test(t, func(t *testing.T) {
			p := newPair(t, lock, nil)
			resume := make(chan struct{})
			p.onAsk(func(context.Context, int) error { <-resume; return nil }, nil)
			r := p.read(t.Context(), 50, 0, 1)
			r.waiting(t)
			close(resume)
			r.want(t, "one,two", 0, nil)
			p.wantAsked(t, asks)
		})
	}
}

// Who misses right before another one fills, and leases right after it, has the
// lock at once, and must not ask again.
func TestLockLooksAgainWithoutAWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, true, nil)
		key := p.cool(t)
		missed, resume := make(chan struct{}), make(chan struct{})
		var stopped atomic.Bool
		p.store.beforeLease(func() {
			if stopped.CompareAndSwap(false, true) {
				close(missed)
				<-resume
			}
		})
		r := p.read(t.Context(), 1, 1)
		<-missed
		p.want(t, "one,two", 0)
		close(resume)
		r.want(t, "one,two", 0, nil)
		p.wantAsked(t, 1)
		if n := p.store.waits.Load(); n != 0 {
			t.Errorf("%d waited", n)
		}
		p.free(t, key)
	})
}

// What goes wrong for the one who asks is its own. The others go on, one at a
// time.
func TestLockFailureStaysWithItsCaller(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for name, fails := range map[string]struct {
		way  func(ctx context.Context) error
		want error
	}{
		"error": {func(context.Context) error { return boom }, boom},
		"panic": {func(context.Context) error { panic(boom) }, errPanic},
		"context": {func(ctx context.Context) error {
			ctx.Value(canceller{}).(context.CancelFunc)()
			return ctx.Err()
		}, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const failures = 3
				p := newPair(t, true, nil)
				key := p.cool(t)
				resume := make(chan struct{})
				p.onAsk(func(ctx context.Context, n int) error {
					if n == 1 {
						<-resume
					}
					if n <= failures {
						return fails.way(ctx)
					}
					return nil
				}, nil)
				start := time.Now()
				r := p.read(t.Context(), 20, 0, 1)
				close(resume)
				r.want(t, "one,two", failures, fails.want)
				p.wantAsked(t, failures+1)
				if _, most := p.asked(); most != 1 {
					t.Errorf("%d asked at once", most)
				}
				if d := time.Since(start); d >= cacheops.DefaultLockTTL {
					t.Errorf("the lock was held for %v after its holder had failed", d)
				}
				p.free(t, key)
			})
		})
	}
}

// When the one who has the lock dies the others go on after its time, one of
// them for all.
func TestLockEndsWhenItsHolderDies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, true, nil)
		key := p.cool(t)
		start := time.Now()
		p.die(t, key)
		r := p.read(t.Context(), 50, 0, 1)
		r.waiting(t)
		p.wantAsked(t, 0)
		r.want(t, "one,two", 0, nil)
		p.wantAsked(t, 1)
		if at, _ := p.asked(); at[0].Sub(start) != cacheops.DefaultLockTTL {
			t.Errorf("the first asked after %v, want %v", at[0].Sub(start), cacheops.DefaultLockTTL)
		}
	})
}

// When a query takes longer than Config.LockTTL the next one is sent, and not
// more. The slow one ends as it likes.
func TestLockEndsWhenItsHolderIsSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const life = 3 * time.Second
		p := newPair(t, true, func(c *cacheops.Config, _ *sqlcache.Config) { c.LockTTL = life })
		resume := make(chan struct{})
		p.onAsk(until(1, resume), nil)
		slow := p.read(t.Context(), 1, 0)
		others := p.read(t.Context(), 30, 1)
		others.waiting(t)
		others.want(t, "one,two", 0, nil)
		p.wantAsked(t, 2)
		if at, _ := p.asked(); at[1].Sub(at[0]) != life {
			t.Errorf("the second asked %v after the first, want %v", at[1].Sub(at[0]), life)
		}
		slow.waiting(t)
		close(resume)
		slow.want(t, "one,two", 0, nil)
		p.want(t, "one,two", 0)
		p.wantAsked(t, 2)
	})
}

// A wait ends with its context, at once, and nobody else's wait with it.
func TestLockWaitEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, true, nil)
		resume := make(chan struct{})
		p.onAsk(until(1, resume), nil)
		asking := p.read(t.Context(), 1, 0)
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		impatient := p.read(short, 1, 1) // waits for the lock
		patient := p.read(t.Context(), 5, 1)
		more := p.read(short, 5, 0, 1) // wait for the two
		impatient.want(t, "", 1, context.DeadlineExceeded)
		more.want(t, "", 5, context.DeadlineExceeded)
		if d := time.Since(start); d != time.Second {
			t.Errorf("the wait lasted %v", d)
		}
		synctest.Wait()
		patient.waiting(t)
		asking.waiting(t)
		close(resume)
		patient.want(t, "one,two", 0, nil)
		asking.want(t, "one,two", 0, nil)
		p.wantAsked(t, 1)
	})
}

// Who holds a connection waits for nobody: the holder of the lock may be waiting
// for that connection.
func TestLockIsNotWaitedForWithAConnectionInHand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, true, nil)
		key := p.cool(t)
		db, ctx, start := p.peers[0].cached, t.Context(), time.Now()
		p.die(t, key)
		check := func(where string, q querier) {
			t.Helper()
			if rows, err := names(ctx, q); err != nil || rows != "one,two" {
				t.Errorf("%s: got %q, error %v", where, rows, err)
			}
			if n, d := p.store.locks.Load(), time.Since(start); n != 0 || d != 0 {
				t.Errorf("%s: asked for the lock %d times and waited for %v", where, n, d)
			}
			p.store.locks.Store(0)
			start = time.Now()
		}

		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		check("in a transaction", tx)
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}

		conn, err := db.Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.ExecContext(ctx, "PRAGMA user_version"); err != nil { // takes a real one
			t.Fatal(err)
		}
		check("with a connection", conn)

		rows, err := conn.QueryContext(ctx, "SELECT id, random() FROM items") // not cached: streamed
		if err != nil {
			t.Fatal(err)
		}
		check("in an open result", conn)
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A hit costs no lock, and a miss without company one.
func TestLockCostsOneCallForAMiss(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, true, nil)
		for range 3 {
			p.want(t, "one,two", 0)
			p.want(t, "one,two", 1)
		}
		if locks, waits := p.store.locks.Load(), p.store.waits.Load(); locks != 1 || waits != 0 {
			t.Errorf("a miss and five hits asked for the lock %d times and waited %d times", locks, waits)
		}
		p.free(t, p.store.lastKey())
	})
}

// Which reads ask for the lock: those of a call with the option, and those of a
// table whose profile says so, alone or with others.
func TestLockIsAskedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, false, func(c *cacheops.Config, _ *sqlcache.Config) {
			c.Profiles = cacheops.Profiles{everyTable: {Ops: cacheops.OpAll}, "locked": {Ops: cacheops.OpAll, Lock: true}}
		})
		s := p.peers[0]
		exec(t, s.cached, "CREATE TABLE locked (id INTEGER PRIMARY KEY)", "INSERT INTO locked VALUES (1)")
		for _, x := range []struct {
			ctx   context.Context //nolint:containedctx // a case of the table
			query string
			locks int64
		}{
			{t.Context(), "SELECT id FROM items WHERE id = 1", 0},
			{cacheops.With(t.Context(), cacheops.Lock()), "SELECT id FROM items WHERE id = 1 AND kind = 1", 1},
			{t.Context(), "SELECT id FROM locked WHERE id = 1", 1},
			{t.Context(), "SELECT i.id FROM items i JOIN locked l ON l.id = i.id", 1},
			{cacheops.With(t.Context(), cacheops.Lock(), cacheops.Ops(0)), "SELECT name FROM items WHERE id = 1", 0},
			{cacheops.Bypass(t.Context()), "SELECT id + 1 - 1 FROM locked", 0},
		} {
			p.store.locks.Store(0)
			for range 2 {
				readWith(x.ctx, t, s, s.cached, x.query)
			}
			if n := p.store.locks.Load(); n != x.locks {
				t.Errorf("%s: asked for the lock %d times, want %d", x.query, n, x.locks)
			}
		}
	})
}
