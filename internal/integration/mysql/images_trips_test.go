package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
	"github.com/cacheops/cacheops/store/memory"
)

// tripCase is a write of a table that somebody reads, and how many round trips it takes.
type tripCase struct {
	write string
	args  func(n int) []any // of the n-th run; none: nil
	rows  int64             // that it affects, or returns
	want  int64
	goes  bool // the results of the table go, also those whose rows stay as they are
}

// always has each run take the same arguments.
func always(args ...any) func(int) []any { return func(int) []any { return args } }

// from has each run take a number of its own.
func from(first int) func(int) []any { return func(n int) []any { return []any{first + n} } }

// tripSchema has rows for each run, some of them with others below them.
var tripSchema = []string{
	"CREATE TABLE numbered (id int AUTO_INCREMENT PRIMARY KEY, shelf int)",
	"INSERT INTO numbered (shelf) SELECT 9 FROM seq_1_to_20",
	"INSERT INTO goods (id, shelf) SELECT seq, 9 FROM seq_100_to_149",
	"CREATE TABLE halls (id int PRIMARY KEY, good int, FOREIGN KEY (good) REFERENCES goods (id) ON DELETE CASCADE)",
	"INSERT INTO halls SELECT seq, seq FROM seq_110_to_119",
	"CREATE TABLE walls (id int PRIMARY KEY, hall int, FOREIGN KEY (hall) REFERENCES halls (id) ON DELETE SET NULL)",
	"INSERT INTO walls SELECT seq, seq FROM seq_110_to_119",
}

// tripCases are all forms of a write, as docs/mysql.md lists them. Those of one table
// leave what is read of it as it is.
func tripCases(mode string) []tripCase {
	return []tripCase{
		// BEGIN, the row, the statement, the row again, COMMIT.
		{write: "UPDATE goods SET n = n + 1 WHERE id = ?", args: always(3), rows: 1, want: 5},
		{write: "UPDATE goods SET n = n WHERE id = ?", args: always(3), want: 4},
		{write: "UPDATE goods SET n = n + 1 WHERE id = ?", args: always(99), want: 4},
		{write: "UPDATE goods SET n = n + 1 WHERE shelf = 3", rows: 1, want: 5},
		// The restricted form is prepared anew where it has arguments.
		{write: "UPDATE goods SET n = n + 1 WHERE shelf = ?", args: always(3), rows: 1, want: 5 + preparedAnew(mode)},
		// The rows are not read again.
		{write: "DELETE FROM numbered WHERE id = ?", args: from(1), rows: 1, want: 4},
		{write: "DELETE FROM numbered WHERE id = ?", args: always(99), want: 4},
		// They are not read before.
		{write: "INSERT INTO numbered (shelf) VALUES (?)", args: always(1), rows: 1, want: 4},
		{write: "INSERT INTO numbered (shelf) VALUES (?), (?)", args: always(1, 2), rows: 2, want: 4},
		{write: "INSERT INTO goods (id, shelf) VALUES (?, 9)", args: from(200), rows: 1, want: 4},
		{write: "INSERT IGNORE INTO goods (id, shelf) VALUES (?, 9)", args: from(210), rows: 1, want: 4},
		{write: "INSERT IGNORE INTO goods (id, shelf) VALUES (?, 9)", args: always(3), want: 3},
		{write: "INSERT IGNORE INTO goods (id, shelf) VALUES (?, 9), (3, 9)", args: from(240), rows: 1, want: 3, goes: true},
		{write: "REPLACE INTO numbered (id, shelf) VALUES (?, 9)", args: from(220), rows: 1, want: 4},
		{write: "REPLACE INTO numbered (id, shelf) VALUES (?, 8)", args: from(220), rows: 2, want: 3, goes: true},
		{write: "REPLACE INTO numbered (id, shelf) VALUES (?, 8)", args: from(220), rows: 1, want: 4},          // as it is
		{write: "REPLACE INTO goods (id, shelf) VALUES (?, 9)", args: from(220), rows: 1, want: 4, goes: true}, // children
		{write: "INSERT INTO goods (id, shelf) VALUES (?, 9) ON DUPLICATE KEY UPDATE n = n + 1", args: from(230), rows: 1, want: 4},
		{write: "INSERT INTO goods (id, shelf) VALUES (?, 9) ON DUPLICATE KEY UPDATE n = n + 1", args: always(3), rows: 2, want: 3, goes: true},
		{write: "INSERT INTO numbered (shelf) SELECT shelf FROM goods WHERE id = ?", args: always(3), rows: 1, want: 3, goes: true},
		// The statement returns them.
		{write: "INSERT INTO numbered (shelf) VALUES (?) RETURNING id", args: always(1), rows: 1, want: 3},
		{write: "DELETE FROM numbered WHERE id = ? RETURNING shelf", args: from(10), rows: 1, want: 3},
		{write: "UPDATE goods, halls SET goods.n = goods.n + 1 WHERE goods.id = ? AND halls.id = 118", args: always(3), rows: 1, want: 3, goes: true},
		// One for each key, and one for what stays.
		{write: "DELETE FROM goods WHERE id = ?", args: from(100), rows: 1, want: 5},
		{write: "DELETE FROM goods WHERE id = ?", args: from(110), rows: 1, want: 7},
	}
}

