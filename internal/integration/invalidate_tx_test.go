package integration

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/sqlcache"
)

// invalidateTx is InvalidateTx, for tests in which it has to work.
func invalidateTx(t *testing.T, s *cachedSQLite, tx cacheops.Execer, targets ...cacheops.Target) {
	t.Helper()
	if err := s.cache.Database("main").InvalidateTx(t.Context(), tx, targets...); err != nil {
		t.Fatal(err)
	}
}

// preparing is a transaction as of a library that prepares all that it runs.
type preparing struct{ *sql.Tx }

func (p preparing) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	st, err := p.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	return st.ExecContext(ctx, args...)
}

// hooked is a transaction as of a library that runs statements of its own, and
// adds to others.
type hooked struct{ *sql.Tx }

func (h hooked) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if _, err := h.Tx.ExecContext(ctx, "UPDATE posts SET title = 'hook' WHERE id = 35"); err != nil {
		return nil, err
	}
	return h.Tx.ExecContext(ctx, "/* traced */ "+query+" -- by a hook", args...)
}

// In a transaction targets share its end, whatever began it.
func TestInvalidateTx(t *testing.T) {
	t.Parallel()
	s := newPosts(t, nil)
	others := cacheops.Table("others")
	want := func(t *testing.T, dropped string) {
		t.Helper()
		if got := s.dropped(t); got != dropped {
			t.Fatalf("dropped %q, want %q", got, dropped)
		}
	}
	begin := func(t *testing.T) *sql.Tx {
		t.Helper()
		tx, err := s.cached.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return tx
	}
	end := func(t *testing.T, f func() error) {
		t.Helper()
		if err := f(); err != nil {
			t.Fatal(err)
		}
	}
	run := func(t *testing.T, on cacheops.Execer, statements ...string) {
		t.Helper()
		for _, text := range statements {
			if _, err := on.ExecContext(t.Context(), text); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
	}
	t.Run("commit", func(t *testing.T) { //nolint:paralleltest // they share the cache
		tx := begin(t)
		invalidateTx(t, s, tx, others, cacheops.Row("posts", cacheops.Values{"id": 35, "category_id": 9, "status": "x", "active": nil}))
		want(t, "")
		end(t, tx.Commit)
		want(t, "id35 heavy count other")
	})
	t.Run("rollback", func(t *testing.T) { //nolint:paralleltest // they share the cache
		tx := begin(t)
		invalidateTx(t, s, tx, others)
		end(t, tx.Rollback)
		want(t, "")
	})
	t.Run("rollback to a savepoint", func(t *testing.T) { //nolint:paralleltest // they share the cache
		tx := begin(t)
		run(t, tx, "SAVEPOINT a")
		invalidateTx(t, s, tx, cacheops.Table("posts"))
		run(t, tx, "ROLLBACK TO a")
		invalidateTx(t, s, tx, others)
		run(t, tx, "RELEASE a")
		end(t, tx.Commit)
		want(t, "other")
	})
	t.Run("released savepoint", func(t *testing.T) { //nolint:paralleltest // they share the cache
		tx := begin(t)
		run(t, tx, "SAVEPOINT a")
		invalidateTx(t, s, tx, others)
		run(t, tx, "RELEASE a")
		end(t, tx.Commit)
		want(t, "other")
	})
	t.Run("begun by text", func(t *testing.T) { //nolint:paralleltest // they share the cache
		conn, err := s.cached.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		run(t, conn, "BEGIN")
		invalidateTx(t, s, conn, others)
		want(t, "")
		run(t, conn, "ROLLBACK")
		want(t, "")
		run(t, conn, "BEGIN")
		invalidateTx(t, s, conn, others)
		run(t, conn, "COMMIT")
		want(t, "other")
		invalidateTx(t, s, conn, others) // outside of one
		want(t, "other")
	})
	t.Run("no transaction", func(t *testing.T) { //nolint:paralleltest // they share the cache
		s.gate.record()
		invalidateTx(t, s, s.cached, others)
		if texts := s.gate.record(); len(texts) != 0 {
			t.Errorf("the database was asked %q", texts)
		}
		want(t, "other")
	})
	t.Run("prepared", func(t *testing.T) { //nolint:paralleltest // they share the cache
		tx := begin(t)
		invalidateTx(t, s, preparing{tx}, others)
		end(t, tx.Rollback)
		want(t, "")
		tx = begin(t)
		invalidateTx(t, s, preparing{tx}, others)
		end(t, tx.Commit)
		want(t, "other")
	})
	t.Run("with a hook", func(t *testing.T) { //nolint:paralleltest // they share the cache
		tx := begin(t)
		invalidateTx(t, s, hooked{tx}, others)
		end(t, tx.Commit)
		want(t, "id35 cat2 draft inactive heavy count other")
	})
	t.Run("refused", func(t *testing.T) { //nolint:paralleltest // they share the cache
		tx := begin(t)
		if err := s.cache.Database("main").InvalidateTx(t.Context(), tx, cacheops.Table("posts"), cacheops.Table("nothing")); err == nil {
			t.Error("an unknown table was accepted")
		}
		run(t, tx, "UPDATE others SET name = 'y'")
		end(t, tx.Commit)
		want(t, "other")
	})
	t.Run("ended", func(t *testing.T) { //nolint:paralleltest // they share the cache
		tx := begin(t)
		end(t, tx.Rollback)
		if err := s.cache.Database("main").InvalidateTx(t.Context(), tx, others); !errors.Is(err, sql.ErrTxDone) {
			t.Errorf("got %v", err)
		}
		want(t, "")
	})
	t.Run("the schema is another in it", func(t *testing.T) { //nolint:paralleltest // they share the cache
		tx := begin(t)
		run(t, tx, "CREATE TABLE made (id INTEGER)")
		invalidateTx(t, s, tx, cacheops.Table("made"))
		end(t, tx.Commit)
		want(t, allOfPosts+" other")
	})
}

// A transaction of another handle is refused, for it could not take the targets
// along.
func TestInvalidateTxOfAnotherHandle(t *testing.T) {
	t.Parallel()
	s := newPosts(t, nil)
	others := cacheops.Table("others")
	if err := s.cache.Database("main").InvalidateTx(t.Context(), s.bare, others); !errors.Is(err, cacheops.ErrNotWrapped) || !errors.Is(err, sqlcache.ErrNotWrapped) {
		t.Errorf("a bare handle: %v", err)
	}
	open := func(cache *cacheops.Cache, database string) *sql.DB {
		db, err := sqlcache.Open(cache, "sqlite", "file:"+s.path+dsnOptions, sqlcache.Config{Dialect: sqlite.Dialect, Database: database})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return db
	}
	elsewhere, err := cacheops.New(cacheops.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { elsewhere.Close() })
	for _, db := range []*sql.DB{open(s.cache, "second"), open(elsewhere, "main")} {
		if err := s.cache.Database("main").InvalidateTx(t.Context(), db, others); err == nil || !strings.Contains(err.Error(), "the transaction is one of") {
			t.Errorf("got %v", err)
		}
	}
	if got := s.dropped(t); got != "" {
		t.Errorf("dropped %q", got)
	}
}

// auditing is a transaction as of a library that keeps account of what is run.
type auditing struct{ *sql.Tx }

func (a auditing) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if _, err := a.Tx.ExecContext(ctx, "INSERT INTO others (name) SELECT 100"); err != nil {
		return nil, err
	}
	return a.Tx.ExecContext(ctx, query, args...)
}

// A statement of a library's own is run under the context of InvalidateTx, also
// where it contains the words that bring the targets.
func TestInvalidateTxRunsStatementsOfOthers(t *testing.T) {
	t.Parallel()
	s := newPosts(t, nil)
	tx, err := s.cached.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	invalidateTx(t, s, auditing{tx}, cacheops.Table("posts"))
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if got, _ := readWith(t.Context(), t, s, s.bare, "SELECT count(*) FROM others WHERE name = 100"); got != "1" {
		t.Errorf("%s rows were written, want 1", got)
	}
	if got := s.dropped(t); got != allOfPosts+" other" {
		t.Errorf("dropped %q", got)
	}
}
