package integration

import (
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store/memory"
)

// Entries end by the TTL of their profile, of the shortest where they read several
// tables, or of the call that stored them.
func TestTTL(t *testing.T) {
	t.Parallel()
	const short, long = "SELECT name FROM items WHERE id = 1", "SELECT name FROM others WHERE id = 1"
	const joined, unnamed = "SELECT o.name FROM others o JOIN items i ON i.id = o.id WHERE o.id = 1", "SELECT name FROM rest WHERE id = 1"
	ctx := t.Context()
	asked := cacheops.With(ctx, cacheops.Ops(cacheops.OpAll))
	for _, tt := range []struct {
		name, query string
		after       time.Duration // the call that stores it asks for it; 0: it does not
		lives, ends time.Duration
	}{
		{"a profile's", short, 0, 50 * time.Second, 70 * time.Second},
		{"the default", long, 0, 9 * time.Minute, 11 * time.Minute},
		{"the shortest of two", joined, 0, 50 * time.Second, 70 * time.Second},
		{"of a table without profile", unnamed, 0, 9 * time.Minute, 11 * time.Minute},
		{"longer by the call", short, 5 * time.Minute, 4 * time.Minute, 6 * time.Minute},
		{"shorter by the call", long, time.Minute, 50 * time.Second, 70 * time.Second},
		{"none by the call", short, -time.Minute, 50 * time.Second, 70 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			clock := newClock()
			st := newStore(t, memory.Config{Clock: clock.now})
			s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) {
				c.Store = st
				c.Defaults = cacheops.Profile{TTL: 10 * time.Minute}
				c.Profiles = cacheops.Profiles{"items": {Ops: cacheops.OpAll, TTL: time.Minute}, "others": {Ops: cacheops.OpAll}}
			})
			exec(t, s.cached, createOthers, "INSERT INTO others VALUES (1, 1, 'one')",
				"CREATE TABLE rest (id INTEGER PRIMARY KEY, name TEXT)", "INSERT INTO rest VALUES (1, 'one')")
			want := func(hit bool, ttl time.Duration) {
				t.Helper()
				if got, gotHit := readWith(cacheops.With(asked, cacheops.TTL(ttl)), t, s, s.cached, tt.query); got != "one" || gotHit != hit {
					t.Errorf("%q, hit %v, want %v", got, gotHit, hit)
				}
			}
			want(false, tt.after)
			clock.advance(tt.lives)
			want(true, time.Second) // the one who reads it does not matter
			clock.advance(tt.ends - tt.lives)
			want(false, tt.after)
		})
	}
}
