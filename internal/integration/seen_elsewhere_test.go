package integration

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store/memory"
)

// What other caches for SQL were seen to get wrong, as far as no test of a
// subject of its own shows it.

// What a transaction has read of its own writes is nobody else's, whether it is
// rolled back as a whole or to a savepoint.
func TestUncommittedRowsAreNotShared(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, undo, end, want string }{
		{"rollback", "", "ROLLBACK", "one,two"},
		{"a savepoint", "ROLLBACK TO s", "COMMIT", "one,two"},
		{"a savepoint, with a write outside of it", "ROLLBACK TO s", "UPDATE items SET name = 'kept' WHERE id = 2; COMMIT", "one,kept"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newItems(t, nil)
			ctx := t.Context()
			conn, err := s.cached.Conn(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			for _, text := range []string{"BEGIN", "SAVEPOINT s", "UPDATE items SET name = 'mine' WHERE id = 1"} {
				execWith(ctx, t, conn, text)
			}
			for range 2 {
				if got, hit := readWith(ctx, t, s, conn, namesOfKind, 1); got != "mine,two" || hit {
					t.Errorf("inside: %q, hit %v", got, hit)
				}
			}
			s.want(t, "one,two", false, namesOfKind, 1) // another connection, before the end
			if tt.undo != "" {
				execWith(ctx, t, conn, tt.undo)
				if got, hit := readWith(ctx, t, s, conn, namesOfKind, 1); got != "one,two" || hit {
					t.Errorf("after the savepoint: %q, hit %v", got, hit)
				}
			}
			execWith(ctx, t, conn, tt.end)
			s.want(t, tt.want, tt.want == "one,two", namesOfKind, 1)
			s.want(t, tt.want, true, namesOfKind, 1)
		})
	}
}

// A transaction on one database has nothing to do with reads of another.
func TestTransactionOfAnotherDatabase(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	other, err := sqlcache.Open(s.cache, "sqlite", "file:"+filepath.Join(t.TempDir(), "other.sqlite")+dsnOptions,
		sqlcache.Config{Dialect: sqlite.Dialect, Database: "other"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	exec(t, other, createItems, "INSERT INTO items VALUES (1, 1, 'other')")
	readOther := func(rows string, hit bool) {
		t.Helper()
		if got, gotHit := readWith(t.Context(), t, s, other, namesOfKind, 1); got != rows || gotHit != hit {
			t.Errorf("the other database: %q, hit %v", got, gotHit)
		}
	}
	readOther("other", false)
	s.want(t, "one,two", false, namesOfKind, 1)
	for _, end := range []func(*sql.Tx) error{(*sql.Tx).Rollback, (*sql.Tx).Commit} {
		tx, err := s.cached.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		execWith(t.Context(), t, tx, "UPDATE items SET name = 'mine' WHERE id = 1")
		readOther("other", true)
		exec(t, other, "UPDATE items SET name = name WHERE id = 1") // in the middle of the first one's
		readOther("other", false)
		if err := end(tx); err != nil {
			t.Fatal(err)
		}
		readOther("other", true)
	}
	s.want(t, "mine,two", false, namesOfKind, 1)
}

// Two caches on one store, as two processes have them: what one writes the other
// does not serve.
func TestTwoCachesOnOneStore(t *testing.T) {
	t.Parallel()
	st := newStore(t, memory.Config{})
	shared := func(c *cacheops.Config, _ *sqlcache.Config) { c.Store = st }
	a := newItems(t, shared)
	b := openCachedSQLite(t, a.path, shared)
	if got, _ := b.read(t, namesOfKind, 1); got != "one,two" {
		t.Fatalf("read %q", got)
	}
	a.read(t, namesOfKind, 1)
	for i, writer := range []*cachedSQLite{a, b, a} {
		name := string(rune('a' + i))
		a.want(t, a.names(t), true, namesOfKind, 1)
		b.want(t, a.names(t), true, namesOfKind, 1)
		exec(t, writer.cached, "UPDATE items SET name = '"+name+"' WHERE id = 1")
		b.want(t, name+",two", false, namesOfKind, 1)
		a.want(t, name+",two", true, namesOfKind, 1) // what the other one read
	}
	if err := a.cache.Database("main").Invalidate(t.Context(), cacheops.All()); err != nil {
		t.Fatal(err)
	}
	b.want(t, "c,two", false, namesOfKind, 1)
}

// names is what the database holds of kind 1.
func (s *cachedSQLite) names(t *testing.T) string {
	t.Helper()
	got, _ := readWith(t.Context(), t, s, s.bare, namesOfKind, 1)
	return got
}

// Arguments that print alike are not the same.
func TestArgumentsThatPrintAlike(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	const query = "SELECT ? || '/' || ? || '/' || typeof(?) FROM items WHERE id = 1"
	for range 2 {
		for _, tt := range []struct {
			args []any
			want string
		}{
			{[]any{"a b", "c", "1"}, "a b/c/text"},
			{[]any{"a", "b c", "1"}, "a/b c/text"},
			{[]any{"a b", "c", 1}, "a b/c/integer"},
			{[]any{"a b", "c", 1.0}, "a b/c/real"},
			{[]any{"a b", "c", []byte("1")}, "a b/c/blob"},
			{[]any{"a:b", "c", nil}, "a:b/c/null"},
			{[]any{"a", "b:c", nil}, "a/b:c/null"},
			{[]any{"a", "b:c", "<nil>"}, "a/b:c/text"},
			{[]any{"", "ab", ""}, "/ab/text"},
			{[]any{"ab", "", ""}, "ab//text"},
		} {
			if got, _ := s.read(t, query, tt.args...); got != tt.want {
				t.Errorf("%q: got %q, want %q", tt.args, got, tt.want)
			}
		}
	}
}

// Of a result that its reader leaves after the first row the next reader gets all.
func TestResultLeftEarlyIsWhole(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{0, 1} { // kept, and too large to be kept
		s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.MaxEntryBytes = limit })
		for range 3 {
			rows, err := s.cached.QueryContext(t.Context(), "SELECT name FROM items ORDER BY id")
			if err != nil {
				t.Fatal(err)
			}
			if !rows.Next() {
				t.Fatal(rows.Err())
			}
			if err := rows.Close(); err != nil {
				t.Fatal(err)
			}
		}
		s.want(t, "one,two,three", limit == 0, "SELECT name FROM items ORDER BY id")
	}
}

