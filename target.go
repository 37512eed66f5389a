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

// IsRow reports whether the target is a row.
func (t Target) IsRow() bool { return t.target.Kind == engine.TargetRow }

// ErrNoRow is wrapped by the error of Stored where the database has no such row.
var ErrNoRow = engine.ErrNoRow

// Stored reads the row that a target of Target names by its primary key, and returns
// a target of that row with the values of all its columns. So Invalidate drops what
// is cached under these values, and nothing else. A value that cannot be compared
// makes it the whole table.
//
// The values are those of now. What is cached under values that the row had before
// is not dropped by them, so for a row that was changed behind the library's back use
// the target as it was: there a column that is not known matches every value. A row
// that is gone is an error that wraps ErrNoRow.
//
// It reads over a connection of its own, which it opens and closes. It needs an open
// handle of the database, else the error is ErrNotOpen, and a row with a primary key
// of one column.
func (d *Database) Stored(ctx context.Context, row Target) (Target, error) {
	list, err := checkTargets([]Target{row})
	if err != nil {
		return Target{}, err
	}
	h, err := d.handle(ctx)
	if err != nil {
		return Target{}, err
	}
	stored, err := h.StoredRow(ctx, &list[0])
	if err != nil {
		return Target{}, err
	}
	return Target{target: stored}, nil
}
