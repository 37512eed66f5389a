package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/mysql"
	"github.com/cacheops/cacheops/internal/mysqltest"
	"github.com/cacheops/cacheops/sqlcache"
)

// What other caches for SQL and for ORMs were seen to get wrong, as far as no test of a
// subject of its own shows it here: fresh_test.go has more of it.

// shelfOne is a list as an ORM asks for it. In goods there are two rows of it.
const shelfOne = "SELECT id FROM goods WHERE shelf = ? ORDER BY id"

// What a transaction reads of its own writes is nobody else's, at either level, and however
// it ends; and what others read before it is over is not served afterwards.
func TestPeersUncommitted(t *testing.T) {
	t.Parallel()
	for _, level := range []sql.IsolationLevel{sql.LevelDefault, sql.LevelReadCommitted} {
		for _, tt := range []struct {
			name   string
			undo   []string
			commit bool
			want   string // of what moved and what did not
		}{
			{"rolled back", nil, false, "1,2 "},
			{"to a savepoint", []string{"ROLLBACK TO s"}, true, "1,2 "},
			{"to a savepoint, and more", []string{"ROLLBACK TO s", "UPDATE goods SET shelf = 9 WHERE id = 2"}, true, "1 2"},
			{"committed", nil, true, "2 1"},
		} {
			t.Run(fmt.Sprint(tt.name, ", ", level), func(t *testing.T) {
				t.Parallel()
				eachMode(t, func(t *testing.T, mode string) {
					s := imageShop(t, mode)
					both := func(q querier) string {
						one, _ := s.readWith(t.Context(), t, q, shelfOne, 1)
						nine, _ := s.readWith(t.Context(), t, q, shelfOne, 9)
						return one + " " + nine
					}
					if got := both(s.cached); got != "1,2 " {
						t.Fatal(got)
					}
					tx := s.begin(t, &sql.TxOptions{Isolation: level})
					both(tx) // where it may be answered by the cache it is
					run(t, tx, "SAVEPOINT s", "UPDATE goods SET shelf = 9 WHERE id = 1")
					for range 2 {
						if got := both(tx); got != "2 1" {
							t.Errorf("inside: %q", got)
						}
						if got := both(s.cached); got != "1,2 " {
							t.Errorf("outside, before the end: %q", got)
						}
					}
					run(t, tx, tt.undo...)
					if got := both(tx); got != tt.want && tt.commit {
						t.Errorf("inside, after the savepoint: %q", got)
					}
					end := tx.Rollback
					if tt.commit {
						end = tx.Commit
					}
					if err := end(); err != nil {
						t.Fatal(err)
					}
					for range 2 {
						if got := both(s.cached); got != tt.want {
							t.Errorf("STALE: %q, want %q", got, tt.want)
						}
					}
				})
			})
		}
	}
}

// Who reads between a statement and its commit, and stores what it read, is not heard of
// afterwards: of a statement by itself, of a transaction, and of what it deletes.
func TestPeersReadBeforeTheCommit(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := imageShop(t, mode)
		s.read(t, shelfOne, 1)
		var between atomic.Pointer[func()]
		writer := s.through(t, func(c net.Conn) net.Conn {
			return &mysqltest.Commits{Conn: c, Before: func() error {
				if f := between.Load(); f != nil {
					(*f)()
				}
				return nil
			}}
		})
		for want, write := range map[string]string{
			"1 ":  "UPDATE goods SET shelf = 2 WHERE id = 2",
			"1 2": "UPDATE goods SET shelf = shelf + 7 WHERE id < 3 AND n = 20",
		} {
			s.refill(t, nil)
			n := 0
			f := func() {
				if n++; n > 1 {
					return
				}
				for range 2 {
					if got, _ := s.read(t, shelfOne, 1); got != "1,2" {
						t.Errorf("before the commit: %q", got)
					}
				}
			}
			s.read(t, shelfOne, 1)
			s.read(t, shelfOne, 8)
			between.Store(&f)
			exec(t, writer, write)
			between.Store(nil)
			if n == 0 {
				t.Error("nothing was committed")
			}
			one, _ := s.read(t, shelfOne, 1)
			eight, _ := s.read(t, shelfOne, 8)
			if got := one + " " + eight; got != want {
				t.Errorf("STALE: after %s: %q, want %q", write, got, want)
			}
		}
	})
}

