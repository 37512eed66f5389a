package mysql

import (
	"database/sql"
	"errors"
	"testing"
)

// errUndone has a transaction rolled back.
var errUndone = errors.New("undone on purpose")

// steps runs statements in one transaction of the cached handle.
func (s *cachedMySQL) steps(t *testing.T, statements ...string) error {
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
	eachMode(t, func(t *testing.T, mode string) {
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
				[]string{onShelf(3), onShelf(4)}, []string{onShelf(2), onShelf(7)}},
			{"an upsert behind a savepoint", []string{"INSERT INTO goods (id, shelf) VALUES (6, 7)", "SAVEPOINT a", "INSERT INTO goods (id, shelf) VALUES (1, 8) ON DUPLICATE KEY UPDATE shelf = VALUES(shelf)", "RELEASE SAVEPOINT a"},
				nil, []string{onShelf(1), onShelf(8)}},
		} {
			t.Run(tt.name, func(t *testing.T) {
				s := imageShop(t, mode)
				before := s.fill(t, append(tt.reads, tt.drops...)...)
				if err := s.steps(t, append(tt.steps, "SELECT 1")...); err != nil {
					t.Fatal(err)
				}
				before.check(t, s, tt.drops...)
			})
		}
	})
}

// A transaction that is rolled back drops nothing of InnoDB's tables, and all of what
// stays.
func TestRolledBack(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := imageShop(t, mode, "CREATE TABLE stays (id int PRIMARY KEY, v int) ENGINE = MyISAM", "INSERT INTO stays VALUES (1, 1)",
			"CREATE TABLE aria (id int PRIMARY KEY, v int) ENGINE = Aria", "INSERT INTO aria VALUES (1, 1)")
		const stays, aria = "SELECT v FROM stays WHERE id = 1", "SELECT v FROM aria WHERE id = 1"
		before := s.fill(t, onShelf(1), onShelf(2), ofMoves, stays, aria)
		err := inImageTx(t.Context(), s.cached, func(tx *sql.Tx) error {
			for _, text := range []string{"UPDATE goods SET shelf = 7 WHERE id = 1", "DELETE FROM moves", "UPDATE stays SET v = 2 WHERE id = 1", "UPDATE aria SET v = 2"} {
				if _, err := tx.ExecContext(t.Context(), text); err != nil {
					return err
				}
			}
			return errUndone
		})
		if !errors.Is(err, errUndone) {
			t.Fatal(err)
		}
		before.check(t, s, stays, aria)
	})
}

// What fails drops nothing that it did not change, and says what the bare statement
// says.
func TestFailingWrites(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := imageShop(t, mode, "ALTER TABLE goods ADD CHECK (n < 1000)", "CREATE TABLE tiny (id tinyint PRIMARY KEY, a int)", "INSERT INTO tiny VALUES (1, 1)",
			"CREATE TABLE parents (id int PRIMARY KEY)", "CREATE TABLE children (id int PRIMARY KEY, parent int, FOREIGN KEY (parent) REFERENCES parents (id))", "INSERT INTO parents VALUES (1)", "INSERT INTO children VALUES (1, 1)")
		before := s.fill(t, onShelf(1), onShelf(2), ofMoves, "SELECT a FROM tiny WHERE a = 1", "SELECT count(*) FROM parents")
		for _, write := range []string{
			"INSERT INTO goods (id) VALUES (1)",
			"INSERT INTO goods (id, code) VALUES (7, 'x'), (8, 'A')",
			"UPDATE goods SET n = 1000 WHERE id = 1",
			"UPDATE goods SET n = 'x' WHERE id = 1",
			"UPDATE goods SET n = n * 100 WHERE n > 10",
			"UPDATE goods SET code = 'b' WHERE id = 1",
			"UPDATE goods SET nothing = 1 WHERE id = 1",
			"UPDATE goods SET n = 1 WHERE id = 1 AND nothing = 1",
			"UPDATE goods SET n = 1 WHERE id = 1 AND nothing(n) = 'A'",
			"DELETE FROM goods WHERE nothing = 1",
			"DELETE FROM nowhere WHERE id = 1",
			"INSERT INTO tiny VALUES (1000, 1) ON DUPLICATE KEY UPDATE a = 1",
			"REPLACE INTO tiny VALUES (1000, 1)",
			"DELETE FROM parents WHERE id = 1",
			"UPDATE parents SET id = 2 WHERE id = 1",
			"INSERT INTO children VALUES (2, 7)",
			"UPDATE goods, moves SET goods.n = 1, moves.nothing = 1",
			"UPDATE goods SET WHERE id = 1",
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

// A statement that fails in its middle keeps what it has changed where the engine
// cannot undo it.
func TestFailingWritesThatStay(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		for _, engine := range []string{"MyISAM", "Aria"} {
			for _, inTx := range []bool{false, true} {
				s := newCachedMySQL(t, mode, nil)
				exec(t, s.bare, "CREATE TABLE stays (id int PRIMARY KEY, v int, u int UNIQUE) ENGINE = "+engine, "INSERT INTO stays VALUES (1, 1, 1), (2, 2, 20), (3, 3, 30)")
				for _, tt := range []struct{ write, drops string }{
					{"INSERT INTO stays VALUES (4, 4, 40), (1, 9, 9)", "SELECT v FROM stays WHERE id = 4"},
					{"UPDATE stays SET u = u + 10, v = 7 WHERE id IN (1, 2) ORDER BY id", "SELECT v FROM stays WHERE id = 1"},
					{"INSERT INTO stays SELECT id + 10, v, NULL FROM stays WHERE id < 3 UNION ALL SELECT 1, 1, 1", "SELECT v FROM stays WHERE id = 11"},
				} {
					before := s.fill(t, tt.drops)
					write := func(q executor) error {
						_, err := q.ExecContext(t.Context(), tt.write)
						return err
					}
					var err error
					if inTx {
						err = inImageTx(t.Context(), s.cached, func(tx *sql.Tx) error { return write(tx) })
					} else {
						err = write(s.cached)
					}
					if err == nil {
						t.Fatalf("%s passes", tt.write)
					}
					before.check(t, s, tt.drops)
				}
			}
		}
	})
}

