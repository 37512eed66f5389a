package integration

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
)

// A read that a write overtakes proves nothing: it may have the rows from before
// or after it, and both are right.
func TestShadowIsOvertaken(t *testing.T) {
	t.Parallel()
	const write = "UPDATE items SET name = 'new' WHERE id = 1"
	for _, tt := range []struct {
		name   string
		inside bool // while the rows are open; else before the query is sent
		bumped bool // the write has returned; else it has committed only
		rows   string
	}{
		{"before the query", false, true, "new,two"},
		{"before the query, not told yet", false, false, "new,two"},
		{"while its rows are read", true, true, "one,two"},
		{"while its rows are read, not told yet", true, false, "one,two"},
	} {
		for _, shared := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, shared store %v", tt.name, shared), func(t *testing.T) {
				t.Parallel()
				s, w, log := shadowed(t, func(c *cacheops.Config, _ *sqlcache.Config) {
					if shared {
						c.Store = newMoody(t)
					}
				})
				s.want(t, "one,two", false, namesOfKind, 1)
				committed, release, returned := make(chan struct{}), make(chan struct{}), make(chan error, 1)
				var once sync.Once
				overtake := func(_ context.Context, text string) error {
					if text == namesOfKind {
						once.Do(func() {
							go func() {
								_, err := s.cached.Exec(write)
								returned <- err
							}()
							<-committed
							if tt.bumped {
								close(release)
								if err := <-returned; err != nil {
									t.Error(err)
								}
							}
						})
					}
					return nil
				}
				commits := func(_ context.Context, text string) error {
					if text == "COMMIT" {
						close(committed)
						<-release
					}
					return nil
				}
				before, after := overtake, commits
				if tt.inside {
					before, after = nil, func(ctx context.Context, text string) error {
						return errors.Join(overtake(ctx, text), commits(ctx, text))
					}
				}
				s.gate.set(before, after)
				s.want(t, tt.rows, true, namesOfKind, 1)
				s.gate.set(nil, nil)
				if !tt.bumped {
					close(release)
					if err := <-returned; err != nil {
						t.Error(err)
					}
				}
				wantShadow(t, s, cacheops.ShadowStats{Overtaken: 1})
				if len(w.differences) > 0 || log.count("level=ERROR") > 0 {
					t.Errorf("told %+v\n%s", w.differences, log.text())
				}
				s.want(t, "new,two", false, namesOfKind, 1)
				s.want(t, "new,two", true, namesOfKind, 1)
				wantShadow(t, s, cacheops.ShadowStats{Overtaken: 1, Compared: 1})
			})
		}
	}
}

// between is a store, not in process as far as one can tell, in which something
// can happen once between two steps of a reader.
type between struct {
	store.Store
	do atomic.Pointer[func()]
}

func (b *between) now() {
	if do := b.do.Swap(nil); do != nil {
		(*do)()
	}
}

func (b *between) Get(ctx context.Context, q *store.Query) (store.Payload, bool, error) {
	p, ok, err := b.Store.Get(ctx, q)
	b.now()
	return p, ok, err
}

func (b *between) Lease(ctx context.Context, q *store.Query) (store.Lease, error) {
	l, err := b.Store.Lease(ctx, q)
	b.now()
	return l, err
}

// A write between the two looks into the store before the query leaves nothing
// to compare either.
func TestShadowIsOvertakenInTheLookup(t *testing.T) {
	t.Parallel()
	st := &between{Store: newMoody(t)}
	s, _, log := shadowed(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.Store = st })
	s.want(t, "one,two", false, namesOfKind, 1)
	write := func() { exec(t, s.cached, "UPDATE items SET name = 'new' WHERE id = 1") }
	st.do.Store(&write)
	if rows, _ := s.read(t, namesOfKind, 1); rows != "new,two" || st.do.Load() != nil {
		t.Errorf("read %q", rows)
	}
	if got := s.cache.Stats().Shadow; got.Differences > 0 || got.Compared > 0 {
		t.Errorf("%+v\n%s", got, log.text())
	}
}
