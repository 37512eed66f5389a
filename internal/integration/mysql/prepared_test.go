package mysql

import (
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// A hit over a prepared statement needs no connection to the database: it does not wait
// for one while others hold them all.
func TestPreparedHitsWithoutConnection(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := newNotes(t, mode, func(_ *cacheops.Config, c *sqlcache.Config) { c.MaxOpenConns = 1 })
		holder := s.conn(t)
		read, err := s.cached.PrepareContext(t.Context(), "SELECT text FROM notes WHERE id = ?")
		if err != nil {
			t.Fatal(err)
		}
		defer read.Close()
		ask := func() (text string, err error) { return text, read.QueryRowContext(t.Context(), 1).Scan(&text) }
		if _, err := ask(); err != nil {
			t.Fatal(err)
		}
		run(t, holder, "BEGIN")
		text := ""
		wait := inBackground(func() (err error) { text, err = ask(); return err })
		answered := make(chan error, 1)
		go func() { answered <- wait() }()
		select {
		case err = <-answered:
		case <-time.After(10 * time.Second): // a hit takes far less
			t.Error("a hit waits for a connection")
			_ = holder.Close()
			err = <-answered
		}
		if err != nil || text != "old" {
			t.Errorf("%q, %v", text, err)
		}
	})
}

// What a prepared statement meets is the database's own error, also where its table is
// gone since it was prepared.
func TestPreparedErrorsAreTheDatabases(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := newNotes(t, mode, nil)
		for _, text := range []string{"SELECT text FROM notes WHERE id = ?", "UPDATE notes SET text = 'x' WHERE id = ?"} {
			read, err := s.cached.PrepareContext(t.Context(), text)
			if err != nil {
				t.Fatal(err)
			}
			run(t, s.cached, "RENAME TABLE notes TO gone")
			_, got := read.ExecContext(t.Context(), 1)
			_, want := s.bare.ExecContext(t.Context(), text, 1)
			if got == nil || want == nil || got.Error() != want.Error() {
				t.Errorf("%s: %v, without the cache %v", text, got, want)
			}
			run(t, s.cached, "RENAME TABLE gone TO notes")
			if err := read.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}
