package mysql

import (
	"slices"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dialecttest"
)

const (
	kindAside   = "utility commits"
	kindDDL     = "ddl commits"
	kindTemp    = "ddl taints-reads taints-writes"
	kindUnknown = "unknown taints-reads taints-writes commits"
	kindTainted = "session taints-reads taints-writes"
)

func TestConvertKinds(t *testing.T) {
	t.Parallel()
	checkProperty(t, "kind", []understood{
		{"", "utility"},
		{" ; -- nothing", "utility"},
		{"SELECT 1;", "select"}, {"(SELECT 1)", "select"}, {"SELECT 1 UNION SELECT 2", "select"}, {"TABLE t", "select"}, {"VALUES ROW(1)", "select"},
		{"WITH x AS (SELECT 1) SELECT * FROM x", "select"},
		{"INSERT INTO t VALUES (1)", "insert"}, {"REPLACE t VALUES (1)", "insert"}, {"UPDATE t SET a = 1", "update"}, {"DELETE FROM t", "delete"},
		{"LOAD DATA LOCAL INFILE 'x' INTO TABLE t", "insert commits"}, {"LOAD XML INFILE 'x' REPLACE INTO TABLE t", "insert commits"},
		{"DO 1", "select"}, {"CALL p()", "select commits"},
		{"BEGIN", "begin"}, {"BEGIN WORK", "begin"}, {"START TRANSACTION", "begin"}, {"START TRANSACTION READ WRITE", "begin"},
		{"START TRANSACTION WITH CONSISTENT SNAPSHOT", "begin other-isolation"},
		{"START TRANSACTION READ ONLY, WITH CONSISTENT SNAPSHOT", "begin other-isolation"},
		{"COMMIT", "commit"}, {"COMMIT WORK", "commit"}, {"COMMIT AND CHAIN", "commit chain"}, {"COMMIT AND NO CHAIN RELEASE", "commit"},
		{"ROLLBACK", "rollback"}, {"ROLLBACK AND CHAIN", "rollback chain"}, {"ROLLBACK RELEASE", "rollback"},
		{"SAVEPOINT a", "savepoint"}, {"RELEASE SAVEPOINT a", "release"}, {"ROLLBACK TO a", "rollback to"}, {"ROLLBACK WORK TO SAVEPOINT a", "rollback to"},
		{"SAVEPOINT é", kindUnknown}, {"ROLLBACK TO é", kindUnknown}, {"RELEASE SAVEPOINT é", kindUnknown},
		{"XA START 'x'", kindUnknown}, {"XA COMMIT 'x'", kindUnknown}, {"XA PREPARE 'x'", kindUnknown}, {"XA RECOVER", "utility"},
		{"EXPLAIN SELECT 1", "utility"}, {"EXPLAIN DELETE FROM t", "select"}, {"EXPLAIN FORMAT = JSON UPDATE t SET a = 1", "select"}, {"DESC t", "utility"}, {"DESCRIBE t a", "utility"},
		{"EXPLAIN FOR CONNECTION 5", "utility"}, {"EXPLAIN ANALYZE SELECT 1", "select"}, {"EXPLAIN ANALYZE DELETE t FROM t JOIN u", "delete"},
		{"PREPARE q FROM 'DELETE FROM t'", "session"}, {"PREPARE q FROM @x", "session"}, {"DEALLOCATE PREPARE q", "utility"},
		{"EXECUTE q", kindUnknown}, {"EXECUTE q USING @x", kindUnknown},
		{"BINLOG 'x'", kindUnknown}, {"CLONE LOCAL DATA DIRECTORY = '/x'", kindUnknown},
		{"SHOW TABLES", "utility"}, {"SHOW WARNINGS", "utility"}, {"SHOW CREATE TABLE t", "utility"}, {"HELP 'x'", "utility"},
		{"HANDLER t OPEN", "utility"}, {"HANDLER t READ FIRST WHERE a = 1", "utility"}, {"HANDLER t CLOSE", "utility"},
		{"KILL 5", "utility"}, {"KILL CONNECTION_ID()", "utility"}, {"CHECKSUM TABLE t", "utility"},
		{"SIGNAL SQLSTATE '45000'", "utility"}, {"GET DIAGNOSTICS @x = NUMBER", "utility"},
		{"LOCK INSTANCE FOR BACKUP", "utility"}, {"UNLOCK INSTANCE", "utility"}, {"RESET PERSIST", "utility"},
		{"ANALYZE TABLE t", kindAside}, {"OPTIMIZE TABLE t", kindAside}, {"CHECK TABLE t", kindAside}, {"CACHE INDEX t IN x", kindAside},
		{"LOAD INDEX INTO CACHE t", kindAside}, {"FLUSH TABLES", kindAside}, {"FLUSH STATUS, LOGS", kindAside},
		{"SHUTDOWN", kindAside}, {"RESTART", kindAside}, {"PURGE BINARY LOGS TO 'x'", kindAside}, {"PURGE BINARY LOGS BEFORE NOW()", kindAside}, {"PURGE BINARY LOGS BEFORE mine()", "select commits"}, {"RESET REPLICA", kindAside},
		{"FLUSH TABLES WITH READ LOCK", kindTainted + " commits"}, {"FLUSH TABLES t FOR EXPORT", kindTainted + " commits"}, {"FLUSH PRIVILEGES", kindDDL},
		{"FLUSH STATUS, PRIVILEGES", kindDDL},
		{"LOCK TABLES t READ, u AS v WRITE", kindTainted + " commits"}, {"UNLOCK TABLES", "session commits"},
		{"USE d", kindTainted}, {"SET ROLE x", kindTainted}, {"SET ROLE NONE", kindTainted},
	})
	if st := Parse("START TRANSACTION READ ONLY"); !st.ReadOnly {
		t.Error("it may write")
	}
	if st := Parse("START TRANSACTION READ WRITE"); st.ReadOnly {
		t.Error("it may not write")
	}
}

