package postgres

import "testing"

// Statements that PostgreSQL runs outside of transactions only run through the cache,
// and as they do without it: by themselves, prepared, and refused in a transaction.
func TestStatementsThatRunAlone(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newNotes(t, driverName, nil)
		name := "alone_" + driverName
		t.Cleanup(func() { exec(t, s.bare, "DROP DATABASE IF EXISTS "+name, "ALTER SYSTEM RESET work_mem") })
		for _, text := range []string{
			"VACUUM", "VACUUM FULL notes", "VACUUM (ANALYZE) notes", "ANALYZE notes", "CREATE INDEX CONCURRENTLY i ON notes (text)", "REINDEX INDEX CONCURRENTLY i", "REINDEX TABLE CONCURRENTLY notes",
			"DROP INDEX CONCURRENTLY i", "CREATE DATABASE " + name, "ALTER DATABASE " + name + " CONNECTION LIMIT 5", "DROP DATABASE " + name, "ALTER SYSTEM SET work_mem = '8MB'", "CLUSTER notes USING notes_pkey", "CHECKPOINT",
		} {
			if _, err := s.cached.Exec(text); err != nil {
				t.Errorf("%s: %v", text, err)
			}
			tx := s.begin(t, nil)
			_, got := tx.Exec(text)
			_ = tx.Rollback()
			bare, err := s.bare.Begin()
			if err != nil {
				t.Fatal(err)
			}
			_, want := bare.Exec(text)
			_ = bare.Rollback()
			if state(got) != state(want) {
				t.Errorf("%s in a transaction: %v, without the cache %v", text, got, want)
			}
		}
		s.read(t, txRead)
		s.want(t, "old", true, txRead)
		exec(t, s.cached, txWrite)
		s.want(t, "new", false, txRead)
	})
}
