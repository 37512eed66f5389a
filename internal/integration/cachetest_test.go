package integration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/cachetest"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
	"github.com/cacheops/cacheops/store/memory"
)

// triedTB stands in for a test that may fail. What else is asked of it the real
// test answers.
type triedTB struct {
	testing.TB

	mu       sync.Mutex // guards all below
	failed   bool
	told     strings.Builder
	cleanups []func()
}

func (tb *triedTB) tell(fail bool, text string) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	tb.failed = tb.failed || fail
	tb.told.WriteString(text + "\n")
}

func (tb *triedTB) Helper()                           {}
func (tb *triedTB) Log(args ...any)                   { tb.tell(false, fmt.Sprint(args...)) }
func (tb *triedTB) Logf(format string, args ...any)   { tb.tell(false, fmt.Sprintf(format, args...)) }
func (tb *triedTB) Error(args ...any)                 { tb.tell(true, fmt.Sprint(args...)) }
func (tb *triedTB) Errorf(format string, args ...any) { tb.tell(true, fmt.Sprintf(format, args...)) }
func (tb *triedTB) Fatal(args ...any)                 { tb.Error(args...); runtime.Goexit() }
func (tb *triedTB) Fatalf(format string, args ...any) { tb.Errorf(format, args...); runtime.Goexit() }
func (tb *triedTB) FailNow()                          { tb.tell(true, "FailNow"); runtime.Goexit() }
func (tb *triedTB) Cleanup(end func())                { tb.cleanups = append(tb.cleanups, end) }

// try runs a test, to its end or to where it gives up, and then what it left for
// its end. It returns whether it failed and what it said.
func try(t *testing.T, test func(tb testing.TB)) (failed bool, told string) {
	t.Helper()
	tb := &triedTB{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for _, end := range slices.Backward(tb.cleanups) {
				end()
			}
		}()
		test(tb)
	}()
	<-done
	return tb.failed, tb.told.String()
}

// tested is a small blog of a test that uses package cachetest.
type tested struct {
	*cachetest.Recorder

	t     testing.TB
	cache *cacheops.Cache
	db    *sql.DB
}

func newTested(t *testing.T, cfg cacheops.Config) *tested {
	t.Helper()
	cache, recorder := cachetest.New(t, cfg)
	return &tested{Recorder: recorder, t: t, cache: cache, db: openTested(t, cache)}
}

