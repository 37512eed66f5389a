package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"time"
)

// Post is a row of the tables as a program keeps it.
type Post struct {
	ID       int64     `json:"id"`
	Category int64     `json:"category"`
	Views    int64     `json:"views"`
	Title    string    `json:"title"`
	Body     string    `json:"body"`
	Score    float64   `json:"score"`
	Visible  bool      `json:"visible"`
	Created  time.Time `json:"created"`
}

// listed is the number of rows of a category, and so of a list.
const listed = 50

var columnNames = [...]string{"id", "category_id", "views", "title", "body", "score", "visible", "created"}

const columns = "id, category_id, views, title, body, score, visible, created"

// The reads. Audit and notes are tables like posts.
const (
	selectPost  = "SELECT " + columns + " FROM posts WHERE id = ?"
	selectNote  = "SELECT " + columns + " FROM notes WHERE id = ?"
	selectAudit = "SELECT " + columns + " FROM audit WHERE id = ?"
	selectList  = "SELECT " + columns + " FROM posts WHERE category_id = ? ORDER BY id"
)

// The writes.
const (
	insertNote = "INSERT INTO notes (category_id, views, title, body, score, visible, created) VALUES (?, ?, ?, ?, ?, ?, ?)"
	updateNote = "UPDATE notes SET title = ?, views = views + 1 WHERE id = ?"
	updatePost = "UPDATE posts SET title = ?, views = views + 1 WHERE id = ?"
)

const createTables = `
CREATE TABLE posts (
	id INTEGER PRIMARY KEY, category_id INTEGER NOT NULL, views INTEGER NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL,
	score REAL NOT NULL, visible BOOLEAN NOT NULL, created DATETIME NOT NULL
);
CREATE INDEX posts_category ON posts (category_id);
CREATE TABLE notes (
	id INTEGER PRIMARY KEY, category_id INTEGER NOT NULL, views INTEGER NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL,
	score REAL NOT NULL, visible BOOLEAN NOT NULL, created DATETIME NOT NULL
);
CREATE TABLE audit (
	id INTEGER PRIMARY KEY, category_id INTEGER NOT NULL, views INTEGER NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL,
	score REAL NOT NULL, visible BOOLEAN NOT NULL, created DATETIME NOT NULL
);`

// insertRows fills posts; the other tables get what it got.
const insertRows = `
INSERT INTO posts
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
SELECT i, (i - 1) / 50 + 1, 37 * i % 100000, printf('A title of usual length %06d', i),
	'And a body, which is longer than the title is', (i % 100) / 4.0, i % 10 > 0, '2023-11-14 22:13:20+00:00'
FROM n`

// readPosts runs a query of one argument as a program does, scans each row into
// the same struct, and returns the number of rows.
func readPosts(ctx context.Context, db *sql.DB, query string, arg int64, p *Post) (n int, err error) {
	rows, err := db.QueryContext(ctx, query, arg)
	if err != nil {
		return 0, err
	}
	for rows.Next() {
		if err := rows.Scan(&p.ID, &p.Category, &p.Views, &p.Title, &p.Body, &p.Score, &p.Visible, &p.Created); err != nil {
			_ = rows.Close() //nolint:sqlclosecheck // a defer would be part of what is measured
			return n, err
		}
		n++
	}
	return n, rows.Err()
}

// listPosts returns the posts of a category.
func listPosts(ctx context.Context, db *sql.DB, category int64) ([]Post, error) {
	rows, err := db.QueryContext(ctx, selectList, category)
	if err != nil {
		return nil, err
	}
	posts := make([]Post, 0, listed)
	for rows.Next() {
		posts = append(posts, Post{})
		p := &posts[len(posts)-1]
		if err := rows.Scan(&p.ID, &p.Category, &p.Views, &p.Title, &p.Body, &p.Score, &p.Visible, &p.Created); err != nil {
			_ = rows.Close() //nolint:sqlclosecheck // a defer would be part of what is measured
			return nil, err
		}
	}
	return posts, rows.Err()
}

// valuesOf returns the rows of a query as the driver hands them out.
func valuesOf(ctx context.Context, db *sql.DB, query string, args ...any) (out [][]driver.Value, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells what went wrong
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		row, into := make([]driver.Value, len(names)), make([]any, len(names))
		for i := range row {
			into[i] = (*any)(&row[i])
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, rows.Err()
}
