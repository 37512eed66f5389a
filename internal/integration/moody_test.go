package integration

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops/store"
	"github.com/cacheops/cacheops/store/memory"
)

// moody is a store, not in process as far as one can tell, that can be away: with
// all of its calls, or with some.
type moody struct {
	store.Store
	away atomic.Bool // every call fails

	mu      sync.Mutex // guards what follows
	failing []string   // these calls fail
	made    []string   // the calls since the last look
	before  func(call string)
	locked  store.Key // by the last call of Lock
}

// newMoody returns a store that is there.
func newMoody(t testing.TB) *moody {
	t.Helper()
	return &moody{Store: newStore(t, memory.Config{})}
}

// fail lets some calls fail, and the others work.
func (m *moody) fail(calls ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failing = calls
}

// watch has f run before each call.
func (m *moody) watch(f func(call string)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.before = f
}

// lockFirst takes the lock that somebody is about to ask for.
func (m *moody) lockFirst(t testing.TB) (unlock func()) {
	m.mu.Lock()
	key := m.locked
	m.mu.Unlock()
	unlock, ok, err := m.Store.Lock(context.Background(), key, time.Hour)
	if !ok || err != nil {
		t.Errorf("the lock was not free: %v", err)
	}
	return unlock
}

// calls returns the calls since it was asked last.
func (m *moody) calls() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := m.made
	m.made = nil
	return out
}

// enter begins a call.
func (m *moody) enter(call string) error {
	m.mu.Lock()
	m.made = append(m.made, call)
	before := m.before
	m.mu.Unlock()
	if before != nil {
		before(call)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away.Load() || slices.Contains(m.failing, call) {
		return fmt.Errorf("no route: %w", store.ErrUnavailable)
	}
	return nil
}

func (m *moody) Get(ctx context.Context, q *store.Query) (store.Payload, bool, error) {
	if err := m.enter("get"); err != nil {
		return nil, false, err
	}
	return m.Store.Get(ctx, q)
}

func (m *moody) Recall(ctx context.Context, q *store.Query) (store.Payload, store.Snapshot, bool, error) {
	if err := m.enter("recall"); err != nil {
		return nil, nil, false, err
	}
	return m.Store.Recall(ctx, q)
}

func (m *moody) Lease(ctx context.Context, q *store.Query) (store.Lease, error) {
	if err := m.enter("lease"); err != nil {
		return store.Lease{}, err
	}
	return m.Store.Lease(ctx, q)
}

func (m *moody) Fill(ctx context.Context, q *store.Query, s store.Snapshot, p store.Payload, ttl time.Duration) error {
	if err := m.enter("fill"); err != nil {
		return err
	}
	return m.Store.Fill(ctx, q, s, p, ttl)
}

func (m *moody) Registry(ctx context.Context, database, table string) (store.Registry, error) {
	if err := m.enter("registry"); err != nil {
		return store.Registry{}, err
	}
	return m.Store.Registry(ctx, database, table)
}

func (m *moody) Fence(ctx context.Context, c *store.Change) (store.Ack, error) {
	if err := m.enter("fence"); err != nil {
		return store.Ack{}, err
	}
	return m.Store.Fence(ctx, c)
}

func (m *moody) Bump(ctx context.Context, c *store.Change, keep store.Keep) (store.Ack, error) {
	if err := m.enter("bump"); err != nil {
		return store.Ack{}, err
	}
	return m.Store.Bump(ctx, c, keep)
}

func (m *moody) Schema(ctx context.Context, database string) (store.Schema, error) {
	if err := m.enter("schema"); err != nil {
		return store.Schema{}, err
	}
	return m.Store.Schema(ctx, database)
}

func (m *moody) BumpSchema(ctx context.Context, database string) (store.Schema, error) {
	if err := m.enter("bumpSchema"); err != nil {
		return store.Schema{}, err
	}
	return m.Store.BumpSchema(ctx, database)
}

func (m *moody) Lock(ctx context.Context, key store.Key, ttl time.Duration) (func(), bool, error) {
	m.mu.Lock()
	m.locked = key
	m.mu.Unlock()
	if err := m.enter("lock"); err != nil {
		return nil, false, err
	}
	return m.Store.Lock(ctx, key, ttl)
}

func (m *moody) AwaitUnlock(ctx context.Context, key store.Key) error {
	if err := m.enter("await"); err != nil {
		return err
	}
	return m.Store.AwaitUnlock(ctx, key)
}

// distant is moody with what a store outside of the process has here: copies of
// registries, which need no call, and fills whose readers go on.
type distant struct {
	*moody
	aside int
}

// RegistryCopy implements store.Remote.
func (d distant) RegistryCopy(database, table string) (store.Registry, bool) {
	r, err := d.Store.Registry(context.Background(), database, table)
	return r, err == nil
}

// FillsAside implements store.Remote.
func (d distant) FillsAside() int { return d.aside }
