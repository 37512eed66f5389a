package mysql

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

type sessionKey struct{}

// names reads all names of the session's, or of the database.
func names(s *cachedMySQL) func(ctx context.Context, below int64) (string, error) {
	return func(ctx context.Context, below int64) (string, error) {
		q, ok := ctx.Value(sessionKey{}).(querier)
		if !ok {
			q = s.cached
		}
		rows, err := q.QueryContext(ctx, "SELECT name FROM items WHERE id < ? ORDER BY id", below)
		if err != nil {
			return "", err
		}
		defer rows.Close()
		var out []string
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				return "", err
			}
			out = append(out, name)
		}
		return strings.Join(out, ","), rows.Err()
	}
}

// What a function reads in a transaction that began before a write is nobody else's,
// however the transaction came to its level, and whatever was read in it before.
func TestFuncInAnOlderTransaction(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, mode string) {
		t.Helper()
		for name, begin := range map[string]func(ctx context.Context, c *sql.Conn) (querier, func() error, error){
			"read committed": func(ctx context.Context, c *sql.Conn) (querier, func() error, error) {
				tx, err := c.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
				return tx, tx.Commit, err
			},
			"repeatable read": func(ctx context.Context, c *sql.Conn) (querier, func() error, error) {
				tx, err := c.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
				return tx, tx.Rollback, err
			},
			"a snapshot by text": func(ctx context.Context, c *sql.Conn) (querier, func() error, error) {
				_, err := c.ExecContext(ctx, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
				return c, func() error { _, err := c.ExecContext(ctx, "COMMIT"); return err }, err
			},
			"a level set before": func(ctx context.Context, c *sql.Conn) (querier, func() error, error) {
				if _, err := c.ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"); err != nil {
					return nil, nil, err
				}
				tx, err := c.BeginTx(ctx, nil)
				return tx, tx.Commit, err
			},
			"a level set for the next": func(ctx context.Context, c *sql.Conn) (querier, func() error, error) {
				for _, text := range []string{"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"} {
					if _, err := c.ExecContext(ctx, text); err != nil {
						return nil, nil, err
					}
				}
				tx, err := c.BeginTx(ctx, nil)
				return tx, tx.Commit, err
			},
			"without autocommit": func(ctx context.Context, c *sql.Conn) (querier, func() error, error) {
				_, err := c.ExecContext(ctx, "SET autocommit = 0")
				return c, func() error { _, err := c.ExecContext(ctx, "SET autocommit = 1"); return err }, err
			},
			"chained": func(ctx context.Context, c *sql.Conn) (querier, func() error, error) {
				for _, text := range []string{"START TRANSACTION", "COMMIT AND CHAIN"} {
					if _, err := c.ExecContext(ctx, text); err != nil {
						return nil, nil, err
					}
				}
				return c, func() error { _, err := c.ExecContext(ctx, "COMMIT"); return err }, nil
			},
		} {
			s := newCachedMySQL(t, mode, nil)
			exec(t, s.cached, "CREATE TABLE items (id bigint PRIMARY KEY, name text)", "INSERT INTO items VALUES (1, 'one'), (2, 'two')")
			fn, err := cacheops.NewFunc(s.cache, "names", names(s))
			if err != nil {
				t.Fatal(err)
			}
			outer, err := cacheops.NewFunc(s.cache, "outer", fn.Call)
			if err != nil {
				t.Fatal(err)
			}
			ctx := context.Background()
			c, err := s.cached.Conn(ctx)
			if err != nil {
				t.Fatal(err)
			}
			q, end, err := begin(ctx, c)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			rows, err := q.QueryContext(ctx, "SELECT count(*) + rand() * 0 FROM items") // takes the snapshot
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for rows.Next() {
			}
			if err := rows.Close(); err != nil {
				t.Fatal(err)
			}
			exec(t, s.cached, "UPDATE items SET name = 'uno' WHERE id = 1")
			within := context.WithValue(ctx, sessionKey{}, q)
			for below, f := range map[int64]*cacheops.Func[int64, string]{2: fn, 3: outer} {
				if _, err := f.Call(within, below); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
			if err := end(); err != nil {
				t.Fatal(err)
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			for below, f := range map[int64]*cacheops.Func[int64, string]{2: fn, 3: outer} {
				want, err := names(&cachedMySQL{cached: s.bare})(ctx, below)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := f.Call(ctx, below); got != want || err != nil {
					t.Errorf("%s: STALE: %q, %v; want %q", name, got, err, want)
				}
			}
		}
	}
	eachMode(t, run)
}

// Rows that a function reads by and by are a part of it until their end.
func TestFuncWithRowsThatAreStreamed(t *testing.T) {
	t.Parallel()
	s := newCachedMySQL(t, plain, func(c *cacheops.Config, _ *sqlcache.Config) { c.MaxEntryBytes = 4 << 10 })
	exec(t, s.cached, "CREATE TABLE items (id bigint PRIMARY KEY, name text)", "INSERT INTO items SELECT seq, repeat('x', 100) FROM seq_1_to_1000")
	ctx := context.Background()
	var kept []*sql.Rows
	fn, err := cacheops.NewFunc(s.cache, "first", func(ctx context.Context, all bool) (n int, err error) {
		rows, err := s.cached.QueryContext(ctx, "SELECT id, name FROM items ORDER BY id")
		if err != nil {
			return 0, err
		}
		for n = 0; rows.Next() && (all || n < 10); n++ {
		}
		if !all {
			kept = append(kept, rows)
			return n, nil
		}
		return n, rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := fn.Call(ctx, false); n != 10 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if n, err := fn.Peek(ctx, false); err == nil {
		t.Errorf("with rows open it was stored: %d", n)
	}
	for _, rows := range kept {
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}
	for range 2 {
		if n, err := fn.Call(ctx, true); n != 1000 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		if n, err := fn.Peek(ctx, true); n != 1000 || err != nil {
			t.Errorf("read to its end it was not stored: %d, %v", n, err)
		}
	}
	exec(t, s.cached, "DELETE FROM items WHERE id = 7")
	if n, err := fn.Call(ctx, true); n != 999 || err != nil {
		t.Errorf("STALE: %d, %v", n, err)
	}
}
