package rueidisstore_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// eventually tries until it works: after many failures calls are let through one a
// moment.
func eventually(t testing.TB, what string, try func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: still %v", what, err)
		}
	}
}

// A store on a server that is not there says so, and works once it is.
func TestServerComesLater(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	s := newStore(t, server.URL())
	ctx := context.Background()
	q := resultQuery("1")
	for range 20 {
		if _, _, err := s.Get(ctx, q); !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("Get: %v", err)
		}
		if _, err := s.Fence(ctx, &store.Change{Database: "main", Token: store.Token{1}, TTL: time.Minute, All: true}); !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("Fence: %v", err)
		}
		if err := s.Ping(ctx); !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("Ping: %v", err)
		}
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the server is there", func() error { return tryAll(s) })
}

// A store made while a Cluster is half up works when it is whole.
func TestClusterComesLater(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, redistest.WithSettings("cluster-require-full-coverage yes"))
	nodes := cluster.Nodes()
	// Two of three masters are away with their replicas: what is left has no
	// majority.
	for _, i := range []int{0, 1, 3, 4} {
		if err := nodes[i].Kill(); err != nil {
			t.Fatal(err)
		}
	}
	stores := map[string]*rueidisstore.Store{
		"all": newStore(t, cluster.URL()), "one that is up": newStore(t, nodes[2].URL()), "one that is down": newStore(t, nodes[0].URL()),
	}
	for name, s := range stores {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		if err := s.Ping(ctx); err == nil && name == "one that is down" {
			t.Errorf("%s answers", name)
		}
		cancel()
	}
	for _, i := range []int{0, 1, 3, 4} {
		if err := nodes[i].Restart(); err != nil {
			t.Fatal(err)
		}
	}
	for name, s := range stores {
		eventually(t, name, func() error { return tryAll(s) })
	}
}

// A node that is not yet in a Cluster has no slots. It may be told of later.
func TestClusterIsMadeLater(t *testing.T) {
	t.Parallel()
	node := redistest.Start(t, redistest.WithSettings("cluster-enabled yes", "cluster-port 0"))
	s := newStore(t, node.URL())
	if err := tryAll(s); !errors.Is(err, store.ErrUnavailable) {
		t.Fatalf("without slots: %v", err)
	}
	if _, err := node.Do("CLUSTER", "ADDSLOTSRANGE", "0", "16383"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all slots are there", func() error { return tryAll(s) })
}

// gateway counts connections, and holds them up.
type gateway struct {
	dials  atomic.Int64
	dialed chan struct{}                 // gets one of each
	hold   atomic.Pointer[chan struct{}] // nil, or closed to let them through
}

func (g *gateway) option(t testing.TB, u string) func(*rueidisstore.Config) {
	return with(t, u, func(o *rueidis.ClientOption) {
		o.ForceSingleClient = true
		o.Dialer.Timeout = time.Hour
		o.DialCtxFn = func(ctx context.Context, addr string, d *net.Dialer, _ *tls.Config) (net.Conn, error) {
			g.dials.Add(1)
			g.dialed <- struct{}{}
			if hold := g.hold.Load(); hold != nil {
				select {
				case <-*hold:
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			}
			return d.DialContext(ctx, "tcp", addr)
		}
	})
}

// Many who come at once connect once. Who has no time goes, and the others do not
// notice.
func TestConnectsOnce(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	g := &gateway{dialed: make(chan struct{}, 100)}
	hold := make(chan struct{})
	g.hold.Store(&hold)
	s := newStore(t, server.URL(), g.option(t, server.URL()))
	if g.dials.Load() != 0 {
		t.Error("New connects")
	}
	q := resultQuery("1")
	impatient, cancel := context.WithCancel(context.Background())
	gone := make(chan error)
	go func() {
		_, _, err := s.Get(impatient, q)
		gone <- err
	}()
	<-g.dialed
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) || errors.Is(err, store.ErrUnavailable) {
		t.Errorf("who went: %v", err)
	}
	var wg sync.WaitGroup
	var asked atomic.Int64
	for range 50 {
		wg.Go(func() {
			asked.Add(1)
			if _, _, err := s.Get(context.Background(), q); err != nil {
				t.Errorf("Get: %v", err)
			}
		})
	}
	close(hold)
	wg.Wait()
	// One connection of the client's own, one that carries the calls.
	if n := g.dials.Load(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

// Close ends what connects, also where nobody answers.
func TestCloseEndsConnecting(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	t.Run("dials", func(t *testing.T) {
		g := &gateway{dialed: make(chan struct{}, 100)}
		hold := make(chan struct{})
		g.hold.Store(&hold)
		closeWhileGetting(t, openStore(t, server.URL(), g.option(t, server.URL())), g.dialed)
	})
	t.Run("no answer", func(t *testing.T) {
		g := &gateway{dialed: make(chan struct{}, 100)}
		if err := server.Pause(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = server.Resume() }()
		closeWhileGetting(t, openStore(t, server.URL(), g.option(t, server.URL())), g.dialed)
	})
}

// closeWhileGetting closes a store that connects. The test's own time-out is the
// limit.
func closeWhileGetting(t *testing.T, s *rueidisstore.Store, dialed <-chan struct{}) {
	t.Helper()
	got := make(chan error)
	go func() {
		_, _, err := s.Get(context.Background(), resultQuery("1"))
		got <- err
	}()
	<-dialed
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := <-got; !errors.Is(err, store.ErrClosed) {
		t.Errorf("Get: %v", err)
	}
}

// Time-outs of the URL count for connecting, those of the Config for calls.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	short := func(c *rueidisstore.Config) { c.ReadTimeout, c.WriteTimeout = 50*time.Millisecond, 60*time.Millisecond }
	s := newStore(t, server.URL()+"?dial_timeout=5s&write_timeout=5s", short)
	exerciseOnceUp(t, s)
	if err := server.Pause(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Resume() }()
	// Not even a test without a limit waits for good.
	ctx := context.Background()
	if _, _, err := s.Get(ctx, resultQuery("1")); !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "deadline") {
		t.Errorf("Get: %v", err)
	}
	all := &store.Change{Database: "main", Token: store.Token{1}, TTL: time.Minute, All: true}
	if _, err := s.Fence(ctx, all); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Fence: %v", err)
	}
	if _, err := s.Bump(ctx, all, store.DropFence); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Bump: %v", err)
	}
	if err := server.Resume(); err != nil {
		t.Fatal(err)
	}
	exerciseOnceUp(t, s)
}

