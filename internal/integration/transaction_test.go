package integration

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// Transactions that begin and end as text, on a connection of their own.
func TestTextTransactions(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	tests := []struct {
		name       string
		statements []string
		want       string // the names of kind 1 afterwards
		hit        bool
	}{
		{"commit", []string{"BEGIN", "UPDATE items SET name = 'x' WHERE id = 1", "COMMIT"}, "x,two", false},
		{"end", []string{"begin immediate transaction", "UPDATE items SET name = 'x' WHERE id = 1", "end;"}, "x,two", false},
		{"rollback", []string{"BEGIN", "UPDATE items SET name = 'x' WHERE id = 1", "ROLLBACK"}, "one,two", true},
		{"other rows", []string{"BEGIN", "UPDATE items SET name = 'x' WHERE id = 3", "COMMIT"}, "one,two", true},
		{"savepoint begins and release commits", []string{"SAVEPOINT a", "UPDATE items SET name = 'x' WHERE id = 1", "RELEASE a"}, "x,two", false},
		{"inner release keeps it open", []string{"SAVEPOINT a", "SAVEPOINT b", "UPDATE items SET name = 'x' WHERE id = 1", "RELEASE b", "ROLLBACK"}, "one,two", true},
		{"rolled back savepoint", []string{"BEGIN", "SAVEPOINT a", "UPDATE items SET name = 'x' WHERE id = 1", "ROLLBACK TO a", "COMMIT"}, "one,two", true},
		{"savepoint names have no case", []string{"BEGIN", "SAVEPOINT Aa", "UPDATE items SET name = 'x' WHERE id = 1", `ROLLBACK TO SAVEPOINT "aA"`, "COMMIT"}, "one,two", true},
		{"the newest savepoint of a name counts", []string{
			"BEGIN", "SAVEPOINT a", "UPDATE items SET name = 'x' WHERE id = 1", "SAVEPOINT a",
			"UPDATE items SET name = 'y' WHERE id = 3", "ROLLBACK TO a", "COMMIT",
		}, "x,two", false},
		{"after rolling back, again", []string{
			"BEGIN", "SAVEPOINT a", "UPDATE items SET name = 'x' WHERE id = 3", "ROLLBACK TO a",
			"UPDATE items SET name = 'y' WHERE id = 2", "COMMIT",
		}, "one,y", false},
		{"script", []string{"BEGIN; UPDATE items SET name = 'x' WHERE id = 1; COMMIT"}, "x,two", false},
		{"script left open", []string{"BEGIN; UPDATE items SET name = 'x' WHERE id = 1", "COMMIT"}, "x,two", false},
		{"script without control", []string{"UPDATE items SET name = 'x' WHERE id = 1; UPDATE items SET name = 'y' WHERE id = 2"}, "x,y", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newItems(t, nil)
			s.want(t, "one,two", false, namesOfKind, 1)
			conn, err := s.cached.Conn(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, st := range tt.statements {
				if _, err := conn.ExecContext(ctx, st); err != nil {
					t.Fatalf("%s: %v", st, err)
				}
			}
			if err := conn.Close(); err != nil {
				t.Fatal(err)
			}
			s.want(t, tt.want, tt.hit, namesOfKind, 1)
			s.want(t, tt.want, true, namesOfKind, 1)
		})
	}
}

