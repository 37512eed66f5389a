package sqlc_test

import (
	"context"
	"database/sql"
	"testing"

	"go.uber.org/goleak"

	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/examples/internal/conformance"
	"github.com/cacheops/cacheops/examples/sqlc/blogdb"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	t.Parallel()
	conformance.Run(t, conformance.SQLite(), func(_ *testing.T, db *sql.DB) conformance.Library {
		return library{db: db, queries: blogdb.New(db)}
	})
}

// TestPrepared prepares every query at once, as emit_prepared_queries offers.
func TestPrepared(t *testing.T) {
	t.Parallel()
	conformance.Run(t, conformance.SQLite(), func(t *testing.T, db *sql.DB) conformance.Library {
		queries, err := blogdb.Prepare(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := queries.Close(); err != nil {
				t.Error(err)
			}
		})
		return library{db: db, queries: queries}
	})
}

type library struct {
	db      *sql.DB
	queries *blogdb.Queries
}

func (l library) Get(ctx context.Context, id int64) (any, error) { return l.queries.GetPost(ctx, id) }

func (l library) List(ctx context.Context, category int64, status string) (any, error) {
	return l.queries.ListPosts(ctx, blogdb.ListPostsParams{CategoryID: category, Status: status})
}

func (l library) Count(ctx context.Context, category int64) (any, error) {
	return l.queries.CountPosts(ctx, category)
}

func (l library) Exists(ctx context.Context, status string) (any, error) {
	return l.queries.PostExists(ctx, status)
}

func (l library) CategoryWithPosts(ctx context.Context, id int64) (any, error) {
	category, err := l.queries.GetCategory(ctx, id)
	if err != nil {
		return nil, err
	}
	posts, err := l.queries.ListCategoryPosts(ctx, []int64{id, -1})
	return []any{category, posts}, err
}

func (l library) PostWithCategory(ctx context.Context, id int64) (any, error) {
	return l.queries.GetPostWithCategory(ctx, id)
}

func (l library) PostWithTags(ctx context.Context, id int64) (any, error) {
	post, err := l.queries.GetPost(ctx, id)
	if err != nil {
		return nil, err
	}
	tags, err := l.queries.ListPostTags(ctx, id)
	return []any{post, tags}, err
}

func (l library) Titles(ctx context.Context, tag string, category int64) (any, error) {
	return l.queries.ListTitles(ctx, blogdb.ListTitlesParams{Name: tag, CategoryID: category})
}

func (l library) Insert(ctx context.Context, p blog.Post) error {
	_, err := l.queries.CreatePost(ctx, blogdb.CreatePostParams{
		CategoryID: p.CategoryID, Title: p.Title, Status: p.Status, Views: p.Views, PublishedAt: p.PublishedAt,
	})
	return err
}

// InsertAll inserts one by one: sqlc has no batches for SQLite.
func (l library) InsertAll(ctx context.Context, posts []blog.Post) error {
	for _, p := range posts {
		if err := l.Insert(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (l library) SetTitle(ctx context.Context, id int64, title string) error {
	return l.queries.SetPostTitle(ctx, blogdb.SetPostTitleParams{Title: title, ID: id})
}

func (l library) Save(ctx context.Context, p blog.Post) error {
	return l.queries.SavePost(ctx, blogdb.SavePostParams{
		CategoryID: p.CategoryID, Title: p.Title, Status: p.Status, Views: p.Views, PublishedAt: p.PublishedAt, ID: p.ID,
	})
}

func (l library) Upsert(ctx context.Context, p blog.Post) error {
	return l.queries.UpsertPost(ctx, blogdb.UpsertPostParams(p))
}

func (l library) Delete(ctx context.Context, id int64) error { return l.queries.DeletePost(ctx, id) }

func (l library) Link(ctx context.Context, post, tag int64) error {
	return l.queries.LinkTag(ctx, blogdb.LinkTagParams{PostID: post, TagID: tag})
}

func (l library) Unlink(ctx context.Context, post, tag int64) error {
	return l.queries.UnlinkTag(ctx, blogdb.UnlinkTagParams{PostID: post, TagID: tag})
}

func (l library) Rename(ctx context.Context, category int64, name string) error {
	return l.queries.RenameCategory(ctx, blogdb.RenameCategoryParams{Name: name, ID: category})
}

func (l library) DeleteCategory(ctx context.Context, id int64) error {
	return l.queries.DeleteCategory(ctx, id)
}

func (l library) AddViews(ctx context.Context, id, views int64) error {
	return l.queries.AddPostViews(ctx, blogdb.AddPostViewsParams{Views: views, ID: id})
}

func (l library) InTx(ctx context.Context, run func(conformance.Library) error) error {
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := run(library{db: l.db, queries: l.queries.WithTx(tx)}); err != nil {
		return err
	}
	return tx.Commit()
}
