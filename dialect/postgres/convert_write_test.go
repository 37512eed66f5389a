package postgres

import (
	"regexp"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dialecttest"
)

func TestConvertInsert(t *testing.T) {
	t.Parallel()
	checkProperty(t, "insert", []understood{
		{"INSERT INTO t VALUES (1)", `t alias="" columns=[] rows=1`},
		{`INSERT INTO s.t AS x (a, "b c", d[1], e.f) VALUES (1, 2, 3, 4), (5, 6, 7, 8)`, `s.t alias="x" columns=["a" "b c" "d" "e"] rows=2`},
		{"INSERT INTO t DEFAULT VALUES", `t alias="" columns=[] rows=1`},
		{"INSERT INTO t OVERRIDING USER VALUE VALUES (1)", `t alias="" columns=[] rows=1`},
		{"INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", `t alias="" columns=[] rows=1`},
		{"INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 1", `t alias="" columns=[] rows=1 upsert`},
		{"INSERT INTO t VALUES (1) RETURNING a", `t alias="" columns=[] rows=1 returning`},
		{"WITH x AS (SELECT 1) INSERT INTO t VALUES (1)", `t alias="" columns=[] rows=1 with`},
		{"INSERT INTO t VALUES ((SELECT 1))", `t alias="" columns=[] rows=1 subquery`},
		{"INSERT INTO t SELECT 1", `t alias="" columns=[] rows=0`},
		{"INSERT INTO t VALUES (1) LIMIT 1", `t alias="" columns=[] rows=0`},
		{"INSERT INTO t VALUES (1) UNION SELECT 2", `t alias="" columns=[] rows=0`},
	})
	checkProperty(t, "insert query", []understood{
		{"INSERT INTO t VALUES (1)", ""},
		{"INSERT INTO t SELECT a FROM u", "select a from u"},
		{"INSERT INTO t VALUES (1) ORDER BY 1 LIMIT 1", "values (1) order[1] limit[1]"},
		{"INSERT INTO t WITH x AS (SELECT 1) SELECT * FROM x", "with x as {select 1} select * from cte:x"},
		{"WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x, t", "select * from (cte:x cross t)"},
	})
	checkProperty(t, "insert", []understood{
		{"INSERT INTO t VALUES (1) RETURNING t.*, f($1, ')') -- c", `t alias="" columns=[] rows=1 returning`},
		{"INSERT INTO t (a) SELECT t.returning FROM u RETURNING a AS b", `t alias="" columns=["a"] rows=0 returning`},
		{"INSERT INTO t (a) SELECT t.returning FROM u", `t alias="" columns=["a"] rows=0`},
		{"INSERT INTO t SELECT 1 FROM (SELECT 2) x RETURNING WITH (OLD AS o) o.*, n", `t alias="" columns=[] rows=0 returning`},
	})
}

