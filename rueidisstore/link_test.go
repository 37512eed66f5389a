package rueidisstore_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
)

// A link that is dropped while the store is being closed ends too, where the client
// is the program's own and stays open.
func TestLinkDroppedWhileClosing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	client, err := newStore(t, server.URL()).Raw(ctx)
	if err != nil {
		t.Fatal(err)
	}
	connections := func() string {
		t.Helper()
		n := server.Info("clients")["connected_clients"]
		if n == "" {
			t.Fatal("INFO tells no connected_clients")
		}
		return n
	}
	before := connections()
	s, err := rueidisstore.New(rueidisstore.Config{Client: client, WriteTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	if now := connections(); now == before {
		t.Fatalf("the store has no connection of its own: %s before, %s now", before, now)
	}
	if err := s.DropLateLink(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for limit := time.Now().Add(20 * time.Second); connections() != before; runtime.Gosched() {
		if time.Now().After(limit) {
			t.Fatalf("a connection is left: %s before, %s now", before, connections())
		}
	}
}
