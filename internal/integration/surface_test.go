package integration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/cachetest/scenario"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/sqlcache"
)

func scenarioRows(db *sql.DB, query string, args ...any) ([][]any, error) {
	return scenario.Rows(db, query, args...)
}

// The choices of a context hold for its calls and for no others.
func TestContextOptions(t *testing.T) {
	t.Parallel()
	s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) {
		c.Profiles = cacheops.Profiles{"items": {Ops: cacheops.OpFetch}, "secrets": {Mode: cacheops.Never}}
	})
	exec(t, s.cached, "CREATE TABLE secrets (id INTEGER PRIMARY KEY, name TEXT)", "CREATE TABLE others (id INTEGER PRIMARY KEY, name TEXT)")
	ctx := context.Background()
	bypass := cacheops.Bypass(ctx)
	tests := []struct {
		name    string
		ctx     context.Context //nolint:containedctx // a case is one call
		query   string
		hit     bool // the second read
		reason  string
		counted bool
	}{
		{"profile's op", ctx, "SELECT name FROM items WHERE kind = 1 ORDER BY id", true, "", false},
		{"other op", ctx, "SELECT count(*) FROM items WHERE kind = 1", false, "no profile caches this kind of read", false},
		{"other op, asked for", cacheops.With(ctx, cacheops.Ops(cacheops.OpCount)), "SELECT count(*) FROM items WHERE kind = 1", true, "", false},
		{"bypass", bypass, "SELECT name FROM items WHERE kind = 1 ORDER BY id", false, "bypassed by the context", false},
		{"asked for under a bypass", cacheops.With(bypass, cacheops.Ops(cacheops.OpAll)), "SELECT name FROM items WHERE kind = 2", true, "", false},
		{"no ops", cacheops.With(ctx, cacheops.Ops(0)), "SELECT name FROM items WHERE kind = 1 ORDER BY id", false, "no profile caches this kind of read", false},
		{"no profile", ctx, "SELECT name FROM others WHERE id = 1", false, "no profile caches this kind of read", false},
		{"never", ctx, "SELECT name FROM secrets WHERE id = 1", false, "a profile forbids caching", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { //nolint:paralleltest // they share the counters
			readWith(tt.ctx, t, s, s.cached, tt.query)
			if _, hit := readWith(tt.ctx, t, s, s.cached, tt.query); hit != tt.hit {
				t.Errorf("hit %v, reason %q", hit, s.lastReason.Load())
			}
			if got := s.lastReason.Load(); got != tt.reason {
				t.Errorf("reason %q, want %q", got, tt.reason)
			}
		})
	}
}

// The switch stops reads only: nothing is stale when it is turned on again.
func TestDisabled(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	s.want(t, "one,two", false, namesOfKind, 1)
	s.cache.SetDisabled(true)
	s.want(t, "one,two", false, namesOfKind, 1)
	exec(t, s.cached, "UPDATE items SET name = 'x' WHERE id = 1")
	s.cache.SetDisabled(false)
	s.want(t, "x,two", false, namesOfKind, 1)
	s.want(t, "x,two", true, namesOfKind, 1)
}

// Writes that bypass the library are told with Invalidate.
func TestInvalidate(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newItems(t, nil)
	exec(t, s.cached, "CREATE TABLE others (id INTEGER PRIMARY KEY, name TEXT)")
	const others = "SELECT name FROM others"
	db := s.cache.Database("main")
	for _, tt := range []struct {
		target cacheops.Target
		keeps  bool // the other table
	}{{cacheops.Table("items"), true}, {cacheops.Table("main.Items"), true}, {cacheops.All(), false}} {
		s.read(t, namesOfKind, 1)
		s.read(t, others)
		exec(t, s.bare, "UPDATE items SET name = name || '!' WHERE id = 1")
		if err := db.Invalidate(ctx, tt.target); err != nil {
			t.Fatal(err)
		}
		want, _ := readWith(ctx, t, s, s.bare, namesOfKind, 1)
		s.want(t, want, false, namesOfKind, 1)
		s.want(t, "", tt.keeps, others)
	}
	if err := db.Invalidate(ctx, cacheops.Table("nothing")); err == nil {
		t.Error("an unknown table was accepted")
	}
	if err := s.cache.Database("elsewhere").Invalidate(ctx, cacheops.Table("items")); !errors.Is(err, cacheops.ErrNotOpen) {
		t.Errorf("got %v", err)
	}
}

