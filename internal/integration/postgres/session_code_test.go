package postgres

import (
	"context"
	"strings"
	"testing"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/sqlcache"
)

// code are statements that run code of the database's own, which puts another schema
// first for the rest of the session.
var code = map[string][]string{
	"function":             {"SELECT enter('acme')"},
	"function in FROM":     {"SELECT * FROM enter('acme')"},
	"procedure":            {"CALL entering('acme')"},
	"view":                 {"SELECT s FROM entered"},
	"default":              {"INSERT INTO defaulted (id) VALUES (1)"},
	"trigger":              {"INSERT INTO triggered VALUES (1)"},
	"RETURNING":            {"INSERT INTO plain VALUES (1) RETURNING enter('acme')"},
	"PREPARE":              {"PREPARE p AS SELECT public.enter('acme')", "EXECUTE p"},
	"CREATE TABLE":         {"CREATE TABLE made AS SELECT enter('acme')"},
	"pg_settings":          {"UPDATE pg_settings SET setting = 'acme' WHERE name = 'search_path'"},
	"EXPLAIN":              {"EXPLAIN ANALYZE SELECT enter('acme')"},
	"cursor":               {"BEGIN", "DECLARE c CURSOR FOR SELECT enter('acme')", "FETCH c", "COMMIT"},
	"transaction":          {"BEGIN", "SELECT enter('acme')", "COMMIT"},
	"temporary table":      {"SELECT hide()"},
	"temporary table in a": {"BEGIN", "SELECT hide()", "COMMIT"},
}

// What a function, a trigger or a view sets is not in the text that runs it. Reads over
// such a connection see what it sees, and nobody else does.
func TestSessionChangedByCode(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		for name, statements := range code {
			t.Run(name, func(t *testing.T) { testSessionChangedByCode(t, driverName, statements, nil) })
		}
		// That it is declared what a function writes says nothing about the session.
		for _, name := range []string{"function", "procedure", "RETURNING", "transaction"} {
			t.Run(name+", declared", func(t *testing.T) {
				testSessionChangedByCode(t, driverName, code[name], map[string][]string{"enter": {}, "entering": {}})
			})
		}
	})
}

func testSessionChangedByCode(t *testing.T, driverName string, statements []string, writes map[string][]string) {
	s := newCachedPostgres(t, driverName, func(c *cacheops.Config, db *sqlcache.Config) { db.MaxOpenConns, c.Writes = 2, writes })
	const enter = "PERFORM set_config('search_path', 'acme', false);"
	exec(t, s.bare, "CREATE TABLE t (v text)", "INSERT INTO t VALUES ('outside')", "CREATE SCHEMA acme", "CREATE TABLE acme.t (v text)", "INSERT INTO acme.t VALUES ('inside')",
		"CREATE FUNCTION enter(s text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('search_path', s, false); RETURN s; END $$",
		`CREATE FUNCTION usual() RETURNS text LANGUAGE sql AS $$ SELECT '"$user", public' $$`,
		"CREATE PROCEDURE entering(s text) LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('search_path', s, false); END $$",
		"CREATE VIEW entered AS SELECT set_config('search_path', 'acme', false) AS s", "CREATE TABLE plain (id int)",
		"CREATE TABLE defaulted (id int, v text DEFAULT set_config('search_path', 'acme', false))", "CREATE TABLE triggered (id int)",
		"CREATE FUNCTION fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "+enter+" RETURN NEW; END $$",
		"CREATE TRIGGER fires BEFORE INSERT ON triggered FOR EACH ROW EXECUTE FUNCTION fire()",
		"CREATE FUNCTION hide() RETURNS int LANGUAGE plpgsql AS $$ BEGIN CREATE TEMP TABLE t (v text); INSERT INTO t VALUES ('inside'); RETURN 1; END $$")
	const query = "SELECT v FROM t"
	s.want(t, "outside", false, query)
	s.want(t, "outside", true, query)
	conn, err := s.cached.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, text := range statements {
		// As a query, for rows that are open must not be in the way.
		rows, err := conn.QueryContext(context.Background(), text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for rows.Next() {
			continue
		}
		if err := rows.Err(); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	for range 2 {
		s.wantWith(t, conn, "inside", false, query)
	}
	// It is a write to the table that the name means there.
	if _, err := conn.ExecContext(t.Context(), "UPDATE t SET v = v || ' changed'"); err != nil {
		t.Fatal(err)
	}
	s.wantWith(t, conn, "inside changed", false, query)
	s.want(t, "outside", false, query)
	if out, _ := s.read(t, query); out != "outside" { // it may be the first over a new schema
		t.Fatalf("got %q outside the session", out)
	}
	s.want(t, "outside", true, query)
	// Once it is as it was the connection has a part in the cache again.
	if _, err := conn.ExecContext(t.Context(), "SELECT public.enter(public.usual())"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(statements[len(statements)/2], "hide") {
		s.wantWith(t, conn, "outside", false, query)
		s.wantWith(t, conn, "outside", true, query)
	}
}

// A write inside the transaction is one to what the name means there, and no more is
// dropped for it than that.
func TestSessionChangedByCodeInTransaction(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newCachedPostgres(t, driverName, func(c *cacheops.Config, _ *sqlcache.Config) {
			c.Writes = map[string][]string{"enter": {}, "rest": {}}
		})
		exec(t, s.bare, "CREATE TABLE t (v text)", "INSERT INTO t VALUES ('outside')", "CREATE SCHEMA acme", "CREATE TABLE acme.t (v text)", "INSERT INTO acme.t VALUES ('inside')", "CREATE TABLE other (v text)",
			"CREATE FUNCTION enter(s text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('search_path', s, true); RETURN s; END $$",
			"CREATE FUNCTION rest() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$")
		const query, other = "SELECT v FROM acme.t", "SELECT v FROM other"
		for _, c := range []struct {
			call, now string
			kept      bool
		}{{"SELECT enter('acme')", "written", false}, {"SELECT rest()", "written", true}} {
			now, _ := s.read(t, query)
			s.want(t, now, true, query)
			s.read(t, other)
			s.want(t, "", true, other)
			tx, err := s.cached.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{c.call, "UPDATE t SET v = 'written'"} {
				if _, err := tx.ExecContext(t.Context(), text); err != nil {
					t.Fatal(err)
				}
			}
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			s.want(t, c.now, c.kept, query)
			s.want(t, "", c.kept, other)
		}
	})
}

// A function can change the level of the transactions to come: none of them is answered
// with what was committed since it began.
func TestIsolationChangedByCode(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driverName string) {
		s := newCachedPostgres(t, driverName, nil)
		exec(t, s.bare, "CREATE TABLE t (v int)", "INSERT INTO t VALUES (1)",
			"CREATE FUNCTION strict() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM set_config('default_transaction_isolation', 'repeatable read', false); RETURN 1; END $$")
		const query = "SELECT v FROM t"
		conn, err := s.cached.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.ExecContext(t.Context(), "SELECT strict()"); err != nil {
			t.Fatal(err)
		}
		tx, err := conn.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback() // a *sql.Conn waits for its transaction when it closes
		s.wantWith(t, tx, "1", false, query)
		exec(t, s.cached, "UPDATE t SET v = 2")
		s.want(t, "2", false, query)
		s.want(t, "2", true, query)
		s.wantWith(t, tx, "1", false, query)
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		s.wantWith(t, conn, "2", true, query)
	})
}
