package integration

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/httpcache"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
)

// pages is a server with a page for each category of funcs.
type pages struct {
	*funcs

	server *httptest.Server
}

// newPages starts one. The handler is that of the pages; nil is the usual one.
func newPages(t testing.TB, f *funcs, cfg httpcache.Config, h http.HandlerFunc) *pages {
	t.Helper()
	p := &pages{funcs: f}
	if h == nil {
		h = p.category
	}
	mux := http.NewServeMux()
	mux.Handle("GET /category/{id}", httpcache.New(f.cache, cfg)(h))
	p.server = httptest.NewServer(mux)
	t.Cleanup(p.server.Close)
	return p
}

// category is the handler of a category's page.
func (p *pages) category(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	s, err := p.summarise(r.Context(), category{id})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprintf(w, "%d posts, first %s", s.Posts, s.Title)
}

// get reads the page of a category, and tells whether the handler ran.
func (p *pages) get(t testing.TB, id int) (body string, ran bool) {
	t.Helper()
	before := p.runs.Load()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, fmt.Sprint(p.server.URL, "/category/", id), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := p.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), p.runs.Load() > before
}

// shows wants a page to have a body, and the handler to run or not.
func (p *pages) shows(t testing.TB, id int, want string, ran bool) {
	t.Helper()
	if body, did := p.get(t, id); body != want || did != ran {
		t.Fatalf("the page of category %d is %q, ran is %v; want %q, %v; the event is %+v", id, body, did, want, ran, p.last())
	}
}

func TestPageIsDroppedByWhatItRead(t *testing.T) {
	t.Parallel()
	p := newPages(t, newFuncs(t, nil), httpcache.Config{}, nil)
	p.shows(t, 1, "2 posts, first one", true)
	p.shows(t, 1, "2 posts, first one", false)
	p.shows(t, 2, "1 posts, first three", true)
	if e := p.last(); e.Func != httpcache.Name || e.Hit || e.Reason != "" {
		t.Errorf("the event of a miss is %+v", e)
	}
	exec(t, p.cached, "UPDATE posts SET title = 'first' WHERE id = 1")
	p.shows(t, 1, "2 posts, first first", true)
	p.shows(t, 2, "1 posts, first three", false)
	exec(t, p.cached, "UPDATE posts SET category_id = 2 WHERE id = 2")
	p.shows(t, 1, "1 posts, first first", true)
	p.shows(t, 2, "2 posts, first two", true)
	exec(t, p.cached, "INSERT INTO tags VALUES (2, 'sql')")
	p.shows(t, 1, "1 posts, first first", false)
	p.shows(t, 2, "2 posts, first two", false)
	if err := httpcache.Invalidate(t.Context(), p.cache, p.server.URL+"/category/1"); err != nil {
		t.Fatal(err)
	}
	p.shows(t, 1, "1 posts, first first", true)
	p.shows(t, 2, "2 posts, first two", false)
	if n := p.cache.Stats().Funcs; n.Hits != 5 || n.Misses != 6 {
		t.Errorf("Stats: %+v", n)
	}
}

// What a page is said to depend on drops it, in place of what it reads.
func TestPageDependsOn(t *testing.T) {
	t.Parallel()
	p := newPages(t, newFuncs(t, nil), httpcache.Config{DependsOn: func(r *http.Request) []cacheops.Dep {
		id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
		return []cacheops.Dep{
			cacheops.On("main", cacheops.Row("posts", cacheops.Values{"category_id": id})),
			cacheops.OnQuery("main", "SELECT name FROM tags WHERE id = ?", id),
		}
	}}, nil)
	p.shows(t, 1, "2 posts, first one", true)
	p.shows(t, 2, "1 posts, first three", true)
	exec(t, p.cached, "UPDATE posts SET title = 'first' WHERE id = 1")
	p.shows(t, 1, "2 posts, first first", true)
	p.shows(t, 2, "1 posts, first three", false)
	exec(t, p.cached, "UPDATE tags SET name = 'Go' WHERE id = 1")
	p.shows(t, 1, "2 posts, first first", true)
	p.shows(t, 2, "1 posts, first three", false)
}

// Only time ends these, and Invalidate.
func TestPageTTLOnly(t *testing.T) {
	t.Parallel()
	p := newPages(t, newFuncs(t, nil), httpcache.Config{TTL: time.Hour, TTLOnly: true}, nil)
	p.shows(t, 1, "2 posts, first one", true)
	exec(t, p.cached, "UPDATE posts SET title = 'first' WHERE id = 1")
	p.shows(t, 1, "2 posts, first one", false)
	if err := httpcache.Invalidate(t.Context(), p.cache, p.server.URL+"/category/1"); err != nil {
		t.Fatal(err)
	}
	p.shows(t, 1, "2 posts, first first", true)
}

