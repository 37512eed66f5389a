package postgres

import (
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/internal/pgtest"
)

// digestSchema is what the statements of TestDigest change.
var digestSchema = []string{
	"CREATE TABLE p (id int PRIMARY KEY, a text, b int DEFAULT 1)", "CREATE TABLE c (id int PRIMARY KEY, p int)", "CREATE VIEW v AS SELECT id FROM p",
	"CREATE SEQUENCE s", "CREATE TABLE parted (k int) PARTITION BY LIST (k)", "CREATE TABLE part PARTITION OF parted FOR VALUES IN (1)",
	"CREATE INDEX plain ON p (a)", "CREATE TYPE mood AS ENUM ('a', 'b')", "CREATE DOMAIN d AS int", "CREATE TABLE l PARTITION OF parted FOR VALUES IN (7)",
	harmlessTrigger, "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'", "CREATE TEXT SEARCH CONFIGURATION words (COPY = english)",
	"CREATE MATERIALIZED VIEW m AS SELECT 1 AS x", "CREATE UNIQUE INDEX ON m (x)", "CREATE TABLE heir () INHERITS (c)", "CREATE SCHEMA other",
	"CREATE VIEW w AS SELECT a FROM p", "CREATE TABLE free (a int)", "INSERT INTO p SELECT n FROM generate_series(1, 1000) AS n",
}

