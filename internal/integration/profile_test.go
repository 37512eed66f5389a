package integration

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// newProfiled is a database of posts, logs and countries under these settings.
func newProfiled(t *testing.T, change func(*cacheops.Config)) *cachedSQLite {
	t.Helper()
	s := newCachedSQLite(t, func(c *cacheops.Config, _ *sqlcache.Config) { change(c) })
	exec(t, s.bare,
		"CREATE TABLE posts (id INTEGER PRIMARY KEY, category INT, author INT, body TEXT)",
		"CREATE TABLE logs (id INTEGER PRIMARY KEY, post INT, line TEXT)",
		"CREATE TABLE countries (code TEXT PRIMARY KEY, name TEXT)",
		"CREATE TABLE goose_db_version (id INTEGER PRIMARY KEY, version_id INT)",
		"INSERT INTO posts VALUES (1, 1, 1, 'a'), (2, 1, 2, 'b'), (3, 2, 1, 'c')",
		"INSERT INTO logs VALUES (1, 1, 'x')",
		"INSERT INTO countries VALUES ('at', 'Austria'), ('ch', 'Schweiz')",
		"INSERT INTO goose_db_version VALUES (1, 7)")
	return s
}

// reason returns why the last read took no part in the cache.
func (s *cachedSQLite) reason(t *testing.T) string {
	t.Helper()
	r, ok := s.lastReason.Load().(string)
	if !ok {
		t.Fatal("no read was seen")
	}
	return r
}

