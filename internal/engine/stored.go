package engine

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/cacheops/cacheops/dialect"
)

// ErrNoRow is wrapped where the database has no such row.
var ErrNoRow = errors.New("the database has no such row")

// StoredRow reads the row that a target names by its primary key, over a connection
// of its own, and returns it with all its columns. [ErrNoRow] says that it is not
// there.
func (h *Handle) StoredRow(ctx context.Context, t *Target) (Target, error) {
	cat := h.Catalog()
	if cat == nil {
		return Target{}, fmt.Errorf("cacheops: read a row of %q: %w", h.database, ErrNoSchema)
	}
	if t.Kind != TargetRow {
		return Target{}, fmt.Errorf("cacheops: database %q: only a row can be read, and the target is none", h.database)
	}
	r, err := h.resolveTable(cat, t)
	if err != nil {
		return Target{}, err
	}
	if len(r.table.Primary) != 1 || len(r.columns) != 1 || r.columns[0] != r.table.Primary[0] {
		return Target{}, fmt.Errorf("cacheops: a row of table %q of database %q can be read by its primary key alone, of one column", t.Name, h.database)
	}
	columns := make([]int, len(r.table.Columns))
	for i := range columns {
		columns[i] = i
	}
	query := ""
	if d, ok := h.dialect.(dialect.RowByKeyer); ok {
		query = d.RowByKey(r.table, columns)
	}
	if query == "" || h.apart == nil {
		return Target{}, fmt.Errorf("cacheops: there is no way to read a row of table %q of database %q", t.Name, h.database)
	}
	var rows [][]driver.Value
	err = h.apart(ctx, func(db dialect.Queryer) error {
		rows, err = db.Query(ctx, query, r.row[0])
		return err
	})
	switch {
	case err != nil:
		return Target{}, fmt.Errorf("cacheops: read a row of table %q of database %q: %w", t.Name, h.database, err)
	case len(rows) == 0:
		return Target{}, fmt.Errorf("cacheops: table %q of database %q: %w", t.Name, h.database, ErrNoRow)
	case len(rows) > 1 || len(rows[0]) != len(columns):
		// A table that others inherit from may have the key twice.
		return Target{}, fmt.Errorf("cacheops: table %q of database %q has several rows with that key", t.Name, h.database)
	}
	full := Target{Kind: TargetRow, Name: t.Name, Values: make(map[string]driver.Value, len(columns)), Stored: true}
	for i, c := range r.table.Columns {
		full.Values[c.Name] = rows[0][i]
	}
	return full, nil
}
