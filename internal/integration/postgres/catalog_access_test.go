package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/postgres"
)

// TestCatalogRoles: what a role may do decides whether there are images, and for
// whom row level security counts.
func TestCatalogRoles(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		dsn := server.NewDatabase(t)
		owner := openCatalogConn(t, driverName, dsn)
		role := "role_of_" + driverName
		owner.exec(t,
			"CREATE ROLE "+role, "CREATE TABLE p (id int PRIMARY KEY)", "CREATE TABLE parent (id int PRIMARY KEY)",
			"CREATE TABLE free (id int PRIMARY KEY)", "CREATE TABLE appended (id int PRIMARY KEY)", "CREATE TABLE blind (id int)", "CREATE TABLE part_blind (id int, b int)",
			"CREATE TABLE deleted (id int)", "CREATE TABLE secured (id int)", "ALTER TABLE secured ENABLE ROW LEVEL SECURITY",
			"CREATE TABLE child (id int REFERENCES p ON DELETE CASCADE)", "CREATE TABLE bound (id int REFERENCES p)",
			"CREATE TABLE family (k int) PARTITION BY LIST (k)", "CREATE TABLE member PARTITION OF family FOR VALUES IN (1)",
			"CREATE TABLE family2 (k int) PARTITION BY LIST (k)", "CREATE TABLE member2 PARTITION OF family2 FOR VALUES IN (1)",
			"GRANT ALL ON free, secured, family, family2 TO "+role, "GRANT SELECT, INSERT ON appended, child, bound TO "+role, "GRANT INSERT ON blind TO "+role,
			"GRANT UPDATE, DELETE, SELECT (id) ON part_blind TO "+role, "GRANT SELECT, DELETE ON deleted TO "+role, "GRANT INSERT ON member2 TO "+role,
			"GRANT SELECT (id), UPDATE (id) ON p TO "+role)
		t.Cleanup(func() { owner.exec(t, "DROP OWNED BY "+role, "DROP ROLE "+role) })
		limited := openCatalogConn(t, driverName, dsn, "SET ROLE "+role)

		describe := func(c *catalogConn) string {
			var b strings.Builder
			for _, table := range c.catalog(t).Tables() {
				if table.Schema == "public" && table.NoImages != "" {
					fmt.Fprintf(&b, "%s: %s\n", table.Name, table.NoImages)
				}
			}
			return b.String()
		}
		if got := describe(owner); got != "" {
			t.Errorf("for the owner there are no images of\n%s", got)
		}
		want := "p: the role may read some of its columns only\n" +
			"parent: the role may not read it\n" +
			"blind: the role may not read it\n" +
			"part_blind: the role may read some of its columns only\n" +
			"deleted: the role may not change its rows, and so not lock them\n" +
			"secured: row level security hides rows from the role\n" +
			"child: the role may not change its rows, and so not lock them\n" +
			"family2: the role may not read it\n"
		if got := describe(limited); got != want {
			t.Errorf("got:\n%swant:\n%s", got, want)
		}
		a, b := owner.session(t), limited.session(t)
		if a.Settings == b.Settings || a.Settings != owner.catalog(t).Settings || b.Settings != limited.catalog(t).Settings {
			t.Errorf("the settings are\n%s\n%s\n%s\n%s", a.Settings, owner.catalog(t).Settings, b.Settings, limited.catalog(t).Settings)
		}
		// The owner of a table under FORCE is not above it.
		owner.exec(t, "CREATE TABLE forced (id int)", "ALTER TABLE forced ENABLE ROW LEVEL SECURITY", "ALTER TABLE forced FORCE ROW LEVEL SECURITY", "ALTER TABLE forced OWNER TO "+role)
		if table := limited.catalog(t).Table(dialect.Name{Name: "forced"}); table.Uncached == "" || table.NoImages == "" {
			t.Errorf("%+v", table)
		}
	})
}

