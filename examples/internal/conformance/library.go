// Package conformance is what every library of the examples has to pass on a
// cached handle: after each kind of write each kind of read returns what the
// library returns on the database without a cache, and the reads that the write
// could not have changed are answered by the cache.
package conformance

import (
	"context"

	"github.com/cacheops/cacheops/examples/internal/blog"
)

// Library is one library's way to say the reads and writes of the suite, each
// in the form that its users write.
type Library interface {
	Reads
	Writes
	// InTx runs a function in a transaction, which an error rolls back.
	InTx(ctx context.Context, run func(Library) error) error
}

// Reads return what is compared as JSON.
type Reads interface {
	// Get reads a post by its key.
	Get(ctx context.Context, id int64) (any, error)
	// List reads the posts of a category in a status, by their keys.
	List(ctx context.Context, category int64, status string) (any, error)
	// Count counts the posts of a category.
	Count(ctx context.Context, category int64) (any, error)
	// Exists asks for a post in a status.
	Exists(ctx context.Context, status string) (any, error)
	// CategoryWithPosts reads a category and its posts: has many.
	CategoryWithPosts(ctx context.Context, id int64) (any, error)
	// PostWithCategory reads a post and its category: belongs to.
	PostWithCategory(ctx context.Context, id int64) (any, error)
	// PostWithTags reads a post and its tags: many to many.
	PostWithTags(ctx context.Context, id int64) (any, error)
	// Titles reads with the SQL in the constant Titles.
	Titles(ctx context.Context, tag string, category int64) (any, error)
}

// Writes change rows.
type Writes interface {
	// Insert adds a post whose key the database gives.
	Insert(ctx context.Context, post blog.Post) error
	// InsertAll adds several posts at once.
	InsertAll(ctx context.Context, posts []blog.Post) error
	// SetTitle updates one column.
	SetTitle(ctx context.Context, id int64, title string) error
	// Save updates a whole row.
	Save(ctx context.Context, post blog.Post) error
	// Upsert inserts a post, or updates the one with its key.
	Upsert(ctx context.Context, post blog.Post) error
	// Delete deletes a post.
	Delete(ctx context.Context, id int64) error
	// Link and Unlink add and remove a tag of a post.
	Link(ctx context.Context, post, tag int64) error
	Unlink(ctx context.Context, post, tag int64) error
	// Rename changes the name of a category.
	Rename(ctx context.Context, category int64, name string) error
	// DeleteCategory deletes a category; the database deletes its posts.
	DeleteCategory(ctx context.Context, id int64) error
	// AddViews writes with the SQL in the constant AddViews.
	AddViews(ctx context.Context, id, views int64) error
}

// The statements that each library passes on as they are; see [Numbered].
const (
	Titles = "SELECT p.title FROM posts p JOIN post_tags pt ON pt.post_id = p.id JOIN tags t ON t.id = pt.tag_id " +
		"WHERE t.name = ? AND p.category_id = ? ORDER BY p.id"
	AddViews = "UPDATE posts SET views = views + ? WHERE id = ?"
)

// read is one read of the suite.
type read struct {
	name string
	run  func(context.Context, Library) (any, error)
}

// reads are made before and after each write.
var reads = []read{
	{"get 1", get(1)},
	{"get 2", get(2)},
	{"get 3", get(3)},
	{"get 4", get(4)}, // there is none at first
	{"list 7 live", list(7, "live")},
	{"list 7 draft", list(7, "draft")},
	{"list 1 live", list(1, "live")},
	{"count 7", count(7)},
	{"count 1", count(1)},
	{"exists live", exists("live")},
	{"exists old", exists("old")},
	{"category 7", func(ctx context.Context, l Library) (any, error) { return l.CategoryWithPosts(ctx, 7) }},
	{"category 1", func(ctx context.Context, l Library) (any, error) { return l.CategoryWithPosts(ctx, 1) }},
	{"category of 1", func(ctx context.Context, l Library) (any, error) { return l.PostWithCategory(ctx, 1) }},
	{"category of 3", func(ctx context.Context, l Library) (any, error) { return l.PostWithCategory(ctx, 3) }},
	{"tags of 1", func(ctx context.Context, l Library) (any, error) { return l.PostWithTags(ctx, 1) }},
	{"tags of 3", func(ctx context.Context, l Library) (any, error) { return l.PostWithTags(ctx, 3) }},
	{"titles sql 7", func(ctx context.Context, l Library) (any, error) { return l.Titles(ctx, "sql", 7) }},
	{"titles cache 1", func(ctx context.Context, l Library) (any, error) { return l.Titles(ctx, "cache", 1) }},
}

func get(id int64) func(context.Context, Library) (any, error) {
	return func(ctx context.Context, l Library) (any, error) { return l.Get(ctx, id) }
}

func list(category int64, status string) func(context.Context, Library) (any, error) {
	return func(ctx context.Context, l Library) (any, error) { return l.List(ctx, category, status) }
}

func count(category int64) func(context.Context, Library) (any, error) {
	return func(ctx context.Context, l Library) (any, error) { return l.Count(ctx, category) }
}

func exists(status string) func(context.Context, Library) (any, error) {
	return func(ctx context.Context, l Library) (any, error) { return l.Exists(ctx, status) }
}
