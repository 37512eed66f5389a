package integration

import (
	"context"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// opReads are reads of each kind.
var opReads = []struct {
	op    cacheops.Op
	query string
}{
	{cacheops.OpGet, "SELECT name FROM items WHERE id = 1"},
	{cacheops.OpGet, "SELECT name FROM items WHERE kind = 1 ORDER BY id LIMIT 1"},
	{cacheops.OpFetch, namesOfKind1},
	{cacheops.OpCount, "SELECT count(*) FROM items WHERE kind = 1"},
	{cacheops.OpExists, "SELECT EXISTS (SELECT 1 FROM items WHERE kind = 1)"},
	{cacheops.OpAggregate, "SELECT max(id) FROM items WHERE kind = 1"},
}

const namesOfKind1 = "SELECT name FROM items WHERE kind = 1 ORDER BY id"

// A profile, and a call, caches the kinds of read that it names and no others.
func TestEachOpIsCachedByItself(t *testing.T) {
	t.Parallel()
	for _, chosen := range []cacheops.Op{
		cacheops.OpNone, cacheops.OpGet, cacheops.OpFetch, cacheops.OpCount, cacheops.OpExists, cacheops.OpAggregate,
		cacheops.OpGet | cacheops.OpCount, cacheops.OpAll,
	} {
		// What the profile says, what the call says, and which of them counts.
		for _, tt := range []struct {
			name    string
			profile cacheops.Op
			ctx     context.Context //nolint:containedctx // a case is one call
		}{
			{"by the profile", chosen, t.Context()},
			{"by the call, nothing by the profile", cacheops.OpNone, cacheops.With(t.Context(), cacheops.Ops(chosen))},
			{"by the call, all by the profile", cacheops.OpAll, cacheops.With(t.Context(), cacheops.Ops(chosen))},
		} {
			t.Run(chosen.String()+" "+tt.name, func(t *testing.T) {
				t.Parallel()
				s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) {
					c.Profiles = cacheops.Profiles{"items": {Ops: tt.profile}}
				})
				for _, r := range opReads {
					first, _ := readWith(tt.ctx, t, s, s.cached, r.query)
					second, hit := readWith(tt.ctx, t, s, s.cached, r.query)
					if want := chosen&r.op != 0; hit != want || first != second {
						t.Errorf("%s: %q, then %q, hit %v, want %v", r.query, first, second, hit, want)
					}
				}
			})
		}
	}
}

// Above Config.MaxDisjunction a read depends on more than its conditions say. It
// is dropped by more writes, and by all that it was dropped by before.
func TestDisjunctionIsBounded(t *testing.T) {
	t.Parallel()
	const in, or = "SELECT name FROM items WHERE id IN (1, 3, 5) ORDER BY id", "SELECT name FROM items WHERE id = 1 AND kind = 1 OR id = 3 OR id = 5 ORDER BY id"
	for _, tt := range []struct {
		bound int
		keeps bool
	}{{0, true}, {3, true}, {2, false}, {1, false}} {
		s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.MaxDisjunction = tt.bound })
		for _, query := range []string{in, or} {
			s.want(t, "one,three", false, query)
			exec(t, s.cached, "UPDATE items SET name = 'two' WHERE id = 2")
			s.want(t, "one,three", tt.keeps, query)
			exec(t, s.cached, "UPDATE items SET name = 'new' WHERE id = 1")
			s.want(t, "new,three", false, query)
			exec(t, s.cached, "UPDATE items SET name = 'one' WHERE id = 1", "INSERT INTO items VALUES (5, 9, 'five')")
			s.want(t, "one,three,five", false, query)
			exec(t, s.cached, "DELETE FROM items WHERE id = 5")
			s.want(t, "one,three", false, query)
		}
	}
}
