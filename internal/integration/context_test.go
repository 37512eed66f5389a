package integration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// Whatever step of a write its context ends at, the database is written by
// others afterwards, by this handle too, and nothing is stale.
func TestContextEndsAtEachStep(t *testing.T) {
	t.Parallel()
	background := context.Background()
	const write = "UPDATE items SET name = 'x' WHERE id = 1"
	for _, after := range []bool{false, true} {
		for step := range 10 {
			for _, inTx := range []bool{false, true} {
				t.Run(fmt.Sprintf("step %d, after %v, in a transaction %v", step, after, inTx), func(t *testing.T) {
					t.Parallel()
					s := newItems(t, func(_ *cacheops.Config, c *sqlcache.Config) { c.MaxOpenConns = 2 })
					s.want(t, "one,two", false, namesOfKind, 1)
					exec(t, s.cached, "UPDATE items SET kind = 5 WHERE id = 3") // all is prepared
					ctx, cancel := context.WithCancel(background)
					defer cancel()
					n := 0
					stop := func(_ context.Context, text string) error {
						if n++; n == step+1 {
							cancel()
							return ctx.Err()
						}
						return nil
					}
					do := func(q interface {
						ExecContext(context.Context, string, ...any) (sql.Result, error)
					}) error {
						if after {
							s.gate.set(nil, stop)
						} else {
							s.gate.set(stop, nil)
						}
						_, err := q.ExecContext(ctx, write)
						s.gate.set(nil, nil)
						return err
					}
					if inTx {
						tx, err := s.cached.Begin()
						if err != nil {
							t.Fatal(err)
						}
						if err := do(tx); err != nil && !errors.Is(err, context.Canceled) {
							t.Errorf("TRANSPARENCY: %v", err)
						}
						_ = tx.Commit()
					} else if err := do(s.cached); err != nil && !errors.Is(err, context.Canceled) {
						t.Errorf("TRANSPARENCY: %v", err)
					}
					check := func(what string) {
						t.Helper()
						want, _ := readWith(background, t, s, s.bare, namesOfKind, 1)
						if rows, _ := s.read(t, namesOfKind, 1); rows != want {
							t.Errorf("STALE %s: %q, the database has %q", what, rows, want)
						}
					}
					check("after the context's end")
					short, end := context.WithTimeout(background, 10*time.Second)
					defer end()
					if _, err := s.bare.ExecContext(short, "UPDATE items SET kind = 6 WHERE id = 3"); err != nil {
						t.Errorf("LEAK: another program cannot write: %v", err)
					}
					for i := range 3 {
						if _, err := s.cached.ExecContext(short, "UPDATE items SET name = ? WHERE id = 2", fmt.Sprint(i)); err != nil {
							t.Errorf("LEAK: the next write fails: %v", err)
						}
						check("after the next write")
					}
				})
			}
		}
	}
}

// A context may end when a statement in a transaction has taken effect. The
// driver reports the context's error then, and the program, whose transaction
// has a context of its own, may go on and commit.
func TestStatementThatTookEffectInSpiteOfItsContext(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, write, at string }{
		{"insert", "INSERT INTO items VALUES (9, 1, 'nine')", "RETURNING"},
		{"update", "UPDATE items SET kind = 1 WHERE id = 3", "RETURNING"},
		{"no images", "INSERT INTO items SELECT 9, 1, 'nine'", "INSERT INTO items"},
		{"before the result", "INSERT INTO items VALUES (9, 1, 'nine')", "changes()"},
		{"before the result of an update", "UPDATE items SET kind = 1 WHERE id = 3", "changes()"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newItems(t, nil)
			s.want(t, "one,two", false, namesOfKind, 1)
			tx, err := s.cached.Begin()
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			stop := func(_ context.Context, text string) error {
				if !strings.Contains(text, tt.at) {
					return nil
				}
				cancel()
				return ctx.Err()
			}
			if tt.at == "changes()" {
				s.gate.set(stop, nil)
			} else {
				s.gate.set(nil, stop)
			}
			_, err = tx.ExecContext(ctx, tt.write)
			s.gate.set(nil, nil)
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v, the test proves nothing", err)
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			want, _ := readWith(context.Background(), t, s, s.bare, namesOfKind, 1)
			if rows, _ := s.read(t, namesOfKind, 1); rows != want {
				t.Errorf("STALE: %q, the database has %q", rows, want)
			}
		})
	}
}

