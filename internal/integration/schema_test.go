package integration

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/sqlite"
	"github.com/cacheops/cacheops/sqlcache"
	"github.com/cacheops/cacheops/store/memory"
)

const (
	createOthers = "CREATE TABLE others (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL)"
	viewOfItems  = "CREATE VIEW v AS SELECT * FROM items"
	viewOfOthers = "CREATE VIEW v AS SELECT * FROM others"
	namesInView  = "SELECT name FROM v WHERE kind = ? ORDER BY id"
)

// Somebody replaces a view without telling anybody. A read that was planned
// before is planned anew when it asks the database: what it stores depends on
// the tables that the view reads now.
func TestReadIsPlannedAnewAfterAForeignChange(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := newItems(t, nil)
	exec(t, s.cached, createOthers, viewOfItems)
	s.want(t, "one,two", false, namesInView, 1)
	exec(t, s.bare, "DROP VIEW v", viewOfOthers)
	// A handle that knows the new schema from the start has nothing to notice.
	second, err := sqlcache.Open(s.cache, "sqlite", "file:"+s.path+dsnOptions, sqlcache.Config{Dialect: sqlite.Dialect, Database: "main"})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	readWith(ctx, t, s, second, "SELECT name FROM others WHERE id = 1")
	s.want(t, "", false, namesInView, 3)
	s.want(t, "", true, namesInView, 3)
	exec(t, second, "INSERT INTO others VALUES (1, 3, 'new')")
	if rows, _ := s.read(t, namesInView, 3); rows != "new" {
		t.Errorf("STALE: %q", rows)
	}
}

// unversioned is SQLite without a version of the schema, as some databases are:
// only the store's version tells then that another process changed it.
type unversioned struct{ dialect.Dialect }

func (u unversioned) SchemaVersion(context.Context, dialect.Queryer) (string, error) { return "", nil }

func (u unversioned) LoadCatalog(ctx context.Context, db dialect.Queryer) (*dialect.Catalog, error) {
	c, err := u.Dialect.LoadCatalog(ctx, db)
	if c != nil {
		c.Version = ""
	}
	return c, err
}

// A read is planned and leased, somebody replaces the view that it reads, and
// another read of the handle notices that before the first one asks the database.
// What it gets then is of another schema than its plan, and is not stored, where a
// process that knows only the old schema would find it.
func TestReadIsPlannedAnewAfterAnotherReadSawTheChange(t *testing.T) {
	t.Parallel()
	s, process := twoProcesses(t, sqlite.Dialect)
	exec(t, s.cached, createOthers, viewOfItems)
	process.want(t, "one,two", false, namesInView, 1)
	reading, resume := make(chan struct{}), make(chan struct{})
	var stopped atomic.Bool
	s.gate.set(func(_ context.Context, text string) error {
		if text == namesInView && stopped.CompareAndSwap(false, true) {
			close(reading)
			<-resume
		}
		return nil
	}, nil)
	first := make(chan string)
	go func() {
		rows, _ := s.read(t, namesInView, 3)
		first <- rows
	}()
	<-reading
	exec(t, s.bare, "DROP VIEW v", viewOfOthers)
	s.read(t, "SELECT name FROM others WHERE id = 1")
	close(resume)
	if rows := <-first; rows != "" {
		t.Errorf("got %q", rows)
	}
	process.read(t, namesInView, 3)
	exec(t, s.cached, "INSERT INTO others VALUES (1, 3, 'new')")
	if rows, hit := process.read(t, namesInView, 3); rows != "new" {
		t.Errorf("STALE: %q (hit: %v)", rows, hit)
	}
}

// A write is planned, somebody makes a trigger, and a read of the handle notices that
// before the write begins. It is planned anew, although the schema in force is the
// database's by then.
func TestWriteIsPlannedAnewAfterAReadSawTheChange(t *testing.T) {
	t.Parallel()
	s := newItems(t, nil)
	const others = "SELECT name FROM others WHERE id = ?"
	exec(t, s.cached, createOthers)
	s.want(t, "", false, others, 1)
	var met atomic.Bool
	s.gate.set(func(_ context.Context, text string) error {
		if strings.HasPrefix(text, "BEGIN") && met.CompareAndSwap(false, true) {
			exec(t, s.bare, "CREATE TRIGGER tr AFTER INSERT ON others BEGIN UPDATE items SET name = 'T' WHERE id = 1; END")
			s.want(t, "", false, others, 2) // and everything is dropped
			s.want(t, "one,two", false, namesOfKind, 1)
		}
		return nil
	}, nil)
	exec(t, s.cached, "INSERT INTO others (id, kind, name) VALUES (3, 1, 'x')")
	if !met.Load() {
		t.Fatal("the write began no transaction")
	}
	if rows, hit := s.read(t, namesOfKind, 1); rows != "T,two" {
		t.Errorf("STALE: %q (hit: %v)", rows, hit)
	}
}

