package sqlite

import (
	"regexp"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dialecttest"
)

func TestConvertInsert(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"INSERT INTO t VALUES (1)", `t alias="" columns=[] rows=1`},
		{"INSERT INTO main.t AS x (a, [b c]) VALUES (1, 2), (3, 4)", `main.t alias="x" columns=["a" "b c"] rows=2`},
		{"INSERT INTO t DEFAULT VALUES", `t alias="" columns=[] rows=1`},
		{"INSERT OR ABORT INTO t VALUES (1)", `t alias="" columns=[] rows=1`},
		{"INSERT OR REPLACE INTO t VALUES (1)", `t alias="" columns=[] rows=1 conflict`},
		{"INSERT OR ROLLBACK INTO t VALUES (1)", `t alias="" columns=[] rows=1 conflict`},
		{"INSERT OR IGNORE INTO t VALUES (1)", `t alias="" columns=[] rows=1`},
		{"INSERT OR FAIL INTO t VALUES (1)", `t alias="" columns=[] rows=1 conflict`},
		{"REPLACE INTO t VALUES (1)", `t alias="" columns=[] rows=1 conflict`},
		{"INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING", `t alias="" columns=[] rows=1`},
		{"INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 1", `t alias="" columns=[] rows=1 upsert`},
		{"INSERT INTO t VALUES (1) ON CONFLICT (a) DO NOTHING ON CONFLICT DO UPDATE SET a = 1", `t alias="" columns=[] rows=1 upsert`},
		{"INSERT INTO t VALUES (1) RETURNING *", `t alias="" columns=[] rows=1 returning`},
		{"WITH x AS (SELECT 1) INSERT INTO t VALUES (1)", `t alias="" columns=[] rows=1 with`},
		{"INSERT INTO t VALUES ((SELECT 1))", `t alias="" columns=[] rows=1 subquery`},
		{"INSERT INTO t SELECT 1", `t alias="" columns=[] rows=0 query=select 1`},
		{"INSERT INTO t SELECT a FROM (SELECT 1)", `t alias="" columns=[] rows=0 query=select a from {select 1}`},
		{"INSERT INTO t SELECT a IN x FROM u", `t alias="" columns=[] rows=0 subquery query=select (a in {select * from x}) from u`},
		{"INSERT INTO t VALUES (1) UNION SELECT 2", `t alias="" columns=[] rows=0 query=values (1) compound select 2`},
		{"INSERT INTO t WITH x AS (SELECT 1) VALUES (2)", `t alias="" columns=[] rows=0 query=with recursive x as {select 1} values (2)`},
		{"INSERT INTO t WITH x AS (SELECT 1) SELECT * FROM x", `t alias="" columns=[] rows=0 query=with recursive x as {select 1} select * from cte:x`},
	} {
		st := Parse(tt.text)
		if st.Kind != dialect.KindInsert || st.Insert == nil || len(st.Writes) != 1 || st.Writes[0] != st.Insert.Table {
			t.Errorf("%s: %s", tt.text, dialecttest.PrintStatement(st))
			continue
		}
		got := ""
		for line := range strings.SplitSeq(dialecttest.PrintStatement(st), "\n") {
			if rest, ok := strings.CutPrefix(line, "  insert: "); ok {
				got = rest
			}
			if rest, ok := strings.CutPrefix(line, "  insert query: "); ok {
				got += " query=" + rest
			}
		}
		if got != tt.want {
			t.Errorf("%s\ngot  %s\nwant %s", tt.text, got, tt.want)
		}
	}
}

