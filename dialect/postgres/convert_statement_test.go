package postgres

import (
	"slices"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dialecttest"
)

func TestConvertKinds(t *testing.T) {
	t.Parallel()
	checkProperty(t, "kind", []understood{
		{"", "utility"},
		{" ; -- nothing", "utility"},
		{"SELECT 1;", "select"},
		{"BEGIN", "begin"},
		{"BEGIN ISOLATION LEVEL READ COMMITTED, READ ONLY", "begin"},
		{"START TRANSACTION ISOLATION LEVEL REPEATABLE READ", "begin other-isolation"},
		{"BEGIN ISOLATION LEVEL SERIALIZABLE DEFERRABLE", "begin other-isolation"},
		{"COMMIT", "commit"}, {"END WORK", "commit"}, {"COMMIT AND CHAIN", "commit chain"},
		{"ROLLBACK", "rollback"}, {"ABORT", "rollback"}, {"ROLLBACK AND CHAIN", "rollback chain"},
		{"SAVEPOINT a", "savepoint"}, {"RELEASE a", "release"}, {"ROLLBACK TO a", "rollback to"},
		{"PREPARE TRANSACTION 'x'", "prepare transaction"},
		{"COMMIT PREPARED 'x'", "unknown"}, {"ROLLBACK PREPARED 'x'", "unknown"},
		{"TRUNCATE a", "delete"}, {"TRUNCATE a CASCADE", "delete cascade"},
		{"MERGE INTO t USING u ON a WHEN MATCHED THEN DELETE", "update"},
		{"COPY t FROM STDIN", "insert"}, {"COPY t TO STDOUT", "select"}, {"COPY (SELECT 1) TO STDOUT", "select"},
		{"COPY (DELETE FROM t RETURNING a) TO STDOUT", "delete"},
		{"COPY t FROM PROGRAM 'x'", "unknown taints-reads taints-writes"}, {"COPY t TO PROGRAM 'x'", "unknown taints-reads taints-writes"},
		{"EXPLAIN DELETE FROM t", "utility"}, {"EXPLAIN (ANALYZE false) DELETE FROM t", "utility"}, {"EXPLAIN (ANALYZE 0) DELETE FROM t", "utility"},
		{"EXPLAIN ANALYZE DELETE FROM t", "delete"}, {"EXPLAIN (ANALYZE, VERBOSE) SELECT 1", "select"}, {"EXPLAIN (ANALYZE maybe) DELETE FROM t", "delete"},
		{"EXPLAIN ANALYZE CREATE TEMP TABLE x AS SELECT 1", "ddl taints-reads taints-writes"},
		{"PREPARE q AS DELETE FROM t", "session"}, {"PREPARE q AS SELECT set_config('role', 'x', false)", "session taints-reads taints-writes"},
		{"EXECUTE q", "unknown"}, {"EXPLAIN ANALYZE EXECUTE q", "unknown"}, {"DEALLOCATE q", "utility"},
		{"DECLARE c CURSOR FOR SELECT * FROM t", "select"}, {"FETCH c", "utility"}, {"MOVE c", "utility"}, {"CLOSE c", "utility"},
		{"LISTEN a", "utility"}, {"UNLISTEN *", "utility"}, {"NOTIFY a", "utility"}, {"SHOW ALL", "utility"},
		{"LOCK t", "utility"}, {"VACUUM FULL t", "utility"}, {"ANALYZE", "utility"}, {"REINDEX TABLE t", "utility"}, {"CLUSTER", "utility"},
		{"CHECKPOINT", "utility"}, {"COMMENT ON TABLE t IS 'x'", "utility"}, {"REFRESH MATERIALIZED VIEW m", "utility"},
		{"SET CONSTRAINTS ALL DEFERRED", "utility"},
		{"DO 'BEGIN END'", "unknown taints-reads taints-writes"}, {"CALL p()", "select"},
		{"LOAD 'x'", "session taints-reads taints-writes"},
		{"CREATE TABLE t (a int)", "ddl"}, {"CREATE VIEW v AS SELECT 1", "ddl"}, {"CREATE TABLE x AS SELECT 1", "ddl"}, {"SELECT 1 INTO x", "ddl"},
		{"SELECT 1 INTO x UNION SELECT 2", "ddl"}, {"CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END", "ddl"},
		{"ALTER ROLE x SET search_path = y", "ddl"}, {"GRANT SELECT ON t TO x", "ddl"}, {"DROP SCHEMA s CASCADE", "ddl"}, {"CREATE EXTENSION x", "ddl"},
		{"ALTER SYSTEM SET work_mem = 1", "ddl"}, {"CREATE RULE r AS ON INSERT TO t DO NOTHING", "ddl"},
		{"CREATE TEMP TABLE t (a int)", "ddl taints-reads taints-writes"}, {"CREATE TABLE pg_temp.t (a int)", "ddl taints-reads taints-writes"},
		{"CREATE TEMP VIEW v AS SELECT 1", "ddl taints-reads taints-writes"}, {"CREATE TEMP SEQUENCE s", "ddl taints-reads taints-writes"},
		{"CREATE TEMP TABLE t AS SELECT 1", "ddl taints-reads taints-writes"}, {"SELECT 1 INTO TEMP x", "ddl taints-reads taints-writes"},
	})
}

