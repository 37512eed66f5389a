package sqlite

import (
	"strings"
	"testing"

	"github.com/sqlc-dev/meyer/ast"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dialecttest"
)

func TestParseKinds(t *testing.T) {
	t.Parallel()
	const (
		none  = dialect.Taint(0)
		reads = dialect.TaintReads
	)
	for _, tt := range []struct {
		text   string
		kind   dialect.Kind
		taint  dialect.Taint
		writes string
	}{
		{"", dialect.KindUtility, none, ""},
		{" ; -- x\n/* y */ ;", dialect.KindUtility, none, ""},
		{"SELECT 1", dialect.KindSelect, none, ""},
		{"VALUES (1)", dialect.KindSelect, none, ""},
		{"WITH x AS (SELECT 1) SELECT 1", dialect.KindSelect, none, ""},
		{"BEGIN", dialect.KindBegin, none, ""},
		{"BEGIN EXCLUSIVE TRANSACTION", dialect.KindBegin, none, ""},
		{"COMMIT", dialect.KindCommit, none, ""},
		{"END TRANSACTION", dialect.KindCommit, none, ""},
		{"ROLLBACK", dialect.KindRollback, none, ""},
		{"ROLLBACK TRANSACTION", dialect.KindRollback, none, ""},

		{"CREATE TABLE main.t (a)", dialect.KindDDL, none, "main.t"},
		{"CREATE TEMP TABLE t (a)", dialect.KindDDL, dialect.TaintAll, "t"},
		{"CREATE TEMPORARY VIEW v AS SELECT 1", dialect.KindDDL, dialect.TaintAll, "v"},
		{"CREATE TEMP TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END", dialect.KindDDL, dialect.TaintAll, "t"},
		{"CREATE TRIGGER Temp.tr AFTER INSERT ON t BEGIN SELECT 1; END", dialect.KindDDL, dialect.TaintAll, "t"},
		{"CREATE TABLE TEMP.t (a)", dialect.KindDDL, dialect.TaintAll, "TEMP.t"},
		{`CREATE TABLE "temp".t AS SELECT 1`, dialect.KindDDL, dialect.TaintAll, "temp.t"},
		{"CREATE VIRTUAL TABLE temp.t USING fts5(a)", dialect.KindDDL, dialect.TaintAll, "temp.t"},
		{"CREATE INDEX temp.i ON t (a)", dialect.KindDDL, dialect.TaintAll, "temp.t"},
		{"CREATE INDEX main.i ON t (a)", dialect.KindDDL, none, "main.t"},
		{"DROP TABLE temp.t", dialect.KindDDL, dialect.TaintAll, "temp.t"},
		{"DROP VIEW v", dialect.KindDDL, none, "v"},
		{"DROP INDEX i", dialect.KindDDL, none, ""},
		{"DROP INDEX temp.i", dialect.KindDDL, dialect.TaintAll, ""},
		{"DROP TRIGGER tr", dialect.KindDDL, none, ""},
		{"ALTER TABLE t RENAME TO u", dialect.KindDDL, none, "t, u"},
		{"ALTER TABLE main.t RENAME TO u", dialect.KindDDL, none, "main.t, main.u"},
		{"ALTER TABLE temp.t ADD COLUMN a", dialect.KindDDL, dialect.TaintAll, "temp.t"},
		{"REINDEX", dialect.KindDDL, none, ""},
		{"REINDEX t", dialect.KindDDL, none, "t"},
		{"VACUUM", dialect.KindDDL, none, ""},
		{"VACUUM main", dialect.KindDDL, none, ""},
		{"VACUUM main INTO 'x'", dialect.KindUtility, none, ""},
		{"ANALYZE", dialect.KindUtility, none, ""},
		{"ATTACH 'x' AS y", dialect.KindSession, dialect.TaintAll, ""},
		{"DETACH y", dialect.KindSession, dialect.TaintAll, ""},

		{"EXPLAIN DELETE FROM t", dialect.KindUtility, none, ""},
		{"EXPLAIN CREATE TEMP TABLE t (a)", dialect.KindUtility, none, ""},
		{"EXPLAIN ATTACH 'x' AS y", dialect.KindUtility, none, ""},
		{"EXPLAIN QUERY PLAN SELECT unknown_function()", dialect.KindUtility, none, ""},
		{"EXPLAIN PRAGMA table_info(t)", dialect.KindUtility, none, ""},
		// SQLite carries a pragma out while it prepares it.
		{"EXPLAIN PRAGMA case_sensitive_like = 1", dialect.KindSession, reads, ""},
		{"EXPLAIN QUERY PLAN PRAGMA writable_schema = 1", dialect.KindSession, dialect.TaintAll, ""},

		{"PRAGMA case_sensitive_like = ON", dialect.KindSession, reads, ""},
		{"PRAGMA Case_Sensitive_Like(1)", dialect.KindSession, reads, ""},
		{"PRAGMA main.case_sensitive_like = 0", dialect.KindSession, reads, ""},
		{"PRAGMA read_uncommitted = 1", dialect.KindSession, reads, ""},
		{"PRAGMA read_uncommitted", dialect.KindUtility, none, ""},
		{"PRAGMA reverse_unordered_selects = 1", dialect.KindSession, reads, ""},
		{"PRAGMA full_column_names = 1", dialect.KindSession, reads, ""},
		{"PRAGMA short_column_names = 0", dialect.KindSession, reads, ""},
		{"PRAGMA count_changes = 1", dialect.KindSession, reads, ""},
		{"PRAGMA empty_result_callbacks = 1", dialect.KindSession, reads, ""},
		{"PRAGMA encoding = 'UTF-16'", dialect.KindSession, reads, ""},
		{"PRAGMA encoding", dialect.KindUtility, none, ""},
		{"PRAGMA schema_version = 5", dialect.KindSession, dialect.TaintAll, ""},
		{"PRAGMA schema_version", dialect.KindUtility, none, ""},
		{"PRAGMA writable_schema = RESET", dialect.KindSession, dialect.TaintAll, ""},
		{"PRAGMA trusted_schema = 0", dialect.KindSession, dialect.TaintAll, ""},
		{"PRAGMA something_new", dialect.KindSession, dialect.TaintAll, ""},
		{"PRAGMA something_new = 1", dialect.KindSession, dialect.TaintAll, ""},
		{"PRAGMA key = 'x'", dialect.KindSession, dialect.TaintAll, ""},
		{"PRAGMA journal_mode = WAL", dialect.KindUtility, none, ""},
		{"PRAGMA journal_mode", dialect.KindUtility, none, ""},
		// A ROLLBACK without a journal leaves the changes.
		{"PRAGMA journal_mode = OFF", dialect.KindSession, dialect.TaintAll, ""},
		{"PRAGMA main.journal_mode('Off')", dialect.KindSession, dialect.TaintAll, ""},
		{"PRAGMA foreign_keys = OFF", dialect.KindUtility, none, ""},
		{"PRAGMA synchronous = NORMAL", dialect.KindUtility, none, ""},
		{"PRAGMA busy_timeout(5000)", dialect.KindUtility, none, ""},
		{"PRAGMA cache_size = -2000", dialect.KindUtility, none, ""},
		{"PRAGMA user_version = 7", dialect.KindUtility, none, ""},
		{"PRAGMA wal_checkpoint(TRUNCATE)", dialect.KindUtility, none, ""},
		{"PRAGMA optimize", dialect.KindUtility, none, ""},
		{"PRAGMA table_info('t')", dialect.KindUtility, none, ""},

		{"nonsense", dialect.KindUnknown, dialect.TaintAll, ""},
		{"SELECT 1; nonsense", dialect.KindUnknown, dialect.TaintAll, ""},
		{"SELECT '", dialect.KindUnknown, dialect.TaintAll, ""},
		{"CALL f()", dialect.KindUnknown, dialect.TaintAll, ""},
	} {
		st := Parse(tt.text)
		if st.Kind != tt.kind || st.Taint != tt.taint || dialecttest.PrintNames(st.Writes) != tt.writes {
			t.Errorf("%q: %v taint %d writes %q, want %v %d %q (%s)",
				tt.text, st.Kind, st.Taint, dialecttest.PrintNames(st.Writes), tt.kind, tt.taint, tt.writes, st.Incomplete)
		}
		if st.Text != tt.text {
			t.Errorf("%q: text %q", tt.text, st.Text)
		}
		if unknown := st.Kind == dialect.KindUnknown; unknown == (st.Incomplete == "") {
			t.Errorf("%q: incomplete %q", tt.text, st.Incomplete)
		}
	}
}

