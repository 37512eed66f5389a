package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/admin"
	"github.com/cacheops/cacheops/cachetest"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/sqlcache"
)

// running is a program with a cache of posts and logs, and the handler.
type running struct {
	*cachetest.Recorder

	t      *testing.T
	db     *sql.DB
	server *httptest.Server
}

func newRunning(t *testing.T, cfg admin.Config) *running {
	t.Helper()
	cache, recorder := cachetest.New(t, cacheops.Config{})
	db, err := sqlcache.Open(cache, "sqlite", "file:"+filepath.Join(t.TempDir(), "app.sqlite"), sqlcache.Config{Dialect: sqlite.Dialect, Database: "main"})
	if err != nil {
		t.Fatal(err)
	}
	r := &running{Recorder: recorder, t: t, db: db}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, s := range []string{
		"CREATE TABLE posts (id INTEGER PRIMARY KEY, category INT, title TEXT)",
		"CREATE TABLE log_a (id INTEGER PRIMARY KEY, line TEXT)",
		"INSERT INTO posts VALUES (34, 1, 'a'), (35, 1, 'b')",
		"INSERT INTO log_a VALUES (1, 'x')",
	} {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	mux := http.NewServeMux()
	mux.Handle("/cacheops/", http.StripPrefix("/cacheops", admin.Handler(cache, cfg)))
	r.server = httptest.NewServer(mux)
	t.Cleanup(r.server.Close)
	return r
}

// reads returns a function that runs one query.
func (r *running) reads(query string) func() {
	return func() {
		r.t.Helper()
		rows, err := r.db.QueryContext(context.Background(), query)
		if err != nil {
			r.t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
		}
		if err := rows.Err(); err != nil {
			r.t.Fatal(err)
		}
	}
}

func TestInvalidateCommand(t *testing.T) {
	t.Parallel()
	r := newRunning(t, admin.Config{})
	invalidate := func(args ...string) func() {
		return func() {
			t.Helper()
			out, err := run(t, append([]string{"invalidate", "--server", r.server.URL + "/cacheops", "--database", "main", "--yes"}, args...)...)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(out, "dropped ") || !strings.HasSuffix(out, " in database main\n") {
				t.Errorf("printed %q", out)
			}
		}
	}
	post34, post35 := r.reads("SELECT title FROM posts WHERE id = 34"), r.reads("SELECT title FROM posts WHERE id = 35")
	category, log := r.reads("SELECT title FROM posts WHERE category = 1"), r.reads("SELECT line FROM log_a WHERE id = 1")
	all := []func(){post34, post35, category, log}
	for _, tt := range []struct {
		args         []string
		drops, keeps []func()
	}{
		{[]string{"posts.34"}, []func(){post34, category}, []func(){post35, log}},
		{[]string{"main.posts.34"}, []func(){post34, category}, []func(){post35, log}},
		{[]string{"posts"}, []func(){post34, post35, category}, []func(){log}},
		{[]string{"log_*"}, []func(){log}, []func(){post34, post35, category}},
		{[]string{"posts.35", "log_a"}, []func(){post35, category, log}, []func(){post34}},
		{[]string{"--all"}, all, nil},
	} {
		for _, read := range all {
			read()
		}
		r.AssertDrops(t, invalidate(tt.args...), tt.drops...)
		for _, read := range all {
			read()
		}
		if len(tt.keeps) > 0 {
			r.AssertKeeps(t, invalidate(tt.args...), tt.keeps...)
		}
	}
	out, err := run(t, "invalidate", "--server", r.server.URL+"/cacheops/", "--database", "main", "--json", "posts")
	var answer admin.InvalidateResponse
	if err != nil || json.Unmarshal([]byte(out), &answer) != nil || answer.Database != "main" || len(answer.Targets) != 1 {
		t.Errorf("printed %q, %v", out, err)
	}
}

// What is wrong drops nothing, and is said.
func TestInvalidateCommandRefuses(t *testing.T) {
	t.Parallel()
	r := newRunning(t, admin.Config{})
	at := r.server.URL + "/cacheops"
	r.AssertKeeps(t, func() {
		for want, args := range map[string][]string{
			"needs --database":             {"posts"},
			"needs a target":               {"--database", "main", "--server", at},
			"--all or targets":             {"--database", "main", "--server", at, "--all", "posts"},
			"is no URL":                    {"--database", "main", "--server", "localhost:1", "posts"},
			`no table "nowhere"`:           {"--database", "main", "--server", at, "posts", "nowhere"},
			"no table of database":         {"--database", "main", "--server", at, "--yes", "posts", "nope_*"},
			"open \"other\"":               {"--database", "other", "--server", at, "--yes", "--all"},
			"to drop everything":           {"--database", "main", "--server", at, "--all"},
			"to drop what is cached of po": {"--database", "main", "--server", at, "posts", "log_*"},
			"the path at which":            {"--database", "main", "--server", r.server.URL, "posts"},
			"the program does not answer":  {"--database", "main", "--server", "http://127.0.0.1:1", "posts"},
		} {
			out, err := run(t, append([]string{"invalidate"}, args...)...)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: printed %q, error %v, want %q", args, out, err, want)
			}
		}
	}, r.reads("SELECT title FROM posts WHERE id = 34"))
}

func TestInvalidateCommandWithToken(t *testing.T) {
	r := newRunning(t, admin.Config{Token: "secret"})
	args := []string{"invalidate", "--server", r.server.URL + "/cacheops", "--database", "main", "posts"}
	for token, ok := range map[string]bool{"": false, "secre": false, "secret": true} {
		t.Setenv(tokenVariable, token)
		if out, err := run(t, args...); (err == nil) != ok || err != nil && !strings.Contains(err.Error(), "token") {
			t.Errorf("token %q: printed %q, %v", token, out, err)
		}
	}
}
