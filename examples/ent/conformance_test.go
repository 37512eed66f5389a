package ent_test

import (
	"context"
	"database/sql"
	"testing"

	entdialect "entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"go.uber.org/goleak"

	"github.com/cacheops/cacheops/examples/ent/blogent"
	"github.com/cacheops/cacheops/examples/ent/blogent/category"
	"github.com/cacheops/cacheops/examples/ent/blogent/post"
	"github.com/cacheops/cacheops/examples/ent/blogent/tag"
	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/examples/internal/conformance"
	"github.com/cacheops/cacheops/internal/mysqltest"
	"github.com/cacheops/cacheops/internal/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	t.Parallel()
	conformance.Run(t, conformance.SQLite(), func(_ *testing.T, db *sql.DB) conformance.Library {
		as := func(text string) string { return text }
		return library{blogent.NewClient(blogent.Driver(entsql.OpenDB(entdialect.SQLite, db))), as}
	})
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	conformance.Run(t, conformance.Postgres(t, pgtest.Start(t), "pgx"), func(_ *testing.T, db *sql.DB) conformance.Library {
		return library{blogent.NewClient(blogent.Driver(entsql.OpenDB(entdialect.Postgres, db))), conformance.Numbered}
	})
}

func TestMySQL(t *testing.T) {
	t.Parallel()
	conformance.Run(t, conformance.MySQL(t, mysqltest.Start(t), ""), func(_ *testing.T, db *sql.DB) conformance.Library {
		as := func(text string) string { return text }
		return library{blogent.NewClient(blogent.Driver(entsql.OpenDB(entdialect.MySQL, db))), as}
	})
}

type library struct {
	client *blogent.Client
	// text is how the database wants the parameters of SQL that ent passes on.
	text func(string) string
}

// create makes ent's value of a post.
func (l library) create(p blog.Post) *blogent.PostCreate {
	c := l.client.Post.Create().SetCategoryID(int(p.CategoryID)).SetTitle(p.Title).SetStatus(p.Status).
		SetViews(int(p.Views)).SetNillablePublishedAt(p.PublishedAt)
	if p.ID != 0 {
		c.SetID(int(p.ID))
	}
	return c
}

func (l library) Get(ctx context.Context, id int64) (any, error) {
	return l.client.Post.Get(ctx, int(id))
}

func (l library) List(ctx context.Context, category int64, status string) (any, error) {
	return l.client.Post.Query().Where(post.CategoryID(int(category)), post.Status(status)).Order(post.ByID()).All(ctx)
}

func (l library) Count(ctx context.Context, category int64) (any, error) {
	return l.client.Post.Query().Where(post.CategoryID(int(category))).Count(ctx)
}

func (l library) Exists(ctx context.Context, status string) (any, error) {
	return l.client.Post.Query().Where(post.Status(status)).Exist(ctx)
}

func (l library) CategoryWithPosts(ctx context.Context, id int64) (any, error) {
	return l.client.Category.Query().Where(category.ID(int(id))).WithPosts().Only(ctx)
}

func (l library) PostWithCategory(ctx context.Context, id int64) (any, error) {
	return l.client.Post.Query().Where(post.ID(int(id))).WithCategory().Only(ctx)
}

func (l library) PostWithTags(ctx context.Context, id int64) (any, error) {
	return l.client.Post.Query().Where(post.ID(int(id))).
		WithTags(func(q *blogent.TagQuery) { q.Order(tag.ByID()) }).Only(ctx)
}

func (l library) Titles(ctx context.Context, name string, category int64) (any, error) {
	rows, err := l.client.QueryContext(ctx, l.text(conformance.Titles), name, category)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var titles []string
	err = entsql.ScanSlice(rows, &titles)
	return titles, err
}

func (l library) Insert(ctx context.Context, p blog.Post) error { return l.create(p).Exec(ctx) }

func (l library) InsertAll(ctx context.Context, posts []blog.Post) error {
	return l.client.Post.MapCreateBulk(posts, func(c *blogent.PostCreate, i int) {
		p := posts[i]
		c.SetCategoryID(int(p.CategoryID)).SetTitle(p.Title).SetStatus(p.Status).SetNillablePublishedAt(p.PublishedAt)
	}).Exec(ctx)
}

func (l library) SetTitle(ctx context.Context, id int64, title string) error {
	return l.client.Post.UpdateOneID(int(id)).SetTitle(title).Exec(ctx)
}

func (l library) Save(ctx context.Context, p blog.Post) error {
	return l.client.Post.UpdateOneID(int(p.ID)).SetCategoryID(int(p.CategoryID)).SetTitle(p.Title).SetStatus(p.Status).
		SetViews(int(p.Views)).SetNillablePublishedAt(p.PublishedAt).Exec(ctx)
}

func (l library) Upsert(ctx context.Context, p blog.Post) error {
	return l.create(p).OnConflictColumns(post.FieldID).UpdateNewValues().Exec(ctx)
}

func (l library) Delete(ctx context.Context, id int64) error {
	return l.client.Post.DeleteOneID(int(id)).Exec(ctx)
}

func (l library) Link(ctx context.Context, post, tag int64) error {
	return l.client.Post.UpdateOneID(int(post)).AddTagIDs(int(tag)).Exec(ctx)
}

func (l library) Unlink(ctx context.Context, post, tag int64) error {
	return l.client.Post.UpdateOneID(int(post)).RemoveTagIDs(int(tag)).Exec(ctx)
}

func (l library) Rename(ctx context.Context, id int64, name string) error {
	return l.client.Category.Update().Where(category.ID(int(id))).SetName(name).Exec(ctx)
}

func (l library) DeleteCategory(ctx context.Context, id int64) error {
	_, err := l.client.Category.Delete().Where(category.ID(int(id))).Exec(ctx)
	return err
}

func (l library) AddViews(ctx context.Context, id, views int64) error {
	_, err := l.client.ExecContext(ctx, l.text(conformance.AddViews), views, id)
	return err
}

func (l library) InTx(ctx context.Context, run func(conformance.Library) error) error {
	tx, err := l.client.Tx(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := run(library{tx.Client(), l.text}); err != nil {
		return err
	}
	return tx.Commit()
}
