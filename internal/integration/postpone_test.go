package integration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
	"github.com/cacheops/cacheops/store/memory"
)

// countingStore counts the steps of writers.
type countingStore struct {
	*memory.Store
	fences, bumps atomic.Int64
	failing       atomic.Bool
}

func (s *countingStore) Fence(ctx context.Context, c *store.Change) (store.Ack, error) {
	s.fences.Add(1)
	return s.Store.Fence(ctx, c)
}

func (s *countingStore) Bump(ctx context.Context, c *store.Change, keep store.Keep) (store.Ack, error) {
	s.bumps.Add(1)
	if s.failing.Load() {
		return store.Ack{}, store.ErrUnavailable
	}
	return s.Store.Bump(ctx, c, keep)
}

// batches is a database of posts that tells what its writers do.
type batches struct {
	*cachedSQLite
	store  *countingStore
	mu     sync.Mutex // guards events
	events []cacheops.InvalidateEvent
}

func newBatches(t testing.TB, change func(*cacheops.Config)) *batches {
	t.Helper()
	b := &batches{store: &countingStore{Store: newStore(t, memory.Config{})}}
	b.cachedSQLite = newPosts(t, func(c *cacheops.Config, _ *sqlcache.Config) {
		c.Store = b.store
		c.Hooks.OnInvalidate = func(_ context.Context, e cacheops.InvalidateEvent) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.events = append(b.events, e)
		}
		if change != nil {
			change(c)
		}
	})
	b.reset()
	return b
}

// reset forgets what was counted, and returns the events.
func (b *batches) reset() []cacheops.InvalidateEvent {
	b.store.fences.Store(0)
	b.store.bumps.Store(0)
	b.mu.Lock()
	defer b.mu.Unlock()
	events := b.events
	b.events = nil
	return events
}

// counted compares the steps since the last reset, and returns the events.
func (b *batches) counted(t testing.TB, fences, bumps int64) []cacheops.InvalidateEvent {
	t.Helper()
	if f, n := b.store.fences.Load(), b.store.bumps.Load(); f != fences || n != bumps {
		t.Errorf("%d fences and %d bumps, want %d and %d", f, n, fences, bumps)
	}
	events := b.reset()
	if int64(len(events)) != bumps {
		t.Errorf("%d events of %d bumps", len(events), bumps)
	}
	return events
}

func execWith(ctx context.Context, t testing.TB, on cacheops.Execer, text string, args ...any) {
	t.Helper()
	if _, err := on.ExecContext(ctx, text, args...); err != nil {
		t.Errorf("%s: %v", text, err)
	}
}

func (b *batches) want(t testing.TB, dropped string) {
	t.Helper()
	if got := b.dropped(t); got != dropped {
		t.Errorf("dropped %q, want %q", got, dropped)
	}
}

