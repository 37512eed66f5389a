package integration

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store/memory"
)

const rename = "UPDATE items SET name = 'new' WHERE id = 1"

// A query reads the old rows, a writer commits. Readers that begin then wait
// for that query where the lock is on, in whichever process, and must not get
// what it read.
func TestLockWithAWriteInTheMiddle(t *testing.T) {
	t.Parallel()
	for _, writer := range []int{0, 1} {
		synctest.Test(t, func(t *testing.T) {
			p := newPair(t, true, nil)
			resume := make(chan struct{})
			p.onAsk(nil, until(1, resume))
			old := p.read(t.Context(), 1, 0) // has its rows
			exec(t, p.peers[writer].cached, rename)
			late := p.read(t.Context(), 20, 0, 1)
			late.waiting(t)
			p.wantAsked(t, 1)
			close(resume)
			for range late.n {
				if a := <-late.answers; a.err != nil || a.rows != "new,two" {
					t.Errorf("STALE: a reader that began after the write got %q, error %v", a.rows, a.err)
				}
			}
			old.want(t, "one,two", 0, nil)
			p.wantAsked(t, 2)
			if _, most := p.asked(); most != 1 {
				t.Errorf("%d asked at once", most)
			}
			p.want(t, "new,two", 0)
			p.want(t, "new,two", 1)
			p.wantAsked(t, 2)
		})
	}
}

// A write comes while readers wait. What the one who asks then finds is stored
// under stamps that are younger than the write.
func TestLockLeasesAgainAfterAWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, true, nil)
		p.die(t, p.cool(t))
		r := p.read(t.Context(), 2, 0, 1)
		exec(t, p.peers[0].cached, rename)
		r.want(t, "new,two", 0, nil)
		p.wantAsked(t, 1)
		p.want(t, "new,two", 0)
		p.want(t, "new,two", 1)
		p.wantAsked(t, 1)
	})
}

// What a waiter finds in the cache goes to those who joined it, and not to one
// who began after a later write.
func TestLockWaitersFlightIsJoinedOnlyWhenFresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, true, nil)
		resume, again := make(chan struct{}), make(chan struct{})
		p.onAsk(nil, func(ctx context.Context, n int) error {
			if err := until(1, resume)(ctx, n); err != nil {
				return err
			}
			return until(2, again)(ctx, n)
		})
		first := p.read(t.Context(), 1, 0)
		joined := p.read(t.Context(), 3, 1)
		exec(t, p.peers[1].cached, rename)
		second := p.read(t.Context(), 3, 1)
		close(resume) // what it fills is dead
		first.want(t, "one,two", 0, nil)
		synctest.Wait() // one of peer 1 asks, and has the rows of now
		p.wantAsked(t, 2)
		exec(t, p.peers[0].cached, "UPDATE items SET name = 'newer' WHERE id = 1")
		third := p.read(t.Context(), 3, 1)
		third.waiting(t)
		close(again)
		for range third.n {
			if a := <-third.answers; a.err != nil || a.rows != "newer,two" {
				t.Errorf("STALE: a reader that began after the second write got %q, error %v", a.rows, a.err)
			}
		}
		for _, r := range []*readers{joined, second} {
			for range r.n {
				if a := <-r.answers; a.err != nil || a.rows != "new,two" && a.rows != "newer,two" {
					t.Errorf("STALE: a reader that began before or after the first write got %q, error %v", a.rows, a.err)
				}
			}
		}
		if _, most := p.asked(); most != 1 {
			t.Errorf("%d asked at once", most)
		}
		p.want(t, "newer,two", 0)
	})
}

// While a write is under way nothing can be stored, so nobody waits.
func TestLockIsNotAskedForWhereAWriteFences(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, true, nil)
		key := p.cool(t)
		fenced, resume, wrote := make(chan struct{}), make(chan struct{}), make(chan error)
		p.peers[0].gate.set(func(_ context.Context, text string) error {
			if text == "COMMIT" {
				close(fenced)
				<-resume
			}
			return nil
		}, nil)
		go func() {
			_, err := p.peers[0].cached.Exec(rename)
			wrote <- err
		}()
		<-fenced
		p.die(t, key)
		start := time.Now()
		p.want(t, "one,two", 1)
		if n, d := p.store.locks.Load(), time.Since(start); n != 0 || d != 0 {
			t.Errorf("asked for the lock %d times and waited for %v", n, d)
		}

		close(resume)
		if err := <-wrote; err != nil {
			t.Fatal(err)
		}
		p.want(t, "new,two", 1)
	})
}

// A writer fences while a reader waits for the lock. When its turn comes the
// reader asks without the lock, for nothing will be stored.
func TestLockIsGivenBackWhereAWriteFences(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, true, nil)
		key := p.cool(t)
		p.die(t, key)
		r := p.read(t.Context(), 1, 1)
		fenced, commit, ask, wrote := make(chan struct{}), make(chan struct{}), make(chan struct{}), make(chan error)
		p.peers[0].gate.set(func(_ context.Context, text string) error {
			if text == "COMMIT" {
				close(fenced)
				<-commit
			}
			return nil
		}, nil)
		go func() {
			_, err := p.peers[0].cached.Exec(rename)
			wrote <- err
		}()
		<-fenced
		asking := make(chan struct{})
		p.onAsk(func(context.Context, int) error { close(asking); <-ask; return nil }, nil)
		<-asking
		p.free(t, key)
		close(ask)
		r.want(t, "one,two", 0, nil)
		close(commit)
		if err := <-wrote; err != nil {
			t.Fatal(err)
		}
	})
}

