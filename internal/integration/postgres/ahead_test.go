package postgres

import (
	"context"
	"net/url"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/internal/pgtest"
	"github.com/cacheops/cacheops/sqlcache"
)

const nameByID = "SELECT name FROM items WHERE id = $1"

// newSaved is a database of which rows are read again after a commit. The program got
// one item by its id.
func newSaved(t *testing.T, driverName string, change func(*cacheops.Config, *sqlcache.Config)) *cachedPostgres {
	t.Helper()
	s := newCachedPostgres(t, driverName, func(c *cacheops.Config, d *sqlcache.Config) {
		c.Profiles = cacheops.Profiles{"items": {Ops: cacheops.OpAll, CacheOnSave: "id"}, "things": {Ops: cacheops.OpAll, CacheOnSave: "key"}}
		if change != nil {
			change(c, d)
		}
	})
	exec(t, s.cached, "CREATE TABLE items (id bigint PRIMARY KEY, name text)", "INSERT INTO items VALUES (1, 'one'), (2, 'two')")
	s.want(t, "one", false, nameByID, 1)
	return s
}

// TestCacheOnSave is the profile's CacheOnSave, over each driver in each of its modes.
func TestCacheOnSave(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, driverName string) {
		t.Helper()
		s := newSaved(t, driverName, nil)
		for _, write := range []string{
			"UPDATE items SET name = 'uno' WHERE id = 1",
			"UPDATE items SET name = 'uno' WHERE name <> 'two'",
			"INSERT INTO items VALUES (1, 'due') ON CONFLICT (id) DO UPDATE SET name = 'uno'",
		} {
			exec(t, s.cached, write)
			s.want(t, "uno", true, nameByID, 1)
		}
		exec(t, s.cached, "INSERT INTO items VALUES (7, 'seven')")
		s.want(t, "seven", true, nameByID, 7)
		s.want(t, "two", false, nameByID, 2)

		tx, err := s.cached.Begin()
		if err != nil {
			t.Fatal(err)
		}
		// In a clean transaction the cache takes part.
		s.wantWith(t, tx, "seven", true, nameByID, 7)
		exec(t, s.cached, "UPDATE items SET name = 'sieben' WHERE id = 7")
		s.wantWith(t, tx, "sieben", true, nameByID, 7)
		if _, err := tx.Exec("UPDATE items SET name = 'due' WHERE id IN (1, 2)"); err != nil {
			t.Fatal(err)
		}
		s.wantWith(t, tx, "due", false, nameByID, 1)
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		s.want(t, "due", true, nameByID, 1)
		s.want(t, "due", true, nameByID, 2)

		// The values of other types are found as the program gave them.
		const byKey = "SELECT n FROM things WHERE key = $1"
		key := "0f0e0d0c-0b0a-0908-0706-050403020100"
		exec(t, s.cached, "CREATE TABLE things (key uuid PRIMARY KEY, n int)", "INSERT INTO things VALUES ('"+key+"', 1)")
		s.want(t, "1", false, byKey, key)
		exec(t, s.cached, "UPDATE things SET n = 2")
		s.want(t, "2", true, byKey, key)
		if got := s.cache.Stats().ReadAhead; got.Errors != 0 {
			t.Errorf("counted %+v", got)
		}
	}
	eachDriver(t, run)
	eachMode(t, run)
}

// One connection is enough, also where the state of its session has to be asked for.
func TestCacheOnSaveWithOneConnection(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newSaved(t, driverName, func(_ *cacheops.Config, d *sqlcache.Config) { d.MaxOpenConns = 1 })
		exec(t, s.cached, `CREATE FUNCTION louder() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := upper(NEW.name); RETURN NEW; END $$`,
			"CREATE TRIGGER louder BEFORE UPDATE ON items FOR EACH ROW EXECUTE FUNCTION louder()")
		s.want(t, "one", false, nameByID, 1)
		for _, name := range []string{"uno", "due"} {
			exec(t, s.cached, "UPDATE items SET name = '"+name+"' WHERE id = 1")
			var want string
			if err := s.bare.QueryRow(nameByID, 1).Scan(&want); err != nil {
				t.Fatal(err)
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
	apart := pgtest.Start(t)
	eachDriver(t, func(t *testing.T, driverName string) {
		s := openCachedPostgres(t, driverName, apart.NewDatabase(t), func(c *cacheops.Config, _ *sqlcache.Config) {
			c.Profiles = cacheops.Profiles{"items": {Ops: cacheops.OpAll, CacheOnSave: "id"}}
		})
		role := "writer_" + driverName
		exec(t, s.bare, "CREATE ROLE "+role, "CREATE TABLE items (id bigint PRIMARY KEY, name text)", "INSERT INTO items VALUES (1, 'one')",
			"GRANT SELECT (id), UPDATE ON items TO "+role)
		s.want(t, "one", false, nameByID, 1)
		conn, err := s.cached.Conn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for _, text := range []string{"SET ROLE " + role, "UPDATE items SET name = 'uno' WHERE id = 1"} {
			if _, err := conn.ExecContext(ctx, text); err != nil {
				t.Fatal(text, err)
			}
		}
		if got := s.cache.Stats().ReadAhead; got.Queries != 0 {
			t.Errorf("counted %+v", got)
		}
		s.want(t, "uno", false, nameByID, 1)
	})
}

// A role that may read the key alone writes as without the cache, by itself and in a
// transaction: the query that follows is refused, and that is nobody's error.
func TestCacheOnSaveWithoutPrivileges(t *testing.T) {
	t.Parallel()
	apart := pgtest.Start(t)
	eachDriver(t, func(t *testing.T, driverName string) {
		owner := openCachedPostgres(t, driverName, apart.NewDatabase(t), nil)
		exec(t, owner.bare, imageSchema...)
		role := "reader_" + driverName
		exec(t, owner.bare, "CREATE ROLE "+role+" LOGIN", "GRANT SELECT, INSERT ON goods TO "+role)
		u, err := url.Parse(owner.dsn)
		if err != nil {
			t.Fatal(err)
		}
		u.User = url.User(role)
		s := openCachedPostgres(t, driverName, u.String(), func(c *cacheops.Config, _ *sqlcache.Config) {
			c.Profiles = cacheops.Profiles{"goods": {Ops: cacheops.OpAll, CacheOnSave: "id"}}
		})
		const byID = "SELECT n FROM goods WHERE id = $1"
		s.want(t, "10", false, byID, 1)
		exec(t, s.cached, "INSERT INTO goods (id, n) VALUES (6, 60)")
		s.want(t, "60", true, byID, 6)
		exec(t, owner.bare, "REVOKE SELECT ON goods FROM "+role, "GRANT SELECT (id) ON goods TO "+role)
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
		if got := s.cache.Stats().ReadAhead; got.Queries != 2 || got.Errors != 1 {
			t.Errorf("counted %+v", got)
		}
		exec(t, owner.bare, "GRANT SELECT ON goods TO "+role)
		s.want(t, "70", false, byID, 7)
		exec(t, s.cached, "INSERT INTO goods (id, n) VALUES (8, 80)")
		s.want(t, "80", true, byID, 8)
	})
}
