package integration

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
	"github.com/cacheops/cacheops/store/memory"
)

const (
	createItems = "CREATE TABLE items (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL)"
	insertItems = "INSERT INTO items (id, kind, name) VALUES (1, 1, 'one'), (2, 1, 'two'), (3, 2, 'three')"
	namesOfKind = "SELECT name FROM items WHERE kind = ? ORDER BY id"
)

// newItems is a database with three items of two kinds.
func newItems(t testing.TB, change func(*cacheops.Config, *sqlcache.Config)) *cachedSQLite {
	t.Helper()
	s := newCachedSQLite(t, change)
	exec(t, s.cached, createItems, insertItems)
	return s
}

// A reader reads the old rows, a writer commits, the reader stores: what it
// stored must not be served.
func TestFillRace(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	reading, resume := make(chan struct{}), make(chan struct{})
	var stopped atomic.Bool
	s.gate.set(nil, func(_ context.Context, text string) error {
		if text == namesOfKind && stopped.CompareAndSwap(false, true) {
			close(reading)
			<-resume
		}
		return nil
	})
	got := make(chan string)
	go func() {
		rows, _ := s.read(t, namesOfKind, 1)
		got <- rows
	}()
	<-reading
	exec(t, s.cached, "UPDATE items SET name = 'new' WHERE id = 1")
	close(resume)
	if rows := <-got; rows != "one,two" && rows != "new,two" {
		t.Fatalf("the reader got %q", rows)
	}
	s.want(t, "new,two", false, namesOfKind, 1)
	s.want(t, "new,two", true, namesOfKind, 1)
}

// A reader that starts after a write has returned must not get the rows of a
// query that began before it, although that query is still under way.
func TestFlightIsJoinedOnlyWhenFresh(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	reading, resume := make(chan struct{}), make(chan struct{})
	var stopped atomic.Bool
	s.gate.set(nil, func(_ context.Context, text string) error {
		if text == namesOfKind && stopped.CompareAndSwap(false, true) {
			close(reading)
			<-resume
		}
		return nil
	})
	old := make(chan string)
	go func() {
		rows, _ := s.read(t, namesOfKind, 1)
		old <- rows
	}()
	<-reading
	exec(t, s.cached, "UPDATE items SET name = 'new' WHERE id = 1")
	// The deadline ends the test where the reader waits for the other one.
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	rows, err := s.cached.QueryContext(ctx, namesOfKind, 1)
	close(resume)
	if err != nil {
		t.Fatalf("the second reader: %v", err)
	}
	defer rows.Close()
	var name string
	if !rows.Next() || rows.Scan(&name) != nil || name != "new" {
		t.Fatalf("STALE: the second reader got %q, %v", name, rows.Err())
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	<-old
	s.want(t, "new,two", true, namesOfKind, 1)
}

// Readers that miss at once ask the database once.
func TestFlightIsShared(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	const readers = 20
	var queries int
	var mu sync.Mutex
	started := make(chan struct{})
	release := make(chan struct{})
	s.gate.set(func(_ context.Context, text string) error {
		if text == namesOfKind {
			mu.Lock()
			queries++
			if queries == 1 {
				close(started)
			}
			mu.Unlock()
			<-release
		}
		return nil
	}, nil)
	var wg sync.WaitGroup
	read := func() {
		defer wg.Done()
		if rows, _ := s.read(t, namesOfKind, 1); rows != "one,two" {
			t.Errorf("got %q", rows)
		}
	}
	wg.Add(1)
	go read()
	<-started
	for range readers {
		wg.Add(1)
		go read()
	}
	close(release)
	wg.Wait()
	if queries > 2 { // one may come too late to join and too early to hit
		t.Errorf("%d readers made %d queries", readers+1, queries)
	}
}

// A reader that holds a connection asks the database itself: the reader that it
// would wait for may be waiting for that connection.
func TestFlightIsNotJoinedWithAConnectionInHand(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	conn, err := s.cached.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), "PRAGMA user_version"); err != nil { // takes a real one
		t.Fatal(err)
	}
	reading, resume := make(chan struct{}), make(chan struct{})
	var stopped atomic.Bool
	s.gate.set(func(_ context.Context, text string) error {
		if text == namesOfKind && stopped.CompareAndSwap(false, true) {
			close(reading)
			<-resume
		}
		return nil
	}, nil)
	leader := make(chan string)
	go func() {
		rows, _ := s.read(t, namesOfKind, 1)
		leader <- rows
	}()
	<-reading
	// The deadline ends the test where the reader waits for the other one.
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	rows, err := conn.QueryContext(ctx, namesOfKind, 1)
	if err != nil {
		t.Errorf("with a connection in hand: %v", err)
	} else if err := rows.Close(); err != nil {
		t.Error(err)
	}
	close(resume)
	if rows := <-leader; rows != "one,two" {
		t.Errorf("the leader got %q", rows)
	}
}

// A loop over rows may run the same query again: it must not wait for itself.
func TestSameQueryInsideItsOwnRows(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{0, 1} { // buffered, and streamed
		t.Run(fmt.Sprintf("MaxEntryBytes %d", limit), func(t *testing.T) {
			t.Parallel()
			s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.MaxEntryBytes = limit })
			rows, err := s.cached.Query(namesOfKind, 1)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			n := 0
			for rows.Next() {
				if got, _ := s.read(t, namesOfKind, 1); got != "one,two" {
					t.Errorf("got %q", got)
				}
				n++
			}
			if rows.Err() != nil || n != 2 {
				t.Errorf("%d rows, %v", n, rows.Err())
			}
		})
	}
}

