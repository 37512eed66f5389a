package bun_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	_ "github.com/uptrace/bun/driver/pgdriver" // "pg"
	"github.com/uptrace/bun/schema"
	"go.uber.org/goleak"

	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/examples/internal/conformance"
	"github.com/cacheops/cacheops/internal/mysqltest"
	"github.com/cacheops/cacheops/internal/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	t.Parallel()
	run(t, conformance.SQLite(), sqlitedialect.New())
}

// TestPostgres has each of the drivers, and Bun's own.
func TestPostgres(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	for _, driver := range []string{"pgx", "postgres", "pg"} {
		t.Run(driver, func(t *testing.T) {
			t.Parallel()
			run(t, conformance.Postgres(t, server, driver), pgdialect.New())
		})
	}
}

func TestMySQL(t *testing.T) {
	t.Parallel()
	// Bun has MariaDB return what a row got by default, so no count tells whether a row was
	// there.
	run(t, conformance.MySQL(t, mysqltest.Start(t), "", "upsert a new row"), mysqldialect.New())
}

func run(t *testing.T, d conformance.Database, words schema.Dialect) {
	t.Helper()
	conformance.Run(t, d, func(_ *testing.T, db *sql.DB) conformance.Library {
		orm := bun.NewDB(db, words)
		orm.RegisterModel((*PostTag)(nil))
		return library{orm}
	})
}

type library struct{ db bun.IDB }

// row makes Bun's value of a post.
func row(p blog.Post) *Post {
	return &Post{
		ID: p.ID, CategoryID: p.CategoryID, Title: p.Title, Status: p.Status, Views: p.Views, PublishedAt: p.PublishedAt,
	}
}

func (l library) Get(ctx context.Context, id int64) (any, error) {
	post := Post{ID: id}
	err := l.db.NewSelect().Model(&post).WherePK().Scan(ctx)
	return post, err
}

func (l library) List(ctx context.Context, category int64, status string) (any, error) {
	var posts []Post
	err := l.db.NewSelect().Model(&posts).Where("category_id = ?", category).Where("status = ?", status).Order("id").Scan(ctx)
	return posts, err
}

func (l library) Count(ctx context.Context, category int64) (any, error) {
	return l.db.NewSelect().Model((*Post)(nil)).Where("category_id = ?", category).Count(ctx)
}

func (l library) Exists(ctx context.Context, status string) (any, error) {
	return l.db.NewSelect().Model((*Post)(nil)).Where("status = ?", status).Exists(ctx)
}

func (l library) CategoryWithPosts(ctx context.Context, id int64) (any, error) {
	category := Category{ID: id}
	err := l.db.NewSelect().Model(&category).Relation("Posts").WherePK().Scan(ctx)
	return category, err
}

func (l library) PostWithCategory(ctx context.Context, id int64) (any, error) {
	post := Post{ID: id}
	err := l.db.NewSelect().Model(&post).Relation("Category").WherePK().Scan(ctx)
	return post, err
}

func (l library) PostWithTags(ctx context.Context, id int64) (any, error) {
	post := Post{ID: id}
	err := l.db.NewSelect().Model(&post).Relation("Tags").WherePK().Scan(ctx)
	return post, err
}

func (l library) Titles(ctx context.Context, tag string, category int64) (any, error) {
	var titles []string
	err := l.db.NewRaw(conformance.Titles, tag, category).Scan(ctx, &titles)
	return titles, err
}

func (l library) Insert(ctx context.Context, p blog.Post) error {
	_, err := l.db.NewInsert().Model(row(p)).Exec(ctx)
	return err
}

func (l library) InsertAll(ctx context.Context, posts []blog.Post) error {
	var rows []*Post
	for _, p := range posts {
		rows = append(rows, row(p))
	}
	_, err := l.db.NewInsert().Model(&rows).Exec(ctx)
	return err
}

func (l library) SetTitle(ctx context.Context, id int64, title string) error {
	_, err := l.db.NewUpdate().Model(&Post{ID: id}).Set("title = ?", title).WherePK().Exec(ctx)
	return err
}

func (l library) Save(ctx context.Context, p blog.Post) error {
	_, err := l.db.NewUpdate().Model(row(p)).WherePK().Exec(ctx)
	return err
}

func (l library) Upsert(ctx context.Context, p blog.Post) error {
	conflict := "CONFLICT (id) DO UPDATE"
	if l.db.Dialect().Name() == dialect.MySQL {
		conflict = "DUPLICATE KEY UPDATE"
	}
	_, err := l.db.NewInsert().Model(row(p)).On(conflict).Exec(ctx)
	return err
}

func (l library) Delete(ctx context.Context, id int64) error {
	_, err := l.db.NewDelete().Model(&Post{ID: id}).WherePK().Exec(ctx)
	return err
}

func (l library) Link(ctx context.Context, post, tag int64) error {
	_, err := l.db.NewInsert().Model(&PostTag{PostID: post, TagID: tag}).Exec(ctx)
	return err
}

func (l library) Unlink(ctx context.Context, post, tag int64) error {
	_, err := l.db.NewDelete().Model(&PostTag{PostID: post, TagID: tag}).WherePK().Exec(ctx)
	return err
}

func (l library) Rename(ctx context.Context, category int64, name string) error {
	_, err := l.db.NewUpdate().Model(&Category{ID: category, Name: name}).Column("name").WherePK().Exec(ctx)
	return err
}

func (l library) DeleteCategory(ctx context.Context, id int64) error {
	_, err := l.db.NewDelete().Model((*Category)(nil)).Where("id = ?", id).Exec(ctx)
	return err
}

func (l library) AddViews(ctx context.Context, id, views int64) error {
	_, err := l.db.ExecContext(ctx, conformance.AddViews, views, id)
	return err
}

func (l library) InTx(ctx context.Context, run func(conformance.Library) error) error {
	return l.db.RunInTx(ctx, nil, func(_ context.Context, tx bun.Tx) error { return run(library{tx}) })
}
