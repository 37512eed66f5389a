package mysql

import (
	"database/sql"
	"testing"
)

// A text that the program prepares again may mean something else than before, where the
// session has changed; the server does not prepare it again for that. A change of the
// schema it notices itself.
func TestPreparedAgain(t *testing.T) {
	t.Parallel()
	for _, between := range []string{
		"SET SESSION sql_mode = 'ANSI_QUOTES'",
		"SET SESSION sql_mode = 'PIPES_AS_CONCAT'",
		"ALTER TABLE t ADD COLUMN w int DEFAULT 3",
		"ALTER TABLE t MODIFY v varchar(9)",
	} {
		t.Run(between, func(t *testing.T) {
			t.Parallel()
			var seen [2]string
			for i := range seen {
				s := newCachedMySQL(t, plain, nil)
				exec(t, s.bare, "CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t VALUES (1, 2)")
				db := s.bare
				if i == 1 {
					db = s.cached
				}
				conn, err := db.Conn(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				before := preparedOnce(t, conn)
				if _, err := conn.ExecContext(t.Context(), between); err != nil {
					t.Fatal(err)
				}
				// So that the next read is no hit.
				if _, err := conn.ExecContext(t.Context(), "UPDATE t SET v = v + 1 WHERE id = ?", 1); err != nil {
					t.Fatal(err)
				}
				seen[i] = before + preparedOnce(t, conn)
			}
			if seen[0] != seen[1] {
				t.Errorf("got:\n%s\nwant:\n%s", seen[1], seen[0])
			}
		})
	}
}

// preparedOnce is what a text with arguments gives that sql_mode has a say in.
func preparedOnce(t *testing.T, conn *sql.Conn) string {
	t.Helper()
	rows, err := conn.QueryContext(t.Context(), `SELECT t.*, "v", id || 7 FROM t WHERE id = ?`, 1)
	if err != nil {
		t.Fatal(err)
	}
	return returned(rows, nil) + "\n"
}