// Inside a transaction reads see its own writes, and others see nothing of them
// before the commit.
func TestTransactionIsolation(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newItems(t, nil)
	s.want(t, "one,two", false, namesOfKind, 1)
	tx, err := s.cached.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec("UPDATE items SET name = 'mine' WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	if rows, hit := readWith(ctx, t, s, tx, namesOfKind, 1); rows != "mine,two" || hit {
		t.Errorf("inside: %q, hit %v", rows, hit)
	}
	s.want(t, "one,two", true, namesOfKind, 1)
	if rows, hit := readWith(ctx, t, s, tx, namesOfKind, 2); rows != "three" || hit {
		t.Errorf("inside: %q, hit %v", rows, hit)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	s.want(t, "mine,two", false, namesOfKind, 1)
}

// SQLite may roll back a whole transaction at an error and tell nobody; what
// the program does next commits by itself.
func TestTransactionEndsBehindOurBack(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	s.want(t, "one,two", false, namesOfKind, 1)
	tx, err := s.cached.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("UPDATE items SET name = 'lost' WHERE id = 2"); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("INSERT OR ROLLBACK INTO items VALUES (1, 1, 'twice')"); err == nil {
		t.Fatal("the conflict was not noticed")
	}
	// In autocommit now, whatever database/sql thinks.
	if _, err := tx.Exec("UPDATE items SET name = 'kept' WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	s.want(t, "kept,two", false, namesOfKind, 1)
	if err := tx.Rollback(); err == nil {
		t.Error("the rollback of no transaction succeeded, the test proves nothing")
	}
	s.want(t, "kept,two", true, namesOfKind, 1)
	exec(t, s.cached, "UPDATE items SET name = 'again' WHERE id = 1")
	s.want(t, "again,two", false, namesOfKind, 1)
}

// A statement that fails drops nothing, in a transaction and outside.
func TestFailedWriteDropsNothing(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	s.want(t, "one,two", false, namesOfKind, 1)
	for _, st := range []string{
		"INSERT INTO items VALUES (1, 1, 'twice')",
		"INSERT INTO items VALUES (9, 1, 'ok'), (1, 1, 'twice')",
		"INSERT INTO items (id, kind) VALUES (7, 1)",
		"UPDATE items SET id = 2 WHERE id = 1",
		"UPDATE items SET name = NULL WHERE kind = 1",
		"UPDATE items SET name = 'x' WHERE id = ?",
		"INSERT INTO nowhere VALUES (1)",
		"DELETE FROM items WHERE nothing = 1",
		"DELETE FORM items",
		"CREATE TABLE items (x)",
	} {
		_, err := s.cached.Exec(st)
		if err == nil {
			t.Fatalf("%s was accepted", st)
		}
		if _, bareErr := s.bare.Exec(st); bareErr == nil || bareErr.Error() != err.Error() {
			t.Errorf("%s: %q, the bare driver says %q", st, err, bareErr)
		}
		if rows, hit := s.read(t, namesOfKind, 1); rows != "one,two" || !hit {
			t.Errorf("after %s: %q, hit %v", st, rows, hit)
		}
	}
}

// A deferred constraint fails at the commit, whoever commits.
func TestDeferredConstraint(t *testing.T) {
	t.Parallel()
	s := newCachedSQLite(t, nil)
	exec(t, s.cached, "CREATE TABLE parents (id INTEGER PRIMARY KEY)",
		"CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents(id) DEFERRABLE INITIALLY DEFERRED)")
	const query = "SELECT id FROM children WHERE parent = 7"
	s.want(t, "", false, query)
	_, err := s.cached.Exec("INSERT INTO children VALUES (1, 7)")
	_, bareErr := s.bare.Exec("INSERT INTO children VALUES (1, 7)")
	if err == nil || bareErr == nil || err.Error() != bareErr.Error() {
		t.Fatalf("%v, the bare driver says %v", err, bareErr)
	}
	s.want(t, "", false, query) // a commit that fails may drop
	tx, err := s.cached.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("INSERT INTO children VALUES (1, 7)"); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err == nil {
		t.Fatal("the constraint did not hold")
	}
	s.want(t, "", false, query)
	exec(t, s.cached, "INSERT INTO parents VALUES (7)", "INSERT INTO children VALUES (1, 7)")
	s.want(t, "1", false, query)
}

// An UPDATE by key on a cached table costs at most four statements beside BEGIN
// and COMMIT.
func TestStatementsOfAnUpdate(t *testing.T) {
	t.Parallel()
	s := newItems(t, func(_ *cacheops.Config, c *sqlcache.Config) { c.MaxOpenConns = 1 })
	s.want(t, "one,two", false, namesOfKind, 1)
	s.gate.record()
	exec(t, s.cached, "UPDATE items SET name = 'x' WHERE id = 1")
	var sent []string
	for _, text := range s.gate.record() {
		if !strings.HasPrefix(text, "BEGIN") && text != "COMMIT" {
			sent = append(sent, text)
		}
	}
	if len(sent) > 4 {
		t.Errorf("%d statements: %q", len(sent), sent)
	}
}

// A commit that fails leaves the transaction to the program, and what it
// collected to the next attempt.
func TestCommitThatFails(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newItems(t, nil)
	s.want(t, "one,two", false, namesOfKind, 1)
	boom := errors.New("disk full")
	conn, err := s.cached.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, st := range []string{"BEGIN", "UPDATE items SET name = 'x' WHERE id = 1"} {
		if _, err := conn.ExecContext(ctx, st); err != nil {
			t.Fatal(err)
		}
	}
	s.gate.set(func(_ context.Context, text string) error {
		if text == "COMMIT" {
			return boom
		}
		return nil
	}, nil)
	if _, err := conn.ExecContext(ctx, "COMMIT"); !errors.Is(err, boom) {
		t.Fatalf("got %v", err)
	}
	s.gate.set(nil, nil)
	s.want(t, "one,two", false, namesOfKind, 1)
	s.want(t, "one,two", true, namesOfKind, 1)
	if _, err := conn.ExecContext(ctx, "COMMIT"); err != nil {
		t.Fatal(err)
	}
	s.want(t, "x,two", false, namesOfKind, 1)
}
