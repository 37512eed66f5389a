package mysql

import (
	"database/sql"
	"fmt"
	"testing"
)

// unwritable are texts with arguments that a driver that writes arguments into texts
// leaves to be prepared, as bare: it finds another number of places than the server.
var unwritable = []string{
	"UPDATE t SET v = v WHERE id = ? /*! OR id = ? */",
	"UPDATE t SET v = v WHERE id = ? /*!100100 AND v > ? */",
	"SELECT v FROM t WHERE id = ? /*! AND v > ? */",
}

// What the driver does with one text does not decide how others are asked: their values
// would have other types, as those of a prepared statement have.
func TestUnwritableArguments(t *testing.T) {
	t.Parallel()
	for _, text := range unwritable {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			s := newCachedMySQL(t, interpolated, nil)
			exec(t, s.bare, "CREATE TABLE t (id INT PRIMARY KEY, v INT, big BIGINT UNSIGNED, r FLOAT)", "INSERT INTO t VALUES (1, 2, 3, 0.1)")
			for range 2 {
				for i := range 2 {
					if _, err := s.cached.ExecContext(t.Context(), text, 1, i); err != nil {
						t.Fatal(err)
					}
					rows := typesOf(t, s.cached, text, 1, i)
					if want := typesOf(t, s.bare, text, 1, i); rows != want {
						t.Errorf("%s: %s, the driver alone returns %s", text, rows, want)
					}
				}
				const read = "SELECT big, r, bit_or(v IS NULL) FROM t WHERE id = ?"
				for range 2 {
					if got, want := typesOf(t, s.cached, read, 1), typesOf(t, s.bare, read, 1); got != want {
						t.Errorf("after %s: %s, the driver alone returns %s", text, got, want)
					}
				}
				exec(t, s.cached, "UPDATE t SET v = v + 1")
			}
		})
	}
}

// typesOf returns the values of a query's rows, with their Go types.
func typesOf(t *testing.T, db *sql.DB, text string, args ...any) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), text, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	out := ""
	for rows.Next() {
		into := make([]any, len(names))
		for i := range into {
			into[i] = new(any)
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for _, v := range into {
			out += fmt.Sprintf("%T(%v) ", *v.(*any), *v.(*any))
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
