package sqlc_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/examples/internal/conformance"
	"github.com/cacheops/cacheops/examples/sqlc/blogpg"
	"github.com/cacheops/cacheops/internal/pgtest"
)

// TestPostgres has each of the drivers. The code passes arrays as lib/pq has them, to
// both.
func TestPostgres(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	for _, driver := range []string{"pgx", "postgres"} {
		t.Run(driver, func(t *testing.T) {
			t.Parallel()
			conformance.Run(t, conformance.Postgres(t, server, driver), func(_ *testing.T, db *sql.DB) conformance.Library {
				return onPostgres{db: db, queries: blogpg.New(db)}
			})
		})
		t.Run(driver+", prepared", func(t *testing.T) {
			t.Parallel()
			conformance.Run(t, conformance.Postgres(t, server, driver), func(t *testing.T, db *sql.DB) conformance.Library {
				queries, err := blogpg.Prepare(t.Context(), db)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					if err := queries.Close(); err != nil {
						t.Error(err)
					}
				})
				return onPostgres{db: db, queries: queries}
			})
		})
	}
}

type onPostgres struct {
	db      *sql.DB
	queries *blogpg.Queries
}

func (l onPostgres) Get(ctx context.Context, id int64) (any, error) {
	return l.queries.GetPost(ctx, id)
}

func (l onPostgres) List(ctx context.Context, category int64, status string) (any, error) {
	return l.queries.ListPosts(ctx, blogpg.ListPostsParams{CategoryID: category, Status: status})
}

func (l onPostgres) Count(ctx context.Context, category int64) (any, error) {
	return l.queries.CountPosts(ctx, category)
}

func (l onPostgres) Exists(ctx context.Context, status string) (any, error) {
	return l.queries.PostExists(ctx, status)
}

func (l onPostgres) CategoryWithPosts(ctx context.Context, id int64) (any, error) {
	category, err := l.queries.GetCategory(ctx, id)
	if err != nil {
		return nil, err
	}
	posts, err := l.queries.ListCategoryPosts(ctx, []int64{id, -1})
	return []any{category, posts}, err
}

func (l onPostgres) PostWithCategory(ctx context.Context, id int64) (any, error) {
	return l.queries.GetPostWithCategory(ctx, id)
}

func (l onPostgres) PostWithTags(ctx context.Context, id int64) (any, error) {
	post, err := l.queries.GetPost(ctx, id)
	if err != nil {
		return nil, err
	}
	tags, err := l.queries.ListPostTags(ctx, id)
	return []any{post, tags}, err
}

func (l onPostgres) Titles(ctx context.Context, tag string, category int64) (any, error) {
	return l.queries.ListTitles(ctx, blogpg.ListTitlesParams{Name: tag, CategoryID: category})
}

func (l onPostgres) Insert(ctx context.Context, p blog.Post) error {
	_, err := l.queries.CreatePost(ctx, blogpg.CreatePostParams{
		CategoryID: p.CategoryID, Title: p.Title, Status: p.Status, Views: p.Views, PublishedAt: p.PublishedAt,
	})
	return err
}

// InsertAll inserts one by one: with database/sql sqlc has no batches.
func (l onPostgres) InsertAll(ctx context.Context, posts []blog.Post) error {
	for _, p := range posts {
		if err := l.Insert(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (l onPostgres) SetTitle(ctx context.Context, id int64, title string) error {
	return l.queries.SetPostTitle(ctx, blogpg.SetPostTitleParams{Title: title, ID: id})
}

func (l onPostgres) Save(ctx context.Context, p blog.Post) error {
	return l.queries.SavePost(ctx, blogpg.SavePostParams{
		CategoryID: p.CategoryID, Title: p.Title, Status: p.Status, Views: p.Views, PublishedAt: p.PublishedAt, ID: p.ID,
	})
}

func (l onPostgres) Upsert(ctx context.Context, p blog.Post) error {
	return l.queries.UpsertPost(ctx, blogpg.UpsertPostParams(p))
}

func (l onPostgres) Delete(ctx context.Context, id int64) error { return l.queries.DeletePost(ctx, id) }

func (l onPostgres) Link(ctx context.Context, post, tag int64) error {
	return l.queries.LinkTag(ctx, blogpg.LinkTagParams{PostID: post, TagID: tag})
}

func (l onPostgres) Unlink(ctx context.Context, post, tag int64) error {
	return l.queries.UnlinkTag(ctx, blogpg.UnlinkTagParams{PostID: post, TagID: tag})
}

func (l onPostgres) Rename(ctx context.Context, category int64, name string) error {
	return l.queries.RenameCategory(ctx, blogpg.RenameCategoryParams{Name: name, ID: category})
}

func (l onPostgres) DeleteCategory(ctx context.Context, id int64) error {
	return l.queries.DeleteCategory(ctx, id)
}

func (l onPostgres) AddViews(ctx context.Context, id, views int64) error {
	return l.queries.AddPostViews(ctx, blogpg.AddPostViewsParams{Views: views, ID: id})
}

func (l onPostgres) InTx(ctx context.Context, run func(conformance.Library) error) error {
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := run(onPostgres{db: l.db, queries: l.queries.WithTx(tx)}); err != nil {
		return err
	}
	return tx.Commit()
}
