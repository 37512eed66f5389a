package rueidisstore_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// A replica that was down when the client looked is no node to the client, and is
// none until it looks again, also when it is named in an answer. A commit waits for
// that, and does not fail.
func TestMasterThatTheClientDoesNotKnow(t *testing.T) {
	cluster := redistest.StartCluster(t, redistest.WithSettings("save ''"))
	change := &store.Change{
		Database: "main", Token: store.Token{1}, TTL: time.Minute, Tables: []store.TableChange{{Table: "public.users", Epoch: true}},
	}
	probe := newStore(t, cluster.URL())
	slot := cluster.Slot(probe.EpochKey("main", "public.users"))
	master := cluster.MasterOf(slot)
	replica := cluster.ReplicasOf(master)[0]
	replica.Kill()
	if err := cluster.WaitOK(); err != nil {
		t.Fatal(err)
	}
	raw := newRaw(t, probe).c
	await(t, "the client to forget the replica", func() bool { return raw.Nodes()[replica.Addr()] == nil })

	option, err := rueidis.ParseURL(cluster.URL())
	if err != nil {
		t.Fatal(err)
	}
	option.ClusterOption.ShardsRefreshInterval = time.Hour
	s := newStore(t, "", func(c *rueidisstore.Config) { c.Option, c.Prefix = &option, probe.Prefix() })
	ctx := context.Background()
	if _, err := s.Fence(ctx, change); err != nil {
		t.Fatal(err)
	}
	if newRaw(t, s).c.Nodes()[replica.Addr()] != nil {
		t.Fatal("the client knows the replica, so nothing is shown")
	}
	for _, next := range []*redistest.Server{replica, master} {
		if next == replica {
			replica.Restart()
		}
		if err := cluster.WaitOK(); err != nil {
			t.Fatal(err)
		}
		mode := ""
		if next == master {
			mode = "TAKEOVER"
		}
		if err := cluster.Failover(next, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Fence(ctx, change); err != nil {
			t.Fatalf("after the failover to %s: %v", next.Addr(), err)
		}
	}
}

// await waits until something is so.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for limit := time.Now().Add(30 * time.Second); !is(); runtime.Gosched() {
		if time.Now().After(limit) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