// TestPragmasKnown checks every entry of the table: with a value it is as
// listed, and without one it only asks.
func TestPragmasKnown(t *testing.T) {
	t.Parallel()
	for name, kind := range pragmas {
		if st := Parse("PRAGMA " + name); st.Kind != dialect.KindUtility || st.Taint != 0 {
			t.Errorf("%s: %v taint %d", name, st.Kind, st.Taint)
		}
		want := map[pragmaKind]dialect.Taint{pragmaHarmless: 0, pragmaReads: dialect.TaintReads, pragmaAll: dialect.TaintAll}[kind]
		if st := Parse("PRAGMA " + strings.ToUpper(name) + " = 1"); st.Taint != want || (st.Kind == dialect.KindSession) != (want != 0) {
			t.Errorf("%s = 1: %v taint %d, want %d", name, st.Kind, st.Taint, want)
		}
	}
}

func TestParseSavepoint(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		kind dialect.Kind
		name string
	}{
		{"SAVEPOINT Sp1", dialect.KindSavepoint, "sp1"},
		{`SAVEPOINT "a B"`, dialect.KindSavepoint, "a b"},
		{"RELEASE SP1", dialect.KindRelease, "sp1"},
		{"RELEASE SAVEPOINT 'Sp1'", dialect.KindRelease, "sp1"},
		{"ROLLBACK TO sp1", dialect.KindRollbackTo, "sp1"},
		{"ROLLBACK TRANSACTION TO SAVEPOINT [Sp1]", dialect.KindRollbackTo, "sp1"},
		{"SAVEPOINT ÄB", dialect.KindSavepoint, "Äb"}, // SQLite folds ASCII alone
	} {
		if st := Parse(tt.text); st.Kind != tt.kind || st.Savepoint != tt.name {
			t.Errorf("%s: %v %q, want %v %q", tt.text, st.Kind, st.Savepoint, tt.kind, tt.name)
		}
	}
}