// peerReads are reads that other caches keep when their rows change: of other columns, by
// more keys than one, in an order, over a join, a query in a query, and as a relation that
// is loaded with its parents.
var peerReads = []string{
	"SELECT * FROM goods WHERE id = 1", "SELECT * FROM goods WHERE id = 2", "SELECT id, code FROM goods WHERE id = 2",
	"SELECT id * 1000 + n FROM goods WHERE id IN (1, 2, 3) ORDER BY id DESC LIMIT 2", "SELECT n FROM goods WHERE id IN (2)", "SELECT n FROM goods WHERE n = 20",
	"SELECT count(*) FROM goods WHERE shelf = 1", "SELECT max(n) FROM goods", "SELECT EXISTS (SELECT 1 FROM goods WHERE shelf = 9)", "SELECT code FROM goods WHERE id = 9",
	"SELECT name FROM shelves JOIN goods ON goods.shelf = shelves.id WHERE goods.code = 'b'", "SELECT n FROM goods WHERE shelf IN (SELECT id FROM shelves WHERE name = 'low')",
	"SELECT id * 1000 + n FROM goods WHERE shelf IN (1, 2) ORDER BY id", "SELECT name FROM shelves WHERE id IN (1, 2)", "SELECT (SELECT sum(n) FROM goods WHERE goods.shelf = shelves.id) FROM shelves WHERE id = 1",
	"SELECT s.name FROM shelves AS s LEFT JOIN goods AS g ON g.shelf = s.id WHERE g.id IS NULL", "SELECT v FROM goods_2 WHERE id = 1", "SELECT goods FROM updated WHERE id = 1",
}

// Whatever writes, by one of the ways that a program has, each read has what the database
// has. A table whose name begins with that of another, and a column that has the name of a
// table, are dropped by nothing that is not theirs.
func TestPeersWrites(t *testing.T) {
	t.Parallel()
	ways := map[string]func(s *cachedMySQL, write string) error{
		"raw": func(s *cachedMySQL, write string) error {
			_, err := s.cached.Exec(write)
			return err
		},
		"prepared": func(s *cachedMySQL, write string) error {
			st, err := s.cached.Prepare(write)
			if err != nil {
				return err
			}
			defer st.Close()
			_, err = st.Exec()
			return err
		},
		"as a query": func(s *cachedMySQL, write string) error {
			rows, err := s.cached.Query(write)
			if err != nil {
				return err
			}
			return errors.Join(rows.Close(), rows.Err())
		},
		"in a transaction": func(s *cachedMySQL, write string) error {
			return inImageTx(context.Background(), s.cached, func(tx *sql.Tx) error {
				if err := tx.QueryRow("SELECT 1 FROM nowhere").Scan(new(int)); number(err) != 1146 { // the transaction goes on after it
					return fmt.Errorf("there is no such table, and that gives %w", err)
				}
				_, err := tx.Exec(write)
				return err
			})
		},
		"without its answers": func(s *cachedMySQL, write string) error {
			_, err := s.cached.ExecContext(cacheops.Bypass(context.Background()), write)
			return err
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachMode(t, func(t *testing.T, mode string) {
				extra := []string{"CREATE TABLE shelves (id int PRIMARY KEY, name varchar(20))", "INSERT INTO shelves VALUES (1, 'low'), (2, 'high'), (7, 'free')",
					"CREATE TABLE goods_2 (id int PRIMARY KEY, v int)", "INSERT INTO goods_2 VALUES (1, 1)",
					"CREATE TABLE updated (id int PRIMARY KEY, goods int)", "INSERT INTO updated VALUES (1, 1)"}
				s := imageShop(t, mode, extra...)
				for _, write := range []string{
					"UPDATE goods SET n = n + 1, code = concat(code, 'x') WHERE id = 1 OR id = 2", "UPDATE goods SET n = 1 WHERE id IN (2, 77)", "UPDATE goods SET shelf = 9 WHERE shelf = 1", "UPDATE goods SET n = n + 1",
					"UPDATE goods JOIN shelves ON shelves.id = goods.shelf SET goods.n = 5, shelves.name = 'both' WHERE shelves.name = 'low'", "UPDATE shelves SET name = 'new' WHERE id = 1",
					"INSERT INTO goods VALUES (9, 9, 'nine', 9)", "INSERT INTO goods VALUES (2, 9, 'z', 9) ON DUPLICATE KEY UPDATE shelf = VALUES(shelf)", "REPLACE INTO goods VALUES (1, 2, 'b', 7)", "INSERT IGNORE INTO goods VALUES (10, 1, 'ten', 9), (1, 1, 'no', 1)",
					"DELETE FROM goods WHERE id = 1", "DELETE FROM goods WHERE shelf = 1 ORDER BY id LIMIT 1", "DELETE goods FROM goods JOIN shelves ON shelves.id = goods.shelf WHERE name = 'low'", "DELETE FROM goods",
				} {
					s.refill(t, extra)
					for _, q := range peerReads {
						transcript(t.Context(), s.cached, q)
					}
					if err := way(s, write); err != nil {
						t.Fatalf("%s: %v", write, err)
					}
					for range 2 {
						for _, q := range peerReads {
							want, hits := transcript(t.Context(), s.bare, q), s.hits.Load()
							got := transcript(t.Context(), s.cached, q)
							hit := s.hits.Load() > hits
							if got != want {
								t.Errorf("STALE: after %s: %s: hit %v, %s", write, q, hit, firstDifference(got, want))
							}
							if !hit && (strings.Contains(q, "goods_2") || strings.Contains(q, "updated")) {
								t.Errorf("PRECISION: %s drops %s", write, q)
							}
						}
					}
				}
			})
		})
	}
}

