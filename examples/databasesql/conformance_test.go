package databasesql_test

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/examples/internal/conformance"
	"github.com/cacheops/cacheops/internal/mysqltest"
	"github.com/cacheops/cacheops/internal/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	t.Parallel()
	run(t, conformance.SQLite(), plain)
}

// TestPrepared sends each text as a statement that is prepared once.
func TestPrepared(t *testing.T) {
	t.Parallel()
	run(t, conformance.SQLite(), prepare)
}

// TestPostgres has each driver.
func TestPostgres(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	for _, driver := range []string{"pgx", "postgres"} {
		for name, as := range map[string]func(*testing.T, *sql.DB) *library{"plain": plain, "prepared": prepare} {
			t.Run(driver+", "+name, func(t *testing.T) {
				t.Parallel()
				run(t, conformance.Postgres(t, server, driver), func(t *testing.T, db *sql.DB) *library {
					l := as(t, db)
					return &library{db, worded{l.q, conformance.Numbered}, func(tx *sql.Tx) querier {
						return worded{l.in(tx), conformance.Numbered}
					}}
				})
			})
		}
	}
}

// TestMySQL has the driver prepare what has arguments, and write them into the text.
func TestMySQL(t *testing.T) {
	t.Parallel()
	server := mysqltest.Start(t)
	for mode, options := range map[string]string{"binary": "", "interpolated": "&interpolateParams=true"} {
		for name, as := range map[string]func(*testing.T, *sql.DB) *library{"plain": plain, "prepared": prepare} {
			t.Run(mode+", "+name, func(t *testing.T) {
				t.Parallel()
				run(t, conformance.MySQL(t, server, options), func(t *testing.T, db *sql.DB) *library {
					l := as(t, db)
					return &library{db, worded{l.q, conformance.Duplicate}, func(tx *sql.Tx) querier {
						return worded{l.in(tx), conformance.Duplicate}
					}}
				})
			})
		}
	}
}

func run(t *testing.T, d conformance.Database, as func(*testing.T, *sql.DB) *library) {
	t.Helper()
	conformance.Run(t, d, func(t *testing.T, db *sql.DB) conformance.Library { return as(t, db) })
}

func plain(_ *testing.T, db *sql.DB) *library {
	return &library{db, db, func(tx *sql.Tx) querier { return tx }}
}

func prepare(t *testing.T, db *sql.DB) *library {
	t.Helper()
	p := &prepared{db: db, statements: make(map[string]*sql.Stmt)}
	t.Cleanup(func() {
		for _, s := range p.statements {
			s.Close()
		}
	})
	return &library{db, p, func(tx *sql.Tx) querier { return &prepared{db, tx, p.statements} }}
}

// querier is what a *sql.DB, a *sql.Tx and prepared statements can do.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// prepared prepares each text once, and binds it to the transaction.
type prepared struct {
	db         *sql.DB
	tx         *sql.Tx // nil outside of one
	statements map[string]*sql.Stmt
}

func (p *prepared) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	s := p.statements[query]
	if s == nil {
		var err error
		if s, err = p.db.PrepareContext(ctx, query); err != nil {
			return nil, err
		}
		p.statements[query] = s
	}
	if p.tx != nil {
		s = p.tx.StmtContext(ctx, s)
	}
	return s, nil
}

func (p *prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := p.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

func (p *prepared) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := p.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

// worded is a querier whose database wants a statement in other words.
type worded struct {
	querier

	words func(statement string) string
}

func (w worded) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return w.querier.QueryContext(ctx, w.words(query), args...)
}

func (w worded) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return w.querier.ExecContext(ctx, w.words(query), args...)
}

type library struct {
	db *sql.DB
	q  querier
	in func(*sql.Tx) querier // q in a transaction
}

// row is a row of posts as it is scanned.
type row struct {
	ID, CategoryID int64
	Title, Status  string
	Views          int64
	PublishedAt    *time.Time
}

// all returns every row, scanned into what fields says.
func all[T any](ctx context.Context, q querier, fields func(*T) []any, query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var found []T
	for rows.Next() {
		var value T
		if err := rows.Scan(fields(&value)...); err != nil {
			return nil, err
		}
		found = append(found, value)
	}
	return found, rows.Err()
}

// one is all for the first row.
func one[T any](ctx context.Context, q querier, fields func(*T) []any, query string, args ...any) (value T, err error) {
	found, err := all(ctx, q, fields, query, args...)
	if err == nil && len(found) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return value, err
	}
	return found[0], nil
}

func post(r *row) []any {
	return []any{&r.ID, &r.CategoryID, &r.Title, &r.Status, &r.Views, &r.PublishedAt}
}

func column[T any](value *T) []any { return []any{value} }

func (l *library) exec(ctx context.Context, query string, args ...any) error {
	_, err := l.q.ExecContext(ctx, query, args...)
	return err
}

