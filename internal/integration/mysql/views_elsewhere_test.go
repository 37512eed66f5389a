package mysql

import "testing"

// TestViewsElsewhere: a view of another database may call a function that writes a table
// of this one.
func TestViewsElsewhere(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		other := database(t, server.NewDatabase(t))
		s := newNotes(t, mode, nil, "CREATE TABLE log (n int)", "CREATE TABLE "+other+".plain (x int)", "INSERT INTO "+other+".plain VALUES (1)",
			"CREATE VIEW "+other+".still AS SELECT x FROM "+other+".plain", "CREATE VIEW quiet AS SELECT x FROM "+other+".still")
		s.warm(t)
		for _, harmless := range []string{"SELECT x FROM " + other + ".plain", "SELECT x FROM " + other + ".still", "SELECT x FROM quiet"} {
			for range 2 {
				s.want(t, "1", false, harmless)
			}
		}
		s.want(t, "old", true, txRead)

		exec(t, s.cached, "CREATE FUNCTION "+other+".adds() RETURNS int BEGIN INSERT INTO "+database(t, s.dsn)+".log VALUES (1); RETURN 1; END",
			"CREATE VIEW "+other+".v AS SELECT "+other+".adds() AS x", "CREATE VIEW "+other+".w AS SELECT x FROM "+other+".v", "CREATE VIEW here AS SELECT x FROM "+other+".v",
			"CREATE FUNCTION looks() RETURNS int RETURN (SELECT x FROM "+other+".v)")
		const count = "SELECT count(*) FROM log"
		for _, write := range []string{
			"SELECT x FROM " + other + ".v", "SELECT x FROM " + other + ".w", "SELECT x FROM here", "SELECT looks()", "SET @x = (SELECT x FROM " + other + ".v)",
			"UPDATE notes SET text = 'new' WHERE id = (SELECT x FROM " + other + ".v)", "EXPLAIN SELECT x FROM " + other + ".w", "CALL missing((SELECT x FROM " + other + ".v))",
		} {
			s.read(t, count)
			s.read(t, count)
			_, _ = s.cached.ExecContext(t.Context(), write)
			want, _ := s.readWith(t.Context(), t, s.bare, count)
			if got, hit := s.read(t, count); got != want {
				t.Errorf("STALE after %s: %q (hit: %v), want %q", write, got, hit, want)
			}
		}
		// What calls nothing drops nothing, although there are functions now.
		s.read(t, txOther)
		for _, harmless := range []string{"SELECT x FROM " + other + ".plain", "SELECT x FROM " + other + ".still", "SELECT x FROM quiet"} {
			s.want(t, "1", false, harmless)
		}
		s.want(t, "two", true, txOther)

		// A transaction in which such a view was read has written.
		tx := s.begin(t, nil)
		s.readWith(t.Context(), t, tx, "SELECT x FROM "+other+".v")
		inside, _ := s.readWith(t.Context(), t, tx, count)
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		want, _ := s.readWith(t.Context(), t, s.bare, count)
		if got, _ := s.read(t, count); got != want || got == inside {
			t.Errorf("STALE after a rollback: %q, want %q", got, want)
		}
	})
}