// The schema changes while a reader waits: it plans anew, and the lock of the
// old plan's entry is given back.
func TestLockWithAnotherSchemaAfterTheWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, true, nil)
		key := p.cool(t)
		p.die(t, key)
		r := p.read(t.Context(), 1, 1)
		exec(t, p.peers[0].cached, "ALTER TABLE items RENAME TO things",
			"CREATE VIEW items AS SELECT id, kind, 'of ' || kind AS name FROM things")
		r.want(t, "of 1,of 1", 0, nil)
		if p.store.lastKey() == key {
			t.Error("the key is that of the old schema")
		}
		p.free(t, key)
		p.free(t, p.store.lastKey())
	})
}

// Who does not ask for the lock does not wait for it with one who does, and is
// joined by one who does.
func TestLockHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, false, nil)
		p.die(t, p.cool(t))
		locked := cacheops.With(t.Context(), cacheops.Lock())
		start := time.Now()
		waits := p.read(locked, 1, 0)
		waits.waiting(t)
		resume := make(chan struct{})
		p.onAsk(until(1, resume), nil)
		asks := p.read(t.Context(), 1, 0)
		p.wantAsked(t, 1)
		joins := p.read(locked, 3, 0)
		close(resume)
		asks.want(t, "one,two", 0, nil)
		joins.want(t, "one,two", 0, nil)
		if d := time.Since(start); d != 0 {
			t.Errorf("they waited for %v", d)
		}
		waits.want(t, "one,two", 0, nil)
		p.wantAsked(t, 1)

		// One who asks for the lock, and has it, is joined by anybody.
		p.cool(t)
		resume = make(chan struct{})
		p.onAsk(until(1, resume), nil)
		leads, follows := p.read(locked, 1, 0), p.read(t.Context(), 3, 0)
		close(resume)
		leads.want(t, "one,two", 0, nil)
		follows.want(t, "one,two", 0, nil)
		p.wantAsked(t, 1)
	})
}

// A store whose locks fail costs queries, and nobody's answer.
func TestLockFailureOfTheStoreIsSurvived(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]func(l *lockStore) *atomic.Bool{
		"Lock":        func(l *lockStore) *atomic.Bool { return &l.lockFails },
		"AwaitUnlock": func(l *lockStore) *atomic.Bool { return &l.waitFails },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := newPair(t, true, func(c *cacheops.Config, _ *sqlcache.Config) { c.Logger = slog.New(slog.DiscardHandler) })
				p.die(t, p.cool(t))
				fails(p.store).Store(true)
				start := time.Now()
				p.read(t.Context(), 10, 0, 1).want(t, "one,two", 0, nil)
				p.want(t, "one,two", 0)
				p.want(t, "one,two", 1)
				if d := time.Since(start); d != 0 {
					t.Errorf("they waited for %v", d)
				}
			})
		})
	}
}

// Readers and writers in two processes at once, with the lock: no reader sees a
// version that is older than one acknowledged before it began.
func TestLockedReadsAreNoOlderThanAnAcknowledgedWrite(t *testing.T) {
	t.Parallel()
	st := newStore(t, memory.Config{})
	set := func(c *cacheops.Config, _ *sqlcache.Config) {
		c.Store = st
		c.Profiles = cacheops.Profiles{everyTable: {Ops: cacheops.OpAll, TTL: time.Hour, Lock: true}}
	}
	one := newItems(t, set)
	two := openCachedSQLite(t, one.path, set)
	exec(t, one.cached, "CREATE TABLE versions (id INTEGER PRIMARY KEY, version INTEGER NOT NULL)", "INSERT INTO versions VALUES (1, 0)")
	const writes = 60
	var acked atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	turns := newTurns(one)
	var readers sync.WaitGroup
	for r := range 6 {
		readers.Go(func() {
			defer cancel()
			for ctx.Err() == nil {
				least := acked.Load()
				var got int64
				if err := []*cachedSQLite{one, two}[r%2].cached.QueryRow("SELECT version FROM versions WHERE id = 1").Scan(&got); err != nil {
					t.Error(err)
					return
				}
				if got < least {
					t.Errorf("STALE: read version %d after %d was acknowledged", got, least)
					return
				}
				turns.done()
			}
		})
	}
	for v := int64(1); v <= writes; v++ {
		if v%10 == 0 {
			turns.await(ctx)
		}
		if _, err := []*cachedSQLite{one, two}[v%2].cached.Exec("UPDATE versions SET version = ? WHERE id = 1", v); err != nil {
			t.Error(err)
			break
		}
		acked.Store(v)
	}
	cancel()
	readers.Wait()
	if one.hits.Load()+two.hits.Load() == 0 {
		t.Error("the cache answered nothing")
	}
}