// A context that ends with the BEGIN of a write's own transaction must not
// leave that transaction open on a connection of the pool.
func TestContextEndsInOwnBegin(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	s.want(t, "one,two", false, namesOfKind, 1)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.gate.set(nil, func(_ context.Context, text string) error {
		if text == "BEGIN IMMEDIATE" {
			cancel()
			return ctx.Err()
		}
		return nil
	})
	_, err := s.cached.ExecContext(ctx, "UPDATE items SET name = 'x' WHERE id = 1")
	s.gate.set(nil, nil)
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	short, stop := context.WithTimeout(context.Background(), 10*time.Second)
	defer stop()
	if _, err := s.bare.ExecContext(short, "UPDATE items SET name = 'y' WHERE id = 2"); err != nil {
		t.Errorf("LEAK: another program cannot write: %v", err)
	}
	if _, err := s.cached.Exec("UPDATE items SET name = 'z' WHERE id = 1"); err != nil {
		t.Errorf("LEAK: the next write fails: %v", err)
	}
}

// A BEGIN as text that took effect although its context ended is a transaction
// like any other.
func TestContextEndsInBeginText(t *testing.T) {
	t.Parallel()
	background := context.Background()
	for _, begin := range []string{"BEGIN", "SAVEPOINT a"} {
		t.Run(begin, func(t *testing.T) {
			t.Parallel()
			s := newItems(t, nil)
			s.want(t, "one,two", false, namesOfKind, 1)
			conn, err := s.cached.Conn(background)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			ctx, cancel := context.WithCancel(background)
			defer cancel()
			s.gate.set(nil, func(_ context.Context, text string) error {
				if text == begin {
					cancel()
					return ctx.Err()
				}
				return nil
			})
			_, err = conn.ExecContext(ctx, begin)
			s.gate.set(nil, nil)
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v", err)
			}
			if _, err := conn.ExecContext(background, "INSERT OR FAIL INTO items VALUES (9, 1, 'nine')"); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.ExecContext(background, "UPDATE items SET name = 'x' WHERE id = 1"); err != nil {
				t.Errorf("TRANSPARENCY: %v", err)
			}
			s.read(t, namesOfKind, 1)
			if _, err := conn.ExecContext(background, "COMMIT"); err != nil {
				t.Fatal(err)
			}
			want, _ := readWith(background, t, s, s.bare, namesOfKind, 1)
			if rows, _ := s.read(t, namesOfKind, 1); rows != want {
				t.Errorf("STALE: %q, the database has %q", rows, want)
			}
		})
	}
}

// A savepoint that was made although its context ended counts: a rollback to
// its name goes no further back than SQLite does.
func TestContextEndsInSavepoint(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	s.want(t, "one,two", false, namesOfKind, 1)
	tx, err := s.cached.Begin()
	if err != nil {
		t.Fatal(err)
	}
	do := func(text string) {
		t.Helper()
		if _, err := tx.Exec(text); err != nil {
			t.Fatal(err)
		}
	}
	do("SAVEPOINT a")
	do("UPDATE items SET name = 'x' WHERE id = 1")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.gate.set(nil, func(_ context.Context, text string) error {
		if text == "SAVEPOINT a" {
			cancel()
			return ctx.Err()
		}
		return nil
	})
	if _, err := tx.ExecContext(ctx, "SAVEPOINT a"); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	s.gate.set(nil, nil)
	do("UPDATE items SET name = 'y' WHERE id = 2")
	do("ROLLBACK TO a")
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	want, _ := readWith(context.Background(), t, s, s.bare, namesOfKind, 1)
	if rows, _ := s.read(t, namesOfKind, 1); rows != want {
		t.Errorf("STALE: %q, the database has %q", rows, want)
	}
}

// A setting that was made although its context ended is one: what the
// connection reads under it is not stored for others.
func TestContextEndsInSetting(t *testing.T) {
	t.Parallel()
	background := context.Background()
	const query = "SELECT name FROM items WHERE name LIKE 'ONE'"
	for _, setting := range []string{"PRAGMA case_sensitive_like = ON", "CREATE TEMP TABLE items (name TEXT)"} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			s := newItems(t, nil)
			conn, err := s.cached.Conn(background)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			ctx, cancel := context.WithCancel(background)
			defer cancel()
			s.gate.set(nil, func(_ context.Context, text string) error {
				if text == setting {
					cancel()
					return ctx.Err()
				}
				return nil
			})
			if _, err := conn.ExecContext(ctx, setting); !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v, the test proves nothing", err)
			}
			s.gate.set(nil, nil)
			for range 2 {
				if rows, hit := readWith(background, t, s, conn, query); rows != "" || hit {
					t.Errorf("the connection itself reads %q, hit %v", rows, hit)
				}
			}
			if rows, _ := s.read(t, query); rows != "one" {
				t.Errorf("STALE: another connection reads %q", rows)
			}
		})
	}
}
