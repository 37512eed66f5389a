// Package postgres tests the cache against a real PostgreSQL.
package postgres
