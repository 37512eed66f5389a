package integration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// funcs is a database with functions over it.
type funcs struct {
	*cachedSQLite
	runs atomic.Int64

	mu    sync.Mutex // guards event
	event cacheops.ReadEvent
}

// newFuncs makes a database of posts, of categories 1 and 2, and of tags.
func newFuncs(t testing.TB, change func(*cacheops.Config, *sqlcache.Config)) *funcs {
	t.Helper()
	f := new(funcs)
	f.cachedSQLite = newCachedSQLite(t, func(c *cacheops.Config, d *sqlcache.Config) {
		inner := c.Hooks.OnRead
		c.Hooks.OnRead = func(ctx context.Context, e cacheops.ReadEvent) {
			if e.Func == "" {
				inner(ctx, e)
				return
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			f.event = e
		}
		if change != nil {
			change(c, d)
		}
	})
	exec(t, f.cached,
		"CREATE TABLE posts (id INTEGER PRIMARY KEY, category_id INTEGER NOT NULL, title TEXT NOT NULL)",
		"CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT NOT NULL)",
		"INSERT INTO posts VALUES (1, 1, 'one'), (2, 1, 'two'), (3, 2, 'three')",
		"INSERT INTO tags VALUES (1, 'go')")
	return f
}

// last is the event of the last call.
func (f *funcs) last() cacheops.ReadEvent {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.event
}

type category struct{ ID int64 }

type summary struct {
	Posts int
	Title string
}

// summarise counts the posts of a category, and takes the first title.
func (f *funcs) summarise(ctx context.Context, c category) (s summary, err error) {
	f.runs.Add(1)
	if err = f.cached.QueryRowContext(ctx, "SELECT count(*) FROM posts WHERE category_id = ?", c.ID).Scan(&s.Posts); err != nil {
		return s, err
	}
	err = f.cached.QueryRowContext(ctx, "SELECT title FROM posts WHERE category_id = ? ORDER BY id LIMIT 1", c.ID).Scan(&s.Title)
	return s, err
}

// newFunc makes a function, which has to be possible.
func newFunc[A, R any](t testing.TB, c *cacheops.Cache, name string, f func(context.Context, A) (R, error), options ...cacheops.FuncOption) *cacheops.Func[A, R] {
	t.Helper()
	fn, err := cacheops.NewFunc(c, name, f, options...)
	if err != nil {
		t.Fatal(err)
	}
	return fn
}

// calls wants a call to return a value, and to run the function or not.
func calls[A any, R comparable](t testing.TB, f *funcs, fn *cacheops.Func[A, R], args A, want R, ran bool) {
	t.Helper()
	before := f.runs.Load()
	got, err := fn.Call(context.Background(), args)
	if err != nil || got != want {
		t.Fatalf("Call(%v) = %v, %v; want %v", args, got, err, want)
	}
	if r := f.runs.Load() > before; r != ran {
		t.Fatalf("Call(%v): ran is %v, want %v; the event is %+v", args, r, ran, f.last())
	}
}

func TestFuncIsDroppedByWhatItRead(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, nil)
	fn := newFunc(t, f.cache, "summary", f.summarise)
	one, two := category{1}, category{2}
	calls(t, f, fn, one, summary{2, "one"}, true)
	calls(t, f, fn, one, summary{2, "one"}, false)
	calls(t, f, fn, two, summary{1, "three"}, true)
	if e := f.last(); e.Func != "summary" || e.Hit || e.Reason != "" {
		t.Errorf("the event of a miss is %+v", e)
	}
	calls(t, f, fn, two, summary{1, "three"}, false)
	if e := f.last(); !e.Hit {
		t.Errorf("the event of a hit is %+v", e)
	}

	exec(t, f.cached, "UPDATE posts SET title = 'first' WHERE id = 1")
	calls(t, f, fn, one, summary{2, "first"}, true)
	calls(t, f, fn, two, summary{1, "three"}, false)
	exec(t, f.cached, "UPDATE posts SET category_id = 2 WHERE id = 2")
	calls(t, f, fn, one, summary{1, "first"}, true)
	calls(t, f, fn, two, summary{2, "two"}, true)
	exec(t, f.cached, "INSERT INTO tags VALUES (2, 'sql')")
	calls(t, f, fn, one, summary{1, "first"}, false)
	if err := f.cache.Database("main").Invalidate(context.Background(), cacheops.Row("posts", cacheops.Values{"category_id": 2})); err != nil {
		t.Fatal(err)
	}
	calls(t, f, fn, one, summary{1, "first"}, false)
	calls(t, f, fn, two, summary{2, "two"}, true)
	if err := f.cache.Database("main").Invalidate(context.Background(), cacheops.All()); err != nil {
		t.Fatal(err)
	}
	calls(t, f, fn, one, summary{1, "first"}, true)
}

