package memory_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cacheops/cacheops/store"
	"github.com/cacheops/cacheops/store/memory"
)

// mustLock takes a lock that is free.
func mustLock(t *testing.T, s *memory.Store, key store.Key, ttl time.Duration) (unlock func()) {
	t.Helper()
	unlock, ok, err := s.Lock(t.Context(), key, ttl)
	if err != nil || !ok {
		t.Fatalf("Lock: %v, error %v", ok, err)
	}
	return unlock
}

// await lets n callers wait, and returns when all of them do.
func await(ctx context.Context, s *memory.Store, key store.Key, n int) <-chan error {
	errs := make(chan error, n)
	for range n {
		go func() { errs <- s.AwaitUnlock(ctx, key) }()
	}
	synctest.Wait()
	return errs
}

// ended wants n waits to have ended so.
func ended(t *testing.T, errs <-chan error, n int, want error) {
	t.Helper()
	synctest.Wait()
	if len(errs) != n {
		t.Fatalf("%d waits are over, want %d", len(errs), n)
	}
	for range n {
		if err := <-errs; !errors.Is(err, want) {
			t.Errorf("AwaitUnlock: %v, want %v", err, want)
		}
	}
}

// pass lets that much of the bubble's time go by.
func pass(d time.Duration) { <-time.After(d) }

// On the process's own clock a wait ends at the holder's deadline, not before it
// and not after it.
func TestAwaitUnlockEndsWithTheHoldersTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, memory.Config{})
		key := store.Key{1}
		unlock := mustLock(t, s, key, 10*time.Second)
		errs := await(t.Context(), s, key, 5)
		pass(10*time.Second - 1)
		ended(t, errs, 0, nil)
		pass(1)
		ended(t, errs, 5, nil)

		// The next holder's time is its own, whatever the last one says.
		mustLock(t, s, key, time.Minute)
		errs = await(t.Context(), s, key, 5)
		unlock()
		ended(t, errs, 0, nil)
		pass(time.Minute)
		ended(t, errs, 5, nil)
	})
}

// Each way to be woken ends a wait that has begun, and at once.
func TestAwaitUnlockIsWoken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := open(t, memory.Config{})
		key, start := store.Key{1}, time.Now()
		unlock := mustLock(t, s, key, time.Minute)
		errs := await(t.Context(), s, key, 5)
		unlock()
		ended(t, errs, 5, nil)

		unlock = mustLock(t, s, key, time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		others := await(t.Context(), s, key, 5)
		errs = await(ctx, s, key, 5)
		cancel()
		ended(t, errs, 5, context.Canceled)
		ended(t, others, 0, nil)
		unlock()
		ended(t, others, 5, nil)

		mustLock(t, s, key, time.Minute)
		errs = await(t.Context(), s, key, 5)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		ended(t, errs, 5, store.ErrClosed)
		if d := time.Since(start); d != 0 {
			t.Errorf("it took %v", d)
		}
	})
}

// Another clock is asked when the real time that was left has gone by, and a
// lock that ran out wakes those who wait when somebody takes it.
func TestAwaitUnlockWithAnotherClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &clock{now: time.Now()}
		s := open(t, memory.Config{Clock: c.Now})
		key := store.Key{1}
		mustLock(t, s, key, 10*time.Second)
		errs := await(t.Context(), s, key, 5)
		pass(time.Hour)
		ended(t, errs, 0, nil) // that clock stood still
		c.Advance(10 * time.Second)
		pass(10 * time.Second)
		ended(t, errs, 5, nil)

		mustLock(t, s, key, 10*time.Second)
		c.Advance(10*time.Second - 1)
		errs = await(t.Context(), s, key, 5)
		c.Advance(1)
		ended(t, errs, 0, nil)
		mustLock(t, s, key, time.Minute)
		ended(t, errs, 5, nil)
	})
}
