package postgres

import (
	"context"
	"database/sql"
	"errors"
	"testing"
)

// ofMoves reads no goods.
const ofMoves = "SELECT amount FROM moves WHERE good = 3 ORDER BY amount"

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
func (o *overlap) check(t *testing.T, driverName string) {
	t.Helper()
	s := imageShop(t, driverName)
	s.fill(t, append(o.reads, o.drops...)...)
	other := s.rival(t)
	other.exec(o.held...)
	tx, err := s.cached.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
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

// A row that comes to match between the query for images and the statement is
// changed by it, and is told all the same. The rival keeps a row locked, so that
// the query waits with a snapshot of before what the rival does.
func TestImagesOfPhantoms(t *testing.T) {
	t.Parallel()
	hold := []string{"UPDATE goods SET n = 11 WHERE id = 1"}
	appear := []string{"INSERT INTO goods VALUES (6, 9, 'f', 15)"}
	eachDriver(t, func(t *testing.T, driverName string) {
		for _, o := range []overlap{
			{name: "a new row", held: hold, during: appear, write: "UPDATE goods SET shelf = 7 WHERE n < 20", reads: []string{ofMoves}, drops: []string{onShelf(1), onShelf(9), onShelf(7)}},
			{name: "a new row, returned", held: hold, during: appear, write: "UPDATE goods SET shelf = 7 WHERE n < 20 RETURNING id", reads: []string{ofMoves}, drops: []string{onShelf(1), onShelf(9), onShelf(7)}},
			{name: "a row that comes to match", held: hold, during: []string{"UPDATE goods SET n = 12 WHERE id = 5"}, write: "UPDATE goods SET shelf = 7 WHERE n < 20", reads: []string{ofMoves}, drops: []string{onShelf(1), onShelf(4), onShelf(7)}},
			{name: "a row that matches no more", held: hold, during: []string{"UPDATE goods SET n = 100 WHERE id = 2"}, write: "UPDATE goods SET shelf = 7 WHERE n <= 20", reads: []string{ofMoves}, drops: []string{onShelf(1), onShelf(7)}},
			{name: "update from", held: hold, during: append(appear, "INSERT INTO moves VALUES (6, 0, 1)"), write: "UPDATE goods SET shelf = 7 FROM moves WHERE good = id AND amount = 1", reads: []string{ofMoves}, drops: []string{onShelf(1), onShelf(9), onShelf(7)}},
			{name: "upsert", held: hold, during: appear, write: "INSERT INTO goods (id, shelf) VALUES (1, 7), (6, 7) ON CONFLICT (id) DO UPDATE SET shelf = excluded.shelf", reads: []string{ofMoves}, drops: []string{onShelf(1), onShelf(9), onShelf(7)}},
			{name: "upsert of the key", held: hold, during: appear, write: "INSERT INTO goods (id, shelf) VALUES (1, 7), (6, 7) ON CONFLICT (id) DO UPDATE SET shelf = excluded.shelf, id = goods.id + 10", reads: []string{ofMoves}, drops: []string{onShelf(1), onShelf(9), onShelf(7)}},
			// The one that was found matches no more when it was waited for.
			{name: "no row at first", held: []string{"UPDATE goods SET n = 100 WHERE id = 1", "INSERT INTO goods VALUES (6, 9, 'f', 10)"}, write: "UPDATE goods SET shelf = 7 WHERE n <= 10", reads: []string{ofMoves}, drops: []string{onShelf(9), onShelf(7)}},
			// RETURNING shows what was there: nothing but its rows is dropped.
			{name: "delete", held: hold, during: appear, write: "DELETE FROM goods WHERE id < 2", reads: []string{ofMoves, onShelf(9), onShelf(2)}, drops: []string{onShelf(1)}},
		} {
			t.Run(o.name, func(t *testing.T) { o.check(t, driverName) })
		}
	})
}

// An UPDATE by key waits for a row that another session changes: what it then
// changes is not what the statement was joined to. The second time nobody comes
// between, and nothing but that row is dropped.
func TestImagesOvertaken(t *testing.T) {
	t.Parallel()
	move := []string{"UPDATE goods SET shelf = 9 WHERE id = 1"}
	eachDriver(t, func(t *testing.T, driverName string) {
		for _, o := range []overlap{
			{name: "another value", held: move, write: "UPDATE goods SET n = n + 1 WHERE id = 1", reads: []string{ofMoves, onShelf(2)}, drops: []string{onShelf(9)}},
			// Neither what was joined nor what it becomes is on the shelf in between.
			{name: "on its way", held: move, write: "UPDATE goods SET shelf = 7 WHERE id = 1", reads: []string{ofMoves, onShelf(2)}, drops: []string{onShelf(9), onShelf(7)}},
			{name: "another row of that key", held: []string{"UPDATE goods SET id = 100 WHERE id = 1", "INSERT INTO goods VALUES (1, 9, 'z', 5)"}, write: "UPDATE goods SET n = n + 1 WHERE id = 1", reads: []string{ofMoves, onShelf(2), onShelf(1)}, drops: []string{onShelf(9)}},
			{name: "another value, returned", held: move, write: "UPDATE goods SET n = n + 1 WHERE id = 1 RETURNING *", reads: []string{ofMoves}, drops: []string{onShelf(9)}},
			{name: "matches no more", held: move, write: "UPDATE goods SET n = n + 1 WHERE id = 1 AND shelf = 1", reads: []string{ofMoves, onShelf(9), onShelf(1)}},
			{name: "gone", held: []string{"DELETE FROM goods WHERE id = 1"}, write: "UPDATE goods SET n = n + 1 WHERE id = 1", reads: []string{ofMoves, onShelf(1)}},
			// The row was locked, and not changed.
			{name: "locked", held: []string{"SELECT 1 FROM goods WHERE id = 1 FOR UPDATE"}, write: "UPDATE goods SET n = n + 1 WHERE id = 1", reads: []string{ofMoves, onShelf(2), onShelf(9)}, drops: []string{onShelf(1)}},
			{name: "delete", held: move, write: "DELETE FROM goods WHERE id = 1", reads: []string{ofMoves, onShelf(2), onShelf(1)}, drops: []string{onShelf(9)}},
		} {
			t.Run(o.name, func(t *testing.T) { o.check(t, driverName) })
		}
	})
}

// Of a key that is checked at the end of the transaction there may be two rows for a
// while. The one that is waited for is changed as well.
func TestImagesOfDeferredKey(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		s := imageShop(t, driverName,
			"CREATE TABLE places (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, shelf int, n int)", "INSERT INTO places VALUES (1, 1, 0)")
		const one, two = "SELECT n FROM places WHERE shelf = 1", "SELECT n FROM places WHERE shelf = 2"
		before := s.fill(t, one, two)
		other := s.rival(t)
		other.exec("UPDATE places SET n = n + 1 WHERE id = 1")
		tx := s.begin(t, nil)
		run(t, tx, "INSERT INTO places VALUES (1, 2, 0)")
		wait := inBackground(func() error {
			res, err := tx.ExecContext(t.Context(), "UPDATE places SET n = n + 10 WHERE id = 1")
			if err == nil {
				if n, err := res.RowsAffected(); err != nil || n != 2 {
					t.Errorf("LOST: %d rows were changed instead of 2 (%v)", n, err)
				}
			}
			return err
		})
		s.awaitLocks(t, 1)
		other.commit()
		if err := wait(); err != nil {
			t.Fatal(err)
		}
		run(t, tx, "UPDATE places SET id = 2 WHERE shelf = 2")
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		before.check(t, s, one, two)
		s.want(t, "11", true, one)
	})
}

