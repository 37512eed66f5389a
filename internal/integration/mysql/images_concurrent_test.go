package mysql

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
)

// isolations are the levels at which a program's transactions run here.
var isolations = map[string]*sql.TxOptions{
	"repeatable read": nil, // the server's own
	"read committed":  {Isolation: sql.LevelReadCommitted},
}

// overlap is a write that waits for a rival: held is what the rival did before, and
// during what it does while the write waits.
type overlap struct {
	name         string
	held, during []string
	write        string
	reads, drops []string
}

// check runs the write in a transaction. When it has waited, and before it commits,
// the cache is filled with what the rival left. Of that the commit must drop what
// the write changes.
func (o *overlap) check(t *testing.T, mode string, opts *sql.TxOptions) {
	t.Helper()
	s := imageShop(t, mode)
	s.fill(t, append(o.reads, o.drops...)...)
	other := s.rival(t)
	other.exec(o.held...)
	tx := s.begin(t, opts)
	wait := inBackground(func() error { return runImageWrite(t.Context(), tx, o.write, nil) })
	s.awaitLocks(t, 1)
	other.exec(o.during...)
	other.commit()
	if err := wait(); err != nil {
		t.Fatal(err)
	}
	s.forget(t)
	before := s.fill(t, append(o.reads, o.drops...)...)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	before.check(t, s, o.drops...)
}

// A row that another session changes, moves or takes away while a write waits for it is
// told as it is when it is changed. What comes to match meanwhile is either found or
// left alone.
func TestImagesOvertaken(t *testing.T) {
	t.Parallel()
	hold := []string{"UPDATE goods SET n = 11 WHERE id = 1"}
	move := []string{"UPDATE goods SET shelf = 9 WHERE id = 1"}
	eachMode(t, func(t *testing.T, mode string) {
		for level, opts := range isolations {
			for _, o := range []overlap{
				{name: "another value", held: move, write: "UPDATE goods SET n = n + 1 WHERE id = 1", reads: []string{ofMoves, onShelf(2)}, drops: []string{onShelf(9)}},
				{name: "on its way", held: move, write: "UPDATE goods SET shelf = 7 WHERE id = 1", reads: []string{ofMoves, onShelf(2)}, drops: []string{onShelf(9), onShelf(7)}},
				{name: "another row of that key", held: []string{"UPDATE goods SET id = 100 WHERE id = 1", "INSERT INTO goods VALUES (1, 9, 'z', 5)"}, write: "UPDATE goods SET n = n + 1 WHERE id = 1", reads: []string{ofMoves, onShelf(2), onShelf(1)}, drops: []string{onShelf(9)}},
				{name: "matches no more", held: move, write: "UPDATE goods SET n = n + 1 WHERE id = 1 AND shelf = 1", reads: []string{ofMoves, onShelf(9), onShelf(1)}},
				{name: "gone", held: []string{"DELETE FROM goods WHERE id = 1"}, write: "UPDATE goods SET n = n + 1 WHERE id = 1", reads: []string{ofMoves, onShelf(1)}},
				{name: "locked", held: []string{"SELECT 1 FROM goods WHERE id = 1 FOR UPDATE"}, write: "UPDATE goods SET n = n + 1 WHERE id = 1", reads: []string{ofMoves, onShelf(2), onShelf(9)}, drops: []string{onShelf(1)}},
				{name: "delete", held: move, write: "DELETE FROM goods WHERE id = 1", reads: []string{ofMoves, onShelf(2), onShelf(1)}, drops: []string{onShelf(9)}},
				{name: "a row that comes to match", held: hold, during: []string{"UPDATE goods SET n = 12 WHERE id = 5"}, write: "UPDATE goods SET shelf = 7 WHERE n < 20", reads: []string{ofMoves}, drops: []string{onShelf(1), onShelf(4), onShelf(7)}},
				{name: "a row that matches no more", held: hold, during: []string{"UPDATE goods SET n = 100 WHERE id = 2"}, write: "UPDATE goods SET shelf = 7 WHERE n <= 20", reads: []string{ofMoves}, drops: []string{onShelf(1), onShelf(7)}},
				{name: "a new row", held: hold, during: []string{"INSERT INTO goods VALUES (6, 9, 'f', 15)"}, write: "UPDATE goods SET shelf = 7 WHERE n < 20", reads: []string{ofMoves}, drops: []string{onShelf(1), onShelf(9), onShelf(7)}},
				{name: "delete by a condition", held: move, write: "DELETE FROM goods WHERE shelf = 9 OR n = 30", reads: []string{ofMoves, onShelf(1), onShelf(3)}, drops: []string{onShelf(2), onShelf(9)}},
			} {
				t.Run(level+"/"+o.name, func(t *testing.T) { o.check(t, mode, opts) })
			}
		}
	})
}

