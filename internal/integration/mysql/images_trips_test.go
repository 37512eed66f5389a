package mysql

import (
	"database/sql"
	"testing"
)

// A write of a table that somebody reads costs few round trips more than the bare one.
// The number is kept for each form.
func TestTripsOfWrites(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{plain, interpolated} {
		t.Run(modeName(mode), func(t *testing.T) {
			t.Parallel()
			s := imageShop(t, mode, "CREATE TABLE numbered (id int AUTO_INCREMENT PRIMARY KEY, shelf int)",
				"CREATE TABLE halls (id int PRIMARY KEY, good int, FOREIGN KEY (good) REFERENCES goods (id) ON DELETE CASCADE)")
			counted, p := s.counted(t)
			counted.cached.SetMaxOpenConns(1)
			for _, tt := range []struct {
				write string
				args  []any
				want  int64
			}{
				// BEGIN, the row, the statement, the row again, COMMIT.
				{"UPDATE goods SET n = n + ? WHERE id = ?", []any{1, 1}, 5},
				{"UPDATE goods SET n = n WHERE id = ?", []any{1}, 4},
				{"UPDATE goods SET n = n + 1 WHERE id = ?", []any{100}, 4},
				{"INSERT INTO numbered (shelf) VALUES (?)", []any{1}, 4},
				{"INSERT INTO numbered (shelf) VALUES (?), (?)", []any{1, 2}, 4},
				{"INSERT IGNORE INTO goods (id, shelf) VALUES (?, 1)", []any{1}, 3},
				{"DELETE FROM numbered WHERE id = ?", []any{7}, 4},
				// The restricted form is prepared anew where it has arguments.
				{"UPDATE goods SET n = n + 1 WHERE shelf = ?", []any{3}, 5 + preparedAnew(mode)},
				{"UPDATE goods SET n = n + 1 WHERE shelf = 3", nil, 5},
				// One for the children.
				{"DELETE FROM goods WHERE id = ?", []any{50}, 4},
			} {
				run := func() error {
					_, err := counted.cached.ExecContext(t.Context(), tt.write, tt.args...)
					return err
				}
				var n int64
				for range 4 { // until statements are known
					for _, q := range []string{onShelf(1), "SELECT id FROM numbered WHERE shelf = 1", "SELECT id FROM halls WHERE good = 1"} {
						s.read(t, q) // somebody reads the tables
					}
					before := p.n.Load()
					if err := run(); err != nil {
						t.Fatal(err)
					}
					n = p.n.Load() - before
				}
				if n != tt.want {
					t.Errorf("%s: %d round trips, want %d", tt.write, n, tt.want)
				}
			}
		})
	}
}

// preparedAnew is one more round trip where the driver does not write arguments into the
// text.
func preparedAnew(mode string) int64 {
	if mode == plain {
		return 1
	}
	return 0
}

// Our own queries leave the view of a transaction to be made by the program's first
// read, as without us: what others commit before that is seen.
func TestImagesLeaveTheSnapshot(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		for _, write := range []string{
			"INSERT INTO goods (id, shelf) VALUES (7, 9)",
			"UPDATE goods SET shelf = 9 WHERE id = 1",
			"UPDATE goods SET shelf = 9 WHERE id = 1 AND n IN (SELECT 10 FROM moves)",
			"UPDATE goods SET shelf = 9 WHERE shelf = 1",
			"UPDATE goods SET shelf = (SELECT 9 FROM moves LIMIT 1) WHERE shelf = 1",
			"UPDATE goods SET shelf = 9 WHERE id IN (SELECT good FROM moves WHERE amount = 1)",
			"DELETE FROM goods WHERE id = 1",
			"DELETE FROM goods WHERE shelf = 1",
			"INSERT INTO goods (id, shelf) VALUES (1, 9) ON DUPLICATE KEY UPDATE shelf = 9",
			"REPLACE INTO goods (id, shelf) VALUES (7, 9)",
		} {
			t.Run(write, func(t *testing.T) {
				views := make(map[string]string)
				for name, db := range map[string]func(*cachedMySQL) *sql.DB{
					"bare":   func(s *cachedMySQL) *sql.DB { return s.bare },
					"cached": func(s *cachedMySQL) *sql.DB { return s.cached },
				} {
					s := imageShop(t, mode, "CREATE TABLE notes (id int PRIMARY KEY)", "INSERT INTO notes VALUES (1)")
					s.fill(t, onShelf(1), onShelf(9), ofMoves)
					tx, err := db(s).BeginTx(t.Context(), nil)
					if err != nil {
						t.Fatal(err)
					}
					run(t, tx, write)
					exec(t, s.bare, "INSERT INTO notes VALUES (2)")
					views[name], _ = s.readWith(t.Context(), t, tx, "SELECT count(*) FROM notes")
					if err := tx.Commit(); err != nil {
						t.Fatal(err)
					}
				}
				if views["bare"] != views["cached"] {
					t.Errorf("the transaction sees %s rows, without us %s", views["cached"], views["bare"])
				}
			})
		}
	})
}