// TestNever asks for a table that a profile keeps out.
func TestNever(t *testing.T) {
	t.Parallel()
	s := newProfiled(t, func(c *cacheops.Config) {
		c.Profiles = cacheops.Profiles{"posts": {Mode: cacheops.Never, Ops: cacheops.OpAll}, "logs": {Ops: cacheops.OpAll}}
	})
	const q = "SELECT body FROM posts WHERE id = 1"
	for range 2 {
		s.want(t, "a", false, q)
	}
	if r := s.reason(t); !strings.Contains(r, "forbids") {
		t.Errorf("reason %q", r)
	}
	ctx := context.Background()
	for _, query := range []string{q, "SELECT line FROM logs JOIN posts ON posts.id = logs.post"} {
		rows, err := s.cached.QueryContext(cacheops.With(ctx, cacheops.Ops(cacheops.OpAll)), query)
		if err == nil {
			rows.Close()
		}
		if !errors.Is(err, cacheops.ErrNever) || !strings.Contains(err.Error(), `"posts"`) {
			t.Errorf("%s: asked for: %v", query, err)
		}
	}
	// It is asking for the cache that is wrong, not reading.
	for _, ctx := range []context.Context{
		cacheops.With(ctx, cacheops.TTL(time.Minute)),
		cacheops.With(ctx, cacheops.Ops(cacheops.OpNone)),
		cacheops.With(ctx, cacheops.Ops(cacheops.OpCount)), // another kind
		cacheops.Bypass(cacheops.With(ctx, cacheops.Ops(cacheops.OpAll))),
	} {
		if got, hit := readWith(ctx, t, s, s.cached, q); got != "a" || hit {
			t.Errorf("got %q, hit: %v", got, hit)
		}
	}
	tx, err := s.cached.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if got, hit := readWith(cacheops.With(ctx, cacheops.Ops(cacheops.OpAll)), t, s, tx, q); got != "a" || hit {
		t.Errorf("in a transaction: got %q, hit: %v", got, hit)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	s.cache.SetDisabled(true)
	if got, _ := readWith(cacheops.With(ctx, cacheops.Ops(cacheops.OpAll)), t, s, s.cached, q); got != "a" {
		t.Errorf("disabled: got %q", got)
	}
}

// TestUntracked writes a table whose writes are left unnoticed.
func TestUntracked(t *testing.T) {
	t.Parallel()
	const q = "SELECT line FROM logs WHERE id = 1"
	var events []cacheops.InvalidateEvent
	profile := func(p cacheops.Profile) *cachedSQLite {
		events = nil
		return newProfiled(t, func(c *cacheops.Config) {
			c.Profiles = cacheops.Profiles{"logs": p, "posts": {Ops: cacheops.OpAll}}
			c.Hooks.OnInvalidate = func(_ context.Context, e cacheops.InvalidateEvent) { events = append(events, e) }
		})
	}
	t.Run("not cached", func(t *testing.T) {
		s := profile(cacheops.Profile{Mode: cacheops.Untracked})
		s.want(t, "x", false, q)
		asked := cacheops.With(context.Background(), cacheops.Ops(cacheops.OpAll))
		for range 2 { // asking does not make it fresh
			if got, hit := readWith(asked, t, s, s.cached, q); got != "x" || hit {
				t.Errorf("got %q, hit: %v", got, hit)
			}
		}
		if r := s.reason(t); !strings.Contains(r, "untracked") {
			t.Errorf("reason %q", r)
		}
		// Nor does a table beside it.
		for range 2 {
			if _, hit := readWith(asked, t, s, s.cached, "SELECT line FROM logs JOIN posts ON posts.id = post"); hit {
				t.Error("a join with it was cached")
			}
		}
		s.want(t, "a", false, "SELECT body FROM posts WHERE id = 1")
		exec(t, s.cached, "UPDATE logs SET line = 'y'")
		if len(events) > 0 {
			t.Errorf("told of %+v", events)
		}
		s.want(t, "a", true, "SELECT body FROM posts WHERE id = 1")
		s.want(t, "y", false, q)
	})
	t.Run("cached until the TTL", func(t *testing.T) {
		s := profile(cacheops.Profile{Mode: cacheops.Untracked, Ops: cacheops.OpAll})
		s.want(t, "x", false, q)
		exec(t, s.cached, "UPDATE logs SET line = 'y'", "INSERT INTO logs VALUES (2, 2, 'z')", "DELETE FROM logs WHERE id = 2")
		s.want(t, "x", true, q) // stale, as the profile says
		if len(events) > 0 {
			t.Errorf("told of %+v", events)
		}
	})
	t.Run("reached by others", func(t *testing.T) {
		s := profile(cacheops.Profile{Mode: cacheops.Untracked})
		exec(t, s.cached, "CREATE TRIGGER tr AFTER INSERT ON logs BEGIN UPDATE posts SET body = 'T' WHERE id = new.post; END")
		s.want(t, "a", false, "SELECT body FROM posts WHERE id = 1")
		exec(t, s.cached, "INSERT INTO logs VALUES (5, 1, 'z')")
		s.want(t, "T", false, "SELECT body FROM posts WHERE id = 1")
	})
}

// TestUntrackedInheritsNoOps has ops for all other tables in the defaults.
func TestUntrackedInheritsNoOps(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*cacheops.Config){
		"its own mode": func(c *cacheops.Config) {
			c.Defaults = cacheops.Profile{Ops: cacheops.OpAll}
			c.Profiles = cacheops.Profiles{"logs": {Mode: cacheops.Untracked}}
		},
		"the defaults' mode": func(c *cacheops.Config) {
			c.Defaults = cacheops.Profile{Ops: cacheops.OpAll, Mode: cacheops.Untracked}
			c.Profiles = cacheops.Profiles{"logs": {TTL: time.Minute}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newProfiled(t, change)
			const q = "SELECT line FROM logs WHERE id = 1"
			s.want(t, "x", false, q)
			exec(t, s.cached, "UPDATE logs SET line = 'y'")
			s.want(t, "y", false, q)
		})
	}
}

// TestSkipColumns leaves a column out of the conditions.
func TestSkipColumns(t *testing.T) {
	t.Parallel()
	s := newProfiled(t, func(c *cacheops.Config) {
		c.Profiles = cacheops.Profiles{"posts": {Ops: cacheops.OpAll, SkipColumns: []string{"Author"}}}
	})
	const q = "SELECT body FROM posts WHERE category = ? AND author = ?"
	s.want(t, "a", false, q, 1, 1)
	s.want(t, "b", false, q, 1, 2)
	s.want(t, "c", false, q, 2, 1)
	exec(t, s.cached, "UPDATE posts SET body = 'A' WHERE id = 1")
	s.want(t, "b", false, q, 1, 2) // dropped though its author is another
	s.want(t, "c", true, q, 2, 1)
	s.want(t, "A", false, q, 1, 1)
	exec(t, s.cached, "UPDATE posts SET author = 2 WHERE id = 1")
	s.want(t, "", false, q, 1, 1)
	s.want(t, "A,b", false, q, 1, 2)
	const only = "SELECT count(*) FROM posts WHERE author = ?"
	s.want(t, "1", false, only, 1)
	exec(t, s.cached, "UPDATE posts SET author = 1 WHERE id = 2")
	s.want(t, "2", false, only, 1)
}

