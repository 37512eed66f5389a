// Package blog is the database of the examples: a SQLite file with posts in
// categories, and tags on the posts.
package blog

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/cacheops/cacheops"
)

//go:embed schema.sql
var schema string

// rows are what every new file holds.
const rows = `
INSERT INTO categories (id, name) VALUES (1, 'weather'), (7, 'go');
INSERT INTO posts (id, category_id, title, status, published_at) VALUES
	(1, 7, 'Hello', 'live', '2026-01-02 03:04:05'),
	(2, 7, 'Notes', 'draft', NULL),
	(3, 1, 'Rain', 'live', '2026-02-03 04:05:06');
INSERT INTO tags (id, name) VALUES (1, 'sql'), (2, 'cache');
INSERT INTO post_tags (post_id, tag_id) VALUES (1, 1), (3, 2);`

// options are what a careful SQLite program sets. The examples need no file that
// outlives a loss of power.
const options = "?_pragma=journal_mode(wal)&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=synchronous(off)"

// Post is a row of the table posts, to be written.
type Post struct {
	ID         int64 // 0: the database gives one
	CategoryID int64
	Title      string
	Status     string
	Views      int64
	// PublishedAt is nil for NULL.
	PublishedAt *time.Time
}

// Create makes the file blog.sqlite in a folder, and returns its data source
// name. The driver "sqlite" must be registered.
func Create(ctx context.Context, dir string) (dsn string, err error) {
	dsn = "file:" + filepath.ToSlash(filepath.Join(dir, "blog.sqlite")) + options
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return "", err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, schema+rows); err != nil {
		return "", fmt.Errorf("create the blog: %w", err)
	}
	return dsn, nil
}

// New is Create in a new folder, for an Example: a failure panics. Remove
// deletes the folder.
func New() (dsn string, remove func()) {
	dir, err := os.MkdirTemp("", "cacheops-example-")
	if err == nil {
		dsn, err = Create(context.Background(), dir)
	}
	if err != nil {
		panic(err) //nolint:forbidigo // an Example has nobody to give an error to
	}
	return dsn, func() { os.RemoveAll(dir) }
}

// Source tells who answered the reads: the cache or the database. It is safe
// for concurrent use.
type Source struct {
	hits, misses atomic.Int64
}

// Hooks are the hooks that the source listens to.
func (s *Source) Hooks() cacheops.Hooks {
	return cacheops.Hooks{OnRead: func(_ context.Context, e cacheops.ReadEvent) {
		if e.Hit {
			s.hits.Add(1)
		} else {
			s.misses.Add(1)
		}
	}}
}

// Take returns how many reads each has answered since the last call.
func (s *Source) Take() (hits, misses int64) { return s.hits.Swap(0), s.misses.Swap(0) }

// String says who answered since the last call.
func (s *Source) String() string {
	switch hits, misses := s.Take(); {
	case hits == 0 && misses == 0:
		return "nobody"
	case misses == 0:
		return "cache"
	case hits == 0:
		return "database"
	default:
		return "both"
	}
}
