// Package sqlc shows sqlc on a cached handle. Its code in blogdb is generated
// from queries.sql, and that in blogpg, for PostgreSQL, from queries_postgres.sql.
package sqlc

//go:generate go run github.com/sqlc-dev/sqlc/cmd/sqlc@v1.31.1 generate