// What keeps the result of a function out keeps a page out.
func TestPageIsNotStored(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, nil)
	for name, x := range map[string]struct {
		reason string
		run    func(ctx context.Context) error
	}{
		"a write": {"it runs a statement that is no read", func(ctx context.Context) error {
			_, err := f.cached.ExecContext(ctx, "UPDATE posts SET title = title WHERE id = 3")
			return err
		}},
		"a query that cannot be cached": {"a query passed the cache", func(ctx context.Context) error {
			var n int64
			return f.cached.QueryRowContext(ctx, "SELECT random()").Scan(&n)
		}},
		"a query that fails": {"a query failed", func(ctx context.Context) error {
			var n int64
			_ = f.cached.QueryRowContext(ctx, "SELECT title FROM posts WHERE id = abs(-9223372036854775807 - 1)").Scan(&n)
			return nil
		}},
	} {
		p := newPages(t, f, httpcache.Config{}, func(w http.ResponseWriter, r *http.Request) {
			f.runs.Add(1)
			if err := x.run(r.Context()); err != nil {
				t.Error(err)
			}
			fmt.Fprint(w, "page")
		})
		for range 2 {
			p.shows(t, 1, "page", true)
			if got := p.last().Reason; !strings.Contains(got, x.reason) {
				t.Errorf("%s: the reason is %q, want %q", name, got, x.reason)
			}
		}
	}
}

// A page that a write overtakes while it is made is not kept.
func TestPageIsOvertaken(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, nil)
	var p *pages
	p = newPages(t, f, httpcache.Config{}, func(w http.ResponseWriter, r *http.Request) {
		p.category(w, r)
		if f.runs.Load() == 1 {
			exec(t, f.cached, "UPDATE posts SET title = 'new' WHERE id = 1") // somebody else's
		}
	})
	p.shows(t, 1, "2 posts, first one", true)
	p.shows(t, 1, "2 posts, first new", true)
	p.shows(t, 1, "2 posts, first new", false)
}

// A page may be made of functions, and a function may hold a page.
func TestPageOfFunctions(t *testing.T) {
	t.Parallel()
	f := newFuncs(t, nil)
	fn := newFunc(t, f.cache, "summary", f.summarise)
	p := newPages(t, f, httpcache.Config{}, func(w http.ResponseWriter, r *http.Request) {
		s, err := fn.Call(r.Context(), category{1})
		if err != nil {
			t.Error(err)
		}
		f.runs.Add(1)
		fmt.Fprint(w, s.Title)
	})
	outer := newFunc(t, f.cache, "outer", func(ctx context.Context, _ struct{}) (string, error) {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/category/1", nil)
		p.server.Config.Handler.ServeHTTP(w, r)
		return w.Body.String(), nil
	})
	p.shows(t, 1, "one", true)
	p.shows(t, 1, "one", false)
	calls(t, f, outer, struct{}{}, "one", true) // of another host
	calls(t, f, outer, struct{}{}, "one", false)
	exec(t, f.cached, "UPDATE posts SET title = 'first' WHERE id = 1")
	p.shows(t, 1, "first", true)
	calls(t, f, outer, struct{}{}, "first", true)
	exec(t, f.cached, "UPDATE posts SET title = 'last' WHERE id = 3")
	p.shows(t, 1, "first", false)
	calls(t, f, outer, struct{}{}, "first", false)
}

// Pages are compared with what they would be without a cache, after each of many writes.
func TestPagesAreFresh(t *testing.T) {
	t.Parallel()
	freshPages(t, newPages(t, newFuncs(t, nil), httpcache.Config{}, nil), 400)
}