// That a row is missing is cached like a row, and ends with it.
func TestMissingRow(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	const query = "SELECT name FROM items WHERE id = ?"
	find := func() (name string, err error) {
		return name, s.cached.QueryRowContext(t.Context(), query, 9).Scan(&name)
	}
	for i := range 2 {
		hits := s.hits.Load()
		if _, err := find(); !errors.Is(err, sql.ErrNoRows) || s.hits.Load() != hits+int64(i) {
			t.Errorf("read %d: %v, %d hits", i, err, s.hits.Load()-hits)
		}
	}
	exec(t, s.cached, "INSERT INTO items VALUES (8, 1, 'eight')") // another one
	hits := s.hits.Load()
	if _, err := find(); !errors.Is(err, sql.ErrNoRows) || s.hits.Load() != hits+1 {
		t.Errorf("after another row: %v", err)
	}
	exec(t, s.cached, "INSERT INTO items VALUES (9, 1, 'nine')")
	s.want(t, "nine", false, query, 9)
}

// One who leads a query for others and fails, by an error, by a context of its own
// that ends, or by a panic of the driver, fails alone.
func TestFlightFailureStaysWithItsCaller(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for name, tt := range map[string]struct {
		fail func(context.Context, context.CancelFunc) error
		want error // nil: the goroutine ends
	}{
		"error": {func(context.Context, context.CancelFunc) error { return boom }, boom},
		"context": {func(ctx context.Context, cancel context.CancelFunc) error {
			cancel()
			return ctx.Err()
		}, context.Canceled},
		"exit": {func(context.Context, context.CancelFunc) error { runtime.Goexit(); return nil }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newItems(t, nil)
			s.read(t, namesOfKind, 2) // the schema is known
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			leading, proceed := make(chan struct{}), make(chan struct{})
			first := make(chan struct{}, 1)
			first <- struct{}{}
			s.gate.set(func(queryCtx context.Context, text string) error {
				if text != namesOfKind {
					return nil
				}
				select {
				case <-first:
					close(leading)
					<-proceed
					return tt.fail(queryCtx, cancel)
				default:
					return nil
				}
			}, nil)
			ended, returned := make(chan struct{}), error(nil)
			go func() {
				defer close(ended)
				returned = all(s.cached.QueryContext(ctx, namesOfKind, 1))
			}()
			<-leading
			const followers = 4
			got := make(chan string, followers)
			for range followers {
				go func() {
					rows, _ := s.read(t, namesOfKind, 1)
					got <- rows
				}()
			}
			close(proceed)
			<-ended
			if !errors.Is(returned, tt.want) {
				t.Errorf("the leader got %v", returned)
			}
			for range followers {
				if rows := <-got; rows != "one,two" {
					t.Errorf("a follower got %q", rows)
				}
			}
			s.want(t, "one,two", true, namesOfKind, 1)
		})
	}
}
