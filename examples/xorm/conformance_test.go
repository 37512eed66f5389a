package xorm_test

import (
	"context"
	"database/sql"
	"testing"

	"go.uber.org/goleak"
	"xorm.io/xorm"
	"xorm.io/xorm/core"
	"xorm.io/xorm/names"
	"xorm.io/xorm/schemas"

	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/examples/internal/conformance"
	"github.com/cacheops/cacheops/internal/mysqltest"
	"github.com/cacheops/cacheops/internal/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	t.Parallel()
	run(t, conformance.SQLite(), "sqlite", "file:blog.sqlite", false)
}

// TestPrepared lets xorm prepare each statement.
func TestPrepared(t *testing.T) {
	t.Parallel()
	run(t, conformance.SQLite(), "sqlite", "file:blog.sqlite", true)
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	run(t, conformance.Postgres(t, pgtest.Start(t), "pgx"), "pgx", "postgres://localhost/blog", false)
}

func TestPostgresPrepared(t *testing.T) {
	t.Parallel()
	run(t, conformance.Postgres(t, pgtest.Start(t), "postgres"), "postgres", "postgres://localhost/blog", true)
}

func TestMySQL(t *testing.T) {
	t.Parallel()
	run(t, conformance.MySQL(t, mysqltest.Start(t), ""), "mysql", "root@tcp(localhost)/blog", false)
}

func TestMySQLPrepared(t *testing.T) {
	t.Parallel()
	run(t, conformance.MySQL(t, mysqltest.Start(t), ""), "mysql", "root@tcp(localhost)/blog", true)
}

// run takes the name and the DSN from which xorm knows which database it is: it opens
// no connection by them.
func run(t *testing.T, d conformance.Database, driver, dsn string, prepare bool) {
	t.Helper()
	conformance.Run(t, d, func(t *testing.T, db *sql.DB) conformance.Library {
		engine, err := xorm.NewEngineWithDB(driver, dsn, core.FromDB(db))
		if err != nil {
			t.Fatal(err)
		}
		engine.SetColumnMapper(names.GonicMapper{})
		return library{engine: engine, prepare: prepare}
	})
}

type library struct {
	engine  *xorm.Engine
	tx      *xorm.Session // nil outside of a transaction
	prepare bool
}

// session returns the transaction's session, or a new one that ends with its
// statement.
func (l library) session(ctx context.Context) *xorm.Session {
	s := l.tx
	if s == nil {
		s = l.engine.Context(ctx)
	}
	if s = s.Context(ctx); l.prepare {
		s = s.Prepare()
	}
	return s
}

// row makes xorm's value of a post.
func row(p blog.Post) *Post {
	return &Post{
		ID: p.ID, CategoryID: p.CategoryID, Title: p.Title, Status: p.Status, Views: p.Views, PublishedAt: p.PublishedAt,
	}
}

// get reads the first row into value, and says when there is none.
func get(s *xorm.Session, value any) (any, error) {
	found, err := s.Get(value)
	if err == nil && !found {
		err = sql.ErrNoRows
	}
	return value, err
}

func (l library) Get(ctx context.Context, id int64) (any, error) {
	return get(l.session(ctx).ID(id), new(Post))
}

func (l library) List(ctx context.Context, category int64, status string) (any, error) {
	var posts []Post
	err := l.session(ctx).Where("category_id = ?", category).And("status = ?", status).Asc("id").Find(&posts)
	return posts, err
}

func (l library) Count(ctx context.Context, category int64) (any, error) {
	return l.session(ctx).Count(&Post{CategoryID: category})
}

func (l library) Exists(ctx context.Context, status string) (any, error) {
	return l.session(ctx).Where("status = ?", status).Exist(new(Post))
}

func (l library) CategoryWithPosts(ctx context.Context, id int64) (any, error) {
	category, err := get(l.session(ctx).ID(id), new(Category))
	if err != nil {
		return nil, err
	}
	var posts []Post
	err = l.session(ctx).In("category_id", id, -1).Asc("id").Find(&posts)
	return []any{category, posts}, err
}

func (l library) PostWithCategory(ctx context.Context, id int64) (any, error) {
	var found struct {
		Post     `xorm:"extends"`
		Category `xorm:"extends"`
	}
	_, err := get(l.session(ctx).Table("posts").Select("posts.*, categories.*").
		Join("INNER", "categories", "categories.id = posts.category_id").Where("posts.id = ?", id), &found)
	return []any{found.Post, found.Category}, err
}

func (l library) PostWithTags(ctx context.Context, id int64) (any, error) {
	post, err := l.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	var tags []Tag
	err = l.session(ctx).Join("INNER", "post_tags", "post_tags.tag_id = tags.id").
		Where("post_tags.post_id = ?", id).Asc("tags.id").Find(&tags)
	return []any{post, tags}, err
}

func (l library) Titles(ctx context.Context, tag string, category int64) (any, error) {
	return l.session(ctx).SQL(conformance.Titles, tag, category).QueryString()
}

func (l library) Insert(ctx context.Context, p blog.Post) error {
	_, err := l.session(ctx).Insert(row(p))
	return err
}

func (l library) InsertAll(ctx context.Context, posts []blog.Post) error {
	var rows []*Post
	for _, p := range posts {
		rows = append(rows, row(p))
	}
	_, err := l.session(ctx).Insert(&rows)
	return err
}

func (l library) SetTitle(ctx context.Context, id int64, title string) error {
	_, err := l.session(ctx).ID(id).Cols("title").Update(&Post{Title: title})
	return err
}

func (l library) Save(ctx context.Context, p blog.Post) error {
	_, err := l.session(ctx).ID(p.ID).AllCols().Update(row(p))
	return err
}

// Upsert is SQL: xorm has no word for it.
func (l library) Upsert(ctx context.Context, p blog.Post) error {
	upsert := `INSERT INTO posts (id, category_id, title, status, views, published_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET category_id = excluded.category_id, title = excluded.title,
			status = excluded.status, views = excluded.views, published_at = excluded.published_at`
	if l.engine.Dialect().URI().DBType == schemas.MYSQL {
		upsert = conformance.Duplicate(upsert)
	}
	_, err := l.session(ctx).Exec(upsert, p.ID, p.CategoryID, p.Title, p.Status, p.Views, p.PublishedAt)
	return err
}

func (l library) Delete(ctx context.Context, id int64) error {
	_, err := l.session(ctx).ID(id).Delete(new(Post))
	return err
}

func (l library) Link(ctx context.Context, post, tag int64) error {
	_, err := l.session(ctx).Insert(&PostTag{PostID: post, TagID: tag})
	return err
}

func (l library) Unlink(ctx context.Context, post, tag int64) error {
	_, err := l.session(ctx).Delete(&PostTag{PostID: post, TagID: tag})
	return err
}

func (l library) Rename(ctx context.Context, category int64, name string) error {
	_, err := l.session(ctx).ID(category).Update(&Category{Name: name})
	return err
}

func (l library) DeleteCategory(ctx context.Context, id int64) error {
	_, err := l.session(ctx).Delete(&Category{ID: id})
	return err
}

func (l library) AddViews(ctx context.Context, id, views int64) error {
	_, err := l.session(ctx).Exec(conformance.AddViews, views, id)
	return err
}

func (l library) InTx(ctx context.Context, run func(conformance.Library) error) error {
	s := l.engine.NewSession().Context(ctx)
	defer s.Close()
	if err := s.Begin(); err != nil {
		return err
	}
	if err := run(library{engine: l.engine, tx: s, prepare: l.prepare}); err != nil {
		s.Rollback()
		return err
	}
	return s.Commit()
}