func TestParseSpan(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"SELECT 1", " SELECT 1 ", "SELECT 1;", ";; SELECT 1 ;; ;", "/* a; */ SELECT 1 -- b;", "\n-- name: x\nSELECT 1\n;\n-- end",
	} {
		st := Parse(text)
		if got := text[st.Pos:st.End]; st.Kind != dialect.KindSelect || got != "SELECT 1" {
			t.Errorf("%q: %v %q", text, st.Kind, got)
		}
	}
	const trigger = "CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; DELETE FROM u; END"
	if st := Parse(trigger + ";"); st.Kind != dialect.KindDDL || st.Text[st.Pos:st.End] != trigger {
		t.Errorf("trigger: %v %q", st.Kind, st.Text[st.Pos:st.End])
	}
}

func TestParseScript(t *testing.T) {
	t.Parallel()
	const text = `/* a */ UPDATE t SET a = ? WHERE b = ?;
		CREATE TEMP TABLE x (a); -- ;
		;SELECT *, random(), f(), G(), f() FROM u, T WHERE a = ? OR TRUE;
		INSERT INTO T VALUES (:a, ?)`
	st := Parse(text)
	if st.Kind != dialect.KindScript || len(st.Script) != 4 {
		t.Fatalf("%v of %d: %s", st.Kind, len(st.Script), st.Incomplete)
	}
	for i, want := range []dialect.Kind{dialect.KindUpdate, dialect.KindDDL, dialect.KindSelect, dialect.KindInsert} {
		if st.Script[i].Kind != want {
			t.Errorf("statement %d is %v, want %v", i, st.Script[i].Kind, want)
		}
		checkSpans(t, st.Script[i])
	}
	// Each statement numbers its parameters by itself.
	if got := dialecttest.PrintExpr(st.Script[2].Query.Cores[0].Where); got != "((a = $1) or 1)" {
		t.Errorf("the third condition is %s", got)
	}
	if got := st.Script[0].Text[st.Script[0].Pos:st.Script[0].End]; got != "UPDATE t SET a = ? WHERE b = ?" {
		t.Errorf("the first text is %q", got)
	}
	if st.Params != 2 || !st.NamedParams || st.Taint != dialect.TaintAll || !st.TruthWords {
		t.Errorf("params %d %v taint %d truth words %v", st.Params, st.NamedParams, st.Taint, st.TruthWords)
	}
	if dialecttest.PrintNames(st.Reads) != "u, T" || dialecttest.PrintNames(st.Writes) != "t, x" {
		t.Errorf("reads %v writes %v", st.Reads, st.Writes)
	}
	if st.Volatile == "" || st.Foreign != "f" || strings.Join(st.Foreigns, " ") != "f g" {
		t.Errorf("volatile %q foreign %q %q", st.Volatile, st.Foreign, st.Foreigns)
	}
	if got := text[st.Pos:st.End]; !strings.HasPrefix(got, "UPDATE") || !strings.HasSuffix(got, "?)") {
		t.Errorf("span %q", got)
	}
}

