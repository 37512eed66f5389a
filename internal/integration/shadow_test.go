package integration

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// shadowed is a database with items whose cache is in shadow mode.
func shadowed(t testing.TB, change func(*cacheops.Config, *sqlcache.Config)) (s *cachedSQLite, w *told, log *lines) {
	t.Helper()
	log = &lines{}
	s, w = watched(t, func(c *cacheops.Config, d *sqlcache.Config) {
		c.Shadow, c.Logger = true, log.logger()
		if change != nil {
			change(c, d)
		}
	})
	return s, w, log
}

// wantShadow compares what shadow mode counted.
func wantShadow(t testing.TB, s *cachedSQLite, want cacheops.ShadowStats) {
	t.Helper()
	if got := s.cache.Stats().Shadow; got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
}

// Whatever is read and written, the program sees the database's rows, and the
// cache would have served the same.
func TestShadowSeesWhatTheDatabaseHas(t *testing.T) {
	t.Parallel()
	s, w, log := shadowed(t, func(_ *cacheops.Config, d *sqlcache.Config) { d.MaxOpenConns = 1 })
	exec(t, s.cached, "CREATE TABLE tags (item INTEGER NOT NULL, tag TEXT)", "INSERT INTO tags VALUES (1, 'red'), (2, NULL)")
	queries := []string{
		"SELECT name FROM items WHERE kind = 1", "SELECT name FROM items WHERE kind = 2 ORDER BY id", "SELECT count(*) FROM items",
		"SELECT name FROM items WHERE id = 3", "SELECT name FROM items ORDER BY id LIMIT 2", "SELECT max(id) + 0.5 FROM items",
		"SELECT CAST(tag AS BLOB) FROM tags JOIN items ON items.id = tags.item WHERE kind = 1 ORDER BY 1",
	}
	writes := []string{
		"UPDATE items SET kind = 3 - kind WHERE id = %d", "UPDATE items SET name = name || 'x' WHERE id = %d", "DELETE FROM items WHERE id = %d",
		"INSERT OR IGNORE INTO items VALUES (%d, 1, 'again')", "INSERT OR REPLACE INTO items VALUES (%d, 2, 'replaced')",
		"INSERT INTO tags VALUES (%d, 'blue')", "UPDATE tags SET tag = NULL WHERE item = %d",
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		for range 3 {
			for _, query := range queries {
				want, _ := readWith(t.Context(), t, s, s.bare, query)
				if got, _ := s.read(t, query); got != want {
					t.Fatalf("%s: %q, the database has %q", query, got, want)
				}
			}
		}
		exec(t, s.cached, fmt.Sprintf(writes[random.IntN(len(writes))], 1+random.IntN(4)))
	}
	got := s.cache.Stats()
	wantShadow(t, s, cacheops.ShadowStats{Compared: got.Hits})
	if got.Hits < got.Misses || log.count("ERROR") > 0 {
		t.Errorf("%d would-be hits, %d misses\n%s", got.Hits, got.Misses, log.text())
	}
	for _, e := range w.take() {
		if !e.Shadow {
			t.Fatalf("not in shadow mode: %+v", e)
		}
	}
}