// Explain takes the arguments that the statement itself takes.
func TestExplainArguments(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	db := s.cache.Database("main")
	for _, tt := range []struct {
		query string
		args  []any
		want  string
	}{
		{"SELECT name FROM items WHERE id = ?", []any{7}, "items: id = 7"},
		{"SELECT name FROM items WHERE id = :id AND kind = @kind", []any{sql.Named("kind", int8(2)), sql.Named("id", 7)}, "items: id = 7 AND kind = 2"},
		{"SELECT name FROM items WHERE id = $id", []any{sql.Named("id", sql.NullInt64{Int64: 7, Valid: true})}, "items: id = 7"},
	} {
		e, err := db.Explain(t.Context(), tt.query, tt.args...)
		if err != nil {
			t.Errorf("%s: %v", tt.query, err)
			continue
		}
		if got := strings.Join(e.Depends, "; "); got != tt.want || !e.Cached {
			t.Errorf("%s: depends on %q, cached %v, want %q", tt.query, got, e.Cached, tt.want)
		}
	}
	if _, err := db.Explain(t.Context(), namesOfKind, sql.Named("a", make(chan int))); err == nil || !strings.Contains(err.Error(), "argument 1") {
		t.Errorf("an argument that no driver takes: %v", err)
	}
}

// Two handles with one Database invalidate each other; with different ones they
// never mix.
func TestTwoHandles(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newItems(t, nil)
	open := func(path, database string) *sql.DB {
		db, err := sqlcache.Open(s.cache, "sqlite", "file:"+path+dsnOptions, sqlcache.Config{Dialect: sqlite.Dialect, Database: database})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return db
	}
	same := open(s.path, "main")
	s.want(t, "one,two", false, namesOfKind, 1)
	exec(t, same, "UPDATE items SET name = 'x' WHERE id = 1")
	s.want(t, "x,two", false, namesOfKind, 1)

	other := open(t.TempDir()+"/other.sqlite", "other")
	exec(t, other, createItems, "INSERT INTO items VALUES (1, 1, 'other')")
	if rows, hit := readWith(ctx, t, s, other, namesOfKind, 1); rows != "other" || hit {
		t.Errorf("%q, hit %v", rows, hit)
	}
	exec(t, other, "UPDATE items SET name = 'y' WHERE id = 1")
	s.want(t, "x,two", true, namesOfKind, 1)
}

// Prepared statements hit like any other, and see wrong arguments refused in
// the words of database/sql.
func TestPreparedStatements(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	st, err := s.cached.Prepare(namesOfKind)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	read := func(arg any) (string, bool) {
		before := s.hits.Load()
		var name string
		if err := st.QueryRow(arg).Scan(&name); err != nil {
			t.Fatal(err)
		}
		return name, s.hits.Load() > before
	}
	for i, want := range []bool{false, true} {
		if name, hit := read(1); name != "one" || hit != want {
			t.Errorf("read %d: %q, hit %v", i, name, hit)
		}
	}
	up, err := s.cached.Prepare("UPDATE items SET name = ? WHERE id = ?")
	if err != nil {
		t.Fatal(err)
	}
	defer up.Close()
	res, err := up.Exec("x", 1)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := res.RowsAffected(); n != 1 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	if name, hit := read(1); name != "x" || hit {
		t.Errorf("%q, hit %v", name, hit)
	}
	bare, err := s.bare.Prepare(namesOfKind)
	if err != nil {
		t.Fatal(err)
	}
	defer bare.Close()
	for _, args := range [][]any{nil, {1, 2}} {
		err, bareErr := closed(st.Query(args...)), closed(bare.Query(args...))
		if fmt.Sprint(err) != fmt.Sprint(bareErr) {
			t.Errorf("%v: %v, the bare driver says %v", args, err, bareErr)
		}
	}
	if _, err := s.cached.Prepare("SELEC"); err == nil {
		t.Error("nonsense was prepared")
	}
}