func TestConvertUpsert(t *testing.T) {
	t.Parallel()
	checkProperty(t, "upsert", []understood{
		{"INSERT INTO t VALUES (1, $1, 'x', -2.5, NULL, ($2), $3::int, 'y'::text, a, 1 + 1, now(), DEFAULT, 'now') ON CONFLICT (a) DO UPDATE SET b = 1, (c, d) = (2, 3), e[1] = 4",
			`set=["b" "c" "d" "e"] target=["a"] constraint="" values="1" "$1" "'x'" "-2.5" "NULL" "($2)" "$3::int" "'y'::text" "" "" "" "" ""`},
		{`INSERT INTO t AS x (a, b) OVERRIDING SYSTEM VALUE VALUES (1, f((2), 3)), (ARRAY[4, 5], '),(') ON CONFLICT (a, "b c") DO UPDATE SET b = 1`,
			`set=["b"] target=["a" "b c"] constraint="" values="1" "" "" "'),('"`},
		{"INSERT INTO t VALUES (1) ON CONFLICT ON CONSTRAINT t_pkey DO UPDATE SET b = 1", `set=["b"] target=[] constraint="t_pkey" values="1"`},
		{`INSERT INTO t VALUES (1) ON CONFLICT (a COLLATE "C") DO UPDATE SET b = 1`, `set=["b"] target=[] constraint="" values=`},
		{"INSERT INTO t VALUES (1) ON CONFLICT (a text_ops) DO UPDATE SET b = 1", `set=["b"] target=[] constraint="" values=`},
		{"INSERT INTO t VALUES (1) ON CONFLICT (a, lower(b)) DO UPDATE SET b = 1", `set=["b"] target=[] constraint="" values=`},
		{"INSERT INTO t VALUES (1) ON CONFLICT (a) WHERE b DO UPDATE SET b = 1", `set=["b"] target=[] constraint="" values=`},
		{"INSERT INTO t (VALUES (1)) ON CONFLICT (a) DO UPDATE SET b = 1", `set=["b"] target=["a"] constraint="" values=`},
		{"INSERT INTO t VALUES ($1::mood) ON CONFLICT (a) DO UPDATE SET b = 1", `set=["b"] target=["a"] constraint="" values=""`},
		{"INSERT INTO t SELECT 1 ON CONFLICT (a) DO UPDATE SET b = 1", `set=["b"] target=["a"] constraint="" values=`},
		{"INSERT INTO t VALUES (1" + strings.Repeat("), (1", convertMaxCells) + ") ON CONFLICT (a) DO UPDATE SET b = 1", `set=["b"] target=[] constraint="" values=`},
	})
}

func TestConvertUpdateDelete(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want, target, where string }{
		{"UPDATE t SET a = 1", `t alias="" set=["a"]`, "t", ""},
		{"UPDATE s.t AS x SET (a, b) = (1, 2), c[1] = 3 WHERE (a = 1) ;", `s.t alias="x" set=["a" "b" "c"]`, "s.t AS x", "(a = 1)"},
		{"UPDATE ONLY t x SET a = 1", `t alias="x" set=["a"]`, "ONLY t x", ""},
		{"UPDATE ONLY (t) SET a = 1", `t alias="" set=["a"]`, "ONLY (t)", ""},
		{"UPDATE t * AS x SET a = 1", `t alias="x" set=["a"]`, "t * AS x", ""},
		{"UPDATE t AS set SET a = 1", `t alias="set" set=["a"]`, "t AS set", ""},
		{"UPDATE/**/t -- c\n AS x SET a = 1 WHERE b", `t alias="x" set=["a"]`, "t -- c\n AS x", "b"},
		{"UPDATE t SET a = b IS DISTINCT FROM c, d = t.where FROM u WHERE t.a = u.from RETURNING a", `t alias="" set=["a" "d"] from returning`, "t", "t.a = u.from"},
		{"UPDATE t SET a = (SELECT 1 FROM u WHERE b) WHERE c RETURNING (SELECT 2 FROM v WHERE d)", `t alias="" set=["a"] returning subquery`, "t", "c"},
		{"UPDATE t SET a = 1 FROM u RIGHT JOIN v ON x", `t alias="" set=["a"] from outer`, "t", ""},
		{"UPDATE t SET a = 1 FROM u JOIN v USING (x)", `t alias="" set=["a"] from outer`, "t", ""},
		{"UPDATE t SET a = 1 FROM u LEFT JOIN (v NATURAL JOIN w) ON x", `t alias="" set=["a"] from outer`, "t", ""},
		{"UPDATE t SET a = 1 FROM u LEFT JOIN v ON x", `t alias="" set=["a"] from`, "t", ""},
		{"WITH t AS (SELECT 1) UPDATE t SET a = 1", `t alias="" set=["a"] shadowed with`, "t", ""},
		{"WITH t AS (SELECT 1) UPDATE s.t SET a = 1", `s.t alias="" set=["a"] with`, "s.t", ""},
		{"UPDATE t SET a = 1 WHERE CURRENT OF c", `t alias="" set=["a"] current-of`, "t", "CURRENT OF c"},
		{"DELETE FROM t", `t alias=""`, "t", ""},
		{`DELETE FROM s."t u" AS x WHERE a = 1 AND b LIKE 'x' -- c`, `s.t u alias="x"`, `s."t u" AS x`, "a = 1 AND b LIKE 'x'"},
		{"DELETE FROM ONLY (t) AS x USING u WHERE a RETURNING *", `t alias="x" using returning`, "ONLY (t) AS x", "a"},
		{"WITH x AS (DELETE_ME) DELETE FROM t", "", "", ""},
		{"WITH x AS (SELECT 1 WHERE EXISTS (SELECT 2)) DELETE FROM t WHERE EXISTS (SELECT 1)", `t alias="" with subquery`, "t", "EXISTS (SELECT 1)"},
		{"DELETE FROM t WHERE CURRENT OF c", `t alias="" current-of`, "t", "CURRENT OF c"},
	} {
		st := Parse(tt.text)
		var cond *dialect.Condition
		got := property(tt.text, "update") + property(tt.text, "delete")
		switch {
		case st.Update != nil:
			cond = &st.Update.Condition
		case st.Delete != nil:
			cond = &st.Delete.Condition
		default:
			cond = &dialect.Condition{}
		}
		if got != tt.want {
			t.Errorf("%s\ngot  %s\nwant %s", tt.text, got, tt.want)
		}
		if got := tt.text[cond.TargetPos:cond.TargetEnd]; got != tt.target {
			t.Errorf("%s: target %q, want %q", tt.text, got, tt.target)
		}
		if got := tt.text[cond.WherePos:cond.WhereEnd]; got != tt.where {
			t.Errorf("%s: where %q, want %q", tt.text, got, tt.where)
		}
		checkSpans(t, st)
	}
}

