package integration

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// What is there is not taken under Bypass, while the cache is disabled, and where it
// cannot be read; and Get goes by the same.
func TestFuncThatIsThereIsNotTaken(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, nil)
	ctx := context.Background()
	fn := newFunc(t, f.cache, "n", f.counting)
	if err := cacheops.Set(ctx, f.cache, "a", "x", time.Minute); err != nil {
		t.Fatal(err)
	}
	calls(t, f, fn, category{1}, 1, true)
	ran := func(ctx context.Context, want int64) {
		t.Helper()
		if got, err := fn.Call(ctx, category{1}); got != want || err != nil {
			t.Errorf("%d, %v; want %d", got, err, want)
		}
		if v, err := cacheops.Get[string](ctx, f.cache, "a"); !errors.Is(err, cacheops.ErrMiss) {
			t.Errorf("a value is there: %q, %v", v, err)
		}
	}
	ran(cacheops.Bypass(ctx), 2)
	f.cache.SetDisabled(true)
	ran(ctx, 3)
	f.cache.SetDisabled(false)
	before := f.cache.Stats().Funcs
	calls(t, f, fn, category{1}, 1, false)
	if n := f.cache.Stats().Funcs; n.Hits != before.Hits+1 || n.Misses != before.Misses || n.Uncached != before.Uncached {
		t.Errorf("a hit was counted as %+v after %+v", n, before)
	}
	if v, err := cacheops.Get[string](ctx, f.cache, "a"); v != "x" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
}

// What a connection of the pool reads whose session was changed is nobody else's, also
// as a part of a function's result.
func TestFuncOnAChangedConnection(t *testing.T) {
	t.Parallel()
	for name, profiles := range map[string]cacheops.Profiles{
		"cached": {"posts": {Ops: cacheops.OpAll, TTL: time.Hour}}, "left out": {"posts": {TTL: time.Hour}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := context.Background()
			f := newFuncs(t, func(c *cacheops.Config, d *sqlcache.Config) { c.Profiles, d.MaxOpenConns = profiles, 2 })
			fn := newFunc(t, f.cache, "like", func(ctx context.Context, _ category) (n int, err error) {
				f.runs.Add(1)
				err = f.cached.QueryRowContext(ctx, "SELECT count(*) FROM posts WHERE title LIKE 'ONE'").Scan(&n)
				return n, err
			})
			exec(t, f.cached, "PRAGMA case_sensitive_like = 1")
			calls(t, f, fn, category{}, 0, true) // by the one connection there is, as without the cache
			conn, err := f.cached.Conn(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := conn.ExecContext(ctx, "PRAGMA user_version"); err != nil { // takes it out of the pool
				t.Fatal(err)
			}
			calls(t, f, fn, category{}, 1, true)
			calls(t, f, fn, category{}, 1, false)
		})
	}
}
