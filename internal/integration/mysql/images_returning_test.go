package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
)

// returningWrites return rows, or none: where MariaDB knows beforehand that a DELETE finds
// none it answers with no columns either.
var returningWrites = []string{
	"INSERT INTO goods (id, v) VALUES (1, 1), (2, 2), (3, 3), (4, 3) RETURNING *",
	"INSERT INTO goods (v) SELECT v FROM goods WHERE 1 = 0 RETURNING id",
	"INSERT INTO goods (id, v) SELECT id + 10, v FROM goods WHERE id = 1 AND id = 2 RETURNING id, v",
	"INSERT IGNORE INTO goods (id, v) VALUES (1, 5) RETURNING id",
	"DELETE FROM goods WHERE 1 = 0 RETURNING id",
	"DELETE FROM goods WHERE FALSE RETURNING *",
	"DELETE FROM goods WHERE NULL RETURNING id, v + 1 AS more",
	"DELETE FROM goods WHERE (goods.id = 3 AND goods.id IN (0, 2)) RETURNING *",
	"DELETE FROM goods WHERE id IS NULL RETURNING id",
	"DELETE FROM goods WHERE v = 3 LIMIT 0 RETURNING id",
	"DELETE FROM goods WHERE id = 99 RETURNING id",
	"DELETE FROM goods WHERE v = 99 RETURNING id",
	"DELETE FROM goods WHERE v = 3 RETURNING id",
	"DELETE FROM goods WHERE v = 3 RETURNING id",
	"DELETE FROM goods RETURNING id",
	"DELETE FROM goods RETURNING id",
}

// A statement that returns rows returns through the cache what the driver alone returns,
// its columns too, by each way of asking, and what it did is seen.
func TestReturning(t *testing.T) {
	t.Parallel()
	const schema = "CREATE TABLE goods (id INT PRIMARY KEY AUTO_INCREMENT, v INT)"
	ways := map[string]func(ctx context.Context, c *sql.Conn, text string) string{
		"Query": func(ctx context.Context, c *sql.Conn, text string) string {
			return returned(c.QueryContext(ctx, text))
		},
		"Query of a prepared statement": func(ctx context.Context, c *sql.Conn, text string) string {
			s, err := c.PrepareContext(ctx, text)
			if err != nil {
				return err.Error()
			}
			defer s.Close()
			return returned(s.QueryContext(ctx))
		},
		"Query in a transaction": func(ctx context.Context, c *sql.Conn, text string) string {
			tx, err := c.BeginTx(ctx, nil)
			if err != nil {
				return err.Error()
			}
			out := returned(tx.QueryContext(ctx, text))
			return fmt.Sprint(out, tx.Commit())
		},
		"Exec":                  func(ctx context.Context, c *sql.Conn, text string) string { return resultOf(ctx, c, false, text, nil) },
		"Exec in a transaction": func(ctx context.Context, c *sql.Conn, text string) string { return resultOf(ctx, c, true, text, nil) },
	}
	eachMode(t, func(t *testing.T, mode string) {
		for way, do := range ways {
			t.Run(way, func(t *testing.T) {
				t.Parallel()
				s, twin := newCachedMySQL(t, mode, nil), newCachedMySQL(t, mode, nil)
				exec(t, s.bare, schema)
				exec(t, twin.bare, schema)
				ours, theirs := s.conn(t), bareConn(t, twin.bare)
				for _, text := range returningWrites {
					before := s.fill(t, "SELECT COUNT(*) FROM goods", "SELECT v FROM goods WHERE id = 3", "SELECT id FROM goods WHERE v = 2")
					if got, want := do(t.Context(), ours, text), do(t.Context(), theirs, text); got != want {
						t.Errorf("%s: %s, the driver alone returns %s", text, got, want)
					}
					for q := range before {
						want, _ := s.readWith(t.Context(), t, s.bare, q)
						if got, _ := s.read(t, q); got != want {
							t.Errorf("STALE after %s: %s: %q, the database has %q", text, q, got, want)
						}
					}
				}
			})
		}
	})
}

// returned tells what rows are: their columns, with their types, and their values.
func returned(rows *sql.Rows, err error) string {
	if err != nil {
		return err.Error()
	}
	defer rows.Close()
	var out strings.Builder
	types, err := rows.ColumnTypes()
	if err != nil {
		return err.Error()
	}
	into := make([]any, len(types))
	for i, c := range types {
		fmt.Fprint(&out, c.Name(), " ", c.DatabaseTypeName(), " ", c.ScanType(), "; ")
		into[i] = new(sql.NullString)
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err.Error()
		}
		for _, v := range into {
			fmt.Fprint(&out, *v.(*sql.NullString))
		}
	}
	return fmt.Sprint(out.String(), rows.Err())
}
