package integration

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
)

// What others keep in a Redis is left alone, whatever is invalidated: their keys,
// and the results of a program with another prefix.
func TestRedisIsLeftToOthers(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := startRedis(t)
	s := newItems(t, onRedis(newRedisStore(t, server)))
	neighbour := openCachedSQLite(t, s.path, onRedis(newRedisStore(t, server, func(c *rueidisstore.Config) { c.Prefix = "neighbour" })))
	raw := rawClient(t, server)
	theirs := []string{"session:1", "cacheops", "cacheopsy:g", "{main}:g"}
	for _, key := range theirs {
		if err := raw.Do(ctx, raw.B().Set().Key(key).Value("theirs").Build()).Error(); err != nil {
			t.Fatal(err)
		}
	}
	for name, drop := range map[string]func() error{
		"All":   func() error { return s.cache.Database("main").Invalidate(ctx, cacheops.All()) },
		"Table": func() error { return s.cache.Database("main").Invalidate(ctx, cacheops.Table("items")) },
		"Row": func() error {
			return s.cache.Database("main").Invalidate(ctx, cacheops.Row("items", cacheops.Values{"id": 1}))
		},
		"a write": func() error {
			_, err := s.cached.ExecContext(ctx, "UPDATE items SET name = name WHERE id = 1")
			return err
		},
	} {
		for _, app := range []*cachedSQLite{s, neighbour} {
			app.read(t, namesOfKind, 1)
			app.want(t, "one,two", true, namesOfKind, 1)
		}
		if err := drop(); err != nil {
			t.Fatal(name, err)
		}
		s.want(t, "one,two", false, namesOfKind, 1)
		neighbour.want(t, "one,two", true, namesOfKind, 1)
		for _, key := range theirs {
			if v, err := raw.Do(ctx, raw.B().Get().Key(key).Build()).ToString(); v != "theirs" || err != nil {
				t.Errorf("%s: %s is %q: %v", name, key, v, err)
			}
		}
	}
}

// While a Redis does not answer writes fail and change nothing, or go on with
// Degrade. When it answers again, with all that it had, nobody is served what is
// older than a write that went on, once its process has had a hit.
func TestRedisThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]cacheops.FailureMode{"FailWrites": cacheops.FailWrites, "Degrade": cacheops.Degrade} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startRedis(t)
			impatient := func(c *rueidisstore.Config) {
				c.ReadTimeout, c.WriteTimeout = 100*time.Millisecond, 300*time.Millisecond
			}
			set := func() func(*cacheops.Config, *sqlcache.Config) {
				return onRedis(newRedisStore(t, server, impatient), func(c *cacheops.Config, _ *sqlcache.Config) {
					// The fence that was not answered may be there until its time is over.
					c.OnStoreFailure, c.FenceTTL = failure, 2*time.Second
				})
			}
			s := newItems(t, set())
			other := openCachedSQLite(t, s.path, set())
			hits := func(app *cachedSQLite, want string) {
				t.Helper()
				for limit := time.Now().Add(30 * time.Second); ; {
					rows, hit := app.read(t, namesOfKind, 1)
					if rows != want {
						t.Fatalf("STALE: %q, hit %v, want %q", rows, hit, want)
					}
					if hit {
						return
					}
					if time.Now().After(limit) {
						t.Fatalf("no hit: %v", app.lastReason.Load())
					}
				}
			}
			hits(s, "one,two")
			hits(other, "one,two")
			server.Pause()
			_, err := s.cached.Exec(renameOne)
			want := "new,two"
			if failure == cacheops.FailWrites {
				want = "one,two"
				if !errors.Is(err, store.ErrUnavailable) {
					t.Errorf("the write: %v", err)
				}
			} else if err != nil {
				t.Error(err)
			}
			if rows, hit := s.read(t, namesOfKind, 1); rows != want || hit {
				t.Errorf("while it is silent: %q, hit %v, want %q", rows, hit, want)
			}
			server.Resume()
			hits(s, want)
			hits(other, want)
		})
	}
}