func TestConvertClauses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ key, text, want string }{
		{"set text", "UPDATE t SET a = $1, b = f($2) FROM u WHERE c", "a = $1, b = f($2) | $1 | $2"},
		{"set text", "UPDATE t SET a = $1 RETURNING b", "a = $1 | $1"},
		{"set text", "UPDATE t SET a = b IS DISTINCT FROM $1", "a = b IS DISTINCT FROM $1 | $1"},
		{"from text", "UPDATE t SET a = 1 FROM u JOIN v ON $2 IS DISTINCT FROM $1, w WHERE c", "u JOIN v ON $2 IS DISTINCT FROM $1, w | $2 | $1"},
		{"from text", "UPDATE t SET a = 1 FROM (SELECT 1 FROM x WHERE y) u RETURNING 1", "(SELECT 1 FROM x WHERE y) u"},
		{"using text", "DELETE FROM t USING u, v WHERE a", "u, v"},
		{"using text", "DELETE FROM t USING u JOIN v USING (x)", "u JOIN v USING (x)"},
		{"with text", "/* c */ WITH x AS (SELECT $1), y AS (SELECT 2) DELETE FROM t", "WITH x AS (SELECT $1), y AS (SELECT 2) | $1"},
		{"with text", "WITH RECURSIVE x AS (SELECT 1) UPDATE ONLY (t) SET a = 1", "WITH RECURSIVE x AS (SELECT 1)"},
		{"returns", "UPDATE t SET a = 1 WHERE b RETURNING *", "* (star)"},
		{"returns", "UPDATE t SET a = 1 RETURNING t.*, $1 AS returning", "t.*, $1 AS returning | $1"},
		{"returns", "DELETE FROM t RETURNING a, *", "a, * (star)"},
	} {
		if got := property(tt.text, tt.key); got != tt.want {
			t.Errorf("%s\n%s: got  %s\nwant %s", tt.text, tt.key, got, tt.want)
		}
	}
}

