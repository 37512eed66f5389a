package integration

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// With every real connection stuck in a miss, hits go on, and further misses
// wait for a connection as long as their context lasts.
func TestHitsGoOnWhileThePoolIsExhausted(t *testing.T) {
	t.Parallel()
	const limit = 2
	s := newItems(t, func(_ *cacheops.Config, c *sqlcache.Config) { c.MaxOpenConns = limit })
	s.want(t, "one,two", false, namesOfKind, 1)

	stuck, release := make(chan struct{}, limit), make(chan struct{})
	s.gate.set(func(_ context.Context, text string) error {
		if strings.HasPrefix(text, "SELECT id") {
			stuck <- struct{}{}
			<-release
		}
		return nil
	}, nil)
	var wg sync.WaitGroup
	for i := range limit {
		wg.Go(func() {
			s.read(t, "SELECT id FROM items WHERE id = ?", i+1)
		})
	}
	for range limit {
		<-stuck
	}

	for range 100 {
		s.want(t, "one,two", true, namesOfKind, 1)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.cached.QueryContext(ctx, namesOfKind, 2); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a miss without a connection got %v", err)
	}
	waiting := make(chan string)
	go func() {
		rows, _ := s.read(t, namesOfKind, 2)
		waiting <- rows
	}()
	close(release)
	if rows := <-waiting; rows != "three" {
		t.Errorf("the miss that waited got %q", rows)
	}
	wg.Wait()
}

// A hit needs no database.
func TestHitWithTheDatabaseGone(t *testing.T) {
	t.Parallel()
	s := newItems(t, func(_ *cacheops.Config, c *sqlcache.Config) { c.MaxIdleConns = -1 })
	s.want(t, "one,two", false, namesOfKind, 1)
	if err := s.bare.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(s.path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(s.path, 0o700); err != nil { // so that it cannot come back
		t.Fatal(err)
	}
	s.want(t, "one,two", true, namesOfKind, 1)
	if _, err := s.cached.Query(namesOfKind, 2); err == nil {
		t.Error("a miss got an answer from nowhere")
	}
}

// Every real connection comes back to the pool, whatever the program did with
// its rows, statements, transactions and contexts.
func TestConnectionsComeBack(t *testing.T) {
	t.Parallel()
	s := newItems(t, func(c *cacheops.Config, d *sqlcache.Config) {
		d.MaxOpenConns = 1
		c.MaxEntryBytes = 1 // everything is streamed
	})
	ctx := context.Background()
	for range 3 {
		rows, err := s.cached.Query(namesOfKind, 1)
		if err != nil {
			t.Fatal(err)
		}
		rows.Next()
		if err := rows.Close(); err != nil { // early
			t.Fatal(err)
		}
		var name string
		if err := s.cached.QueryRow(namesOfKind, 1).Scan(&name); err != nil || name != "one" {
			t.Fatal(name, err)
		}
		st, err := s.cached.Prepare(namesOfKind)
		if err != nil {
			t.Fatal(err)
		}
		if err := st.QueryRow(2).Scan(&name); err != nil || name != "three" {
			t.Fatal(name, err)
		}
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
		tx, err := s.cached.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec("UPDATE items SET kind = kind"); err != nil {
			t.Fatal(err)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithCancel(ctx)
		if _, err := s.cached.BeginTx(short, nil); err != nil { // left to its context
			t.Fatal(err)
		}
		cancel()
		if _, err := s.cached.Exec("no such statement"); err == nil {
			t.Fatal("nonsense was accepted")
		}
		conn, err := s.cached.Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.PingContext(ctx); err != nil {
			t.Fatal(err)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.cached.PingContext(ctx); err != nil {
			t.Fatal(err)
		}
	}
}
