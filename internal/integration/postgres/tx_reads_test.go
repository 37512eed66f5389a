package postgres

import (
	"context"
	"database/sql"
	"testing"

	"github.com/cacheops/cacheops/sqlcache"
)

// A transaction that has done nothing but read is served, and stores what it reads.
func TestTxCleanReads(t *testing.T) {
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newNotes(t, driverName, nil)
		for name, opts := range map[string]*sql.TxOptions{
			"default": nil, "read committed": {Isolation: sql.LevelReadCommitted},
			"read uncommitted": {Isolation: sql.LevelReadUncommitted}, "read only": {ReadOnly: true},
		} {
			tx := s.begin(t, opts)
			s.wantWith(t, tx, "old", true, txRead)
			query := "SELECT text AS \"" + name + "\" FROM notes WHERE id = 1"
			s.wantWith(t, tx, "old", false, query)
			s.wantWith(t, tx, "old", true, query)
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			s.want(t, "old", true, query)
		}
		c := s.conn(t)
		for _, begin := range []string{"BEGIN", "START TRANSACTION", "BEGIN"} {
			run(t, c, begin)
			s.wantWith(t, c, "old", true, txRead)
			run(t, c, "SAVEPOINT a")
			s.wantWith(t, c, "old", true, txRead)
			run(t, c, "ROLLBACK TO a", "RELEASE a")
			s.wantWith(t, c, "old", true, txRead)
			run(t, c, "COMMIT")
		}
	})
}

// What makes a transaction see something else than what is committed keeps its
// reads out of the cache, to its end and no longer.
func TestTxDirtyReads(t *testing.T) {
	for name, how := range map[string]struct {
		opts  *sql.TxOptions
		text  string // that begins it; else BeginTx
		run   []string
		query string // its rows are read
		fails string // fails
		want  string // what the read gives

		leaves bool // state on the connection
	}{
		"a write":                 {run: []string{txWrite}, want: "new"},
		"a write of another":      {run: []string{"UPDATE notes SET text = 'x' WHERE id = 2"}, want: "old"},
		"a write of no row":       {run: []string{"DELETE FROM notes WHERE id = 9"}, want: "old"},
		"a write rolled back":     {run: []string{"SAVEPOINT a", txWrite, "ROLLBACK TO a"}, want: "old"},
		"a write with returning":  {query: txWrite + " RETURNING id", want: "new"},
		"a write in a CTE":        {query: "WITH w AS (" + txWrite + " RETURNING id) SELECT id FROM w", want: "new"},
		"a setting":               {run: []string{"SET LOCAL search_path = other, public"}, want: "theirs"},
		"a setting by a function": {query: "SELECT set_config('search_path', 'other, public', true)", want: "theirs"},
		"repeatable read":         {opts: &sql.TxOptions{Isolation: sql.LevelRepeatableRead}, want: "old"},
		"serializable":            {opts: &sql.TxOptions{Isolation: sql.LevelSerializable}, want: "old"},
		"repeatable read by text": {text: "BEGIN ISOLATION LEVEL REPEATABLE READ", want: "old"},
		"a level set later":       {run: []string{"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"}, want: "old"},
		"an error undone":         {run: []string{"SAVEPOINT a"}, fails: "SELECT 1/0", want: "old"},
		"what is not understood":  {run: []string{"DO $$ BEGIN UPDATE public.notes SET text = 'done' WHERE id = 1; END $$"}, want: "done", leaves: true},
		"a chain":                 {text: "BEGIN ISOLATION LEVEL REPEATABLE READ", run: []string{"COMMIT AND CHAIN"}, want: "old"},
	} {
		t.Run(name, func(t *testing.T) {
			eachDriver(t, func(t *testing.T, driverName string) {
				s := newNotes(t, driverName, nil, "CREATE SCHEMA other", "CREATE TABLE other.notes (id int PRIMARY KEY, text text)",
					"INSERT INTO other.notes VALUES (1, 'theirs')")
				var db interface {
					executor
					querier
				}
				var end func() error
				if how.text != "" {
					c := s.conn(t)
					run(t, c, how.text)
					db, end = c, func() error { _, err := c.ExecContext(context.Background(), "ROLLBACK"); return err }
				} else {
					tx := s.begin(t, how.opts)
					db, end = tx, tx.Rollback
				}
				run(t, db, how.run...)
				if how.query != "" {
					s.readWith(context.Background(), t, db, how.query)
				}
				if how.fails != "" {
					if _, err := db.ExecContext(context.Background(), how.fails); err == nil {
						t.Fatal("it did not fail")
					}
					if _, err := db.QueryContext(context.Background(), txRead); state(err) != "25P02" {
						t.Fatalf("in a failed transaction: %v", err)
					}
					run(t, db, "ROLLBACK TO a")
				}
				s.wantWith(t, db, how.want, false, txRead)
				s.wantWith(t, db, how.want, false, txRead)
				if err := end(); err != nil {
					t.Fatal(err)
				}
				if rows, _ := s.read(t, txRead); rows != "old" {
					t.Fatalf("STALE: %q after the rollback", rows)
				}
				if how.leaves {
					return // its connection is the one that the pool has
				}
				s.want(t, "old", true, txRead)
			})
		})
	}
}