func TestConvertSettings(t *testing.T) {
	t.Parallel()
	const reads, all = "session taints-reads", "session taints-reads taints-writes"
	checkProperty(t, "kind", []understood{
		{"SET statement_timeout = 5", "session"}, {"SET SESSION work_mem TO DEFAULT", "session"}, {"SET LOCAL lock_timeout = 1", "session"},
		{"SET enable_seqscan = off", "session"}, {"SET log_statement = 'all'", "session"}, {"SET NAMES 'UTF8'", "session"}, {"RESET work_mem", "session"},
		{"SET search_path TO a", all}, {"SET LOCAL search_path TO a", all + " local"}, {"SET SCHEMA 'a'", all}, {"RESET search_path", all},
		{`SET "Search_Path" TO a`, all}, {"SET ROLE x", all}, {"RESET ROLE", all}, {"SET SESSION AUTHORIZATION x", all},
		{"SET TIME ZONE 'UTC'", all}, {"SET datestyle = 'ISO'", all}, {"SET row_security = off", all}, {"SET session_replication_role = replica", all},
		{"SET standard_conforming_strings = off", all}, {"SET client_encoding = 'latin1'", all}, {"SET NAMES 'latin1'", all},
		{"SET app.tenant = 'x'", reads}, {"SET LOCAL app.tenant = 'x'", reads + " local"}, {"SET nobody_knows = 1", reads}, {"SET default_transaction_isolation = 'serializable'", reads},
		{"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", reads + " local"}, {"SET TRANSACTION SNAPSHOT 'x'", reads + " local"},
		{"SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE", reads},
		{"RESET ALL", "session resets-settings"}, {"DISCARD ALL", "session resets-all"}, {"DISCARD TEMP", "session"}, {"DISCARD PLANS", "session"},
		{"SELECT set_config('app.tenant', $1, true)", "select taints-reads local"}, {"SELECT set_config('app.tenant', $1, false)", "select taints-reads"},
		{"SELECT set_config('app.tenant', 'x', $1)", "select taints-reads"}, {"SELECT pg_catalog.set_config('search_path', 'x', true)", "select taints-reads taints-writes local"},
		{"SELECT set_config($1, 'x', true)", "select taints-reads taints-writes local"}, {"SELECT set_config('work_mem', '1', false)", "select"},
		{"SELECT set_config('app.a', 'x', true), set_config('app.b', 'x', false)", "select taints-reads"},
		{"SELECT set_config('app.a', 'x', false), set_config('app.b', 'x', true)", "select taints-reads"},
		{"INSERT INTO t SELECT set_config('role', 'x', false)", "insert taints-reads taints-writes"},
		{"SET LOCAL search_path TO a; SET LOCAL app.b = 1", "script taints-reads taints-writes local"},
		{"SET LOCAL search_path TO a; SET app.b = 1", "script taints-reads taints-writes"},
	})
}

