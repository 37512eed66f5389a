package mysql

import (
	"context"
	"strings"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/internal/mysqltest"
	"github.com/cacheops/cacheops/sqlcache"
)

const nameByID = "SELECT name FROM items WHERE id = ?"

// newSaved is a database of which rows are read again after a commit. The program got
// one item by its id.
func newSaved(t *testing.T, mode string, change func(*cacheops.Config, *sqlcache.Config)) *cachedMySQL {
	t.Helper()
	return openSaved(t, mode, server.NewDatabase(t), change)
}

// openSaved is newSaved in a database that is empty.
func openSaved(t *testing.T, mode, dsn string, change func(*cacheops.Config, *sqlcache.Config)) *cachedMySQL {
	t.Helper()
	s := openCachedMySQL(t, mode, dsn, func(c *cacheops.Config, d *sqlcache.Config) {
		c.Profiles = cacheops.Profiles{"items": {Ops: cacheops.OpAll, CacheOnSave: "id"}, "things": {Ops: cacheops.OpAll, CacheOnSave: "code"}, "lists": {Ops: cacheops.OpAll, CacheOnSave: "id"}}
		if change != nil {
			change(c, d)
		}
	})
	exec(t, s.cached, "CREATE TABLE items (id bigint PRIMARY KEY, name varchar(100))", "INSERT INTO items VALUES (1, 'one'), (2, 'two')")
	s.want(t, "one", false, nameByID, 1)
	return s
}

// TestCacheOnSave is the profile's CacheOnSave, in each mode of the driver.
func TestCacheOnSave(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := newSaved(t, mode, nil)
		for _, write := range []string{
			"UPDATE items SET name = 'uno' WHERE id = 1",
			"UPDATE items SET name = 'eins' WHERE name <> 'two'",
		} {
			exec(t, s.cached, write)
			want, _ := s.readWith(t.Context(), t, s.bare, nameByID, 1)
			s.want(t, want, true, nameByID, 1)
		}
		// One that replaces tells no rows.
		exec(t, s.cached, "INSERT INTO items VALUES (1, 'due') ON DUPLICATE KEY UPDATE name = 'un'")
		s.want(t, "un", false, nameByID, 1)
		exec(t, s.cached, "INSERT INTO items VALUES (7, 'seven')")
		s.want(t, "seven", true, nameByID, 7)
		s.want(t, "two", false, nameByID, 2)

		tx, err := s.cached.Begin()
		if err != nil {
			t.Fatal(err)
		}
		exec(t, s.cached, "UPDATE items SET name = 'sieben' WHERE id = 7")
		if _, err := tx.Exec("UPDATE items SET name = 'due' WHERE id IN (1, 2)"); err != nil {
			t.Fatal(err)
		}
		s.wantWith(t, tx, "due", false, nameByID, 1)
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		s.want(t, "due", true, nameByID, 1)
		s.want(t, "due", true, nameByID, 2)
		s.want(t, "sieben", true, nameByID, 7)

		// The values of other types are found as the program gave them.
		const byCode = "SELECT n FROM things WHERE code = ?"
		exec(t, s.cached, "CREATE TABLE things (code varchar(20) PRIMARY KEY, n int)", "INSERT INTO things VALUES ('one', 1)")
		s.want(t, "1", false, byCode, "one")
		exec(t, s.cached, "UPDATE things SET n = 2")
		s.want(t, "2", true, byCode, "one")

		// The number that the server has given is known after the commit.
		const byNumber = "SELECT name FROM lists WHERE id = ?"
		exec(t, s.cached, "CREATE TABLE lists (id int PRIMARY KEY AUTO_INCREMENT, name varchar(20))", "INSERT INTO lists (name) VALUES ('first')")
		s.want(t, "first", false, byNumber, 1)
		exec(t, s.cached, "INSERT INTO lists (name) VALUES ('second')")
		s.want(t, "second", true, byNumber, 2)
		if got := s.cache.Stats().ReadAhead; got.Errors != 0 {
			t.Errorf("counted %+v", got)
		}
	})
}

