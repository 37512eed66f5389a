package integration

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
)

// seen is everything that a program can see of a statement's rows, at most
// limit of them.
func seen(t *testing.T, db querier, limit int, query string, args ...any) string {
	t.Helper()
	var b strings.Builder
	rows, err := db.QueryContext(context.Background(), query, args...)
	if err != nil {
		return err.Error()
	}
	names, err := rows.Columns()
	fmt.Fprintln(&b, names, err)
	types := func() {
		list, err := rows.ColumnTypes()
		if err != nil {
			fmt.Fprintln(&b, err)
		}
		for _, ct := range list {
			length, hasLength := ct.Length()
			nullable, known := ct.Nullable()
			precision, scale, decimal := ct.DecimalSize()
			fmt.Fprintln(&b, ct.Name(), ct.DatabaseTypeName(), ct.ScanType(), length, hasLength, nullable, known, precision, scale, decimal)
		}
	}
	types()
	for n := 0; n < limit && rows.Next(); n++ {
		values, refs := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			refs[i] = &values[i]
		}
		if err := rows.Scan(refs...); err != nil {
			fmt.Fprintln(&b, err)
		}
		for _, v := range values {
			fmt.Fprintf(&b, "%T(%v) ", v, v)
		}
		b.WriteByte('\n')
		types()
	}
	if limit > 1 {
		fmt.Fprintln(&b, rows.NextResultSet(), rows.Err())
	}
	fmt.Fprintln(&b, rows.Close())
	return b.String()
}

// What a program sees of a RETURNING clause is what it sees without the cache,
// and the rows that the statement returns for us are none of it.
func TestReturning(t *testing.T) {
	t.Parallel()
	schema := []string{
		"CREATE TABLE goods (id INTEGER PRIMARY KEY, shelf INT NOT NULL, name VARCHAR(20), at DATETIME, price DECIMAL(10, 2), data BLOB, ok BOOLEAN, UNIQUE (name))",
		"INSERT INTO goods VALUES (1, 1, 'one', '2024-01-02 03:04:05', 1.5, x'00ff', 1), (2, 1, 'two', NULL, 2, NULL, 0), (3, 2, 'three', '2024-05-06 07:08:09', NULL, x'', NULL)",
		"CREATE TABLE kept (id INTEGER PRIMARY KEY, good INT REFERENCES goods (id) ON DELETE SET NULL)", "INSERT INTO kept VALUES (1, 1), (3, 3)",
	}
	for i, tt := range []struct {
		write string
		args  []any
	}{
		{"INSERT INTO goods (shelf, name) VALUES (1, 'x'), (1, 'y') RETURNING *", nil},
		{"INSERT INTO goods (shelf, at, ok, data) VALUES (?, ?, ?, ?) RETURNING id, at, ok, data, typeof(at)", []any{1, "2025-01-01 00:00:00", true, []byte("abc")}},
		{"INSERT INTO goods (shelf) VALUES (1) RETURNING id AS shelf, shelf AS id, 'RETURNING', -- a comment\n at /* the end */;", nil},
		{"INSERT INTO goods (shelf, name) SELECT 1, name || '!' FROM goods RETURNING name, at", nil},
		{"INSERT INTO goods (id, shelf, name) VALUES (1, 1, 'uno'), (7, 1, 'siete') ON CONFLICT (id) DO UPDATE SET name = excluded.name RETURNING *", nil},
		{"INSERT OR IGNORE INTO goods (shelf, name) VALUES (1, 'one') RETURNING *", nil},
		{"INSERT INTO goods (shelf, name) VALUES (1, 'one') RETURNING *", nil},
		{"UPDATE goods SET name = upper(name), at = '2026-01-01 00:00:00' WHERE shelf = ? RETURNING at, *, price, name AS \"a b\"", []any{1}},
		{"UPDATE goods SET shelf = 1 WHERE shelf = 9 RETURNING *, 1", nil},
		{"UPDATE goods SET name = 'x' WHERE shelf = :s RETURNING (SELECT count(*) FROM goods), :s", []any{sql.Named("s", 1)}},
		{"UPDATE goods SET price = g.price + 1 FROM goods AS g WHERE g.id = goods.id AND g.shelf = 1 RETURNING price", nil},
		{"DELETE FROM goods WHERE shelf = 1 RETURNING *", nil},
		{"DELETE FROM goods RETURNING data, ok", nil},
		{"DELETE FROM goods WHERE id = ? RETURNING id", []any{1, 2}},
		{"DELETE FROM goods WHERE id = ? RETURNING id", nil},
		{"DELETE FROM goods WHERE shelf = 1 RETURNING nothing", nil},
	} {
		for _, limit := range []int{100, 1, 0} {
			t.Run(fmt.Sprint(i, " first ", limit), func(t *testing.T) {
				t.Parallel()
				s, other := newCachedSQLite(t, nil), newCachedSQLite(t, nil)
				exec(t, s.bare, schema...)
				exec(t, other.bare, schema...)
				const dropped, kept = "SELECT name FROM goods WHERE shelf = 1 ORDER BY id", "SELECT name FROM goods WHERE shelf = 77"
				for _, q := range []string{dropped, kept} {
					s.read(t, q)
				}
				got, want := seen(t, s.cached, limit, tt.write, tt.args...), seen(t, other.bare, limit, tt.write, tt.args...)
				if got != want {
					t.Errorf("TRANSPARENCY: %s: got\n%s\nwithout the cache\n%s", tt.write, got, want)
				}
				for _, q := range []string{dropped, "SELECT count(*) FROM goods", "SELECT group_concat(good) FROM kept"} {
					want, _ := readWith(context.Background(), t, other, other.bare, q)
					if got, _ := s.read(t, q); got != want {
						t.Errorf("STALE: %s: %q, want %q", q, got, want)
					}
				}
				s.want(t, "", true, kept)
			})
		}
	}
}