// TestWritesOfLimitedRoles: what a role may write it may write through the cache,
// and what it changed is read anew, also where it may not read it.
func TestWritesOfLimitedRoles(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		role := "limited_" + driverName
		dsn := server.NewDatabase(t)
		owner := openCatalogConn(t, driverName, dsn,
			"CREATE ROLE "+role, "CREATE TABLE blind (id int PRIMARY KEY, a int)", "INSERT INTO blind VALUES (1, 1)",
			"CREATE TABLE deleted (id int PRIMARY KEY, a int)", "INSERT INTO deleted VALUES (1, 1), (2, 2)",
			"CREATE TABLE child (id int, p int REFERENCES deleted ON DELETE CASCADE)", "INSERT INTO child VALUES (5, 1)",
			"CREATE TABLE parts (k int, a int) PARTITION BY LIST (k)", "CREATE TABLE part1 PARTITION OF parts FOR VALUES IN (1)",
			"GRANT SELECT, DELETE ON deleted TO "+role, "GRANT SELECT ON child TO "+role, "GRANT INSERT ON blind TO "+role,
			"GRANT SELECT, INSERT, UPDATE, DELETE ON parts TO "+role)
		t.Cleanup(func() { owner.exec(t, "DROP OWNED BY "+role, "DROP ROLE "+role) })
		s := openCachedPostgres(t, driverName, withSetting(t, dsn, "role", role), nil)
		s.want(t, "1", false, "SELECT a FROM deleted WHERE id = 1")
		s.want(t, "5", false, "SELECT id FROM child WHERE p = 1")
		s.want(t, "0", false, "SELECT count(*) FROM parts WHERE k = 1")
		s.want(t, "5", true, "SELECT id FROM child WHERE p = 1")
		exec(t, s.cached, "INSERT INTO blind VALUES (2, 2)", "DELETE FROM deleted WHERE id = 1", "INSERT INTO parts VALUES (1, 3)")
		s.want(t, "", false, "SELECT a FROM deleted WHERE id = 1")
		s.want(t, "", false, "SELECT id FROM child WHERE p = 1")
		s.want(t, "1", false, "SELECT count(*) FROM parts WHERE k = 1")
		exec(t, s.cached, "UPDATE parts SET a = 4 WHERE k = 1", "DELETE FROM parts WHERE k = 1")
		s.want(t, "0", false, "SELECT count(*) FROM parts WHERE k = 1")
	})
}

// TestCatalogRoutines: the worst of the functions of one name counts, and of an
// aggregate those that it is made of.
func TestCatalogRoutines(t *testing.T) {
	t.Parallel()
	c := openCatalogConn(t, pgx, server.NewDatabase(t),
		"CREATE SCHEMA other",
		"CREATE FUNCTION promises(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'",
		"CREATE FUNCTION looks(int) RETURNS int LANGUAGE sql STABLE AS 'SELECT 1'",
		"CREATE FUNCTION writes(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
		"CREATE FUNCTION internals(float8) RETURNS float8 LANGUAGE internal IMMUTABLE AS 'dsin'",
		"CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'",
		"CREATE FUNCTION other.twice(text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
		"CREATE FUNCTION pg_catalog.hidden(text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
		"CREATE FUNCTION pg_temp.mine(text) RETURNS int LANGUAGE sql AS 'SELECT 1'",
		"CREATE PROCEDURE runs() LANGUAGE sql AS 'SELECT 1'", harmlessTrigger,
		"CREATE FUNCTION adds(int, int) RETURNS int LANGUAGE sql AS 'SELECT $1 + $2'",
		"CREATE AGGREGATE sums(int) (SFUNC = adds, STYPE = int)",
		"CREATE AGGREGATE pure_sums(int) (SFUNC = int4pl, STYPE = int)",
		"CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = adds)",
		"CREATE OPERATOR other.<=> (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl)",
		"CREATE EXTENSION citext", "CREATE TYPE mood AS ENUM ('a')", "CREATE TYPE pair AS (a int, b int)", "CREATE DOMAIN small AS int CHECK (VALUE < 5)",
		"CREATE DOMAIN looked AS int CHECK (looks(VALUE) > 0)", "CREATE DOMAIN looked2 AS looked", "CREATE DOMAIN looked3 AS looked2[]", "CREATE DOMAIN named AS regclass", "CREATE TYPE span AS RANGE (subtype = int)",
		"CREATE DOMAIN written AS int CHECK (writes(VALUE) > 0)", "CREATE TABLE rows (a int)")
	routines := c.catalog(t).Routines
	for name, want := range map[string]dialect.Routine{
		"promises": dialect.RoutineReads, "looks": dialect.RoutineReads, "writes": dialect.RoutineWrites, "internals": dialect.RoutinePure,
		"twice": dialect.RoutineWrites, "hidden": dialect.RoutineWrites, "runs": dialect.RoutineWrites, "sums": dialect.RoutineWrites,
		"pure_sums": dialect.RoutinePure, "operator ===": dialect.RoutineWrites, "operator <=>": dialect.RoutinePure,
		"operator =": dialect.RoutinePure, "citext_eq": dialect.RoutinePure, "citextin": dialect.RoutinePure, "replace": dialect.RoutinePure,
		"type mood": dialect.RoutinePure, "type _mood": dialect.RoutinePure, "type pair": dialect.RoutineReads, "type small": dialect.RoutinePure, "type looked": dialect.RoutineReads,
		"type looked2": dialect.RoutineReads, "type looked3": dialect.RoutineReads, "type named": dialect.RoutineReads, "type span": dialect.RoutinePure, "type written": dialect.RoutineWrites,
		"type rows": dialect.RoutineReads, "type citext": dialect.RoutinePure,
	} {
		if got, ok := routines[name]; !ok || got != want {
			t.Errorf("%s: %d, %v, want %d", name, got, ok, want)
		}
	}
	for _, name := range []string{"lower", "nothing", "mine", "operator <"} {
		if got, ok := routines[name]; ok && !(name == "operator <" && got == dialect.RoutinePure) {
			t.Errorf("%s is in it", name)
		}
	}
}