// One connection is enough, also where the state of its session has to be asked for.
func TestCacheOnSaveWithOneConnection(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		s := newSaved(t, mode, func(_ *cacheops.Config, d *sqlcache.Config) { d.MaxOpenConns = 1 })
		exec(t, s.cached, "CREATE TRIGGER louder BEFORE UPDATE ON items FOR EACH ROW SET NEW.name = upper(NEW.name)")
		s.want(t, "one", false, nameByID, 1)
		for _, name := range []string{"uno", "due"} {
			exec(t, s.cached, "UPDATE items SET name = '"+name+"' WHERE id = 1")
			want, _ := s.readWith(t.Context(), t, s.bare, nameByID, 1)
			if want != strings.ToUpper(name) {
				t.Errorf("the database has %q", want)
			}
			if got, _ := s.read(t, nameByID, 1); got != want {
				t.Errorf("got %q, the database has %q", got, want)
			}
		}
	})
}

// A session in another role than the pool's takes no part: what it may read is not
// what others may.
func TestCacheOnSaveInAnotherRole(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	own := mysqltest.Start(t) // what an account may do is part of every schema that it reads
	eachMode(t, func(t *testing.T, mode string) {
		s := openSaved(t, mode, own.NewDatabase(t), nil)
		role := "writer_" + database(t, s.dsn)
		exec(t, s.bare, "CREATE ROLE "+role, "GRANT SELECT (id), UPDATE ON items TO "+role, "GRANT "+role+" TO CURRENT_USER")
		t.Cleanup(func() { exec(t, s.bare, "DROP ROLE "+role) })
		s.read(t, nameByID, 1)
		before := s.cache.Stats().ReadAhead
		conn, err := s.cached.Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		run(t, conn, "SET ROLE "+role, "UPDATE items SET name = 'uno' WHERE id = 1")
		if got := s.cache.Stats().ReadAhead; got.Queries != before.Queries {
			t.Errorf("counted %+v", got)
		}
		s.want(t, "uno", false, nameByID, 1)
	})
}

// A user who may read the key alone writes as without the cache, by itself and in a
// transaction: the query that follows is refused, and that is nobody's error.
func TestCacheOnSaveWithoutPrivileges(t *testing.T) {
	t.Parallel()
	eachMode(t, func(t *testing.T, mode string) {
		owner := newCachedMySQL(t, mode, nil)
		exec(t, owner.bare, imageSchema...)
		user := "reader_" + database(t, owner.dsn)
		exec(t, owner.bare, "CREATE USER "+user+"@'127.0.0.1'", "GRANT ALL ON "+database(t, owner.dsn)+".* TO "+user+"@'127.0.0.1'")
		t.Cleanup(func() { exec(t, owner.bare, "DROP USER "+user+"@'127.0.0.1'") })
		cfg, err := mysqldriver.ParseDSN(owner.dsn)
		if err != nil {
			t.Fatal(err)
		}
		cfg.User = user
		s := openCachedMySQL(t, "", cfg.FormatDSN(), func(c *cacheops.Config, _ *sqlcache.Config) {
			c.Profiles = cacheops.Profiles{"goods": {Ops: cacheops.OpAll, CacheOnSave: "id"}}
		})
		const byID = "SELECT n FROM goods WHERE id = ?"
		s.want(t, "10", false, byID, 1)
		exec(t, s.cached, "INSERT INTO goods (id, n) VALUES (6, 60)")
		s.want(t, "60", true, byID, 6)
		exec(t, owner.bare, "REVOKE SELECT ON "+database(t, owner.dsn)+".* FROM "+user+"@'127.0.0.1'", "GRANT SELECT (id) ON goods TO "+user+"@'127.0.0.1'")
		tx, err := s.cached.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec("INSERT INTO goods (id, n) VALUES (7, 70)"); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		exec(t, owner.bare, "GRANT SELECT ON goods TO "+user+"@'127.0.0.1'")
		if got, _ := s.read(t, byID, 7); got != "70" {
			t.Errorf("got %q", got)
		}
	})
}
