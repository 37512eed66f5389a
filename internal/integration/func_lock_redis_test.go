package integration

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops"
)

// newLocked is a function with the lock in two processes on one Redis.
func newLocked(t *testing.T, run func(ctx context.Context, c category) (string, error)) (*funcs, []*cacheops.Func[category, string], *redisKeys) {
	t.Helper()
	server := startRedis(t)
	one := newFuncs(t, onRedis(newRedisStore(t, server)))
	other := openCachedSQLite(t, one.path, onRedis(newRedisStore(t, server)))
	var fns []*cacheops.Func[category, string]
	for _, s := range []*cachedSQLite{one.cachedSQLite, other} {
		fns = append(fns, newFunc(t, s.cache, "locked", run, cacheops.Lock()))
	}
	return one, fns, &redisKeys{t: t, client: rawClient(t, server)}
}

// Of fifty callers in two processes one runs a function that has the lock. Its error is
// its own, and the next one runs it.
func TestFuncWithLock(t *testing.T) {
	t.Parallel()
	own := errors.New("own")
	var runs atomic.Int64
	_, fns, _ := newLocked(t, func(context.Context, category) (string, error) {
		if runs.Add(1) == 1 {
			return "", own
		}
		return "done", nil
	})
	var failed atomic.Int64
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			switch s, err := fns[i%2].Call(context.Background(), category{1}); {
			case errors.Is(err, own):
				failed.Add(1)
			case err != nil || s != "done":
				t.Errorf("%q, %v", s, err)
			}
		})
	}
	all.Wait()
	// In the process of the one that failed all who waited for it ask for the lock by
	// themselves, and find what the next one stored.
	if n, f := runs.Load(), failed.Load(); n != 2 || f != 1 {
		t.Errorf("it ran %d times, and %d callers had the error", n, f)
	}
}

// Who holds the lock and is gone holds it no longer than the lock lives.
func TestFuncWhoseLockIsHeldByTheDead(t *testing.T) {
	t.Parallel()
	var runs atomic.Int64
	_, fns, keys := newLocked(t, func(context.Context, category) (string, error) {
		runs.Add(1)
		return "done", nil
	})
	ctx := context.Background()
	before := keys.all()
	if _, err := fns[0].Call(ctx, category{1}); err != nil {
		t.Fatal(err)
	}
	entry := ""
	for key := range keys.all() {
		if !before[key] && !strings.Contains(key, "{") {
			entry = key
		}
	}
	prefix, digest, ok := strings.Cut(entry, ":")
	if !ok {
		t.Fatalf("the entry is %q", entry)
	}
	if err := fns[0].Invalidate(ctx); err != nil {
		t.Fatal(err)
	}
	lock := prefix + ":{" + digest + "}:lock"
	if err := keys.client.Do(ctx, keys.client.B().Set().Key(lock).Value("of the dead").Px(300*time.Millisecond).Build()).Error(); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			if s, err := fns[i%2].Call(ctx, category{1}); s != "done" || err != nil {
				t.Errorf("%q, %v", s, err)
			}
		})
	}
	all.Wait()
	if n := runs.Load(); n != 2 {
		t.Errorf("it ran %d times, want 2", n)
	}
}

// redisKeys looks at the keys of a server.
type redisKeys struct {
	t      *testing.T
	client rueidis.Client
}

// all are the keys that there are.
func (k *redisKeys) all() map[string]bool {
	k.t.Helper()
	list, err := k.client.Do(context.Background(), k.client.B().Keys().Pattern("*").Build()).AsStrSlice()
	if err != nil {
		k.t.Fatal(err)
	}
	out := make(map[string]bool, len(list))
	for _, key := range list {
		out[key] = true
	}
	return out
}
