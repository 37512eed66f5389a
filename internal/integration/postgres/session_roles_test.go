package postgres

import (
	"context"
	"database/sql"
	"testing"

	"github.com/cacheops/cacheops/dialect/postgres"
	"github.com/cacheops/cacheops/internal/pgtest"
	"github.com/cacheops/cacheops/sqlcache"
)

// Who a session acts as decides what it sees. Another role never sees what the cache
// holds for the first one, by whichever statement it came to be.
func TestSessionRoles(t *testing.T) {
	t.Parallel()
	apart := pgtest.Start(t) // roles are those of a whole server
	for _, how := range []struct{ name, set, reset string }{
		{"SET ROLE", "SET ROLE $", "RESET ROLE"},
		{"SET SESSION AUTHORIZATION", "SET SESSION AUTHORIZATION $", "RESET SESSION AUTHORIZATION"},
		{"set_config", "SELECT set_config('role', '$', false)", "SELECT set_config('role', 'none', false)"},
		{"a block", "DO $x$ BEGIN SET ROLE $; END $x$", "RESET ROLE"},
		{"prepared", "PREPARE r AS SELECT set_config('role', '$', false); EXECUTE r", "RESET ROLE"},
	} {
		t.Run(how.name, func(t *testing.T) {
			t.Parallel()
			eachDriver(t, func(t *testing.T, driverName string) {
				s := openCachedPostgres(t, driverName, apart.NewDatabase(t), nil)
				role := "blind_" + driverName
				exec(t, s.bare, txTable, txRow, "DO $$ BEGIN CREATE ROLE "+role+"; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
				s.warm(t)
				c := s.conn(t)
				s.wantWith(t, c, "old", true, txRead)
				run(t, c, replaceRole(how.set, role))
				if rows, err := c.QueryContext(context.Background(), txRead); err == nil {
					_ = rows.Close()
					t.Errorf("a role without privileges was answered")
				} else if state(err) != "42501" {
					t.Error(err)
				}
				s.read(t, txRead) // what is not understood drops everything
				s.want(t, "old", true, txRead)
				run(t, c, how.reset)
				s.wantWith(t, c, "old", false, txRead)
			})
		})
	}
	t.Run("SET LOCAL ROLE", func(t *testing.T) {
		t.Parallel()
		eachDriver(t, func(t *testing.T, driverName string) {
			s := openCachedPostgres(t, driverName, apart.NewDatabase(t), nil)
			role := "blind_" + driverName
			exec(t, s.bare, txTable, txRow, "DO $$ BEGIN CREATE ROLE "+role+"; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
			s.warm(t)
			tx := s.begin(t, nil)
			s.wantWith(t, tx, "old", true, txRead)
			run(t, tx, "SET LOCAL ROLE "+role)
			if _, err := tx.Query(txRead); state(err) != "42501" {
				t.Errorf("a role without privileges was answered: %v", err)
			}
			_ = tx.Rollback()
			s.want(t, "old", true, txRead)
		})
	})
}

func replaceRole(text, role string) string {
	out := []byte(nil)
	for i := range len(text) {
		// A dollar that quotes has a letter behind it.
		if text[i] == '$' && (i+1 == len(text) || text[i+1] != 'x') && (i == 0 || text[i-1] != 'x') {
			out = append(out, role...)
			continue
		}
		out = append(out, text[i])
	}
	return string(out)
}

// Rows that row level security hides from some are cached for nobody, also where the
// policy goes by a setting that the program makes for each transaction.
func TestRowLevelSecurity(t *testing.T) {
	t.Parallel()
	apart := pgtest.Start(t)
	eachDriver(t, func(t *testing.T, driverName string) {
		dsn := apart.NewDatabase(t)
		owner := openCachedPostgres(t, driverName, dsn, nil)
		role := "tenant_" + driverName
		exec(t, owner.bare, "CREATE TABLE docs (id int PRIMARY KEY, tenant text)", "INSERT INTO docs VALUES (1, 'a'), (2, 'b')",
			"CREATE ROLE "+role+" LOGIN", "GRANT ALL ON docs TO "+role, "ALTER TABLE docs ENABLE ROW LEVEL SECURITY", "CREATE POLICY p ON docs USING (tenant = current_setting('app.tenant'))")
		t.Cleanup(func() { exec(t, owner.bare, "DROP OWNED BY "+role, "DROP ROLE "+role) })
		s := openCachedPostgres(t, driverName, withSetting(t, dsn, "role", role), nil)
		const query = "SELECT id FROM docs"
		for range 2 {
			for tenant, want := range map[string]string{"a": "1", "b": "2"} {
				tx := s.begin(t, nil)
				var is string
				if err := tx.QueryRow("SELECT set_config('app.tenant', $1, true)", tenant).Scan(&is); err != nil || is != tenant {
					t.Fatal(is, err)
				}
				s.wantWith(t, tx, want, false, query)
				s.wantWith(t, tx, want, false, query)
				if err := tx.Commit(); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// Where the database, the role or the DSN asks for another level of isolation than READ
// COMMITTED no transaction is answered from the cache, and statements outside are.
func TestDefaultIsolation(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		for _, level := range []string{"repeatable read", "serializable"} {
			dsn := withSetting(t, server.NewDatabase(t), "default_transaction_isolation", level)
			s := openCachedPostgres(t, driverName, dsn, nil)
			exec(t, s.bare, txTable, txRow)
			s.warm(t)
			reader := s.begin(t, nil)
			s.wantWith(t, reader, "old", false, txRead)
			exec(t, s.cached, txWrite)
			s.want(t, "new", false, txRead)
			s.want(t, "new", true, txRead)
			s.wantWith(t, reader, "old", false, txRead)
			s.want(t, "new", true, txRead) // the old snapshot filled nothing
			if err := reader.Commit(); err != nil {
				t.Fatal(err)
			}
			c := s.conn(t)
			run(t, c, "BEGIN")
			s.wantWith(t, c, "new", false, txRead)
			run(t, c, "COMMIT", "BEGIN ISOLATION LEVEL READ COMMITTED")
			if rows, _ := s.readWith(t.Context(), t, c, txRead); rows != "new" {
				t.Fatalf("STALE: %q", rows)
			}
			run(t, c, "COMMIT")
			s.want(t, "new", true, txRead)
		}
	})
}

// A primary on which transactions are read only by default fills nothing.
func TestDefaultReadOnly(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newNotes(t, driverName, nil)
		only := openCachedPostgres(t, driverName, withSetting(t, s.dsn, "default_transaction_read_only", "on"), nil)
		only.want(t, "old", false, txRead)
		only.want(t, "old", false, txRead)
		if _, err := only.cached.Exec(txWrite); state(err) != "25006" {
			t.Errorf("a write: %v", err)
		}
		exec(t, s.cached, txWrite)
		only.want(t, "new", false, txRead)
	})
}

// Two databases with the same tables, and two schemas in one, behind one cache: equal
// texts have their own results, and each write drops its own.
func TestTwoDatabases(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newNotes(t, driverName, nil)
		other := server.NewDatabase(t)
		open := func(database, dsn string) *cachedPostgres {
			o := &cachedPostgres{cache: s.cache, driver: driverName, dsn: dsn}
			var err error
			if o.cached, err = sqlcache.Open(s.cache, driverName, dsn, sqlcache.Config{Dialect: postgres.Dialect, Database: database}); err != nil {
				t.Fatal(err)
			}
			if o.bare, err = sql.Open(driverName, dsn); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := o.cached.Close(); err != nil {
					t.Error(err)
				}
				_ = o.bare.Close()
			})
			return o
		}
		second := open("second", other)
		exec(t, second.bare, txTable, "INSERT INTO notes VALUES (1, 'theirs'), (2, 'theirs 2')")
		read := func(o *cachedPostgres, want string) {
			t.Helper()
			for range 2 {
				var got string
				if err := o.cached.QueryRow(txRead).Scan(&got); err != nil || got != want {
					t.Fatalf("STALE: %q, %v, want %q", got, err, want)
				}
			}
		}
		read(s, "old")
		read(second, "theirs")
		exec(t, second.cached, "UPDATE notes SET text = 'theirs, new' WHERE id = 1")
		s.want(t, "old", true, txRead)
		read(second, "theirs, new")
		exec(t, s.cached, txWrite)
		read(second, "theirs, new")
		read(s, "new")
		// A transaction on each at once: one rolled back, one committed.
		a, err := s.cached.Begin()
		if err != nil {
			t.Fatal(err)
		}
		b, err := second.cached.Begin()
		if err != nil {
			t.Fatal(err)
		}
		run(t, a, "UPDATE notes SET text = 'a' WHERE id = 1")
		run(t, b, "UPDATE notes SET text = 'b' WHERE id = 1")
		if err := a.Rollback(); err != nil {
			t.Fatal(err)
		}
		if err := b.Commit(); err != nil {
			t.Fatal(err)
		}
		s.want(t, "new", true, txRead)
		read(second, "b")
	})
}