// In a failed transaction every statement fails, a read that is in the cache too,
// however the error was met.
func TestTxFailedReads(t *testing.T) {
	ctx := context.Background()
	for name, fail := range map[string]func(*testing.T, *sql.Tx){
		"exec": func(_ *testing.T, tx *sql.Tx) { _, _ = tx.Exec("INSERT INTO notes VALUES (1, 'again')") },
		"query": func(t *testing.T, tx *sql.Tx) {
			if rows, err := tx.Query("SELECT text FROM nothing"); err == nil {
				_ = rows.Close()
				t.Error("no error")
			}
		},
		"behind a row that is kept": func(t *testing.T, tx *sql.Tx) {
			rows, err := tx.Query("SELECT 1 / (id - 2) FROM notes WHERE id < 3 ORDER BY id")
			if err == nil { // the first row only
				rows.Next()
				_ = rows.Close()
			}
		},
		"behind rows that pass": func(t *testing.T, tx *sql.Tx) {
			rows, err := tx.Query("SELECT 1 / (20000 - n), random(), repeat('x', 100) FROM generate_series(1, 30000) AS n")
			if err == nil { // the error is behind what the driver has read by now
				rows.Next()
				_ = rows.Close()
			}
		},
		"prepare": func(t *testing.T, tx *sql.Tx) {
			if stmt, err := tx.Prepare("SELECT nothing FROM notes"); err == nil {
				_ = stmt.Close()
				t.Error("no error")
			}
		},
		"prepared statement": func(t *testing.T, tx *sql.Tx) {
			stmt, err := tx.Prepare("SELECT 1 / (id - $1::int) FROM notes WHERE id = 1")
			if err != nil {
				t.Fatal(err)
			}
			defer stmt.Close()
			var n int
			if err := stmt.QueryRow(1).Scan(&n); err == nil {
				t.Error("no error")
			}
		},
		"prepared write": func(t *testing.T, tx *sql.Tx) {
			stmt, err := tx.Prepare("INSERT INTO notes VALUES ($1, 'again')")
			if err != nil {
				t.Fatal(err)
			}
			defer stmt.Close()
			if _, err := stmt.Exec(1); err == nil {
				t.Error("no error")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachDriver(t, func(t *testing.T, driverName string) {
				s := newNotes(t, driverName, nil)
				tx := s.begin(t, nil)
				s.wantWith(t, tx, "old", true, txRead)
				fail(t, tx)
				if rows, err := tx.QueryContext(ctx, txRead); err == nil {
					_ = rows.Close()
					t.Fatal("STALE: a failed transaction answers")
				} else if state(err) != "25P02" {
					t.Fatalf("in a failed transaction: %v", err)
				}
				if err := tx.Rollback(); err != nil {
					t.Fatal(err)
				}
				s.want(t, "old", true, txRead)
			})
		})
	}
}

// A read of a transaction that the cache answers sends nothing to the server.
func TestTxCachedReadSendsNothing(t *testing.T) {
	eachDriver(t, func(t *testing.T, driverName string) {
		s, p := counted(t, driverName)
		tx := s.begin(t, nil)
		s.readWith(context.Background(), t, tx, txRead)
		before := p.n.Load()
		for range 10 {
			s.readWith(context.Background(), t, tx, txRead)
		}
		if n := p.n.Load() - before; n != 0 {
			t.Errorf("ten cached reads took %d round trips", n)
		}
	})
}