// One statement of a script that cannot be converted does not hide in it.
func TestParseScriptIncomplete(t *testing.T) {
	t.Parallel()
	st := Parse("SELECT 1; UPDATE t SET a = ?0; SELECT 2")
	if st.Kind != dialect.KindScript || st.Incomplete == "" || len(st.Script) != 3 || st.Script[1].Incomplete == "" || st.Script[1].Update != nil {
		t.Errorf("%s", dialecttest.PrintStatement(st))
	}
	if dialecttest.PrintNames(st.Writes) != "t" {
		t.Errorf("writes %v", st.Writes)
	}
}

func TestParseBounds(t *testing.T) {
	t.Parallel()
	parens := func(n int) string {
		return "UPDATE t SET a = 1 WHERE " + strings.Repeat("(", n) + "b = 1" + strings.Repeat(")", n)
	}
	cases := func(n int) string {
		return "UPDATE t SET a = 1 WHERE " + strings.Repeat("CASE WHEN ", n) + "1" + strings.Repeat(" THEN 1 END", n)
	}
	for _, tt := range []struct {
		name, text string
		parsed     bool
	}{
		{"parentheses within", parens(tokMaxDepth), true},
		{"parentheses beyond", parens(tokMaxDepth + 1), false},
		{"many parentheses", parens(300_000), false},
		{"cases within", cases(tokMaxDepth), true},
		{"cases beyond", cases(tokMaxDepth + 1), false},
		{"length within", "UPDATE t SET a = '" + strings.Repeat("x", tokMaxText-19) + "'", true},
		{"length beyond", "UPDATE t SET a = '" + strings.Repeat("x", tokMaxText) + "'", false},
		// No parentheses, but a deep tree.
		{"long AND", "UPDATE t SET a = 1 WHERE b" + strings.Repeat(" AND b", 50_000), true},
		{"long OR", "UPDATE t SET a = 1 WHERE b" + strings.Repeat(" OR b", 50_000), true},
		{"long sum", "UPDATE t SET a = 1" + strings.Repeat(" + 1", 200_000), false},
		{"short sum", "UPDATE t SET a = 1" + strings.Repeat(" + 1", 500), true},
		{"long chain of NOT", "UPDATE t SET a = " + strings.Repeat("NOT ", 5_000) + "1", false},
		{"very long chain of NOT", "UPDATE t SET a = " + strings.Repeat("NOT ", 200_000) + "1", false},
		{"long chain of minus", "UPDATE t SET a = " + strings.Repeat("- ", 5_000) + "1", false},
		{"long chain of COLLATE", "UPDATE t SET a = 1" + strings.Repeat(" COLLATE BINARY", 50_000), false},
		{"long chain of joins", "UPDATE t SET a = 1 FROM b" + strings.Repeat(", b", 50_000), false},
		{"joins within", "UPDATE t SET a = 1 FROM b" + strings.Repeat(", b", convertMaxSources-1), true},
		{"long IN", "UPDATE t SET a = 1 WHERE b IN (1" + strings.Repeat(", 1", 100_000) + ")", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			st := Parse(tt.text)
			if (st.Incomplete == "") != tt.parsed || (st.Update != nil) != tt.parsed {
				t.Errorf("incomplete %q", st.Incomplete)
			}
			// The kind and the target are told in any case.
			if st.Kind != dialect.KindUpdate || dialecttest.PrintNames(st.Writes) != "t" {
				t.Errorf("%v writes %v", st.Kind, st.Writes)
			}
		})
	}
}