// The queries are recorded whether the cache answers them, the database does, or no
// profile has them cached.
func TestFuncRecordsHitsAndWhatProfilesLeaveOut(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, func(c *cacheops.Config, _ *sqlcache.Config) {
		c.Profiles = cacheops.Profiles{"posts": {TTL: time.Hour}, "tags": {Ops: cacheops.OpAll, TTL: time.Hour}}
	})
	fn := newFunc(t, f.cache, "names", func(ctx context.Context, id int64) (s string, err error) {
		f.runs.Add(1)
		var tag string
		if err = f.cached.QueryRowContext(ctx, "SELECT name FROM tags WHERE id = ?", id).Scan(&tag); err != nil {
			return "", err
		}
		err = f.cached.QueryRowContext(ctx, "SELECT title FROM posts WHERE id = ?", id).Scan(&s)
		return s + " " + tag, err
	})
	f.want(t, "go", false, "SELECT name FROM tags WHERE id = ?", int64(1))
	f.want(t, "go", true, "SELECT name FROM tags WHERE id = ?", int64(1))
	calls(t, f, fn, 1, "one go", true)
	calls(t, f, fn, 1, "one go", false)
	exec(t, f.cached, "UPDATE tags SET name = 'Go' WHERE id = 1")
	calls(t, f, fn, 1, "one Go", true)
	exec(t, f.cached, "UPDATE posts SET title = 'One' WHERE id = 1")
	calls(t, f, fn, 1, "One Go", true)
	exec(t, f.cached, "UPDATE posts SET title = 'Two' WHERE id = 2")
	calls(t, f, fn, 1, "One Go", false)
	asked := cacheops.With(context.Background(), cacheops.Ops(cacheops.OpAll))
	if _, hit := readWith(asked, t, f.cachedSQLite, f.cached, "SELECT title FROM posts WHERE id = ?", int64(1)); hit {
		t.Error("the result of a query that no profile caches was stored")
	}
}

// What keeps a result out of the store, and what is told of it.
func TestFuncIsNotStored(t *testing.T) {
	t.Parallel()
	query := func(ctx context.Context, q interface {
		QueryRowContext(context.Context, string, ...any) *sql.Row
	}, text string,
	) (out string, err error) {
		err = q.QueryRowContext(ctx, text).Scan(&out)
		return out, err
	}
	for name, x := range map[string]struct {
		reason string
		run    func(ctx context.Context, f *funcs) (string, error)
	}{
		"a query that cannot be cached": {"a query passed the cache", func(ctx context.Context, f *funcs) (string, error) {
			return query(ctx, f.cached, "SELECT title || random() FROM posts WHERE id = 1")
		}},
		"a table that is never cached": {"a profile forbids caching", func(ctx context.Context, f *funcs) (string, error) {
			return query(ctx, f.cached, "SELECT name FROM tags")
		}},
		"a bypass": {"bypassed by the context", func(ctx context.Context, f *funcs) (string, error) {
			return query(cacheops.Bypass(ctx), f.cached, "SELECT title FROM posts WHERE id = 1")
		}},
		"a write": {"it runs a statement that is no read", func(ctx context.Context, f *funcs) (string, error) {
			_, err := f.cached.ExecContext(ctx, "UPDATE posts SET title = title WHERE id = 3")
			return "", err
		}},
		"a setting": {"it runs a statement that is no read", func(ctx context.Context, f *funcs) (string, error) {
			return query(ctx, f.cached, "PRAGMA user_version")
		}},
		"the driver's own connection": {"it runs a statement that is no read", func(ctx context.Context, f *funcs) (string, error) {
			conn, err := f.cached.Conn(ctx)
			if err != nil {
				return "", err
			}
			defer conn.Close()
			return "", sqlcache.Raw(ctx, conn, func(any) error { return nil })
		}},
		"a transaction": {"inside a transaction", func(ctx context.Context, f *funcs) (string, error) {
			tx, err := f.cached.BeginTx(ctx, nil)
			if err != nil {
				return "", err
			}
			defer tx.Rollback()
			return query(ctx, tx, "SELECT title FROM posts WHERE id = 1")
		}},
		"a query that fails": {"a query failed", func(ctx context.Context, f *funcs) (string, error) {
			_, _ = query(ctx, f.cached, "SELECT title FROM posts WHERE id = abs(-9223372036854775807 - 1)")
			return "", nil
		}},
		"too many queries": {"more queries", func(ctx context.Context, f *funcs) (out string, err error) {
			for range 1001 {
				if out, err = query(ctx, f.cached, "SELECT title FROM posts WHERE id = 1"); err != nil {
					break
				}
			}
			return out, err
		}},
		"its own error": {"it failed", func(context.Context, *funcs) (string, error) { return "", nil }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFuncs(t, func(c *cacheops.Config, _ *sqlcache.Config) {
				c.Profiles["tags"] = cacheops.Profile{Mode: cacheops.Never}
			})
			own := errors.New("own")
			fn := newFunc(t, f.cache, "f", func(ctx context.Context, _ struct{}) (string, error) {
				f.runs.Add(1)
				out, err := x.run(ctx, f)
				if name == "its own error" {
					err = own
				}
				if errors.Is(err, sql.ErrNoRows) {
					err = nil
				}
				return out, err
			})
			outer := newFunc(t, f.cache, "outer", func(ctx context.Context, _ struct{}) (string, error) {
				out, err := fn.Call(ctx, struct{}{})
				if errors.Is(err, own) {
					err = nil
				}
				return out, err
			})
			for i := range int64(2) {
				if _, err := fn.Call(context.Background(), struct{}{}); err != nil && !errors.Is(err, own) {
					t.Fatal(err)
				}
				if got := f.last().Reason; !strings.Contains(got, x.reason) {
					t.Errorf("the reason is %q, want %q", got, x.reason)
				}
				if _, err := outer.Call(context.Background(), struct{}{}); err != nil {
					t.Fatal(err)
				}
				if got := f.last(); got.Func != "outer" || !strings.Contains(got.Reason, x.reason) || !strings.Contains(got.Reason, "f: ") {
					t.Errorf("the event of the function around is %+v, want the reason %q", got, x.reason)
				}
				if n := f.runs.Load(); n != 2*(i+1) {
					t.Fatalf("it ran %d times, want %d", n, 2*(i+1))
				}
			}
			if n := f.cache.Stats().Funcs; n.Uncached != 6 || n.Hits+n.Misses+n.Shared != 0 {
				t.Errorf("the counters are %+v", n)
			}
		})
	}
}

