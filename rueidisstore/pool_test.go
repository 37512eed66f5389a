package rueidisstore_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// closes wants a store to close, however long that takes on this machine.
func closes(t *testing.T, s *rueidisstore.Store) {
	t.Helper()
	done := make(chan error)
	go func() { done <- s.Close() }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("Close does not return")
	}
}

// A client's own pool may be smaller than what the store wants of it. Where it is
// the store's own, it is made large enough.
func TestSmallPool(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	opt, err := rueidis.ParseURL(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	opt.BlockingPoolSize = 1
	s := openStore(t, "", func(c *rueidisstore.Config) {
		c.URL, c.Option, c.Connections, c.WriteTimeout = "", &opt, 4, 5*time.Second
	})
	var wg sync.WaitGroup
	for range 64 { // they spread over the connections
		wg.Go(func() {
			if err := s.Ping(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	closes(t, s)
}

// A pool that the program has emptied keeps the store from working, and not from
// closing.
func TestEmptyPool(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	opt, err := rueidis.ParseURL(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	opt.BlockingPoolSize = 1
	client, err := rueidis.NewClient(opt)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	taken, release := client.Dedicate()
	defer release()
	if err := taken.Do(t.Context(), taken.B().Ping().Build()).Error(); err != nil {
		t.Fatal(err)
	}
	s := openStore(t, "", func(c *rueidisstore.Config) {
		c.URL, c.Client, c.WriteTimeout = "", client, 50*time.Millisecond
	})
	if err := s.Ping(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Ping: %v", err)
	}
	closes(t, s)
}
