package conformance

import (
	"context"
	"slices"
	"time"

	"github.com/cacheops/cacheops/examples/internal/blog"
)

// write is one write of the suite, and what it has to do to the reads. All that
// are in neither list must be answered by the cache afterwards.
type write struct {
	name string
	run  func(context.Context, Library) error
	// changes are reads whose answers the write changes.
	changes []string
	// drops are reads that it may drop without a change of their answers: the row
	// meets their conditions.
	drops []string
}

// on is the write as a database makes it: where it does not tell the row, the write
// drops every read of posts, and each of ours is one.
func (w write) on(d Database) write {
	if slices.Contains(d.coarse, w.name) {
		w.drops = nil
		for _, r := range reads {
			w.drops = append(w.drops, r.name)
		}
	}
	return w
}

// day is a new value each time: a library may scan what the database made of it back into it.
func day() *time.Time {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	return &at
}

var writes = []write{
	{
		"insert", func(ctx context.Context, l Library) error {
			return l.Insert(ctx, blog.Post{CategoryID: 7, Title: "New", Status: "live", PublishedAt: day()})
		},
		[]string{"get 4", "list 7 live", "count 7", "category 7"},
		[]string{"exists live", "titles sql 7"},
	},
	{
		"insert several", func(ctx context.Context, l Library) error {
			return l.InsertAll(ctx, []blog.Post{
				{CategoryID: 7, Title: "A", Status: "draft"},
				{CategoryID: 7, Title: "B", Status: "old", PublishedAt: day()},
			})
		},
		[]string{"get 4", "list 7 draft", "count 7", "exists old", "category 7"},
		[]string{"titles sql 7"},
	},
	{
		"update a column", func(ctx context.Context, l Library) error { return l.SetTitle(ctx, 1, "Hello again") },
		[]string{"get 1", "list 7 live", "category 7", "category of 1", "tags of 1", "titles sql 7"},
		[]string{"count 7", "exists live"},
	},
	{
		"save", func(ctx context.Context, l Library) error { // moves a post to another category
			return l.Save(ctx, blog.Post{ID: 2, CategoryID: 1, Title: "Notes", Status: "live", Views: 3, PublishedAt: day()})
		},
		[]string{"get 2", "list 7 draft", "list 1 live", "count 7", "count 1", "category 7", "category 1"},
		[]string{"exists live", "titles sql 7", "titles cache 1"},
	},
	{
		"upsert a new row", func(ctx context.Context, l Library) error {
			return l.Upsert(ctx, blog.Post{ID: 4, CategoryID: 1, Title: "Sun", Status: "draft"})
		},
		[]string{"get 4", "count 1", "category 1"},
		[]string{"titles cache 1"},
	},
	{
		"upsert an old row", func(ctx context.Context, l Library) error {
			return l.Upsert(ctx, blog.Post{ID: 2, CategoryID: 7, Title: "Notes", Status: "old", Views: 1})
		},
		[]string{"get 2", "list 7 draft", "exists old", "category 7"},
		[]string{"count 7", "titles sql 7"},
	},
	{
		"delete", func(ctx context.Context, l Library) error { return l.Delete(ctx, 1) },
		[]string{"get 1", "list 7 live", "count 7", "category 7", "category of 1", "tags of 1", "titles sql 7"},
		[]string{"exists live", "titles cache 1"}, // its links go with it
	},
	{
		"link", func(ctx context.Context, l Library) error { return l.Link(ctx, 1, 2) },
		[]string{"tags of 1"},
		[]string{"titles sql 7", "titles cache 1"},
	},
	{
		"unlink", func(ctx context.Context, l Library) error { return l.Unlink(ctx, 1, 1) },
		[]string{"tags of 1", "titles sql 7"},
		[]string{"titles cache 1"},
	},
	{
		"rename", func(ctx context.Context, l Library) error { return l.Rename(ctx, 7, "Go") },
		[]string{"category 7", "category of 1"},
		[]string{"category of 3"}, // where it is a join, it depends on every category
	},
	{
		"delete a category", func(ctx context.Context, l Library) error { return l.DeleteCategory(ctx, 1) },
		[]string{"get 3", "list 1 live", "count 1", "category 1", "category of 3", "tags of 3", "titles cache 1"},
		[]string{"exists live", "category of 1", "titles sql 7"},
	},
	{
		"SQL of the program's own", func(ctx context.Context, l Library) error { return l.AddViews(ctx, 3, 5) },
		[]string{"get 3", "list 1 live", "category 1", "category of 3", "tags of 3"},
		[]string{"count 1", "exists live", "titles cache 1"},
	},
	{
		"a write of no row", func(ctx context.Context, l Library) error { return l.AddViews(ctx, 99, 5) },
		nil,
		nil,
	},
}