// A batch of a thousand saves makes one invalidation, of just what they changed.
func TestPostponeGroups(t *testing.T) {
	t.Parallel()
	b := newBatches(t, nil)
	exec(t, b.cached, "UPDATE posts SET title = 'x' WHERE id = 34")
	b.counted(t, 1, 1)
	b.dropped(t)
	err := cacheops.Postpone(t.Context(), func(ctx context.Context) error {
		for i := range 1000 {
			execWith(ctx, t, b.cached, "INSERT INTO posts (id, category_id, status, active) VALUES (?, 2, 'draft', 0)", 1000+i)
			if i == 500 {
				b.want(t, "") // until the end others read what was there before
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	events := b.counted(t, 0, 1)
	b.want(t, "cat2 draft inactive heavy count")
	if len(events) != 1 {
		t.FailNow()
	}
	e := events[0]
	if e.Cause != cacheops.CausePostponed || e.Statements != 1000 || !strings.HasPrefix(e.Query, "INSERT") || len(e.Tables) != 1 ||
		e.Tables[0].Table != "posts" || len(e.Tables[0].After) != 1000 || e.Tables[0].Epoch {
		t.Errorf("%v of %d statements, tables %d", e.Cause, e.Statements, len(e.Tables))
	}
	want, _ := readWith(t.Context(), t, b.cachedSQLite, b.bare, "SELECT count(*) FROM posts")
	b.cachedSQLite.want(t, want, true, "SELECT count(*) FROM posts")
}

// What is collected is bounded; beyond, it is the table.
func TestPostponeIsBounded(t *testing.T) {
	t.Parallel()
	b := newBatches(t, func(c *cacheops.Config) { c.MaxImages = 20 })
	err := cacheops.Postpone(t.Context(), func(ctx context.Context) error {
		execWith(ctx, t, b.cached, "UPDATE others SET name = 'y'")
		for i := range 30 {
			execWith(ctx, t, b.cached, "INSERT INTO posts (id, category_id, status, active) VALUES (?, 2, 'draft', 0)", 1000+i)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	events := b.counted(t, 0, 1)
	if len(events) != 1 || events[0].Statements != 31 || !strings.HasPrefix(events[0].Query, "INSERT") {
		t.Errorf("%+v", events)
	} else if tables := events[0].Tables; len(tables) != 2 || tables[0].Epoch || !tables[1].Epoch || len(tables[1].After) != 0 {
		t.Errorf("%+v", tables)
	}
	b.want(t, allOfPosts+" other")
}

// However f ends, what was committed is invalidated.
func TestPostponeEnds(t *testing.T) {
	t.Parallel()
	b := newBatches(t, nil)
	mine := errors.New("mine")
	write := func(ctx context.Context) { execWith(ctx, t, b.cached, "UPDATE others SET name = name || '!'") }
	if err := cacheops.Postpone(t.Context(), func(ctx context.Context) error { write(ctx); return mine }); err != mine { //nolint:errorlint // as it is
		t.Errorf("got %v", err)
	}
	b.want(t, "other")

	func() {
		defer func() {
			if r := recover(); r != "mine" {
				t.Errorf("recovered %v", r)
			}
		}()
		_ = cacheops.Postpone(t.Context(), func(ctx context.Context) error { write(ctx); panic("mine") })
	}()
	b.want(t, "other")

	canceled, cancel := context.WithCancel(t.Context())
	if err := cacheops.Postpone(canceled, func(ctx context.Context) error { write(ctx); cancel(); return ctx.Err() }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	b.want(t, "other")

	b.reset()
	if err := cacheops.Postpone(t.Context(), func(context.Context) error { return nil }); err != nil {
		t.Error(err)
	}
	b.counted(t, 0, 0)

	b.store.failing.Store(true)
	err := cacheops.Postpone(t.Context(), func(ctx context.Context) error { write(ctx); return mine })
	if !errors.Is(err, mine) || !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("an invalidation that fails: %v", err)
	}
}

// A call inside of another is part of it.
func TestPostponeNests(t *testing.T) {
	t.Parallel()
	b := newBatches(t, nil)
	var ended context.Context
	write := func(ctx context.Context) error {
		execWith(ctx, t, b.cached, "UPDATE others SET name = name || '!'")
		return nil
	}
	err := cacheops.Postpone(t.Context(), func(ctx context.Context) error {
		ended = ctx //nolint:fatcontext // it is used after its end, on purpose
		if err := cacheops.Postpone(ctx, write); err != nil {
			return err
		}
		b.counted(t, 0, 0)
		b.want(t, "")
		return cacheops.Postpone(ctx, write)
	})
	if err != nil {
		t.Fatal(err)
	}
	if events := b.counted(t, 0, 1); len(events) == 1 && events[0].Statements != 2 {
		t.Errorf("%d statements", events[0].Statements)
	}
	b.want(t, "other")

	// Under the context of one that has ended there is nothing to join.
	if err := cacheops.Postpone(ended, func(ctx context.Context) error {
		_ = write(ctx)
		b.counted(t, 0, 0)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	b.counted(t, 0, 1)
	b.want(t, "other")
}

// In transactions the one that began it says whether it is postponed; what is
// rolled back is not collected.
func TestPostponeTransactions(t *testing.T) {
	t.Parallel()
	b := newBatches(t, nil)
	err := cacheops.Postpone(t.Context(), func(ctx context.Context) error {
		tx, err := b.cached.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		execWith(ctx, t, tx, "UPDATE posts SET title = 'x' WHERE id = 34")
		execWith(ctx, t, tx, "SAVEPOINT s")
		execWith(ctx, t, tx, "UPDATE others SET name = 'y'")
		execWith(ctx, t, tx, "ROLLBACK TO s")
		if err := tx.Commit(); err != nil {
			return err
		}
		if tx, err = b.cached.BeginTx(ctx, nil); err != nil {
			return err
		}
		execWith(ctx, t, tx, "UPDATE posts SET title = 'x' WHERE id = 35")
		if err := tx.Rollback(); err != nil {
			return err
		}
		b.counted(t, 0, 0)

		// One that was begun outside is not postponed.
		if tx, err = b.cached.BeginTx(t.Context(), nil); err != nil {
			return err
		}
		execWith(ctx, t, tx, "UPDATE others SET name = 'z'")
		if err := tx.Commit(); err != nil {
			return err
		}
		b.counted(t, 1, 1)
		b.want(t, "other")

		// By text it is the context of COMMIT.
		conn, err := b.cached.Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		execWith(ctx, t, conn, "BEGIN")
		execWith(ctx, t, conn, "DELETE FROM posts WHERE id = 36")
		execWith(ctx, t, conn, "COMMIT")
		b.counted(t, 0, 0)
		b.want(t, "")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b.counted(t, 0, 1)
	b.want(t, "id34 cat1 catnull cat1live live active heavy count")
}

// DDL and what the program asks for itself are not postponed, alone or in a
// transaction with writes that are.
func TestPostponeLeavesOut(t *testing.T) {
	t.Parallel()
	b := newBatches(t, nil)
	db := b.cache.Database("main")
	err := cacheops.Postpone(t.Context(), func(ctx context.Context) error {
		if err := db.Invalidate(ctx, cacheops.Table("others")); err != nil {
			return err
		}
		b.want(t, "other")
		tx, err := b.cached.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		execWith(ctx, t, tx, "UPDATE posts SET title = 'x' WHERE id = 35")
		if err := db.InvalidateTx(ctx, tx, cacheops.Table("others")); err != nil {
			return err
		}
		if err := tx.Commit(); err != nil {
			return err
		}
		b.want(t, "other")
		execWith(ctx, t, b.cached, "CREATE TABLE made (id INTEGER)")
		b.want(t, allOfPosts+" other")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b.want(t, "id35 cat2 draft inactive heavy count")
}

// Goroutines collect into one invalidation, and two databases have one each.
func TestPostponeTogether(t *testing.T) {
	t.Parallel()
	b := newBatches(t, nil)
	second, err := sqlcache.Open(b.cache, "sqlite", "file:"+t.TempDir()+"/second.sqlite"+dsnOptions, sqlcache.Config{Dialect: sqlite.Dialect, Database: "second"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { second.Close() })
	exec(t, second, createItems, insertItems)
	readItems := func() bool {
		_, hit := readWith(t.Context(), t, b.cachedSQLite, second, namesOfKind, 1)
		return hit
	}
	readItems()
	b.dropped(t)
	b.reset()
	err = cacheops.Postpone(t.Context(), func(ctx context.Context) error {
		var writers sync.WaitGroup
		for i := range 8 {
			writers.Go(func() {
				for j := range 10 {
					execWith(ctx, t, b.cached, "INSERT INTO others VALUES (?, 'x')", 100*(i+1)+j)
					execWith(ctx, t, second, "UPDATE items SET name = ? WHERE id = 1", fmt.Sprint(i, j))
				}
			})
		}
		writers.Wait()
		b.counted(t, 0, 0)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range b.counted(t, 0, 2) {
		if e.Statements != 80 || len(e.Tables) != 1 {
			t.Errorf("%s: %d statements, %d tables", e.Database, e.Statements, len(e.Tables))
		}
	}
	b.want(t, "other")
	if readItems() {
		t.Error("STALE: the second database was forgotten")
	}
}

// A transaction that outlives Postpone invalidates by itself, wherever in its
// commit the end comes.
func TestPostponeLateCommit(t *testing.T) {
	t.Parallel()
	b := newBatches(t, nil)
	others := "SELECT name FROM others"
	for _, tt := range []struct {
		name string
		late func(end func()) // calls end where f is to end
	}{
		{"before it commits", func(end func()) { end() }},
		{"in its commit", func(end func()) {
			var once sync.Once
			b.gate.set(func(_ context.Context, text string) error {
				if text == "COMMIT" {
					once.Do(func() {
						end()
						b.read(t, others) // stores what was there before the commit
					})
				}
				return nil
			}, nil)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) { //nolint:paralleltest // they share the gate
			b.dropped(t)
			b.reset()
			begun, over := make(chan *sql.Tx), make(chan struct{})
			ended := make(chan error, 1)
			go func() {
				ended <- cacheops.Postpone(t.Context(), func(ctx context.Context) error {
					tx, err := b.cached.BeginTx(ctx, nil)
					begun <- tx
					<-over
					return err
				})
			}()
			tx := <-begun
			if tx == nil {
				t.Fatal(<-ended)
			}
			execWith(t.Context(), t, tx, "UPDATE others SET name = name || ?", tt.name)
			tt.late(func() {
				close(over)
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
			err := tx.Commit()
			b.gate.set(nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			want, _ := readWith(t.Context(), t, b.cachedSQLite, b.bare, others)
			if got, hit := b.read(t, others); got != want || hit {
				t.Errorf("STALE: %q, hit %v, want %q", got, hit, want)
			}
			if events := b.reset(); len(events) != 1 || events[0].Cause != cacheops.CauseWrite {
				t.Errorf("%+v", events)
			}
		})
	}
}

// The bound is one of the table, however many tenants write it.
func TestPostponeIsBoundedForAllTenants(t *testing.T) {
	t.Parallel()
	var events []cacheops.InvalidateEvent
	s := newProfiled(t, func(c *cacheops.Config) {
		c.Profiles = cacheops.Profiles{everyTable: {Ops: cacheops.OpAll}}
		c.PrefixFunc, c.MaxImages = tenantOf, 4
		c.Hooks.OnInvalidate = func(_ context.Context, e cacheops.InvalidateEvent) { events = append(events, e) }
	})
	tenants := []string{"a", "b", "c", "d", "e"}
	for _, tenant := range tenants {
		s.wantAs(t, tenant, "a", false, bodyOf, 1)
		s.wantAs(t, tenant, "b", false, bodyOf, 2)
	}
	err := cacheops.Postpone(context.Background(), func(ctx context.Context) error {
		for _, tenant := range tenants {
			execWith(context.WithValue(ctx, tenantKey{}, tenant), t, s.cached, "UPDATE posts SET body = 'x' WHERE id = 1")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	images := 0
	for i := range events {
		for _, table := range events[i].Tables {
			images += len(table.Before) + len(table.After)
		}
	}
	if images == 0 || images > 4 {
		t.Errorf("%d images were kept", images)
	}
	for i, tenant := range tenants {
		s.wantAs(t, tenant, "x", false, bodyOf, 1)
		s.wantAs(t, tenant, "b", i < 2, bodyOf, 2)
	}
}
