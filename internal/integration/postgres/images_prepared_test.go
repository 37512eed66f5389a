package postgres

import (
	"fmt"
	"testing"
)

// TestImagesOfPreparedStatement: pgx in its simple protocol writes bytes into a
// text as bytea, and sends those of a prepared statement as what the parameter is.
// A statement that is changed for its images stores what the program's own would.
func TestImagesOfPreparedStatement(t *testing.T) {
	t.Parallel()
	s := openCachedPostgres(t, pgx, server.NewDatabase(t)+"&default_query_exec_mode=simple_protocol", nil)
	exec(t, s.bare, "CREATE TABLE t (id int PRIMARY KEY, a text, n int)", "INSERT INTO t VALUES (1, 'old', 0), (2, 'x', 0)")
	s.want(t, "old", false, "SELECT a FROM t WHERE id = 1")
	s.want(t, "0", false, "SELECT n FROM t WHERE a = 'x'")
	for i, text := range []string{
		"INSERT INTO t VALUES (3, $1, 0)",
		"UPDATE t SET a = $1 WHERE id = 1",
		"UPDATE t SET n = n + 1 WHERE a = $1",
	} {
		stmt, err := s.cached.PrepareContext(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stmt.ExecContext(t.Context(), []byte{"axx"[i]}); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if err := stmt.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for query, want := range map[string]string{
		"SELECT a FROM t WHERE id = 3":    "a",
		"SELECT a FROM t WHERE id = 1":    "x",
		"SELECT sum(n)::text FROM t":      fmt.Sprint(2),
		"SELECT n FROM t WHERE a = 'x'":   "1,1",
		"SELECT n FROM t WHERE a = 'old'": "",
	} {
		if got, _ := s.readWith(t.Context(), t, s.cached, query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}