// A condition that may find other rows when it is run again is run once.
func TestVolatileWrites(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s, bare := imageShop(t, mode, "CREATE SEQUENCE s"), imageShop(t, mode, "CREATE SEQUENCE s")
		before := s.fill(t, onShelf(1), ofMoves)
		for _, write := range []string{
			"UPDATE goods SET shelf = 7 WHERE id = NEXT VALUE FOR s",
			"UPDATE goods SET n = n + 1 WHERE id = 2 AND NEXTVAL(s) > 0",
		} {
			if _, err := s.cached.ExecContext(t.Context(), write); err != nil {
				t.Fatal(err)
			}
			exec(t, bare.bare, write)
		}
		before.check(t, s, onShelf(1))
		got, _ := s.readWith(t.Context(), t, s.bare, "SELECT NEXT VALUE FOR s")
		want, _ := s.readWith(t.Context(), t, bare.bare, "SELECT NEXT VALUE FOR s")
		if got != want {
			t.Errorf("the sequence is at %s, want %s: a condition was run twice", got, want)
		}
	})
}

// The results of writes are those of the bare statements: rows that were found or
// changed, by the driver's mode, and the number that was given.
func TestResultsOfWrites(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		schema := []string{"CREATE TABLE lists (id int PRIMARY KEY AUTO_INCREMENT, name varchar(20) UNIQUE, n int)", "INSERT INTO lists VALUES (1, 'one', 1)",
			"CREATE TABLE stays (id int PRIMARY KEY AUTO_INCREMENT, n int) ENGINE = MyISAM"}
		s, bare := imageShop(t, mode, schema...), imageShop(t, mode, schema...)
		for _, write := range []string{
			"UPDATE goods SET shelf = 2 WHERE id = 1",
			"UPDATE goods SET shelf = 2 WHERE id = 1",
			"UPDATE goods SET shelf = 2 WHERE id = 77",
			"UPDATE goods SET shelf = 2 WHERE n < 45",
			"UPDATE goods SET shelf = 2 WHERE n < 0",
			"UPDATE goods SET shelf = 2 ORDER BY id DESC LIMIT 1",
			"UPDATE goods JOIN moves ON goods.id = moves.good SET goods.n = goods.n + 1",
			"INSERT INTO goods (id) VALUES (6), (7)",
			"INSERT INTO goods (id) VALUES (8)",
			"INSERT IGNORE INTO goods (id) VALUES (6), (9)",
			"INSERT IGNORE INTO goods (id) VALUES (6)",
			"INSERT INTO goods (id, shelf) VALUES (6, 2) ON DUPLICATE KEY UPDATE shelf = 3",
			"INSERT INTO goods (id, shelf) VALUES (6, 2) ON DUPLICATE KEY UPDATE shelf = 3",
			"INSERT INTO goods (id, shelf) VALUES (6, 2), (16, 2) ON DUPLICATE KEY UPDATE shelf = 4",
			"REPLACE INTO goods (id, shelf) VALUES (6, 2)",
			"REPLACE INTO goods (id, shelf) VALUES (26, 2)",
			"INSERT INTO lists (name, n) VALUES ('two', 2)",
			"INSERT INTO lists (name, n) VALUES ('three', 2), ('four', 3)",
			"INSERT INTO lists (name, n) VALUES ('two', 2) ON DUPLICATE KEY UPDATE n = 5",
			"INSERT INTO lists (name, n) VALUES ('two', 2) ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id), n = 6",
			"INSERT INTO lists (name, n) VALUES ('five', 2) ON DUPLICATE KEY UPDATE n = 5",
			"INSERT IGNORE INTO lists (name, n) VALUES ('two', 2)",
			"INSERT INTO lists VALUES (NULL, 'six', 6)", "INSERT INTO lists VALUES (0, 'seven', 6)", "INSERT INTO lists VALUES (100, 'eight', 6)", "INSERT INTO lists VALUES (DEFAULT, 'nine', 6)",
			"INSERT INTO lists (name, n) SELECT concat(name, name), 7 FROM lists",
			"INSERT INTO lists SET name = 'set', n = 1",
			"REPLACE INTO lists (name, n) VALUES ('set', 2)",
			"UPDATE lists SET n = LAST_INSERT_ID(n + 1) WHERE name = 'two'",
			"UPDATE lists SET n = 3 WHERE name = 'TWO'",
			"INSERT INTO stays (n) VALUES (1), (2)", "UPDATE stays SET n = n + 1", "DELETE FROM stays WHERE id = 1",
			"DELETE FROM goods WHERE id > 5 ORDER BY id LIMIT 2",
			"DELETE goods, moves FROM goods JOIN moves ON goods.id = moves.good",
			"DELETE FROM goods", "TRUNCATE lists", "INSERT INTO lists (name) VALUES ('again')",
		} {
			s.fill(t, onShelf(1), onShelf(2), "SELECT n FROM lists WHERE id = 1", "SELECT count(*) FROM stays") // so that somebody reads the tables
			got, err := s.cached.ExecContext(t.Context(), write)
			if err != nil {
				t.Fatalf("%s: %v", write, err)
			}
			want, err := bare.bare.ExecContext(t.Context(), write)
			if err != nil {
				t.Fatalf("%s: %v", write, err)
			}
			for name, f := range map[string]func(sql.Result) (int64, error){"rows": sql.Result.RowsAffected, "last id": sql.Result.LastInsertId} {
				n, err := f(got)
				is, errBare := f(want)
				if n != is || (err == nil) != (errBare == nil) {
					t.Errorf("%s: %s %d (%v), want %d (%v)", write, name, n, err, is, errBare)
				}
			}
		}
	})
}

