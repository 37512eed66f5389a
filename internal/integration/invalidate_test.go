package integration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// postReads are reads of posts by all that a condition can compare, and one of
// another table, each under a short name.
var postReads = []struct{ name, query string }{
	{"id34", "SELECT title FROM posts WHERE id = 34"},
	{"id35", "SELECT title FROM posts WHERE id = 35"},
	{"cat1", "SELECT title FROM posts WHERE category_id = 1 ORDER BY id"},
	{"cat2", "SELECT title FROM posts WHERE category_id = 2 ORDER BY id"},
	{"catnull", "SELECT title FROM posts WHERE category_id IS NULL ORDER BY id"},
	{"cat1live", "SELECT title FROM posts WHERE category_id = 1 AND status = 'live' ORDER BY id"},
	{"cat2live", "SELECT title FROM posts WHERE category_id = 2 AND status = 'live' ORDER BY id"},
	{"live", "SELECT title FROM posts WHERE status = 'live' ORDER BY id"},
	{"draft", "SELECT title FROM posts WHERE status = 'draft' ORDER BY id"},
	{"active", "SELECT title FROM posts WHERE active ORDER BY id"},
	{"inactive", "SELECT title FROM posts WHERE active IS FALSE ORDER BY id"},
	{"heavy", "SELECT title FROM posts WHERE weight = 1.5 ORDER BY id"},
	{"count", "SELECT count(*) FROM posts"},
	{"other", "SELECT name FROM others"},
}

// newPosts is a database of posts of which every one of postReads is cached.
func newPosts(t testing.TB, change func(*cacheops.Config, *sqlcache.Config)) *cachedSQLite {
	t.Helper()
	s := newCachedSQLite(t, change)
	exec(t, s.cached,
		"CREATE TABLE posts (id INTEGER PRIMARY KEY, category_id INTEGER, status TEXT COLLATE NOCASE NOT NULL, active BOOLEAN, weight REAL, title TEXT)",
		"CREATE TABLE others (id INTEGER PRIMARY KEY, name TEXT)",
		"CREATE VIEW live_posts AS SELECT * FROM posts WHERE status = 'live'",
		"INSERT INTO posts VALUES (34, 1, 'live', 1, 1.5, 'a'), (35, 2, 'draft', 0, 2.5, 'b'), (36, NULL, 'live', NULL, 1.5, 'c')",
		"INSERT INTO others VALUES (1, 'x')")
	s.dropped(t)
	if d := s.dropped(t); d != "" {
		t.Fatalf("not cached: %s", d)
	}
	return s
}

// dropped makes all of postReads, and returns the names of those that the cache
// did not answer. All are cached afterwards.
func (s *cachedSQLite) dropped(t testing.TB) string {
	t.Helper()
	var names []string
	for _, r := range postReads {
		if _, hit := s.read(t, r.query); !hit {
			names = append(names, r.name)
		}
	}
	return strings.Join(names, " ")
}

const allOfPosts = "id34 id35 cat1 cat2 catnull cat1live cat2live live draft active inactive heavy count"

// A target drops what it must and nothing else.
func TestInvalidateTargets(t *testing.T) {
	t.Parallel()
	s := newPosts(t, nil)
	db := s.cache.Database("main")
	row := func(v cacheops.Values) cacheops.Target { return cacheops.Row("posts", v) }
	tests := []struct {
		name    string
		targets []cacheops.Target
		want    string
	}{
		{
			"a column that a Row does not give matches every value", []cacheops.Target{row(cacheops.Values{"id": 34})},
			"id34 cat1 cat2 catnull cat1live cat2live live draft active inactive heavy count",
		},
		{
			"two columns", []cacheops.Target{row(cacheops.Values{"id": 34, "category_id": 1})},
			"id34 cat1 cat1live cat2live live draft active inactive heavy count",
		},
		{
			"all columns", []cacheops.Target{row(cacheops.Values{"id": 34, "category_id": 1, "status": "live", "active": true, "weight": 1.5, "title": "a"})},
			"id34 cat1 cat1live live active heavy count",
		},
		{
			"another row", []cacheops.Target{row(cacheops.Values{"id": 99, "category_id": 2, "status": "DRAFT", "active": 0, "weight": 9.5, "title": "a"})},
			"cat2 draft inactive heavy count",
		},
		{
			"NULL", []cacheops.Target{row(cacheops.Values{"id": 99, "category_id": nil, "status": "new", "active": sql.NullBool{}})},
			"catnull heavy count",
		},
		{
			"before and after", []cacheops.Target{
				row(cacheops.Values{"id": 34, "category_id": 1, "status": "live", "active": true}),
				row(cacheops.Values{"id": 34, "category_id": 2, "status": "draft", "active": true}),
			},
			"id34 cat1 cat2 cat1live live draft active heavy count",
		},
		{
			"names and values are compared as SQL does", []cacheops.Target{cacheops.Row("main.POSTS", cacheops.Values{"ID": "34", "Category_ID": int8(1), "STATUS": "Live", "active": 1.0})},
			"id34 cat1 cat1live live active heavy count",
		},
		{
			"a value that the rules do not know is taken for not given", []cacheops.Target{row(cacheops.Values{"id": "thirty", "category_id": 3, "status": "new", "active": "yes"})},
			"id34 id35 active inactive heavy count",
		},
		{"a row without values is any row", []cacheops.Target{row(nil)}, allOfPosts},
		{"table", []cacheops.Target{cacheops.Table("Posts")}, allOfPosts},
		{"other table", []cacheops.Target{cacheops.Table("main.others")}, "other"},
		{"pattern", []cacheops.Target{cacheops.Pattern("P*")}, allOfPosts},
		{"pattern with a schema", []cacheops.Target{cacheops.Pattern("main.oth*")}, "other"},
		{"several", []cacheops.Target{cacheops.Table("others"), row(cacheops.Values{"id": 35, "category_id": 7, "status": "new", "active": nil})}, "id35 heavy count other"},
		{"all", []cacheops.Target{cacheops.All()}, allOfPosts + " other"},
		{"all among others", []cacheops.Target{cacheops.Table("others"), cacheops.All()}, allOfPosts + " other"},
		{"none", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { //nolint:paralleltest // they share the cache
			if err := db.Invalidate(t.Context(), tt.targets...); err != nil {
				t.Fatal(err)
			}
			if got := s.dropped(t); got != tt.want {
				t.Errorf("dropped %q\nwant    %q", got, tt.want)
			}
		})
	}
}