// between runs something of the test's before a text is sent that holds the mark, once.
type between struct {
	net.Conn
	mark string
	then func()
}

// Write implements net.Conn.
func (g *between) Write(b []byte) (int, error) {
	if g.then != nil && bytes.Contains(b, []byte(g.mark)) && !bytes.Contains(b, []byte("SELECT")) {
		then := g.then
		g.then = nil
		then()
	}
	return g.Conn.Write(b)
}

// A row that comes to match after it was looked for is none of a statement's that is
// told by other things than a key: it is as if the statement had come before. Else it
// would be changed, and not be told. A row that is told by its key and was not found is
// any row of the table.
func TestImagesOfPhantoms(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		for _, tt := range []struct {
			name, appears, write string
			affected             int64
			drops, keeps         []string
		}{
			{"a new row", "INSERT INTO goods VALUES (6, 9, 'f', 15)", "UPDATE goods SET shelf = 7 WHERE n < 20", 1, []string{onShelf(1), onShelf(7)}, []string{onShelf(9), onShelf(4)}},
			{"a row that comes to match", "UPDATE goods SET n = 5 WHERE id = 5", "UPDATE goods SET shelf = 7 WHERE n < 20", 1, []string{onShelf(1), onShelf(7)}, []string{onShelf(9), onShelf(4)}},
			{"a row to delete", "UPDATE goods SET n = 5 WHERE id = 5", "DELETE FROM goods WHERE n < 20", 1, []string{onShelf(1)}, []string{onShelf(9), onShelf(4)}},
			{"none at first", "UPDATE goods SET n = 5 WHERE id = 5", "UPDATE goods SET shelf = 7 WHERE n < 6", 1, []string{onShelf(4), onShelf(7)}, nil},
			{"a new row by its key", "INSERT INTO goods VALUES (6, 9, 'f', 15)", "UPDATE goods SET shelf = 7 WHERE id = 6", 1, []string{onShelf(9), onShelf(7)}, nil},
			{"a row to delete by its key", "INSERT INTO goods VALUES (6, 9, 'f', 15)", "DELETE FROM goods WHERE code = 'f'", 1, []string{onShelf(9)}, nil},
			{"nothing after all", "UPDATE goods SET n = 5 WHERE id = 5", "UPDATE goods SET shelf = 7 WHERE id = 6", 0, nil, []string{onShelf(1), onShelf(4), onShelf(7)}},
		} {
			t.Run(tt.name, func(t *testing.T) {
				s := imageShop(t, mode)
				s.fill(t, slices.Concat(tt.drops, tt.keeps)...)
				came := false
				g := func(c net.Conn) net.Conn {
					return &between{Conn: c, mark: strings.Fields(tt.write)[0] + " ", then: func() {
						came = true
						exec(t, s.cached, tt.appears)
					}}
				}
				tx, err := s.through(t, g).BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelReadCommitted})
				if err != nil {
					t.Fatal(err)
				}
				res, err := tx.ExecContext(t.Context(), tt.write)
				if err != nil {
					t.Fatal(err)
				}
				if n, err := res.RowsAffected(); err != nil || n != tt.affected || !came {
					t.Fatalf("%d rows were affected, want %d; the other came: %v; error %v", n, tt.affected, came, err)
				}
				before := s.fill(t, slices.Concat(tt.drops, tt.keeps)...)
				if err := tx.Commit(); err != nil {
					t.Fatal(err)
				}
				before.check(t, s, tt.drops...)
			})
		}
	})
}

// pair runs the same work in two transactions at once, stopped before the second
// statement until both are there, and returns their errors. Arguments are those of the
// second statement, for each of them.
func pair(ctx context.Context, db *sql.DB, opts *sql.TxOptions, first, second string, args ...[]any) error {
	reached, goOn := make(chan struct{}, 2), make(chan struct{})
	one := func(args []any) error {
		told := false
		tell := func() {
			if !told {
				told = true
				reached <- struct{}{}
			}
		}
		defer tell()
		tx, err := db.BeginTx(ctx, opts)
		if err != nil {
			return err
		}
		if _, err = tx.ExecContext(ctx, first); err == nil {
			tell()
			<-goOn
			_, err = tx.ExecContext(ctx, second, args...)
		}
		if err != nil {
			return errors.Join(err, tx.Rollback())
		}
		return tx.Commit()
	}
	a, b := inBackground(func() error { return one(args[0]) }), inBackground(func() error { return one(args[1]) })
	<-reached
	<-reached
	close(goOn)
	return errors.Join(a(), b())
}

