package integration

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
	"github.com/cacheops/cacheops/store/memory"
)

// moody is a store, not in process as far as one can tell, that can be away.
type moody struct {
	store.Store
	away atomic.Bool
}

func (m *moody) err() error {
	if m.away.Load() {
		return fmt.Errorf("no route: %w", store.ErrUnavailable)
	}
	return nil
}

func (m *moody) Get(ctx context.Context, q *store.Query) (store.Payload, bool, error) {
	if err := m.err(); err != nil {
		return nil, false, err
	}
	return m.Store.Get(ctx, q)
}

func (m *moody) Lease(ctx context.Context, q *store.Query) (store.Lease, error) {
	if err := m.err(); err != nil {
		return store.Lease{}, err
	}
	return m.Store.Lease(ctx, q)
}

func (m *moody) Fence(ctx context.Context, c *store.Change) (store.Ack, error) {
	if err := m.err(); err != nil {
		return store.Ack{}, err
	}
	return m.Store.Fence(ctx, c)
}

// newMoody returns a store that is there.
func newMoody(t testing.TB) *moody {
	t.Helper()
	return &moody{Store: newStore(t, memory.Config{})}
}

// An outage of the store is logged when it begins and when it ends; what fails
// in between is counted.
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
		if _, err := s.cached.Exec("UPDATE items SET name = 'x' WHERE id = 1"); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("the write: %v", err)
		}
		st.away.Store(false)
		s.want(t, "one,two", false, namesOfKind, 1) // dropped by the write that failed
		s.want(t, "one,two", true, namesOfKind, 1)
		n := uint64(outage + 1)
		if got := s.cache.Stats().StoreErrors; got != (cacheops.StoreErrorStats{Get: 5 * n, Lease: 5 * n, Fence: n}) {
			t.Errorf("outage %d: counted %+v", outage, got)
		}
		for what, want := range map[string]int{
			`level=WARN msg="cacheops: store failed; further failures of this call are counted until it works again" call=get`:   outage + 1,
			`level=WARN msg="cacheops: store failed; further failures of this call are counted until it works again" call=lease`: outage + 1,
			`level=INFO msg="cacheops: store recovered" call=get failures=5`:                                                     outage + 1,
		} {
			if n := log.count(what); n != want {
				t.Errorf("outage %d: logged %d times instead of %d: %s\n%s", outage, n, want, what, log.text())
			}
		}
	}
}
