package mysql

import "testing"

// TestRowsOfEitherHandle: the cached handle passes what the bare one does.
func TestRowsOfEitherHandle(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := newCachedMySQL(t, mode, nil)
		exec(t, s.cached, "CREATE TABLE t (id int PRIMARY KEY, a text)", "INSERT INTO t VALUES (1, 'one')")
		if got, _ := s.read(t, "SELECT a FROM t WHERE id = ?", 1); got != "one" {
			t.Errorf("read %q", got)
		}
		if got, _ := s.readWith(t.Context(), t, s.bare, "SELECT a FROM t"); got != "one" {
			t.Errorf("read %q", got)
		}
	})
}
