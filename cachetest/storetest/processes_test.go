package storetest

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops/store"
	"github.com/cacheops/cacheops/store/memory"
)

// server is a store of which several processes have handles.
type server struct {
	*memory.Store
	ahead   atomic.Int64 // of the wall clock, in nanoseconds
	handles atomic.Int32

	mu      sync.Mutex    // guards what follows
	stalled chan struct{} // closed when it answers again; nil when it does
}

// handle is the store of one process. It is a [store.Remote], and no
// [store.Local].
type handle struct {
	server *server
	closed atomic.Bool
	ending chan struct{} // closed with the handle

	mu     sync.Mutex // guards copies
	copies map[[2]string]store.Registry
}

var _ store.Remote = (*handle)(nil)

func (s *server) open() *handle {
	s.handles.Add(1)
	return &handle{server: s, ending: make(chan struct{}), copies: make(map[[2]string]store.Registry)}
}

// ask is where a call goes to the server.
func (h *handle) ask(ctx context.Context) error {
	if h.closed.Load() {
		return store.ErrClosed
	}
	h.server.mu.Lock()
	stalled := h.server.stalled
	h.server.mu.Unlock()
	if stalled != nil {
		select {
		case <-stalled:
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

// told keeps a copy of the registry that an answer brings.
func (h *handle) told(ctx context.Context, database, table string) {
	r, err := h.server.Store.Registry(ctx, database, table)
	if err != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.copies[[2]string{database, table}] = r
}

func (h *handle) RegistryCopy(database, table string) (store.Registry, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r, ok := h.copies[[2]string{database, table}]
	return r, ok
}

func (h *handle) FillsAside() int { return 1 }

func (h *handle) Get(ctx context.Context, q *store.Query) (store.Payload, bool, error) {
	if err := h.ask(ctx); err != nil {
		return nil, false, err
	}
	return h.server.Store.Get(ctx, q)
}

func (h *handle) Recall(ctx context.Context, q *store.Query) (store.Payload, store.Snapshot, bool, error) {
	if err := h.ask(ctx); err != nil {
		return nil, nil, false, err
	}
	return h.server.Store.Recall(ctx, q)
}

func (h *handle) Join(parts ...store.Snapshot) store.Snapshot { return h.server.Store.Join(parts...) }

func (h *handle) Lease(ctx context.Context, q *store.Query) (store.Lease, error) {
	if err := h.ask(ctx); err != nil {
		return store.Lease{}, err
	}
	l, err := h.server.Store.Lease(ctx, q)
	for i := range q.Deps {
		h.told(ctx, q.Database, q.Deps[i].Table)
	}
	return l, err
}

func (h *handle) Fill(ctx context.Context, q *store.Query, s store.Snapshot, p store.Payload, ttl time.Duration) error {
	if err := h.ask(ctx); err != nil {
		return err
	}
	return h.server.Store.Fill(ctx, q, s, p, ttl)
}

func (h *handle) Registry(ctx context.Context, database, table string) (store.Registry, error) {
	if err := h.ask(ctx); err != nil {
		return store.Registry{}, err
	}
	h.told(ctx, database, table)
	return h.server.Store.Registry(ctx, database, table)
}

// learn keeps copies of what the change names.
func (h *handle) learn(ctx context.Context, c *store.Change) {
	for i := range c.Tables {
		h.told(ctx, c.Database, c.Tables[i].Table)
	}
}

func (h *handle) Fence(ctx context.Context, c *store.Change) (store.Ack, error) {
	if err := h.ask(ctx); err != nil {
		return store.Ack{}, err
	}
	defer h.learn(ctx, c)
	return h.server.Store.Fence(ctx, c)
}

func (h *handle) Bump(ctx context.Context, c *store.Change, keep store.Keep) (store.Ack, error) {
	if err := h.ask(ctx); err != nil {
		return store.Ack{}, err
	}
	defer h.learn(ctx, c)
	return h.server.Store.Bump(ctx, c, keep)
}

func (h *handle) Schema(ctx context.Context, database string) (store.Schema, error) {
	if err := h.ask(ctx); err != nil {
		return store.Schema{}, err
	}
	return h.server.Store.Schema(ctx, database)
}

func (h *handle) BumpSchema(ctx context.Context, database string) (store.Schema, error) {
	if err := h.ask(ctx); err != nil {
		return store.Schema{}, err
	}
	return h.server.Store.BumpSchema(ctx, database)
}

func (h *handle) Lock(ctx context.Context, key store.Key, ttl time.Duration) (func(), bool, error) {
	if err := h.ask(ctx); err != nil {
		return nil, false, err
	}
	return h.server.Store.Lock(ctx, key, ttl)
}

func (h *handle) AwaitUnlock(ctx context.Context, key store.Key) error {
	if err := h.ask(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	woken := make(chan error, 1)
	go func() { woken <- h.server.Store.AwaitUnlock(ctx, key) }()
	var err error
	select {
	case err = <-woken:
	case <-h.ending:
		cancel()
		err = <-woken
	}
	if h.closed.Load() {
		return store.ErrClosed
	}
	return err
}

func (h *handle) Close() error {
	if h.closed.Swap(true) {
		return nil
	}
	close(h.ending)
	if h.server.handles.Add(-1) == 0 {
		return h.server.Store.Close()
	}
	return nil
}

// Stores of several processes, whose time goes by itself and which may stall:
// the suite can ask of them what it asks of a store on a server.
func TestStoresOfSeveralProcesses(t *testing.T) {
	t.Parallel()
	const losses = "the store underneath loses nothing to those that use it"
	of := func(s store.Store) *server { return s.(*handle).server }
	Run(t, Harness{
		RefusesDead: true,
		WallClock:   true,
		New: func(t testing.TB) store.Store {
			s := &server{}
			var err error
			s.Store, err = memory.New(memory.Config{Clock: func() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }})
			if err != nil {
				t.Fatal(err)
			}
			return s.open()
		},
		Second:  func(_ testing.TB, s store.Store) store.Store { return of(s).open() },
		Advance: func(s store.Store, d time.Duration) { of(s).ahead.Add(int64(d)) },
		Stall: func(s store.Store) func() {
			x, stalled := of(s), make(chan struct{})
			x.mu.Lock()
			defer x.mu.Unlock()
			x.stalled = stalled
			return sync.OnceFunc(func() {
				x.mu.Lock()
				defer x.mu.Unlock()
				x.stalled = nil
				close(stalled)
			})
		},
		Absent: map[string]string{
			"NewSmall": losses, "Expire": losses, "EvictStamp": losses, "EvictEpoch": losses, "EvictGlobal": losses,
			"EvictRegistry": losses, "EvictLive": losses, "Flush": losses, "Break": losses, "GetApart": losses,
		},
	})
}