// What SQL asks of the statement before it gets the answer that it has without the
// cache, which runs statements of its own. ROW_COUNT and FOUND_ROWS are not among these:
// drivers have the number of rows in the result of the statement.
func TestAnswersAboutTheLastStatement(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		schema := "CREATE TABLE lists (id int PRIMARY KEY AUTO_INCREMENT, name varchar(3))"
		s, bare := imageShop(t, mode, schema), imageShop(t, mode, schema)
		s.fill(t, onShelf(1), "SELECT count(*) FROM lists")
		ctx := t.Context()
		c := s.conn(t)
		b, err := bare.bare.Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		for _, write := range []string{
			"UPDATE goods SET shelf = 2 WHERE id = 1", "UPDATE goods SET shelf = 2 WHERE shelf < 3", "INSERT INTO lists (name) VALUES ('a'), ('b')", "INSERT IGNORE INTO lists (id, name) VALUES (1, 'abcdef')",
			"UPDATE goods SET shelf = 3 WHERE id = 77", "DELETE FROM goods WHERE id = 5", "INSERT INTO lists (name) VALUES ('c')", "START TRANSACTION", "UPDATE goods SET shelf = 1 WHERE id = 3", "INSERT INTO lists (name) VALUES ('d')", "COMMIT",
		} {
			for _, question := range []string{"SELECT LAST_INSERT_ID()", "SELECT @@warning_count", "SELECT @@last_insert_id", "SELECT @@identity", "SELECT @@in_transaction"} {
				run(t, c, write)
				run(t, b, write)
				got, _ := s.readWith(ctx, t, c, question)
				want, _ := s.readWith(ctx, t, b, question)
				if got != want {
					t.Errorf("%s after %s: %s, want %s", question, write, got, want)
				}
			}
		}
	})
}