func TestConvertUpdateDelete(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want, target, where string }{
		{"UPDATE t SET a = 1", `t alias="" set=["a"]`, "t", ""},
		{"UPDATE main.t AS x SET (a, b) = (1, 2), c = 3 WHERE (a = 1) ;", `main.t alias="x" set=["a" "b" "c"]`, "main.t AS x", "(a = 1)"},
		{"UPDATE t INDEXED BY i SET a = 1 WHERE a = 1", `t alias="" set=["a"]`, "t INDEXED BY i", "a = 1"},
		{"UPDATE t AS x/**/NOT -- c\n INDEXED SET a = 1", `t alias="x" set=["a"]`, "t AS x/**/NOT -- c\n INDEXED", ""},
		{"UPDATE OR ABORT t SET a = 1", `t alias="" set=["a"]`, "t", ""},
		{"UPDATE OR REPLACE t SET a = 1", `t alias="" set=["a"] conflict`, "t", ""},
		{"UPDATE OR ROLLBACK t SET a = 1", `t alias="" set=["a"] conflict`, "t", ""},
		{"UPDATE OR IGNORE t SET a = 1", `t alias="" set=["a"]`, "t", ""},
		{"UPDATE OR FAIL t SET a = 1", `t alias="" set=["a"] conflict`, "t", ""},
		{"UPDATE t SET a = 1 FROM u WHERE t.a = u.a RETURNING a", `t alias="" set=["a"] from returning`, "t", "t.a = u.a"},
		{"UPDATE t SET a = 1 FROM u LEFT JOIN (v RIGHT JOIN w ON 1) ON 1", `t alias="" set=["a"] from outer`, "t", ""},
		{"UPDATE t SET a = 1 FROM u RIGHT JOIN v ON 1", `t alias="" set=["a"] from outer`, "t", ""},
		{"UPDATE t SET a = 1 FROM u FULL JOIN v ON 1 JOIN w ON 2", `t alias="" set=["a"] from outer`, "t", ""},
		{"UPDATE t SET a = 1 FROM u JOIN v USING (a)", `t alias="" set=["a"] from outer`, "t", ""},
		{"UPDATE t SET a = 1 FROM u NATURAL JOIN v", `t alias="" set=["a"] from outer`, "t", ""},
		{"WITH T AS (SELECT 1) UPDATE t SET a = 1", `t alias="" set=["a"] shadowed with`, "t", ""},
		{"WITH T AS (SELECT 1) UPDATE main.t SET a = 1", `main.t alias="" set=["a"] with`, "main.t", ""},
		{"WITH x AS (SELECT 1), t AS (SELECT 2) DELETE FROM t AS y", `t alias="y" shadowed with`, "t AS y", ""},
		{"UPDATE t SET a = 1 WHERE a = 1 ORDER BY b LIMIT 1", `t alias="" set=["a"] limit`, "t", "a = 1"},
		{"UPDATE t SET a = 1 LIMIT 1", `t alias="" set=["a"] limit`, "t", ""},
		{"WITH x AS (SELECT 1) UPDATE t SET a = 1 WHERE a IN x", `t alias="" set=["a"] with subquery`, "t", "a IN x"},
		{"UPDATE t SET a = (SELECT 1)", `t alias="" set=["a"] subquery`, "t", ""},
		{"UPDATE t SET a = 1 RETURNING (SELECT 1)", `t alias="" set=["a"] returning subquery`, "t", ""},
		{"DELETE FROM t", `t alias=""`, "t", ""},
		{"DELETE FROM main.[t u] AS x WHERE a = 1 AND b LIKE 'x' ESCAPE '!' -- c", `main.t u alias="x"`, "main.[t u] AS x", "a = 1 AND b LIKE 'x' ESCAPE '!'"},
		{"DELETE FROM t NOT INDEXED WHERE a NOT NULL", `t alias=""`, "t NOT INDEXED", "a NOT NULL"},
		{"DELETE FROM t WHERE a = 1 RETURNING *", `t alias="" returning`, "t", "a = 1"},
		{"DELETE FROM t ORDER BY a LIMIT 1 OFFSET 2", `t alias="" limit`, "t", ""},
		{"WITH x AS (SELECT 1) DELETE FROM t WHERE EXISTS (SELECT 1)", `t alias="" with subquery`, "t", "EXISTS (SELECT 1)"},
		{"WITH x AS (SELECT 1 WHERE EXISTS (SELECT 2)) DELETE FROM t", `t alias="" with subquery`, "t", ""},
	} {
		st := Parse(tt.text)
		var got string
		var pos, end, wherePos, whereEnd int
		if u := st.Update; u != nil {
			pos, end, wherePos, whereEnd = u.TargetPos, u.TargetEnd, u.WherePos, u.WhereEnd
		} else if d := st.Delete; d != nil {
			pos, end, wherePos, whereEnd = d.TargetPos, d.TargetEnd, d.WherePos, d.WhereEnd
		} else {
			t.Errorf("%s: %s", tt.text, dialecttest.PrintStatement(st))
			continue
		}
		for line := range strings.SplitSeq(dialecttest.PrintStatement(st), "\n") {
			if _, rest, ok := strings.Cut(line, "  update: "); ok {
				got = rest
			}
			if _, rest, ok := strings.Cut(line, "  delete: "); ok {
				got = rest
			}
		}
		if got != tt.want {
			t.Errorf("%s\ngot  %s\nwant %s", tt.text, got, tt.want)
		}
		if got := tt.text[pos:end]; got != tt.target {
			t.Errorf("%s: target %q, want %q", tt.text, got, tt.target)
		}
		if got := tt.text[wherePos:whereEnd]; got != tt.where {
			t.Errorf("%s: where %q, want %q", tt.text, got, tt.where)
		}
		checkSpans(t, st)
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
		{"UPDATE t SET a = 1 FROM (SELECT random() AS r) WHERE r = 1", true},
		{"UPDATE t SET a = 1 FROM u JOIN v ON random() = 1", true},
		{"WITH x AS (SELECT random() AS r) UPDATE t SET a = 1 WHERE b IN x", true},
		{"WITH x AS (SELECT random() AS r) DELETE FROM t WHERE b IN x", true},
		{"DELETE FROM t WHERE b > random()", true},
		{"DELETE FROM t WHERE b = 1 RETURNING random()", false},
	} {
		st := Parse(tt.text)
		var why string
		if st.Update != nil {
			why = st.Update.Volatile
		} else {
			why = st.Delete.Volatile
		}
		if (why != "") != tt.want || st.Volatile == "" {
			t.Errorf("%s: condition %q, statement %q", tt.text, why, st.Volatile)
		}
	}
}

