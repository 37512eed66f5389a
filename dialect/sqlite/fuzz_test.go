package sqlite

import (
	"testing"

	"github.com/sqlc-dev/meyer/ast"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dialecttest"
)

// FuzzParse checks what must hold of any text: no panic, places inside the
// text, the same answer twice, no table of the parser's tree missing, and
// nothing told by the tokens that is less than what the parser tells.
func FuzzParse(f *testing.F) {
	for _, c := range corpus(f) {
		f.Add(c.Text)
	}
	for _, text := range []string{
		"SELECT 1; UPDATE t SET a = ?0; DELETE FROM t WHERE a = ?",
		"WITH t AS (SELECT * FROM u), u AS (SELECT 1) SELECT * FROM t, main.t, (WITH u AS (SELECT 2) SELECT * FROM u)",
		"UPDATE t AS x NOT INDEXED SET (a, b) = (1, 2) WHERE a IS NOT DISTINCT FROM TRUE RETURNING *",
		"WITH x AS (SELECT 1) DELETE FROM t WHERE a IN x ORDER BY 1 LIMIT ?, :a",
		"SELECT * FROM a, (b AS c), ((SELECT 1) AS d) LEFT JOIN (e JOIN f USING (g)) ON 1",
		"CREATE TRIGGER Temp.tr AFTER INSERT ON t WHEN 1 IN v BEGIN INSERT INTO s SELECT * FROM u; END; SELECT 1",
		"EXPLAIN PRAGMA journal_mode = off",
		"SELECT date('now'), f(*), max(a, b) OVER w, -9223372036854775808, 0x8000000000000000, 1e999, x'00' FROM json_each(?)",
		"ALTER TABLE temp.t RENAME TO u",
		"SELECT a FROM t NEWWORD z",
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
	case st.Kind == dialect.KindUnknown:
		if st.Incomplete == "" || st.Taint != dialect.TaintAll || parsed > 0 {
			t.Fatalf("unknown, but %s", dialecttest.PrintStatement(st))
		}
		return
	case st.Incomplete != "":
		if parsed > 0 || st.Volatile == "" {
			t.Fatalf("incomplete, but %s", dialecttest.PrintStatement(st))
		}
		return
	}
	isQuery := st.Kind == dialect.KindSelect || st.Kind == dialect.KindInsert || st.Kind == dialect.KindUpdate || st.Kind == dialect.KindDelete
	if isQuery != (parsed == 1) {
		t.Fatalf("%v with %d of its parts", st.Kind, parsed)
	}
	checkSpans(t, st)

	stmts, err := parseMeyer(text)
	if err != nil || len(stmts) > 1 {
		t.Fatalf("parsed, but the parser says %v and finds %d statements", err, len(stmts))
	}
	if len(stmts) == 0 {
		return
	}
	if stmts[0].Pos() != st.Pos {
		t.Fatalf("begins at %d, to the parser at %d", st.Pos, stmts[0].Pos())
	}
	if _, explain := stmts[0].(*ast.ExplainStmt); explain {
		return // nothing in it runs
	}
	checkTables(t, st, stmts[0])
	if miss := dialecttest.GuessMisses(st, fallbackOf(t, text), nameFold); miss != "" {
		t.Fatalf("the tokens miss %s", miss)
	}
}

// checkTables checks that every table that the parser's tree names is read or
// written, or is named like a CTE; and that all parameters are counted.
func checkTables(t *testing.T, st *dialect.Statement, stmt ast.Stmt) {
	t.Helper()
	known, cte := make(map[string]bool), make(map[string]bool)
	for _, n := range st.Reads {
		known[convertNameKey(n)] = true
	}
	for _, n := range st.Writes {
		known[convertNameKey(n)] = true
	}
	ast.Walk(stmt, func(n ast.Node) bool {
		if c, ok := n.(*ast.CTE); ok {
			cte[nameFold(c.Name.Name)] = true
		}
		return true
	})
	table := func(q *ast.QualifiedName, mayBeCTE bool) {
		if q == nil {
			return
		}
		n := convertName(q)
		if mayBeCTE && n.Schema == "" && cte[nameFold(n.Name)] {
			return
		}
		if !known[convertNameKey(n)] {
			t.Fatalf("the table %s is neither in reads %v nor in writes %v", n, st.Reads, st.Writes)
		}
	}
	highest := 0
	ast.Walk(stmt, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.TableRef:
			table(n.Name, !n.HasArgs)
		case *ast.InExpr:
			table(n.Table, !n.HasArgs)
		case *ast.InsertStmt:
			table(n.Table, false)
		case *ast.UpdateStmt:
			table(n.Table, false)
		case *ast.DeleteStmt:
			table(n.Table, false)
		case *ast.CreateTableStmt:
			table(n.Name, false)
		case *ast.CreateViewStmt:
			table(n.Name, false)
		case *ast.CreateVirtualTableStmt:
			table(n.Name, false)
		case *ast.CreateTriggerStmt:
			table(n.Table, false)
		case *ast.AlterTableStmt:
			table(n.Table, false)
		case *ast.DropTableStmt:
			table(n.Name, false)
		case *ast.DropViewStmt:
			table(n.Name, false)
		case *ast.BindParam:
			highest = max(highest, n.Number)
		}
		return true
	})
	if highest != st.Params {
		t.Fatalf("%d parameters, to the parser %d", st.Params, highest)
	}
}
