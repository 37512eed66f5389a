package postgres

import (
	"testing"

	"github.com/sqlc-dev/oliphant/ast"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dialecttest"
)

// FuzzParse checks what must hold of any text: no panic, places inside the
// text, the same answer twice, no table of the parser's tree missing, and
// nothing told by the tokens that is less than what the parser tells.
func FuzzParse(f *testing.F) {
	for _, file := range []string{"corpus.tsv", "foreign.tsv"} {
		for _, c := range corpus(f, file) {
			f.Add(c.Text)
		}
	}
	for _, text := range []string{
		"SELECT 1; UPDATE t SET a = $0; DELETE FROM t WHERE a = $1",
		"WITH t AS (SELECT * FROM t), u AS (SELECT 1) SELECT * FROM t, s.t, (WITH u AS (SELECT 2) SELECT * FROM u) x",
		"UPDATE ONLY (t) AS x SET (a, b[1]) = ($1, 2) FROM u WHERE a IS NOT DISTINCT FROM TRUE RETURNING WITH (OLD AS o) *",
		"WITH x AS (SELECT 1) DELETE FROM t USING x WHERE CURRENT OF c RETURNING *",
		"SELECT * FROM a, (b JOIN c USING (d) AS e) AS f(g), LATERAL h(1) WITH ORDINALITY AS i(j, k) TABLESAMPLE system (1)",
		"CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END; SELECT 1",
		"EXPLAIN (ANALYZE) INSERT INTO t (a) VALUES ($1, -1), ('x', $2::int) ON CONFLICT (a) DO UPDATE SET b = 1",
		"SELECT date('now'), f(VARIADIC a), max(a) OVER w, -9223372036854775808, 0x8000000000000000, 1e999, X'00', a::s.t[] FROM json_each($1)",
		"SELECT U&\"d\\0061t\" FROM U&\"t\" UESCAPE '!' WHERE E'\\'' = 'a'\n'b' OR $$x$$ = N'y'",
		"SELECT a FROM t frob frob",
		"COPY (WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x) TO STDOUT; CALL p(1); SET LOCAL a.b = 1",
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

	stmts, err := parseOliphant(text)
	if err != nil || len(stmts) > 1 {
		t.Fatalf("parsed, but the parser says %v and finds %d statements", err, len(stmts))
	}
	if len(stmts) == 0 || !isQuery {
		return
	}
	checkTables(t, st, stmts[0])
	if miss := fallbackMisses(st, fallbackOf(t, text)); miss != "" {
		t.Fatalf("the tokens miss %s", miss)
	}
}

// checkTables checks that every table that the parser's tree names is read or
// written, or is named like a CTE; that all functions are listed; and that all
// parameters are counted.
func checkTables(t *testing.T, st *dialect.Statement, stmt *ast.RawStmt) {
	t.Helper()
	tables, functions, cte := make(map[string]bool), make(map[string]bool), make(map[string]bool)
	for _, n := range append(append([]dialect.Name{}, st.Reads...), st.Writes...) {
		tables[convertNameKey(n)] = true
	}
	for _, name := range append(append([]string{}, st.Foreigns...), st.Functions...) {
		functions[name] = true
	}
	walk(stmt, func(m proto.Message) {
		if c, ok := m.(*ast.CommonTableExpr); ok {
			cte[c.GetCtename()] = true
		}
	})
	highest := 0
	walk(stmt, func(m proto.Message) {
		switch n := m.(type) {
		case *ast.LockingClause:
		case *ast.RangeVar:
			name := dialect.Name{Schema: n.GetSchemaname(), Name: n.GetRelname()}
			if !tables[convertNameKey(name)] && (name.Schema != "" || !cte[name.Name]) {
				t.Fatalf("the table %s is neither in reads %v nor in writes %v", name, st.Reads, st.Writes)
			}
		case *ast.FuncCall:
			if schema, name, _ := convertLast(n.GetFuncname()); schema != "pg_catalog" && !functions[name] {
				t.Fatalf("the function %s is neither in %v nor in %v", name, st.Foreigns, st.Functions)
			}
		case *ast.ParamRef:
			highest = max(highest, int(n.GetNumber()))
		}
	})
	if highest != st.Params {
		t.Fatalf("%d parameters, to the parser %d", st.Params, highest)
	}
}

// walk calls f for every message of a tree. The names of locked tables are those
// of sources, and are left out.
func walk(m proto.Message, f func(proto.Message)) {
	f(m)
	if _, ok := m.(*ast.LockingClause); ok {
		return
	}
	eachMessage(m, func(v protoreflect.Value) { walk(v.Message().Interface(), f) })
}
