package integration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store/memory"
)

// A function that counts its runs and reads nothing that is noticed.
func (f *funcs) counting(context.Context, category) (int64, error) { return f.runs.Add(1), nil }

func TestFuncDependsOn(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.Profiles["tags"] = cacheops.Profile{TTL: time.Hour} })
	on := func(name string, deps func(c category) []cacheops.Dep) *cacheops.Func[category, int64] {
		return newFunc(t, f.cache, name, f.counting, cacheops.DependsOn(deps))
	}
	row := on("row", func(c category) []cacheops.Dep {
		return []cacheops.Dep{cacheops.On("main", cacheops.Row("posts", cacheops.Values{"category_id": c.ID}))}
	})
	query := on("query", func(c category) []cacheops.Dep {
		return []cacheops.Dep{cacheops.OnQuery("main", "SELECT * FROM posts WHERE category_id = ? AND title = 'one'", c.ID)}
	})
	table := on("table", func(category) []cacheops.Dep { return []cacheops.Dep{cacheops.On("main", cacheops.Table("tags"))} })
	pattern := on("pattern", func(category) []cacheops.Dep { return []cacheops.Dep{cacheops.On("main", cacheops.Pattern("t*"))} })
	all := on("all", func(category) []cacheops.Dep { return []cacheops.Dep{cacheops.On("main", cacheops.All())} })
	nothing := on("nothing", func(category) []cacheops.Dep { return nil })
	funcs := map[string]*cacheops.Func[category, int64]{"row": row, "query": query, "table": table, "pattern": pattern, "all": all, "nothing": nothing}
	run := func(name string) bool {
		t.Helper()
		before := f.runs.Load()
		if _, err := funcs[name].Call(context.Background(), category{1}); err != nil {
			t.Fatal(err)
		}
		return f.runs.Load() > before
	}
	for _, step := range []struct{ write, dropped string }{
		{"UPDATE posts SET title = 'x' WHERE id = 3", "all"},
		{"UPDATE posts SET title = 'x' WHERE id = 1", "row query all"},
		{"INSERT INTO posts VALUES (9, 1, 'y')", "row all"},
		{"UPDATE tags SET name = 'x'", "table pattern all"},
		{"CREATE TABLE more (id INTEGER)", "row query table pattern all"},
		{"INSERT INTO more VALUES (1)", "all"},
	} {
		for name := range funcs {
			run(name)
			if run(name) {
				t.Errorf("%s: it runs twice with nothing between; %+v", name, f.last())
			}
		}
		exec(t, f.cached, step.write)
		for name := range funcs {
			want := strings.Contains(" "+step.dropped+" ", " "+name+" ")
			if got := run(name); got != want {
				t.Errorf("%s: %s dropped is %v, want %v", step.write, name, got, want)
			}
		}
	}
	for name := range funcs {
		run(name)
	}
	if err := f.cache.Database("main").Invalidate(context.Background(), cacheops.All()); err != nil {
		t.Fatal(err)
	}
	for name := range funcs {
		if got := run(name); got != (name != "nothing") {
			t.Errorf("everything dropped: %s ran is %v", name, got)
		}
	}
}

// What cannot be depended on keeps the result out, and says so.
func TestFuncDependsOnWhatIsNotThere(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, nil)
	for name, dep := range map[string]cacheops.Dep{
		"no such table":    cacheops.On("main", cacheops.Table("nobody")),
		"no such column":   cacheops.On("main", cacheops.Row("posts", cacheops.Values{"nothing": 1})),
		"no such database": cacheops.On("other", cacheops.Table("posts")),
		"no read":          cacheops.OnQuery("main", "DELETE FROM posts"),
		"volatile":         cacheops.OnQuery("main", "SELECT random() FROM posts"),
		"no value":         cacheops.OnQuery("main", "SELECT 1 FROM posts WHERE id = ?", struct{}{}),
	} {
		fn := newFunc(t, f.cache, name, f.counting, cacheops.DependsOn(func(category) []cacheops.Dep { return []cacheops.Dep{dep} }))
		for range 2 {
			before := f.runs.Load()
			if _, err := fn.Call(context.Background(), category{1}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if f.runs.Load() == before || f.last().Reason == "" {
				t.Errorf("%s: the result was stored; %+v", name, f.last())
			}
		}
	}
}

