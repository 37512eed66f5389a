package integration

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// newAside is a cache on a store outside of the process that takes so many fills
// whose readers go on. Each fill stops until it is let go.
func newAside(t testing.TB, fills int) (s *cachedSQLite, st *moody, let func()) {
	t.Helper()
	st = newMoody(t)
	s = newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.Store = distant{moody: st, aside: fills} })
	held := make(chan struct{})
	st.watch(func(call string) {
		if call == "fill" {
			<-held
		}
	})
	let = sync.OnceFunc(func() { close(held) })
	t.Cleanup(let)
	return s, st, let
}

// A reader has its rows before they are stored, and its end does not end that.
func TestFillAside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _, let := newAside(t, 2)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() {
			defer close(done)
			if rows, hit := readWith(ctx, t, s, s.cached, namesOfKind, 1); rows != "one,two" || hit {
				t.Errorf("%q, hit %v", rows, hit)
			}
		}()
		synctest.Wait()
		select {
		case <-done:
		default:
			t.Error("the reader waits until its result is stored")
			let()
			<-done
		}
		cancel()
		s.want(t, "three", false, namesOfKind, 2)
		s.want(t, "", false, namesOfKind, 3) // there is no room for a third one
		if n := s.cache.Stats(); n.FillsDropped != 1 || n.Fills != 0 {
			t.Errorf("%d fills and %d dropped", n.Fills, n.FillsDropped)
		}
		let()
		synctest.Wait()
		s.want(t, "one,two", true, namesOfKind, 1)
		s.want(t, "three", true, namesOfKind, 2)
		s.want(t, "", false, namesOfKind, 3)
		synctest.Wait()
		s.want(t, "", true, namesOfKind, 3) // now there is
		if n := s.cache.Stats(); n.FillsDropped != 1 || n.Fills != 3 {
			t.Errorf("%d fills and %d dropped", n.Fills, n.FillsDropped)
		}
	})
}

// What is stored late is as it was leased: a write that came in between ends it.
func TestFillAsideIsOvertaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _, let := newAside(t, 1)
		s.want(t, "one,two", false, namesOfKind, 1)
		exec(t, s.cached, renameOne)
		let()
		synctest.Wait()
		if rows, hit := s.read(t, namesOfKind, 1); rows != "new,two" || hit {
			t.Errorf("STALE: %q, hit %v", rows, hit)
		}
	})
}

// Close waits for what is being stored, and so the store can be closed after it.
func TestCloseWaitsForFills(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _, let := newAside(t, 1)
		s.want(t, "one,two", false, namesOfKind, 1)
		closed := make(chan error, 1)
		go func() { closed <- errors.Join(s.cached.Close(), s.cache.Close()) }()
		synctest.Wait()
		select {
		case err := <-closed:
			t.Errorf("closed with a fill under way: %v", err)
			return
		default:
		}
		let()
		if err := <-closed; err != nil || s.cache.Stats().Fills != 1 {
			t.Errorf("%v, %d fills", err, s.cache.Stats().Fills)
		}
	})
}

// Who waits behind a lock finds the result when the lock is given back.
func TestFillWithALockIsNotAside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _, let := newAside(t, 1)
		done := make(chan struct{})
		go func() {
			defer close(done)
			readWith(cacheops.With(context.Background(), cacheops.Lock()), t, s, s.cached, namesOfKind, 1)
		}()
		synctest.Wait()
		select {
		case <-done:
			t.Error("the read returned before its result was stored")
		default:
		}
		let()
		<-done
		s.want(t, "one,two", true, namesOfKind, 1)
	})
}
