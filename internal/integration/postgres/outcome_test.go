package postgres

import (
	"context"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/rueidisstore"
	"github.com/cacheops/cacheops/sqlcache"
)

// slowCommit has COMMIT wait for an advisory lock, where it changed the table.
var slowCommit = []string{
	`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NULL; END'`,
	"CREATE CONSTRAINT TRIGGER slow AFTER UPDATE ON notes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow()",
}

// fenceTTL is short, so that a fence that is not renewed ends while the test waits.
const fenceTTL = 2 * time.Second

// unansweredCase is a write of which the answer is cut off.
type unansweredCase struct {
	name  string
	write func(ctx context.Context, s *cachedPostgres) error
}

var unansweredCases = []unansweredCase{
	{"a statement", func(ctx context.Context, s *cachedPostgres) error {
		_, err := s.cached.ExecContext(ctx, txWrite)
		return err
	}},
	{"a transaction", func(ctx context.Context, s *cachedPostgres) error {
		tx, err := s.cached.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, txWrite); err != nil {
			return err
		}
		return tx.Commit()
	}},
	{"a transaction by text", func(ctx context.Context, s *cachedPostgres) error {
		c, err := s.cached.Conn(ctx)
		if err != nil {
			return err
		}
		defer c.Close()
		for _, text := range []string{"BEGIN", txWrite, "COMMIT"} {
			if _, err := c.ExecContext(ctx, text); err != nil {
				return err
			}
		}
		return nil
	}},
	{"what is not understood", func(ctx context.Context, s *cachedPostgres) error {
		// The drivers say of a lost connection that nothing was done, and what is run
		// on the pool is run again. On one connection it is not.
		c, err := s.cached.Conn(ctx)
		if err != nil {
			return err
		}
		defer c.Close()
		if _, err := c.ExecContext(ctx, "SELECT 1"); err != nil {
			return err
		}
		_, err = c.ExecContext(ctx, "DO $$ BEGIN UPDATE public.notes SET text = 'new' WHERE id = 1; END $$")
		return err
	}},
}

// The connection is lost while the server carries COMMIT out, which it does much
// later, behind several lives of a fence. Nothing of before it is kept meanwhile, and
// when the server is done the next read is of after it, and is kept.
func TestOutcomeUnanswered(t *testing.T) {
	for _, tt := range unansweredCases {
		t.Run(tt.name, func(t *testing.T) {
			eachDriver(t, func(t *testing.T, driverName string) { tt.try(t, driverName, nil) })
		})
	}
}

// The same with a store that is elsewhere.
func TestOutcomeUnansweredOnRedis(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t, redistest.WithSettings("save ''"))
	for i, driverName := range []string{pgx, pq} {
		st, err := rueidisstore.New(rueidisstore.Config{
			URL: redistest.Patient(redis.URL()), ReadTimeout: 20 * time.Second, WriteTimeout: 20 * time.Second, BackgroundFills: -1,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := st.Close(); err != nil {
				t.Error(err)
			}
		})
		unansweredCases[i].try(t, driverName, func(c *cacheops.Config, cfg *sqlcache.Config) {
			c.Store, cfg.Database = st, driverName
		})
	}
}

func (tt *unansweredCase) try(t *testing.T, driverName string, change func(*cacheops.Config, *sqlcache.Config)) {
	dsn := server.NewDatabase(t)
	between, through := newCutter(t, dsn)
	s := openCachedPostgres(t, driverName, through, func(c *cacheops.Config, cfg *sqlcache.Config) {
		c.FenceTTL = fenceTTL
		if change != nil {
			change(c, cfg)
		}
	})
	direct := openCachedPostgres(t, driverName, dsn, nil).bare
	exec(t, direct, txTable, txRow)
	exec(t, direct, slowCommit...)
	s.warm(t)
	s.want(t, "old", true, txRead)
	held, err := direct.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	run(t, held, "SELECT pg_advisory_lock(42)")
	wait := inBackground(func() error { return tt.write(context.Background(), s) })
	(&cachedPostgres{bare: direct}).awaitLocks(t, 1)
	between.cut()
	if err := wait(); err == nil {
		t.Fatal("the answer came")
	}
	for range spread(t, 2*fenceTTL) {
		if rows, hit := s.readAgain(t); rows != "old" || hit {
			t.Fatalf("STALE: %q, hit %v, while the COMMIT is under way", rows, hit)
		}
	}
	run(t, held, "SELECT pg_advisory_unlock(42)")
	for committed, text := false, ""; ; {
		rows, hit := s.readAgain(t)
		if committed && rows != "new" {
			t.Fatalf("STALE: %q, hit %v, after the COMMIT", rows, hit)
		}
		if committed && hit {
			break
		}
		if err := direct.QueryRow(txRead).Scan(&text); err != nil {
			t.Fatal(err)
		}
		committed = text == "new"
	}
}

