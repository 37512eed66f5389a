package mysql

import (
	"context"
	"testing"
	"time"
)

// A statement that returns rows is run for its effect as often as the program likes. The
// driver prepares it each time; a prepared one that is kept it can run once, for
// MariaDB leaves out from then on what it waits for. (Of other statements it leaves it out at
// once, so that the driver alone waits too.)
func TestExecOfWhatReturnsRows(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := newCachedMySQL(t, mode, nil)
		exec(t, s.bare, "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v INT)", "INSERT INTO t VALUES (1, 1), (2, 2)", "CREATE PROCEDURE p(n INT) SELECT id, v FROM t WHERE id > n")
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // it would wait for ever
		defer cancel()
		for _, cached := range []bool{true, false} {
			for _, text := range []string{
				"SELECT id, ? FROM t WHERE id = 1", "INSERT INTO t (v) VALUES (?) RETURNING id, v", "DELETE FROM t WHERE id = ? RETURNING id, v", "REPLACE INTO t (id, v) VALUES (9, ?) RETURNING *",
				"INSERT INTO t (v) SELECT v FROM t WHERE id = ? RETURNING id", "CALL p(?)",
			} {
				if cached {
					s.read(t, "SELECT COUNT(*) FROM t")
					s.read(t, "SELECT v FROM t WHERE id = 1")
				} else {
					s.forget(t)
				}
				c := s.conn(t)
				for n := range 3 {
					if n == 1 { // it was run for its rows before
						if got := twinAnswer(ctx, c, text, 50); len(got) > 5 && got[:5] == "error" {
							t.Errorf("%s: %s", text, got)
						}
					}
					if _, err := c.ExecContext(ctx, text, 60+n); err != nil {
						t.Fatalf("%s: %v", text, err)
					}
				}
				if got := twinAnswer(ctx, c, "SELECT 1 AS one"); got != twinAnswer(ctx, s.bare, "SELECT 1 AS one") {
					t.Errorf("after %s the connection says %s", text, got)
				}
				_ = c.Close()
			}
		}
	})
}