// What is wrong with one target is told, and nothing of the others is dropped.
func TestInvalidateRefuses(t *testing.T) {
	t.Parallel()
	s := newPosts(t, nil)
	db := s.cache.Database("main")
	for _, tt := range []struct {
		target cacheops.Target
		want   string
	}{
		{cacheops.Table("nothing"), `no table "nothing"`},
		{cacheops.Table("temp.posts"), `no table "temp.posts"`},
		{cacheops.Table(""), "empty target"},
		{cacheops.Target{}, "empty target"},
		{cacheops.Table("live_posts"), "is a view: name the tables"},
		{cacheops.Row("live_posts", nil), "is a view: name the tables"},
		{cacheops.Row("posts", cacheops.Values{"id": 1, "colour": "red"}), `no column "colour"`},
		{cacheops.Row("posts", cacheops.Values{"id": 1, "ID": 2}), `gives one column twice, as "ID" and "id"`},
		{cacheops.Row("posts", cacheops.Values{"id": make(chan int)}), `column "id"`},
		{cacheops.Row("nothing", cacheops.Values{"id": 1}), `no table "nothing"`},
		{cacheops.Pattern("log_*"), `matches the pattern "log_*"`},
		{cacheops.Pattern("live_*"), `matches the pattern "live_*"`},
		{cacheops.Pattern("["), "no valid pattern"},
	} {
		for _, invalidate := range []func(...cacheops.Target) error{
			func(list ...cacheops.Target) error { return db.Invalidate(t.Context(), list...) },
			func(list ...cacheops.Target) error { return db.InvalidateTx(t.Context(), s.cached, list...) },
		} {
			if err := invalidate(cacheops.Table("posts"), tt.target, cacheops.Table("others")); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		}
	}
	if got := s.dropped(t); got != "" {
		t.Errorf("dropped %q", got)
	}
	if err := s.cache.Database("elsewhere").Invalidate(t.Context(), cacheops.Row("posts", nil)); !errors.Is(err, cacheops.ErrNotOpen) {
		t.Errorf("got %v", err)
	}
	if err := s.cache.Database("elsewhere").Invalidate(t.Context(), cacheops.All()); err != nil {
		t.Errorf("all of a database that is not open: %v", err)
	}
}

// A table that was made behind the library's back is found.
func TestInvalidateFindsNewTables(t *testing.T) {
	t.Parallel()
	s := newPosts(t, nil)
	db := s.cache.Database("main")
	exec(t, s.bare, "CREATE TABLE log_1 (id INTEGER)")
	if err := db.Invalidate(t.Context(), cacheops.Table("log_1")); err != nil {
		t.Error(err)
	}
	exec(t, s.bare, "CREATE TABLE log_2 (id INTEGER)")
	var tables []string
	s2 := newPosts(t, func(c *cacheops.Config, _ *sqlcache.Config) {
		c.Hooks.OnInvalidate = func(_ context.Context, e cacheops.InvalidateEvent) {
			for _, tt := range e.Tables {
				tables = append(tables, tt.Table)
			}
		}
	})
	exec(t, s2.bare, "CREATE TABLE log_1 (id INTEGER)", "CREATE TABLE log_2 (id INTEGER)")
	tables = nil
	if err := s2.cache.Database("main").Invalidate(t.Context(), cacheops.Pattern("log_*")); err != nil {
		t.Fatal(err)
	}
	if slices.Sort(tables); !slices.Equal(tables, []string{"log_1", "log_2"}) {
		t.Errorf("dropped %v", tables)
	}
}