func TestConvertDDL(t *testing.T) {
	t.Parallel()
	checkProperty(t, "kind", []understood{
		{"CREATE TABLE t (a int)", kindDDL}, {"CREATE TABLE t LIKE u", kindDDL}, {"CREATE TABLE t SELECT 1", kindDDL},
		{"CREATE TEMPORARY TABLE t (a int)", kindTemp}, {"CREATE TEMPORARY TABLE t LIKE u", kindTemp},
		{"CREATE TEMPORARY TABLE IF NOT EXISTS t AS SELECT 1", kindTemp},
		{"DROP TABLE t, u", kindDDL}, {"DROP TEMPORARY TABLE IF EXISTS t", kindTemp}, {"DROP VIEW v", kindDDL},
		{"ALTER TABLE t ADD b int", kindDDL}, {"RENAME TABLE t TO u", kindDDL}, {"TRUNCATE t", kindDDL}, {"TRUNCATE TABLE t", kindDDL},
		{"CREATE INDEX i ON t (a)", kindDDL}, {"DROP INDEX i ON t", kindDDL}, {"REPAIR TABLE t", kindDDL},
		{"CREATE VIEW v AS SELECT 1", kindDDL}, {"CREATE OR REPLACE VIEW v AS SELECT 1", kindDDL}, {"ALTER VIEW v AS SELECT 2", kindDDL},
		{"CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.a = 1", kindDDL},
		{"CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW BEGIN SET NEW.a = 1; DELETE FROM u; END", kindDDL}, {"DROP TRIGGER g", kindDDL},
		{"CREATE PROCEDURE p() BEGIN DELETE FROM t; COMMIT; END", kindDDL}, {"DROP PROCEDURE p", kindDDL},
		{"CREATE FUNCTION f() RETURNS int RETURN 1", kindDDL}, {"CREATE FUNCTION f RETURNS STRING SONAME 'x'", kindDDL}, {"DROP FUNCTION f", kindDDL},
		{"CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM t", kindDDL}, {"DROP EVENT e", kindDDL},
		{"CREATE SEQUENCE s", kindDDL}, {"ALTER SEQUENCE s RESTART 5", kindDDL}, {"DROP SEQUENCE s", kindDDL},
		{"CREATE DATABASE d", kindDDL}, {"DROP DATABASE d", kindDDL}, {"DROP SCHEMA d", kindDDL}, {"ALTER DATABASE d COLLATE utf8mb4_bin", kindDDL},
		{"CREATE USER x", kindDDL}, {"ALTER USER x IDENTIFIED BY 'y'", kindDDL}, {"DROP USER x", kindDDL}, {"RENAME USER x TO y", kindDDL},
		{"CREATE ROLE r", kindDDL}, {"GRANT SELECT ON t TO x", kindDDL}, {"REVOKE SELECT ON t FROM x", kindDDL}, {"GRANT r TO x", kindDDL},
		{"SET PASSWORD = 'x'", kindDDL}, {"SET DEFAULT ROLE r TO x", kindDDL}, {"INSTALL PLUGIN x SONAME 'y'", kindDDL}, {"UNINSTALL PLUGIN x", kindDDL},
		{"IMPORT TABLE FROM 'x'", kindDDL}, {"STOP REPLICA", kindDDL}, {"START REPLICA", kindDDL}, {"ALTER INSTANCE ROTATE INNODB MASTER KEY", kindDDL},
	})
	checkProperty(t, "writes", []understood{
		{"CREATE TABLE d.t (a int)", "d.t"}, {"DROP TABLE t, d.u", "t, d.u"}, {"RENAME TABLE t TO u, v TO d.w", "t, u, v, d.w"},
		{"ALTER TABLE t RENAME TO u", "t, u"}, {"TRUNCATE d.t", "d.t"}, {"CREATE VIEW v AS SELECT * FROM t", "v"}, {"DROP VIEW v", "v"},
	})
}