// Two sessions that write next to each other at once do not deadlock for our locks, as
// the bare program does not: no key is locked before it is there.
func TestImagesOfWritesAtOnce(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		for level, opts := range isolations {
			for name, tt := range map[string]struct {
				write string
				args  [2][]any
			}{
				"inserts":            {"INSERT INTO goods (id, shelf) VALUES (?, 9)", [2][]any{{7}, {8}}},
				"inserts of rows":    {"INSERT INTO goods (id, shelf) VALUES (?, 9), (?, 9)", [2][]any{{7, 9}, {8, 10}}},
				"upserts of new":     {"INSERT INTO goods (id, shelf) VALUES (?, 9) ON DUPLICATE KEY UPDATE shelf = 9", [2][]any{{7}, {8}}},
				"ignoring inserts":   {"INSERT IGNORE INTO goods (id, shelf) VALUES (?, 9)", [2][]any{{7}, {8}}},
				"replacing inserts":  {"REPLACE INTO goods (id, shelf) VALUES (?, 9)", [2][]any{{7}, {8}}},
				"updates by key":     {"UPDATE goods SET shelf = 9 WHERE id = ?", [2][]any{{1}, {2}}},
				"updates of one row": {"UPDATE goods SET shelf = shelf + ? WHERE id = 1", [2][]any{{4}, {4}}},
				"deletes by key":     {"DELETE FROM goods WHERE id = ?", [2][]any{{1}, {2}}},
			} {
				t.Run(level+"/"+name, func(t *testing.T) {
					s := imageShop(t, mode)
					reads := []string{onShelf(1), onShelf(2), onShelf(9)}
					for range 5 {
						s.refill(t, nil)
						if err := pair(t.Context(), s.bare, opts, "SELECT 1", tt.write, tt.args[0], tt.args[1]); err != nil {
							t.Fatalf("the bare program: %v", err)
						}
						s.refill(t, nil)
						before := s.fill(t, reads...)
						if err := pair(t.Context(), s.cached, opts, "SELECT 1", tt.write, tt.args[0], tt.args[1]); err != nil {
							t.Fatalf("DEADLOCK: %v", err)
						}
						for q := range before {
							want, _ := s.readWith(t.Context(), t, s.bare, q)
							if got, _ := s.read(t, q); got != want {
								t.Errorf("STALE: %s: %q, the database has %q", q, got, want)
							}
						}
					}
				})
			}
		}
	})
}

// What a write of ours locks does not keep others from what the bare program would let
// them do: the statement's own row, and nothing around it.
func TestImagesLockNoMore(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		for level, opts := range isolations {
			for _, tt := range []struct{ write, other string }{
				{"INSERT INTO goods (id, shelf) VALUES (7, 9)", "INSERT INTO goods (id, shelf) VALUES (6, 9), (8, 9)"},
				{"INSERT INTO goods (id, shelf) VALUES (7, 9), (9, 9)", "INSERT INTO goods (id, shelf) VALUES (6, 9), (8, 9), (10, 9)"},
				{"INSERT IGNORE INTO goods (id, shelf) VALUES (1, 9)", "INSERT INTO goods (id, shelf) VALUES (0, 9), (8, 9)"},
				{"UPDATE goods SET n = 1 WHERE id = 3", "INSERT INTO goods (id, shelf) VALUES (0, 9), (8, 9)"},
				{"UPDATE goods SET n = 1 WHERE id = 3", "UPDATE goods SET n = 2 WHERE id IN (2, 4)"},
				{"DELETE FROM goods WHERE id = 5", "UPDATE goods SET n = 2 WHERE id = 4"},
			} {
				t.Run(level+"/"+tt.write+"/"+tt.other, func(t *testing.T) {
					s := imageShop(t, mode)
					s.fill(t, onShelf(1), onShelf(9))
					tx := s.begin(t, opts)
					run(t, tx, tt.write)
					other := s.rival(t)
					other.exec("SET innodb_lock_wait_timeout = 1")
					if _, err := other.ExecContext(t.Context(), tt.other); err != nil {
						t.Errorf("LOCKED: %v", err)
					}
					if err := other.Rollback(); err != nil {
						t.Fatal(err)
					}
				})
			}
		}
	})
}