func openTested(t *testing.T, cache *cacheops.Cache) *sql.DB {
	t.Helper()
	file := "file:" + filepath.Join(t.TempDir(), "test.sqlite") + dsnOptions
	db, err := sqlcache.Open(cache, "sqlite", file, sqlcache.Config{Dialect: sqlite.Dialect, Database: "blog"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	exec(t, db, "CREATE TABLE posts (id INTEGER PRIMARY KEY, category_id INTEGER, title TEXT)",
		"CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)",
		"INSERT INTO posts VALUES (1, 7, 'one'), (2, 8, 'two')")
	return db
}

// list returns a function that reads the titles of a category.
func (d *tested) list(category int) func() { return d.listWith(context.Background(), category) }

func (d *tested) listWith(ctx context.Context, category int) func() {
	return d.query(ctx, "SELECT title FROM posts WHERE category_id = ?", category)
}

// query returns a function that reads all rows of a query.
func (d *tested) query(ctx context.Context, query string, args ...any) func() {
	return func() {
		rows, err := d.db.QueryContext(ctx, query, args...)
		if err != nil {
			return // the events tell
		}
		defer rows.Close()
		for rows.Next() {
		}
		if err := rows.Err(); err != nil {
			d.t.Error(err)
		}
	}
}

func (d *tested) exec(statement string) func() {
	return func() { exec(d.t, d.db, statement) }
}

// Every assertion, where it holds and where it fails. Each begins with category 7
// in the cache and category 8 not.
func TestCachetestAssertions(t *testing.T) {
	t.Parallel()
	never := cacheops.Bypass(context.Background())
	const rename = "UPDATE posts SET title = title || '!' WHERE id = 1"
	broken := func(d *tested) func() {
		return d.query(context.Background(), "SELECT abs(-9223372036854775808) FROM posts")
	}
	both := func(d *tested) func() { return func() { d.list(7)(); d.list(8)() } }
	none := func() {}
	for _, x := range []struct {
		name string
		run  func(tb testing.TB, d *tested)
		told []string // in the message, in this order; none: it must hold
	}{
		{"hit", func(tb testing.TB, d *tested) { d.AssertHit(tb, d.list(7)) }, nil},
		{"hit of a miss", func(tb testing.TB, d *tested) {
			d.AssertHit(tb, d.query(context.Background(), "SELECT name FROM users"))
		}, []string{
			"AssertHit: 0 of 1 read came from the cache:", "miss (fetch): SELECT name FROM users", "no earlier read of this text is on record",
		}},
		{"hit of what was dropped", func(tb testing.TB, d *tested) { d.exec(rename)(); d.AssertHit(tb, d.list(7)) }, []string{
			"miss (fetch): SELECT title FROM posts WHERE category_id = ?",
			"changed since its text was read: " + rename + " (posts: 2 row images, ", " dropped)",
		}},
		{"hit after a change of everything", func(tb testing.TB, d *tested) { d.exec("DROP TABLE users")(); d.AssertHit(tb, d.list(7)) }, []string{
			"changed since its text was read: DROP TABLE users (everything dropped)",
		}},
		{"hit with other arguments", func(tb testing.TB, d *tested) { d.AssertHit(tb, both(d)) }, []string{
			"1 of 2 reads came", "hit (fetch): SELECT title", "miss (fetch): SELECT title", "perhaps its arguments were others",
		}},
		{"hit of what is not cached", func(tb testing.TB, d *tested) { d.AssertHit(tb, d.listWith(never, 7)) }, []string{
			"uncached: SELECT title", "bypassed by the context",
		}},
		{"hit of an error", func(tb testing.TB, d *tested) { d.AssertHit(tb, broken(d)) }, []string{"failed (fetch): SELECT abs(", "integer overflow"}},
		{"hit of nothing", func(tb testing.TB, d *tested) { d.AssertHit(tb, none) }, []string{"AssertHit: no read was made"}},

		{"miss", func(tb testing.TB, d *tested) { d.AssertMiss(tb, d.list(8)) }, nil},
		{"miss of what was dropped", func(tb testing.TB, d *tested) { d.exec(rename)(); d.AssertMiss(tb, d.list(7)) }, nil},
		{"miss of a hit", func(tb testing.TB, d *tested) { d.AssertMiss(tb, d.list(7)) }, []string{
			"AssertMiss: 0 of 1 read missed:", "hit (fetch): SELECT title FROM posts WHERE category_id = ?",
			"the last change of its tables: INSERT INTO posts VALUES (1, 7, 'one'), (2, 8, 'two') (posts: ",
		}},
		{"miss of what is not cached", func(tb testing.TB, d *tested) { d.AssertMiss(tb, d.listWith(never, 8)) }, []string{"uncached: ", "bypassed"}},
		{"miss of an error", func(tb testing.TB, d *tested) { d.AssertMiss(tb, broken(d)) }, []string{"failed", "integer overflow"}},
		{"miss of nothing", func(tb testing.TB, d *tested) { d.AssertMiss(tb, none) }, []string{"AssertMiss: no read was made"}},

		{"uncached", func(tb testing.TB, d *tested) { d.AssertUncached(tb, d.listWith(never, 7)) }, nil},
		{"uncached of a hit", func(tb testing.TB, d *tested) { d.AssertUncached(tb, d.list(7)) }, []string{"0 of 1 read went past the cache:", "hit (fetch)"}},
		{"uncached of a miss", func(tb testing.TB, d *tested) { d.AssertUncached(tb, d.list(8)) }, []string{"miss (fetch)"}},
		{"uncached of nothing", func(tb testing.TB, d *tested) { d.AssertUncached(tb, none) }, []string{"AssertUncached: no read was made"}},

		{"queries", func(tb testing.TB, d *tested) { d.AssertQueries(tb, 1, both(d)) }, nil},
		{"queries: none", func(tb testing.TB, d *tested) { d.AssertQueries(tb, 0, d.list(7)) }, nil},
		{"queries past the cache", func(tb testing.TB, d *tested) { d.AssertQueries(tb, 1, d.listWith(never, 7)) }, nil},
		{"queries that fail", func(tb testing.TB, d *tested) { d.AssertQueries(tb, 1, broken(d)) }, nil},
		{"too many queries", func(tb testing.TB, d *tested) { d.AssertQueries(tb, 0, both(d)) }, []string{
			"AssertQueries: 1 reached the database, want 0: 1 of 2 reads did without it:", "hit (fetch)", "miss (fetch)", "perhaps",
		}},
		{"too few queries", func(tb testing.TB, d *tested) { d.AssertQueries(tb, 2, both(d)) }, []string{
			"AssertQueries: 1 reached the database, want 2: 1 of 2 reads reached it:", "hit (fetch)", "the last change", "miss (fetch)",
		}},
		{"queries of nothing", func(tb testing.TB, d *tested) { d.AssertQueries(tb, 0, none) }, []string{"AssertQueries: 0 reached the database, want 0: no read was made"}},

		{"drops", func(tb testing.TB, d *tested) { d.AssertDrops(tb, d.exec(rename), d.list(7)) }, nil},
		{"drops two", func(tb testing.TB, d *tested) {
			d.AssertDrops(tb, d.exec("UPDATE posts SET category_id = 8 WHERE id = 1"), d.list(7), d.list(8))
		}, nil},
		{"drops one of two", func(tb testing.TB, d *tested) { d.AssertDrops(tb, d.exec(rename), d.list(7), d.list(8)) }, []string{
			"AssertDrops: after the write, in function 2 of 2, 0 of 1 read missed:", "hit (fetch): SELECT title", "the last change of its tables: " + rename,
			"the write: " + rename + " (posts: 2 row images, ",
		}},
		{"drops by a write of nothing", func(tb testing.TB, d *tested) { d.AssertDrops(tb, none, d.list(7)) }, []string{
			"AssertDrops: after the write, 0 of 1 read missed:", "the write: no change was committed",
		}},
		{"drops of what is not cached", func(tb testing.TB, d *tested) { d.AssertDrops(tb, d.exec(rename), d.listWith(never, 7)) }, []string{
			"AssertDrops: before the write, 0 of 1 read came from the cache:", "uncached: ", "bypassed",
		}},
		{"drops by a read that only the first sees", func(tb testing.TB, d *tested) { d.AssertDrops(tb, d.exec(rename), d.list(7), d.list(7)) }, []string{
			"after the write, in function 2 of 2", "hit (fetch)",
		}},
		{"drops of nothing", func(tb testing.TB, d *tested) { d.AssertDrops(tb, d.exec(rename), none) }, []string{"AssertDrops: before the write, no read was made"}},
		{"drops without reads", func(tb testing.TB, d *tested) { d.AssertDrops(tb, d.exec(rename)) }, []string{"AssertDrops: no read was given"}},

		{"keeps", func(tb testing.TB, d *tested) { d.AssertKeeps(tb, d.exec(rename), d.list(8), d.list(9)) }, nil},
		{"keeps none", func(tb testing.TB, d *tested) { d.AssertKeeps(tb, d.exec(rename), d.list(7)) }, []string{
			"AssertKeeps: after the write, 0 of 1 read came from the cache:", "miss (fetch): SELECT title",
			"changed since its text was read: " + rename, "the write: " + rename,
		}},
		{"keeps what is not cached", func(tb testing.TB, d *tested) { d.AssertKeeps(tb, d.exec(rename), d.listWith(never, 8)) }, []string{
			"AssertKeeps: before the write, 0 of 1 read came from the cache:", "bypassed",
		}},
		{"keeps nothing", func(tb testing.TB, d *tested) { d.AssertKeeps(tb, d.exec(rename), none) }, []string{"AssertKeeps: before the write, no read was made"}},
		{"keeps without reads", func(tb testing.TB, d *tested) { d.AssertKeeps(tb, d.exec(rename)) }, []string{"AssertKeeps: no read was given"}},
	} {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			d := newTested(t, cacheops.Config{})
			d.list(7)()
			wentOn := false
			failed, told := try(t, func(tb testing.TB) {
				x.run(tb, d)
				wentOn = true
			})
			if failed != (x.told != nil) {
				t.Errorf("failed: %v\n%s", failed, told)
			}
			if !wentOn {
				t.Error("the assertion ended the test")
			}
			rest := told
			for _, want := range x.told {
				_, after, found := strings.Cut(rest, want)
				if !found {
					t.Errorf("%q is missing, or out of order, in\n%s", want, told)
				}
				rest = after
			}
		})
	}
}