// A transaction sees what another one commits meanwhile, as without a cache.
func TestTxSeesCommits(t *testing.T) {
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newNotes(t, driverName, nil)
		bare, err := s.bare.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = bare.Rollback() }()
		reader, writer := s.begin(t, nil), s.begin(t, nil)
		same := func(when string) {
			t.Helper()
			var got, want string
			if err := reader.QueryRow(txRead).Scan(&got); err != nil {
				t.Fatal(err)
			}
			if err := bare.QueryRow(txRead).Scan(&want); err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("STALE: %s the transaction read %q, without a cache %q", when, got, want)
			}
		}
		same("before the write")
		run(t, writer, txWrite)
		same("before the commit")
		if err := writer.Commit(); err != nil {
			t.Fatal(err)
		}
		same("after the commit")
		same("again")
		s.wantWith(t, reader, "new", true, txRead)
	})
}

// While rows of a transaction are open nothing is answered from the cache, for the
// connection could not answer either.
func TestTxStreams(t *testing.T) {
	s := newNotes(t, pgx, nil)
	tx := s.begin(t, nil)
	rows, err := tx.Query("SELECT n, random() FROM generate_series(1, 100000) AS n")
	if err != nil {
		t.Fatal(err)
	}
	if !rows.Next() {
		t.Fatal(rows.Err())
	}
	if other, err := tx.Query(txRead); err == nil {
		_ = other.Close()
		t.Error("a busy connection answered")
	}
	_ = rows.Close() // pgx may tell the other query's error again
	if n := s.hits.Load(); n != 1 {
		t.Errorf("%d hits, of which one was before", n)
	}
}

// A context that ends rolls the transaction back: what it wrote is not seen, and
// what was cached stays.
func TestTxContextEnds(t *testing.T) {
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newNotes(t, driverName, nil)
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		tx, err := s.cached.BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		run(t, tx, txWrite)
		cancel()
		if err := tx.Commit(); err == nil {
			t.Fatal("committed with a context that is over")
		}
		s.want(t, "old", true, txRead)
		exec(t, s.cached, txWrite)
		s.want(t, "new", false, txRead)
		s.want(t, "new", true, txRead)
	})
}

// The driver's own connection, used in a transaction: what follows is read from the
// database, and the commit drops everything.
func TestTxRaw(t *testing.T) {
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newNotes(t, driverName, nil)
		c := s.conn(t)
		run(t, c, "BEGIN")
		s.wantWith(t, c, "old", true, txRead)
		if err := sqlcache.Raw(context.Background(), c, func(any) error { return nil }); err != nil {
			t.Fatal(err)
		}
		s.wantWith(t, c, "old", false, txRead)
		s.wantWith(t, c, "old", false, txRead)
		run(t, c, "COMMIT")
		s.want(t, "old", false, txRead)
	})
}

// A COMMIT that fails ends the transaction: what follows commits by itself, and is
// seen at once.
func TestTxFailedCommit(t *testing.T) {
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newNotes(t, driverName, nil, "ALTER TABLE notes ADD CONSTRAINT once UNIQUE (text) DEFERRABLE INITIALLY DEFERRED")
		c := s.conn(t)
		run(t, c, "BEGIN", "UPDATE notes SET text = 'two' WHERE id = 1")
		if _, err := c.ExecContext(context.Background(), "COMMIT"); state(err) != "23505" {
			t.Fatalf("COMMIT: %v", err)
		}
		s.read(t, txRead)
		s.want(t, "old", true, txRead)
		run(t, c, txWrite)
		s.want(t, "new", false, txRead)
		run(t, c, "BEGIN", "UPDATE notes SET text = 'newer' WHERE id = 1", "COMMIT AND CHAIN")
		s.want(t, "newer", false, txRead)
		run(t, c, "UPDATE notes SET text = 'newest' WHERE id = 1")
		s.want(t, "newer", true, txRead)
		run(t, c, "COMMIT")
		s.want(t, "newest", false, txRead)
	})
}