func (l *library) Get(ctx context.Context, id int64) (any, error) {
	return one(ctx, l.q, post, "SELECT * FROM posts WHERE id = ?", id)
}

func (l *library) List(ctx context.Context, category int64, status string) (any, error) {
	return all(ctx, l.q, post, "SELECT * FROM posts WHERE category_id = ? AND status = ? ORDER BY id", category, status)
}

func (l *library) Count(ctx context.Context, category int64) (any, error) {
	return one(ctx, l.q, column[int], "SELECT count(*) FROM posts WHERE category_id = ?", category)
}

func (l *library) Exists(ctx context.Context, status string) (any, error) {
	return one(ctx, l.q, column[bool], "SELECT EXISTS (SELECT 1 FROM posts WHERE status = ?)", status)
}

func (l *library) CategoryWithPosts(ctx context.Context, id int64) (any, error) {
	name, err := one(ctx, l.q, column[string], "SELECT name FROM categories WHERE id = ?", id)
	if err != nil {
		return nil, err
	}
	posts, err := all(ctx, l.q, post, "SELECT * FROM posts WHERE category_id = ? ORDER BY id", id)
	return map[string]any{name: posts}, err
}

func (l *library) PostWithCategory(ctx context.Context, id int64) (any, error) {
	type joined struct {
		row
		Category string
	}
	return one(ctx, l.q, func(j *joined) []any { return append(post(&j.row), &j.Category) },
		"SELECT p.*, c.name FROM posts p JOIN categories c ON c.id = p.category_id WHERE p.id = ?", id)
}

func (l *library) PostWithTags(ctx context.Context, id int64) (any, error) {
	p, err := l.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	tags, err := all(ctx, l.q, column[string],
		"SELECT t.name FROM tags t JOIN post_tags pt ON pt.tag_id = t.id WHERE pt.post_id = ? ORDER BY t.id", id)
	return []any{p, tags}, err
}

func (l *library) Titles(ctx context.Context, tag string, category int64) (any, error) {
	return all(ctx, l.q, column[string], conformance.Titles, tag, category)
}

func (l *library) Insert(ctx context.Context, p blog.Post) error {
	return l.InsertAll(ctx, []blog.Post{p})
}

func (l *library) InsertAll(ctx context.Context, posts []blog.Post) error {
	var args []any
	for _, p := range posts {
		args = append(args, p.CategoryID, p.Title, p.Status, p.Views, p.PublishedAt)
	}
	return l.exec(ctx, "INSERT INTO posts (category_id, title, status, views, published_at) VALUES (?, ?, ?, ?, ?)"+
		strings.Repeat(", (?, ?, ?, ?, ?)", len(posts)-1), args...)
}

func (l *library) SetTitle(ctx context.Context, id int64, title string) error {
	return l.exec(ctx, "UPDATE posts SET title = ? WHERE id = ?", title, id)
}

func (l *library) Save(ctx context.Context, p blog.Post) error {
	return l.exec(ctx, "UPDATE posts SET category_id = ?, title = ?, status = ?, views = ?, published_at = ? WHERE id = ?",
		p.CategoryID, p.Title, p.Status, p.Views, p.PublishedAt, p.ID)
}

func (l *library) Upsert(ctx context.Context, p blog.Post) error {
	return l.exec(ctx, `INSERT INTO posts (id, category_id, title, status, views, published_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET category_id = excluded.category_id, title = excluded.title,
			status = excluded.status, views = excluded.views, published_at = excluded.published_at`,
		p.ID, p.CategoryID, p.Title, p.Status, p.Views, p.PublishedAt)
}

func (l *library) Delete(ctx context.Context, id int64) error {
	return l.exec(ctx, "DELETE FROM posts WHERE id = ?", id)
}

func (l *library) Link(ctx context.Context, post, tag int64) error {
	return l.exec(ctx, "INSERT INTO post_tags (post_id, tag_id) VALUES (?, ?)", post, tag)
}

func (l *library) Unlink(ctx context.Context, post, tag int64) error {
	return l.exec(ctx, "DELETE FROM post_tags WHERE post_id = ? AND tag_id = ?", post, tag)
}

func (l *library) Rename(ctx context.Context, category int64, name string) error {
	return l.exec(ctx, "UPDATE categories SET name = ? WHERE id = ?", name, category)
}

func (l *library) DeleteCategory(ctx context.Context, id int64) error {
	return l.exec(ctx, "DELETE FROM categories WHERE id = ?", id)
}

func (l *library) AddViews(ctx context.Context, id, views int64) error {
	return l.exec(ctx, conformance.AddViews, views, id)
}

func (l *library) InTx(ctx context.Context, run func(conformance.Library) error) error {
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := run(&library{l.db, l.in(tx), l.in}); err != nil {
		return err
	}
	return tx.Commit()
}
