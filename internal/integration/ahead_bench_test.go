package integration

import (
	"context"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// What a write of a row that is cached costs, with its get read again after the commit
// and without, and what the two cost together.
func BenchmarkCacheOnSave(b *testing.B) {
	for _, on := range []struct {
		name   string
		column string
		redis  bool
	}{{"memory/without", "", false}, {"memory/with", "id", false}, {"redis/without", "", true}, {"redis/with", "id", true}} {
		b.Run(on.name, func(b *testing.B) {
			set := func(c *cacheops.Config, _ *sqlcache.Config) {
				c.Profiles = cacheops.Profiles{everyTable: {Ops: cacheops.OpAll, CacheOnSave: on.column}}
				c.Hooks = cacheops.Hooks{}
			}
			if on.redis {
				set = onRedis(newRedisStore(b, startRedis(b)), set)
			}
			s := newItems(b, set)
			ctx := context.Background()
			get := func(b *testing.B) {
				b.Helper()
				var name string
				if err := s.cached.QueryRowContext(ctx, itemByID, 1).Scan(&name); err != nil {
					b.Fatal(err)
				}
			}
			for name, also := range map[string]bool{"write": false, "write and get": true} {
				b.Run(name, func(b *testing.B) {
					get(b)
					b.ReportAllocs()
					for b.Loop() {
						if _, err := s.cached.ExecContext(ctx, "UPDATE items SET kind = kind + 1 WHERE id = 1"); err != nil {
							b.Fatal(err)
						}
						if also {
							get(b)
						}
					}
				})
			}
		})
	}
}
