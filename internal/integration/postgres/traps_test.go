package postgres

import (
	"database/sql"
	"errors"
	"testing"
)

// errUndone has a transaction rolled back.
var errUndone = errors.New("undone on purpose")

// steps runs statements in one transaction of the cached handle.
func (s *cachedPostgres) steps(t *testing.T, statements ...string) error {
	t.Helper()
	return inImageTx(t.Context(), s.cached, func(tx *sql.Tx) error {
		for _, text := range statements {
			if _, err := tx.ExecContext(t.Context(), text); err != nil {
				return err
			}
		}
		return nil
	})
}

// Traps of transactions: what was written in them is told with all its images, and
// what was rolled back is not.
func TestTransactionTraps(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		for _, tt := range []struct {
			name         string
			steps        []string
			reads, drops []string
		}{
			{"a row written twice", []string{"UPDATE goods SET shelf = 7 WHERE id = 1", "UPDATE goods SET shelf = 8 WHERE id = 1"},
				[]string{onShelf(2), onShelf(3)}, []string{onShelf(1), onShelf(8)}},
			{"a row inserted and changed", []string{"INSERT INTO goods VALUES (6, 7, 'f', 1)", "UPDATE goods SET shelf = 8 WHERE n = 1", "DELETE FROM goods WHERE id = 3"},
				[]string{onShelf(1), onShelf(3)}, []string{onShelf(2), onShelf(8)}},
			{"a savepoint rolled back", []string{"UPDATE goods SET shelf = 7 WHERE id = 3", "SAVEPOINT a", "UPDATE goods SET shelf = 8 WHERE id = 1", "ROLLBACK TO a"},
				[]string{onShelf(1), onShelf(8)}, []string{onShelf(2), onShelf(7)}},
			{"an upsert behind a savepoint", []string{"INSERT INTO goods (id, shelf) VALUES (6, 7)", "SAVEPOINT a", "INSERT INTO goods (id, shelf) VALUES (6, 8), (1, 8) ON CONFLICT (id) DO UPDATE SET shelf = excluded.shelf", "RELEASE a"},
				[]string{onShelf(2), onShelf(3)}, []string{onShelf(1), onShelf(8)}},
		} {
			t.Run(tt.name, func(t *testing.T) {
				s := imageShop(t, driverName)
				before := s.fill(t, append(tt.reads, tt.drops...)...)
				if err := s.steps(t, append(tt.steps, "SELECT 1")...); err != nil {
					t.Fatal(err)
				}
				before.check(t, s, tt.drops...)
			})
		}
	})
}

// What fails drops nothing, and says what the bare statement says.
func TestFailingWrites(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		s := imageShop(t, driverName, "ALTER TABLE goods ADD CHECK (n < 1000)", "CREATE DOMAIN small AS int CHECK (VALUE < 10)", "CREATE TABLE tiny (id small PRIMARY KEY, a int)", "INSERT INTO tiny VALUES (1, 1)")
		before := s.fill(t, onShelf(1), onShelf(2), ofMoves, "SELECT a FROM tiny WHERE a = 1")
		for _, write := range []string{
			"INSERT INTO goods (id) VALUES (1)",
			"UPDATE goods SET n = 1000 WHERE id = 1",
			"UPDATE goods SET n = n / 0 WHERE id = 1",
			"UPDATE goods SET n = 1 WHERE id = 'x'",
			"UPDATE goods SET n = 1 WHERE n / 0 = 1",
			"UPDATE goods SET n = n * 100 WHERE n > 10",
			"UPDATE goods SET code = 'b' WHERE id = 1 RETURNING *",
			"UPDATE goods SET nothing = 1 WHERE id = 1",
			"UPDATE goods SET n = 1 WHERE id = 1 AND nothing = 1",
			"UPDATE goods SET n = 1 WHERE id = 1 AND upper(n) = 'A'",
			"DELETE FROM goods WHERE nothing = 1",
			"INSERT INTO tiny VALUES (11, 1) ON CONFLICT (id) DO UPDATE SET a = 1",
			"INSERT INTO goods (id, shelf) VALUES (1, 2), (1, 3) ON CONFLICT (id) DO UPDATE SET shelf = excluded.shelf",
		} {
			_, want := s.bare.ExecContext(t.Context(), write)
			if want == nil {
				t.Fatalf("%s passes", write)
			}
			if _, err := s.cached.ExecContext(t.Context(), write); err == nil || err.Error() != want.Error() {
				t.Errorf("%s: %v, the database says %v", write, err, want)
			}
		}
		before.check(t, s)
	})
}

// A condition that may find other rows when it is run again is run once.
func TestVolatileWrites(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		s := imageShop(t, driverName, "CREATE SEQUENCE s")
		before := s.fill(t, onShelf(1), ofMoves)
		for _, write := range []string{
			"UPDATE goods SET shelf = 7 WHERE id = nextval('s')",
			"UPDATE goods SET n = n + 1 WHERE id = 2 AND nextval('s') > 0",
		} {
			if _, err := s.cached.ExecContext(t.Context(), write); err != nil {
				t.Fatal(err)
			}
		}
		before.check(t, s, onShelf(1))
		got, _ := s.readWith(t.Context(), t, s.bare, "SELECT last_value FROM s")
		want := "6" // five rows, and one
		if got != want {
			t.Errorf("the sequence is at %s, want %s: a condition was run twice", got, want)
		}
	})
}

// The results of writes are those of the bare statements.
func TestResultsOfWrites(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		s := imageShop(t, driverName)
		s.fill(t, onShelf(1), onShelf(2))
		for _, tt := range []struct {
			write    string
			affected int64
		}{
			{"UPDATE goods SET shelf = 2 WHERE id = 1", 1},
			{"UPDATE goods SET shelf = 2 WHERE id = 77", 0},
			{"UPDATE goods SET shelf = 2 WHERE n < 45", 4},
			{"UPDATE goods SET shelf = 2 WHERE n < 0", 0},
			{"INSERT INTO goods (id) VALUES (6), (7)", 2},
			{"INSERT INTO goods (id) VALUES (6), (8) ON CONFLICT DO NOTHING", 1},
			{"INSERT INTO goods (id, shelf) VALUES (6, 2), (9, 2) ON CONFLICT (id) DO UPDATE SET shelf = 3", 2},
			{"DELETE FROM goods WHERE id > 5", 4},
			{"DELETE FROM goods", 5},
		} {
			s.fill(t, onShelf(1), onShelf(2)) // so that somebody reads the table
			res, err := s.cached.ExecContext(t.Context(), tt.write)
			if err != nil {
				t.Fatalf("%s: %v", tt.write, err)
			}
			if n, err := res.RowsAffected(); err != nil || n != tt.affected {
				t.Errorf("%s: %d rows (%v), want %d", tt.write, n, err, tt.affected)
			}
			if _, err := res.LastInsertId(); err == nil {
				t.Errorf("%s has a last id", tt.write)
			}
		}
	})
}
