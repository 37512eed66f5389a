package main

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// What is looked at of the user's file at most.
const (
	maxTables  = 8       // with reads; the others are counted
	maxCounted = 100_000 // rows of a table
	maxColumns = 2       // indexed columns of a table that are read by
)

// userTable is a table of the user's file.
type userTable struct {
	name string
	rows int // maxCounted+1: more than that
	key  []string
	by   []string // other columns that have an index or a foreign key
}

// count writes the number of rows.
func (t *userTable) count() string {
	if t.rows > maxCounted {
		return "more than " + grouped(maxCounted) + " rows"
	}
	return plural(t.rows, "row", "rows")
}

// userTables lists the ordinary tables of a database.
func userTables(ctx context.Context, db *sql.DB) ([]userTable, error) {
	names, err := texts(ctx, db, "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("cacheops: list the tables: %w", err)
	}
	tables := make([]userTable, 0, len(names))
	for _, name := range names {
		t := userTable{name: name}
		count := fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM %s LIMIT %d)", quoted(name), maxCounted+1)
		if err := db.QueryRowContext(ctx, count).Scan(&t.rows); err != nil {
			return nil, fmt.Errorf("cacheops: count the rows of %q: %w", name, err)
		}
		if t.key, err = texts(ctx, db, "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", name); err != nil {
			return nil, fmt.Errorf("cacheops: read the key of %q: %w", name, err)
		}
		// The first columns of indexes, and foreign keys of one column.
		by, err := texts(ctx, db, `SELECT "from" FROM pragma_foreign_key_list(?1) GROUP BY id HAVING count(*) = 1
			UNION SELECT c.name FROM pragma_index_list(?1) i, pragma_index_info(i.name) c WHERE c.seqno = 0 AND c.name IS NOT NULL AND NOT i.partial`, name)
		if err != nil {
			return nil, fmt.Errorf("cacheops: read the indexes of %q: %w", name, err)
		}
		for _, column := range by {
			if len(t.by) < maxColumns && (len(t.key) == 0 || column != t.key[0]) {
				t.by = append(t.by, column)
			}
		}
		tables = append(tables, t)
	}
	return tables, nil
}

// texts reads a column of names.
func texts(ctx context.Context, db *sql.DB, query string, args ...any) ([]string, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err has what went wrong
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// quoted writes a name in SQL.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// questions makes up the reads that a program would do of the table. Where the
// database refuses to show a row to begin with, its errors are in refused.
func (t *userTable) questions(ctx context.Context, db *sql.DB) (out []question, refused []error) {
	from := "FROM " + quoted(t.name)
	if t.rows <= maxCounted {
		out = append(out, question{sql: "SELECT count(*) " + from})
	}
	if t.rows == 0 {
		return out, refused
	}
	columns := make([]string, len(t.key))
	for i, c := range t.key {
		columns[i] = quoted(c)
	}
	order := ""
	if len(columns) > 0 {
		order = " ORDER BY " + strings.Join(columns, ", ")
	}
	out = append(out, question{sql: "SELECT * " + from + order + " LIMIT 20"})
	equal := func(columns []string, suffix, sampleOrder string) {
		args, err := t.sample(ctx, db, columns, sampleOrder)
		if err != nil {
			refused = append(refused, err)
		}
		if args == nil {
			return
		}
		text := "SELECT * " + from + " WHERE " + strings.Join(columns, " = ? AND ") + " = ?" + suffix
		if q := (question{text, args}); !slices.ContainsFunc(out, q.equal) {
			out = append(out, q)
		}
	}
	if len(columns) > 0 {
		descending := " ORDER BY " + strings.Join(columns, " DESC, ") + " DESC"
		for _, sampleOrder := range []string{order, descending} {
			equal(columns, "", sampleOrder)
		}
	}
	for _, column := range t.by {
		equal([]string{quoted(column)}, order+" LIMIT 20", "")
	}
	return out, refused
}

// equal reports whether two questions are the same.
func (q question) equal(o question) bool {
	return q.sql == o.sql && slices.EqualFunc(q.args, o.args, sameValue)
}

// sample returns the values of quoted columns in one row, or nil where no row
// has them all. The plus keeps the driver from turning a value into the Go type
// of the column: as an argument it is to be what is stored.
func (t *userTable) sample(ctx context.Context, db *sql.DB, columns []string, order string) ([]any, error) {
	query := "SELECT +" + strings.Join(columns, ", +") + " FROM " + quoted(t.name) +
		" WHERE " + strings.Join(columns, " IS NOT NULL AND ") + " IS NOT NULL" + order + " LIMIT 1"
	got, err := readTable(ctx, db, query)
	if err != nil || len(got.rows) == 0 {
		return nil, err
	}
	return got.rows[0], nil
}
