package memory_test

import (
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cacheops/cacheops/cachetest/storetest"
	"github.com/cacheops/cacheops/store"
	"github.com/cacheops/cacheops/store/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a clock that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// harness runs the conformance suite on this store.
func harness() storetest.Harness {
	// clocks finds the clock of a store that the suite hands back.
	var clocks sync.Map
	open := func(t testing.TB, config memory.Config) store.Store {
		t.Helper()
		c := &clock{now: time.Unix(1_700_000_000, 0)}
		config.Clock = c.Now
		s, err := memory.New(config)
		if err != nil {
			t.Fatal(err)
		}
		clocks.Store(s, c)
		return s
	}
	of := func(s store.Store) *memory.Store { return s.(*memory.Store) }
	return storetest.Harness{
		New:         func(t testing.TB) store.Store { return open(t, memory.Config{}) },
		NewSmall:    func(t testing.TB) store.Store { return open(t, memory.Config{MaxBytes: 1 << 20}) },
		RefusesDead: true,
		Advance: func(s store.Store, d time.Duration) {
			c, _ := clocks.Load(s)
			c.(*clock).Advance(d)
			of(s).ClockMoved()
		},
		Expire:        func(s store.Store, database string, token store.Token) { of(s).Expire(database, token) },
		EvictStamp:    func(s store.Store, database, table, key string) { of(s).EvictStamp(database, table, key) },
		EvictEpoch:    func(s store.Store, database, table string) { of(s).EvictEpoch(database, table) },
		EvictGlobal:   func(s store.Store, database string) { of(s).EvictGlobal(database) },
		EvictRegistry: func(s store.Store, database, table string) { of(s).EvictRegistry(database, table) },
		EvictLive:     func(s store.Store, database, table string) { of(s).EvictLive(database, table) },
		Flush:         func(s store.Store) { of(s).Flush() },
		Break:         func(s store.Store, g storetest.Safeguard) { of(s).Break(g) },
		Absent: map[string]string{
			"GetApart": "its Get is one step",
			"Second":   "it is of one process",
			"Stall":    "it asks nobody",
		},
	}
}

func TestExhaustive(t *testing.T) { storetest.Exhaustive(t, harness()) }

func TestConformance(t *testing.T) { storetest.Run(t, harness()) }
