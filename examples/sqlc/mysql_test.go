package sqlc_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/examples/internal/conformance"
	"github.com/cacheops/cacheops/examples/sqlc/blogmy"
	"github.com/cacheops/cacheops/internal/mysqltest"
)

func TestMySQL(t *testing.T) {
	t.Parallel()
	server := mysqltest.Start(t)
	for name, options := range map[string]string{"binary": "", "interpolated": "&interpolateParams=true"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conformance.Run(t, conformance.MySQL(t, server, options), func(_ *testing.T, db *sql.DB) conformance.Library {
				return onMySQL{db: db, queries: blogmy.New(db)}
			})
		})
		t.Run(name+", prepared", func(t *testing.T) {
			t.Parallel()
			conformance.Run(t, conformance.MySQL(t, server, options), func(t *testing.T, db *sql.DB) conformance.Library {
				queries, err := blogmy.Prepare(t.Context(), db)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() {
					if err := queries.Close(); err != nil {
						t.Error(err)
					}
				})
				return onMySQL{db: db, queries: queries}
			})
		})
	}
}

type onMySQL struct {
	db      *sql.DB
	queries *blogmy.Queries
}

func (l onMySQL) Get(ctx context.Context, id int64) (any, error) {
	return l.queries.GetPost(ctx, id)
}

func (l onMySQL) List(ctx context.Context, category int64, status string) (any, error) {
	return l.queries.ListPosts(ctx, blogmy.ListPostsParams{CategoryID: category, Status: status})
}

func (l onMySQL) Count(ctx context.Context, category int64) (any, error) {
	return l.queries.CountPosts(ctx, category)
}

func (l onMySQL) Exists(ctx context.Context, status string) (any, error) {
	return l.queries.PostExists(ctx, status)
}

func (l onMySQL) CategoryWithPosts(ctx context.Context, id int64) (any, error) {
	category, err := l.queries.GetCategory(ctx, id)
	if err != nil {
		return nil, err
	}
	posts, err := l.queries.ListCategoryPosts(ctx, []int64{id, -1})
	return []any{category, posts}, err
}

func (l onMySQL) PostWithCategory(ctx context.Context, id int64) (any, error) {
	return l.queries.GetPostWithCategory(ctx, id)
}

func (l onMySQL) PostWithTags(ctx context.Context, id int64) (any, error) {
	post, err := l.queries.GetPost(ctx, id)
	if err != nil {
		return nil, err
	}
	tags, err := l.queries.ListPostTags(ctx, id)
	return []any{post, tags}, err
}

func (l onMySQL) Titles(ctx context.Context, tag string, category int64) (any, error) {
	return l.queries.ListTitles(ctx, blogmy.ListTitlesParams{Name: tag, CategoryID: category})
}

func (l onMySQL) Insert(ctx context.Context, p blog.Post) error {
	_, err := l.queries.CreatePost(ctx, blogmy.CreatePostParams{
		CategoryID: p.CategoryID, Title: p.Title, Status: p.Status, Views: p.Views, PublishedAt: p.PublishedAt,
	})
	return err
}

// InsertAll inserts one by one: with database/sql sqlc has no batches.
func (l onMySQL) InsertAll(ctx context.Context, posts []blog.Post) error {
	for _, p := range posts {
		if err := l.Insert(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (l onMySQL) SetTitle(ctx context.Context, id int64, title string) error {
	return l.queries.SetPostTitle(ctx, blogmy.SetPostTitleParams{Title: title, ID: id})
}

func (l onMySQL) Save(ctx context.Context, p blog.Post) error {
	return l.queries.SavePost(ctx, blogmy.SavePostParams{
		CategoryID: p.CategoryID, Title: p.Title, Status: p.Status, Views: p.Views, PublishedAt: p.PublishedAt, ID: p.ID,
	})
}

func (l onMySQL) Upsert(ctx context.Context, p blog.Post) error {
	return l.queries.UpsertPost(ctx, blogmy.UpsertPostParams(p))
}

func (l onMySQL) Delete(ctx context.Context, id int64) error { return l.queries.DeletePost(ctx, id) }

func (l onMySQL) Link(ctx context.Context, post, tag int64) error {
	return l.queries.LinkTag(ctx, blogmy.LinkTagParams{PostID: post, TagID: tag})
}

func (l onMySQL) Unlink(ctx context.Context, post, tag int64) error {
	return l.queries.UnlinkTag(ctx, blogmy.UnlinkTagParams{PostID: post, TagID: tag})
}

func (l onMySQL) Rename(ctx context.Context, category int64, name string) error {
	return l.queries.RenameCategory(ctx, blogmy.RenameCategoryParams{Name: name, ID: category})
}

func (l onMySQL) DeleteCategory(ctx context.Context, id int64) error {
	return l.queries.DeleteCategory(ctx, id)
}

func (l onMySQL) AddViews(ctx context.Context, id, views int64) error {
	return l.queries.AddPostViews(ctx, blogmy.AddPostViewsParams{Views: views, ID: id})
}

func (l onMySQL) InTx(ctx context.Context, run func(conformance.Library) error) error {
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := run(onMySQL{db: l.db, queries: l.queries.WithTx(tx)}); err != nil {
		return err
	}
	return tx.Commit()
}
