package rueidisstore_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// A Cluster is refused, with what to use instead.
func TestSetsInCluster(t *testing.T) {
	t.Parallel()
	cluster := redistest.StartCluster(t, redistest.WithSettings("save ''"))
	s := newSets(t, cluster.URL())
	q := rowQuery("t", "1")
	for name, err := range map[string]error{
		"Ping": s.Ping(t.Context()),
		"Get":  func() error { _, _, err := s.Get(t.Context(), q); return err }(),
		"Fence": func() error {
			_, err := s.Fence(t.Context(), &store.Change{Database: "main", Token: store.Token{1}, TTL: time.Minute, All: true})
			return err
		}(),
	} {
		if !errors.Is(err, rueidisstore.ErrCluster) || !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "use rueidisstore.New") {
			t.Errorf("%s: %v", name, err)
		}
	}
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{cluster.Nodes()[0].Addr()}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := rueidisstore.NewSets(rueidisstore.Config{Client: client}); !errors.Is(err, rueidisstore.ErrCluster) {
		t.Errorf("NewSets with a client of a Cluster: %v", err)
	}
}

// A server that could evict a set is refused. One that begins to is noticed, and what it
// had is not found again, whatever became of the sets.
func TestSetsOnServerThatEvicts(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''", "maxmemory-samples 1"))
	set := func(name, value string) {
		t.Helper()
		if _, err := server.Do("CONFIG", "SET", name, value); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(s *rueidisstore.Sets, policy string) {
		t.Helper()
		for name, err := range map[string]error{
			"Ping": s.Ping(t.Context()),
			"Get":  func() error { _, _, err := s.Get(t.Context(), rowQuery("t", "1")); return err }(),
		} {
			if !errors.Is(err, rueidisstore.ErrEvicts) || !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), policy) {
				t.Errorf("%s: %s: %v", policy, name, err)
			}
		}
	}
	for _, policy := range []string{"allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"} {
		set("maxmemory-policy", policy)
		refused(newSets(t, server.URL()), policy)
	}
	set("maxmemory-policy", "noeviction")
	s := newSets(t, server.URL())
	queries := make([]*store.Query, 200)
	for i := range queries {
		queries[i] = rowQuery("t", strconv.Itoa(i))
	}
	put(t, s, queries...)
	wantHit(t, s, queries[0])
	set("maxmemory-policy", "allkeys-random")
	s.Base().AskAgain()
	refused(s, "allkeys-random")
	used := usedMemory(t, server)
	set("maxmemory", strconv.Itoa(used-20_000))
	await(t, "a key is evicted", func() bool {
		// Redis evicts when it is asked for something that takes memory.
		_, _ = server.Do("SET", "another", "program")
		return server.Info("stats")["evicted_keys"] != "0"
	})
	set("maxmemory", "0")
	set("maxmemory-policy", "noeviction")
	for i, q := range queries {
		if _, ok, err := s.Get(t.Context(), q); ok || err != nil {
			t.Fatalf("STALE: entry %d of before the evictions is a hit %v, error %v", i, ok, err)
		}
	}
	put(t, s, queries...)
	for _, q := range queries {
		wantHit(t, s, q)
	}
}

// On a server that is full hits and writes go on, and leases fail.
func TestSetsOnFullServer(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	s := newSets(t, server.URL())
	one, two, three := rowQuery("t", "1"), rowQuery("t", "2"), rowQuery("u", "1")
	put(t, s, one, two, three)
	snapshot := leased(t, s, one)
	if _, err := server.Do("CONFIG", "SET", "maxmemory", "1"); err != nil {
		t.Fatal(err)
	}
	wantHit(t, s, one)
	if _, err := s.Lease(t.Context(), rowQuery("t", "3")); !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "OOM") {
		t.Errorf("Lease: %v, want OOM", err)
	}
	if err := s.Fill(t.Context(), one, snapshot, blob("{}"), time.Hour); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("Fill: %v, want OOM", err)
	}
	wantHit(t, s, one)
	write(t, s, ofRow("t", "1"))
	wantMiss(t, s, one)
	wantHit(t, s, two)
	write(t, s, ofTable("t"))
	wantMiss(t, s, two)
	wantHit(t, s, three)
	write(t, s, &store.Change{Database: "main", All: true})
	wantMiss(t, s, three)
	// Also one that never saw the server before.
	write(t, newSets(t, server.URL()), ofTable("t"))
}

