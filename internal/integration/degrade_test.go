package integration

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store"
)

const (
	renameOne = "UPDATE items SET name = 'new' WHERE id = 1"
	// owedReason is why reads pass while the store has not been told of a write.
	owedReason = "the store has not yet been told of all committed writes"
)

// degrading are two processes on one store that can be away. The first one lets
// writes pass then, and has the store's copies of registries where copies says so.
func degrading(t testing.TB, st *moody, copies bool, change func(*cacheops.Config)) (s, other *cachedSQLite) {
	t.Helper()
	set := func(c *cacheops.Config, cfg *sqlcache.Config) {
		c.Store, c.OnStoreFailure = st, cacheops.Degrade
		if copies {
			c.Store = distant{moody: st}
		}
		cfg.Dialect = unversioned{sqlite.Dialect}
		if change != nil {
			change(c)
		}
	}
	s = newItems(t, set)
	exec(t, s.cached, createOthers, "INSERT INTO others (kind, name) VALUES (1, 'x')", viewOfItems)
	return s, openCachedSQLite(t, s.path, set)
}

// degraded is a write while the store is away.
type degraded struct {
	name   string
	write  func(*cachedSQLite) error
	want   string
	whole  bool   // everything is dropped
	reason string // why reads pass, where it is not the write
}

// Every kind of write passes while the store is away. Then the process that wrote
// reads past the cache, and tells the store before its first cached read; from
// there on nobody is served what is older.
func TestDegrade(t *testing.T) {
	t.Parallel()
	inTx := func(s *cachedSQLite) error {
		tx, err := s.cached.Begin()
		if err != nil {
			return err
		}
		_, err = tx.Exec(renameOne)
		return errors.Join(err, tx.Commit())
	}
	byText := func(s *cachedSQLite) error {
		conn, err := s.cached.Conn(context.Background())
		for _, text := range []string{"BEGIN", renameOne, "COMMIT"} {
			if err == nil {
				_, err = conn.ExecContext(context.Background(), text)
			}
		}
		return errors.Join(err, conn.Close())
	}
	plain := func(text string) func(*cachedSQLite) error {
		return func(s *cachedSQLite) error {
			_, err := s.cached.Exec(text)
			return err
		}
	}
	for _, w := range []degraded{
		{name: "a statement", write: plain(renameOne), want: "new,two"},
		{name: "a statement that commits by itself", write: plain("INSERT OR REPLACE INTO items VALUES (1, 1, 'new')"), want: "new,two", whole: true},
		{name: "a transaction", write: inTx, want: "new,two"},
		{name: "a transaction by text", write: byText, want: "new,two"},
		{name: "a script", write: plain(renameOne + "; UPDATE items SET name = 'new2' WHERE id = 2"), want: "new,new2", whole: true},
		{name: "what is not understood", write: plain("REINDEX items; " + renameOne), want: "new,two", whole: true, reason: "the schema is not known yet"},
	} {
		for _, copies := range []bool{false, true} {
			name := w.name
			if copies {
				name += ", with copies of registries"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { w.try(t, copies) })
			})
		}
	}
}

// try makes the write, sees what its process and another one read then, and when the
// store has come back.
func (w *degraded) try(t *testing.T, copies bool) {
	st := newMoody(t)
	s, other := degrading(t, st, copies, nil)
	const namesOfOthers = "SELECT name FROM others WHERE kind = 1"
	s.want(t, "one,two", false, namesOfKind, 1)
	s.want(t, "x", false, namesOfOthers)
	s.want(t, "x", true, namesOfOthers)
	other.want(t, "one,two", true, namesOfKind, 1)
	st.away.Store(true)
	if err := w.write(s); err != nil {
		t.Fatal(err)
	}
	s.want(t, w.want, false, namesOfKind, 1)
	if r := s.lastReason.Load(); r != cmp.Or(w.reason, owedReason) {
		t.Errorf("passed because of %q", r)
	}
	st.fail("bump") // it comes back, but cannot be told
	st.away.Store(false)
	if rows, hit := s.read(t, namesOfKind, 1); rows != w.want || hit {
		t.Errorf("STALE: %q, hit %v", rows, hit)
	}
	st.fail()
	if rows, hit := s.read(t, namesOfKind, 1); rows != w.want || hit {
		t.Errorf("STALE: %q, hit %v", rows, hit)
	}
	if rows, _ := other.read(t, namesOfKind, 1); rows != w.want {
		t.Errorf("STALE: another process got %q", rows)
	}
	s.want(t, w.want, true, namesOfKind, 1)
	s.want(t, "x", !w.whole, namesOfOthers)
	n := s.cache.Stats()
	if n.Degraded != 1 || n.ToldLate != 1 || n.PassedBy.Store == 0 {
		t.Errorf("counted %d writes without a fence, %d told late, %d reads that passed", n.Degraded, n.ToldLate, n.PassedBy.Store)
	}
}