// lossy is a store whose bumps can be lost, as if the writer had died between
// its commit and its bump.
type lossy struct {
	*memory.Store
	mu   sync.Mutex // guards dead
	dead bool
}

func (l *lossy) die(dead bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dead = dead
}

func (l *lossy) Bump(ctx context.Context, c *store.Change, keep store.Keep) (store.Ack, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return store.Ack{}, nil
	}
	return l.Store.Bump(ctx, c, keep)
}

// A writer dies between commit and bump. Nobody reads what was cached before,
// and when the fence has ended results are cached again.
func TestCrashBetweenCommitAndBump(t *testing.T) {
	t.Parallel()
	clock := newClock()
	inner := newStore(t, memory.Config{Clock: clock.now})
	l := &lossy{Store: inner}
	s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) {
		c.Store = l
		c.FenceTTL = 30 * time.Second
	})
	s.want(t, "one,two", false, namesOfKind, 1)
	s.want(t, "one,two", true, namesOfKind, 1)
	s.want(t, "three", false, namesOfKind, 2)

	l.die(true)
	exec(t, s.cached, "UPDATE items SET name = 'new' WHERE id = 1")
	l.die(false)

	s.want(t, "new,two", false, namesOfKind, 1)
	s.want(t, "new,two", false, namesOfKind, 1) // fenced: not stored
	s.want(t, "three", true, namesOfKind, 2)    // not touched
	clock.advance(31 * time.Second)
	s.want(t, "new,two", false, namesOfKind, 1)
	s.want(t, "new,two", true, namesOfKind, 1)
}

// A write whose fence fails must not commit.
func TestFailedFenceRollsBack(t *testing.T) {
	t.Parallel()
	inner := newStore(t, memory.Config{})
	f := &unfenceable{Store: inner}
	s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.Store = f })
	s.want(t, "one,two", false, namesOfKind, 1)
	f.fail.Lock()
	f.failing = true
	f.fail.Unlock()
	_, err := s.cached.Exec("UPDATE items SET name = 'new' WHERE id = 1")
	if !errors.Is(err, store.ErrUnavailable) {
		t.Fatalf("got %v, want ErrUnavailable", err)
	}
	tx, err := s.cached.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("UPDATE items SET name = 'new' WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); !errors.Is(err, store.ErrUnavailable) {
		t.Fatalf("got %v, want ErrUnavailable", err)
	}
	var name string
	if err := s.bare.QueryRow("SELECT name FROM items WHERE id = 1").Scan(&name); err != nil || name != "one" {
		t.Fatalf("the database has %q, %v", name, err)
	}
}

// unfenceable is a store that can be made to refuse fences.
type unfenceable struct {
	*memory.Store
	fail    sync.Mutex // guards failing
	failing bool
}

func (u *unfenceable) Fence(ctx context.Context, c *store.Change) (store.Ack, error) {
	u.fail.Lock()
	defer u.fail.Unlock()
	if u.failing {
		return store.Ack{}, fmt.Errorf("no route: %w", store.ErrUnavailable)
	}
	return u.Store.Fence(ctx, c)
}

// clock is a clock that a test moves.
type clock struct {
	mu sync.Mutex // guards at
	at time.Time
}

func newClock() *clock { return &clock{at: time.Now()} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Readers and writers at once: no reader sees a version that is older than one
// acknowledged before it began.
func TestNoReadIsOlderThanAnAcknowledgedWrite(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	exec(t, s.cached, "CREATE TABLE versions (id INTEGER PRIMARY KEY, version INTEGER NOT NULL)",
		"INSERT INTO versions VALUES (1, 0), (2, 0), (3, 0)")
	const writes = 120
	var acked [4]struct {
		sync.Mutex
		version int64
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	turns := newTurns(s)
	var writers, readers sync.WaitGroup
	for id := 1; id <= 3; id++ {
		writers.Go(func() {
			for v := int64(1); v <= writes; v++ {
				if v%40 == 0 {
					turns.await(ctx)
				}
				if _, err := s.cached.Exec("UPDATE versions SET version = ? WHERE id = ?", v, id); err != nil {
					t.Error(err)
					return
				}
				acked[id].Lock()
				acked[id].version = v
				acked[id].Unlock()
			}
		})
	}
	for r := range 3 {
		readers.Go(func() {
			defer cancel()
			for n := r; ctx.Err() == nil; n++ {
				id := n%3 + 1
				acked[id].Lock()
				least := acked[id].version
				acked[id].Unlock()
				var got int64
				if err := s.cached.QueryRow("SELECT version FROM versions WHERE id = ?", id).Scan(&got); err != nil {
					t.Error(err)
					return
				}
				if got < least {
					t.Errorf("STALE: read version %d of %d after %d was acknowledged", got, id, least)
					return
				}
				turns.done()
			}
		})
	}
	writers.Wait()
	cancel()
	readers.Wait()
	if s.hits.Load() == 0 {
		t.Error("there was no hit, so nothing was tested")
	}
}
