package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"

	"github.com/cacheops/cacheops/dialect/mysql"
	"github.com/cacheops/cacheops/sqlcache"
)

// The queries for images lock the rows that they ask for, and none besides: of a small
// table the server would rather look at all rows, and who writes others would be waited
// for. Each case has two transactions that are open at once, and have nothing to do with
// each other's rows.
func TestNoLocksOfOthers(t *testing.T) {
	t.Parallel()
	const (
		numbered = "CREATE TABLE small (id int PRIMARY KEY AUTO_INCREMENT, a int, KEY (a))"
		named    = "CREATE TABLE small (id varchar(20) PRIMARY KEY, a int, KEY (a))"
		paired   = "CREATE TABLE small (id int, k int, a int, PRIMARY KEY (id, k))"
		rows     = "INSERT INTO small (id, a) VALUES (1, 1), (2, 1), (3, 1), (4, 4), (5, 5), (6, 6)"
		more     = "INSERT INTO small (id, a) SELECT seq, seq FROM seq_1_to_20"
	)
	for _, tt := range []struct {
		name, schema, rows string
		one, other         string
		args               []any // of other
		query              string
	}{
		{name: "numbers that are generated", schema: numbered, one: "INSERT INTO small (a) VALUES (1), (2), (3)", other: "INSERT INTO small (a) VALUES (4), (?), (6)", args: []any{5}},
		{name: "numbers that are given", schema: numbered, one: "INSERT INTO small (id, a) VALUES (1, 1), (2, 2), (3, 3)", other: "INSERT INTO small (id, a) VALUES (14, 1), (?, 2), (16, 3)", args: []any{15}},
		{name: "texts that are given", schema: named, one: "INSERT INTO small (id, a) VALUES ('a', 1), ('b', 2), ('c', 3)", other: "INSERT INTO small (id, a) VALUES ('x', 1), (?, 2), ('z', 3)", args: []any{"y"}},
		{name: "pairs that are given", schema: paired, one: "INSERT INTO small VALUES (1, 1, 1), (1, 2, 2), (1, 3, 3)", other: "INSERT INTO small VALUES (14, 1, 1), (14, ?, 2), (14, 3, 3)", args: []any{2}},
		{name: "rows read again", schema: numbered, rows: rows, one: "UPDATE small SET a = 7 WHERE id = 6", other: "UPDATE small SET a = a + 10 WHERE a = ?", args: []any{1}},
		{name: "pairs read again", schema: paired, rows: "INSERT INTO small VALUES (1, 1, 1), (1, 2, 2), (1, 3, 3), (2, 2, 2), (2, 3, 3)", one: "UPDATE small SET a = 7 WHERE id = 2 AND k = 3", other: "UPDATE small SET a = a + 10 WHERE id = ?", args: []any{1}},
		{name: "an UPDATE that is kept to its rows", schema: numbered, rows: more, one: "UPDATE small SET a = 7 WHERE id = 20", other: "UPDATE small SET a = a + 30 WHERE id BETWEEN 3 AND ?", args: []any{8}},
		{name: "a DELETE that is kept to its rows", schema: numbered, rows: more, one: "UPDATE small SET a = 7 WHERE id = 20", other: "DELETE FROM small WHERE id BETWEEN 3 AND ?", args: []any{8}},
		{
			name: "rows of which the key alone is asked for", schema: numbered, rows: more, one: "UPDATE small SET a = 7 WHERE id = 20", other: "UPDATE small SET a = a + 30 WHERE id BETWEEN 3 AND ?", args: []any{12},
			query: "SELECT count(*) FROM small WHERE id = 99",
		},
		{
			name: "children", schema: "CREATE TABLE small (id int PRIMARY KEY, a int, parent int, n int, FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE, FOREIGN KEY (a) REFERENCES parents (a) ON DELETE CASCADE)",
			rows: "INSERT INTO small SELECT seq, seq, seq, 0 FROM seq_1_to_8", one: "UPDATE small SET n = 7 WHERE id = 8", other: "DELETE FROM parents WHERE id IN (1, ?)", args: []any{2},
			query: "SELECT count(*) FROM small WHERE parent = 99",
		},
		{
			name: "parents", schema: "CREATE TABLE small (id int PRIMARY KEY, a int, parent int, FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE)", rows: "INSERT INTO small SELECT seq, seq, seq FROM seq_1_to_8",
			one: "UPDATE parents SET a = 99 WHERE id = 8", other: "DELETE FROM parents WHERE id IN (1, ?)", args: []any{2},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			eachMode(t, func(t *testing.T, mode string) {
				s := newCachedMySQL(t, mode, nil)
				exec(t, s.bare, "CREATE TABLE parents (id int PRIMARY KEY, a int UNIQUE, n int)", "INSERT INTO parents SELECT seq, seq, 0 FROM seq_1_to_8", tt.schema)
				if tt.rows != "" {
					exec(t, s.bare, tt.rows)
				}
				query, none := "SELECT a FROM small WHERE a = 99", ""
				if tt.query != "" {
					query, none = tt.query, "0"
				}
				s.fill(t, query)
				one := s.begin(t, &sql.TxOptions{})
				run(t, one, tt.one)
				other := s.begin(t, &sql.TxOptions{})
				if _, err := other.ExecContext(context.Background(), "SET SESSION innodb_lock_wait_timeout = 1"); err != nil {
					t.Fatal(err)
				}
				if _, err := other.ExecContext(context.Background(), tt.other, tt.args...); err != nil {
					t.Errorf("%s behind %s: %v", tt.other, tt.one, err)
				}
				if err := one.Commit(); err != nil {
					t.Error(err)
				}
				if err := other.Commit(); err != nil {
					t.Error(err)
				}
				s.want(t, none, true, query)
			})
		})
	}
}