// A write to a table that nobody reads is not fenced under the lock of a
// transaction. Without the store's word on the schema it would reach everything.
func TestDegradeDropsNoMoreThanTheTable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, degradeDropsNoMoreThanTheTable)
}

func degradeDropsNoMoreThanTheTable(t *testing.T) {
	st := newMoody(t)
	s, _ := degrading(t, st, true, nil)
	s.want(t, "one,two", false, namesOfKind, 1)
	st.away.Store(true)
	exec(t, s.cached, "UPDATE others SET name = 'y'")
	st.away.Store(false)
	s.want(t, "one,two", true, namesOfKind, 1)
	s.want(t, "y", false, "SELECT name FROM others")
}

// A schema that changed while the store was away has a new version when it is told.
func TestDegradeTellsOfTheSchema(t *testing.T) {
	t.Parallel()
	synctest.Test(t, degradeTellsOfTheSchema)
}

func degradeTellsOfTheSchema(t *testing.T) {
	st := newMoody(t)
	s, other := degrading(t, st, false, nil)
	exec(t, s.cached, "DROP VIEW v", viewOfItems)
	other.want(t, "one,two", false, namesInView, 1)
	st.away.Store(true)
	exec(t, s.cached, "DROP VIEW v", viewOfOthers)
	s.want(t, "x", false, namesInView, 1)
	st.away.Store(false)
	s.read(t, namesOfKind, 1)
	if rows, hit := other.read(t, namesInView, 1); rows != "x" {
		t.Errorf("STALE: %q, hit %v", rows, hit)
	}
	exec(t, s.cached, "UPDATE others SET name = 'y'")
	if rows, hit := other.read(t, namesInView, 1); rows != "y" {
		t.Errorf("STALE: %q, hit %v", rows, hit)
	}
}

// The store is told also where nobody reads.
func TestDegradeIsToldByAnIdleProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := newMoody(t)
		s, other := degrading(t, st, false, nil)
		other.want(t, "one,two", false, namesOfKind, 1)
		st.away.Store(true)
		exec(t, s.cached, renameOne)
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's time
		st.away.Store(false)
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's time
		if rows, hit := other.read(t, namesOfKind, 1); rows != "new,two" {
			t.Errorf("STALE: %q, hit %v", rows, hit)
		}
		// Once it is told nobody tries any more.
		st.calls()
		time.Sleep(time.Minute) //nolint:forbidigo // the bubble's time
		if got := st.calls(); len(got) > 0 {
			t.Errorf("called %v", got)
		}
	})
}

// A cache that is closed tells the store what it owes, if it can.
func TestDegradeIsToldByClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, degradeIsToldByClose)
}

func degradeIsToldByClose(t *testing.T) {
	for _, back := range []bool{true, false} {
		st := newMoody(t)
		var log lines
		s, other := degrading(t, st, false, func(c *cacheops.Config) { c.Logger = log.logger() })
		other.want(t, "one,two", false, namesOfKind, 1)
		st.away.Store(true)
		exec(t, s.cached, renameOne)
		st.away.Store(!back)
		if err := errors.Join(s.cached.Close(), s.cache.Close()); err != nil {
			t.Error(err)
		}
		st.away.Store(false)
		if rows, _ := other.read(t, namesOfKind, 1); back && rows != "new,two" {
			t.Errorf("STALE: %q", rows)
		}
		if n := log.count("closed before the store was told"); (n == 0) != back {
			t.Errorf("back: %v, logged %d times", back, n)
		}
	}
}

// A write that commits while the store is being told of another one is told too.
func TestDegradeAgainWhileItIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := newMoody(t)
		s, other := degrading(t, st, false, nil)
		const namesOfOthers = "SELECT name FROM others WHERE kind = 1"
		other.want(t, "x", false, namesOfOthers)
		st.away.Store(true)
		exec(t, s.cached, renameOne)
		st.away.Store(false)
		var met atomic.Bool
		st.watch(func(call string) {
			if call == "bump" && met.CompareAndSwap(false, true) {
				st.away.Store(true)
				exec(t, s.cached, "UPDATE others SET name = 'y'")
				st.away.Store(false)
			}
		})
		s.want(t, "y", false, namesOfOthers) // what it tells is of the first write
		if r := s.lastReason.Load(); r != owedReason {
			t.Errorf("passed because of %q", r)
		}
		s.want(t, "y", false, namesOfOthers)
		if rows, hit := other.read(t, namesOfOthers); rows != "y" || !met.Load() {
			t.Errorf("STALE: %q, hit %v", rows, hit)
		}
	})
}

