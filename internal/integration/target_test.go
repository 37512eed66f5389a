package integration

import (
	"errors"
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// TestTargetOfText reads targets as a shell gives them.
func TestTargetOfText(t *testing.T) {
	t.Parallel()
	s := newCachedSQLite(t, func(_ *cacheops.Config, d *sqlcache.Config) { d.MaxOpenConns = 2 })
	exec(t, s.bare,
		"CREATE TABLE posts (id INTEGER PRIMARY KEY, body TEXT)", "INSERT INTO posts VALUES (34, 'a'), (35, 'b')",
		"CREATE TABLE countries (code TEXT PRIMARY KEY, name TEXT)", "INSERT INTO countries VALUES ('a.t', 'A'), ('ch', 'C')",
		"CREATE TABLE pairs (a INT, b INT, PRIMARY KEY (a, b))", "CREATE TABLE plain (a INT)",
		`CREATE TABLE "posts.34" (id INTEGER PRIMARY KEY)`)
	ctx := t.Context()
	db := s.cache.Database("main")
	if _, err := db.Target(ctx, "posts"); err != nil {
		t.Fatal(err)
	}
	const post34, post35, at, ch = "SELECT body FROM posts WHERE id = 34", "SELECT body FROM posts WHERE id = 35",
		"SELECT name FROM countries WHERE code = 'a.t'", "SELECT name FROM countries WHERE code = 'ch'"
	for text, drops := range map[string][]string{
		"posts":         {post34, post35},
		"main.posts":    {post34, post35},
		"POSTS.35":      {post35},
		"main.posts.35": {post35},
		"posts.34":      nil, // there is a table of that name
		"countries.a.t": {at},
		"countr*":       {at, ch},
		"main.*":        {post34, post35, at, ch},
	} {
		for _, q := range []string{post34, post35, at, ch} {
			s.read(t, q)
		}
		target, err := db.Target(ctx, text)
		if err != nil {
			t.Fatal(text, err)
		}
		if err := db.Invalidate(ctx, target); err != nil {
			t.Fatal(text, err)
		}
		for _, q := range []string{post34, post35, at, ch} {
			if _, hit := s.read(t, q); hit == strings.Contains(strings.Join(drops, "\n"), q) {
				t.Errorf("%s: %s: hit: %v", text, q, hit)
			}
		}
	}
	for _, text := range []string{"", "nowhere", "nowhere.1", "pairs.1", "plain.1", ".posts", "posts.", "[", "34"} {
		target, err := db.Target(ctx, text)
		if err == nil {
			err = db.Invalidate(ctx, target)
		}
		if err == nil && text != "posts." { // the row whose key is an empty text
			t.Errorf("%q was accepted", text)
		}
	}
	if _, err := s.cache.Database("other").Target(ctx, "posts"); !errors.Is(err, cacheops.ErrNotOpen) {
		t.Errorf("a database that is not open: %v", err)
	}
	// A table that another program made.
	exec(t, s.bare, "CREATE TABLE made (id INTEGER PRIMARY KEY)")
	if _, err := db.Target(ctx, "made.1"); err != nil {
		t.Error(err)
	}
}

// A column without a type tells 5 from '5', and a shell does not say which is meant.
func TestTargetOfAmbiguousText(t *testing.T) {
	t.Parallel()
	s := newCachedSQLite(t, nil)
	exec(t, s.bare, "CREATE TABLE loose (k PRIMARY KEY, v TEXT)", "INSERT INTO loose VALUES (5, 'number'), ('5', 'text'), ('a', 'word')")
	db := s.cache.Database("main")
	const number, text, word = "SELECT v FROM loose WHERE k = 5", "SELECT v FROM loose WHERE k = '5'", "SELECT v FROM loose WHERE k = 'a'"
	for named, keeps := range map[string]map[string]bool{
		"loose.5": {number: false, text: false, word: false},
		"loose.a": {number: true, text: true, word: false},
	} {
		s.read(t, number)
		s.read(t, text)
		s.read(t, word)
		target, err := db.Target(t.Context(), named)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Invalidate(t.Context(), target); err != nil {
			t.Fatal(err)
		}
		for query, kept := range keeps {
			if _, hit := s.read(t, query); hit != kept {
				t.Errorf("%s: %s: hit %v", named, query, hit)
			}
		}
	}
}
