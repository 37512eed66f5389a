package postgres

import (
	"database/sql"
	"testing"
)

// A text that the program prepares again is prepared again at the server: what that
// prepared before may be gone, or refused since the schema changed.
func TestPreparedAgain(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		for _, between := range []string{"DEALLOCATE ALL", "DISCARD ALL", "ALTER TABLE t ADD COLUMN w int DEFAULT 3", "ALTER TABLE t ALTER COLUMN v TYPE text"} {
			t.Run(between, func(t *testing.T) {
				var seen [2]string
				for i := range seen {
					s := newCachedPostgres(t, driverName, nil)
					exec(t, s.bare, "CREATE TABLE t (id int, v int)", "INSERT INTO t VALUES (1, 2)")
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
					if _, err := conn.ExecContext(t.Context(), "UPDATE t SET id = id"); err != nil {
						t.Fatal(err)
					}
					seen[i] = before + preparedOnce(t, conn)
				}
				if seen[0] != seen[1] {
					t.Errorf("got:\n%s\nwant:\n%s", seen[1], seen[0])
				}
			})
		}
	})
}

// preparedOnce prepares a statement, runs it and closes it.
func preparedOnce(t *testing.T, conn *sql.Conn) string {
	t.Helper()
	stmt, err := conn.PrepareContext(t.Context(), "SELECT * FROM t WHERE id = $1")
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Close()
	rows, err := stmt.QueryContext(t.Context(), 1)
	return transcriptOf(rows, err)
}
