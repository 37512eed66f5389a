package mysql

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// The kinds of read, as MySQL's own texts have them.
func TestOps(t *testing.T) {
	t.Parallel()
	s := newNotes(t, plain, nil, "CREATE TABLE pairs (a int, b varchar(20), n int, UNIQUE (a, b))")
	s.want(t, "old", false, "SELECT text FROM notes WHERE id = 1 LIMIT 5") // the schema is read by now
	for query, want := range map[string]cacheops.Op{
		"SELECT * FROM notes WHERE id = ?":                          cacheops.OpGet,
		"SELECT * FROM `notes` WHERE `notes`.`id` = ?":              cacheops.OpGet,
		"SELECT * FROM notes ORDER BY id LIMIT 1":                   cacheops.OpGet,
		"SELECT * FROM notes LIMIT 2":                               cacheops.OpGet,
		"SELECT * FROM notes LIMIT 1, 2":                            cacheops.OpGet,
		"SELECT * FROM pairs WHERE b = 'x' AND a = ?":               cacheops.OpGet,
		"SELECT * FROM pairs WHERE a = ?":                           cacheops.OpFetch,
		"SELECT * FROM notes WHERE text = ?":                        cacheops.OpFetch,
		"SELECT * FROM notes WHERE id IN (2, ?)":                    cacheops.OpFetch,
		"SELECT count(*) FROM notes":                                cacheops.OpCount,
		"SELECT count(*) FROM (SELECT 1 FROM notes LIMIT 5) AS x":   cacheops.OpCount,
		"SELECT EXISTS (SELECT 1 FROM notes WHERE id = ?)":          cacheops.OpExists,
		"SELECT max(id), group_concat(text ORDER BY id) FROM notes": cacheops.OpAggregate,
		"SELECT text, count(*) FROM notes GROUP BY text":            cacheops.OpAggregate,
	} {
		var args []any
		if strings.Contains(query, "?") {
			args = []any{int64(1)}
		}
		e, err := s.cache.Database("main").Explain(t.Context(), query, args...)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		if e.Op != want || !e.Cacheable {
			t.Errorf("%s is %v, want %v (%s)", query, e.Op, want, e.Reason)
		}
	}
}

// What a program invalidates itself, in each form.
func TestInvalidateByHand(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := newNotes(t, mode, nil, "CREATE TABLE others (text varchar(20))", "INSERT INTO others VALUES ('theirs')")
		here := database(t, s.dsn)
		const theirs = "SELECT text FROM others"
		ctx := t.Context()
		app := s.cache.Database("main")
		for _, tt := range []struct {
			name                 string
			targets              []cacheops.Target
			drops, keeps, others bool // the row, another row, the other table
		}{
			{"a row", []cacheops.Target{cacheops.Row("notes", cacheops.Values{"id": 1})}, true, false, false},
			{"a row, its database named", []cacheops.Target{cacheops.Row(here+".notes", cacheops.Values{"id": "1"})}, true, false, false},
			{"another row", []cacheops.Target{cacheops.Row("notes", cacheops.Values{"id": 2})}, false, true, false},
			{"a row by another column", []cacheops.Target{cacheops.Row("notes", cacheops.Values{"text": "old"})}, true, true, false},
			{"the other table", []cacheops.Target{cacheops.Table("others")}, false, false, true},
			{"a table", []cacheops.Target{cacheops.Table("notes")}, true, true, false},
			{"a pattern", []cacheops.Target{cacheops.Pattern("oth*")}, false, false, true},
			{"all", []cacheops.Target{cacheops.All()}, true, true, true},
		} {
			s.warm(t)
			for range 2 {
				s.read(t, txRead)
				s.read(t, theirs)
			}
			if err := app.Invalidate(ctx, tt.targets...); err != nil {
				t.Fatalf("%s: %v", tt.name, err)
			}
			for query, gone := range map[string]bool{txRead: tt.drops, txOther: tt.keeps, theirs: tt.others} {
				if _, hit := s.read(t, query); hit == gone {
					t.Errorf("%s: %s: hit %v", tt.name, query, hit)
				}
			}
		}
		// As a part of a transaction, and of one that is rolled back.
		for _, commit := range []bool{false, true} {
			s.warm(t)
			s.read(t, txRead)
			tx := s.begin(t, nil)
			if err := app.InvalidateTx(ctx, tx, cacheops.Row("notes", cacheops.Values{"id": 1})); err != nil {
				t.Fatal(err)
			}
			s.want(t, "old", true, txRead)
			end := tx.Rollback
			if commit {
				end = tx.Commit
			}
			if err := end(); err != nil {
				t.Fatal(err)
			}
			s.want(t, "old", !commit, txRead)
		}
		// By the names that the command line takes.
		target, err := app.Target(ctx, "notes.1")
		if err != nil {
			t.Fatal(err)
		}
		s.warm(t)
		s.read(t, txRead)
		if err := app.Invalidate(ctx, target); err != nil {
			t.Fatal(err)
		}
		s.want(t, "old", false, txRead)
		s.want(t, "two", true, txOther)
	})
}

