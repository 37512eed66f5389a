package integration

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
)

// retelling is a process whose writes are not told at once, and the other one that
// reads what it wrote.
type retelling struct {
	store    *moody
	s, other *cachedSQLite
	tries    int // of the bump
}

// newRetelling lets the calls fail from the commit of the next write on, for so
// many tries of the bump. The fence works.
func newRetelling(t testing.TB, mode cacheops.FailureMode, fails int, calls ...string) *retelling {
	t.Helper()
	r := &retelling{store: newMoody(t)}
	set := func(c *cacheops.Config, _ *sqlcache.Config) {
		c.Store, c.OnStoreFailure, c.FenceTTL = r.store, mode, 10*time.Second
	}
	r.s = newItems(t, set)
	r.other = openCachedSQLite(t, r.s.path, set)
	r.other.want(t, "one,two", false, namesOfKind, 1)
	r.store.fail(calls...)
	r.store.watch(func(call string) {
		if call == "bump" {
			if r.tries++; r.tries > fails {
				r.store.fail()
			}
		}
	})
	return r
}

// A store that goes away in a commit is told as soon as it is back, and the write
// returns then: by that time it may have lost the fence, which nobody would notice.
func TestBumpIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, mode := range []cacheops.FailureMode{cacheops.FailWrites, cacheops.Degrade} {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRetelling(t, mode, 5, "bump", "get", "lease")
				exec(t, r.s.cached, renameOne)
				if n := r.s.cache.Stats(); n.ToldLate != 0 || n.Degraded != 0 || n.StoreErrors.Bump != 5 || n.Invalidations == 0 {
					t.Errorf("%+v after %d tries", n, r.tries)
				}
				r.other.want(t, "new,two", false, namesOfKind, 1)
				r.other.want(t, "new,two", true, namesOfKind, 1) // there is no fence any more
			})
		})
	}
}

// It is waited for no longer than the fence holds. The write committed, and is told
// before the cache is read again.
func TestBumpIsTriedAsLongAsTheFenceHolds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRetelling(t, cacheops.FailWrites, 1<<30, "bump")
		began := time.Now()
		exec(t, r.s.cached, renameOne)
		if took := time.Since(began); took < 9*time.Second || took > 10*time.Second {
			t.Errorf("it returned after %v, the fence held for 10 s", took)
		}
		r.s.want(t, "new,two", false, namesOfKind, 1)
		r.s.want(t, "new,two", false, namesOfKind, 1)
		if r, n := r.s.lastReason.Load(), r.s.cache.Stats(); r != owedReason || n.ToldLate != 1 || n.Degraded != 0 {
			t.Errorf("passed because of %q; %d told late, %d without a fence", r, n.ToldLate, n.Degraded)
		}
		time.Sleep(time.Second) //nolint:forbidigo // the bubble's time, for the fence to end
		r.store.watch(nil)
		r.store.fail()
		r.s.want(t, "new,two", false, namesOfKind, 1)
		r.s.want(t, "new,two", true, namesOfKind, 1)
		r.other.want(t, "new,two", true, namesOfKind, 1)
	})
}

// The program closes the cache while a write waits.
func TestCloseEndsTheWaitOfAWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRetelling(t, cacheops.FailWrites, 1<<30, "bump")
		done := make(chan struct{})
		go func() {
			defer close(done)
			if _, err := r.s.cached.Exec(renameOne); err != nil {
				t.Error(err)
			}
		}()
		time.Sleep(time.Second) //nolint:forbidigo // the bubble's time
		began := time.Now()
		if err := r.s.cache.Close(); err != nil {
			t.Error(err)
		}
		<-done
		if took := time.Since(began); took > 0 {
			t.Errorf("it took %v", took)
		}
	})
}

// A write that is not fenced is told once, and the program does not wait.
func TestDegradeDoesNotWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRetelling(t, cacheops.Degrade, 1<<30, "fence", "bump")
		began := time.Now()
		exec(t, r.s.cached, renameOne)
		if took := time.Since(began); took > 0 || r.tries != 1 {
			t.Errorf("it took %v and %d tries", took, r.tries)
		}
	})
}

// What did not happen is told once: nothing is stale by it.
func TestWhatDidNotHappenIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	t.Run("the fence failed", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRetelling(t, cacheops.FailWrites, 1<<30, "fence", "bump")
			began := time.Now()
			if _, err := r.s.cached.Exec(renameOne); !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("the write: %v", err)
			}
			if took, n := time.Since(began), r.s.cache.Stats(); took > 0 || r.tries != 1 || n.ToldLate != 0 {
				t.Errorf("it took %v and %d tries, %d told late", took, r.tries, n.ToldLate)
			}
			r.s.want(t, "one,two", true, namesOfKind, 1) // also not past the cache
		})
	})
	// An error of COMMIT need not be the whole truth, so it is told, but later.
	t.Run("the commit failed", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRetelling(t, cacheops.FailWrites, 1<<30, "bump")
			refused := errors.New("refused")
			r.s.gate.set(func(_ context.Context, text string) error {
				if text == "COMMIT" {
					return refused
				}
				return nil
			}, nil)
			began := time.Now()
			if _, err := r.s.cached.Exec(renameOne); !errors.Is(err, refused) {
				t.Errorf("the write: %v", err)
			}
			r.s.gate.set(nil, nil)
			if took, n := time.Since(began), r.s.cache.Stats(); took > 0 || r.tries != 1 || n.ToldLate != 1 {
				t.Errorf("it took %v and %d tries, %d told late", took, r.tries, n.ToldLate)
			}
		})
	})
}
