package sqlx_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/jmoiron/sqlx"
	"go.uber.org/goleak"

	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/examples/internal/conformance"
	"github.com/cacheops/cacheops/internal/mysqltest"
	"github.com/cacheops/cacheops/internal/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	t.Parallel()
	run(t, conformance.SQLite(), "sqlite")
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	for _, driver := range []string{"pgx", "postgres"} {
		t.Run(driver, func(t *testing.T) {
			t.Parallel()
			run(t, conformance.Postgres(t, server, driver), driver)
		})
	}
}

func TestMySQL(t *testing.T) {
	t.Parallel()
	server := mysqltest.Start(t)
	for name, options := range map[string]string{"plain": "", "interpolated": "&interpolateParams=true"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, conformance.MySQL(t, server, options), "mysql")
		})
	}
}

// run takes the name of the driver, from which sqlx knows what parameters look like.
func run(t *testing.T, d conformance.Database, driver string) {
	t.Helper()
	conformance.Run(t, d, func(_ *testing.T, db *sql.DB) conformance.Library {
		dbx := sqlx.NewDb(db, driver)
		return library{dbx, dbx}
	})
}

// handle is what a *sqlx.DB and a *sqlx.Tx can do.
type handle interface {
	sqlx.ExtContext
	GetContext(ctx context.Context, dest any, query string, args ...any) error
	SelectContext(ctx context.Context, dest any, query string, args ...any) error
	NamedExecContext(ctx context.Context, query string, arg any) (sql.Result, error)
	PrepareNamedContext(ctx context.Context, query string) (*sqlx.NamedStmt, error)
}

type library struct {
	db *sqlx.DB
	h  handle
}

// row makes sqlx's value of a post.
func row(p blog.Post) Post {
	return Post{
		ID: p.ID, CategoryID: p.CategoryID, Title: p.Title, Status: p.Status, Views: p.Views, PublishedAt: p.PublishedAt,
	}
}

func (l library) exec(ctx context.Context, query string, args ...any) error {
	_, err := l.h.ExecContext(ctx, l.db.Rebind(query), args...)
	return err
}

func (l library) get(ctx context.Context, dest any, query string, args ...any) error {
	return l.h.GetContext(ctx, dest, l.db.Rebind(query), args...)
}

func (l library) named(ctx context.Context, query string, arg any) error {
	_, err := l.h.NamedExecContext(ctx, query, arg)
	return err
}

func (l library) Get(ctx context.Context, id int64) (any, error) {
	var post Post
	err := l.get(ctx, &post, "SELECT * FROM posts WHERE id = ?", id)
	return post, err
}

// List prepares a statement with names.
func (l library) List(ctx context.Context, category int64, status string) (any, error) {
	stmt, err := l.h.PrepareNamedContext(ctx, "SELECT * FROM posts WHERE category_id = :category AND status = :status ORDER BY id")
	if err != nil {
		return nil, err
	}
	defer stmt.Close()
	var posts []Post
	err = stmt.SelectContext(ctx, &posts, map[string]any{"category": category, "status": status})
	return posts, err
}

func (l library) Count(ctx context.Context, category int64) (any, error) {
	var count int
	err := l.get(ctx, &count, "SELECT count(*) FROM posts WHERE category_id = ?", category)
	return count, err
}

func (l library) Exists(ctx context.Context, status string) (any, error) {
	var found bool
	err := l.get(ctx, &found, "SELECT EXISTS (SELECT 1 FROM posts WHERE status = ?)", status)
	return found, err
}

// CategoryWithPosts expands a list of keys, as sqlx.In does.
func (l library) CategoryWithPosts(ctx context.Context, id int64) (any, error) {
	var category struct {
		ID    int64
		Name  string
		Posts []Post `db:"-"`
	}
	if err := l.get(ctx, &category, "SELECT * FROM categories WHERE id = ?", id); err != nil {
		return nil, err
	}
	query, args, err := sqlx.In("SELECT * FROM posts WHERE category_id IN (?) ORDER BY id", []int64{id, -1})
	if err != nil {
		return nil, err
	}
	err = l.h.SelectContext(ctx, &category.Posts, l.h.Rebind(query), args...)
	return category, err
}

