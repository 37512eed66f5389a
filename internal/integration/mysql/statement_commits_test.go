package mysql

import (
	"database/sql"
	"database/sql/driver"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/dialect/mysql"
	"github.com/cacheops/cacheops/internal/mysqltest"
)

// TestStatementCommits asks the server of each statement whether it commits the
// transaction that it stands in: where it does the dialect must say so. Some of the
// statements fail, which keeps none of them from it.
func TestStatementCommits(t *testing.T) {
	t.Parallel()
	own := mysqltest.Start(t) // events and roles are every session's
	db, err := sql.Open(driverName, own.NewDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for _, text := range []string{
		"CREATE TABLE probe (n INT PRIMARY KEY)", "CREATE TABLE t (a INT PRIMARY KEY, b INT)", "CREATE TABLE m (a INT PRIMARY KEY) ENGINE = MyISAM",
		"INSERT INTO t VALUES (1, 1), (2, 2)", "CREATE VIEW v AS SELECT a FROM t",
		"CREATE PROCEDURE p_commits() COMMIT", "CREATE PROCEDURE p_creates() CREATE TABLE made_by_p (a INT)", "CREATE FUNCTION f() RETURNS INT RETURN 1",
	} {
		if _, err := db.Exec(text); err != nil {
			t.Fatal(text, err)
		}
	}
	var commits, kept []string
	for n, text := range []string{
		"SELECT 1", "SELECT a FROM t FOR UPDATE", "INSERT INTO t VALUES (3, 3)", "UPDATE t SET b = 5", "DELETE FROM t WHERE a = 3",
		"UPDATE t JOIN v USING (a) SET t.b = 6", "REPLACE INTO t VALUES (1, 1)", "DO 1", "DO f()", "CALL p_commits()", "CALL p_creates()", "CALL nobody()",
		"BEGIN", "START TRANSACTION", "COMMIT", "COMMIT AND CHAIN", "SAVEPOINT x", "RELEASE SAVEPOINT x",
		"SET autocommit = 0", "SET autocommit = 1", "SET @x = 1", "SET sql_mode = ''", "SET SESSION TRANSACTION READ WRITE", "SET NAMES utf8mb4",
		"SET GLOBAL wait_timeout = 28800", "SET PASSWORD FOR nobody = ''", "SET ROLE NONE", "SET STATEMENT max_statement_time = 1 FOR SELECT 1",
		"CREATE TABLE c1 (a INT)", "CREATE TABLE c1 (a INT)", "CREATE TABLE IF NOT EXISTS c1 (a INT)", "CREATE OR REPLACE TABLE c1 (a INT)", "CREATE TABLE c2 LIKE t", "CREATE TABLE c3 SELECT 1",
		"CREATE TEMPORARY TABLE x1 (a INT)", "CREATE TEMPORARY TABLE x2 AS SELECT 1", "CREATE OR REPLACE TEMPORARY TABLE x (a INT)", "DROP TEMPORARY TABLE x",
		"ALTER TABLE x ADD b INT", "TRUNCATE x", "CREATE INDEX i ON x (a)", "RENAME TABLE x TO y", "DROP TABLE x",
		"ALTER TABLE c1 ADD b INT", "ALTER TABLE nobody ADD b INT", "RENAME TABLE c1 TO c4", "TRUNCATE c4", "CREATE INDEX i ON c4 (a)", "DROP INDEX i ON c4",
		"CREATE OR REPLACE VIEW w AS SELECT 1", "ALTER VIEW w AS SELECT 2", "DROP VIEW w", "DROP TABLE c2, c3", "DROP TABLE nobody", "DROP TABLE IF EXISTS nobody",
		"CREATE TRIGGER g BEFORE INSERT ON c4 FOR EACH ROW SET NEW.a = 1", "DROP TRIGGER g", "CREATE PROCEDURE q() SELECT 1", "ALTER PROCEDURE q COMMENT 'x'", "DROP PROCEDURE q",
		"CREATE FUNCTION g() RETURNS INT RETURN 1", "DROP FUNCTION g", "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1", "ALTER EVENT e DISABLE", "DROP EVENT e",
		"CREATE SEQUENCE s", "ALTER SEQUENCE s RESTART 5", "SELECT NEXT VALUE FOR s", "DROP SEQUENCE s",
		"CREATE DATABASE cacheops_commits", "ALTER DATABASE cacheops_commits COLLATE utf8mb4_bin", "DROP DATABASE cacheops_commits",
		"CREATE USER cacheops_u", "ALTER USER cacheops_u IDENTIFIED BY 'x'", "GRANT SELECT ON *.* TO cacheops_u", "REVOKE SELECT ON *.* FROM cacheops_u", "RENAME USER cacheops_u TO cacheops_v", "DROP USER cacheops_v",
		"CREATE ROLE cacheops_r", "SET DEFAULT ROLE NONE", "DROP ROLE cacheops_r", "CREATE SERVER cacheops_s FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'x')", "DROP SERVER cacheops_s",
		"ANALYZE TABLE t", "OPTIMIZE TABLE t", "CHECK TABLE t", "REPAIR TABLE m", "CHECKSUM TABLE t", "CACHE INDEX m IN nobody", "LOAD INDEX INTO CACHE m",
		"FLUSH TABLES", "FLUSH STATUS", "FLUSH PRIVILEGES", "FLUSH LOGS", "FLUSH TABLES m WITH READ LOCK", "UNLOCK TABLES", "LOCK TABLES t WRITE, probe WRITE", "UNLOCK TABLES",
		"HANDLER t OPEN", "HANDLER t READ FIRST", "HANDLER t CLOSE", "SHOW TABLES", "EXPLAIN SELECT 1", "DESC t", "ANALYZE SELECT * FROM t", "EXPLAIN UPDATE t SET b = 5",
		"LOAD DATA INFILE '/nowhere' INTO TABLE t", "PREPARE q FROM 'CREATE TABLE c5 (a INT)'", "EXECUTE q", "DEALLOCATE PREPARE q", "EXECUTE IMMEDIATE 'DROP TABLE c5'",
		"BEGIN NOT ATOMIC COMMIT; END", "INSTALL SONAME 'nobody'", "UNINSTALL PLUGIN nobody", "RESET QUERY CACHE", "RESET MASTER", "PURGE BINARY LOGS TO 'x'", "CHANGE MASTER TO MASTER_HOST = 'x'",
		"STOP SLAVE", "RESET SLAVE ALL", "BACKUP STAGE START", "BACKUP STAGE END", "BACKUP LOCK t", "BACKUP UNLOCK", "KILL QUERY 999999", "GET DIAGNOSTICS @x = NUMBER", "SIGNAL SQLSTATE '45000'",
		"XA START 'x'", "USE mysql", "BINLOG 'x'", "HELP 'x'", "SHUTDOWN nobody", "this is no statement",
	} {
		st := mysql.Parse(text)
		if !statementCommits(t, db, n, text) {
			kept = append(kept, text)
			continue
		}
		commits = append(commits, text)
		known := st.Commits || st.Kind == dialect.KindBegin || st.Kind == dialect.KindCommit
		for _, part := range st.Script {
			known = known || part.Commits
		}
		if !known {
			t.Errorf("%s commits, which is not known of it: %s", text, st.Kind)
		}
	}
	if len(commits) < 70 || len(kept) < 50 {
		t.Errorf("these committed: %q\nthese did not: %q", commits, kept)
	}
}

// commitsRefused are statements that the server refuses for what is there, and that
// commit even so where they are run as texts.
var commitsRefused = []string{
	"CREATE OR REPLACE VIEW w AS SELECT a FROM nobody", "CREATE VIEW v AS SELECT 1", "ALTER VIEW nobody AS SELECT 1", "DROP VIEW nobody",
	"CREATE TABLE t (a INT)", "CREATE TABLE c AS SELECT a FROM nobody", "CREATE TABLE c LIKE nobody", "CREATE INDEX i ON t (nobody)", "CREATE TABLE c (a INT, a INT)",
	"ALTER TABLE nobody ADD b INT", "ALTER TABLE t ADD b INT", "RENAME TABLE nobody TO somebody", "TRUNCATE nobody", "DROP TABLE nobody", "DROP TABLE x.nobody, t.nobody",
	"CREATE TRIGGER g BEFORE INSERT ON nobody FOR EACH ROW SET NEW.a = 1", "DROP TRIGGER nobody", "CREATE FUNCTION f() RETURNS INT RETURN 1", "DROP FUNCTION nobody", "DROP PROCEDURE nobody", "DROP EVENT nobody",
	"ALTER SEQUENCE nobody RESTART 5", "DROP SEQUENCE nobody", "DROP DATABASE cacheops_nobody", "DROP USER cacheops_nobody", "GRANT SELECT ON nobody TO cacheops_nobody",
	"LOCK TABLES nobody WRITE", "FLUSH TABLES nobody WITH READ LOCK", "CREATE OR REPLACE VIEW w AS SELECT", "this is no statement", "CALL nobody()", "INSERT INTO nobody VALUES (1)",
}

// TestRefusedCommits compares what a refused statement has committed through the cache
// and without it: a look at the statement beforehand must not refuse it in the
// server's place.
func TestRefusedCommits(t *testing.T) {
	t.Parallel()
	s := newCachedMySQL(t, plain, nil)
	for _, text := range []string{
		"CREATE TABLE probe (n INT PRIMARY KEY)", "CREATE TABLE t (a INT PRIMARY KEY, b INT)", "CREATE VIEW v AS SELECT a FROM t", "CREATE FUNCTION f() RETURNS INT RETURN 1",
	} {
		exec(t, s.bare, text)
	}
	commits := 0
	for n, text := range commitsRefused {
		bare, cached := statementCommits(t, s.bare, 2*n, text), statementCommits(t, s.cached, 2*n+1, text)
		if bare != cached {
			t.Errorf("%s: committed %t through the cache, and %t without it", text, cached, bare)
		}
		if bare {
			commits++
		}
	}
	if commits < 20 {
		t.Errorf("%d of these commit", commits)
	}
}

// statementCommits reports whether a statement commits what was written before.
func statementCommits(t *testing.T, db *sql.DB, n int, text string) bool {
	t.Helper()
	ctx := t.Context()
	c, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, s := range []string{"CREATE TEMPORARY TABLE x (a INT)", "START TRANSACTION"} {
		if _, err := c.ExecContext(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.ExecContext(ctx, "INSERT INTO probe VALUES (?)", n); err != nil {
		t.Fatal(err)
	}
	_, _ = c.ExecContext(ctx, text) // some fail
	_, _ = c.ExecContext(ctx, "ROLLBACK")
	_, _ = c.ExecContext(ctx, "UNLOCK TABLES")
	_ = c.Raw(func(any) error { return driver.ErrBadConn })
	found := false
	if err := db.QueryRowContext(ctx, "SELECT COUNT(*) > 0 FROM probe WHERE n = ?", n).Scan(&found); err != nil {
		t.Fatal(text, err)
	}
	return found
}