// TestConvertInnerWrites: a write in a WITH runs, whatever else the statement does.
func TestConvertInnerWrites(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text          string
		kind          dialect.Kind
		writes, reads string
	}{
		{"WITH x AS (DELETE FROM t USING u RETURNING *) SELECT * FROM x, v", dialect.KindSelect, "t", "u, v"},
		{"WITH x AS (UPDATE t SET a = (SELECT b FROM u)) DELETE FROM t", dialect.KindDelete, "t", "u"},
		{"WITH x AS (INSERT INTO t SELECT * FROM u) UPDATE v SET a = 1", dialect.KindUpdate, "v, t", "u"},
		{"WITH x AS (MERGE INTO t USING u ON a WHEN MATCHED THEN DELETE) SELECT 1", dialect.KindSelect, "t", "u"},
		{"INSERT INTO v WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", dialect.KindInsert, "v, t", ""},
		{"WITH x AS (WITH t AS (SELECT 1) DELETE FROM u WHERE a IN (SELECT * FROM t)) SELECT * FROM t", dialect.KindSelect, "u", "t"},
	} {
		st := Parse(tt.text)
		if st.Kind != tt.kind || dialecttest.PrintNames(st.Writes) != tt.writes || dialecttest.PrintNames(st.Reads) != tt.reads ||
			st.Incomplete != "a WITH holds a write" || st.Query != nil || st.Insert != nil || st.Update != nil || st.Delete != nil {
			t.Errorf("%s\n%s", tt.text, dialecttest.PrintStatement(st))
		}
	}
}

// TestConvertVolatileCondition: what tells the rows of a write is told from what
// it writes.
func TestConvertVolatileCondition(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		want bool
	}{
		{"UPDATE t SET a = random()", false},
		{"UPDATE t SET a = random() WHERE b = 1 RETURNING random()", false},
		{"UPDATE t SET a = random() WHERE b = random()", true},
		{"UPDATE t SET a = 1 FROM (SELECT random() AS r) x WHERE r = 1", true},
		{"UPDATE t SET a = 1 FROM u JOIN v ON random() = 1", true},
		{"WITH x AS (SELECT random() AS r) UPDATE t SET a = 1 WHERE b IN (SELECT r FROM x)", true},
		{"WITH x AS (SELECT random() AS r) DELETE FROM t WHERE b IN (SELECT r FROM x)", true},
		{"UPDATE t SET a = 1 WHERE CURRENT OF c AND random() = 1", true},
		{"UPDATE t SET a = 1 WHERE ctid = '(0,1)' RETURNING now()", true},
		{"DELETE FROM t WHERE b > random()", true},
		{"DELETE FROM t USING (SELECT random()) x", true},
		{"DELETE FROM t WHERE b = 1 RETURNING random()", false},
	} {
		st := Parse(tt.text)
		var why string
		switch {
		case st.Update != nil:
			why = st.Update.Volatile
		case st.Delete != nil:
			why = st.Delete.Volatile
		default:
			why = st.Incomplete
		}
		if (why != "") != tt.want || st.Volatile == "" {
			t.Errorf("%s: condition %q, statement %q", tt.text, why, st.Volatile)
		}
	}
}

// printedUse is what the printer adds to a parameter.
var printedUse = regexp.MustCompile(`\$[0-9]+( \((whole|mixed|beside [^)]*)\))*`)

