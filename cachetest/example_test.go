package cachetest_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"path/filepath"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/cachetest"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/sqlcache"
)

// blog is the program under test.
type blog struct {
	t  *testing.T
	db *sql.DB
}

// openBlog opens a database of the test's own. The driver is the program's choice.
func openBlog(t *testing.T, cache *cacheops.Cache) blog {
	t.Helper()
	file := "file:" + filepath.Join(t.TempDir(), "test.sqlite")
	db, err := sqlcache.Open(cache, "sqlite", file, sqlcache.Config{Dialect: sqlite.Dialect, Database: "blog"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return blog{t: t, db: db}
}

func (b blog) count(ctx context.Context, category int) (n int) {
	if err := b.db.QueryRowContext(ctx, "SELECT count(*) FROM posts WHERE category_id = ?", category).Scan(&n); err != nil {
		b.t.Fatal(err)
	}
	return n
}

func (b blog) add(category int, title string) {
	if _, err := b.db.ExecContext(context.Background(), "INSERT INTO posts (category_id, title) VALUES (?, ?)", category, title); err != nil {
		b.t.Fatal(err)
	}
}

// What a list costs, and which writes it minds.
func Example() {
	var t *testing.T                                       // the test's
	cache, recorder := cachetest.New(t, cacheops.Config{}) // in process, caches everything, closed with the test
	blog := openBlog(t, cache)

	list := func() { blog.count(t.Context(), 7) }
	recorder.AssertQueries(t, 1, list)                               // what it costs
	recorder.AssertHit(t, list)                                      // and the second time
	recorder.AssertDrops(t, func() { blog.add(7, "A title") }, list) // this write drops it
	recorder.AssertKeeps(t, func() { blog.add(8, "A title") }, list) // and this one does not
}

// A cache for one test. It caches everything, keeps the results in process, logs
// to the test, and is closed with it.
func ExampleNew() {
	var t *testing.T // the test's
	cache, recorder := cachetest.New(t, cacheops.Config{})
	blog := openBlog(t, cache)

	first, second := 0, 0
	recorder.AssertMiss(t, func() { first = blog.count(t.Context(), 7) })
	recorder.AssertHit(t, func() { second = blog.count(t.Context(), 7) })
	if first != second {
		t.Errorf("%d posts, then %d", first, second)
	}
}

// The profiles of the program, instead of everything: a test of what they cache.
func ExampleNew_profiles() {
	var t *testing.T // the test's
	cache, recorder := cachetest.New(t, cacheops.Config{
		Profiles: cacheops.Profiles{"posts": {Ops: cacheops.OpGet | cacheops.OpFetch}},
	})
	blog := openBlog(t, cache)

	recorder.AssertUncached(t, func() { blog.count(t.Context(), 7) })
}

// Where the program makes the cache itself, it takes the recorder's hooks.
func ExampleRecorder_Hooks() {
	recorder := new(cachetest.Recorder)
	cache, err := cacheops.New(cacheops.Config{Hooks: recorder.Hooks()})
	if err != nil {
		log.Fatal(err)
	}
	defer cache.Close()
	fmt.Println(len(recorder.Reads()), "reads")
	// Output: 0 reads
}

// What the assertions do not ask, the events tell.
func ExampleRecorder_Reads() {
	var t *testing.T // the test's
	cache, recorder := cachetest.New(t, cacheops.Config{})
	blog := openBlog(t, cache)

	blog.count(cacheops.Bypass(t.Context()), 7)
	if e := recorder.Reads()[0]; e.Reason == "" {
		t.Errorf("%s was cached", e.Query)
	}
	recorder.Reset()
}

// What each committed change dropped.
func ExampleRecorder_Invalidations() {
	var t *testing.T // the test's
	cache, recorder := cachetest.New(t, cacheops.Config{})
	blog := openBlog(t, cache)

	blog.count(t.Context(), 7)
	recorder.Reset()
	blog.add(7, "A title")
	for _, e := range recorder.Invalidations() {
		if e.All {
			t.Errorf("%s dropped everything", e.Query)
		}
	}
}

// The second time it comes from the cache.
func ExampleRecorder_AssertHit() {
	var t *testing.T // the test's
	cache, recorder := cachetest.New(t, cacheops.Config{})
	blog := openBlog(t, cache)

	blog.count(t.Context(), 7)
	recorder.AssertHit(t, func() { blog.count(t.Context(), 7) })
}

// One write that drops one read and keeps the other.
func ExampleRecorder_AssertMiss() {
	var t *testing.T // the test's
	cache, recorder := cachetest.New(t, cacheops.Config{})
	blog := openBlog(t, cache)

	blog.count(t.Context(), 7)
	blog.count(t.Context(), 8)
	blog.add(7, "A title")
	recorder.AssertMiss(t, func() { blog.count(t.Context(), 7) })
	recorder.AssertHit(t, func() { blog.count(t.Context(), 8) })
}

// What must never be cached.
func ExampleRecorder_AssertUncached() {
	var t *testing.T // the test's
	cache, recorder := cachetest.New(t, cacheops.Config{
		Profiles: cacheops.Profiles{"posts": {Mode: cacheops.Never}},
	})
	blog := openBlog(t, cache)

	recorder.AssertUncached(t, func() { blog.count(t.Context(), 7) })
}

// What a page costs: of these two counts one is in the cache.
func ExampleRecorder_AssertQueries() {
	var t *testing.T // the test's
	cache, recorder := cachetest.New(t, cacheops.Config{})
	blog := openBlog(t, cache)

	blog.count(t.Context(), 7)
	recorder.AssertQueries(t, 1, func() {
		blog.count(t.Context(), 7)
		blog.count(t.Context(), 8)
	})
}

// This write drops this read.
func ExampleRecorder_AssertDrops() {
	var t *testing.T // the test's
	cache, recorder := cachetest.New(t, cacheops.Config{})
	blog := openBlog(t, cache)

	recorder.AssertDrops(t,
		func() { blog.add(7, "A title") },
		func() { blog.count(t.Context(), 7) },
	)
}

// This write leaves these reads alone.
func ExampleRecorder_AssertKeeps() {
	var t *testing.T // the test's
	cache, recorder := cachetest.New(t, cacheops.Config{})
	blog := openBlog(t, cache)

	recorder.AssertKeeps(t,
		func() { blog.add(7, "A title") },
		func() { blog.count(t.Context(), 8) },
		func() { blog.count(t.Context(), 9) },
	)
}
