package mysql

import (
	"context"
	"database/sql"
	"testing"
)

// The queries for images lock the rows that they ask for, and none besides: of a small
// table the server would rather look at all rows, and who writes others would be waited
// for. Each case has two transactions that are open at once, and have nothing to do with
// each other's rows.
func TestNoLocksOfOthers(t *testing.T) {
	t.Parallel()
	const (
		numbered = "CREATE TABLE small (id int PRIMARY KEY AUTO_INCREMENT, a int, KEY (a))"
		named    = "CREATE TABLE small (id varchar(20) PRIMARY KEY, a int, KEY (a))"
		paired   = "CREATE TABLE small (id int, k int, a int, PRIMARY KEY (id, k))"
		rows     = "INSERT INTO small (id, a) VALUES (1, 1), (2, 1), (3, 1), (4, 4), (5, 5), (6, 6)"
	)
	for _, tt := range []struct {
		name, schema, rows string
		one, other         string
		args               []any // of other
	}{
		{name: "numbers that are generated", schema: numbered, one: "INSERT INTO small (a) VALUES (1), (2), (3)", other: "INSERT INTO small (a) VALUES (4), (?), (6)", args: []any{5}},
		{name: "numbers that are given", schema: numbered, one: "INSERT INTO small (id, a) VALUES (1, 1), (2, 2), (3, 3)", other: "INSERT INTO small (id, a) VALUES (14, 1), (?, 2), (16, 3)", args: []any{15}},
		{name: "texts that are given", schema: named, one: "INSERT INTO small (id, a) VALUES ('a', 1), ('b', 2), ('c', 3)", other: "INSERT INTO small (id, a) VALUES ('x', 1), (?, 2), ('z', 3)", args: []any{"y"}},
		{name: "pairs that are given", schema: paired, one: "INSERT INTO small VALUES (1, 1, 1), (1, 2, 2), (1, 3, 3)", other: "INSERT INTO small VALUES (14, 1, 1), (14, ?, 2), (14, 3, 3)", args: []any{2}},
		{name: "rows read again", schema: numbered, rows: rows, one: "UPDATE small SET a = 7 WHERE id = 6", other: "UPDATE small SET a = a + 10 WHERE a = ?", args: []any{1}},
		{name: "pairs read again", schema: paired, rows: "INSERT INTO small VALUES (1, 1, 1), (1, 2, 2), (1, 3, 3), (2, 2, 2), (2, 3, 3)", one: "UPDATE small SET a = 7 WHERE id = 2 AND k = 3", other: "UPDATE small SET a = a + 10 WHERE id = ?", args: []any{1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			eachMode(t, func(t *testing.T, mode string) {
				s := newCachedMySQL(t, mode, nil)
				exec(t, s.bare, tt.schema)
				if tt.rows != "" {
					exec(t, s.bare, tt.rows)
				}
				const query = "SELECT a FROM small WHERE a = 99"
				s.fill(t, query)
				one := s.begin(t, &sql.TxOptions{})
				run(t, one, tt.one)
				other := s.begin(t, &sql.TxOptions{})
				if _, err := other.ExecContext(context.Background(), "SET SESSION innodb_lock_wait_timeout = 1"); err != nil {
					t.Fatal(err)
				}
				if _, err := other.ExecContext(context.Background(), tt.other, tt.args...); err != nil {
					t.Errorf("%s behind %s: %v", tt.other, tt.one, err)
				}
				if err := one.Commit(); err != nil {
					t.Error(err)
				}
				if err := other.Commit(); err != nil {
					t.Error(err)
				}
				s.want(t, "", true, query)
			})
		})
	}
}
