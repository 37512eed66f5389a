package integration

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store/memory"
)

// title reads the title of a post.
func (f *funcs) title(ctx context.Context, id int64) (s string, err error) {
	f.runs.Add(1)
	err = f.cached.QueryRowContext(ctx, "SELECT title FROM posts WHERE id = ?", id).Scan(&s)
	return s, err
}

// instead is what a function of these tests returns where another one has nothing.
const instead = "nothing"

// notStored wants the last call of a function to have run it, and its result not to be
// stored for that reason.
func notStored[A any](t *testing.T, f *funcs, fn *cacheops.Func[A, string], args A, reason string) {
	t.Helper()
	if got := f.last().Reason; !strings.Contains(got, reason) {
		t.Errorf("the reason is %q, want %q", got, reason)
	}
	if got, err := fn.Peek(context.Background(), args); !errors.Is(err, cacheops.ErrMiss) {
		t.Errorf("%q was stored: %v", got, err)
	}
}

// A function that goes on after what it called has panicked does not know what that
// read.
func TestFuncThatRecovers(t *testing.T) {
	t.Parallel()
	for name, panics := range map[string]func(f *funcs) func(ctx context.Context) string{
		"a function": func(f *funcs) func(ctx context.Context) string {
			inner := newFunc(t, f.cache, "inner", func(ctx context.Context, id int64) (string, error) {
				if s, err := f.title(ctx, id); s != "one" || err != nil {
					return s, err
				}
				panic("one")
			})
			return func(ctx context.Context) string {
				s, err := inner.Call(ctx, 1)
				if err != nil {
					t.Error(err)
				}
				return s
			}
		},
		"the driver": func(f *funcs) func(ctx context.Context) string {
			var once atomic.Bool
			f.gate.set(func(_ context.Context, text string) error {
				if strings.HasPrefix(text, "SELECT title") && !once.Swap(true) {
					panic("the driver's")
				}
				return nil
			}, nil)
			return func(ctx context.Context) string {
				s, err := f.title(ctx, 1)
				if err != nil {
					t.Error(err)
				}
				return s
			}
		},
		"the driver, past the cache": func(f *funcs) func(ctx context.Context) string {
			var once atomic.Bool
			f.gate.set(func(_ context.Context, text string) error {
				if strings.HasPrefix(text, "SELECT title") && !once.Swap(true) {
					panic("the driver's")
				}
				return nil
			}, nil)
			return func(ctx context.Context) (s string) {
				ctx = cacheops.With(ctx, cacheops.TTL(time.Minute))
				if err := f.cached.QueryRowContext(ctx, "SELECT title, random() FROM posts WHERE id = 1").Scan(&s, new(int64)); err != nil {
					t.Error(err)
				}
				return s
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFuncs(t, nil)
			run := panics(f)
			outer := newFunc(t, f.cache, "outer", func(ctx context.Context, _ struct{}) (s string, err error) {
				defer func() {
					if recover() != nil {
						s = instead
					}
				}()
				return run(ctx), nil
			})
			if s, err := outer.Call(context.Background(), struct{}{}); s != instead || err != nil {
				t.Fatalf("%q, %v", s, err)
			}
			notStored(t, f, outer, struct{}{}, "")
			exec(t, f.cached, "UPDATE posts SET title = 'new' WHERE id = 1")
			if s, err := outer.Call(context.Background(), struct{}{}); s != "new" || err != nil {
				t.Errorf("after the write: %q, %v", s, err)
			}
		})
	}
}

// A function that goes on after what it called has failed does not know either, whatever
// it was that failed.
func TestFuncThatGoesOnAfterAnError(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		reason string
		run    func(t *testing.T, f *funcs) func(ctx context.Context) (string, error)
	}{
		"a connection that is broken": {"a query failed", func(_ *testing.T, f *funcs) func(ctx context.Context) (string, error) {
			f.gate.refuse(driver.ErrBadConn)
			return func(ctx context.Context) (string, error) { return f.title(ctx, 1) }
		}},
		"a statement that cannot be prepared": {"failed", func(_ *testing.T, f *funcs) func(ctx context.Context) (string, error) {
			return func(ctx context.Context) (string, error) {
				s, err := f.cached.PrepareContext(ctx, "SELECT nothing FROM posts")
				if err == nil {
					err = s.Close()
				}
				return "", err
			}
		}},
		"a transaction that cannot begin": {"failed", func(_ *testing.T, f *funcs) func(ctx context.Context) (string, error) {
			f.gate.set(func(_ context.Context, text string) error {
				if text == "BEGIN" {
					return errors.New("no")
				}
				return nil
			}, nil)
			return func(ctx context.Context) (string, error) {
				tx, err := f.cached.BeginTx(ctx, nil)
				if err == nil {
					err = tx.Rollback()
				}
				return "", err
			}
		}},
		"a table that is never cached, asked for": {"failed", func(_ *testing.T, f *funcs) func(ctx context.Context) (string, error) {
			return func(ctx context.Context) (s string, err error) {
				ctx = cacheops.With(ctx, cacheops.Ops(cacheops.OpAll))
				err = f.cached.QueryRowContext(ctx, "SELECT name FROM tags").Scan(&s)
				return s, err
			}
		}},
		"its caller's context": {"ended", func(_ *testing.T, f *funcs) func(ctx context.Context) (string, error) {
			return func(ctx context.Context) (string, error) {
				cancel, _ := ctx.Value(cancelKey{}).(func())
				cancel()
				return f.title(ctx, 1)
			}
		}},
		"a function that another caller runs": {"inner: it failed", func(t *testing.T, f *funcs) func(ctx context.Context) (string, error) {
			reached, resume := make(chan struct{}), make(chan struct{})
			ended := make(chan struct{})
			inner := newFunc(t, f.cache, "inner", func(context.Context, struct{}) (string, error) {
				close(reached)
				<-resume
				return "", nil
			})
			go func() {
				defer close(ended)
				if _, err := inner.Call(context.Background(), struct{}{}); err != nil {
					t.Error(err)
				}
			}()
			<-reached
			t.Cleanup(func() { <-ended })
			return func(ctx context.Context) (string, error) {
				defer close(resume)
				ctx, cancel := context.WithCancel(ctx)
				cancel()
				return inner.Call(ctx, struct{}{})
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFuncs(t, func(c *cacheops.Config, _ *sqlcache.Config) {
				c.Profiles["tags"] = cacheops.Profile{Mode: cacheops.Never}
			})
			run := x.run(t, f)
			fn := newFunc(t, f.cache, "f", func(ctx context.Context, _ struct{}) (string, error) {
				if s, err := run(ctx); err == nil {
					return s, nil
				}
				return instead, nil
			})
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			ctx = context.WithValue(ctx, cancelKey{}, func() { cancel() })
			if s, err := fn.Call(ctx, struct{}{}); s != instead || err != nil {
				t.Fatalf("%q, %v", s, err)
			}
			notStored(t, f, fn, struct{}{}, x.reason)
		})
	}
}

