package integration

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/sqlcache"
)

// stopOnce has the next query of a text that comes back wait: it closes the first
// channel and waits for the second.
func stopOnce(s *cachedSQLite, text string) (reached, resume chan struct{}) {
	reached, resume = make(chan struct{}), make(chan struct{})
	var stopped atomic.Bool
	s.gate.set(nil, func(_ context.Context, t string) error {
		if t == text && stopped.CompareAndSwap(false, true) {
			close(reached)
			<-resume
		}
		return nil
	})
	return reached, resume
}

// A second writer commits between the query that follows a commit and the storing of
// its result: the older row is not served.
func TestCacheOnSaveNeverStoresAnOlderRow(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T) func(*cacheops.Config, *sqlcache.Config){
		"in memory": func(*testing.T) func(*cacheops.Config, *sqlcache.Config) { return nil },
		"on Redis": func(t *testing.T) func(*cacheops.Config, *sqlcache.Config) {
			t.Helper()
			return onRedis(newRedisStore(t, startRedis(t)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSaved(t, change(t))
			reached, resume := stopOnce(s, itemByID)
			first := make(chan error, 1)
			go func() {
				_, err := s.cached.Exec("UPDATE items SET name = 'older' WHERE id = 1")
				first <- err
			}()
			<-reached // it has read "older"
			s.run(t, "UPDATE items SET name = 'newer' WHERE id = 1")
			s.want(t, "newer", true, itemByID, 1)
			close(resume)
			if err := <-first; err != nil {
				t.Fatal(err)
			}
			if got, _ := s.read(t, itemByID, 1); got != "newer" {
				t.Fatalf("STALE: %q", got)
			}
		})
	}
}

// What the query that follows a commit waits for is not waited for by other writers,
// although SQLite has one writer at a time.
func TestCacheOnSaveHoldsNoLock(t *testing.T) {
	t.Parallel()
	s := newSaved(t, nil)
	reached, resume := stopOnce(s, itemByID)
	first := make(chan error, 1)
	go func() {
		tx, err := s.cached.Begin()
		if err == nil {
			_, err = tx.Exec("UPDATE items SET name = 'uno' WHERE id = 1")
		}
		if err == nil {
			err = tx.Commit()
		}
		first <- err
	}()
	<-reached
	for i := range 3 {
		s.run(t, "UPDATE items SET name = ? WHERE id = 2", strconv.Itoa(i))
	}
	close(resume)
	if err := <-first; err != nil {
		t.Fatal(err)
	}
}

