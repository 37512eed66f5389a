package mysql

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/mysqltest"
	"github.com/cacheops/cacheops/sqlcache"
)

// TestSessionReplica: a server that is not to be written may be behind another one.
func TestSessionReplica(t *testing.T) {
	t.Parallel()
	own := mysqltest.Start(t)
	c := openCatalogConn(t, own.NewDatabase(t))
	if got := c.session(t); got.Taint != 0 || !got.Watched || got.Behind {
		t.Errorf("%+v", got)
	}
	settings := c.session(t).Settings
	c.exec(t, "SET GLOBAL read_only = ON")
	if got := c.session(t); got.Taint != dialect.TaintReads || got.Settings != settings || !got.Behind {
		t.Errorf("%+v", got)
	}
}

// lookEvery makes a handle look at the schema and its connections as often as that.
func lookEvery(d time.Duration) func(*cacheops.Config, *sqlcache.Config) {
	return func(_ *cacheops.Config, s *sqlcache.Config) { s.SchemaInterval = d }
}

// TestServerBecomesReplica: a server that was written is made a replica, and leaves its
// connections open. What was read over them meanwhile is dropped, and nothing is kept
// from then on.
func TestServerBecomesReplica(t *testing.T) {
	t.Parallel()
	own := mysqltest.Start(t)
	const every = 50 * time.Millisecond
	s := openCachedMySQL(t, plain, own.NewDatabase(t), lookEvery(every))
	s.cached.SetMaxOpenConns(1)
	exec(t, s.bare, "CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t VALUES (1, 1), (2, 1), (3, 1)")
	const read = "SELECT v FROM t WHERE id = ?"
	s.want(t, "1", false, read, 1)
	s.want(t, "1", true, read, 1)
	exec(t, s.bare, "SET GLOBAL read_only = ON", "UPDATE t SET v = 2") // as what is replicated
	time.Sleep(2 * every)                                              //nolint:forbidigo // the last look has to be so old
	s.want(t, "2", false, read, 2)
	for range 2 {
		s.want(t, "2", false, read, 1)
		s.want(t, "2", false, read, 2)
	}
	exec(t, s.bare, "SET GLOBAL read_only = OFF")
	time.Sleep(2 * every) //nolint:forbidigo // and again
	s.want(t, "2", false, read, 3)
	s.want(t, "2", true, read, 3)
}

// TestServerBecomesReplicaForWrites: a write finds it as well, and so does the beginning of
// a transaction.
func TestServerBecomesReplicaForWrites(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]func(*testing.T, *sql.DB){
		"write": func(t *testing.T, db *sql.DB) { exec(t, db, "INSERT INTO o VALUES (1)") },
		"BEGIN": func(t *testing.T, db *sql.DB) { exec(t, db, "BEGIN", "ROLLBACK") },
		"BeginTx": func(t *testing.T, db *sql.DB) {
			tx, err := db.Begin()
			if err != nil {
				t.Fatal(err)
			}
			if err := tx.Rollback(); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			own := mysqltest.Start(t)
			const every = 50 * time.Millisecond
			s := openCachedMySQL(t, plain, own.NewDatabase(t), lookEvery(every))
			s.cached.SetMaxOpenConns(1)
			exec(t, s.bare, "CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t VALUES (1, 1)", "CREATE TABLE o (id int PRIMARY KEY)")
			const read = "SELECT v FROM t WHERE id = 1"
			s.want(t, "1", false, read)
			exec(t, s.bare, "SET GLOBAL read_only = ON", "UPDATE t SET v = 2")
			time.Sleep(2 * every) //nolint:forbidigo // the last look has to be so old
			act(t, s.cached)
			s.want(t, "2", false, read)
		})
	}
}

// TestServerBecomesReplicaInTransaction: a transaction that lasts longer than its
// connection is trusted keeps nothing of what it reads.
func TestServerBecomesReplicaInTransaction(t *testing.T) {
	t.Parallel()
	const every = 50 * time.Millisecond
	s := newCachedMySQL(t, plain, lookEvery(every))
	exec(t, s.bare, "CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t VALUES (1, 1)")
	const read = "SELECT v FROM t WHERE id = 1"
	s.read(t, "SELECT v FROM t WHERE id = 2")
	tx := s.begin(t, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	time.Sleep(2 * every) //nolint:forbidigo // the last look has to be so old
	s.wantWith(t, tx, "1", false, read)
	s.wantWith(t, tx, "1", false, read)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// TestServerBecomesReplicaForOthers: what one connection finds has the others looked at,
// too, however short ago that was done.
func TestServerBecomesReplicaForOthers(t *testing.T) {
	t.Parallel()
	own := mysqltest.Start(t)
	const every = 2 * time.Second
	s := openCachedMySQL(t, plain, own.NewDatabase(t), lookEvery(every))
	exec(t, s.bare, "CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t VALUES (1, 1), (2, 1)")
	const read = "SELECT v FROM t WHERE id = ?"
	older := s.held(t)
	s.wantWith(t, older, "1", false, read, 1)
	time.Sleep(every * 3 / 4) //nolint:forbidigo // then the look at the older one is due long before that at the younger
	younger := s.held(t)
	exec(t, s.bare, "SET GLOBAL read_only = ON")
	time.Sleep(every * 3 / 8) //nolint:forbidigo // now it is due
	s.wantWith(t, older, "1", false, read, 2)
	for range 2 {
		s.wantWith(t, younger, "1", false, read, 2)
	}
}

// TestServerBecomesReplicaAfterFunction: who looks at a connection because of what ran on
// it may be the first to find that its server has become a replica.
func TestServerBecomesReplicaAfterFunction(t *testing.T) {
	t.Parallel()
	own := mysqltest.Start(t)
	s := openCachedMySQL(t, plain, own.NewDatabase(t), lookEvery(time.Hour))
	exec(t, s.bare, "CREATE TABLE t (id int PRIMARY KEY, v int)", "INSERT INTO t VALUES (1, 1), (2, 1)", "CREATE FUNCTION f() RETURNS int MODIFIES SQL DATA BEGIN DELETE FROM t WHERE id = 3; RETURN 1; END")
	const read = "SELECT v FROM t WHERE id = ?"
	runner, other := s.held(t), s.held(t)
	s.wantWith(t, runner, "1", false, "SELECT f()")
	s.wantWith(t, other, "1", false, read, 1)
	exec(t, s.bare, "SET GLOBAL read_only = ON", "UPDATE t SET v = 2") // as what is replicated
	s.wantWith(t, runner, "2", false, read, 2)
	for range 2 {
		s.wantWith(t, other, "2", false, read, 1)
	}
}

// held takes a connection that keeps the real one until the test ends.
func (s *cachedMySQL) held(t testing.TB) *sql.Conn {
	t.Helper()
	c, err := s.cached.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := c.ExecContext(context.Background(), "SET @held = 1"); err != nil {
		t.Fatal(err)
	}
	return c
}
