package faults

import (
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/redistest"
)

// The slots of tables and of entries move to another node and back, key by key, with
// stops in between. Whoever asks meanwhile is sent on (ASK), or told to come again
// (TRYAGAIN) where a call's keys are on both.
func TestResharding(t *testing.T) {
	t.Parallel()
	c := redistest.StartCluster(t, unsaved)
	l := startLoad(t, three(c.URL())...)
	slots := l.busySlots(c, 4)
	l.under(func() {
		for range 2 { // the second time it moves on
			for _, slot := range slots {
				from := c.MasterOf(slot)
				to := c.Nodes()[0] // one of the masters, but this
				if from == to {
					to = c.Nodes()[1]
				}
				m, err := c.BeginMigration(slot, to)
				for moved := 1; err == nil && moved > 0; {
					l.wait(30 * time.Millisecond)
					moved, err = m.Move(3)
				}
				if err != nil {
					t.Fatal(err)
				}
				l.wait(30 * time.Millisecond)
				m.Finish()
			}
		}
	})
	for _, word := range []string{"ASK", "MOVED", "TRYAGAIN"} {
		n := 0
		for _, s := range c.Nodes() {
			if s.Info("errorstats")["errorstat_"+word] != "" {
				n++
			}
		}
		if n == 0 {
			t.Errorf("no node has answered with %s, so it is not shown what becomes of that", word)
		}
	}
}

// busySlots returns the slots of the tables, of the database and of some entries.
func (l *load) busySlots(c *redistest.Cluster, entries int) (slots []int) {
	l.t.Helper()
	seen := make(map[int]bool)
	add := func(key string) {
		if slot := c.Slot(key); !seen[slot] {
			seen[slot] = true
			slots = append(slots, slot)
		}
	}
	for _, s := range c.Nodes() {
		keys, err := s.List("KEYS", "faults:*")
		if err != nil {
			l.t.Fatal(err)
		}
		for _, key := range keys {
			switch {
			case strings.Contains(key, "}e:"), strings.HasSuffix(key, "}:g"):
				add(key)
			case !strings.Contains(key, "{") && entries > 0:
				entries--
				add(key)
			}
		}
	}
	return slots
}