// In a transaction that has written a function with a declared dependency is not
// stored, and one that only time ends is.
func TestFuncOptionsInTransactions(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, nil)
	type txKey struct{}
	title := func(ctx context.Context, id int64) (s string, err error) {
		f.runs.Add(1)
		q, ok := ctx.Value(txKey{}).(querier)
		if !ok {
			q = f.cached
		}
		rows, err := q.QueryContext(ctx, "SELECT title FROM posts WHERE id = ?", id)
		if err != nil {
			return "", err
		}
		defer rows.Close()
		for rows.Next() {
			if err := rows.Scan(&s); err != nil {
				return "", err
			}
		}
		return s, rows.Err()
	}
	auto := newFunc(t, f.cache, "auto", title)
	declared := newFunc(t, f.cache, "declared", title, cacheops.DependsOn(func(id int64) []cacheops.Dep {
		return []cacheops.Dep{cacheops.On("main", cacheops.Row("posts", cacheops.Values{"id": id}))}
	}))
	timed := newFunc(t, f.cache, "timed", title, cacheops.TTLOnly(), cacheops.TTL(time.Minute))

	tx, err := f.cached.BeginTx(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("UPDATE posts SET title = 'mine' WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	ctx := context.WithValue(context.Background(), txKey{}, tx)
	for name, fn := range map[string]*cacheops.Func[int64, string]{"auto": auto, "declared": declared, "timed": timed} {
		if got, err := fn.Call(ctx, 1); got != "mine" || err != nil {
			t.Errorf("%s in the transaction: %q, %v", name, got, err)
		}
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	calls(t, f, auto, 1, "one", true)
	calls(t, f, declared, 1, "one", true)
	calls(t, f, timed, 1, "mine", false) // as it says
	calls(t, f, auto, 1, "one", false)
	calls(t, f, declared, 1, "one", false)

	// What was committed is what a call finds; Bypass runs the function.
	if tx, err = f.cached.BeginTx(context.Background(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("UPDATE posts SET title = 'again' WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	ctx = context.WithValue(context.Background(), txKey{}, tx)
	if got, err := auto.Call(cacheops.Bypass(ctx), 1); got != "again" || err != nil {
		t.Errorf("a bypass in the transaction: %q, %v", got, err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	calls(t, f, auto, 1, "again", true)
	calls(t, f, declared, 1, "again", true)
}

func TestFuncPeekSetInvalidate(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, nil)
	ctx := context.Background()
	fn := newFunc(t, f.cache, "n", f.counting, cacheops.TTLOnly())
	peek := func(want int64, there bool) {
		t.Helper()
		got, err := fn.Peek(ctx, category{1})
		if there && (err != nil || got != want) || !there && !errors.Is(err, cacheops.ErrMiss) {
			t.Fatalf("Peek = %d, %v; want %d, there: %v", got, err, want, there)
		}
	}
	peek(0, false)
	calls(t, f, fn, category{1}, 1, true)
	peek(1, true)
	if err := fn.Set(ctx, category{1}, 0); err != nil { // a zero value is one
		t.Fatal(err)
	}
	peek(0, true)
	calls(t, f, fn, category{1}, 0, false)
	calls(t, f, fn, category{2}, 2, true)
	if err := fn.Invalidate(ctx, category{1}); err != nil {
		t.Fatal(err)
	}
	peek(0, false)
	calls(t, f, fn, category{2}, 2, false)
	calls(t, f, fn, category{1}, 3, true)
	if err := fn.Invalidate(ctx); err != nil {
		t.Fatal(err)
	}
	calls(t, f, fn, category{2}, 4, true)
	peek(0, false)
	if _, err := fn.Peek(cacheops.Bypass(ctx), category{2}); !errors.Is(err, cacheops.ErrMiss) {
		t.Errorf("Peek under Bypass: %v", err)
	}
	f.cache.SetDisabled(true)
	if _, err := fn.Peek(ctx, category{2}); !errors.Is(err, cacheops.ErrMiss) {
		t.Errorf("Peek of a disabled cache: %v", err)
	}
	f.cache.SetDisabled(false)
	calls(t, f, fn, category{2}, 4, false)
}

// Errors are the caller's own, but for those that are to be stored. So are panics.
func TestFuncErrorsAndPanics(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, nil)
	ctx := context.Background()
	var mu sync.Mutex
	var next error
	fn := newFunc(t, f.cache, "failing", func(ctx context.Context, id int64) (string, error) {
		f.runs.Add(1)
		mu.Lock()
		err := next
		mu.Unlock()
		if err != nil {
			if err.Error() == "panic" {
				panic(err)
			}
			return "partly", err
		}
		var s string
		err = f.cached.QueryRowContext(ctx, "SELECT title FROM posts WHERE id = ?", id).Scan(&s)
		return s, err
	}, cacheops.StoreErrors(sql.ErrNoRows))
	set := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		next = err
	}
	own := errors.New("own")
	set(own)
	for i := range int64(2) {
		if s, err := fn.Call(ctx, 1); s != "partly" || !errors.Is(err, own) || f.runs.Load() != i+1 {
			t.Errorf("%q, %v after %d runs", s, err, f.runs.Load())
		}
	}
	set(errors.New("panic"))
	func() {
		defer func() {
			if r := recover(); r == nil {
				t.Error("no panic reaches the caller")
			}
		}()
		_, _ = fn.Call(ctx, 1)
	}()
	set(nil)
	calls(t, f, fn, 1, "one", true)

	f.runs.Store(0)
	for range 3 {
		if _, err := fn.Call(ctx, 44); err != sql.ErrNoRows { //nolint:errorlint // the same one
			t.Errorf("the error is %v", err)
		}
	}
	if n := f.runs.Load(); n != 1 {
		t.Errorf("it ran %d times", n)
	}
	exec(t, f.cached, "INSERT INTO posts VALUES (44, 1, 'new')")
	calls(t, f, fn, 44, "new", true)
}

// The one who runs the function has an error, panics or goes away: that is its own
// affair, and the next one runs it.
func TestFuncLeaderFails(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(cancel func()){
		"error":  func(func()) {},
		"panic":  func(func()) { panic("own") },
		"cancel": func(cancel func()) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFuncs(t, nil)
			entered, leave := make(chan struct{}), make(chan struct{})
			leaderCtx, cancel := context.WithCancel(context.Background())
			defer cancel()
			fn := newFunc(t, f.cache, "f", func(ctx context.Context, c category) (summary, error) {
				if f.runs.Load() == 0 {
					f.runs.Add(1)
					close(entered)
					<-leave
					fail(cancel)
					return summary{}, errors.Join(errors.New("own"), ctx.Err())
				}
				return f.summarise(ctx, c)
			})
			var all sync.WaitGroup
			all.Go(func() {
				defer func() {
					if r := recover(); (r != nil) != (name == "panic") {
						t.Errorf("the leader panics with %v", r)
					}
				}()
				if _, err := fn.Call(leaderCtx, category{1}); err == nil {
					t.Error("the leader has no error")
				}
			})
			<-entered
			for range 10 {
				all.Go(func() {
					if s, err := fn.Call(context.Background(), category{1}); err != nil || s.Posts != 2 {
						t.Errorf("one who waited: %v, %v", s, err)
					}
				})
			}
			close(leave)
			all.Wait()
		})
	}
}

// With Config.PrefixFunc tenants have results of their own, and a function of which no
// tenant is known is not stored.
func TestFuncOfTenants(t *testing.T) {
	t.Parallel()
	type tenant struct{}
	f := newFuncs(t, func(c *cacheops.Config, _ *sqlcache.Config) {
		c.PrefixFunc = func(ctx context.Context, _ cacheops.PrefixInfo) string {
			s, _ := ctx.Value(tenant{}).(string)
			return s
		}
	})
	fn := newFunc(t, f.cache, "n", f.counting, cacheops.TTLOnly())
	in := func(name string) context.Context { return context.WithValue(context.Background(), tenant{}, name) }
	want := func(ctx context.Context, n int64) {
		t.Helper()
		if got, err := fn.Call(ctx, category{1}); got != n || err != nil {
			t.Fatalf("%d, %v; want %d", got, err, n)
		}
	}
	want(in("a"), 1)
	want(in("b"), 2)
	want(in("a"), 1)
	want(context.Background(), 3)
	want(context.Background(), 4)
	if err := fn.Invalidate(in("a"), category{1}); err != nil {
		t.Fatal(err)
	}
	want(in("a"), 5)
	want(in("b"), 2)
	if err := fn.Invalidate(context.Background()); err != nil {
		t.Fatal(err)
	}
	want(in("a"), 6)
	want(in("b"), 7)
}

// A handle that may see other rows under the same statement has its own results: those
// of another process whose handles are others are not taken.
func TestFuncOfOtherHandles(t *testing.T) {
	t.Parallel()
	shared := newStore(t, memory.Config{})
	one := newFuncs(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.Store = shared })
	two := newFuncs(t, func(c *cacheops.Config, d *sqlcache.Config) { c.Store, d.Variant = shared, "of another role" })
	three := newFuncs(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.Store = shared })
	for i, f := range []*funcs{one, two, three} {
		fn := newFunc(t, f.cache, "n", func(context.Context, struct{}) (int, error) { return i, nil })
		want := i
		if i == 2 {
			want = 0
		}
		if n, err := fn.Call(context.Background(), struct{}{}); n != want || err != nil {
			t.Errorf("process %d has the result %d, %v; want %d", i, n, err, want)
		}
	}
}

