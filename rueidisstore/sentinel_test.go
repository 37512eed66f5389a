package rueidisstore_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
)

// Sentinel makes another server the master while the old one goes on as one, until
// it is told. A store that has connections to the old one goes to the new one, and
// finds nothing there that was stored before.
func TestStoreFollowsSentinel(t *testing.T) {
	sentinel := redistest.StartSentinel(t)
	s := newStore(t, sentinel.URL(), func(c *rueidisstore.Config) { c.Connections = 2 })
	ctx := context.Background()
	q := benchQuery(1)
	put := func() error {
		l, err := s.Lease(ctx, q)
		if err != nil {
			return err
		}
		return s.Fill(ctx, q, l.Snapshot, blob("x"), time.Hour)
	}
	if err := put(); err != nil {
		t.Fatal(err)
	}
	for range 20 { // over each connection
		if _, ok, err := s.Get(ctx, q); !ok || err != nil {
			t.Fatalf("a miss, error %v", err)
		}
	}
	if err := sentinel.Failover(); err != nil {
		t.Fatal(err)
	}
	raw, err := s.Raw(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for limit := time.Now().Add(20 * time.Second); raw.Nodes()[sentinel.Master().Addr()] == nil; {
		if time.Now().After(limit) {
			t.Fatal("the client was not told of the new master within 20 s")
		}
		runtime.Gosched()
	}
	for range 20 {
		if _, ok, err := s.Get(ctx, q); ok || err != nil {
			t.Fatalf("STALE: a hit %v, error %v, after the failover", ok, err)
		}
	}
	if err := put(); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.Get(ctx, q); !ok || err != nil {
		t.Fatalf("a miss, error %v, on the new master", err)
	}
	if n := sentinel.Master().Info("keyspace")["db0"]; n == "" {
		t.Error("the new master has no keys")
	}
}