// freshPages makes so many writes.
func freshPages(t *testing.T, ps *pages, writes int, more ...*pages) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	all := append([]*pages{ps}, more...)
	var reads, ran int
	for range writes {
		writer := all[random.IntN(len(all))]
		exec(t, writer.cached, []string{
			fmt.Sprintf("UPDATE posts SET title = 't%d' WHERE id = %d", random.IntN(100), random.IntN(6)),
			fmt.Sprintf("UPDATE posts SET category_id = %d WHERE id = %d", random.IntN(5), random.IntN(6)),
			fmt.Sprintf("INSERT OR IGNORE INTO posts VALUES (%d, %d, 'new')", random.IntN(6), random.IntN(5)),
			fmt.Sprintf("DELETE FROM posts WHERE id = %d", random.IntN(6)),
		}[random.IntN(4)])
		for id := range 5 {
			var n int
			var title string
			if err := ps.bare.QueryRowContext(t.Context(), "SELECT count(*), coalesce((SELECT title FROM posts WHERE category_id = ?1 ORDER BY id LIMIT 1), '') FROM posts WHERE category_id = ?1", id).Scan(&n, &title); err != nil {
				t.Fatal(err)
			}
			want := fmt.Sprintf("%d posts, first %s", n, title)
			if n == 0 {
				want = "sql: no rows in result set\n"
			}
			for _, p := range all {
				for range 2 {
					body, did := p.get(t, id)
					if body != want {
						t.Fatalf("STALE: category %d is %q, want %q; the event is %+v", id, body, want, p.last())
					}
					if n > 0 { // what has none is an error, and is not kept
						reads++
						if did {
							ran++
						}
					}
				}
			}
		}
	}
	t.Logf("figure: %d of %d pages were made", ran, reads)
	if ran*2 > reads {
		t.Errorf("%d of %d pages were made, so little is shown", ran, reads)
	}
}

// Processes that share a Redis share their pages, and what one writes drops them for all.
func TestPagesInRedis(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	set := func() func(*cacheops.Config, *sqlcache.Config) { return onRedis(newRedisStore(t, server)) }
	one := newPages(t, newFuncs(t, set()), httpcache.Config{Origin: "https://example.com", Name: "category"}, nil)
	other := &funcs{cachedSQLite: openCachedSQLite(t, one.path, set())}
	two := newPages(t, other, httpcache.Config{Origin: "https://example.com", Name: "category"}, nil)
	one.shows(t, 1, "2 posts, first one", true)
	one.shows(t, 1, "2 posts, first one", false)
	two.shows(t, 1, "2 posts, first one", false)
	exec(t, two.cached, "UPDATE posts SET title = 'first' WHERE id = 1")
	one.shows(t, 1, "2 posts, first first", true)
	two.shows(t, 1, "2 posts, first first", false)
	if err := httpcache.Invalidate(t.Context(), two.cache, "https://example.com/category/1"); err != nil {
		t.Fatal(err)
	}
	one.shows(t, 1, "2 posts, first first", true)
	freshPages(t, one, 60, two)

	// What somebody else puts in the place of a page is no page, and does no harm.
	raw := rawClient(t, server)
	one.get(t, 1)
	keys, err := raw.Do(t.Context(), raw.B().Keys().Pattern("cacheops:*").Build()).AsStrSlice()
	if err != nil {
		t.Fatal(err)
	}
	exec(t, one.cached, "INSERT OR REPLACE INTO posts VALUES (1, 1, 'safe')")
	for _, key := range keys {
		_ = raw.Do(t.Context(), raw.B().Set().Key(key).Value("poison").Xx().Build()).Error() // those that are none
	}
	for range 3 {
		if body, _ := one.get(t, 1); !strings.HasSuffix(body, "first safe") {
			t.Errorf("poisoned: %q", body)
		}
	}
}

// elsewhere keeps pages in another place.
type elsewhere struct{ by sync.Map }

func (e *elsewhere) Get(_ context.Context, key store.Key) ([]byte, error) {
	if b, ok := e.by.Load(key); ok {
		return b.([]byte), nil
	}
	return nil, cacheops.ErrMiss
}

func (e *elsewhere) Set(_ context.Context, key store.Key, data []byte, _ time.Duration) error {
	e.by.Store(key, data)
	return nil
}

func (e *elsewhere) Delete(_ context.Context, key store.Key) error {
	e.by.Delete(key)
	return nil
}

// What drops pages in another place may be a program without a database.
func TestPagesElsewhereAreDroppedByAnyProgram(t *testing.T) {
	t.Parallel()
	in := new(elsewhere)
	p := newPages(t, newFuncs(t, nil), httpcache.Config{TTL: time.Hour, KeepIn: in}, nil)
	p.shows(t, 1, "2 posts, first one", true)
	exec(t, p.cached, "UPDATE posts SET title = 'first' WHERE id = 1")
	p.shows(t, 1, "2 posts, first one", false)
	other, err := cacheops.New(cacheops.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := httpcache.InvalidateKept(t.Context(), other, in, p.server.URL+"/category/1"); err != nil {
		t.Fatal(err)
	}
	p.shows(t, 1, "2 posts, first first", true)
	p.shows(t, 1, "2 posts, first first", false)
}
