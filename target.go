package cacheops

import (
	"context"
	"errors"
	"fmt"

	"github.com/cacheops/cacheops/internal/engine"
)

// Target reads a target as a shell gives it:
//
//	posts, blog.posts         the table
//	posts.34, blog.posts.34   the row with that primary key
//	blog.*, log_*             the tables that match the pattern
//
// A table's name comes before a row's: "a.b" is the table b of the schema a if there
// is one, and else the row of the table a whose primary key is b. A row needs a
// primary key of one column, whose value is compared as the text in a query would
// be. Where the column would tell 5 from '5', as one of SQLite without a type does, 5
// means the table. All other columns of it match every value, see Row.
//
// It needs an open handle of the database, else the error is ErrNotOpen. What is
// not there is an error that names it.
func (d *Database) Target(ctx context.Context, text string) (Target, error) {
	if text == "" {
		return Target{}, errors.New(`cacheops: a target is empty: use a table, a row such as "posts.34", or a pattern`)
	}
	h, err := d.handle(ctx)
	if err != nil {
		return Target{}, err
	}
	found, ok := h.ParseTarget(text)
	if !ok {
		// Somebody may have made the table meanwhile.
		if err := h.Refresh(ctx); err != nil {
			return Target{}, err
		}
		if found, ok = h.ParseTarget(text); !ok {
			return Target{}, fmt.Errorf("cacheops: database %q has no table %q, and no row of that name: a row is the table, a dot, and the value of a primary key of one column", d.name, text)
		}
	}
	if found.Kind == engine.TargetPattern {
		return Pattern(found.Name), nil // it may be no valid one
	}
	return Target{target: found}, nil
}