// While a server refuses writes hits go on, and fences fail.
func TestSetsOnServerThatRefusesWrites(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	s := newSets(t, server.URL())
	q := rowQuery("t", "1")
	put(t, s, q)
	for _, replicas := range []string{"1", "0"} {
		if _, err := server.Do("CONFIG", "SET", "min-replicas-to-write", replicas); err != nil {
			t.Fatal(err)
		}
		for _, x := range []*rueidisstore.Sets{s, newSets(t, server.URL(), prefixed(s.Base().Prefix()))} {
			wantHit(t, x, q)
			x.Base().AskAgain()
			wantHit(t, x, q)
		}
		c := &store.Change{Database: "main", Token: store.Token{1}, TTL: time.Minute, All: true}
		if _, err := s.Fence(t.Context(), c); (err != nil) != (replicas == "1") {
			t.Errorf("a fence with %s replicas wanted: %v", replicas, err)
		}
	}
	wantMiss(t, s, q)
}

// What a server brings back when it restarts, from however old a file, is a miss.
func TestSetsAfterRestart(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s := newSets(t, server.URL())
	one, two := rowQuery("t", "1"), rowQuery("t", "2")
	put(t, s, one)
	place := leased(t, s, two)
	if err := server.Save(); err != nil {
		t.Fatal(err)
	}
	write(t, s, ofRow("t", "1"))
	write(t, s, ofRow("t", "2"))
	for _, end := range []func() error{server.Kill, server.Restart} {
		if err := end(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the server is back", func() error { return s.Ping(context.Background()) })
	if n, err := server.Do("EXISTS", s.EntryKey(one), s.EntryKey(two)); err != nil || n != "2" {
		t.Fatalf("%s of an entry and a place came back, error %v", n, err)
	}
	wantMiss(t, s, one)
	if err := s.Fill(t.Context(), two, place, blob("old"), time.Hour); err != nil {
		t.Fatal(err)
	}
	wantMiss(t, s, two)
	joined := madeOf("f")
	if err := s.Fill(t.Context(), joined, s.Join(place), blob("old"), time.Hour); err != nil {
		t.Fatal(err)
	}
	wantMiss(t, s, joined)
	if sn := s.Join(place, leased(t, s, one)); sn != nil {
		t.Error("a part of before the restart is joined with one of after it")
	}
	put(t, s, one, two)
	wantHit(t, s, one)
	wantHit(t, s, two)
}

// A prefix is used in one mode, whichever comes first, until its keys are gone.
func TestOneModeForPrefix(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	stamps, sets := newStore(t, server.URL(), prefixed("stamps")), newSets(t, server.URL(), prefixed("sets"))
	for _, s := range []redisStore{stamps, sets} {
		if err := s.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []redisStore{newStore(t, server.URL(), prefixed("sets")), newSets(t, server.URL(), prefixed("stamps"))} {
		if err := s.Ping(t.Context()); !errors.Is(err, rueidisstore.ErrMode) || !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%v: %v", s, err)
		}
	}
	// Sets mode notices another mode that came after a FLUSHALL.
	q := rowQuery("t", "1")
	put(t, sets, q)
	if _, err := server.Do("FLUSHALL"); err != nil {
		t.Fatal(err)
	}
	wantMiss(t, sets, q)
	put(t, sets, q)
	sets.Base().AskAgain()
	wantHit(t, sets, q)
	if err := newStore(t, server.URL(), prefixed("sets")).Ping(t.Context()); !errors.Is(err, rueidisstore.ErrMode) {
		t.Errorf("the mode is noted again after a FLUSHALL: %v", err)
	}
	if _, err := server.Do("FLUSHALL"); err != nil {
		t.Fatal(err)
	}
	if err := newStore(t, server.URL(), prefixed("sets")).Ping(t.Context()); err != nil {
		t.Errorf("the other mode after a FLUSHALL: %v", err)
	}
	sets.Base().AskAgain()
	if _, _, err := sets.Get(t.Context(), q); !errors.Is(err, rueidisstore.ErrMode) {
		t.Errorf("a hit where another mode has come: %v", err)
	}
}

// Sets mode follows Sentinel, and finds nothing on the new master.
func TestSetsUnderSentinel(t *testing.T) {
	t.Parallel()
	sentinel := redistest.StartSentinel(t)
	s := newSets(t, sentinel.URL())
	q := rowQuery("t", "1")
	put(t, s, q)
	wantHit(t, s, q)
	if err := sentinel.Failover(); err != nil {
		t.Fatal(err)
	}
	raw, err := s.Base().Raw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	await(t, "the client is told of the new master", func() bool { return raw.Nodes()[sentinel.Master().Addr()] != nil })
	wantMiss(t, s, q)
	put(t, s, q)
	wantHit(t, s, q)
	write(t, s, ofRow("t", "1"))
	wantMiss(t, s, q)
}