// The write of an assertion is done once, also where the assertion fails before.
func TestCachetestWritesOnce(t *testing.T) {
	t.Parallel()
	d := newTested(t, cacheops.Config{})
	insert := d.exec("INSERT INTO posts (category_id, title) VALUES (9, 'nine')")
	failed, told := try(t, func(tb testing.TB) {
		d.AssertDrops(tb, insert, d.listWith(cacheops.Bypass(t.Context()), 9), d.list(9))
	})
	if !failed || strings.Contains(told, "after the write") {
		t.Errorf("failed: %v\n%s", failed, told)
	}
	var n int
	if err := d.db.QueryRowContext(t.Context(), "SELECT count(*) FROM posts WHERE category_id = 9").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows, %v", n, err)
	}
}

// A function that ends its test by FailNow ends it, and leaves the recorder fit
// for use.
func TestCachetestFunctionsMayFailNow(t *testing.T) {
	t.Parallel()
	d := newTested(t, cacheops.Config{})
	failed, told := try(t, func(tb testing.TB) {
		d.AssertHit(tb, func() { tb.FailNow() })
		tb.Log("the test went on")
	})
	if !failed || told != "FailNow\n" {
		t.Errorf("failed: %v\n%s", failed, told)
	}
	d.AssertMiss(t, d.list(7))
	d.AssertHit(t, d.list(7))
}