// What a statement reaches that commits by itself is known from the schema, and
// whether that is the right one the store would have said. Without it such a
// statement may have reached everything.
func TestDegradeWithoutTheStoresSchema(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := newMoody(t)
		s, other := degrading(t, st, true, nil)
		s.want(t, "x", false, "SELECT name FROM others") // somebody caches it
		exec(t, other.cached, "CREATE TRIGGER tr AFTER INSERT ON others BEGIN UPDATE items SET name = 'T' WHERE id = 1; END")
		other.want(t, "one,two", false, namesOfKind, 1)
		st.away.Store(true)
		exec(t, s.cached, "INSERT OR REPLACE INTO others (id, kind, name) VALUES (7, 1, 'z')")
		st.away.Store(false)
		for _, process := range []*cachedSQLite{s, other} {
			if rows, hit := process.read(t, namesOfKind, 1); rows != "T,two" {
				t.Errorf("STALE: %q, hit %v", rows, hit)
			}
		}
	})
}

// The schema changed, and the store is away before it is read anew. Nothing is
// served by the old one, also not what never leaves the process.
func TestOldSchemaWithoutAStore(t *testing.T) {
	t.Parallel()
	st := newMoody(t)
	s, _ := degrading(t, st, false, func(c *cacheops.Config) {
		c.Profiles = cacheops.Profiles{everyTable: {Ops: cacheops.OpAll, TTL: time.Hour, Local: cacheops.Forever}}
	})
	s.want(t, "one,two", false, namesInView, 1)
	s.want(t, "one,two", true, namesInView, 1)
	exec(t, s.cached, "DROP VIEW v; "+viewOfOthers)
	st.away.Store(true)
	st.calls()
	if rows, hit := s.read(t, namesInView, 1); rows != "x" || hit {
		t.Errorf("STALE: %q, hit %v", rows, hit)
	}
	if got := st.calls(); len(got) != 1 {
		t.Errorf("called %v", got)
	}
}

// On a connection without a journal a rollback leaves changes behind. So they are
// told, although the store was away and the program got an error.
func TestRollbackWithoutAJournalOrAStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := newMoody(t)
		s := newItems(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.Store = st })
		s.want(t, "one,two", false, namesOfKind, 1)
		conn, err := s.cached.Conn(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for _, text := range []string{"PRAGMA journal_mode = off", "BEGIN", renameOne} {
			if _, err := conn.ExecContext(context.Background(), text); err != nil {
				t.Fatal(err)
			}
		}
		s.want(t, "one,two", true, namesOfKind, 1)
		st.away.Store(true)
		if _, err := conn.ExecContext(context.Background(), "ROLLBACK"); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("the rollback: %v", err)
		}
		st.away.Store(false)
		if _, hit := s.read(t, namesOfKind, 1); hit {
			t.Error("STALE: a hit, although the rollback may have left something")
		}
	})
}

// Behind a new connection to a database in memory is a new database. It opens while
// the store is away, and nothing of the old one is served when that is back.
func TestNewDatabaseInMemoryWithoutAStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := newMoody(t)
		s := newCachedSQLite(t, func(c *cacheops.Config, _ *sqlcache.Config) { c.Store = st })
		open := func() *sql.DB {
			db, err := sqlcache.Open(s.cache, "sqlite", ":memory:", sqlcache.Config{Dialect: sqlite.Dialect, Database: "memory", MaxOpenConns: 1})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			return db
		}
		first := open()
		exec(t, first, createItems, insertItems)
		ctx := context.Background()
		readWith(ctx, t, s, first, namesOfKind, 1)
		if _, hit := readWith(ctx, t, s, first, namesOfKind, 1); !hit {
			t.Fatal("nothing is cached")
		}
		st.away.Store(true)
		readWith(ctx, t, s, open(), "SELECT 1")
		st.away.Store(false)
		if _, hit := readWith(ctx, t, s, first, namesOfKind, 1); hit {
			t.Error("STALE: a hit, although there is a new database of that name")
		}
	})
}

// A commit of which nobody knows the outcome, while the store is away, may take
// effect after the store was told of it: it is fenced then.
func TestDegradeWithAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, degradeWithAnUnknownOutcome)
}

func degradeWithAnUnknownOutcome(t *testing.T) {
	st := newMoody(t)
	s, _ := degrading(t, st, false, func(c *cacheops.Config) { c.FenceTTL = time.Hour })
	s.want(t, "one,two", false, namesOfKind, 1)
	st.away.Store(true)
	s.gate.set(func(_ context.Context, text string) error {
		if text == "COMMIT" {
			return driver.ErrBadConn
		}
		return nil
	}, nil)
	if _, err := s.cached.Exec(renameOne); err == nil {
		t.Fatal("there was no error, so nothing is tested")
	}
	s.gate.set(nil, nil)
	st.away.Store(false)
	s.read(t, namesOfKind, 1)  // the store is told
	s.read(t, namesOfKind, 1)  // what this would store
	exec(t, s.bare, renameOne) // the server got to it at last
	if rows, hit := s.read(t, namesOfKind, 1); rows != "new,two" {
		t.Errorf("STALE: %q, hit %v", rows, hit)
	}
}