// twoProcesses are two caches with one store, on one database.
func twoProcesses(t *testing.T, d dialect.Dialect) (s, process *cachedSQLite) {
	t.Helper()
	st := newStore(t, memory.Config{})
	change := func(c *cacheops.Config, cfg *sqlcache.Config) { c.Store, cfg.Dialect = st, d }
	s = newItems(t, change)
	return s, openCachedSQLite(t, s.path, change)
}

// Another process on the same store makes a trigger on a table that nobody
// caches. The next write to it knows what the trigger writes before it runs, so
// that a crash in the middle leaves nothing stale.
func TestWriteIsPlannedAnewAfterAnotherProcessChangedTheSchema(t *testing.T) {
	t.Parallel()
	s, process := twoProcesses(t, unversioned{sqlite.Dialect})
	const insert = "INSERT INTO others (kind, name) VALUES (1, 'x')"
	exec(t, s.cached, createOthers, insert)
	s.want(t, "one,two", false, namesOfKind, 1)
	exec(t, process.cached, "CREATE TRIGGER tr AFTER INSERT ON others BEGIN UPDATE items SET name = 'T' WHERE id = 1; END")
	process.want(t, "one,two", false, namesOfKind, 1)
	process.want(t, "one,two", true, namesOfKind, 1)
	met := false
	s.gate.set(nil, func(_ context.Context, text string) error {
		if text == insert {
			met = true
			if rows, hit := process.read(t, namesOfKind, 1); hit {
				t.Errorf("STALE: %q was served while the write was under way", rows)
			}
		}
		return nil
	})
	exec(t, s.cached, insert)
	s.gate.set(nil, nil)
	if process.want(t, "T,two", false, namesOfKind, 1); !met {
		t.Error("the write was not seen")
	}
}

// Another process makes the trigger when the write is planned and fenced, and has
// not run yet. What the bump is told of the schema makes up for it.
func TestWriteNoticesThatAnotherProcessChangedTheSchemaUnderIt(t *testing.T) {
	t.Parallel()
	s, process := twoProcesses(t, unversioned{sqlite.Dialect})
	const insert = "INSERT INTO others (kind, name) VALUES (1, 'x')"
	exec(t, s.cached, createOthers, insert)
	s.want(t, "one,two", false, namesOfKind, 1)
	met := false
	s.gate.set(func(_ context.Context, text string) error {
		if text == insert && !met {
			met = true
			exec(t, process.cached, "CREATE TRIGGER tr AFTER INSERT ON others BEGIN UPDATE items SET name = 'T' WHERE id = 1; END")
			process.want(t, "one,two", false, namesOfKind, 1)
			process.want(t, "one,two", true, namesOfKind, 1)
		}
		return nil
	}, nil)
	exec(t, s.cached, insert)
	s.gate.set(nil, nil)
	if rows, hit := process.read(t, namesOfKind, 1); !met || hit || rows != "T,two" {
		t.Errorf("STALE: %q, a hit: %v; the write was seen: %v", rows, hit, met)
	}
}

// Another process on the same store changes the schema, through its own handle.
// The reads of this one are planned anew.
func TestReadIsPlannedAnewAfterAnotherProcessChangedTheSchema(t *testing.T) {
	t.Parallel()
	s, process := twoProcesses(t, unversioned{sqlite.Dialect})
	exec(t, s.cached, createOthers, viewOfItems)
	s.want(t, "one,two", false, namesInView, 1)
	exec(t, process.cached, "DROP VIEW v", viewOfOthers)
	s.want(t, "", false, namesInView, 1)
	s.want(t, "", true, namesInView, 1)
	exec(t, process.cached, "INSERT INTO others VALUES (1, 1, 'new')")
	if rows, _ := s.read(t, namesInView, 1); rows != "new" {
		t.Errorf("STALE: %q", rows)
	}
}
