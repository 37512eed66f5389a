package blog

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
)

//go:embed schema_postgres.sql
var schemaPostgres string

// nextKeys are for the rows that come after those whose keys are given.
const nextKeys = `
ALTER TABLE categories ALTER COLUMN id RESTART WITH 8;
ALTER TABLE posts ALTER COLUMN id RESTART WITH 4;
ALTER TABLE tags ALTER COLUMN id RESTART WITH 3;`

// ResetPostgres puts the rows back that a database of PostgreSQL had at first.
func ResetPostgres(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, "TRUNCATE categories, posts, tags, post_tags;"+rows+nextKeys); err != nil {
		return fmt.Errorf("put the blog back: %w", err)
	}
	return nil
}

// CreatePostgres makes the tables and rows in an empty database of PostgreSQL.
func CreatePostgres(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, schemaPostgres+rows+nextKeys); err != nil {
		return fmt.Errorf("create the blog: %w", err)
	}
	return nil
}
