package integration

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// told collects what hooks are told. It may be used from many goroutines.
type told struct {
	mu          sync.Mutex // guards the lists
	reads       []cacheops.ReadEvent
	differences []cacheops.DifferenceEvent
}

// hooks returns hooks that collect.
func (w *told) hooks() cacheops.Hooks {
	return cacheops.Hooks{
		OnRead: func(_ context.Context, e cacheops.ReadEvent) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.reads = append(w.reads, e)
		},
		OnDifference: func(_ context.Context, e cacheops.DifferenceEvent) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.differences = append(w.differences, e)
		},
	}
}

// take returns the reads told so far and forgets them.
func (w *told) take() []cacheops.ReadEvent {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := w.reads
	w.reads = nil
	return list
}

// watched is newItems with hooks that collect.
func watched(t testing.TB, change func(*cacheops.Config, *sqlcache.Config)) (*cachedSQLite, *told) {
	t.Helper()
	w := &told{}
	s := newItems(t, func(c *cacheops.Config, d *sqlcache.Config) {
		c.Hooks = cacheops.JoinHooks(c.Hooks, w.hooks())
		if change != nil {
			change(c, d)
		}
	})
	return s, w
}

// all reads rows to their end, and returns the error if there was one.
func all(rows *sql.Rows, err error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

// outline is a read event in a few words.
func outline(e *cacheops.ReadEvent) string {
	out := "miss"
	switch {
	case e.Hit:
		out = "hit"
	case e.Shared:
		out = "shared"
	case e.Reason != "":
		out = "passed: " + e.Reason
	}
	if e.Op != 0 {
		out = e.Op.String() + " " + out
	}
	if e.Err != nil {
		out += ", error"
	}
	return out
}

// Every SELECT that is run for its rows is told once, whatever becomes of it,
// with the reason, and counted under it.
func TestEachReadIsToldOnce(t *testing.T) {
	t.Parallel()
	background := context.Background()
	read := func(q querier, ctx context.Context, args ...any) error {
		return all(q.QueryContext(ctx, namesOfKind, args...))
	}
	onConn := func(t *testing.T, s *cachedSQLite) *sql.Conn {
		t.Helper()
		conn, err := s.cached.Conn(background)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	tests := []struct {
		name   string
		change func(*cacheops.Config, *sqlcache.Config)
		do     func(t *testing.T, s *cachedSQLite) error // of the last read
		failed bool                                      // it returns an error
		want   []string
		passed cacheops.PassedStats
	}{
		{name: "a miss and a hit", do: func(_ *testing.T, s *cachedSQLite) error {
			return errors.Join(read(s.cached, background, 1), read(s.cached, background, 1))
		}, want: []string{"fetch miss", "fetch hit"}},
		{name: "a single row", do: func(_ *testing.T, s *cachedSQLite) error {
			var n int
			return s.cached.QueryRow("SELECT count(*) FROM items").Scan(&n)
		}, want: []string{"count miss"}},
		{name: "prepared", do: func(t *testing.T, s *cachedSQLite) error {
			st, err := s.cached.Prepare(namesOfKind)
			if err != nil {
				t.Fatal(err)
			}
			defer st.Close()
			return errors.Join(all(st.Query(1)), all(st.Query(1)))
		}, want: []string{"fetch miss", "fetch hit"}},
		{name: "in a transaction", do: func(t *testing.T, s *cachedSQLite) error {
			tx, err := s.cached.Begin()
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			return read(tx, background, 1)
		}, want: []string{"passed: inside a transaction"}, passed: cacheops.PassedStats{Transaction: 1}},
		{name: "an error in a transaction", do: func(t *testing.T, s *cachedSQLite) error {
			tx, err := s.cached.Begin()
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			return all(tx.Query("SELECT missing FROM items"))
		}, failed: true, want: []string{"passed: inside a transaction, error"}, passed: cacheops.PassedStats{Transaction: 1}},
		{
			name: "too large, and one beside it", change: func(c *cacheops.Config, _ *sqlcache.Config) { c.MaxEntryBytes = 1 },
			do: func(t *testing.T, s *cachedSQLite) error {
				conn := onConn(t, s)
				rows, err := conn.QueryContext(background, namesOfKind, 1)
				if err != nil {
					t.Fatal(err)
				}
				defer rows.Close()
				return read(conn, background, 2)
			},
			want: []string{"fetch miss", "passed: the connection has an open result, and so may read an old snapshot"}, passed: cacheops.PassedStats{Connection: 1},
		},
		{name: "a setting", do: func(t *testing.T, s *cachedSQLite) error {
			conn := onConn(t, s)
			if _, err := conn.ExecContext(background, "PRAGMA case_sensitive_like = ON"); err != nil {
				t.Fatal(err)
			}
			return read(conn, background, 1)
		}, want: []string{"passed: the connection's state was changed by session PRAGMA case_sensitive_like = ON"}, passed: cacheops.PassedStats{Connection: 1}},
		{
			name: "uncacheable", do: func(_ *testing.T, s *cachedSQLite) error { return all(s.cached.Query("SELECT random() FROM items")) },
			want: []string{"passed: not a pure function of rows and arguments: random() is no function of its arguments"}, passed: cacheops.PassedStats{Statement: 1},
		},
		{
			name: "a function that may write", failed: true,
			do:   func(_ *testing.T, s *cachedSQLite) error { return all(s.cached.Query("SELECT ours(id) FROM items")) },
			want: []string{"passed: function ours is not known to the dialect, error"}, passed: cacheops.PassedStats{Statement: 1},
		},
		{
			name: "bypassed", do: func(_ *testing.T, s *cachedSQLite) error { return read(s.cached, cacheops.Bypass(background), 1) },
			want: []string{"passed: bypassed by the context"}, passed: cacheops.PassedStats{Bypass: 1},
		},
		{name: "disabled", do: func(_ *testing.T, s *cachedSQLite) error {
			s.cache.SetDisabled(true)
			return read(s.cached, background, 1)
		}, want: []string{"passed: the cache is disabled"}, passed: cacheops.PassedStats{Disabled: 1}},
		{
			name: "another op", do: func(_ *testing.T, s *cachedSQLite) error {
				return read(s.cached, cacheops.With(background, cacheops.Ops(cacheops.OpCount)), 1)
			},
			want: []string{"fetch passed: no profile caches this kind of read"}, passed: cacheops.PassedStats{Profile: 1},
		},
		{
			name: "never", change: func(c *cacheops.Config, _ *sqlcache.Config) {
				c.Profiles = cacheops.Profiles{"items": {Mode: cacheops.Never}}
			},
			do:   func(_ *testing.T, s *cachedSQLite) error { return read(s.cached, background, 1) },
			want: []string{"fetch passed: a profile forbids caching"}, passed: cacheops.PassedStats{Profile: 1},
		},
		{
			name: "no such table", failed: true, do: func(_ *testing.T, s *cachedSQLite) error { return all(s.cached.Query("SELECT a FROM nowhere")) },
			want: []string{"passed: table nowhere is not in the catalog, error"}, passed: cacheops.PassedStats{Statement: 1},
		},
		{name: "an error of the database", failed: true, do: func(_ *testing.T, s *cachedSQLite) error {
			s.gate.set(func(_ context.Context, text string) error {
				if text == namesOfKind {
					return errors.New("boom")
				}
				return nil
			}, nil)
			return read(s.cached, background, 1)
		}, want: []string{"fetch miss, error"}},
		{name: "no connection", failed: true, do: func(_ *testing.T, s *cachedSQLite) error {
			s.gate.refuse(errors.New("no route"))
			return read(s.cached, background, 1)
		}, want: []string{"fetch miss, error"}},
		{name: "broken connections", do: func(_ *testing.T, s *cachedSQLite) error {
			var failures atomic.Int32
			s.gate.set(func(_ context.Context, text string) error {
				if text == namesOfKind && failures.Add(1) <= 3 {
					return driver.ErrBadConn
				}
				return nil
			}, nil)
			return read(s.cached, background, 1)
		}, want: []string{"fetch miss"}},
		{name: "a context that ended before", failed: true, do: func(t *testing.T, s *cachedSQLite) error {
			conn := onConn(t, s)
			if err := read(conn, background, 1); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(background)
			cancel()
			return read(conn, ctx, 1)
		}, want: []string{"fetch miss", "passed: the call failed before the cache or the database was asked, error"}, passed: cacheops.PassedStats{Failed: 1}},
		{name: "a context that ends in the query", failed: true, do: func(_ *testing.T, s *cachedSQLite) error {
			ctx, cancel := context.WithCancel(background)
			defer cancel()
			s.gate.set(func(_ context.Context, text string) error {
				if text == namesOfKind {
					cancel()
					return ctx.Err()
				}
				return nil
			}, nil)
			return read(s.cached, ctx, 1)
		}, want: []string{"fetch miss, error"}},
		{name: "planned anew", do: func(t *testing.T, s *cachedSQLite) error {
			if err := read(s.cached, background, 1); err != nil {
				t.Fatal(err)
			}
			exec(t, s.bare, "ALTER TABLE items ADD COLUMN more TEXT")
			return read(s.cached, background, 2)
		}, want: []string{"fetch miss", "fetch miss"}},
		// What fails is a statement of ours: the program's own is answered.
		{name: "planned anew in vain", do: func(t *testing.T, s *cachedSQLite) error {
			if err := read(s.cached, background, 1); err != nil {
				t.Fatal(err)
			}
			exec(t, s.bare, "ALTER TABLE items ADD COLUMN more TEXT")
			// Compared by the read, twice by the reading of the schema, and then
			// before the new plan is made.
			var versions atomic.Int32
			s.gate.set(func(_ context.Context, text string) error {
				if text == "PRAGMA main.schema_version" && versions.Add(1) == 4 {
					return errors.New("boom")
				}
				return nil
			}, nil)
			return read(s.cached, background, 2)
		}, want: []string{"fetch miss", "fetch passed: the schema changed, and could not be read"}, passed: cacheops.PassedStats{Schema: 1}},
		{name: "no read", do: func(_ *testing.T, s *cachedSQLite) error {
			_, err := s.cached.Exec("SELECT name FROM items")
			return errors.Join(err, all(s.cached.Query("INSERT INTO items VALUES (9, 9, 'nine') RETURNING id")), all(s.cached.Query("PRAGMA user_version")))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, w := watched(t, tt.change)
			if err := tt.do(t, s); (err != nil) != tt.failed {
				t.Errorf("the read returned %v", err)
			}
			var got []string
			for _, e := range w.take() {
				got = append(got, outline(&e))
				if e.Database != "main" || e.Query == "" || e.Latency < 0 || e.Shadow {
					t.Errorf("%+v", e)
				}
			}
			if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", tt.want) {
				t.Errorf("told %q\nwant %q", got, tt.want)
			}
			stats := s.cache.Stats()
			if stats.Reads != uint64(len(tt.want)) || stats.PassedBy != tt.passed {
				t.Errorf("counted %d reads, %+v", stats.Reads, stats.PassedBy)
			}
			if wantErrors := uint64(strings.Count(strings.Join(tt.want, "\n"), ", error")); stats.Errors != wantErrors {
				t.Errorf("counted %d errors of %d", stats.Errors, wantErrors)
			}
			if ended := strings.Contains(tt.name, "context that end"); (stats.Cancelled == 1) != ended {
				t.Errorf("counted %d reads of a context that ended", stats.Cancelled)
			}
		})
	}
}

// Reads of many goroutines are counted one by one, as the hooks are told them.
func TestCountsAreExact(t *testing.T) {
	t.Parallel()
	var byHook [4]atomic.Uint64 // hits, misses, shared, passed
	s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) {
		c.Hooks.OnRead = func(_ context.Context, e cacheops.ReadEvent) {
			kind := 1
			switch {
			case e.Hit:
				kind = 0
			case e.Shared:
				kind = 2
			case e.Reason != "":
				kind = 3
			}
			byHook[kind].Add(1)
		}
	})
	const goroutines, rounds = 8, 200
	bypass := cacheops.Bypass(t.Context())
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for i := range rounds {
				if err := all(s.cached.Query(namesOfKind, i%50)); err != nil {
					t.Error(err)
				}
				var n int
				if err := s.cached.QueryRow("SELECT count(*) FROM items WHERE kind = ?", i%50).Scan(&n); err != nil {
					t.Error(err)
				}
				if err := all(s.cached.QueryContext(bypass, namesOfKind, 1)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	got := s.cache.Stats()
	sum := func(r cacheops.ReadStats) uint64 { return r.Hits + r.Misses + r.Shared }
	const each = goroutines * rounds
	if got.Reads != 3*each || got.PassedBy != (cacheops.PassedStats{Bypass: each}) || sum(got.ByOp.Fetch) != each || sum(got.ByOp.Count) != each {
		t.Errorf("%d reads of each kind were counted as %+v", each, got)
	}
	if told := [4]uint64{byHook[0].Load(), byHook[1].Load(), byHook[2].Load(), byHook[3].Load()}; told != [4]uint64{got.Hits, got.Misses, got.Shared, got.Passed} {
		t.Errorf("hits, misses, shared and passed were told %d times, counted %+v", told, got)
	}
	// Two readers may fill one entry, where the second looked before the first had
	// filled it and asked after that.
	if got.Hits == 0 || got.Fills != got.Misses || got.Entries != 100 || got.Fills < got.Entries || got.Bytes == 0 {
		t.Errorf("%+v", got)
	}
	if rate := got.HitRate(); rate != float64(got.Hits+got.Shared)/(2*each) {
		t.Errorf("hit rate %v", rate)
	}
}

// What writes drop is counted, and what could not be stored.
func TestWritesAreCounted(t *testing.T) {
	t.Parallel()
	s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.MaxEntryBytes = 2000 })
	exec(t, s.cached, "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT INTO items SELECT i, 7, 'a name that takes some room' FROM n")
	s.want(t, "one,two", false, namesOfKind, 1)
	before := s.cache.Stats()
	exec(t, s.cached, "UPDATE items SET name = 'new' WHERE id = 1")
	got := s.cache.Stats()
	if got.Invalidations-before.Invalidations != 1 || got.KeysDropped-before.KeysDropped != 1 || got.TablesDropped != before.TablesDropped {
		t.Errorf("one row: from %+v to %+v", before, got)
	}
	s.want(t, "new,two", false, namesOfKind, 1)
	exec(t, s.cached, "INSERT OR REPLACE INTO items VALUES (1, 1, 'replaced')")
	if err := s.cache.Database("main").Invalidate(t.Context(), cacheops.Table("items")); err != nil {
		t.Fatal(err)
	}
	if err := s.cache.Database("main").Invalidate(t.Context(), cacheops.All()); err != nil {
		t.Fatal(err)
	}
	before, got = got, s.cache.Stats()
	if got.Invalidations-before.Invalidations != 3 || got.TablesDropped-before.TablesDropped != 2 || got.DatabasesDropped-before.DatabasesDropped != 1 {
		t.Errorf("whole tables: from %+v to %+v", before, got)
	}
	if rows, _ := s.read(t, namesOfKind, 7); !strings.HasPrefix(rows, "a name") {
		t.Fatalf("read %q", rows)
	}
	if got := s.cache.Stats(); got.TooLarge != 1 || got.Fenced != 0 {
		t.Errorf("%d results were too large, %d fenced", got.TooLarge, got.Fenced)
	}
	// A read beside a write that is about to commit.
	s.gate.set(func(_ context.Context, text string) error {
		if text == "COMMIT" {
			s.want(t, "three", false, namesOfKind, 2)
		}
		return nil
	}, nil)
	exec(t, s.cached, "UPDATE items SET name = 'x' WHERE id = 3")
	s.gate.set(nil, nil)
	if got := s.cache.Stats(); got.Fenced != 1 {
		t.Errorf("%d results were fenced", got.Fenced)
	}
}