// One connection is enough: a commit does not wait for a second one while it holds the
// only one.
func TestCacheOnSaveWithOneConnection(t *testing.T) {
	t.Parallel()
	s := newSaved(t, func(_ *cacheops.Config, d *sqlcache.Config) { d.MaxOpenConns = 1 })
	s.run(t, "UPDATE items SET name = 'uno' WHERE id = 1")
	s.want(t, "uno", true, itemByID, 1)
	tx, err := s.cached.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("UPDATE items SET name = 'due' WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	s.want(t, "due", true, itemByID, 1)
	if got := s.cache.Stats().ReadAhead; got.Queries != 2 || got.Errors != 0 {
		t.Errorf("counted %+v", got)
	}
}

// Writers and readers of a few rows at once: no read is older than what had been
// committed when it began.
func TestCacheOnSaveTorture(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T) func(*cacheops.Config, *sqlcache.Config){
		"in memory": func(*testing.T) func(*cacheops.Config, *sqlcache.Config) { return nil },
		"on Redis": func(t *testing.T) func(*cacheops.Config, *sqlcache.Config) {
			t.Helper()
			return onRedis(newRedisStore(t, startRedis(t), func(c *rueidisstore.Config) { c.BackgroundFills = 0 }))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const rows, writers, readers, writes = 3, 3, 4, 150
			s := newCachedSQLite(t, func(c *cacheops.Config, d *sqlcache.Config) {
				c.Profiles = cacheops.Profiles{"numbers": {Ops: cacheops.OpAll, CacheOnSave: "id"}}
				if f := change(t); f != nil {
					f(c, d)
				}
			})
			exec(t, s.cached, "CREATE TABLE numbers (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)", "INSERT INTO numbers VALUES (0, 0), (1, 0), (2, 0)")
			const get = "SELECT n FROM numbers WHERE id = ?"
			for id := range rows {
				s.want(t, "0", false, get, id)
			}
			var committed [rows]atomic.Int64
			atLeast := func(id int, n int64) {
				for old := committed[id].Load(); old < n && !committed[id].CompareAndSwap(old, n); old = committed[id].Load() {
				}
			}
			var stale atomic.Int64
			read := func(id int) error {
				floor := committed[id].Load()
				var n int64
				if err := s.cached.QueryRow(get, id).Scan(&n); err != nil {
					return err
				}
				if n < floor {
					stale.Add(1)
					return fmt.Errorf("STALE: row %d is %d, after %d was committed", id, n, floor)
				}
				return nil
			}
			errs := make(chan error, writers+readers)
			var writing, reading sync.WaitGroup
			for w := range writers {
				writing.Go(func() {
					for i := range writes {
						id := (w + i) % rows
						var n int64
						err := s.cached.QueryRow("UPDATE numbers SET n = n + 1 WHERE id = ? RETURNING n", id).Scan(&n)
						if err == nil {
							atLeast(id, n)
							err = read(id)
						}
						if err != nil {
							errs <- err
							return
						}
					}
				})
			}
			done := make(chan struct{})
			for r := range readers {
				reading.Go(func() {
					for i := r; ; i++ {
						select {
						case <-done:
							return
						default:
						}
						if err := read(i % rows); err != nil {
							errs <- err
							return
						}
					}
				})
			}
			writing.Wait()
			close(done)
			reading.Wait()
			close(errs)
			for err := range errs {
				t.Error(err)
			}
			got := s.cache.Stats()
			if got.ReadAhead.Queries == 0 || got.Hits == 0 {
				t.Errorf("nothing was tried: %+v", got.ReadAhead)
			}
			t.Logf("%d writes, %d queries after them, %d hits, %d stale", writers*writes, got.ReadAhead.Queries, got.Hits, stale.Load())
		})
	}
}

// A trigger changes the row once more, after its image was taken: what is stored is
// what the database has.
func TestCacheOnSaveAfterATrigger(t *testing.T) {
	t.Parallel()
	s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) {
		c.Profiles = cacheops.Profiles{everyTable: {Ops: cacheops.OpAll, CacheOnSave: "id"}}
	})
	exec(t, s.cached,
		"CREATE TABLE log (n INTEGER)",
		"CREATE TRIGGER louder AFTER UPDATE ON items WHEN new.name <> upper(new.name) BEGIN UPDATE items SET name = upper(name) WHERE id = new.id; END")
	s.want(t, "one", false, itemByID, 1)
	for _, name := range []string{"uno", "eins"} {
		s.run(t, "UPDATE items SET name = ? WHERE id = 1", name)
		var want string
		if err := s.bare.QueryRow(itemByID, 1).Scan(&want); err != nil {
			t.Fatal(err)
		}
		if got, _ := s.read(t, itemByID, 1); got != want {
			t.Fatalf("got %q, the database has %q", got, want)
		}
	}
}

// A get inside of a transaction sees what the transaction did, and what is read after
// its commit is what others see.
func TestCacheOnSaveAndAGetInATransaction(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newSaved(t, nil)
	tx, err := s.cached.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"uno", "due"} {
		if _, err := tx.ExecContext(ctx, "UPDATE items SET name = ? WHERE id = 1", name); err != nil {
			t.Fatal(err)
		}
		if got, hit := readWith(ctx, t, s, tx, itemByID, 1); got != name || hit {
			t.Errorf("inside: %q (hit: %v)", got, hit)
		}
		s.want(t, "one", true, itemByID, 1)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	s.want(t, "due", true, itemByID, 1)
}

