package bun_test

import "time"

type Category struct {
	ID    int64 `bun:",pk,autoincrement"`
	Name  string
	Posts []*Post `bun:"rel:has-many,join:id=category_id"`
}

type Post struct {
	ID          int64 `bun:",pk,autoincrement"`
	CategoryID  int64
	Category    *Category `bun:"rel:belongs-to,join:category_id=id"`
	Title       string
	Status      string
	Views       int64
	PublishedAt *time.Time
	Tags        []Tag `bun:"m2m:post_tags,join:Post=Tag"`
}

type Tag struct {
	ID   int64 `bun:",pk,autoincrement"`
	Name string
}

// PostTag is the table between posts and tags.
type PostTag struct {
	PostID int64 `bun:",pk"`
	Post   *Post `bun:"rel:belongs-to,join:post_id=id"`
	TagID  int64 `bun:",pk"`
	Tag    *Tag  `bun:"rel:belongs-to,join:tag_id=id"`
}