// Statements that run at once, and wait for each other in one order, do so with the
// queries for their images as well: these lock the rows in the same order.
func TestNoDeadlocksOfOurOwn(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]string{
		"rows of a range":         "UPDATE small SET n = n + 1 WHERE id BETWEEN %d AND 120",
		"a key that is changed":   "UPDATE small SET k = 1 - k WHERE k IN (0, 1) AND %d > 0",
		"rows that come and go":   "DELETE FROM small WHERE k IN (2, 3, 4) AND id > %d",
		"an index of all that is": "UPDATE small SET k = k + 1 WHERE k >= 0 AND %d > 0",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, mode := range []string{plain, interpolated} {
				s := newCachedMySQL(t, mode, nil)
				exec(t, s.bare, "CREATE TABLE small (id int PRIMARY KEY, k int, n int, KEY (k))", "INSERT INTO small SELECT seq * 10, seq % 5, 0 FROM seq_1_to_20")
				const query = "SELECT count(*) FROM small WHERE k = 9"
				s.read(t, query)
				var all sync.WaitGroup
				for writer := range 5 {
					all.Go(func() {
						for i := range 10 {
							if _, err := s.cached.ExecContext(t.Context(), fmt.Sprintf(write, 10*(1+(writer+i)%7))); err != nil {
								t.Errorf("%s: %v", write, err)
								return
							}
							if _, err := s.cached.ExecContext(t.Context(), query); err != nil {
								t.Error(err)
							}
						}
					})
				}
				all.Wait()
			}
		})
	}
}

// At READ COMMITTED an UPDATE that looks at all rows passes over those that others have
// locked and that do not match. So do the queries for its images; where the lock is on a
// row that matches it waits, and all is dropped that it may have changed.
func TestUpdatePassesOverLocks(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := newCachedMySQL(t, mode, nil)
		exec(t, s.bare, imageSchema...)
		ctx := context.Background()
		committed := openCommitted(t, s)
		for name, write := range map[string]func(db *sql.DB, text string) error{
			"alone, at the session's level": func(_ *sql.DB, text string) error {
				c, err := committed.Conn(ctx)
				if err != nil {
					return err
				}
				defer c.Close()
				run(t, c, "SET SESSION innodb_lock_wait_timeout = 1")
				_, err = c.ExecContext(ctx, text)
				return err
			},
			"in a transaction of that level": func(db *sql.DB, text string) error {
				tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
				if err != nil {
					return err
				}
				run(t, tx, "SET SESSION innodb_lock_wait_timeout = 1")
				if _, err := tx.ExecContext(ctx, text); err != nil {
					_ = tx.Rollback()
					return err
				}
				return tx.Commit()
			},
			"in a transaction for which it was set": func(db *sql.DB, text string) error {
				c, err := db.Conn(ctx)
				if err != nil {
					return err
				}
				defer c.Close()
				run(t, c, "SET SESSION innodb_lock_wait_timeout = 1", "SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "BEGIN")
				if _, err := c.ExecContext(ctx, text); err != nil {
					run(t, c, "ROLLBACK")
					return err
				}
				_, err = c.ExecContext(ctx, "COMMIT")
				return err
			},
			"in a transaction that follows one of that level": func(db *sql.DB, text string) error {
				c, err := db.Conn(ctx)
				if err != nil {
					return err
				}
				defer c.Close()
				run(t, c, "SET SESSION innodb_lock_wait_timeout = 1", "SET TRANSACTION ISOLATION LEVEL READ COMMITTED", "BEGIN", "COMMIT AND CHAIN")
				if _, err := c.ExecContext(ctx, text); err != nil {
					run(t, c, "ROLLBACK")
					return err
				}
				_, err = c.ExecContext(ctx, "COMMIT")
				return err
			},
		} {
			t.Run(name, func(t *testing.T) {
				before := s.fill(t, onShelf(1), onShelf(2), onShelf(4))
				other := s.rival(t)
				other.exec("UPDATE goods SET code = 'z' WHERE id = 5")
				if err := write(s.cached, "UPDATE goods SET n = n + 1 WHERE shelf = 1"); err != nil {
					t.Errorf("it waits for a row that is not its own: %v", err)
				}
				if err := other.Rollback(); err != nil {
					t.Fatal(err)
				}
				for q := range before {
					want, _ := s.readWith(ctx, t, s.bare, q)
					if got, _ := s.read(t, q); got != want {
						t.Errorf("STALE: %s: %q, the database has %q", q, got, want)
					}
				}
			})
			t.Run(name+", with nobody there", func(t *testing.T) {
				before := s.fill(t, onShelf(1), onShelf(2), onShelf(4))
				if err := write(s.cached, "UPDATE goods SET n = n + 1 WHERE shelf = 1"); err != nil {
					t.Fatal(err)
				}
				before.check(t, s, onShelf(1))
			})
		}
	})
}

// openCommitted is another handle on the same cache and database, the transactions of
// which are at READ COMMITTED.
func openCommitted(t *testing.T, s *cachedMySQL) *sql.DB {
	t.Helper()
	dsn := withMode(s.dsn, "tx_isolation=%27READ-COMMITTED%27")
	db, err := sqlcache.Open(s.cache, driverName, dsn, sqlcache.Config{Dialect: mysql.Dialect, Database: "main"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