// Writes that drop nothing, and writes that drop what they changed at the end.
func TestInvalidationPutOff(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := newNotes(t, mode, nil)
		s.read(t, txRead)
		if _, err := s.cached.ExecContext(cacheops.NoInvalidation(t.Context()), "UPDATE notes SET text = 'unseen' WHERE id = 1"); err != nil {
			t.Fatal(err)
		}
		s.want(t, "old", true, txRead)
		exec(t, s.cached, "UPDATE notes SET text = 'old' WHERE id = 1")
		s.read(t, txRead)
		boom := errors.New("boom")
		err := cacheops.Postpone(t.Context(), func(ctx context.Context) error {
			for i := range 100 {
				if _, err := s.cached.ExecContext(ctx, "UPDATE notes SET text = ? WHERE id = 1", fmt.Sprint(i)); err != nil {
					return err
				}
			}
			s.want(t, "old", true, txRead)
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		s.want(t, "99", false, txRead)
		s.want(t, "two", true, txOther)
	})
}

// Profiles by database, by name, and those that forbid.
func TestProfiles(t *testing.T) {
	t.Parallel()
	dsn := server.NewDatabase(t)
	here := database(t, dsn)
	s := openCachedMySQL(t, plain, dsn, func(c *cacheops.Config, _ *sqlcache.Config) {
		c.Profiles = cacheops.Profiles{here + ".notes": {Ops: cacheops.OpAll}, "other*": {Mode: cacheops.Never}, "logs": {Mode: cacheops.Untracked}}
	})
	exec(t, s.bare, txTable, txRow, "CREATE TABLE others (text varchar(20))", "INSERT INTO others VALUES ('theirs')")
	s.warm(t)
	const theirs = "SELECT text FROM others"
	s.want(t, "old", true, txRead)
	s.want(t, "theirs", false, theirs)
	s.want(t, "theirs", false, theirs)
	if rows, err := s.cached.QueryContext(cacheops.With(t.Context(), cacheops.Ops(cacheops.OpAll)), theirs); !errors.Is(err, cacheops.ErrNever) {
		if err == nil {
			_ = rows.Close()
		}
		t.Errorf("asked for what is forbidden: %v", err)
	}
	exec(t, s.cached, "CREATE TABLE logs (id int)")
	s.read(t, txRead)
	exec(t, s.cached, "INSERT INTO logs VALUES (1)")
	s.want(t, "old", true, txRead)
}

// A table of another database of the server is read as without the cache, and a write
// to it drops all: it may be one that something of this database is made of.
func TestOtherDatabases(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		other := database(t, server.NewDatabase(t))
		s := newNotes(t, mode, nil, "CREATE TABLE "+other+".notes (id int PRIMARY KEY, text varchar(20))", "INSERT INTO "+other+".notes VALUES (1, 'theirs')",
			"CREATE VIEW theirs AS SELECT text FROM "+other+".notes")
		theirs := "SELECT text FROM " + other + ".notes WHERE id = 1"
		for want, write := range map[string]string{"a": "UPDATE " + other + ".notes SET text = 'a'", "b": "UPDATE theirs SET text = 'b'"} {
			for _, query := range []string{theirs, "SELECT text FROM theirs", "SELECT max(theirs.text) FROM theirs, notes"} {
				s.read(t, query)
				s.read(t, query)
			}
			exec(t, s.cached, write)
			for _, query := range []string{theirs, "SELECT text FROM theirs", "SELECT max(theirs.text) FROM theirs, notes"} {
				if got, hit := s.read(t, query); got != want {
					t.Errorf("STALE: %s: %q, hit %v, want %q", query, got, hit, want)
				}
			}
		}
		// Its names are not those of this database.
		s.warm(t)
		s.want(t, "old", true, txRead)
		conn := s.conn(t)
		run(t, conn, "USE "+other)
		if got, hit := s.readWith(t.Context(), t, conn, txRead); got == "old" {
			t.Errorf("STALE: %q, hit %v, of the database before", got, hit)
		}
		run(t, conn, "UPDATE notes SET text = 'c'", "USE "+database(t, s.dsn), "UPDATE notes SET text = 'd' WHERE id = 1")
		for _, q := range []querier{conn, s.cached} {
			if got, hit := s.readWith(t.Context(), t, q, txRead); got != "d" {
				t.Errorf("STALE: %q, hit %v", got, hit)
			}
		}
		if got, _ := s.read(t, "SELECT text FROM theirs"); got != "c" {
			t.Errorf("STALE: %q of the other database", got)
		}
	})
}
