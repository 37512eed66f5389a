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

// A write does not fail because Redis is full and may drop nothing, also where Redis
// has nothing of the database yet.
func TestWritesNeedNoMemoryToSpare(t *testing.T) {
	server := redistest.Start(t, redistest.WithSettings("save ''", "maxmemory-policy noeviction"))
	s := newStore(t, server.URL())
	if err := s.Ping(context.Background()); err != nil {
		t.Fatal(err)
	}
	newRaw(t, s).do("CONFIG", nil, "SET", "maxmemory", "1")
	ctx := context.Background()
	table := []store.TableChange{{Table: "public.users", Epoch: true}}
	for i, change := range []*store.Change{
		{Database: "one", Token: store.Token{1}, TTL: time.Minute, Tables: table},
		{Database: "two", Token: store.Token{1}, TTL: time.Minute, All: true},
	} {
		if _, err := s.Fence(ctx, change); err != nil {
			t.Errorf("fence %d: %v", i, err)
		}
		for _, keep := range []store.Keep{store.KeepFence, store.DropFence} {
			if _, err := s.Bump(ctx, change, keep); err != nil {
				t.Errorf("bump %d: %v", i, err)
			}
		}
	}
	if _, err := s.BumpSchema(ctx, "three"); err != nil {
		t.Errorf("a new schema: %v", err)
	}
}

// Where Redis is too slow for readers, whatever a writer asks for has the writers'
// time, and is not refused for the readers' failures.
func TestWritersHaveTheirOwnTime(t *testing.T) {
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	s := newStore(t, server.URL(), func(c *rueidisstore.Config) { c.ReadTimeout = time.Nanosecond })
	ctx := context.Background()
	for range 20 {
		if _, _, err := s.Get(ctx, benchQuery(1)); !errors.Is(err, store.ErrUnavailable) {
			t.Fatalf("the read: %v", err)
		}
	}
	if _, err := s.Registry(ctx, "main", "public.users"); err != nil {
		t.Errorf("the registry: %v", err)
	}
	change := &store.Change{
		Database: "main", Token: store.Token{1}, TTL: time.Minute, Tables: []store.TableChange{{Table: "public.users", Epoch: true}},
	}
	if _, err := s.Fence(ctx, change); err != nil {
		t.Errorf("the fence: %v", err)
	}
	if _, err := s.Bump(ctx, change, store.DropFence); err != nil {
		t.Errorf("the bump: %v", err)
	}
}
