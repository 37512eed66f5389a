package gorm_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"github.com/glebarez/sqlite"
	"go.uber.org/goleak"
	"gorm.io/driver/mysql"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"

	"github.com/cacheops/cacheops/examples/internal/blog"
	"github.com/cacheops/cacheops/examples/internal/conformance"
	"github.com/cacheops/cacheops/internal/mysqltest"
	"github.com/cacheops/cacheops/internal/pgtest"
)

// GORM keeps prepared statements in a cache whose goroutine nothing ends.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("gorm.io/gorm/internal/lru.NewLRU[...].func1"))
}

// configs are the settings of GORM that decide which statements it sends, and how.
var configs = []gorm.Config{
	{},
	{PrepareStmt: true},
	{SkipDefaultTransaction: true},
	{PrepareStmt: true, SkipDefaultTransaction: true},
	{QueryFields: true, CreateBatchSize: 1},
}

// TestConformance runs the suite with each of them.
func TestConformance(t *testing.T) {
	t.Parallel()
	for _, cfg := range configs {
		runWith(t, cfg, conformance.SQLite(), func(db *sql.DB) gorm.Dialector { return sqlite.Dialector{Conn: db} })
	}
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	for _, cfg := range configs {
		runWith(t, cfg, conformance.Postgres(t, server, "pgx"), func(db *sql.DB) gorm.Dialector {
			return postgres.New(postgres.Config{Conn: db})
		})
	}
}

func TestMySQL(t *testing.T) {
	t.Parallel()
	server := mysqltest.Start(t)
	for i, cfg := range configs {
		options := ""
		if i%2 == 1 {
			options = "&interpolateParams=true"
		}
		// GORM has MariaDB return the keys of what it inserts, so no count tells whether a
		// row was there.
		runWith(t, cfg, conformance.MySQL(t, server, options, "upsert a new row"), func(db *sql.DB) gorm.Dialector {
			return mysql.New(mysql.Config{Conn: db})
		})
	}
}

func runWith(t *testing.T, cfg gorm.Config, d conformance.Database, dialector func(*sql.DB) gorm.Dialector) {
	t.Helper()
	name := fmt.Sprintf("PrepareStmt=%v,SkipDefaultTransaction=%v,QueryFields=%v", cfg.PrepareStmt, cfg.SkipDefaultTransaction, cfg.QueryFields)
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		conformance.Run(t, d, func(t *testing.T, db *sql.DB) conformance.Library {
			cfg := cfg // GORM writes into it
			cfg.Logger = logger.Discard
			orm, err := gorm.Open(dialector(db), &cfg)
			if err != nil {
				t.Fatal(err)
			}
			if p, ok := orm.ConnPool.(*gorm.PreparedStmtDB); ok {
				t.Cleanup(p.Close)
			}
			return library{orm}
		})
	})
}

type library struct{ db *gorm.DB }

// row makes GORM's value of a post.
func row(p blog.Post) *Post {
	return &Post{
		ID: p.ID, CategoryID: p.CategoryID, Title: p.Title, Status: p.Status, Views: p.Views, PublishedAt: p.PublishedAt,
	}
}

func (l library) Get(ctx context.Context, id int64) (any, error) {
	var post Post
	err := l.db.WithContext(ctx).First(&post, id).Error
	return post, err
}

func (l library) List(ctx context.Context, category int64, status string) (any, error) {
	var posts []Post
	err := l.db.WithContext(ctx).Where(&Post{CategoryID: category, Status: status}).Order("id").Find(&posts).Error
	return posts, err
}

func (l library) Count(ctx context.Context, category int64) (any, error) {
	var count int64
	err := l.db.WithContext(ctx).Model(&Post{}).Where("category_id = ?", category).Count(&count).Error
	return count, err
}

func (l library) Exists(ctx context.Context, status string) (any, error) {
	var found []int
	err := l.db.WithContext(ctx).Model(&Post{}).Select("1").Where("status = ?", status).Limit(1).Find(&found).Error
	return len(found) > 0, err
}

func (l library) CategoryWithPosts(ctx context.Context, id int64) (any, error) {
	var category Category
	err := l.db.WithContext(ctx).Preload("Posts").First(&category, id).Error
	return category, err
}

func (l library) PostWithCategory(ctx context.Context, id int64) (any, error) {
	var post Post
	err := l.db.WithContext(ctx).Joins("Category").First(&post, id).Error
	return post, err
}

func (l library) PostWithTags(ctx context.Context, id int64) (any, error) {
	var post Post
	err := l.db.WithContext(ctx).Preload("Tags").First(&post, id).Error
	return post, err
}

func (l library) Titles(ctx context.Context, tag string, category int64) (any, error) {
	var titles []string
	err := l.db.WithContext(ctx).Raw(conformance.Titles, tag, category).Scan(&titles).Error
	return titles, err
}

func (l library) Insert(ctx context.Context, p blog.Post) error {
	return l.db.WithContext(ctx).Create(row(p)).Error
}

func (l library) InsertAll(ctx context.Context, posts []blog.Post) error {
	var rows []*Post
	for _, p := range posts {
		rows = append(rows, row(p))
	}
	return l.db.WithContext(ctx).Create(rows).Error
}

func (l library) SetTitle(ctx context.Context, id int64, title string) error {
	return l.db.WithContext(ctx).Model(&Post{ID: id}).Update("title", title).Error
}

func (l library) Save(ctx context.Context, p blog.Post) error {
	return l.db.WithContext(ctx).Save(row(p)).Error
}

func (l library) Upsert(ctx context.Context, p blog.Post) error {
	return l.db.WithContext(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(row(p)).Error
}

func (l library) Delete(ctx context.Context, id int64) error {
	return l.db.WithContext(ctx).Delete(&Post{}, id).Error
}

func (l library) Link(ctx context.Context, post, tag int64) error {
	return l.db.WithContext(ctx).Model(&Post{ID: post}).Omit("Tags.*").Association("Tags").Append(&Tag{ID: tag})
}

func (l library) Unlink(ctx context.Context, post, tag int64) error {
	return l.db.WithContext(ctx).Model(&Post{ID: post}).Association("Tags").Delete(&Tag{ID: tag})
}

func (l library) Rename(ctx context.Context, category int64, name string) error {
	return l.db.WithContext(ctx).Model(&Category{}).Where("id = ?", category).Updates(map[string]any{"name": name}).Error
}

func (l library) DeleteCategory(ctx context.Context, id int64) error {
	return l.db.WithContext(ctx).Delete(&Category{ID: id}).Error
}

func (l library) AddViews(ctx context.Context, id, views int64) error {
	return l.db.WithContext(ctx).Exec(conformance.AddViews, views, id).Error
}

func (l library) InTx(ctx context.Context, run func(conformance.Library) error) error {
	return l.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error { return run(library{tx}) })
}