func TestConvertScript(t *testing.T) {
	t.Parallel()
	st := Parse("SELECT f(1) FROM t WHERE a = 'x;y'; /* ; */ UPDATE u SET b = $2;")
	if st.Kind != dialect.KindScript || len(st.Script) != 2 || dialecttest.PrintNames(st.Reads) != "t" || dialecttest.PrintNames(st.Writes) != "u" || st.Foreign != "f" || st.Params != 2 {
		t.Fatalf("%s", dialecttest.PrintStatement(st))
	}
	if st.Script[0].Kind != dialect.KindSelect || st.Script[1].Update == nil || st.Script[1].Params != 2 {
		t.Errorf("%s", dialecttest.PrintStatement(st))
	}
	if st := Parse("SELECT 1; FROB"); st.Kind != dialect.KindUnknown || st.Taint != dialect.TaintAll {
		t.Errorf("%s", dialecttest.PrintStatement(st))
	}
}

// TestConvertProcedure: what a procedure writes can be declared, as of a function.
func TestConvertProcedure(t *testing.T) {
	t.Parallel()
	st := Parse("CALL s.p(1, now())")
	if st.Kind != dialect.KindSelect || len(st.Foreigns) != 2 || st.Foreigns[0] != "p" || st.Foreigns[1] != "procedure p" || st.Taint != 0 || st.Incomplete == "" {
		t.Errorf("%s", dialecttest.PrintStatement(st))
	}
}

// TestConvertAsides: what changes no row may fire what does.
func TestConvertAsides(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"COMMENT ON TABLE t IS 'x'":                   {routineEvents},
		"SECURITY LABEL ON TABLE t IS 'x'":            {routineEvents},
		"REINDEX TABLE t":                             {routineEvents},
		"REFRESH MATERIALIZED VIEW m":                 {routineEvents, routineRefresh},
		"SELECT 1; REFRESH MATERIALIZED VIEW m":       {routineEvents, routineRefresh},
		"EXPLAIN ANALYZE REFRESH MATERIALIZED VIEW m": {routineEvents, routineRefresh},
		"VACUUM t":                            nil,
		"EXPLAIN REFRESH MATERIALIZED VIEW m": nil,
		"PREPARE q AS SELECT 1; EXPLAIN ANALYZE SELECT 1": nil,
	} {
		if st := Parse(text); !slices.Equal(st.Foreigns, want) {
			t.Errorf("%s: %s", text, dialecttest.PrintStatement(st))
		}
	}
}

// TestProcedureClass: a procedure that may end its transaction is known by the words
// that do.
func TestProcedureClass(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		language, source string
		want             dialect.Routine
	}{
		{"sql", "UPDATE t SET a = 1", dialect.RoutinePure},
		{"plpgsql", "BEGIN INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING; RAISE 'COMMIT'; END", dialect.RoutinePure},
		{"plpgsql", "BEGIN UPDATE t SET a = 1; COMMIT; END", dialect.RoutineWrites},
		{"plpgsql", "BEGIN UPDATE t SET a = 1; rollback AND CHAIN; END", dialect.RoutineWrites},
		{"plpgsql", "BEGIN CALL other(); END", dialect.RoutineWrites},
		{"plpgsql", "BEGIN EXECUTE what; END", dialect.RoutineWrites},
		{"plpgsql", "BEGIN DO $x$ BEGIN COMMIT; END $x$; END", dialect.RoutineWrites},
		{"plpgsql", "BEGIN DO LANGUAGE plpgsql 'BEGIN COMMIT; END'; END", dialect.RoutineWrites},
		{"plpgsql", "BEGIN 'no end", dialect.RoutineWrites},
		{"plpython3u", "", dialect.RoutineWrites},
	} {
		if got := procedureClass(&catalogFunction{Language: tt.language, Source: tt.source}); got != tt.want {
			t.Errorf("%s %s: %d, want %d", tt.language, tt.source, got, tt.want)
		}
	}
}

func TestConvertSavepoint(t *testing.T) {
	t.Parallel()
	checkProperty(t, "savepoint", []understood{
		{"SAVEPOINT Ab", "ab"}, {`SAVEPOINT "Ab"`, "Ab"}, {"RELEASE SAVEPOINT Ab", "ab"}, {"ROLLBACK TO Ab", "ab"},
	})
}