// queryerFunc is a [dialect.Queryer] between the dialect and a connection.
type catalogQueryerFunc func(ctx context.Context, query string, args ...driver.Value) ([][]driver.Value, error)

func (f catalogQueryerFunc) Query(ctx context.Context, query string, args ...driver.Value) ([][]driver.Value, error) {
	return f(ctx, query, args...)
}

// TestCatalogFails: what cannot be read is an error, and never a catalog of a part.
func TestCatalogFails(t *testing.T) {
	t.Parallel()
	c := openCatalogConn(t, pgx, server.NewDatabase(t), "CREATE TABLE t (a int)")
	boom := errors.New("boom")
	for name, change := range map[string]func(rows [][]driver.Value) ([][]driver.Value, error){
		"error":         func([][]driver.Value) ([][]driver.Value, error) { return nil, boom },
		"no row":        func([][]driver.Value) ([][]driver.Value, error) { return nil, nil },
		"a column less": func(rows [][]driver.Value) ([][]driver.Value, error) { return [][]driver.Value{rows[0][:3]}, nil },
		"not JSON":      func(rows [][]driver.Value) ([][]driver.Value, error) { rows[0][4] = "["; return rows, nil },
		"a name in Latin-1": func(rows [][]driver.Value) ([][]driver.Value, error) {
			rows[0][4] = "[{\"name\": \"\xe4\"}]"
			return rows, nil
		},
		"a number": func(rows [][]driver.Value) ([][]driver.Value, error) { rows[0][4] = int64(1); return rows, nil },
	} {
		asked := 0
		between := catalogQueryerFunc(func(ctx context.Context, query string, args ...driver.Value) ([][]driver.Value, error) {
			asked++
			rows, err := c.Query(ctx, query, args...)
			if err != nil {
				t.Fatal(err)
			}
			return change(rows)
		})
		catalog, err := postgres.Dialect.LoadCatalog(t.Context(), between)
		if err == nil || catalog != nil || !strings.HasPrefix(err.Error(), "cacheops: read the schema of PostgreSQL") || name == "error" && !errors.Is(err, boom) {
			t.Errorf("%s: %v, %v", name, catalog, err)
		}
		if asked != 1 {
			t.Errorf("%d statements: the schema may change between them", asked)
		}
	}
}

// TestCatalogOfBytes: some drivers return texts as bytes.
func TestCatalogOfBytes(t *testing.T) {
	t.Parallel()
	c := openCatalogConn(t, pgx, server.NewDatabase(t), "CREATE TABLE t (a int PRIMARY KEY, b text DEFAULT 'ä')")
	bytes := catalogQueryerFunc(func(ctx context.Context, query string, args ...driver.Value) ([][]driver.Value, error) {
		rows, err := c.Query(ctx, query, args...)
		for _, row := range rows {
			for i, v := range row {
				if s, ok := v.(string); ok {
					row[i] = []byte(s)
				}
			}
		}
		return rows, err
	})
	got, err := postgres.Dialect.LoadCatalog(t.Context(), bytes)
	if err != nil {
		t.Fatal(err)
	}
	want := c.catalog(t)
	if a, b := describeTable(got.Table(dialect.Name{Name: "t"})), describeTable(want.Table(dialect.Name{Name: "t"})); a != b || got.Settings != want.Settings || got.Server != want.Server {
		t.Errorf("got:\n%swant:\n%s", a, b)
	}
}

// TestCatalogSearchPath: a name without a schema means what it means to the
// connection.
func TestCatalogSearchPath(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		c := openCatalogConn(t, driverName, server.NewDatabase(t),
			"CREATE SCHEMA a", "CREATE SCHEMA b", "CREATE TABLE a.t (a int)", "CREATE TABLE b.t (b int)", "CREATE TABLE b.pg_class (b int)", "SET search_path = gone, b, a")
		catalog := c.catalog(t)
		for name, want := range map[dialect.Name]string{
			{Name: "t"}: "b.t", {Schema: "a", Name: "t"}: "a.t", {Name: "pg_class"}: "pg_catalog.pg_class", {Schema: "b", Name: "pg_class"}: "b.pg_class",
		} {
			if table := catalog.Table(name); table == nil || table.Key != want {
				t.Errorf("%s is %+v, want %s", name, table, want)
			}
		}
		if catalog.Table(dialect.Name{Schema: "gone", Name: "t"}) != nil || catalog.Table(dialect.Name{Name: "T"}) != nil {
			t.Error("a table that is not there was found")
		}
		if catalog.Version != "" || !strings.HasPrefix(catalog.Server, "1") {
			t.Errorf("version %q, server %q", catalog.Version, catalog.Server)
		}
	})
}
