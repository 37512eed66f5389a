package rueidisstore_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/store"
)

// An unlock that is heard late, as a Cluster passes it on from node to node, is not
// one of the holder that is there now.
func TestAwaitUnlockHearsLate(t *testing.T) {
	t.Parallel()
	s := newStore(t, redistest.Start(t).URL())
	key := store.Key{1}
	unlock, ok, err := s.Lock(t.Context(), key, time.Hour)
	if err != nil || !ok {
		t.Fatalf("Lock: %v, %v", ok, err)
	}
	defer unlock()
	r := newRaw(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	over := make(chan error, 1)
	go func() { over <- s.AwaitUnlock(ctx, key) }()
	for {
		select {
		case err := <-over:
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("AwaitUnlock: error %v, want context.DeadlineExceeded: the lock was held all the time", err)
			}
			return
		default:
			r.each(func(lock string) {
				if strings.HasSuffix(lock, ":lock") {
					r.do("PUBLISH", nil, r.s.Prefix()+":unlocked", lock)
				}
			})
		}
	}
}