// A write of a table that somebody reads costs few round trips more than the bare one.
// The number is kept for each form. In a transaction of the program two are saved.
func TestTripsOfWrites(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{plain, interpolated} {
		t.Run(modeName(mode), func(t *testing.T) {
			t.Parallel()
			s := imageShop(t, mode, tripSchema...)
			counted, p := s.counted(t)
			counted.cached.SetMaxOpenConns(1)
			reads := []string{onShelf(1), "SELECT id FROM numbered WHERE shelf = 7", "SELECT id FROM halls WHERE good = 1", "SELECT id FROM walls WHERE hall = 1"}
			for _, tt := range tripCases(mode) {
				for _, inTx := range []bool{false, true} {
					want := tt.want
					if inTx {
						want -= 2
					}
					var rows, trips int64
					var gone bool
					for n := range 4 { // until statements are known
						for _, q := range reads {
							s.read(t, q) // somebody reads the tables
						}
						if inTx {
							n += 4
						}
						rows, trips = tt.run(t, counted.cached, p, inTx, n)
						gone = false
						for _, q := range reads {
							_, hit := s.read(t, q)
							gone = gone || !hit
						}
					}
					if rows != tt.rows || trips != want || gone != tt.goes {
						t.Errorf("%s, in a transaction: %v: %d rows, want %d; %d round trips, want %d; the results of the table go: %v, want %v",
							tt.write, inTx, rows, tt.rows, trips, want, gone, tt.goes)
					}
				}
			}
		})
	}
}

// run runs the write for the n-th time. It returns how many rows it affected or returned,
// and the round trips, without those of a transaction of the program.
func (tt *tripCase) run(t *testing.T, db *sql.DB, p *trips, inTx bool, n int) (rows, trips int64) {
	t.Helper()
	var args []any
	if tt.args != nil {
		args = tt.args(n)
	}
	write := func(db imageDB) (err error) {
		before := p.n.Load()
		if rows, err = tripRows(t.Context(), db, tt.write, args); err != nil {
			return fmt.Errorf("%s: %w", tt.write, err)
		}
		trips = p.n.Load() - before
		return nil
	}
	var err error
	if inTx {
		err = inImageTx(t.Context(), db, func(tx *sql.Tx) error { return write(tx) })
	} else {
		err = write(db)
	}
	if err != nil {
		t.Fatal(err)
	}
	return rows, trips
}

// tripRows runs a write, and returns how many rows it affected or returned.
func tripRows(ctx context.Context, db imageDB, write string, args []any) (n int64, err error) {
	if !strings.Contains(write, " RETURNING ") {
		r, err := db.ExecContext(ctx, write, args...)
		if err != nil {
			return 0, err
		}
		return r.RowsAffected()
	}
	rows, err := db.QueryContext(ctx, write, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}

// Where nobody reads a table the statement goes alone, in a transaction of ours where other
// processes may have the store as well.
func TestTripsOfUnreadWrites(t *testing.T) {
	t.Parallel()
	for _, shared := range []bool{false, true} {
		t.Run(fmt.Sprintf("shared: %v", shared), func(t *testing.T) {
			t.Parallel()
			s := newCachedMySQL(t, interpolated, func(c *cacheops.Config, _ *sqlcache.Config) {
				if shared {
					c.Store = newDistant(t)
				}
			})
			exec(t, s.bare, imageSchema...)
			counted, p := s.counted(t)
			counted.cached.SetMaxOpenConns(1)
			for _, write := range []string{
				"UPDATE goods SET n = n + 1 WHERE id = 1", "UPDATE goods SET n = n + 1 WHERE shelf = 1", "DELETE FROM goods WHERE shelf = 9",
				"INSERT INTO goods (shelf, id) SELECT 7, max(id) + 1 FROM goods", "UPDATE goods, moves SET n = n + 1 WHERE id = good",
			} {
				want := int64(1)
				if shared {
					want = 3
				}
				var n int64
				for range 2 { // until the schema is known
					before := p.n.Load()
					exec(t, counted.cached, write)
					n = p.n.Load() - before
				}
				if n != want {
					t.Errorf("%s: %d round trips, want %d", write, n, want)
				}
			}
		})
	}
}

// distant is a store that other processes may have as well, for all that is known of it.
type distant struct{ store.Store }

// newDistant makes one.
func newDistant(t *testing.T) store.Store {
	t.Helper()
	own, err := memory.New(memory.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := own.Close(); err != nil {
			t.Error(err)
		}
	})
	return distant{own}
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