// TestMaxTerms leaves reads with many conditions to those who ask for them.
func TestMaxTerms(t *testing.T) {
	t.Parallel()
	s := newProfiled(t, func(c *cacheops.Config) {
		c.Profiles = cacheops.Profiles{"posts": {Ops: cacheops.OpAll, MaxTerms: 2}, "logs": {Ops: cacheops.OpAll}}
	})
	const many = "SELECT body FROM posts WHERE category = 1 AND author = 1 AND body = 'a'"
	for range 2 {
		s.want(t, "a", false, many)
	}
	if r := s.reason(t); !strings.Contains(r, "MaxTerms") {
		t.Errorf("reason %q", r)
	}
	const few = "SELECT body FROM posts WHERE category = 1 AND author = 1 AND category IN (1, 3, 4) OR id = 7"
	s.want(t, "a", false, few)
	s.want(t, "a", true, few)
	const joined = "SELECT line FROM logs JOIN posts ON posts.id = logs.post WHERE category = 1 AND author = 1 AND body = 'a'"
	for range 2 {
		s.want(t, "x", false, joined)
	}
	asked := cacheops.With(context.Background(), cacheops.Ops(cacheops.OpAll))
	for i := range 2 {
		if got, hit := readWith(asked, t, s, s.cached, many); got != "a" || hit != (i == 1) {
			t.Errorf("asked for, got %q, hit: %v", got, hit)
		}
	}
}

// TestAdmit lets the program judge.
func TestAdmit(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []cacheops.ReadInfo
	answer := true
	s := newProfiled(t, func(c *cacheops.Config) {
		c.Profiles = cacheops.Profiles{"posts": {Ops: cacheops.OpAll}}
		c.Admit = func(r cacheops.ReadInfo) bool {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, r)
			if len(r.Args) > 0 && r.Args[0] == int64(3) {
				panic("three")
			}
			return answer
		}
	})
	const q = "SELECT body FROM posts WHERE id = ?"
	answer = false
	for range 2 {
		s.want(t, "a", false, q, 1)
	}
	if r := s.reason(t); !strings.Contains(r, "Admit") {
		t.Errorf("reason %q", r)
	}
	answer = true
	s.want(t, "a", false, q, 1)
	s.want(t, "a", true, q, 1)
	if len(seen) != 3 {
		t.Errorf("asked %d times, want once for each miss", len(seen))
	}
	if got := seen[0]; got.Database != "main" || got.Query != q || got.Op != cacheops.OpGet || got.Terms != 1 || got.Asked ||
		len(got.Tables) != 1 || got.Tables[0] != "posts" || len(got.Args) != 1 || got.Args[0] != int64(1) {
		t.Errorf("told of %+v", got)
	}
	asked := cacheops.With(context.Background(), cacheops.Ops(cacheops.OpGet))
	if got, _ := readWith(asked, t, s, s.cached, q, 2); got != "b" || !seen[len(seen)-1].Asked {
		t.Errorf("got %q, told of %+v", got, seen[len(seen)-1])
	}
	for range 2 { // a panic of the program's own is no answer
		s.want(t, "c", false, q, 3)
	}
	s.want(t, "x", false, "SELECT line FROM logs")
	if n := len(seen); n != 6 {
		t.Errorf("asked %d times, also for what no profile wants cached", n)
	}
}