func (l library) PostWithCategory(ctx context.Context, id int64) (any, error) {
	var post struct {
		Post
		Category string
	}
	err := l.get(ctx, &post,
		"SELECT p.*, c.name AS category FROM posts p JOIN categories c ON c.id = p.category_id WHERE p.id = ?", id)
	return post, err
}

// PostWithTags scans row by row.
func (l library) PostWithTags(ctx context.Context, id int64) (any, error) {
	rows, err := l.h.QueryxContext(ctx, l.db.Rebind(`SELECT p.*, t.name FROM posts p
		LEFT JOIN post_tags pt ON pt.post_id = p.id LEFT JOIN tags t ON t.id = pt.tag_id WHERE p.id = ? ORDER BY t.id`), id)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []any
	for rows.Next() {
		values, err := rows.SliceScan()
		if err != nil {
			return nil, err
		}
		found = append(found, values)
	}
	return found, rows.Err()
}

func (l library) Titles(ctx context.Context, tag string, category int64) (any, error) {
	var titles []string
	err := l.h.SelectContext(ctx, &titles, l.db.Rebind(conformance.Titles), tag, category)
	return titles, err
}

const insert = "INSERT INTO posts (category_id, title, status, views, published_at) VALUES (:category_id, :title, :status, :views, :published_at)"

func (l library) Insert(ctx context.Context, p blog.Post) error { return l.named(ctx, insert, row(p)) }

func (l library) InsertAll(ctx context.Context, posts []blog.Post) error {
	var rows []Post
	for _, p := range posts {
		rows = append(rows, row(p))
	}
	return l.named(ctx, insert, rows)
}

func (l library) SetTitle(ctx context.Context, id int64, title string) error {
	return l.exec(ctx, "UPDATE posts SET title = ? WHERE id = ?", title, id)
}

func (l library) Save(ctx context.Context, p blog.Post) error {
	return l.named(ctx, `UPDATE posts SET category_id = :category_id, title = :title, status = :status, views = :views,
		published_at = :published_at WHERE id = :id`, row(p))
}

func (l library) Upsert(ctx context.Context, p blog.Post) error {
	upsert := `INSERT INTO posts VALUES (:id, :category_id, :title, :status, :views, :published_at)
		ON CONFLICT (id) DO UPDATE SET category_id = excluded.category_id, title = excluded.title,
			status = excluded.status, views = excluded.views, published_at = excluded.published_at`
	if l.db.DriverName() == "mysql" {
		upsert = conformance.Duplicate(upsert)
	}
	return l.named(ctx, upsert, row(p))
}

func (l library) Delete(ctx context.Context, id int64) error {
	return l.exec(ctx, "DELETE FROM posts WHERE id = ?", id)
}

func (l library) Link(ctx context.Context, post, tag int64) error {
	return l.exec(ctx, "INSERT INTO post_tags (post_id, tag_id) VALUES (?, ?)", post, tag)
}

func (l library) Unlink(ctx context.Context, post, tag int64) error {
	return l.exec(ctx, "DELETE FROM post_tags WHERE post_id = ? AND tag_id = ?", post, tag)
}

func (l library) Rename(ctx context.Context, category int64, name string) error {
	return l.exec(ctx, "UPDATE categories SET name = ? WHERE id = ?", name, category)
}

func (l library) DeleteCategory(ctx context.Context, id int64) error {
	return l.exec(ctx, "DELETE FROM categories WHERE id = ?", id)
}

func (l library) AddViews(ctx context.Context, id, views int64) error {
	return l.exec(ctx, conformance.AddViews, views, id)
}

func (l library) InTx(ctx context.Context, run func(conformance.Library) error) error {
	tx, err := l.db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := run(library{l.db, tx}); err != nil {
		return err
	}
	return tx.Commit()
}