func TestConvertUpsert(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"INSERT INTO t VALUES (1, ?, 'x', -2.5, NULL, x'00', (+3), a, \"b\", 1 + 1, current_time, -?) ON CONFLICT (a) DO UPDATE SET b = 1, (c, d) = (2, 3)", `set=["b" "c" "d"] target=["a"] constraint="" values="1" "?" "'x'" "-2.5" "NULL" "x'00'" "" "" "" "" "" ""`},
		{"INSERT INTO t VALUES (1, 2), (?3, (:x)) ON CONFLICT (a, [b c]) DO UPDATE SET b = 1 RETURNING *", `set=["b"] target=["a" "b c"] constraint="" values="1" "2" "?3" "(:x)"`},
		{"INSERT INTO t VALUES (1) ON CONFLICT (a COLLATE nocase) DO UPDATE SET b = 1", `set=["b"] target=[] constraint="" values=`},
		{"INSERT INTO t VALUES (1) ON CONFLICT (a, lower(b)) DO UPDATE SET b = 1", `set=["b"] target=[] constraint="" values=`},
		{"INSERT INTO t VALUES (1) ON CONFLICT (a) WHERE b DO UPDATE SET b = 1", `set=["b"] target=[] constraint="" values=`},
		{"INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET b = 1", `set=["b"] target=[] constraint="" values="1"`},
		{"INSERT INTO t VALUES (1) ON CONFLICT (a) DO NOTHING ON CONFLICT (b) DO UPDATE SET b = 1", `set=["b"] target=[] constraint="" values=`},
		{"INSERT INTO t VALUES (1" + strings.Repeat("), (1", convertMaxCells) + ") ON CONFLICT (a) DO UPDATE SET b = 1", `set=["b"] target=[] constraint="" values=`},
		{"INSERT INTO t SELECT 1 WHERE 1 ON CONFLICT (a) DO UPDATE SET b = 1", `set=["b"] target=[] constraint="" values=`},
	} {
		got := ""
		for line := range strings.SplitSeq(dialecttest.PrintStatement(Parse(tt.text)), "\n") {
			if rest, ok := strings.CutPrefix(line, "  upsert: "); ok {
				got = rest
			}
		}
		if got != tt.want {
			t.Errorf("%.200s\ngot  %.200s\nwant %s", tt.text, got, tt.want)
		}
	}
}

