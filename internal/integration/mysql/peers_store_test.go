package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
)

// process is a process with its results in Redis, on a database that may be another's
// too. Its fills are waited for. Change may alter its settings.
func process(t *testing.T, redis *redistest.Server, mode, dsn string, change func(*cacheops.Config)) *cachedMySQL {
	t.Helper()
	st, err := rueidisstore.New(rueidisstore.Config{URL: redistest.Patient(redis.URL()), BackgroundFills: -1, ReadTimeout: 20 * time.Second, Prefix: database(t, dsn)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return openCachedMySQL(t, mode, dsn, func(c *cacheops.Config, _ *sqlcache.Config) {
		c.Store = st
		if change != nil {
			change(c)
		}
	})
}

// What one process stores answers the others, those that begin later too, and what drops
// it there drops it for all: a write, an invalidation by hand, and one of everything.
func TestPeersProcesses(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t, redistest.WithSettings("save ''"))
	eachMode(t, func(t *testing.T, mode string) {
		dsn := server.NewDatabase(t)
		a, b := process(t, redis, mode, dsn, nil), process(t, redis, mode, dsn, nil)
		exec(t, a.bare, txTable, txRow)
		a.want(t, "old", false, txRead)
		b.want(t, "old", true, txRead)
		for i, write := range []func() error{
			func() error { _, err := a.cached.Exec("UPDATE notes SET text = 'v0' WHERE id = 1"); return err },
			func() error { _, err := b.cached.Exec("UPDATE notes SET text = 'v1' WHERE id = 1"); return err },
			func() error {
				exec(t, a.bare, "UPDATE notes SET text = 'v2' WHERE id = 1")
				return a.cache.Database("main").Invalidate(t.Context(), cacheops.Row("notes", cacheops.Values{"id": 1}))
			},
			func() error {
				exec(t, a.bare, "UPDATE notes SET text = 'v3' WHERE id = 1")
				return b.cache.Database("main").Invalidate(t.Context(), cacheops.All())
			},
		} {
			if err := write(); err != nil {
				t.Fatal(err)
			}
			want := fmt.Sprint("v", i)
			b.want(t, want, false, txRead)
			a.want(t, want, true, txRead)
		}
		process(t, redis, mode, dsn, nil).want(t, "v3", true, txRead)
		// A missing row, a count and a largest value of none are results like others.
		missing := []string{"SELECT text FROM notes WHERE id = 7", "SELECT count(*) FROM notes WHERE text = 'seven'", "SELECT max(id) FROM notes WHERE text = 'seven'"}
		none, some := []string{"", "0", "<nil>"}, []string{"seven", "1", "7"}
		for i, q := range missing {
			a.want(t, none[i], false, q)
			b.want(t, none[i], true, q)
		}
		tx := a.begin(t, nil)
		run(t, tx, "INSERT INTO notes VALUES (7, 'seven')")
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		for i, q := range missing {
			b.want(t, none[i], true, q)
		}
		if err := b.cached.QueryRow(missing[0]).Scan(new(string)); !errors.Is(err, sql.ErrNoRows) {
			t.Errorf("a missing row in Redis: %v", err)
		}
		exec(t, a.cached, "INSERT INTO notes VALUES (7, 'seven')")
		for i, q := range missing {
			b.want(t, some[i], false, q)
		}
	})
}

// Redis goes away: reads go to the database without an error, a write that says that it
// failed did not happen, in a transaction neither, and when Redis is back, with what it
// held, everybody reads what the database has.
func TestPeersRedisAway(t *testing.T) {
	t.Parallel()
	for _, mode := range []cacheops.FailureMode{cacheops.FailWrites, cacheops.Degrade} {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			redis := redistest.Start(t) // it keeps what it holds
			dsn := server.NewDatabase(t)
			set := func(c *cacheops.Config) { c.OnStoreFailure, c.FenceTTL = mode, 2*time.Second }
			a, b := process(t, redis, plain, dsn, set), process(t, redis, interpolated, dsn, set)
			exec(t, a.bare, txTable, txRow)
			for _, p := range []*cachedMySQL{a, b} {
				p.warm(t)
				// A call of a busy Redis may come too late, and the read is not kept then.
				for hit := false; !hit; {
					var got string
					if got, hit = p.read(t, txRead); got != "old" || t.Context().Err() != nil {
						t.Fatalf("%q is read, and not kept", got)
					}
				}
			}
			if err := redis.Save(); err != nil {
				t.Fatal(err)
			}
			if err := redis.Kill(); err != nil {
				t.Fatal(err)
			}
			now := "old"
			for i, write := range []func(text string) error{
				func(text string) error { _, err := a.cached.Exec(text); return err },
				func(text string) error {
					return inImageTx(context.Background(), a.cached, func(tx *sql.Tx) error { _, err := tx.Exec(text); return err })
				},
			} {
				for _, p := range []*cachedMySQL{a, b} {
					p.want(t, now, false, txRead)
				}
				text := fmt.Sprint("v", i)
				err := write("UPDATE notes SET text = '" + text + "' WHERE id = 1")
				if (err == nil) != (mode == cacheops.Degrade) || err != nil && !errors.Is(err, store.ErrUnavailable) {
					t.Errorf("the write: %v", err)
				}
				if err == nil {
					now = text
				}
				if got, _ := a.readWith(t.Context(), t, a.bare, txRead); got != now {
					t.Errorf("the write returned %v, and the row is %q", err, got)
				}
				a.want(t, now, false, txRead)
			}
			if err := redis.Restart(); err != nil {
				t.Fatal(err)
			}
			for a.hits.Load() == 0 || b.hits.Load() == 0 { // until both are connected again
				a.hits.Store(0)
				b.hits.Store(0)
				for _, p := range []*cachedMySQL{a, b} {
					if got, hit := p.read(t, txRead); got != now {
						t.Fatalf("STALE: %q, hit %v, want %q", got, hit, now)
					}
				}
				if t.Context().Err() != nil {
					t.Fatal("nothing is cached any more")
				}
			}
			exec(t, a.cached, "UPDATE notes SET text = 'last' WHERE id = 1")
			for range 2 {
				for _, p := range []*cachedMySQL{a, b} {
					if got, hit := p.read(t, txRead); got != "last" {
						t.Errorf("STALE: %q, hit %v", got, hit)
					}
				}
			}
		})
	}
}