// exerciseOnceUp is for stores with short time-outs on a machine that may be
// busy.
func exerciseOnceUp(t testing.TB, s *rueidisstore.Store) {
	t.Helper()
	eventually(t, "the server answers in time", func() error { return tryAll(s) })
}

// Who waits for a lock has the connection that it is told over in common with the
// client's other users. It goes on when one of them goes who was first to need it.
func TestWaitGoesOnWithoutTheFirst(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	g := &gateway{dialed: make(chan struct{}, 100)}
	s := newStore(t, server.URL(), g.option(t, server.URL()))
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	for len(g.dialed) > 0 {
		<-g.dialed
	}
	client, err := s.Raw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	q := resultQuery("1")
	unlock, ok, err := s.Lock(t.Context(), q.Key, time.Hour)
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	hold := make(chan struct{})
	g.hold.Store(&hold)
	for _, kind := range []string{"normal", "pubsub"} {
		if _, err := server.Do("CLIENT", "KILL", "TYPE", kind); err != nil {
			t.Fatal(err)
		}
	}
	first, cancel := context.WithCancel(t.Context())
	defer cancel()
	pinged, waited := make(chan error, 1), make(chan error, 1)
	ping := func() { pinged <- client.Do(first, client.B().Ping().Build()).Error() }
	wait := func() { waited <- s.AwaitUnlock(t.Context(), q.Key) }
	go ping()
	for dialed := false; !dialed; {
		select {
		case <-g.dialed:
			dialed = true
		case <-pinged: // the client had not noticed yet
			go ping()
		}
	}
	go wait()
	// Nothing but the stacks tells that the second waits for the first one's dial.
	eventually(t, "both wait for one connection", func() error {
		buf := make([]byte, 1<<20)
		if n := strings.Count(string(buf[:runtime.Stack(buf, true)]), "rueidis.(*mux)._pipe("); n != 2 {
			return fmt.Errorf("%d do", n)
		}
		return nil
	})
	cancel()
	if err := <-pinged; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	close(hold)
	eventually(t, "the other one listens", func() error {
		select {
		case err := <-waited:
			t.Fatalf("the wait ended with the other's: %v", err)
		default:
		}
		if n, err := server.Do("PUBSUB", "NUMSUB", s.Prefix()+":unlocked"); err != nil || !strings.HasSuffix(n, "\n1") {
			return fmt.Errorf("%q, error %w", n, err)
		}
		return nil
	})
	unlock()
	if err := <-waited; err != nil {
		t.Error(err)
	}
}
