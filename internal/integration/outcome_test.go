package integration

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
	"github.com/cacheops/cacheops/store/memory"
)

// A write of which nobody knows the outcome may take effect later than its
// error. What readers find meanwhile must not be served then: it is not stored
// before the fence ends.
func TestWriteTakesEffectAfterItsError(t *testing.T) {
	t.Parallel()
	const (
		update  = "UPDATE items SET name = 'new' WHERE id = 1"
		replace = "INSERT OR REPLACE INTO items VALUES (1, 1, 'new')" // commits by itself
	)
	alone := func(text string) func(context.Context, *cachedSQLite) error {
		return func(ctx context.Context, s *cachedSQLite) error {
			_, err := s.cached.ExecContext(ctx, text)
			return err
		}
	}
	inTx := func(ctx context.Context, s *cachedSQLite) error {
		tx, err := s.cached.BeginTx(ctx, nil)
		if err != nil {
			return nil //nolint:nilerr // the test sees that there was no error
		}
		if _, err := tx.Exec(update); err != nil {
			return nil //nolint:nilerr // as above
		}
		return tx.Commit()
	}
	byText := func(ctx context.Context, s *cachedSQLite) error {
		conn, err := s.cached.Conn(context.Background())
		if err != nil {
			return nil
		}
		defer conn.Close()
		for _, text := range []string{"BEGIN", update, "COMMIT"} {
			if _, err = conn.ExecContext(ctx, text); err != nil {
				break
			}
		}
		if err != nil { // as the program must, or the loss of a real connection does
			_, _ = conn.ExecContext(context.Background(), "ROLLBACK")
		}
		return err
	}
	writes := []struct {
		name, at string
		run      func(context.Context, *cachedSQLite) error
	}{
		{"a transaction of ours", "COMMIT", alone(update)},
		{"a transaction of the program", "COMMIT", inTx},
		{"a transaction by text", "COMMIT", byText},
		{"a write that commits by itself", replace, alone(replace)},
	}
	for _, w := range writes {
		for _, how := range []string{"the connection is lost", "the context ends", "the driver panics"} {
			if how != "the connection is lost" && w.name == "a transaction of the program" {
				continue // database/sql itself keeps the connection, with the transaction
			}
			t.Run(w.name+", "+how, func(t *testing.T) {
				t.Parallel()
				s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.FenceTTL = time.Hour })
				s.want(t, "one,two", false, namesOfKind, 1)
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				s.gate.set(func(_ context.Context, text string) error {
					switch {
					case text != w.at:
						return nil
					case how == "the connection is lost":
						return driver.ErrBadConn
					case how == "the context ends":
						cancel()
						return ctx.Err()
					default:
						panic(how)
					}
				}, nil)
				err := errors.New("a panic")
				func() {
					defer func() { _ = recover() }()
					err = w.run(ctx, s)
				}()
				s.gate.set(nil, nil)
				if err == nil {
					t.Fatal("there was no error, so nothing is tested")
				}
				s.read(t, namesOfKind, 1)
				if rows, hit := s.read(t, namesOfKind, 1); rows != "one,two" || hit {
					t.Errorf("while the outcome is unknown: %q, hit %v", rows, hit)
				}
				exec(t, s.bare, update) // the server got to it at last
				if rows, _ := s.read(t, namesOfKind, 1); rows != "new,two" {
					t.Errorf("STALE: %q", rows)
				}
			})
		}
	}
}

// fenceWatch is a store that counts fences, and may be slow to answer one.
type fenceWatch struct {
	*memory.Store
	mu     sync.Mutex // guards what follows
	fences int
	slow   func() // runs once, after the next fence
	always bool   // it runs after each
}

func (w *fenceWatch) Fence(ctx context.Context, c *store.Change) (store.Ack, error) {
	ack, err := w.Store.Fence(ctx, c)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fences++
	if w.slow != nil {
		w.slow()
		if !w.always {
			w.slow = nil
		}
	}
	return ack, err
}

// count returns the number of fences since the last call.
func (w *fenceWatch) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.fences
	w.fences = 0
	return n
}

