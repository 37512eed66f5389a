// Package sqlc shows sqlc on a cached handle. Its code in blogdb is generated
// from queries.sql, that in blogpg, for PostgreSQL, from queries_postgres.sql, and that
// in blogmy, for MySQL, from queries_mysql.sql.
package sqlc

//go:generate go run github.com/sqlc-dev/sqlc/cmd/sqlc@v1.31.1 generate
