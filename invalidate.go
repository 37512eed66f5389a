package cacheops

import (
	"context"
	"errors"
	"fmt"

	"github.com/cacheops/cacheops/dialect"
)

// Target is something to invalidate: Table or All.
type Target struct {
	table string
	all   bool
}

// Table is everything cached of a table, "posts" or "blog.posts".
func Table(name string) Target { return Target{table: name} }

// All is everything cached of the database.
func All() Target { return Target{all: true} }

// Invalidate drops what is cached of the targets, for writes that bypassed the
// library. It costs the same however much is cached. When it has returned, no
// read that starts afterwards is answered from before it.
func (d *Database) Invalidate(ctx context.Context, targets ...Target) error {
	var keys []string
	for _, t := range targets {
		if t.all {
			if err := d.cache.engine.InvalidateAll(ctx, d.name); err != nil {
				return fmt.Errorf("cacheops: invalidate %q: %w", d.name, err)
			}
			return nil
		}
		if t.table == "" {
			return errors.New("cacheops: Invalidate got an empty target: use Table or All")
		}
		h, err := d.handle(ctx)
		if err != nil {
			return err
		}
		table := h.Catalog().Table(tableName(t.table))
		if table == nil {
			return fmt.Errorf("cacheops: database %q has no table %q", d.name, t.table)
		}
		keys = append(keys, table.Key)
	}
	if len(keys) == 0 {
		return nil
	}
	if err := d.cache.engine.InvalidateTables(ctx, d.name, keys); err != nil {
		return fmt.Errorf("cacheops: invalidate %q: %w", d.name, err)
	}
	return nil
}

// tableName splits "schema.table" at its first dot.
func tableName(s string) dialect.Name {
	for i := range len(s) {
		if s[i] == '.' {
			return dialect.Name{Schema: s[:i], Name: s[i+1:]}
		}
	}
	return dialect.Name{Name: s}
}