// A write that commits while the function runs leaves nothing of it behind, whether it
// comes before or after the query that it changes.
func TestFuncIsOvertaken(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, nil)
	var meanwhile func()
	fn := newFunc(t, f.cache, "summary", func(ctx context.Context, c category) (summary, error) {
		s, err := f.summarise(ctx, c)
		if meanwhile != nil {
			meanwhile()
		}
		return s, err
	})
	meanwhile = func() { exec(t, f.cached, "UPDATE posts SET title = 'new' WHERE id = 1") }
	calls(t, f, fn, category{1}, summary{2, "one"}, true)
	meanwhile = func() {
		if err := fn.Invalidate(context.Background(), category{1}); err != nil {
			t.Error(err)
		}
	}
	calls(t, f, fn, category{1}, summary{2, "new"}, true)
	meanwhile = func() {
		if err := fn.Invalidate(context.Background()); err != nil {
			t.Error(err)
		}
	}
	calls(t, f, fn, category{1}, summary{2, "new"}, true)
	meanwhile = func() { exec(t, f.cached, "UPDATE posts SET title = 'other' WHERE id = 3") }
	calls(t, f, fn, category{1}, summary{2, "new"}, true)
	calls(t, f, fn, category{1}, summary{2, "new"}, false)
}

func TestFuncInFunc(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, nil)
	inner := newFunc(t, f.cache, "summary", f.summarise)
	outer := newFunc(t, f.cache, "both", func(ctx context.Context, _ struct{}) (string, error) {
		f.runs.Add(1)
		a, err := inner.Call(ctx, category{1})
		if err != nil {
			return "", err
		}
		b, err := inner.Call(ctx, category{2})
		return fmt.Sprint(a, b), err
	})
	calls(t, f, inner, category{2}, summary{1, "three"}, true)
	calls(t, f, outer, struct{}{}, "{2 one} {1 three}", true) // with a hit and a miss inside
	calls(t, f, outer, struct{}{}, "{2 one} {1 three}", false)
	exec(t, f.cached, "UPDATE posts SET title = '3' WHERE id = 3")
	calls(t, f, outer, struct{}{}, "{2 one} {1 3}", true)
	calls(t, f, inner, category{1}, summary{2, "one"}, false)
	if err := inner.Invalidate(context.Background(), category{1}); err != nil {
		t.Fatal(err)
	}
	calls(t, f, outer, struct{}{}, "{2 one} {1 3}", true)
	exec(t, f.cached, "UPDATE posts SET title = '1' WHERE id = 1")
	calls(t, f, inner, category{1}, summary{2, "1"}, true)
	calls(t, f, outer, struct{}{}, "{2 1} {1 3}", true)
}

