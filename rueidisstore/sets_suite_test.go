package rueidisstore_test

import (
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops/cachetest/storetest"
	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/store"
)

// newSets makes a store in sets mode with a prefix of its own, closed with the test.
func newSets(t testing.TB, url string, change ...func(*rueidisstore.Config)) *rueidisstore.Sets {
	t.Helper()
	s := openSets(t, url, change...)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func openSets(t testing.TB, url string, change ...func(*rueidisstore.Config)) *rueidisstore.Sets {
	t.Helper()
	s, err := rueidisstore.NewSets(config(url, change...))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// setsHarness runs the conformance suite in sets mode. What is absent is what the mode
// does not promise: that a set may be lost and its entries not.
func setsHarness(url string, change ...func(*rueidisstore.Config)) storetest.Harness {
	const kept = "a set is never evicted: the store refuses a server that could, and TestSetsOnServerThatEvicts tries it"
	return storetest.Harness{
		New:         func(t testing.TB) store.Store { return openSets(t, url, change...) },
		RefusesDead: true,
		Advance:     func(s store.Store, d time.Duration) { newRaw(tb(), s).advance(d) },
		Expire: func(s store.Store, database string, token store.Token) {
			newRaw(tb(), s).expire(database, token)
		},
		EvictRegistry: func(s store.Store, database, table string) {
			newRaw(tb(), s).lose(baseOf(s).RegistryKey(database, table))
		},
		EvictLive: func(s store.Store, database, table string) {
			newRaw(tb(), s).lose(baseOf(s).LiveKey(database, table))
		},
		Flush:     func(s store.Store) { newRaw(tb(), s).flush() },
		Slow:      true,
		WallClock: true,
		Second: func(t testing.TB, s store.Store) store.Store {
			return openSets(t, url, append(slices.Clone(change), prefixed(baseOf(s).Prefix()))...)
		},
		Absent: map[string]string{
			"EvictStamp": kept, "EvictEpoch": kept, "EvictGlobal": kept,
			"NewSmall": "a server that is full refuses, and evicts nothing: TestSetsOnFullServer tries it",
			"GetApart": "a hit is one GET",
			"Break":    "an entry that a broken script leaves is found at once: internal/tools/selftest breaks them one by one",
		},
	}
}

func TestSetsConformance(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	h := setsHarness(server.URL())
	h.Stall = func(store.Store) (resume func()) {
		if err := server.Pause(); err != nil {
			panic(err)
		}
		return func() {
			if err := server.Resume(); err != nil {
				panic(err)
			}
		}
	}
	storetest.Run(t, h)
}

// TestSetsConformanceInEnvelopes is TestSetsConformance with all results compressed that
// become smaller by it, and encrypted.
func TestSetsConformanceInEnvelopes(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.WithSettings("save ''"))
	h := setsHarness(server.URL(), keyed("a", "b"), compressing(1))
	h.Absent["Stall"] = "it is the same without envelopes"
	storetest.Run(t, h)
}

// TestSetsExhaustive drives the scripts of sets mode through the schedules of the
// protocol, with writers that crash and fences that run out.
func TestSetsExhaustive(t *testing.T) {
	t.Parallel()
	const databases = 256
	server := redistest.Start(t, redistest.WithSettings("save ''", "databases "+strconv.Itoa(databases)))
	h := setsHarness(server.URL())
	h.Absent["Stall"] = "not used here"
	// As in TestExhaustive.
	var numbers atomic.Int64
	h.New = func(t testing.TB) store.Store {
		return openSets(t, server.URL()+"/"+strconv.FormatInt(numbers.Add(1)%databases, 10))
	}
	storetest.Exhaustive(t, h)
}
