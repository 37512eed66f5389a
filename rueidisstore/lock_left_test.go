package rueidisstore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/store"
)

// A caller who asked for a lock and went away before the answer came does not keep
// it: the others would wait until its time is over.
func TestLockOfWhoWentAway(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := newStore(t, server.URL())
	key := store.Key{1}
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := server.Pause(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, _, err := s.Lock(ctx, key, time.Hour)
	if rerr := server.Resume(); rerr != nil {
		t.Fatal(rerr)
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	within, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	if err := s.AwaitUnlock(within, key); err != nil {
		t.Errorf("AwaitUnlock: %v", err)
	}
	unlock, ok, err := s.Lock(t.Context(), key, time.Hour)
	if err != nil || !ok {
		t.Errorf("Lock: %v, %v", ok, err)
		return
	}
	unlock()
}