// The time to live is the function's, or the least of the tables that it read.
func TestFuncTTL(t *testing.T) {
	t.Parallel()
	clock := newClock()
	st := newStore(t, memory.Config{Clock: clock.now})
	f := newFuncs(t, func(c *cacheops.Config, _ *sqlcache.Config) {
		c.Store = st
		c.Profiles = cacheops.Profiles{"posts": {Ops: cacheops.OpAll, TTL: time.Hour}, "tags": {TTL: time.Minute}}
		c.Defaults = cacheops.Profile{TTL: 10 * time.Hour}
	})
	reads := func(tables ...string) func(context.Context, struct{}) (int64, error) {
		return func(ctx context.Context, _ struct{}) (int64, error) {
			for _, table := range tables {
				if _, err := readAll(ctx, f.cached, "SELECT * FROM "+table); err != nil {
					return 0, err
				}
			}
			return f.runs.Add(1), nil
		}
	}
	for name, x := range map[string]struct {
		fn  *cacheops.Func[struct{}, int64]
		ttl time.Duration
	}{
		"posts":     {newFunc(t, f.cache, "posts", reads("posts")), time.Hour},
		"posts and": {newFunc(t, f.cache, "both", reads("posts", "tags")), time.Minute},
		"nothing":   {newFunc(t, f.cache, "nothing", reads()), 10 * time.Hour},
		"its own":   {newFunc(t, f.cache, "own", reads("posts", "tags"), cacheops.TTL(5*time.Hour)), 5 * time.Hour},
	} {
		first, err := x.fn.Call(context.Background(), struct{}{})
		if err != nil {
			t.Fatal(err)
		}
		clock.advance(x.ttl - time.Second)
		if n, err := x.fn.Call(context.Background(), struct{}{}); n != first || err != nil {
			t.Errorf("%s: a second before its end it is %d, %v; want %d", name, n, err, first)
		}
		clock.advance(2 * time.Second)
		if n, err := x.fn.Call(context.Background(), struct{}{}); n == first || err != nil {
			t.Errorf("%s: a second after its end it is there", name)
		}
	}
}

