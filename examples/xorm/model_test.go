package xorm_test

import "time"

type Category struct {
	ID   int64 `xorm:"pk autoincr"`
	Name string
}

func (Category) TableName() string { return "categories" }

type Post struct {
	ID          int64 `xorm:"pk autoincr"`
	CategoryID  int64
	Title       string
	Status      string
	Views       int64
	PublishedAt *time.Time
}

func (Post) TableName() string { return "posts" }

type Tag struct {
	ID   int64 `xorm:"pk autoincr"`
	Name string
}

func (Tag) TableName() string { return "tags" }

// PostTag is the table between posts and tags.
type PostTag struct {
	PostID int64 `xorm:"pk"`
	TagID  int64 `xorm:"pk"`
}

func (PostTag) TableName() string { return "post_tags" }
