package mysql

import (
	"slices"
	"testing"

	"github.com/sqlc-dev/marino/ast"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dialecttest"
)

// FuzzParse checks what must hold of any text: no panic, places inside the text, the same
// answer twice, no table of the parser's tree missing, and nothing told by the tokens that
// is less than what the parser tells.
func FuzzParse(f *testing.F) {
	for _, c := range corpus(f) {
		f.Add(c.Text)
	}
	for _, text := range []string{
		"SELECT 1; UPDATE t SET a = ?; DELETE FROM t WHERE a = ?",
		"WITH t AS (SELECT * FROM t), u AS (SELECT 1) SELECT * FROM t, s.t, (WITH u AS (SELECT 2) SELECT * FROM u) x",
		"UPDATE LOW_PRIORITY IGNORE s.t AS x SET x.a = ?, b = DEFAULT WHERE NOT (a <=> TRUE) ORDER BY b LIMIT ?",
		"WITH x AS (SELECT ?) DELETE FROM t WHERE a IN (SELECT * FROM x)",
		"DELETE FROM t PARTITION (p) WHERE a = 'it''s' AND b = \"\\\"\" RETURNING a, ?",
		"SELECT * FROM a, (b JOIN c USING (d)) NATURAL JOIN e, LATERAL (SELECT 1) AS f (g) FORCE INDEX (h)",
		"CREATE PROCEDURE p() BEGIN DECLARE a INT; IF a THEN UPDATE t SET b = 1; END IF; END; SELECT 1",
		"EXPLAIN INSERT INTO t (a) VALUES (?, -1), ('x', ?) ON DUPLICATE KEY UPDATE b = VALUES(b) + 1",
		"SELECT /*!40001 SQL_NO_CACHE */ date('now'), `f`(a), max(a) OVER w, -9223372036854775808, 0x80, 1e99, X'00', N'a' 'b' FROM t WINDOW w AS ()",
		"SELECT a FROM t frob frob",
		"SET autocommit = 0, @@session.a = 1, @b = (SELECT c FROM d); CALL p(1); USE e",
		"REPLACE INTO t SET a = ? RETURNING *",
		"INSERT INTO t SELECT a FROM u ON DUPLICATE KEY UPDATE t.a = u.a",
		"SELECT a FROM t WHERE b = 1 AND c + INTERVAL 1 DAY > NOW() LOCK IN SHARE MODE",
		"(SELECT a FROM t) UNION ((SELECT b FROM u) EXCEPT SELECT c FROM v) ORDER BY 1 LIMIT 2, 3",
		"UPDATE a JOIN b ON a.c = b.c SET a.d = 1, b.d = 2 WHERE a.e = ?",
		"SET STATEMENT max_statement_time = 1 FOR DELETE FROM t",
		"DELETE a, b.* FROM a, s.b AS b WHERE c = 1",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		st := Parse(text)
		checkStatement(t, st, text)
		if again := Parse(text); dialecttest.PrintStatement(again) != dialecttest.PrintStatement(st) {
			t.Fatalf("not the same twice:\n%s\n%s", dialecttest.PrintStatement(st), dialecttest.PrintStatement(again))
		}
	})
}

// checkStatement checks a statement and the parts of a script.
func checkStatement(t *testing.T, st *dialect.Statement, text string) {
	t.Helper()
	if st == nil {
		t.Fatal("nil")
	}
	if st.Text != text || st.Pos < 0 || st.Pos > st.End || st.End > len(text) {
		t.Fatalf("span %d:%d of %d bytes", st.Pos, st.End, len(text))
	}
	if (st.Foreign == "") != (len(st.Foreigns) == 0) || st.Foreign != "" && st.Foreigns[0] != st.Foreign {
		t.Fatalf("foreign %q, %q", st.Foreign, st.Foreigns)
	}
	parsed := 0
	for _, set := range []bool{st.Query != nil, st.Insert != nil, st.Update != nil, st.Delete != nil} {
		if set {
			parsed++
		}
	}
	switch {
	case st.Kind == dialect.KindScript:
		if len(st.Script) < 2 || parsed > 0 {
			t.Fatalf("a script of %d", len(st.Script))
		}
		for _, part := range st.Script {
			checkStatement(t, part, part.Text)
		}
		return
	case st.Kind == dialect.KindUnknown, st.Incomplete != "":
		if st.Incomplete == "" || st.Volatile == "" || parsed > 0 {
			t.Fatalf("not understood, but %s", dialecttest.PrintStatement(st))
		}
		return
	}
	isQuery := st.Kind == dialect.KindSelect || st.Kind == dialect.KindInsert || st.Kind == dialect.KindUpdate || st.Kind == dialect.KindDelete
	if isQuery != (parsed == 1) {
		t.Fatalf("%v with %d of its parts", st.Kind, parsed)
	}
	checkSpans(t, st)
	if !isQuery {
		return
	}
	if miss := fallbackMisses(st, fallbackOf(t, text)); miss != "" {
		t.Fatalf("the tokens miss %s", miss)
	}
	stmts, err := parseMarino(text)
	if err != nil { // it knows no RETURNING
		return
	}
	if len(stmts) != 1 {
		t.Fatalf("parsed, but the parser finds %d statements", len(stmts))
	}
	checkTables(t, st, stmts[0])
}

// checkTables checks that every table that the parser's tree names is read or written, or
// is named like a CTE or, in an upsert, like an alias; that all functions that have a
// database's name are listed; and that all parameters are counted.
func checkTables(t *testing.T, st *dialect.Statement, stmt ast.StmtNode) {
	t.Helper()
	tables, cte, params := make(map[dialect.Name]bool), make(map[string]bool), make(map[int]bool)
	for _, n := range append(append([]dialect.Name{}, st.Reads...), st.Writes...) {
		tables[dialect.Name{Schema: nameFold(n.Schema), Name: nameFold(n.Name)}] = true
	}
	foreign := make(map[string]bool)
	for _, name := range st.Foreigns {
		foreign[name] = true
	}
	visitNodes(stmt, func(n ast.Node) {
		if c, ok := n.(*ast.CommonTableExpression); ok {
			cte[nameFold(c.Name.O)] = true
		}
	})
	visitNodes(stmt, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.TableName:
			name := dialect.Name{Schema: nameFold(n.Schema.O), Name: nameFold(n.Name.O)}
			if slices.ContainsFunc(st.Functions, func(name string) bool { return functions[name].sequence }) {
				break // it may be the name of a sequence
			}
			if !tables[name] && (name.Schema != "" || !cte[name.Name]) && !lockedName(stmt, n) {
				t.Fatalf("the table %s is neither in reads %v nor in writes %v", name, st.Reads, st.Writes)
			}
		case *ast.FuncCallExpr:
			if n.Schema.O != "" && !foreign[nameFold(n.FnName.O)] {
				t.Fatalf("the function %s is not in %v", n.FnName.O, st.Foreigns)
			}
		case *ast.ParamMarkerExprBase:
			params[n.Offset] = true
		}
	})
	if len(params) > st.Params {
		t.Fatalf("%d parameters, to the parser %d", st.Params, len(params))
	}
}

// lockedName reports whether a name stands in FOR UPDATE OF, where it is that of a source.
func lockedName(stmt ast.StmtNode, name *ast.TableName) (is bool) {
	visitNodes(stmt, func(n ast.Node) {
		if s, ok := n.(*ast.SelectStmt); ok && s.LockInfo != nil {
			for _, locked := range s.LockInfo.Tables {
				is = is || locked == name
			}
		}
	})
	return is
}