// Of many who miss at once each has the error of the query, where it fails, and is told of
// a missing row, where there is none: nobody gets a row of zeros.
func TestPeersErrorsOfManyAtOnce(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		for query, is := range map[string]func(error) bool{
			"SELECT text FROM notes WHERE id = 7 AND id < 8":                             func(err error) bool { return errors.Is(err, sql.ErrNoRows) },
			"SELECT text FROM notes WHERE id = 1 AND id = (SELECT n.id FROM notes AS n)": func(err error) bool { return number(err) == 1242 }, // more than one row
		} {
			s := newNotes(t, mode, nil)
			// DDL waits for the rival's transaction, and readers for DDL.
			stop := s.rival(t)
			stop.exec("INSERT INTO notes VALUES (9, 'nine')")
			ddl := inBackground(func() error { _, err := s.bare.Exec("ALTER TABLE notes COMMENT 'x'"); return err })
			s.awaitLocks(t, 1)
			var wg sync.WaitGroup
			var wrong atomic.Value
			for range 20 {
				wg.Go(func() {
					if err := s.cached.QueryRow(query).Scan(new(string)); !is(err) {
						wrong.Store(fmt.Sprint(err))
					}
				})
			}
			s.awaitLocks(t, 2)
			stop.commit()
			if err := ddl(); err != nil {
				t.Error(err)
			}
			wg.Wait()
			if err := wrong.Load(); err != nil {
				t.Errorf("%s: one of them got %v", query, err)
			}
			if err := s.cached.QueryRow(query).Scan(new(string)); !is(err) {
				t.Errorf("%s: and then %v", query, err)
			}
		}
	})
}

// Arguments are told apart by their types as well as by their texts: what comes back has
// the type that it has without the cache.
func TestPeersArguments(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := newNotes(t, mode, nil)
		at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		arguments := []any{"1", 1, int8(1), uint64(1), 1.0, float32(1), true, []byte("1"), nil, "", []byte{}, []byte(nil), "NULL", "<nil>", "1 ", "01", " 1", "1.0", at, at.String(), at.Format("2006-01-02 15:04:05"), at.In(time.FixedZone("", 3600)), uint64(1 << 63), "9223372036854775808"}
		for _, query := range []string{"SELECT ? FROM notes WHERE id = 1", "SELECT concat_ws('/', ?, text) FROM notes WHERE id = 1", "SELECT id FROM notes WHERE id = ?"} {
			for range 2 {
				for _, v := range arguments {
					if got, want := transcript(t.Context(), s.cached, query, v), transcript(t.Context(), s.bare, query, v); got != want {
						t.Errorf("%s, %T %v: it differs from the driver's: %s", query, v, v, firstDifference(got, want))
					}
				}
			}
		}
		if s.hits.Load() == 0 {
			t.Error("the cache answered nothing")
		}
	})
}

// One query on two databases, by two names: each has its own rows, and a write or a
// transaction of the one is nothing to the other.
func TestPeersTwoDatabases(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := newNotes(t, mode, nil)
		dsn := withMode(server.NewDatabase(t), mode)
		other, err := sqlcache.Open(s.cache, driverName, dsn, sqlcache.Config{Dialect: mysql.Dialect, Database: "other"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = other.Close() })
		exec(t, other, txTable, "INSERT INTO notes VALUES (1, 'theirs'), (2, 'two')")
		s.wantWith(t, other, "theirs", false, txRead)
		s.wantWith(t, other, "theirs", true, txRead)
		s.want(t, "old", true, txRead)
		for _, commit := range []bool{false, true} {
			tx := s.begin(t, nil)
			run(t, tx, txWrite)
			s.wantWith(t, other, "theirs", true, txRead)
			exec(t, other, "UPDATE notes SET text = text WHERE id = 2", "UPDATE notes SET text = 'theirs too' WHERE id = 1", "UPDATE notes SET text = 'theirs' WHERE id = 1")
			s.wantWith(t, other, "theirs", false, txRead)
			end := tx.Rollback
			if commit {
				end = tx.Commit
			}
			if err := end(); err != nil {
				t.Fatal(err)
			}
			s.wantWith(t, other, "theirs", true, txRead)
			if !commit {
				s.want(t, "old", true, txRead)
			}
		}
		s.want(t, "new", false, txRead)
	})
}