// A function that calls itself, or that waits for one that waits for it, does not wait
// for ever.
func TestFuncWithinItself(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.LockTTL = time.Hour })
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second) // who waits for itself waits for ever
	defer cancel()
	var fn *cacheops.Func[int, int]
	fn = newFunc(t, f.cache, "self", func(ctx context.Context, n int) (int, error) {
		if f.runs.Add(1) > 3 {
			return n, nil
		}
		return fn.Call(ctx, n)
	})
	if n, err := fn.Call(ctx, 7); n != 7 || err != nil || f.runs.Load() != 4 {
		t.Errorf("%d, %v after %d runs", n, err, f.runs.Load())
	}
	var ping, pong *cacheops.Func[struct{}, int]
	var meet sync.WaitGroup
	meet.Add(2)
	deep := func(first *atomic.Bool, other **cacheops.Func[struct{}, int]) func(context.Context, struct{}) (int, error) {
		return func(ctx context.Context, _ struct{}) (int, error) {
			if first.Swap(true) {
				return 1, nil
			}
			meet.Done()
			meet.Wait()
			return (*other).Call(ctx, struct{}{})
		}
	}
	ping = newFunc(t, f.cache, "ping", deep(new(atomic.Bool), &pong))
	pong = newFunc(t, f.cache, "pong", deep(new(atomic.Bool), &ping))
	var all sync.WaitGroup
	for _, x := range []*cacheops.Func[struct{}, int]{ping, pong} {
		all.Go(func() {
			if n, err := x.Call(ctx, struct{}{}); n != 1 || err != nil {
				t.Errorf("%d, %v", n, err)
			}
		})
	}
	all.Wait()
}

// Goroutines that carry the context count, also one that reads on when the function has
// returned.
func TestFuncWithGoroutines(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, nil)
	fn := newFunc(t, f.cache, "titles", func(ctx context.Context, _ struct{}) (string, error) {
		f.runs.Add(1)
		var all sync.WaitGroup
		titles := make([]string, 4)
		for id := 1; id <= 3; id++ {
			all.Go(func() {
				if err := f.cached.QueryRowContext(ctx, "SELECT title FROM posts WHERE id = ?", id).Scan(&titles[id]); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		return fmt.Sprint(titles), nil
	})
	calls(t, f, fn, struct{}{}, "[ one two three]", true)
	calls(t, f, fn, struct{}{}, "[ one two three]", false)
	exec(t, f.cached, "UPDATE posts SET title = '2' WHERE id = 2")
	calls(t, f, fn, struct{}{}, "[ one 2 three]", true)

	reached, gone := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	left := newFunc(t, f.cache, "left", func(ctx context.Context, _ struct{}) (string, error) {
		all.Go(func() {
			if err := f.cached.QueryRowContext(ctx, "SELECT title FROM posts WHERE id = 77").Scan(new(string)); !errors.Is(err, sql.ErrNoRows) {
				t.Error(err)
			}
		})
		<-reached
		return "", nil
	})
	f.gate.set(func(_ context.Context, text string) error {
		if strings.Contains(text, "77") {
			close(reached)
			<-gone
		}
		return nil
	}, nil)
	if _, err := left.Call(context.Background(), struct{}{}); err != nil {
		t.Error(err)
	}
	close(gone)
	all.Wait()
	if got := f.last().Reason; !strings.Contains(got, "goroutine") {
		t.Errorf("the reason is %q", got)
	}
}

// Of many who miss at once one runs the function; who began after a write does not get
// what was read before it.
func TestFuncIsRunOnce(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, nil)
	entered, leave := make(chan struct{}, 100), make(chan struct{})
	fn := newFunc(t, f.cache, "slow", func(ctx context.Context, c category) (summary, error) {
		s, err := f.summarise(ctx, c)
		entered <- struct{}{}
		<-leave
		return s, err
	})
	var all sync.WaitGroup
	call := func(want summary) {
		all.Go(func() {
			if got, err := fn.Call(context.Background(), category{1}); got != want || err != nil {
				t.Errorf("%v, %v; want %v", got, err, want)
			}
		})
	}
	call(summary{2, "one"})
	<-entered
	for range 49 {
		call(summary{2, "one"})
	}
	close(leave)
	all.Wait()
	if n := f.runs.Load(); n != 1 {
		t.Errorf("it ran %d times", n)
	}

	leave = make(chan struct{})
	exec(t, f.cached, "UPDATE posts SET title = 'two' WHERE id = 1")
	call(summary{2, "two"})
	<-entered
	exec(t, f.cached, "UPDATE posts SET title = 'three' WHERE id = 1")
	call(summary{2, "three"})
	close(leave)
	all.Wait()
}