func TestParseLongerThanScanned(t *testing.T) {
	t.Parallel()
	text := "UPDATE t SET a = '" + strings.Repeat("x", tokMaxScan) + "'"
	if st := Parse(text); st.Kind != dialect.KindUnknown || st.Taint != dialect.TaintAll || st.Incomplete == "" {
		t.Errorf("%v taint %d %q", st.Kind, st.Taint, st.Incomplete)
	}
}

// A panic in the parser, or in what is done with its tree, is not the
// application's.
func TestParsePanic(t *testing.T) {
	t.Parallel()
	for name, parse := range map[string]func(string) ([]ast.Stmt, error){
		"in the parser":     func(string) ([]ast.Stmt, error) { panic("boom") },
		"in the conversion": func(string) ([]ast.Stmt, error) { return []ast.Stmt{&ast.SavepointStmt{}}, nil },
		"in a part of a script": func(text string) ([]ast.Stmt, error) {
			if strings.Contains(text, ";") {
				return []ast.Stmt{&ast.SelectStmt{}, &ast.SelectStmt{Span: ast.Span{Stop: -1}}}, nil
			}
			return nil, nil
		},
	} {
		st := parseWith("SELECT 1; SELECT 2", parse)
		if st == nil || st.Kind != dialect.KindUnknown || st.Taint != dialect.TaintAll || !strings.Contains(st.Incomplete, "failed") {
			t.Errorf("%s: %s", name, dialecttest.PrintStatement(st))
		}
	}
	// A parser that finds nothing in a text with tokens is not believed.
	if st := parseWith("DELETE FROM t", func(string) ([]ast.Stmt, error) { return nil, nil }); st.Kind != dialect.KindDelete || st.Incomplete == "" || dialecttest.PrintNames(st.Writes) != "t" {
		t.Errorf("%s", dialecttest.PrintStatement(st))
	}
}

func TestParseParams(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text  string
		count int
		named bool
	}{
		{"SELECT 1", 0, false},
		{"SELECT ?, ?3, ?", 4, false},
		{"SELECT :a, @a, $a, :a", 3, true},
		{"SELECT ?5 FROM t WHERE a = :x", 6, true},
		{"CREATE TABLE t AS SELECT ?", 1, false},
		{"CREATE VIRTUAL TABLE t USING m(? :a)", 0, false},
	} {
		if st := Parse(tt.text); st.Params != tt.count || st.NamedParams != tt.named || st.Incomplete != "" {
			t.Errorf("%s: %d %v, want %d %v (%s)", tt.text, st.Params, st.NamedParams, tt.count, tt.named, st.Incomplete)
		}
	}
	for _, text := range []string{"SELECT ?0", "SELECT ?2000000", "SELECT ?99999999999999999999999"} {
		if st := Parse(text); st.Incomplete == "" || st.Query != nil || st.Params > tokMaxParam {
			t.Errorf("%s: was understood as %s with %d parameters", text, dialecttest.PrintQuery(st.Query), st.Params)
		}
	}
}