// TestDigest: the digest changes with everything that changes the schema, and with
// little else.
func TestDigest(t *testing.T) {
	t.Parallel()
	// On a server of its own: what it does to the role of all tests is seen by them.
	dsn := pgtest.Start(t).NewDatabase(t)
	c, other := openCatalogConn(t, pgx, dsn, digestSchema...), openCatalogConn(t, pq, dsn)
	t.Cleanup(func() { c.exec(t, "DROP OWNED BY digest_role CASCADE", "DROP ROLE digest_role") })
	c.exec(t, "CREATE ROLE digest_role")
	before := c.digest(t)
	for _, ddl := range []string{
		"CREATE TABLE t (a int)", "DROP TABLE t", "ALTER TABLE p ADD COLUMN x int", "ALTER TABLE p RENAME COLUMN x TO y", "ALTER TABLE p ALTER y TYPE bigint",
		"ALTER TABLE c ALTER p SET NOT NULL", "ALTER TABLE c ALTER p DROP NOT NULL", "ALTER TABLE p ALTER y SET DEFAULT 1", "ALTER TABLE p ALTER y SET DEFAULT 2", "ALTER TABLE p ALTER y DROP DEFAULT",
		"ALTER TABLE p DROP COLUMN y", "ALTER TABLE p ADD CHECK (id > 0)", "ALTER TABLE p DROP CONSTRAINT p_id_check",
		"CREATE UNIQUE INDEX i ON p (a)", "DROP INDEX i", "CREATE UNIQUE INDEX CONCURRENTLY i ON p (a)", "ALTER INDEX i RENAME TO j", "DROP INDEX CONCURRENTLY j",
		"ALTER TABLE c ADD CONSTRAINT fk FOREIGN KEY (p) REFERENCES p ON DELETE CASCADE NOT VALID", "ALTER TABLE c VALIDATE CONSTRAINT fk", "ALTER TABLE c ALTER CONSTRAINT fk DEFERRABLE",
		"ALTER TABLE c DROP CONSTRAINT fk",
		"CREATE TRIGGER tr BEFORE INSERT ON p FOR EACH ROW EXECUTE FUNCTION nothing()", "ALTER TABLE p DISABLE TRIGGER tr", "ALTER TRIGGER tr ON p RENAME TO tr2", "DROP TRIGGER tr2 ON p",
		"CREATE OR REPLACE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM c; RETURN NEW; END $$",
		"CREATE OR REPLACE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 2'", "ALTER FUNCTION f(int) STABLE", "ALTER FUNCTION f(int) SET search_path = other", "DROP FUNCTION f(int)",
		"CREATE PROCEDURE pr() LANGUAGE sql AS 'SELECT 1'", "CREATE AGGREGATE ag(int) (SFUNC = int4pl, STYPE = int)", "CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl)", "DROP OPERATOR === (int, int)",
		"CREATE CAST (mood AS int) WITH INOUT", "DROP CAST (mood AS int)",
		"CREATE RULE r AS ON INSERT TO p DO ALSO NOTHING", "ALTER TABLE p DISABLE RULE r", "DROP RULE r ON p",
		"CREATE OR REPLACE VIEW v AS SELECT id + 1 AS id FROM p", "ALTER VIEW v RENAME TO v2", "ALTER VIEW v2 SET (security_barrier = true)", "DROP VIEW v2",
		"ALTER TABLE parted DETACH PARTITION part", "ALTER TABLE parted ATTACH PARTITION part FOR VALUES IN (1)", "ALTER TABLE parted DETACH PARTITION l CONCURRENTLY", "DROP TABLE part",
		"ALTER TABLE heir NO INHERIT c", "ALTER TABLE heir INHERIT c",
		"ALTER TABLE p ENABLE ROW LEVEL SECURITY", "CREATE POLICY po ON p USING (id > 1)", "ALTER POLICY po ON p USING (id > 2)", "DROP POLICY po ON p", "ALTER TABLE p FORCE ROW LEVEL SECURITY", "ALTER TABLE p DISABLE ROW LEVEL SECURITY",
		"GRANT SELECT ON p TO digest_role", "GRANT UPDATE (a) ON p TO digest_role", "REVOKE ALL ON p FROM digest_role", "ALTER TABLE c OWNER TO digest_role",
		"GRANT USAGE ON SCHEMA other TO digest_role", "GRANT digest_role TO " + "postgres",
		"ALTER TABLE free SET SCHEMA other", "ALTER SCHEMA other RENAME TO another", "CREATE SCHEMA other", "DROP SCHEMA other",
		"ALTER TABLE another.free SET UNLOGGED", "ALTER TABLE another.free SET LOGGED", "ALTER TABLE another.free RENAME TO freed",
		"ALTER TYPE mood ADD VALUE 'c'", "ALTER TYPE mood RENAME VALUE 'c' TO 'd'", "ALTER TYPE mood RENAME TO moods", "DROP TYPE moods",
		"ALTER DOMAIN d ADD CHECK (VALUE > 1)", "ALTER DOMAIN d SET DEFAULT 3", "DROP DOMAIN d", "CREATE TYPE ra AS RANGE (subtype = int)", "CREATE TYPE co AS (a int)", "ALTER TYPE co ADD ATTRIBUTE b int",
		"ALTER TEXT SEARCH CONFIGURATION words ALTER MAPPING FOR word WITH simple", "ALTER TEXT SEARCH DICTIONARY english_stem (StopWords = 'danish')", "ALTER TEXT SEARCH DICTIONARY english_stem (StopWords = 'english')",
		"CREATE COLLATION col FROM \"C\"", "ALTER COLLATION col RENAME TO col2", "DROP COLLATION col2", "CREATE EXTENSION citext", "DROP EXTENSION citext",
		"CREATE SEQUENCE s2", "DROP SEQUENCE s2",
		"CREATE FOREIGN DATA WRAPPER fw", "CREATE SERVER se FOREIGN DATA WRAPPER fw", "CREATE FOREIGN TABLE ft (a int) SERVER se", "DROP FOREIGN TABLE ft",
		"CREATE STATISTICS st ON a, b FROM p; CREATE TABLE last_one (a int)",
	} {
		if strings.HasPrefix(ddl, "CREATE FOREIGN DATA") || strings.HasPrefix(ddl, "CREATE SERVER") {
			c.exec(t, ddl) // of no consequence before there is a table
			before = c.digest(t)
			continue
		}
		other.exec(t, ddl)
		digest := c.digest(t)
		if digest == before {
			t.Errorf("%s left the digest as it was", ddl)
		}
		before = digest
	}
	c.exec(t, "ANALYZE") // notes that a table has no partitions any more
	digest := c.digest(t)
	if got := other.digest(t); got != digest {
		t.Errorf("two connections have other digests:\n%s\n%s", digest, got)
	}
	for _, quiet := range []string{
		"INSERT INTO p (id) SELECT n FROM generate_series(2001, 4000) AS n", "UPDATE p SET b = 2", "DELETE FROM p WHERE id > 3000", "ANALYZE", "VACUUM", "VACUUM (FREEZE, ANALYZE) p", "SELECT nextval('s')", "SELECT setval('s', 77)",
		"BEGIN; CREATE TABLE x (a int); ROLLBACK", "CREATE TEMP TABLE tmp (a int PRIMARY KEY, b text DEFAULT 'x', CHECK (a > 0))", "CREATE INDEX ON tmp (b)", "CREATE TEMP VIEW tv AS SELECT 1",
		"CREATE FUNCTION pg_temp.mine() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$", "CREATE TRIGGER tr BEFORE INSERT ON tmp FOR EACH ROW EXECUTE FUNCTION pg_temp.mine()",
		"CREATE TEMP TABLE tmp2 (a int REFERENCES tmp)", "ALTER TABLE tmp ADD COLUMN more text", "DROP TABLE tmp2, tmp", "DISCARD TEMP", "CHECKPOINT", "NOTIFY x", "SET search_path = another",
		"PREPARE q AS SELECT 1", "SELECT pg_stat_reset()",
	} {
		other.exec(t, quiet)
		if got := c.digest(t); got != digest {
			t.Errorf("%s changed the digest:\n%s\n%s", quiet, digest, got)
			digest = got
		}
	}
	if strings.Contains(digest, "//") {
		t.Errorf("a part is empty: %s", digest)
	}
}