// What goes wrong after a commit is not the program's error, and is not tried again
// until a read has shown that it works.
func TestCacheOnSaveThatFails(t *testing.T) {
	t.Parallel()
	errRefused := errors.New("no")
	ofGet := func(f func(context.Context) error) func(context.Context, string) error {
		return func(ctx context.Context, text string) error {
			if text == itemByID {
				return f(ctx)
			}
			return nil
		}
	}
	for name, fail := range map[string]func(context.Context) error{
		"an error": func(context.Context) error { return errRefused },
		"a panic":  func(context.Context) error { panic("the driver") },
		"too slow": func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		},
	} {
		for how, write := range map[string]func(*sql.DB, string) error{
			"alone": func(db *sql.DB, text string) error {
				_, err := db.Exec(text)
				return err
			},
			"committed": func(db *sql.DB, text string) error {
				tx, err := db.Begin()
				if err != nil {
					return err
				}
				_, err = tx.Exec(text)
				return errors.Join(err, tx.Commit())
			},
		} {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				var log lines
				s := newSaved(t, func(c *cacheops.Config, d *sqlcache.Config) {
					c.LockTTL, c.Logger, d.MaxOpenConns = 50*time.Millisecond, log.logger(), 1
				})
				s.gate.set(ofGet(fail), nil)
				if err := write(s.cached, "UPDATE items SET name = 'uno' WHERE id < 3"); err != nil {
					t.Fatal(err)
				}
				if got := s.cache.Stats().ReadAhead; got.Queries != 1 || got.Errors != 1 {
					t.Errorf("counted %+v", got)
				}
				s.gate.set(nil, nil)
				if err := write(s.cached, "UPDATE items SET name = 'due' WHERE id < 3"); err != nil {
					t.Fatal(err)
				}
				s.want(t, "due", false, itemByID, 1)
				if err := write(s.cached, "UPDATE items SET name = 'tre' WHERE id < 3"); err != nil {
					t.Fatal(err)
				}
				s.want(t, "tre", true, itemByID, 2)
			})
		}
	}
}

// A write whose context ends right after its commit is read all the same.
func TestCacheOnSaveOutlivesTheContext(t *testing.T) {
	t.Parallel()
	s := newSaved(t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.gate.set(func(_ context.Context, text string) error {
		if text == itemByID {
			cancel()
		}
		return nil
	}, nil)
	if _, err := s.cached.ExecContext(ctx, "UPDATE items SET name = 'uno' WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	s.want(t, "uno", true, itemByID, 1)
}

// Two processes on one Redis: the get of the other one is a hit, too, also where
// results are stored in the background as a rule.
func TestCacheOnSaveInAnotherProcess(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	background := func(c *rueidisstore.Config) { c.BackgroundFills = 0 }
	s := newSaved(t, onRedis(newRedisStore(t, server, background)))
	other := openCachedSQLite(t, s.path, onRedis(newRedisStore(t, server, background), func(c *cacheops.Config, _ *sqlcache.Config) {
		c.Profiles = cacheops.Profiles{everyTable: {Ops: cacheops.OpAll}}
	}))
	for hit := false; !hit; _, hit = s.read(t, itemByID, 1) {
		// Its first result is stored by and by.
	}
	for i := range 20 {
		name := strconv.Itoa(i)
		s.run(t, "UPDATE items SET name = ? WHERE id = 1", name)
		other.want(t, name, true, itemByID, 1)
		s.want(t, name, true, itemByID, 1)
	}
	// The other one did not ask for it, and drops what is there.
	other.run(t, "UPDATE items SET name = 'new' WHERE id = 1")
	s.want(t, "new", false, itemByID, 1)
}

// While the store is away nothing is read after a commit: it could not be stored.
func TestCacheOnSaveWithoutAStore(t *testing.T) {
	t.Parallel()
	server := startRedis(t)
	s := newSaved(t, onRedis(newRedisStore(t, server, func(c *rueidisstore.Config) {
		c.ReadTimeout, c.WriteTimeout = 100*time.Millisecond, 100*time.Millisecond
	}), func(c *cacheops.Config, _ *sqlcache.Config) {
		c.OnStoreFailure, c.FenceTTL = cacheops.Degrade, 2*time.Second
	}))
	server.Pause()
	s.run(t, "UPDATE items SET name = 'uno' WHERE id = 1")
	if got := s.cache.Stats().ReadAhead; got.Queries != 0 {
		t.Errorf("counted %+v", got)
	}
	server.Resume()
	if got, _ := s.read(t, itemByID, 1); got != "uno" {
		t.Errorf("got %q", got)
	}
}
