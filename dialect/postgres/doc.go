// Package postgres is the dialect of PostgreSQL, for the database/sql drivers
// pgx (github.com/jackc/pgx/v5/stdlib) and pq (github.com/lib/pq).
//
// It is a module of its own, for its parser. That parser is generated code with
// protocol buffers, registered under the name pg_query.proto: a program that links
// github.com/pganalyze/pg_query_go as well panics when it starts, unless it is run
// with GOLANG_PROTOBUF_REGISTRATION_CONFLICT=warn.
package postgres