// Names as PostgreSQL compares them: without quotes in any case, qualified or not, one
// table; in quotes another one.
func TestNames(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newNotes(t, driverName, nil, `CREATE TABLE "Notes" (id int PRIMARY KEY, text text)`, `INSERT INTO "Notes" VALUES (1, 'capital')`)
		queries := []string{txRead, "SELECT text FROM NOTES WHERE ID = 1", `SELECT "text" FROM "public"."notes" WHERE "id" = 1`, "SELECT n.text FROM Public.Notes AS n WHERE N.id = 1"}
		const capital = `SELECT text FROM "Notes" WHERE id = 1`
		s.read(t, capital)
		for i, write := range []string{"UPDATE NOTES SET TEXT = '0' WHERE Id = 1", `UPDATE "notes" SET "text" = '1' WHERE id = 1`, "UPDATE PUBLIC.notes AS n SET text = '2' WHERE n.id = 1"} {
			for _, q := range queries {
				s.read(t, q)
			}
			exec(t, s.cached, write)
			for _, q := range queries {
				s.want(t, string(rune('0'+i)), false, q)
			}
			s.want(t, "capital", true, capital)
		}
		exec(t, s.cached, `UPDATE "Notes" SET text = 'x' WHERE id = 1`)
		s.want(t, "2", true, txRead)
		s.want(t, "x", false, capital)
	})
}