// A Config that is wrong ends the test; one that is right ends with it.
func TestCachetestNew(t *testing.T) {
	t.Parallel()
	failed, told := try(t, func(tb testing.TB) {
		cachetest.New(tb, cacheops.Config{MaxImages: -1})
		tb.Log("the test went on")
	})
	if !failed || !strings.Contains(told, "Config.MaxImages is -1") || strings.Contains(told, "went on") {
		t.Errorf("failed: %v\n%s", failed, told)
	}
	var cache *cacheops.Cache
	failed, told = try(t, func(tb testing.TB) { cache, _ = cachetest.New(tb, cacheops.Config{}) })
	if failed || told != "" {
		t.Errorf("failed: %v\n%s", failed, told)
	}
	if _, err := cache.Engine().Store().Registry(t.Context(), "blog", "posts"); !errors.Is(err, store.ErrClosed) {
		t.Errorf("the store is not closed: %v", err)
	}
}

// The profiles, hooks and logger of the caller stay as they are.
func TestCachetestNewTakesTheConfig(t *testing.T) {
	t.Parallel()
	var reads, invalidations int
	d := newTested(t, cacheops.Config{
		Profiles: cacheops.Profiles{"posts": {Ops: cacheops.OpFetch}},
		Hooks: cacheops.Hooks{
			OnRead:       func(context.Context, cacheops.ReadEvent) { reads++ },
			OnInvalidate: func(context.Context, cacheops.InvalidateEvent) { invalidations++ },
		},
	})
	d.AssertMiss(t, d.list(7))
	d.AssertHit(t, d.list(7))
	d.AssertUncached(t, d.query(t.Context(), "SELECT count(*) FROM posts"))
	if reads != 3 || invalidations == 0 || invalidations != len(d.Invalidations()) {
		t.Errorf("the caller's hooks saw %d reads and %d invalidations, the recorder %d and %d",
			reads, invalidations, len(d.Reads()), len(d.Invalidations()))
	}
}

// brokenStore refuses every lease.
type brokenStore struct{ store.Store }

func (brokenStore) Lease(context.Context, *store.Query) (store.Lease, error) {
	return store.Lease{}, errors.New("out of order")
}

func TestCachetestLogsWhatGoesWrong(t *testing.T) {
	t.Parallel()
	inner := newStore(t, memory.Config{})
	var own strings.Builder
	for _, logger := range []*slog.Logger{nil, slog.New(slog.NewTextHandler(&own, nil))} {
		failed, told := try(t, func(tb testing.TB) {
			cache, recorder := cachetest.New(tb, cacheops.Config{Store: brokenStore{inner}, Logger: logger})
			d := &tested{Recorder: recorder, t: t, cache: cache, db: openTested(t, cache)}
			d.AssertQueries(tb, 1, d.list(7))
		})
		if logger != nil {
			told += own.String()
		}
		if failed || strings.Count(told, `level=WARN msg="cacheops: store failed;`) != 1 || !strings.Contains(told, "out of order") {
			t.Errorf("failed: %v\n%s", failed, told)
		}
	}
}