type cancelKey struct{}

// What time alone ends lets nothing live longer that is made with it, however many
// functions are in between.
func TestFuncLivesNoLongerThanWhatIsDeepInside(t *testing.T) {
	t.Parallel()
	for _, hit := range []bool{false, true} {
		clock := newClock()
		st := newStore(t, memory.Config{Clock: clock.now})
		f := newFuncs(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.Store = st })
		timed := newFunc(t, f.cache, "timed", f.counting, cacheops.TTLOnly(), cacheops.TTL(time.Minute))
		middle := newFunc(t, f.cache, "middle", timed.Call)
		outer := newFunc(t, f.cache, "outer", middle.Call, cacheops.TTL(time.Hour))
		ctx := context.Background()
		if hit {
			if _, err := middle.Call(ctx, category{1}); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := outer.Call(ctx, category{1}); n != 1 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		clock.advance(time.Minute + time.Second)
		if n, err := outer.Call(ctx, category{1}); n != 2 || err != nil {
			t.Errorf("with a hit (%v) in between the result outlives what it is made of: %d, %v", hit, n, err)
		}
	}
}

// A function that bypasses one that it calls does not know what that depends on.
func TestFuncBypassesAnother(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, nil)
	inner := newFunc(t, f.cache, "inner", f.counting, cacheops.TTLOnly())
	outer := newFunc(t, f.cache, "outer", func(ctx context.Context, c category) (string, error) {
		_, err := inner.Call(cacheops.Bypass(ctx), c)
		return instead, err
	})
	if _, err := outer.Call(context.Background(), category{1}); err != nil {
		t.Fatal(err)
	}
	notStored(t, f, outer, category{1}, "inner: bypassed by the context")
}

// A connection whose state changes what reads return is no source for results of
// others.
func TestFuncOverATaintedConnection(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, nil)
	ctx := context.Background()
	conn, err := f.cached.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(ctx, "CREATE TEMP TABLE posts AS SELECT 1 AS id, 1 AS category_id, 'temporary' AS title"); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	fn := newFunc(t, f.cache, "title", f.title)
	seen, err := fn.Call(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	if seen != "temporary" {
		t.Fatalf("the connection was not used: %q", seen)
	}
	notStored(t, f, fn, 1, "query")
}

// Set replaces what is there, also where nothing may be stored in its place.
func TestSetDropsWhatWasThere(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, nil)
	ctx := context.Background()
	fn := newFunc(t, f.cache, "n", f.counting, cacheops.TTLOnly())
	set := func(ctx context.Context, n int64) {
		t.Helper()
		if err := errors.Join(fn.Set(ctx, category{1}, n), cacheops.Set(ctx, f.cache, "n", n, time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	for name, with := range map[string]func() (context.Context, func()){
		"bypassed": func() (context.Context, func()) { return cacheops.Bypass(ctx), func() {} },
		"disabled": func() (context.Context, func()) {
			f.cache.SetDisabled(true)
			return ctx, func() { f.cache.SetDisabled(false) }
		},
	} {
		set(ctx, 1)
		under, end := with()
		set(under, 2)
		end()
		if n, err := fn.Peek(ctx, category{1}); !errors.Is(err, cacheops.ErrMiss) {
			t.Errorf("%s: Peek returns %d, %v", name, n, err)
		}
		if n, err := cacheops.Get[int64](ctx, f.cache, "n"); !errors.Is(err, cacheops.ErrMiss) {
			t.Errorf("%s: Get returns %d, %v", name, n, err)
		}
	}
}
