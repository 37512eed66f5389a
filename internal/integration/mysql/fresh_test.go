package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/internal/redistest"
	"github.com/cacheops/cacheops/sqlcache"
)

// gate holds back what the server says, on the connections that it makes.
type gate struct {
	closed atomic.Bool
	held   chan struct{} // somebody waits
	open   chan struct{}
}

type gatedConn struct {
	net.Conn
	gate *gate
}

// Read implements net.Conn. What is read is kept until the gate opens.
func (c *gatedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && c.gate.closed.CompareAndSwap(true, false) {
		close(c.gate.held)
		<-c.gate.open
	}
	return n, err
}

// wrap has the gate hold back what the server says on a connection.
func (g *gate) wrap(c net.Conn) net.Conn { return &gatedConn{Conn: c, gate: g} }

// A reader whose rows were read before a commit, and come after it, stores nothing
// that anybody is served later, and nobody who asks after the commit joins it.
func TestFillOvertakenByCommit(t *testing.T) {
	t.Parallel()
	s := newNotes(t, plain, nil)
	g := &gate{held: make(chan struct{}), open: make(chan struct{})}
	slow := s.through(t, g.wrap)
	const query = "SELECT text FROM notes WHERE id = 1 AND text <> 'x'"
	if err := slow.Ping(); err != nil {
		t.Fatal(err)
	}
	var warm string
	if err := slow.QueryRow("SELECT text FROM notes WHERE id = 2 AND text <> 'x'").Scan(&warm); err != nil { // the schema is read by now
		t.Fatal(err)
	}
	g.closed.Store(true)
	got := ""
	wait := inBackground(func() error { return slow.QueryRow(query).Scan(&got) })
	<-g.held
	exec(t, s.cached, txWrite)
	if rows, hit := s.read(t, query); rows != "new" || hit {
		t.Errorf("STALE: %q, hit %v, after the commit", rows, hit)
	}
	close(g.open)
	if err := wait(); err != nil {
		t.Fatal(err)
	}
	if got != "old" && got != "new" {
		t.Errorf("the slow reader got %q", got)
	}
	for range 2 {
		if rows, _ := s.read(t, query); rows != "new" {
			t.Errorf("STALE: %q, behind the slow reader", rows)
		}
	}
}

// Of 50 who miss at once one asks the database. Whose context ends meanwhile has an
// error of its own, the others have the rows.
func TestManyMissAtOnce(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s, p := newNotes(t, mode, nil).counted(t)
		const query = "SELECT text FROM notes WHERE id = 1 AND id < 5"
		s.read(t, "SELECT text FROM notes WHERE id = 2 AND id < 5") // the schema is read by now
		// DDL waits for the rival's transaction, and readers for DDL.
		stop := s.rival(t)
		stop.exec("INSERT INTO notes VALUES (9, 'nine')")
		ddl := inBackground(func() error { _, err := s.bare.Exec("ALTER TABLE notes COMMENT 'x'"); return err })
		s.awaitLocks(t, 1)
		before := p.n.Load()
		ctx, cancel := context.WithCancel(t.Context())
		var first string
		leader := inBackground(func() error { return s.cached.QueryRowContext(ctx, query).Scan(&first) })
		s.awaitLocks(t, 2)
		var wg sync.WaitGroup
		var wrong atomic.Int64
		begun := make(chan struct{}, 50)
		for range 50 {
			wg.Go(func() {
				var text string
				begun <- struct{}{}
				if err := s.cached.QueryRowContext(t.Context(), query).Scan(&text); err != nil || text != "old" {
					wrong.Add(1)
				}
			})
		}
		for range 50 {
			<-begun
		}
		cancel()
		if err := leader(); !errors.Is(err, context.Canceled) {
			t.Errorf("whose context ended: %v", err)
		}
		stop.commit()
		if err := ddl(); err != nil {
			t.Error(err)
		}
		wg.Wait()
		if n := wrong.Load(); n != 0 {
			t.Errorf("%d of 50 have no rows", n)
		}
		n := p.n.Load()
		if n-before > 25 { // connections are made, and a statement cancelled
			t.Errorf("%d round trips for 50 readers", n-before)
		}
		if got, _ := s.read(t, query); got != "old" || p.n.Load() != n {
			t.Errorf("%q, by %d round trips", got, p.n.Load()-n)
		}
	})
}

