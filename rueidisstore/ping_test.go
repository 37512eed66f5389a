package rueidisstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// A server that does not answer is unavailable: only the end of the caller's own
// context is told as such.
func TestPingTellsWhoseTimeIsOver(t *testing.T) {
	server := redistest.Start(t)
	s := newStore(t, server.URL(), func(c *rueidisstore.Config) { c.WriteTimeout = 100 * time.Millisecond })
	server.Pause()
	if err := s.Ping(context.Background()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a server that hangs is told as %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Ping(ctx); !errors.Is(err, context.Canceled) || errors.Is(err, store.ErrUnavailable) {
		t.Errorf("a context that ended is told as %v", err)
	}
}