// readAgain reads over whichever connection still lives.
func (s *cachedPostgres) readAgain(t *testing.T) (rows string, hit bool) {
	t.Helper()
	for range 10 {
		if err := s.cached.Ping(); err == nil {
			break
		}
	}
	return s.read(t, txRead)
}

// A server's own refusal of a COMMIT is an answer: nothing is waited for.
func TestOutcomeRefused(t *testing.T) {
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newNotes(t, driverName, nil, "ALTER TABLE notes ADD CONSTRAINT once UNIQUE (text) DEFERRABLE INITIALLY DEFERRED")
		tx := s.begin(t, nil)
		run(t, tx, "UPDATE notes SET text = 'two' WHERE id = 1")
		if err := tx.Commit(); state(err) != "23505" {
			t.Fatalf("COMMIT: %v", err)
		}
		s.read(t, txRead)
		s.want(t, "old", true, txRead)
		if _, err := s.cached.Exec("UPDATE notes SET text = 'two' WHERE id = 1"); state(err) != "23505" {
			t.Fatalf("UPDATE: %v", err)
		}
		s.read(t, txRead)
		s.want(t, "old", true, txRead)
	})
}

// A prepared transaction keeps its rows out of the cache until it is ended, by
// whomever.
func TestOutcomePrepared(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *cachedPostgres, string){
		"by another program": func(t *testing.T, s *cachedPostgres, how string) { exec(t, s.bare, how) },
		"by a handle": func(t *testing.T, s *cachedPostgres, how string) {
			run(t, s.conn(t), how) // which is out of the cache then, and stays out of the pool
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachDriver(t, func(t *testing.T, driverName string) {
				s := newNotes(t, driverName, func(c *cacheops.Config, _ *sqlcache.Config) { c.FenceTTL = fenceTTL })
				for _, how := range []struct{ word, want string }{{"ROLLBACK", "old"}, {"COMMIT", "new"}} {
					id := "'" + driverName + name + how.word + "'"
					c := s.conn(t)
					run(t, c, "BEGIN", txWrite, "PREPARE TRANSACTION "+id)
					for range spread(t, 2*fenceTTL) {
						if rows, hit := s.read(t, txRead); rows != "old" || hit {
							t.Fatalf("STALE: %q, hit %v, while it is prepared", rows, hit)
						}
					}
					s.wantWith(t, c, "old", false, txRead)
					run(t, c, "SELECT 1")
					_ = c.Close()
					end(t, s, how.word+" PREPARED "+id)
					for hit := false; !hit; {
						var rows string
						if rows, hit = s.read(t, txRead); rows != how.want {
							t.Fatalf("STALE: %q, hit %v, after %s PREPARED", rows, hit, how.word)
						}
					}
				}
			})
		})
	}
}

// spread yields some hundred times over a time, so that what is tried meanwhile
// leaves room for what is tested.
func spread(t *testing.T, over time.Duration) <-chan struct{} {
	t.Helper()
	out := make(chan struct{})
	go func() {
		defer close(out)
		tick := time.NewTicker(over / 200)
		defer tick.Stop()
		for range 200 {
			select {
			case <-tick.C:
			case <-t.Context().Done():
				return
			}
			select {
			case out <- struct{}{}:
			case <-t.Context().Done():
				return
			}
		}
	}()
	return out
}

// An argument that the driver cannot send costs no more than the write would have,
// although the driver alone tells of it and the connection stays.
func TestOutcomeNotSent(t *testing.T) {
	t.Parallel()
	s := newNotes(t, pgx, nil, "CREATE FUNCTION touch(n int) RETURNS int LANGUAGE sql AS 'UPDATE notes SET text = text WHERE id = n RETURNING id'")
	if _, err := s.cached.ExecContext(t.Context(), "SELECT touch($1)", []string{"no number"}); err == nil || state(err) != "" {
		t.Fatalf("the driver can send it: %v", err)
	}
	s.want(t, "old", false, txRead)
	s.want(t, "old", true, txRead)
}