func TestConvertScript(t *testing.T) {
	t.Parallel()
	st := Parse("SELECT f(1) FROM t WHERE a = 'x;y'; /* ; */ UPDATE u SET b = 2;")
	if st.Kind != dialect.KindScript || len(st.Script) != 2 || dialecttest.PrintNames(st.Reads) != "t" || dialecttest.PrintNames(st.Writes) != "u" || st.Foreign != "f" {
		t.Fatalf("%s", dialecttest.PrintStatement(st))
	}
	if st.Script[0].Kind != dialect.KindSelect || st.Script[1].Update == nil {
		t.Errorf("%s", dialecttest.PrintStatement(st))
	}
}

// TestConvertProcedure: what a procedure writes can be declared, as of a function.
func TestConvertProcedure(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"CALL P(1, now())", "CALL s.P(@x)", "CALL p"} {
		st := Parse(text)
		if st.Kind != dialect.KindSelect || !slices.Equal(st.Foreigns, []string{"p", "procedure p"}) || st.Foreign == "" || st.Taint != 0 || st.Incomplete == "" || !st.Commits {
			t.Errorf("%s\n%s", text, dialecttest.PrintStatement(st))
		}
	}
	if st := Parse("CALL p(f(1))"); !slices.Equal(st.Foreigns, []string{"f", "p", "procedure p"}) {
		t.Errorf("%s", dialecttest.PrintStatement(st))
	}
}

// TestConvertAsides: what changes no row may run what does. EXPLAIN runs subqueries,
// views, and functions of constants, that of an UPDATE too.
func TestConvertAsides(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"EXPLAIN SELECT * FROM (SELECT f()) x": "f",
		"EXPLAIN DELETE FROM t WHERE a = f()":  "f t",
		"EXPLAIN UPDATE v JOIN w SET a = 1":    "v w",
		"EXPLAIN INSERT INTO t SELECT 1":       "t",
		"EXPLAIN SELECT * FROM v":              "v",
		"SHOW TABLES WHERE f() = 1":            "f",
		"SHOW TABLES WHERE (SELECT a FROM v)":  "v",
		"HANDLER t READ i = (f()) WHERE g()":   "f g",
		"KILL f()":                             "f",
		"EXPLAIN SELECT 1":                     "",
		"SHOW TABLES LIKE 'f()'":               "",
		"HANDLER t READ i = (5) WHERE a = 1":   "",
	} {
		st := Parse(text)
		calls := strings.Join(append(st.Foreigns, strings.Fields(strings.ReplaceAll(dialecttest.PrintNames(st.Reads), ",", ""))...), " ")
		kind := dialect.KindUtility
		if want != "" {
			kind = dialect.KindSelect
		}
		if calls != want || st.Kind != kind || (st.Incomplete != "") != (want != "") || len(st.Writes) > 0 || st.Query != nil || st.Delete != nil {
			t.Errorf("%s: %s", text, dialecttest.PrintStatement(st))
		}
	}
	if st := Parse("DO f(), SLEEP(1)"); st.Foreign != "f" || st.Incomplete == "" {
		t.Errorf("%s", dialecttest.PrintStatement(st))
	}
}

// TestConvertHints: a hint may give a statement another meaning.
func TestConvertHints(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"SELECT /*+ SET_VAR(sql_mode = 'ANSI_QUOTES') */ 1", "UPDATE /*+ Set_Var(foreign_key_checks=0) */ t SET a = 1 WHERE b = 1",
		"DELETE /*+ BKA(t) SET_VAR(unique_checks=0) */ FROM t", "INSERT /*+ SET_VAR(time_zone='+01:00') */ INTO t VALUES (1)",
	} {
		st := Parse(text)
		if st.Incomplete == "" || st.Query != nil || st.Update != nil || st.Delete != nil || st.Insert != nil || st.Volatile == "" {
			t.Errorf("%s\n%s", text, dialecttest.PrintStatement(st))
		}
	}
	for _, text := range []string{"SELECT /*+ MAX_EXECUTION_TIME(5) */ 1", "SELECT 'set_var' /* set_var */"} {
		if st := Parse(text); st.Incomplete != "" {
			t.Errorf("%s\n%s", text, dialecttest.PrintStatement(st))
		}
	}
}

func TestConvertSavepoint(t *testing.T) {
	t.Parallel()
	checkProperty(t, "savepoint", []understood{
		{"SAVEPOINT Ab", "ab"}, {"SAVEPOINT `Ab c`", "ab c"}, {"RELEASE SAVEPOINT AB", "ab"}, {"ROLLBACK TO aB", "ab"},
	})
}
