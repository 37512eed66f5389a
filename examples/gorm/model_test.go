package gorm_test

import "time"

type Category struct {
	ID    int64
	Name  string
	Posts []Post
}

type Post struct {
	ID          int64
	CategoryID  int64
	Category    *Category
	Title       string
	Status      string
	Views       int64
	PublishedAt *time.Time
	Tags        []Tag `gorm:"many2many:post_tags"`
}

type Tag struct {
	ID   int64
	Name string
}
