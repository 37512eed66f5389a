// Package ent shows ent on a cached handle. Its code in blogent is generated
// from the package schema.
package ent

//go:generate go run entgo.io/ent/cmd/ent@v0.14.5 generate --feature sql/upsert,sql/execquery --target ./blogent ./schema