// readAll reads a query's rows to their end.
func readAll(ctx context.Context, db *sql.DB, query string) (n int, err error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}

// A result or value that is replaced takes away what was made with the one before it.
func TestSetDropsWhatWasMadeWithIt(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, nil)
	ctx := context.Background()
	inner := newFunc(t, f.cache, "inner", func(context.Context, category) (int, error) { return 1, nil }, cacheops.TTL(time.Hour))
	outer := newFunc(t, f.cache, "outer", func(ctx context.Context, c category) (string, error) {
		f.runs.Add(1)
		n, err := inner.Call(ctx, c)
		if err != nil {
			return "", err
		}
		label, err := cacheops.Get[string](ctx, f.cache, "label")
		if errors.Is(err, cacheops.ErrMiss) {
			err = nil
		}
		return fmt.Sprint(n, label), err
	}, cacheops.TTL(time.Hour))
	one, two := category{1}, category{2}
	if err := cacheops.Set(ctx, f.cache, "label", "a", time.Hour); err != nil {
		t.Fatal(err)
	}
	calls(t, f, outer, one, "1a", true)
	calls(t, f, outer, one, "1a", false)
	calls(t, f, outer, two, "1a", true)
	if err := inner.Set(ctx, one, 5); err != nil {
		t.Fatal(err)
	}
	calls(t, f, outer, one, "5a", true)
	calls(t, f, outer, one, "5a", false)
	calls(t, f, outer, two, "1a", false)
	if err := cacheops.Set(ctx, f.cache, "label", "b", time.Hour); err != nil {
		t.Fatal(err)
	}
	calls(t, f, outer, one, "5b", true)
	calls(t, f, outer, one, "5b", false)
	calls(t, f, outer, two, "1b", true)
}
