package faults

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/redistest"
)

// A server that has room for a tenth of the data evicts whatever its policy says:
// entries, stamps, fences and registries. What is read is never stale, and no write
// fails, also where nothing may be evicted.
func TestEviction(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{
		"noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
	} {
		if !takes(t, policy) {
			continue
		}
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			s := redistest.Start(t, unsaved, redistest.WithSettings("maxmemory-policy "+policy))
			// Large rows: what the clients take counts too.
			l := startLoadOf(t, 32<<10, nil, three(s.URL())...)
			var limit int
			l.still(func() {
				do(l, s, "FLUSHALL")
				nothing := number(l, s.Info("memory")["used_memory"]) // for the clients and scripts
				for range 2 {
					l.readAll(l.active) // all is stored
				}
				limit = nothing + (number(l, s.Info("memory")["used_memory"])-nothing)/10
			})
			var evicted int
			var refused string
			l.under(func() {
				do(l, s, "CONFIG", "SET", "maxmemory", strconv.Itoa(limit))
				l.wait(*lasts)
				l.await("a write, and a key evicted or a call refused", func() bool {
					evicted, refused = number(l, s.Info("stats")["evicted_keys"]), s.Info("errorstats")["errorstat_OOM"]
					return l.count(during).writes > 0 && (evicted > 0 || policy == "noeviction" && refused != "")
				})
				do(l, s, "CONFIG", "SET", "maxmemory", "0")
			})
			for text, n := range l.refused {
				// On a busy machine a call may be too late.
				if !strings.Contains(text, context.DeadlineExceeded.Error()) {
					t.Errorf("%d writes failed with %s", n, text)
				}
			}
			t.Logf("figure: %s: %d keys evicted, calls refused for want of memory: %s", strings.TrimPrefix(t.Name(), "Test"), evicted, refused)
		})
	}
}

// number reads a number of INFO.
func number(l *load, text string) int {
	l.t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		l.t.Errorf("INFO has %q for a number", text)
	}
	return n
}