// A read that the database refuses gets the database's own words, and nothing
// is stored.
func TestReadErrors(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	s.want(t, "one,two", false, namesOfKind, 1)
	for _, tt := range []struct {
		query string
		args  []any
	}{
		{"SELECT * FROM nothing", nil},
		{"SELECT nothing FROM items", nil},
		{"SELECT name FROM items WHERE", nil},
		{namesOfKind, nil},
		{"SELECT name FROM items WHERE id = :id", []any{sql.Named("other", 1)}},
		{"SELECT no_such_function(name) FROM items", nil},
		{"SELECT 'unclosed FROM items", nil},
		{"", nil},
		{strings.Repeat("(", 3000) + "SELECT 1" + strings.Repeat(")", 3000), nil},
	} {
		for range 2 {
			_, err := scenarioRows(s.cached, tt.query, tt.args...)
			_, bareErr := scenarioRows(s.bare, tt.query, tt.args...)
			if (err == nil) != (bareErr == nil) || err != nil && err.Error() != bareErr.Error() {
				t.Errorf("%.60s: %v, the bare driver says %v", tt.query, err, bareErr)
			}
		}
	}
	s.want(t, "one,two", true, namesOfKind, 1)
}

// sql.Open of a registered name is enough for libraries that open for
// themselves.
func TestRegister(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	const name = "sqlite-cached-for-TestRegister"
	cfg := sqlcache.Config{Dialect: sqlite.Dialect, Database: "main"}
	if err := sqlcache.Register(name, s.cache, "sqlite", cfg); err != nil {
		t.Fatal(err)
	}
	if err := sqlcache.Register(name, s.cache, "sqlite", cfg); err == nil {
		t.Error("a name was registered twice")
	}
	if err := sqlcache.Register(name+"2", s.cache, "no such driver", cfg); err == nil {
		t.Error("an unknown driver was accepted")
	}
	db, err := sql.Open(name, "file:"+s.path+dsnOptions)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx := context.Background()
	for i, want := range []bool{false, true} {
		if rows, hit := readWith(ctx, t, s, db, namesOfKind, 1); rows != "one,two" || hit != want {
			t.Errorf("read %d: %q, hit %v", i, rows, hit)
		}
	}
}

// Wrong settings are refused with the field and the fix.
func TestWrongSettings(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	for _, tt := range []struct {
		cache *cacheops.Cache
		cfg   sqlcache.Config
		want  string
	}{
		{nil, sqlcache.Config{Dialect: sqlite.Dialect, Database: "main"}, "needs a cache"},
		{s.cache, sqlcache.Config{Database: "main"}, "Config.Dialect"},
		{s.cache, sqlcache.Config{Dialect: sqlite.Dialect}, "Config.Database"},
		{s.cache, sqlcache.Config{Dialect: sqlite.Dialect, Database: "main", ConnMaxLifetime: -1}, "Config.ConnMaxLifetime"},
		{s.cache, sqlcache.Config{Dialect: sqlite.Dialect, Database: "main", ConnMaxIdleTime: -1}, "Config.ConnMaxIdleTime"},
	} {
		if _, err := sqlcache.Open(tt.cache, "sqlite", ":memory:", tt.cfg); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %q", err, tt.want)
		}
	}
	if _, err := sqlcache.Open(s.cache, "no such driver", "", sqlcache.Config{Dialect: sqlite.Dialect, Database: "main"}); err == nil {
		t.Error("an unknown driver was accepted")
	}
}

// closed closes rows that were got for their error.
func closed(rows *sql.Rows, err error) error {
	if err != nil {
		return err
	}
	return errors.Join(rows.Err(), rows.Close())
}
