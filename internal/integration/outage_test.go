package integration

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
)

const (
	outageBegins = `level=WARN msg="cacheops: store failed; further failures are counted until it works again"`
	outageEnds   = `level=INFO msg="cacheops: store recovered"`
)

// An outage of the store is one, whatever calls it meets: it is logged when it
// begins and when it ends, and what fails in between is counted.
func TestStoreOutage(t *testing.T) {
	t.Parallel()
	st := newMoody(t)
	var log lines
	s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.Store, c.Logger = st, log.logger() })
	s.want(t, "one,two", false, namesOfKind, 1)
	s.want(t, "one,two", true, namesOfKind, 1)
	for outage := range 2 {
		st.away.Store(true)
		for range 5 {
			s.want(t, "one,two", false, namesOfKind, 1)
		}
		_, err := s.cached.Exec("UPDATE items SET name = 'x' WHERE id = 1")
		if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "Config.OnStoreFailure: Degrade") {
			t.Errorf("the write: %v", err)
		}
		if n := log.count(outageEnds); n != outage {
			t.Errorf("outage %d: its end was logged while it lasted", outage)
		}
		st.away.Store(false)
		s.want(t, "one,two", true, namesOfKind, 1) // the write did not happen
		exec(t, s.cached, "UPDATE items SET name = 'one' WHERE id = 1")
		s.want(t, "one,two", false, namesOfKind, 1)
		s.want(t, "one,two", true, namesOfKind, 1)
		n := uint64(outage + 1)
		if got := s.cache.Stats().StoreErrors; got != (cacheops.StoreErrorStats{Get: 5 * n, Other: n}) {
			t.Errorf("outage %d: counted %+v", outage, got)
		}
		for what, want := range map[string]int{
			outageBegins:               outage + 1,
			outageBegins + " call=get": outage + 1,
			outageEnds:                 outage + 1,
			"failures=6 lasted=":       outage + 1,
		} {
			if n := log.count(what); n != want {
				t.Errorf("outage %d: logged %d times instead of %d: %s\n%s", outage, n, want, what, log.text())
			}
		}
	}
}

// A store that answers questions and takes no changes is in an outage as long as it
// does: the questions do not end it, and each write does not begin it anew.
func TestStoreOutageOfChangesAlone(t *testing.T) {
	t.Parallel()
	st := newMoody(t)
	var log lines
	s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.Store, c.Logger = st, log.logger() })
	s.want(t, "one,two", false, namesOfKind, 1)
	st.fail("lease", "fill", "fence", "bump", "bumpSchema", "lock")
	for range 5 {
		s.want(t, "one,two", true, namesOfKind, 1)
		s.want(t, "three", false, namesOfKind, 2)
		if _, err := s.cached.Exec("UPDATE items SET name = 'x' WHERE id = 1"); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("the write: %v", err)
		}
	}
	if b, e := log.count(outageBegins), log.count(outageEnds); b != 1 || e != 0 {
		t.Errorf("logged %d beginnings and %d ends\n%s", b, e, log.text())
	}
	st.fail()
	s.want(t, "three", false, namesOfKind, 2)
	if b, e := log.count(outageBegins), log.count(outageEnds); b != 1 || e != 1 {
		t.Errorf("logged %d beginnings and %d ends\n%s", b, e, log.text())
	}
}

// A read waits at most once for a store that does not answer: after a call that
// failed it makes no other one.
func TestReadAsksAStoreThatFailedNoMore(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		failing []string
		lock    bool
		want    string
	}{
		{name: "all is well", want: "get lease fill"},
		{name: "the look-up", failing: []string{"get"}, want: "get"},
		{name: "the lease", failing: []string{"lease"}, want: "get lease"},
		{name: "the fill", failing: []string{"fill"}, want: "get lease fill"},
		{name: "all is well, with a lock", lock: true, want: "get lease lock get fill"},
		{name: "the look-up, with a lock", lock: true, failing: []string{"get"}, want: "get"},
		{name: "the lock", lock: true, failing: []string{"lock"}, want: "get lease lock"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newMoody(t)
			s := newItems(t, func(cfg *cacheops.Config, _ *sqlcache.Config) {
				cfg.Store = distant{moody: st}
				cfg.Defaults.Lock = c.lock
			})
			s.read(t, "SELECT name FROM items WHERE id = 1") // the schema is known
			st.fail(c.failing...)
			st.calls()
			s.want(t, "one,two", false, namesOfKind, 1)
			if got := strings.Join(st.calls(), " "); got != c.want {
				t.Errorf("called %s, want %s", got, c.want)
			}
			st.fail()
			s.want(t, "one,two", c.failing == nil, namesOfKind, 1)
		})
	}
}

// The store goes away between two calls of one read.
func TestReadMeetsTheStoreGoingAway(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, at string // the call before which it goes
		nth      int    // of that name
		waited   bool   // for another one's lock
		want     string
	}{
		{name: "at the second look", at: "get", nth: 2, want: "get lease lock get"},
		{name: "in the wait for a lock", at: "await", nth: 1, waited: true, want: "get lease lock await"},
		{name: "when it has waited", at: "get", nth: 2, waited: true, want: "get lease lock await get"},
		{name: "when it leases again", at: "lease", nth: 2, waited: true, want: "get lease lock await get lock get lease"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			st := newMoody(t)
			s := newItems(t, func(cfg *cacheops.Config, _ *sqlcache.Config) {
				cfg.Store = distant{moody: st}
				cfg.Defaults.Lock = true
			})
			s.read(t, "SELECT name FROM items WHERE id = 1")
			var unlock func()
			met := 0
			st.calls()
			st.watch(func(call string) { // by one goroutine
				switch {
				case call == "lock" && c.waited && unlock == nil:
					unlock = st.lockFirst(t)
				case call == "await":
					unlock()
				}
				if call == c.at {
					if met++; met == c.nth {
						st.away.Store(true)
					}
				}
			})
			s.want(t, "one,two", false, namesOfKind, 1)
			if got := strings.Join(st.calls(), " "); got != c.want {
				t.Errorf("called %s, want %s", got, c.want)
			}
		})
	}
}

// Those who joined the read of another one get its result although the store went
// away meanwhile, and ask the store no more.
func TestWaitersDoNotMeetTheOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := newMoody(t)
		s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.Store = distant{moody: st} })
		s.read(t, "SELECT name FROM items WHERE id = 1")
		st.calls()
		s.gate.set(func(_ context.Context, text string) error {
			if text == namesOfKind {
				synctest.Wait() // all others have joined
				st.away.Store(true)
			}
			return nil
		}, nil)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if rows, hit := s.read(t, namesOfKind, 1); rows != "one,two" || hit {
					t.Errorf("%q, hit %v", rows, hit)
				}
			})
		}
		wg.Wait()
		s.gate.set(nil, nil)
		got := st.calls()
		slices.Sort(got)
		if want := "fill get get get get lease lease lease lease"; strings.Join(got, " ") != want {
			t.Errorf("called %v, want %s", got, want)
		}
	})
}
