package integration

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
)

// Whatever key Redis loses, before or after a write, no function returns what is old.
func TestFuncWhereRedisLosesAKey(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	raw := rawClient(t, server)
	ctx := context.Background()
	// Two processes, of which one writes and both call.
	one := newFuncs(t, onRedis(newRedisStore(t, server)))
	other := openCachedSQLite(t, one.path, onRedis(newRedisStore(t, server)))
	var outers []*cacheops.Func[category, string]
	for _, s := range []*cachedSQLite{one.cachedSQLite, other} {
		f := &funcs{cachedSQLite: s}
		inner := newFunc(t, s.cache, "summary", f.summarise)
		outers = append(outers, newFunc(t, s.cache, "outer", func(ctx context.Context, c category) (string, error) {
			n, err := inner.Call(ctx, c)
			return fmt.Sprint(n), err
		}, cacheops.TTL(10*time.Hour)))
	}
	keys := func() []string {
		t.Helper()
		list, err := raw.Do(ctx, raw.B().Keys().Pattern("*").Build()).AsStrSlice()
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	n := 0
	write := func() string {
		t.Helper()
		n++
		title := fmt.Sprint("title ", n)
		exec(t, other.cached, "UPDATE posts SET title = '"+title+"' WHERE id = 1")
		return fmt.Sprint(summary{2, title})
	}
	want := func(key, want string) {
		t.Helper()
		for i, fn := range outers {
			if got, err := fn.Call(ctx, category{1}); got != want || err != nil {
				t.Fatalf("without %q process %d returns %q, %v; want %q", key, i, got, err, want)
			}
		}
	}
	title := write()
	want("nothing", title)
	lost := 0
	for _, key := range keys() {
		for _, first := range []bool{true, false} {
			want(key, title) // all is there
			if !first {
				title = write()
			}
			if err := raw.Do(ctx, raw.B().Del().Key(key).Build()).Error(); err != nil {
				t.Fatal(err)
			}
			lost++
			if first {
				want(key, title)
				if err := raw.Do(ctx, raw.B().Del().Key(key).Build()).Error(); err != nil {
					t.Fatal(err)
				}
				title = write()
			}
			want(key, title)
		}
	}
	if lost < 20 {
		t.Errorf("only %d keys were lost", lost)
	}
}

// The context's end does not have a result stored that a function made of what it could
// not read: in Redis a fill outlives its caller.
func TestFuncWhoseContextEndsInRedis(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, onRedis(newRedisStore(t, startRedis(t))))
	ctx, cancel := context.WithCancel(context.Background())
	fn := newFunc(t, f.cache, "title", func(ctx context.Context, id int64) (string, error) {
		if id == 1 {
			cancel()
		}
		s, err := f.title(ctx, id)
		if err != nil {
			return instead, nil //nolint:nilerr // as programs do
		}
		return s, nil
	})
	if s, err := fn.Call(ctx, 1); s != instead || err != nil {
		t.Fatalf("%q, %v", s, err)
	}
	notStored(t, f, fn, 1, "")
}