func TestConvertWhereParams(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"UPDATE t SET a = ? WHERE b = ? AND c = ?5 AND d = ? RETURNING ?", "? ?5 ?|2 5 6"},
		{"UPDATE t SET a = :x WHERE b = :x AND c = @x", ":x @x|1:x 2:x"},
		{"DELETE FROM t WHERE a = ? LIMIT ?", "?|1"},
		{"WITH x AS (SELECT ?) DELETE FROM t WHERE a = (SELECT b FROM u LIMIT ?3, ?2) AND c IN (?, ?)", "?3 ?2 ? ?|3 2 4 5"},
		{"DELETE FROM t", "|"},
	} {
		st := Parse(tt.text)
		var refs []dialect.ParamRef
		if st.Update != nil {
			refs = st.Update.WhereParams
		} else {
			refs = st.Delete.WhereParams
		}
		var texts, params []string
		for _, r := range refs {
			texts = append(texts, tt.text[r.Pos:r.End])
			params = append(params, strings.TrimPrefix(dialecttest.PrintExpr(&r.Param), "$"))
		}
		if got := strings.Join(texts, " ") + "|" + strings.Join(params, " "); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.text, got, tt.want)
		}
	}
}

// printedParam is a parameter as the printer renders it.
var printedParam = regexp.MustCompile(`\$[0-9]+(:[A-Za-z0-9_:()$]+)?`)

// checkSpans checks that the pieces of the text that a write points to mean by
// themselves what they mean in the statement.
func checkSpans(t *testing.T, st *dialect.Statement) {
	t.Helper()
	var table dialect.Name
	var alias string
	var where dialect.Expr
	var targetPos, targetEnd, wherePos, whereEnd int
	var params []dialect.ParamRef
	var cte bool
	switch {
	case st.Update != nil:
		u := st.Update
		table, alias, where, cte = u.Table, u.Alias, u.Where, u.With
		targetPos, targetEnd, wherePos, whereEnd, params = u.TargetPos, u.TargetEnd, u.WherePos, u.WhereEnd, u.WhereParams
	case st.Delete != nil:
		d := st.Delete
		table, alias, where, cte = d.Table, d.Alias, d.Where, d.With
		targetPos, targetEnd, wherePos, whereEnd, params = d.TargetPos, d.TargetEnd, d.WherePos, d.WhereEnd, d.WhereParams
	default:
		return
	}
	if !(st.Pos <= targetPos && targetPos < targetEnd && targetEnd <= st.End) {
		t.Fatalf("target %d:%d outside of %d:%d", targetPos, targetEnd, st.Pos, st.End)
	}
	target := Parse("SELECT 1 FROM " + st.Text[targetPos:targetEnd])
	if target.Query == nil {
		t.Fatalf("the target %q does not stand behind FROM: %s", st.Text[targetPos:targetEnd], target.Incomplete)
	}
	src, ok := target.Query.Cores[0].From.(*dialect.TableSource)
	if alias == "" {
		alias = table.Name
	}
	if !ok || src.Name != table || src.Alias != alias {
		t.Fatalf("the target %q reads as %s", st.Text[targetPos:targetEnd], dialecttest.PrintSource(target.Query.Cores[0].From))
	}
	if where == nil {
		if wherePos != 0 || whereEnd != 0 || len(params) > 0 {
			t.Fatalf("no condition, but %d:%d with %d parameters", wherePos, whereEnd, len(params))
		}
		return
	}
	if !(targetEnd < wherePos && wherePos < whereEnd && whereEnd <= st.End) {
		t.Fatalf("condition %d:%d outside of %d:%d", wherePos, whereEnd, st.Pos, st.End)
	}
	// Alone, the condition numbers its parameters anew and does not see the
	// CTEs of the statement.
	plain := func(e dialect.Expr) string { return printedParam.ReplaceAllString(dialecttest.PrintExpr(e), "?") }
	again := Parse("SELECT 1 WHERE (" + st.Text[wherePos:whereEnd] + ")")
	if again.Query == nil {
		t.Fatalf("the condition %q does not stand alone: %s", st.Text[wherePos:whereEnd], again.Incomplete)
	}
	if got, want := plain(again.Query.Cores[0].Where), plain(where); got != want && !cte {
		t.Fatalf("the condition %q reads as\n%s, in the statement as\n%s", st.Text[wherePos:whereEnd], got, want)
	}
	toks, _, err := tokenize(st.Text[wherePos:whereEnd])
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	for _, tk := range toks {
		if tk.kind != tokParam {
			continue
		}
		if i >= len(params) || params[i].Pos != wherePos+int(tk.pos) || params[i].End != wherePos+int(tk.end) {
			t.Fatalf("parameter %d of the condition %q is not at its place", i, st.Text[wherePos:whereEnd])
		}
		i++
	}
	if i != len(params) {
		t.Fatalf("%d parameters in %q, but %d are listed", i, st.Text[wherePos:whereEnd], len(params))
	}
}