// Readers and writers at once: there is no difference, and no read is answered
// by another one's query.
func TestShadowBesideWriters(t *testing.T) {
	t.Parallel()
	s, _, log := shadowed(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	turns := newTurns(s)
	var writers, readers sync.WaitGroup
	for id := 1; id <= 2; id++ {
		writers.Go(func() {
			for i := range 60 {
				if i%20 == 0 {
					turns.await(ctx)
				}
				if _, err := s.cached.Exec("UPDATE items SET name = ? WHERE id = ?", fmt.Sprint(i), id); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 4 {
		readers.Go(func() {
			defer cancel()
			for kind := 0; ctx.Err() == nil; kind++ {
				if err := all(s.cached.Query(namesOfKind, kind%3)); err != nil {
					t.Error(err)
					return
				}
				turns.done()
			}
		})
	}
	writers.Wait()
	cancel()
	readers.Wait()
	got := s.cache.Stats()
	if got.Shadow.Differences > 0 || got.Shadow.NotCompared > 0 || got.Shadow.Compared == 0 || got.Shared > 0 {
		t.Errorf("%+v\n%s", got, log.text())
	}
	if got.Shadow.Compared+got.Shadow.Overtaken != got.Hits {
		t.Errorf("%d would-be hits: %+v", got.Hits, got.Shadow)
	}
}

// What is written past the library is found at each read, told without a value,
// and never shown to the program.
func TestShadowFindsDifferences(t *testing.T) {
	t.Parallel()
	const limit, ties = "the statement has a LIMIT", "only the order differs"
	for _, tt := range []struct {
		name, query, write string
		rows               string // what the program must get
		difference, doubt  string // no difference: ""
	}{
		{
			"another value", namesOfKind, "UPDATE items SET name = 'secret' WHERE id = 2", "one,secret",
			"only the cached result has 1 row, the first is its row 2, and only the database has 1 row, the first is its row 2; column 1 has another value, of type string in both", "",
		},
		{
			"another type", namesOfKind, "UPDATE items SET name = CAST('one' AS BLOB) WHERE id = 1", "[111 110 101],two",
			"only the cached result has 1 row, the first is its row 1, and only the database has 1 row, the first is its row 1; column 1 is string in the cached result and []uint8 in the database's", "",
		},
		{
			"more rows", namesOfKind, "INSERT INTO items VALUES (8, 1, 'secret'), (9, 1, 'secret')", "one,two,secret,secret",
			"only the database has 2 rows, the first is its row 3", "",
		},
		{
			"a row twice", namesOfKind, "INSERT INTO items VALUES (8, 1, 'two')", "one,two,two",
			"only the database has 1 row, the first is its row 3", "",
		},
		{
			"fewer rows", namesOfKind, "DELETE FROM items WHERE id = 1", "two",
			"only the cached result has 1 row, the first is its row 1", "",
		},
		{
			"another order", namesOfKind, "UPDATE items SET name = CASE id WHEN 1 THEN 'two' ELSE 'one' END WHERE kind = 1", "two,one",
			"the same rows stand in another order, from row 1 on", ties,
		},
		{
			"an order that nobody asked for", "SELECT name FROM items WHERE kind = ?", "UPDATE items SET name = CASE id WHEN 1 THEN 'two' ELSE 'one' END WHERE kind = 1", "two,one",
			"", "",
		},
		{
			"a limit", "SELECT name FROM items WHERE kind = ? LIMIT 1", "UPDATE items SET name = 'secret' WHERE id = 1", "secret",
			"only the cached result has 1 row, the first is its row 1, and only the database has 1 row, the first is its row 1; column 1 has another value, of type string in both", limit,
		},
		{
			"a limit inside", "SELECT name FROM items WHERE id IN (SELECT max(id) FROM (SELECT id FROM items WHERE kind = ? LIMIT 1))", "DELETE FROM items WHERE id = 1", "two",
			"only the cached result has 1 row, the first is its row 1, and only the database has 1 row, the first is its row 1; column 1 has another value, of type string in both", limit,
		},
		{"columns", "SELECT * FROM items WHERE kind = ?", "ALTER TABLE items ADD COLUMN more TEXT", "", "the cached result has 3 columns, the database's has 4", ""},
	} {
		for _, shared := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, shared store %v", tt.name, shared), func(t *testing.T) {
				t.Parallel()
				s, w, log := shadowed(t, func(c *cacheops.Config, _ *sqlcache.Config) {
					if shared {
						c.Store = newMoody(t)
					}
				})
				read := func(hit bool) {
					t.Helper()
					if tt.rows != "" {
						s.want(t, tt.rows, hit, tt.query, 1)
					} else if err := all(s.cached.Query(tt.query, 1)); err != nil {
						t.Error(err)
					}
				}
				if err := all(s.cached.Query(tt.query, 1)); err != nil {
					t.Fatal(err)
				}
				exec(t, s.bare, tt.write)
				const reads = 3
				for range reads {
					read(true)
				}
				differences := uint64(reads)
				if tt.difference == "" {
					differences = 0
				}
				wantShadow(t, s, cacheops.ShadowStats{Compared: reads, Differences: differences})
				if n := len(w.differences); n != int(differences) || log.count("level=ERROR") != n || log.count(fmt.Sprintf("difference=%q", tt.difference)) != n {
					t.Errorf("%d differences were told\n%s", n, log.text())
				}
				for _, e := range w.differences {
					if e.Difference != tt.difference || (e.Doubt == "") != (tt.doubt == "") || !strings.HasPrefix(e.Doubt, tt.doubt) {
						t.Errorf("told %q, in doubt %q", e.Difference, e.Doubt)
					}
					if e.Database != "main" || e.Query != tt.query || e.Op == 0 || fmt.Sprint(e.Tables) != "[items]" || e.CachedRows == 0 || e.CachedBytes == 0 || e.DatabaseBytes == 0 {
						t.Errorf("told %+v", e)
					}
				}
				if log.count("secret") > 0 {
					t.Errorf("a value was logged:\n%s", log.text())
				}
				// The library's own writes drop the entry as ever.
				exec(t, s.cached, "UPDATE items SET kind = kind")
				read(false)
				read(true)
				wantShadow(t, s, cacheops.ShadowStats{Compared: reads + 1, Differences: differences})
			})
		}
	}
}

// Each read asks the database itself, although another one with the same query is
// under way.
func TestShadowIsNotShared(t *testing.T) {
	t.Parallel()
	s, _, _ := shadowed(t, nil)
	reading, resume := make(chan struct{}), make(chan struct{})
	var stopped atomic.Bool
	s.gate.set(func(_ context.Context, text string) error {
		if text == namesOfKind && stopped.CompareAndSwap(false, true) {
			close(reading)
			<-resume
		}
		return nil
	}, nil)
	first := make(chan error)
	go func() { first <- all(s.cached.Query(namesOfKind, 1)) }()
	<-reading
	// The deadline ends the test where the reader waits for the other one.
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := all(s.cached.QueryContext(ctx, namesOfKind, 1)); err != nil {
		t.Errorf("the second reader: %v", err)
	}
	close(resume)
	if err := <-first; err != nil {
		t.Error(err)
	}
	if got := s.cache.Stats(); got.Misses != 2 || got.Shared != 0 {
		t.Errorf("%+v", got)
	}
}

// Where the rows cannot be compared the program gets them all the same, and where
// the database returns an error the program gets that.
func TestShadowThatCannotCompare(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	newOne := func(t *testing.T) (*cachedSQLite, *lines) {
		t.Helper()
		s, _, log := shadowed(t, func(c *cacheops.Config, d *sqlcache.Config) { c.MaxEntryBytes, d.MaxOpenConns = 2000, 2 })
		s.want(t, "one,two", false, namesOfKind, 1)
		return s, log
	}
	// fail has the query fail some times.
	fail := func(s *cachedSQLite, times int32, err error) {
		var n atomic.Int32
		s.gate.set(func(_ context.Context, text string) error {
			if text == namesOfKind && n.Add(1) <= times {
				return err
			}
			return nil
		}, nil)
	}
	t.Run("too large", func(t *testing.T) {
		t.Parallel()
		s, log := newOne(t)
		for i := range 100 {
			exec(t, s.bare, fmt.Sprintf("INSERT INTO items VALUES (%d, 1, 'a name that takes some room')", 100+i))
		}
		for range 3 {
			if rows, hit := s.read(t, namesOfKind, 1); !hit || strings.Count(rows, ",") != 101 {
				t.Errorf("hit %v, %d rows", hit, 1+strings.Count(rows, ","))
			}
		}
		wantShadow(t, s, cacheops.ShadowStats{NotCompared: 3})
		if log.count("level=ERROR") > 0 {
			t.Error(log.text())
		}
	})
	t.Run("an error", func(t *testing.T) {
		t.Parallel()
		s, _ := newOne(t)
		fail(s, 1, boom)
		if err := all(s.cached.Query(namesOfKind, 1)); !errors.Is(err, boom) {
			t.Errorf("got %v", err)
		}
		s.want(t, "one,two", true, namesOfKind, 1)
		wantShadow(t, s, cacheops.ShadowStats{NotCompared: 1, Compared: 1})
	})
	t.Run("a context that ends", func(t *testing.T) {
		t.Parallel()
		s, _ := newOne(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s.gate.set(func(_ context.Context, text string) error {
			if text == namesOfKind {
				cancel()
				return ctx.Err()
			}
			return nil
		}, nil)
		if err := all(s.cached.QueryContext(ctx, namesOfKind, 1)); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		s.gate.set(nil, nil)
		s.want(t, "one,two", true, namesOfKind, 1)
		wantShadow(t, s, cacheops.ShadowStats{NotCompared: 1, Compared: 1})
	})
	t.Run("a broken connection", func(t *testing.T) {
		t.Parallel()
		s, _ := newOne(t)
		fail(s, 1, driver.ErrBadConn)
		s.want(t, "one,two", true, namesOfKind, 1)
		wantShadow(t, s, cacheops.ShadowStats{Compared: 1})
	})
	t.Run("another state of the connection", func(t *testing.T) {
		t.Parallel()
		const like = "SELECT name FROM items WHERE name LIKE 'ONE'"
		s, _ := newOne(t)
		s.want(t, "one", false, like)
		conn, err := s.cached.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.ExecContext(t.Context(), "PRAGMA case_sensitive_like = ON"); err != nil {
			t.Fatal(err)
		}
		// Back in the pool, where the next read may take it.
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		if rows, hit := s.read(t, like); !hit || rows != "" {
			t.Errorf("read %q, hit %v", rows, hit)
		}
		wantShadow(t, s, cacheops.ShadowStats{NotCompared: 1})
	})
	t.Run("a store that is away", func(t *testing.T) {
		t.Parallel()
		st := newMoody(t)
		s, _, _ := shadowed(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.Store = st })
		s.want(t, "one,two", false, namesOfKind, 1)
		s.gate.set(func(_ context.Context, text string) error {
			st.away.Store(text == namesOfKind)
			return nil
		}, nil)
		s.want(t, "one,two", true, namesOfKind, 1)  // away when it is compared
		s.want(t, "one,two", false, namesOfKind, 1) // and when it is looked up
		wantShadow(t, s, cacheops.ShadowStats{Overtaken: 1})
	})
}

// What takes no part in the cache takes none in shadow mode.
func TestShadowPasses(t *testing.T) {
	t.Parallel()
	s, w, _ := shadowed(t, nil)
	s.want(t, "one,two", false, namesOfKind, 1)
	exec(t, s.bare, "UPDATE items SET name = 'other' WHERE id = 1")
	tx, err := s.cached.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if rows, hit := readWith(t.Context(), t, s, tx, namesOfKind, 1); rows != "other,two" || hit {
		t.Errorf("in a transaction: %q, hit %v", rows, hit)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if rows, hit := readWith(cacheops.Bypass(t.Context()), t, s, s.cached, namesOfKind, 1); rows != "other,two" || hit {
		t.Errorf("bypassed: %q, hit %v", rows, hit)
	}
	s.cache.SetDisabled(true)
	s.want(t, "other,two", false, namesOfKind, 1)
	wantShadow(t, s, cacheops.ShadowStats{})
	if got := s.cache.Stats(); got.PassedBy != (cacheops.PassedStats{Transaction: 1, Bypass: 1, Disabled: 1}) {
		t.Errorf("%+v", got)
	}
	for _, e := range w.take()[1:] {
		if e.Shadow || e.Hit {
			t.Errorf("%+v", e)
		}
	}
}