// A store that hangs while it is told of a write keeps no reader waiting, also not
// the one who began to tell it: writers wait longer for a store than readers do.
func TestDegradeWithAHangingStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		st := newMoody(t)
		s, _ := degrading(t, st, true, nil)
		s.want(t, "one,two", false, namesOfKind, 1)
		st.away.Store(true)
		exec(t, s.cached, renameOne)
		const hangs = time.Minute
		st.watch(func(call string) {
			if call == "bump" {
				time.Sleep(hangs) //nolint:forbidigo // the bubble's time
			}
		})
		began := time.Now()
		s.want(t, "new,two", false, namesOfKind, 1)
		if waited := time.Since(began); waited >= hangs {
			t.Errorf("the reader waited for %v", waited)
		}
		if r := s.lastReason.Load(); r != owedReason {
			t.Errorf("passed because of %q", r)
		}
		st.watch(nil)
		st.away.Store(false)
		time.Sleep(3 * hangs) //nolint:forbidigo // as above
		s.want(t, "new,two", false, namesOfKind, 1)
		s.want(t, "new,two", true, namesOfKind, 1)
	})
}

// A reader asks the database before a write and stores only after the store has
// come back: what it stored ends when the store is told.
func TestDegradeWithAReadUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, degradeWithAReadUnderWay)
}

func degradeWithAReadUnderWay(t *testing.T) {
	st := newMoody(t)
	s, _ := degrading(t, st, false, nil)
	read, resume := make(chan struct{}), make(chan struct{})
	var stopped atomic.Bool
	s.gate.set(nil, func(_ context.Context, text string) error {
		if text == namesOfKind && stopped.CompareAndSwap(false, true) {
			close(read)
			<-resume
		}
		return nil
	})
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.read(t, namesOfKind, 1)
	}()
	<-read
	st.away.Store(true)
	// The reader holds the old rows, and no lock of the database's.
	exec(t, s.cached, renameOne)
	st.away.Store(false)
	close(resume)
	<-done
	if rows, hit := s.read(t, namesOfKind, 1); rows != "new,two" {
		t.Errorf("STALE: %q, hit %v", rows, hit)
	}
	if rows, hit := s.read(t, namesOfKind, 1); rows != "new,two" {
		t.Errorf("STALE: %q, hit %v", rows, hit)
	}
}

// What the program asks for it is told the truth of, and what it asks for in a
// transaction is a part of that.
func TestDegradeAndInvalidate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, degradeAndInvalidate)
}

func degradeAndInvalidate(t *testing.T) {
	st := newMoody(t)
	s, other := degrading(t, st, false, nil)
	other.want(t, "one,two", false, namesOfKind, 1)
	st.away.Store(true)
	ctx := context.Background()
	for _, target := range []cacheops.Target{cacheops.All(), cacheops.Table("items")} {
		if err := s.cache.Database("main").Invalidate(ctx, target); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("Invalidate: %v", err)
		}
	}
	if n := s.cache.Stats().ToldLate; n != 0 {
		t.Errorf("%d are told later", n)
	}
	tx, err := s.cached.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.cache.Database("main").InvalidateTx(ctx, tx, cacheops.Table("items")), tx.Commit()); err != nil {
		t.Errorf("InvalidateTx: %v", err)
	}
	st.away.Store(false)
	s.read(t, namesOfKind, 2)
	other.want(t, "one,two", false, namesOfKind, 1)
}

// What is told late is told to who listens, and to Explain.
func TestDegradeTellsHooks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, degradeTellsHooks)
}

func degradeTellsHooks(t *testing.T) {
	st := newMoody(t)
	var events []string
	s, _ := degrading(t, st, false, func(c *cacheops.Config) {
		c.Hooks.OnInvalidate = func(_ context.Context, e cacheops.InvalidateEvent) {
			if e.Cause == cacheops.CauseOutage {
				events = append(events, e.Cause.String()+" "+e.Database+" "+e.Query)
				for _, tt := range e.Tables {
					events = append(events, tt.Table+" "+tt.Query)
				}
			}
		}
	})
	s.want(t, "one,two", false, namesOfKind, 1)
	st.away.Store(true)
	exec(t, s.cached, renameOne)
	st.away.Store(false)
	s.want(t, "new,two", false, namesOfKind, 1)
	if want := "outage main " + renameOne + "|items " + renameOne; strings.Join(events, "|") != want {
		t.Errorf("told %q, want %q", strings.Join(events, "|"), want)
	}
}
