package mysql

import (
	"errors"
	"slices"
	"testing"

	"github.com/cacheops/cacheops"
)

// A row that is read from the database drops what is cached under its values, of any
// type, and nothing of other rows.
func TestStoredRow(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := newCachedMySQL(t, mode, nil)
		exec(t, s.bare,
			"CREATE TABLE posts (id bigint PRIMARY KEY, category int, day datetime(3), price decimal(8,2), code varchar(20), live boolean, kind char(5) COLLATE utf8mb4_bin)",
			"INSERT INTO posts VALUES (34, 1, '2026-01-02 03:04:05.5', 1.50, 'One', true, 'ab'), (35, 2, '2026-01-03 00:00:00', 2.5, 'two', false, 'cd')",
			"CREATE TABLE countries (code varchar(2) PRIMARY KEY, name text)", "INSERT INTO countries VALUES ('ch', 'C')")
		of := func(values ...string) (out []string) {
			for i, column := range []string{"id", "category", "day", "price", "code", "live", "kind"} {
				out = append(out, "SELECT id FROM posts WHERE "+column+" = "+values[i])
			}
			return out
		}
		of34 := of("34", "1", "'2026-01-02 03:04:05.500'", "1.5", "'one'", "true", "'ab'")
		of35 := of("35", "2", "'2026-01-03 00:00:00'", "2.5", "'TWO'", "false", "'cd'")
		country := []string{"SELECT name FROM countries WHERE code = 'ch'"}
		db := s.cache.Database("main")
		for text, is := range map[string]struct{ drops, keeps []string }{
			"posts.34": {of34, of35}, "posts.35": {of35, of34}, database(t, s.dsn) + ".posts.34": {of34, of35}, "countries.ch": {country, of34},
		} {
			for _, q := range slices.Concat(is.drops, is.keeps) {
				s.read(t, q)
			}
			target, err := db.Target(t.Context(), text)
			if err != nil {
				t.Fatal(text, err)
			}
			if target, err = db.Stored(t.Context(), target); err != nil {
				t.Fatal(text, err)
			}
			if err := db.Invalidate(t.Context(), target); err != nil {
				t.Fatal(text, err)
			}
			for _, q := range is.drops {
				if _, hit := s.read(t, q); hit {
					t.Errorf("STALE: %s keeps %s", text, q)
				}
			}
			for _, q := range is.keeps {
				if _, hit := s.read(t, q); !hit {
					t.Errorf("%s drops %s", text, q)
				}
			}
		}
		for text, gone := range map[string]bool{"posts.36": true, "posts.abc": true, "countries.chx": true} {
			target, err := db.Target(t.Context(), text)
			if err == nil {
				_, err = db.Stored(t.Context(), target)
			}
			if err == nil || errors.Is(err, cacheops.ErrNoRow) != gone {
				t.Errorf("%s: %v", text, err)
			}
		}
	})
}