// checkSpans checks that the pieces of the text that a write points to mean by
// themselves what they mean in the statement.
func checkSpans(t *testing.T, st *dialect.Statement) {
	t.Helper()
	var table dialect.Name
	var alias string
	var where dialect.Expr
	var cond *dialect.Condition
	var cte, returning bool
	switch {
	case st.Update != nil:
		u := st.Update
		table, alias, where, cond, cte, returning = u.Table, u.Alias, u.Where, &u.Condition, u.With, u.Returning
	case st.Delete != nil:
		d := st.Delete
		table, alias, where, cond, cte, returning = d.Table, d.Alias, d.Where, &d.Condition, d.With, d.Returning
	default:
		return
	}
	if returning != (cond.Returns.End > 0) || cond.Returns.End > 0 && cond.Returns.End != st.End {
		t.Fatalf("RETURNING %v, at %d:%d of %d", returning, cond.Returns.Pos, cond.Returns.End, st.End)
	}
	checkTarget(t, st, cond, table, alias)
	if where == nil {
		if cond.WherePos != 0 || cond.WhereEnd != 0 || len(cond.WhereParams) > 0 {
			t.Fatalf("no condition, but %d:%d with %d parameters", cond.WherePos, cond.WhereEnd, len(cond.WhereParams))
		}
		return
	}
	if !(cond.TargetEnd < cond.WherePos && cond.WherePos < cond.WhereEnd && cond.WhereEnd <= st.End) {
		t.Fatalf("condition %d:%d outside of %d:%d", cond.WherePos, cond.WhereEnd, st.Pos, st.End)
	}
	checkParams(t, st.Text, cond.WherePos, cond.WhereEnd, cond.WhereParams)
	if cond.CurrentOf {
		return
	}
	// Alone, the condition does not see the CTEs of the statement, nor the other
	// uses of its parameters.
	plain := func(e dialect.Expr) string {
		return printedUse.ReplaceAllStringFunc(dialecttest.PrintExpr(e), func(s string) string { s, _, _ = strings.Cut(s, " "); return s })
	}
	again := Parse("SELECT 1 WHERE (" + st.Text[cond.WherePos:cond.WhereEnd] + "\n)")
	if again.Query == nil {
		t.Fatalf("the condition %q does not stand alone: %s", st.Text[cond.WherePos:cond.WhereEnd], again.Incomplete)
	}
	if got, want := plain(again.Query.Cores[0].Where), plain(where); got != want && !cte {
		t.Fatalf("the condition %q reads as\n%s, in the statement as\n%s", st.Text[cond.WherePos:cond.WhereEnd], got, want)
	}
}

func checkTarget(t *testing.T, st *dialect.Statement, cond *dialect.Condition, table dialect.Name, alias string) {
	t.Helper()
	if !(st.Pos <= cond.TargetPos && cond.TargetPos < cond.TargetEnd && cond.TargetEnd <= st.End) {
		t.Fatalf("target %d:%d outside of %d:%d", cond.TargetPos, cond.TargetEnd, st.Pos, st.End)
	}
	target := Parse("SELECT 1 FROM " + st.Text[cond.TargetPos:cond.TargetEnd])
	if target.Query == nil {
		t.Fatalf("the target %q does not stand behind FROM: %s", st.Text[cond.TargetPos:cond.TargetEnd], target.Incomplete)
	}
	if alias == "" {
		alias = table.Name
	}
	src, ok := target.Query.Cores[0].From.(*dialect.TableSource)
	if !ok || src.Name != table || src.Alias != alias {
		t.Fatalf("the target %q reads as %s", st.Text[cond.TargetPos:cond.TargetEnd], dialecttest.PrintSource(target.Query.Cores[0].From))
	}
}

// checkParams checks that the parameters of a piece of text are at their places.
func checkParams(t *testing.T, text string, pos, end int, params []dialect.ParamRef) {
	t.Helper()
	toks, _, err := tokenize(text[pos:end])
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	for _, tk := range toks {
		if tk.kind != tokParam {
			continue
		}
		if i >= len(params) || params[i].Pos != pos+int(tk.pos) || params[i].End != pos+int(tk.end) {
			t.Fatalf("parameter %d of %q is not at its place", i, text[pos:end])
		}
		i++
	}
	if i != len(params) {
		t.Fatalf("%d parameters in %q, but %d are listed", i, text[pos:end], len(params))
	}
}
