package blog

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"strings"
)

//go:embed schema_mysql.sql
var schemaMySQL string

// emptyMySQL takes every row out: a table that others refer to cannot be truncated.
const emptyMySQL = `
DELETE FROM post_tags;
DELETE FROM posts;
DELETE FROM categories;
DELETE FROM tags;`

// nextKeysMySQL are for the rows that come after those whose keys are given.
const nextKeysMySQL = `
ALTER TABLE categories AUTO_INCREMENT = 8;
ALTER TABLE posts AUTO_INCREMENT = 4;
ALTER TABLE tags AUTO_INCREMENT = 3;`

// ResetMySQL puts the rows back that a database of MySQL had at first.
func ResetMySQL(ctx context.Context, db *sql.DB) error {
	if err := each(ctx, db, emptyMySQL+rows+nextKeysMySQL); err != nil {
		return fmt.Errorf("put the blog back: %w", err)
	}
	return nil
}

// CreateMySQL makes the tables and rows in an empty database of MySQL.
func CreateMySQL(ctx context.Context, db *sql.DB) error {
	if err := each(ctx, db, schemaMySQL+rows); err != nil {
		return fmt.Errorf("create the blog: %w", err)
	}
	return nil
}

// each runs the statements of a script one by one, for the driver takes several in a
// text only where its DSN says so. None of ours has a semicolon in a literal.
func each(ctx context.Context, db *sql.DB, script string) error {
	for statement := range strings.SplitSeq(script, ";") {
		if statement = strings.TrimSpace(statement); statement == "" {
			continue
		}
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