// pair runs the same work in two transactions at once, stopped before the second
// statement until both are there, and returns their errors.
func pair(ctx context.Context, db *sql.DB, first, second string) error {
	reached, goOn := make(chan struct{}, 2), make(chan struct{})
	one := func() error {
		told := false
		tell := func() {
			if !told {
				told = true
				reached <- struct{}{}
			}
		}
		defer tell()
		return inImageTx(ctx, db, func(tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, first); err != nil {
				return err
			}
			tell()
			<-goOn
			_, err := tx.ExecContext(ctx, second)
			return err
		})
	}
	a, b := inBackground(one), inBackground(one)
	<-reached
	<-reached
	close(goOn)
	return errors.Join(a(), b())
}

// Two sessions that each insert a child and then change its parent do not deadlock
// for our locks, as the bare program does not.
func TestImagesOfPairs(t *testing.T) {
	t.Parallel()
	schema := []string{
		"CREATE TABLE parents (id int PRIMARY KEY, name text UNIQUE, children int DEFAULT 0, kind int)",
		"CREATE TABLE children (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, parent int REFERENCES parents (id) ON DELETE CASCADE)",
		"INSERT INTO parents VALUES (1, 'a', 0, 1), (2, 'b', 0, 2)",
	}
	for name, second := range map[string]string{
		"by key":                           "UPDATE parents SET children = children + 1 WHERE id = 1",
		"by a condition":                   "UPDATE parents SET children = children + 1 WHERE kind = 1",
		"of all columns, as GORM saves it": "UPDATE parents SET name = 'a', children = children + 1, kind = 1 WHERE id = 1",
		// The same value is assigned to a unique column.
		"of all columns by a condition": "UPDATE parents SET name = 'a', children = children + 1 WHERE kind = 1",
		"of all columns by a list":      "UPDATE parents SET name = v.name, children = children + 1 FROM (VALUES (1, 'a')) AS v (id, name) WHERE parents.id = v.id",
		"by a query":                    "UPDATE parents SET children = (SELECT count(*) FROM children WHERE parent = parents.id) WHERE id IN (SELECT parent FROM children)",
		"an upsert":                     "INSERT INTO parents VALUES (1, 'a', 1, 1) ON CONFLICT (id) DO UPDATE SET children = parents.children + 1",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDriver(t, func(t *testing.T, driverName string) {
				s := newCachedPostgres(t, driverName, nil)
				exec(t, s.bare, schema...)
				before := s.fill(t, "SELECT children FROM parents WHERE kind = 1", "SELECT id FROM children WHERE parent = 1", "SELECT id FROM children WHERE parent = 2")
				const first = "INSERT INTO children (parent) VALUES (1)"
				if err := pair(t.Context(), s.bare, first, second); err != nil {
					t.Fatalf("the bare program: %v", err)
				}
				if err := pair(t.Context(), s.cached, first, second); err != nil {
					t.Errorf("DEADLOCK: %v", err)
				}
				before.check(t, s, "SELECT children FROM parents WHERE kind = 1", "SELECT id FROM children WHERE parent = 1")
			})
		})
	}
}

// Two upserts of the same rows at once pass one after the other.
func TestImagesOfUpsertsAtOnce(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		s := imageShop(t, driverName)
		before := s.fill(t, onShelf(1), onShelf(2), onShelf(3), onShelf(9))
		const upsert = "INSERT INTO goods (id, shelf, n) VALUES (1, 9, 1), (6, 9, 1), (3, 9, 1) ON CONFLICT (id) DO UPDATE SET shelf = excluded.shelf, n = goods.n + 1"
		if err := pair(t.Context(), s.cached, "SELECT 1", upsert); err != nil {
			t.Fatal(err)
		}
		if got, _ := s.readWith(t.Context(), t, s.bare, onShelf(9)); got != "1012,3032,6002" {
			t.Errorf("the upserts left %q", got)
		}
		for q := range before {
			want, _ := s.readWith(t.Context(), t, s.bare, q)
			if got, _ := s.read(t, q); got != want {
				t.Errorf("STALE: %s: %q, the database has %q", q, got, want)
			}
		}
	})
}
