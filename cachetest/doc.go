// Package cachetest tests programs that use the cache. It gives each test a
// cache of its own, records what that cache does, and asserts which reads came
// from it. It may be imported by tests only.
//
//	func TestPosts(t *testing.T) {
//		cache, recorder := cachetest.New(t, cacheops.Config{})
//		file := "file:" + filepath.Join(t.TempDir(), "test.sqlite")
//		db, err := sqlcache.Open(cache, "sqlite", file, sqlcache.Config{Dialect: sqlite.Dialect, Database: "app"})
//		if err != nil {
//			t.Fatal(err)
//		}
//		t.Cleanup(func() { db.Close() })
//		blog := newBlog(t, db) // the program under test
//
//		list := func() { blog.Live(7) }
//		recorder.AssertMiss(t, list)
//		recorder.AssertHit(t, list)
//		recorder.AssertDrops(t, func() { blog.Publish(34) }, list)
//		recorder.AssertKeeps(t, func() { blog.Rename(35, "of category 8") }, list)
//	}
//
// # What to assert
//
// That a result is right after a write needs no assertion of this package: read
// it and compare, as without a cache. These tell what that cannot: whether the
// cache took part.
//
//   - [Recorder.AssertHit]: the page is answered without the database.
//   - [Recorder.AssertMiss]: it is cached, and had to be read anew.
//   - [Recorder.AssertUncached]: the audit log never is.
//   - [Recorder.AssertQueries]: the page costs two queries, not one for each row.
//   - [Recorder.AssertDrops] and [Recorder.AssertKeeps]: this write drops this
//     read, and leaves that one alone.
//
// For one write that drops some reads and keeps others make the reads, write, and
// then use AssertMiss and AssertHit.
//
// Each assertion fails the test with Errorf, and so lets it go on. It names the
// reads that it saw: how each was answered, why the cache took no part, and the
// last change of its tables:
//
//	AssertDrops: after the write, 0 of 1 read missed:
//		hit (fetch): SELECT title FROM posts WHERE category_id = ?
//			the last change of its tables: UPDATE posts SET title = ? WHERE id = ? (posts: 2 row images, 1 condition dropped)
//		the write: UPDATE posts SET title = ? WHERE id = ? (posts: 2 row images, 1 condition dropped)
//
// # What counts
//
// A read is a SELECT, as [cacheops.Hooks] tell of it. A function that makes none
// fails every assertion: it shows nothing. The reads of all goroutines count
// while the function runs, and so do those of all handles of the cache. So give
// each parallel test a cache of its own.
//
// Inside a transaction the cache may take no part at all; on SQLite it never
// does. A SQLite database in memory is cached with sqlcache.Config.MaxOpenConns 1
// only. The failure of an assertion says so.
//
// # The packages below
//
// They are for those who build on the cache:
//
//   - cachetest/storetest is the conformance suite of stores.
//   - cachetest/scenario runs queries and writes, each with what it must drop and
//     keep, on any dialect and store.
package cachetest