// Whatever of a row is given, nothing that the row matters to is served: random
// changes behind the library's back, told with some of their columns.
func TestInvalidateRowsAtRandom(t *testing.T) {
	t.Parallel()
	s := newPosts(t, nil)
	ctx := t.Context()
	db := s.cache.Database("main")
	rng := rand.New(rand.NewPCG(11, 12))
	columns := []string{"id", "category_id", "status", "active", "weight", "title"}
	pick := func(values ...any) any { return values[rng.IntN(len(values))] }
	kept := 0
	for i := range 400 {
		id := pick(34, 35, 36, 37)
		images := make([]cacheops.Target, 0, 2)
		image := func() {
			given := cacheops.Values{}
			values, pointers := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				pointers[i] = &values[i]
			}
			err := s.bare.QueryRowContext(ctx, "SELECT "+strings.Join(columns, ", ")+" FROM posts WHERE id = ?", id).Scan(pointers...)
			if errors.Is(err, sql.ErrNoRows) {
				return
			} else if err != nil {
				t.Fatal(err)
			}
			for i, name := range columns {
				if rng.IntN(4) > 0 {
					given[name] = values[i]
				}
			}
			images = append(images, cacheops.Row("posts", given))
		}
		image()
		if _, err := s.bare.ExecContext(ctx, "INSERT OR REPLACE INTO posts VALUES (?, ?, ?, ?, ?, ?)", id,
			pick(1, 2, 3, nil), pick("live", "draft", "LIVE", "new"), pick(0, 1, nil), pick(1.5, 2.5), fmt.Sprint("t", i)); err != nil {
			t.Fatal(err)
		}
		image()
		if err := db.Invalidate(ctx, images...); err != nil {
			t.Fatal(err)
		}
		for _, r := range postReads {
			want, _ := readWith(ctx, t, s, s.bare, r.query)
			got, hit := s.read(t, r.query)
			if got != want {
				t.Fatalf("STALE after change %d: %s gave %q instead of %q", i, r.query, got, want)
			}
			if hit && r.name != "other" {
				kept++
			}
		}
	}
	if kept < 400 {
		t.Errorf("only %d reads of %d were kept", kept, 400*len(postReads))
	}
}

// Under NoInvalidation writes drop nothing, statement by statement; what would
// make results wrong, not only old, still does.
func TestNoInvalidation(t *testing.T) {
	t.Parallel()
	s := newPosts(t, nil)
	ctx := t.Context()
	quiet := cacheops.NoInvalidation(ctx)
	want := func(dropped string) {
		t.Helper()
		if got := s.dropped(t); got != dropped {
			t.Fatalf("dropped %q, want %q", got, dropped)
		}
	}
	run := func(ctx context.Context, on cacheops.Execer, text string) {
		t.Helper()
		if _, err := on.ExecContext(ctx, text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	title := func() (title string) {
		t.Helper()
		if err := s.bare.QueryRowContext(ctx, "SELECT title FROM posts WHERE id = 34").Scan(&title); err != nil {
			t.Fatal(err)
		}
		return title
	}
	run(quiet, s.cached, "UPDATE posts SET title = 'quiet' WHERE id = 34")
	run(quiet, s.cached, "INSERT OR REPLACE INTO others VALUES (2, 'y')")
	if title() != "quiet" {
		t.Error("the write was not done")
	}
	var id int
	if err := s.cached.QueryRowContext(cacheops.With(cacheops.Bypass(quiet), cacheops.Ops(0)), "UPDATE posts SET title = 'returned' WHERE id = 34 RETURNING id").Scan(&id); err != nil || id != 34 || title() != "returned" {
		t.Errorf("RETURNING gave %d, %v", id, err)
	}
	want("")

	tx, err := s.cached.BeginTx(quiet, nil) // its context decides nothing
	if err != nil {
		t.Fatal(err)
	}
	run(quiet, tx, "UPDATE posts SET title = 'in' WHERE id = 34")
	run(ctx, tx, "UPDATE others SET name = 'z'")
	// It reads what it wrote, and nothing of it is stored.
	if rows, hit := readWith(ctx, t, s, tx, postReads[0].query); rows != "in" || hit {
		t.Errorf("the transaction reads %q, hit %v", rows, hit)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	want("other")

	if err := s.cache.Database("main").Invalidate(quiet, cacheops.Table("others")); err != nil {
		t.Fatal(err)
	}
	want("other")
	if err := s.cache.Database("main").InvalidateTx(quiet, s.cached, cacheops.Table("others")); err != nil {
		t.Fatal(err)
	}
	want("other")
	run(quiet, s.cached, "CREATE TABLE made (id INTEGER)")
	want(allOfPosts + " other")
	run(quiet, s.cached, "UPDATE others SET name = 'a'; UPDATE others SET name = 'b'")
	want("")
	run(quiet, s.cached, "BEGIN; UPDATE others SET name = 'c'; COMMIT") // a script of unknown effect
	want(allOfPosts + " other")
}