// What other caches were seen to get wrong.
func TestReadsAsWithout(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := newNotes(t, mode, nil, "CREATE TABLE blobs (id int PRIMARY KEY, b blob)", "INSERT INTO blobs VALUES (1, 'bytes')",
			"CREATE TABLE pairs (a varchar(9), b varchar(9), n int)", "INSERT INTO pairs VALUES ('a b', 'c', 1), ('a', 'b c', 2)")
		ctx := t.Context()
		t.Run("arguments that print alike", func(t *testing.T) {
			for range 2 {
				for want, args := range map[string][]any{"1": {"a b", "c"}, "2": {"a", "b c"}, "": {"a b c", ""}} {
					if got, _ := s.read(t, "SELECT n FROM pairs WHERE a = ? AND b = ?", args...); got != want {
						t.Errorf("%q: %q, want %q", args, got, want)
					}
				}
			}
		})
		t.Run("the same query within its rows", func(t *testing.T) {
			const query = "SELECT id FROM notes WHERE id < 3 ORDER BY id"
			rows, err := s.cached.QueryContext(ctx, query)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			n := 0
			for rows.Next() {
				if got, _ := s.read(t, query); got != "1,2" {
					t.Errorf("got %q", got)
				}
				n++
			}
			if err := rows.Err(); err != nil || n != 2 {
				t.Errorf("%d rows, %v", n, err)
			}
		})
		t.Run("rows that are not read to their end", func(t *testing.T) {
			const query = "SELECT id FROM notes WHERE id < 4 ORDER BY id"
			rows, err := s.cached.QueryContext(ctx, query)
			if err != nil {
				t.Fatal(err)
			}
			rows.Next()
			if err := rows.Close(); err != nil {
				t.Fatal(err)
			}
			if got, _ := s.read(t, query); got != "1,2" {
				t.Errorf("STALE: %q", got)
			}
		})
		t.Run("bytes that the program changes", func(t *testing.T) {
			const query = "SELECT b FROM blobs WHERE id = 1"
			for range 3 {
				rows, err := s.cached.QueryContext(ctx, query)
				if err != nil {
					t.Fatal(err)
				}
				var b []byte
				for rows.Next() {
					if err := rows.Scan(&b); err != nil {
						t.Fatal(err)
					}
				}
				if err := rows.Err(); err != nil || string(b) != "bytes" {
					t.Errorf("STALE: %q, %v", b, err)
				}
				_ = rows.Close()
				clear(b)
			}
		})
		t.Run("a row that is missing", func(t *testing.T) {
			const query = "SELECT text FROM notes WHERE id = 7"
			for range 2 {
				if err := s.cached.QueryRow(query).Scan(new(string)); !errors.Is(err, sql.ErrNoRows) {
					t.Error(err)
				}
			}
			s.want(t, "", true, query)
			exec(t, s.cached, "INSERT INTO notes VALUES (7, 'seven')")
			s.want(t, "seven", false, query)
			exec(t, s.cached, "DELETE FROM notes WHERE id = 7")
		})
		t.Run("columns that come and go", func(t *testing.T) {
			const query = "SELECT * FROM notes WHERE id = 1"
			columns := func() string {
				for range 2 { // a statement that was prepared before may be refused once
					rows, err := s.cached.QueryContext(ctx, query)
					if err != nil {
						continue
					}
					defer rows.Close()
					names, err := rows.Columns()
					if err != nil {
						t.Fatal(err)
					}
					return fmt.Sprint(names)
				}
				t.Fatal("the query fails")
				return ""
			}
			columns()
			for _, step := range []struct{ ddl, want string }{
				{"ALTER TABLE notes ADD COLUMN more int", "[id text more]"}, {"ALTER TABLE notes CHANGE COLUMN more other int", "[id text other]"}, {"ALTER TABLE notes DROP COLUMN other", "[id text]"},
			} {
				exec(t, s.cached, step.ddl)
				for range 2 {
					if got := columns(); got != step.want {
						t.Errorf("STALE: after %s: %s, want %s", step.ddl, got, step.want)
					}
				}
			}
		})
	})
}

// Two processes on one Redis and one database: each sees at once what the other one
// writes, in either mode.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t, redistest.WithSettings("save ''"))
	dsn := server.NewDatabase(t)
	process := func(mode string) *cachedMySQL {
		st := newWaitingStore(t, redis.URL())
		return openCachedMySQL(t, mode, dsn, func(c *cacheops.Config, _ *sqlcache.Config) { c.Store = st })
	}
	a, b := process(plain), process(interpolated)
	exec(t, a.bare, txTable, txRow)
	a.warm(t)
	b.warm(t)
	for i, w := range []*cachedMySQL{a, b, a, b} {
		for _, p := range []*cachedMySQL{a, b} {
			p.read(t, txRead)
			p.want(t, "two", true, txOther)
		}
		want := fmt.Sprint("v", i)
		exec(t, w.cached, "UPDATE notes SET text = '"+want+"' WHERE id = 1")
		for _, p := range []*cachedMySQL{a, b} {
			if rows, hit := p.read(t, txRead); rows != want {
				t.Errorf("STALE: %q, hit %v, want %q", rows, hit, want)
			}
			p.want(t, "two", true, txOther)
		}
	}
	// A transaction of one is not seen by the other before its commit.
	tx := a.begin(t, nil)
	run(t, tx, "UPDATE notes SET text = 'inside' WHERE id = 1")
	a.wantWith(t, tx, "inside", false, txRead)
	if rows, _ := b.read(t, txRead); rows != "v3" {
		t.Errorf("uncommitted: %q", rows)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	b.want(t, "inside", false, txRead)
}