// A hook that panics harms nobody: not the read, not those who wait for it, not
// the write, and no connection.
func TestPanickingHooks(t *testing.T) {
	t.Parallel()
	var log lines
	s := newItems(t, func(c *cacheops.Config, d *sqlcache.Config) {
		d.MaxOpenConns = 1
		c.Logger = log.logger()
		c.Hooks = cacheops.Hooks{
			OnRead:       func(context.Context, cacheops.ReadEvent) { panic("in OnRead") },
			OnInvalidate: func(context.Context, cacheops.InvalidateEvent) { panic("in OnInvalidate") },
		}
	})
	panics := s.cache.Stats().HookPanics
	ctx := t.Context()
	for range 3 {
		var names []string
		rows, err := s.cached.QueryContext(ctx, namesOfKind, 1)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				t.Fatal(err)
			}
			names = append(names, name)
		}
		if err := rows.Close(); err != nil || len(names) != 2 {
			t.Errorf("%q, %v", names, err)
		}
		tx, err := s.cached.BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := all(tx.QueryContext(ctx, namesOfKind, 1)); err != nil {
			t.Error(err)
		}
		if _, err := tx.ExecContext(ctx, "UPDATE items SET name = name || '!' WHERE id = 1"); err != nil {
			t.Error(err)
		}
		if err := tx.Commit(); err != nil {
			t.Error(err)
		}
	}
	if got := s.cache.Stats(); got.HookPanics-panics != 9 || got.Hits != 0 {
		t.Errorf("%d panics were counted, of 6 reads and 3 writes", got.HookPanics-panics)
	}
	if n := log.count("a function of the program panicked"); n != 2 {
		t.Errorf("the panics of 2 hooks were logged %d times", n)
	}
}
