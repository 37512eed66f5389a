package main

import (
	"bytes"
	"context"
	"database/sql"
	"slices"
	"time"
)

// querier is a *sql.DB, cached or not.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// table is a whole result.
type table struct {
	columns []string
	rows    [][]any
}

// readTable reads a whole result.
func readTable(ctx context.Context, db querier, query string, args ...any) (*table, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err has what went wrong
	t := new(table)
	if t.columns, err = rows.Columns(); err != nil {
		return nil, err
	}
	for rows.Next() {
		values := make([]any, len(t.columns))
		into := make([]any, len(values))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		t.rows = append(t.rows, values)
	}
	return t, rows.Err()
}

// equal reports whether two results are the same, value by value, types
// included.
func (t *table) equal(o *table) bool {
	return slices.Equal(t.columns, o.columns) && slices.EqualFunc(t.rows, o.rows, func(a, b []any) bool {
		return slices.EqualFunc(a, b, sameValue)
	})
}

// sameValue compares two values as database/sql hands them out.
func sameValue(a, b any) bool {
	switch a := a.(type) {
	case []byte:
		b, ok := b.([]byte)
		return ok && bytes.Equal(a, b) && (a == nil) == (b == nil)
	case time.Time:
		b, ok := b.(time.Time)
		return ok && a.Equal(b) && a.String() == b.String()
	default:
		// Numbers, texts, booleans and nil: all comparable.
		return a == b
	}
}

// scanner reads results through buffers that it uses again, and hands out a row
// at a time. It is for one goroutine.
type scanner struct {
	values, into []any
}

// read runs a query and calls row for each row of the result, which is gone
// when row returns.
func (s *scanner) read(ctx context.Context, db querier, query string, arg int64, row func(values []any)) error {
	rows, err := db.QueryContext(ctx, query, arg)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err has what went wrong
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	n := len(columns)
	if n > len(s.into) {
		s.values, s.into = make([]any, n), make([]any, n)
		for i := range s.into {
			s.into[i] = &s.values[i]
		}
	}
	for rows.Next() {
		if err := rows.Scan(s.into[:n]...); err != nil {
			return err
		}
		if row != nil {
			row(s.values[:n])
		}
	}
	return rows.Err()
}