// TestDigestTakes logs what the digest and the catalog cost.
func TestDigestTakes(t *testing.T) {
	t.Parallel()
	c := openCatalogConn(t, pgx, server.NewDatabase(t),
		`CREATE TABLE t0 (id int PRIMARY KEY)`,
		`DO $$ BEGIN FOR i IN 1..500 LOOP EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, a text DEFAULT %L, b int, c int, d timestamptz DEFAULT now(), e int REFERENCES t0 ON DELETE CASCADE)', i, 'x'); END LOOP; END $$`)
	for name, ask := range map[string]func(){"digest": func() { c.digest(t) }, "catalog": func() { c.catalog(t) }, "session": func() { c.session(t) }} {
		ask()
		start := time.Now()
		for range 5 {
			ask()
		}
		t.Logf("figure: PostgreSQL, %s of 500 tables: %v", name, time.Since(start)/5)
	}
}

// TestDigestOfRoles: of the server's roles only those count that the role of the
// connection has to do with. Others come and go with other programs.
func TestDigestOfRoles(t *testing.T) {
	t.Parallel()
	dsn := server.NewDatabase(t)
	super := openCatalogConn(t, pgx, dsn, "CREATE ROLE digest_one LOGIN", "CREATE ROLE digest_two", "CREATE ROLE digest_three")
	t.Cleanup(func() { super.exec(t, "DROP ROLE digest_one, digest_two, digest_three") })
	c := openCatalogConn(t, pgx, strings.Replace(dsn, "postgres@", "digest_one@", 1))
	before := c.digest(t)
	for _, tt := range []struct {
		ddl   string
		tells bool
	}{
		{"ALTER ROLE digest_three BYPASSRLS", false},
		{"GRANT digest_three TO digest_two", false},
		{"ALTER ROLE digest_one BYPASSRLS", true},
		{"GRANT digest_two TO digest_one", true},
		{"ALTER ROLE digest_three NOBYPASSRLS", true}, // it is a member of it now
		{"REVOKE digest_three FROM digest_two", true},
		{"ALTER ROLE digest_one SUPERUSER", true},
		{"ALTER ROLE digest_two BYPASSRLS", false}, // who may all is not told by roles
	} {
		super.exec(t, tt.ddl)
		digest := c.digest(t)
		if (digest != before) != tt.tells {
			t.Errorf("%s changed the digest: %v, want %v", tt.ddl, digest != before, tt.tells)
		}
		before = digest
	}
}