func newFenceWatch(t *testing.T) *fenceWatch {
	t.Helper()
	inner := newStore(t, memory.Config{})
	return &fenceWatch{Store: inner}
}

// A store may take so long to set a fence that not enough of its life is left
// for the commit: it is set again.
func TestSlowFenceIsSetAgain(t *testing.T) {
	t.Parallel()
	const life = time.Second
	for name, write := range map[string]func(*cachedSQLite) error{
		"alone": func(s *cachedSQLite) error {
			_, err := s.cached.Exec("UPDATE items SET name = 'new' WHERE id = 1")
			return err
		},
		"that commits by itself": func(s *cachedSQLite) error {
			_, err := s.cached.Exec("INSERT OR REPLACE INTO items VALUES (1, 1, 'new')")
			return err
		},
		"in a transaction": func(s *cachedSQLite) error {
			tx, err := s.cached.Begin()
			if err != nil {
				return err
			}
			_, err = tx.Exec("UPDATE items SET name = 'new' WHERE id = 1")
			return errors.Join(err, tx.Commit())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newFenceWatch(t)
				s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.Store, c.FenceTTL = w, life })
				s.want(t, "one,two", false, namesOfKind, 1)
				w.count()
				w.mu.Lock()
				w.slow = func() { time.Sleep(life) } //nolint:forbidigo // the bubble's time
				w.mu.Unlock()
				if err := write(s); err != nil {
					t.Fatal(err)
				}
				if n := w.count(); n < 2 {
					t.Errorf("%d fences: the commit began under a fence that had run out", n)
				}
				s.want(t, "new,two", false, namesOfKind, 1)
			})
		})
	}
}

// A store that always takes so long is of no use for a write, which ends like one
// while the store is away. It does not try for ever, with the database's locks held.
func TestAlwaysSlowFence(t *testing.T) {
	t.Parallel()
	const life = time.Second
	for _, mode := range []cacheops.FailureMode{cacheops.FailWrites, cacheops.Degrade} {
		for _, text := range []string{renameOne, "INSERT OR REPLACE INTO items VALUES (1, 1, 'new')"} {
			t.Run(fmt.Sprint(mode, " ", text[:6]), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := newFenceWatch(t)
					s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.Store, c.FenceTTL, c.OnStoreFailure = w, life, mode })
					s.want(t, "one,two", false, namesOfKind, 1)
					w.mu.Lock()
					w.slow, w.always = func() { time.Sleep(life) }, true //nolint:forbidigo // the bubble's time
					w.mu.Unlock()
					ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
					defer cancel()
					_, err := s.cached.ExecContext(ctx, text)
					want := "new,two"
					if mode == cacheops.FailWrites {
						want = "one,two"
						if !errors.Is(err, store.ErrUnavailable) || !strings.Contains(err.Error(), "FenceTTL") {
							t.Errorf("the write: %v", err)
						}
					} else if err != nil {
						t.Errorf("the write: %v", err)
					}
					s.want(t, want, false, namesOfKind, 1)
				})
			})
		}
	}
}

// A script that writes may stream rows for longer than its fence lives, and
// commit at their end: the fence is renewed as they are read.
func TestFenceIsRenewedWhileRowsStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newFenceWatch(t)
		s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.Store, c.FenceTTL = w, time.Second })
		s.want(t, "one,two", false, namesOfKind, 1)
		w.count()
		rows, err := s.cached.Query("UPDATE items SET name = 'new' WHERE id = 1; SELECT name FROM items ORDER BY id")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		if n := w.count(); n == 0 {
			t.Error("the script was not fenced")
		}
		var got []string
		for {
			time.Sleep(time.Second) //nolint:forbidigo // the bubble's time
			if !rows.Next() {
				break
			}
			var name string
			if err := rows.Scan(&name); err != nil {
				t.Fatal(err)
			}
			got = append(got, name)
			if n := w.count(); n == 0 {
				t.Error("a fence that had run out was not set again before the next row")
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil || strings.Join(got, ",") != "new,two,three" {
			t.Errorf("%v, %v", got, err)
		}
		s.want(t, "new,two", false, namesOfKind, 1)
	})
}