// TestForever keeps results of tables that do not change in the process.
func TestForever(t *testing.T) {
	t.Parallel()
	s := newProfiled(t, func(c *cacheops.Config) {
		c.Profiles = cacheops.Profiles{
			"countries": {Ops: cacheops.OpAll, Local: cacheops.Forever, TTL: time.Nanosecond}, // the TTL does not matter
			"posts":     {Ops: cacheops.OpAll},
		}
	})
	ctx := context.Background()
	const q, joined = "SELECT name FROM countries WHERE code = 'at'", "SELECT name FROM countries, posts WHERE code = 'at' AND posts.id = 1"
	s.want(t, "Austria", false, q)
	s.want(t, "Austria", false, joined)
	exec(t, s.cached, "UPDATE countries SET name = 'Österreich' WHERE code = 'at'")
	if err := s.cache.Database("main").Invalidate(ctx, cacheops.Table("countries"), cacheops.All()); err != nil {
		t.Fatal(err)
	}
	s.want(t, "Austria", true, q) // never invalidated
	s.want(t, "Österreich", false, joined)
	if got, hit := readWith(cacheops.Bypass(ctx), t, s, s.cached, q); got != "Österreich" || hit {
		t.Errorf("bypassed: got %q, hit: %v", got, hit)
	}
	tx, err := s.cached.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if got, hit := readWith(ctx, t, s, tx, q); got != "Österreich" || hit {
		t.Errorf("in a transaction: got %q, hit: %v", got, hit)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	s.want(t, "Austria", true, q)
	exec(t, s.cached, "ALTER TABLE countries ADD COLUMN note TEXT")
	s.want(t, "Österreich", false, q) // another schema, another key
	s.want(t, "Österreich", true, q)
}

// TestForeverAsksOnce reads a cold local result from many goroutines.
func TestForeverAsksOnce(t *testing.T) {
	t.Parallel()
	s := newProfiled(t, func(c *cacheops.Config) {
		c.Profiles = cacheops.Profiles{"countries": {Ops: cacheops.OpAll, Local: cacheops.Forever}}
	})
	const q = "SELECT name FROM countries WHERE code = 'at'"
	s.want(t, "Schweiz", false, "SELECT name FROM countries WHERE code = 'ch'") // the schema is read
	var queries atomic.Int32
	started, release := make(chan struct{}), make(chan struct{})
	s.gate.set(func(_ context.Context, text string) error {
		if text == q {
			if queries.Add(1) == 1 {
				close(started)
			}
			<-release
		}
		return nil
	}, nil)
	var wg sync.WaitGroup
	read := func() {
		if got, _ := s.read(t, q); got != "Austria" {
			t.Errorf("got %q", got)
		}
	}
	wg.Go(read)
	<-started
	for range 20 { // they join, or come when it is there
		wg.Go(read)
	}
	close(release)
	wg.Wait()
	if n := queries.Load(); n != 1 {
		t.Errorf("%d queries", n)
	}
	s.want(t, "Austria", true, q)
}

// TestMigrationTable reads what a migration tool keeps.
func TestMigrationTable(t *testing.T) {
	t.Parallel()
	s := newProfiled(t, func(*cacheops.Config) {})
	for range 2 {
		s.want(t, "7", false, "SELECT version_id FROM goose_db_version")
	}
	if r := s.reason(t); !strings.Contains(r, "migration tool") {
		t.Errorf("reason %q", r)
	}
	named := newProfiled(t, func(c *cacheops.Config) {
		c.Profiles = cacheops.Profiles{"goose_db_version": {Ops: cacheops.OpAll}}
	})
	named.want(t, "7", false, "SELECT version_id FROM goose_db_version")
	named.want(t, "7", true, "SELECT version_id FROM goose_db_version")
}

// TestDisabledConfig makes a cache that is off, and turns it on.
func TestDisabledConfig(t *testing.T) {
	t.Parallel()
	s := newProfiled(t, func(c *cacheops.Config) {
		c.Profiles = cacheops.Profiles{"posts": {Ops: cacheops.OpAll}}
		c.Disabled = true
	})
	const q = "SELECT body FROM posts WHERE id = 1"
	for range 2 {
		s.want(t, "a", false, q)
	}
	s.cache.SetDisabled(false)
	s.want(t, "a", false, q)
	s.want(t, "a", true, q)
	s.cache.SetDisabled(true)
	s.want(t, "a", false, q)
	exec(t, s.cached, "UPDATE posts SET body = 'A' WHERE id = 1") // drops it all the same
	s.cache.SetDisabled(false)
	s.want(t, "A", false, q)
}

// TestSiblingContexts makes contexts from one parent, and sees that none knows of
// another's settings.
func TestSiblingContexts(t *testing.T) {
	t.Parallel()
	s := newProfiled(t, func(c *cacheops.Config) { c.Profiles = nil })
	const q = "SELECT body FROM posts WHERE id = 1"
	parent := cacheops.With(context.Background(), cacheops.TTL(time.Minute))
	cached := cacheops.With(parent, cacheops.Ops(cacheops.OpAll))
	bypass := cacheops.Bypass(cached)
	again := cacheops.With(bypass) // wins over the bypass of its parent
	for _, tt := range []struct {
		name string
		ctx  context.Context //nolint:containedctx // a case is one call
		hit  bool
	}{
		{"cached, cold", cached, false}, {"parent", parent, false}, {"cached", cached, true},
		{"bypass", bypass, false}, {"again", again, true}, {"cached", cached, true}, {"bypass", bypass, false},
	} {
		if got, hit := readWith(tt.ctx, t, s, s.cached, q); got != "a" || hit != tt.hit {
			t.Errorf("%s: got %q, hit: %v", tt.name, got, hit)
		}
	}
}
