package mysql

import (
	"strings"
	"testing"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dialecttest"
)

func TestConvertInsert(t *testing.T) {
	t.Parallel()
	checkProperty(t, "insert", []understood{
		{"INSERT INTO t VALUES (1)", `t alias="" columns=[] rows=1`},
		{"insert `s`.`t u` (a, `b c`, t.d) value (1, 2, 3), (4, 5, 6)", `s.t u alias="" columns=["a" "b c" "d"] rows=2`},
		{"INSERT INTO t () VALUES (), ()", `t alias="" columns=[] rows=2`},
		{"INSERT t SET a = 1, b := DEFAULT", `t alias="" columns=["a" "b"] rows=1`},
		{"INSERT LOW_PRIORITY IGNORE INTO t VALUES (1)", `t alias="" columns=[] rows=1 skips`},
		{"INSERT HIGH_PRIORITY t VALUES (1)", `t alias="" columns=[] rows=1`},
		{"REPLACE INTO t VALUES (1)", `t alias="" columns=[] rows=1 conflict`},
		{"REPLACE t PARTITION (p, q) SET a = 1", `t alias="" columns=["a"] rows=1 conflict`},
		{"REPLACE INTO t SELECT 1", `t alias="" columns=[] rows=0 conflict`},
		{"INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE b = VALUES(b)", `t alias="" columns=[] rows=1 upsert`},
		{"INSERT IGNORE t VALUES (1) AS n ON DUPLICATE KEY UPDATE b = n.b", `t alias="" columns=[] rows=1 upsert skips`},
		{"INSERT INTO t VALUES (1) RETURNING a", `t alias="" columns=[] rows=1 returning`},
		{"REPLACE INTO t VALUES (1) RETURNING *", `t alias="" columns=[] rows=1 conflict returning`},
		{"INSERT INTO t VALUES ((SELECT 1))", `t alias="" columns=[] rows=1 subquery`},
		{"INSERT INTO t SELECT 1", `t alias="" columns=[] rows=0`},
		{"INSERT INTO t (a) SELECT a FROM u ON DUPLICATE KEY UPDATE b = u.b", `t alias="" columns=["a"] rows=0 upsert`},
		{"INSERT INTO t VALUES ROW(1), ROW(2)", `t alias="" columns=[] rows=0`},
		{"INSERT DELAYED INTO t VALUES (1)", ""},
	})
	checkProperty(t, "insert query", []understood{
		{"INSERT INTO t VALUES (1)", ""},
		{"INSERT INTO t SELECT a FROM u", "select a from u"},
		{"INSERT INTO t (a) (SELECT a FROM u)", "select a from u"},
		{"INSERT INTO t WITH x AS (SELECT 1) SELECT * FROM x", "with x as {select 1} select * from cte:x"},
		{"INSERT INTO t TABLE u", "select * from u"},
	})
	checkProperty(t, "foreign", []understood{
		{"INSERT INTO t VALUES (f())", "f"}, {"INSERT INTO t SET a = f()", "f"}, {"INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = f()", "f"},
		{"INSERT INTO t VALUES (1) RETURNING f()", "f"}, {"DELETE FROM t RETURNING f()", "f"}, {"UPDATE t SET a = 1 ORDER BY f()", "f"},
	})
	checkProperty(t, "reads", []understood{
		{"INSERT INTO t VALUES ((SELECT a FROM u))", "u"}, {"INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = (SELECT b FROM u)", "u"},
		{"INSERT INTO t VALUES (1) RETURNING (SELECT a FROM u)", "u"}, {"LOAD DATA INFILE 'x' INTO TABLE t (@a) SET b = (SELECT c FROM u)", "u"},
	})
}

// TestConvertValues: where the values of each row stand.
func TestConvertValues(t *testing.T) {
	t.Parallel()
	checkProperty(t, "values", []understood{
		{"INSERT INTO t VALUES (1, ?, 'x', -2.5, NULL, (?), TRUE, X'41', a, 1 + 1, now(), DEFAULT, -?, - -1)",
			`"1" "?" "'x'" "-2.5" "NULL" "(?)" "TRUE" "X'41'" "" "" "" "" "" ""`},
		{"INSERT INTO t VALUES ('a' 'b', _utf8mb4'x', N'y', \"q\", false, +5)", `"'a' 'b'" "" "" "\"q\"" "false" ""`},
		{"INSERT INTO s.t (a, b) VALUES (1, f((2), 3)), (COALESCE(4, 5), '),(')", `"1" "" "" "'),('"`},
		{"INSERT INTO t PARTITION (p, q) (a) VALUE (1)", `"1"`},
		{"INSERT IGNORE t VALUES(1) AS n (m) ", `"1"`},
		{"INSERT INTO t VALUES (1) RETURNING a, b", `"1"`},
		{"INSERT /* values (2) */ INTO t -- (3)\n VALUES (/* ( */1,\n2 -- )\n)", `"1" "2"`},
		{"INSERT INTO t SET a = ?, t.b := 'x', s.t.c = f(1, 2), `d` = DEFAULT", `"?" "'x'" "" ""`},
		{"INSERT INTO t SET a = (?) AS n", `"(?)"`},
		{"REPLACE INTO t SET a = -1 RETURNING a", `"-1"`},
		{"INSERT INTO values_ (values_) VALUES (1)", `"1"`},
		{"INSERT INTO `values` (`values`) VALUES (1)", `"1"`},
		{"INSERT INTO t SELECT 1", ""},
		{"INSERT INTO t () VALUES ()", ""},
		{"INSERT INTO t VALUES (1" + strings.Repeat("), (1", convertMaxCells) + ")", ""},
	})
	checkProperty(t, "upsert", []understood{
		{"INSERT INTO t VALUES (1, ?) ON DUPLICATE KEY UPDATE b = VALUES(b), c = ?", `set=["b" "c"] target=[] constraint="" values="1" "?"`},
		{"INSERT INTO t SET a = 1 ON DUPLICATE KEY UPDATE b = 2", `set=["b"] target=[] constraint="" values="1"`},
		{"INSERT INTO t SELECT 1 ON DUPLICATE KEY UPDATE b = 2", `set=["b"] target=[] constraint="" values=`},
	})
	st := Parse("INSERT INTO t VALUES (1, ?), (?, f(?)) ON DUPLICATE KEY UPDATE b = ?")
	if len(st.Insert.Values) != 2 || len(st.Insert.ValueParams) != 4 {
		t.Fatalf("%s", dialecttest.PrintStatement(st))
	}
	for i, p := range st.Insert.ValueParams {
		if p.Param.Index != i+1 || st.Text[p.Pos:p.End] != "?" {
			t.Errorf("parameter %d is %+v", i, p)
		}
	}
	if st := Parse("INSERT INTO t () VALUES (), ()"); len(st.Insert.Values) != 2 || len(st.Insert.Values[0]) != 0 {
		t.Errorf("%s", dialecttest.PrintStatement(st))
	}
}

func TestConvertUpdateDelete(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want, target, where string }{
		{"UPDATE t SET a = 1", `t alias="" set=["a"]`, "t", ""},
		{"UPDATE s.t AS x SET x.a = 1, b := DEFAULT WHERE (a = 1) ;", `s.t alias="x" set=["a" "b"]`, "s.t AS x", "(a = 1)"},
		{"update low_priority ignore t x set a = 1", `t alias="x" set=["a"]`, "t x", ""},
		{"UPDATE t PARTITION (p, q) x USE INDEX FOR ORDER BY (i) SET a = 1 WHERE b", `t alias="x" set=["a"]`, "t PARTITION (p, q) x USE INDEX FOR ORDER BY (i)", "b"},
		{"UPDATE t FORCE INDEX (`set`), SET a = 1", "", "", ""},
		{"UPDATE/**/`t` -- c\n `x y` SET a = 1 WHERE b", `t alias="x y" set=["a"]`, "`t` -- c\n `x y`", "b"},
		{"UPDATE t SET a = t.where, b = f(1, 2) WHERE t.order = u.limit", `t alias="" set=["a" "b"]`, "t", "t.order = u.limit"},
		{"UPDATE t SET a = (SELECT 1 FROM u WHERE b ORDER BY c LIMIT 1) WHERE c IN (SELECT 1 FROM v WHERE d)", `t alias="" set=["a"] subquery`, "t", "c IN (SELECT 1 FROM v WHERE d)"},
		{"UPDATE t SET a = 1 WHERE b ORDER BY c, d DESC LIMIT 5", `t alias="" set=["a"] limit`, "t", "b"},
		{"UPDATE t SET a = 1 LIMIT ?", `t alias="" set=["a"] limit`, "t", ""},
		{"WITH t AS (SELECT 1) UPDATE t SET a = 1", `t alias="" set=["a"] shadowed with`, "t", ""},
		{"WITH t AS (SELECT 1), `update` AS (SELECT 2) UPDATE s.t SET a = 1", `s.t alias="" set=["a"] with`, "s.t", ""},
		{"DELETE FROM t", `t alias=""`, "t", ""},
		{"DELETE LOW_PRIORITY QUICK IGNORE FROM s.`t u` AS x WHERE a = 1 AND b LIKE 'x' -- c", `s.t u alias="x"`, "s.`t u` AS x", "a = 1 AND b LIKE 'x'"},
		{"DELETE FROM t PARTITION (p) WHERE a ORDER BY b LIMIT 1", `t alias="" limit`, "t PARTITION (p)", "a"},
		{"DELETE FROM t WHERE a = 'RETURNING' RETURNING *, a", `t alias="" returning`, "t", "a = 'RETURNING'"},
		{"DELETE FROM t ORDER BY returning_ LIMIT 1 RETURNING a", `t alias="" limit returning`, "t", ""},
		{"WITH x AS (SELECT 1 WHERE EXISTS (SELECT 2)) DELETE FROM t WHERE EXISTS (SELECT 1)", `t alias="" with subquery`, "t", "EXISTS (SELECT 1)"},
		{"EXPLAIN ANALYZE UPDATE t SET a = 1 WHERE b", "", "", ""},
	} {
		st := Parse(tt.text)
		cond := &dialect.Condition{}
		got := property(tt.text, "update") + property(tt.text, "delete")
		switch {
		case st.Update != nil:
			cond = &st.Update.Condition
		case st.Delete != nil:
			cond = &st.Delete.Condition
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
		{"set text", "UPDATE t SET a = ?, b = f(?) WHERE c = ?", "a = ?, b = f(?) | ? | ?"},
		{"set text", "UPDATE t SET a = ? ORDER BY b", "a = ? | ?"},
		{"set text", "UPDATE t SET a = 1", "a = 1"},
		{"tail", "UPDATE t SET a = ? WHERE b = ? ORDER BY f(?) DESC LIMIT ?", "ORDER BY f(?) DESC LIMIT ? | ? | ?"},
		{"tail", "UPDATE t SET a = 1 LIMIT 1", "LIMIT 1"},
		{"tail", "DELETE FROM t ORDER BY (SELECT 1 LIMIT 1)", "ORDER BY (SELECT 1 LIMIT 1)"},
		{"tail", "DELETE FROM t WHERE a LIMIT ? RETURNING ?", "LIMIT ? | ?"},
		{"tail", "DELETE FROM t WHERE a = (SELECT 1 LIMIT 1)", ""},
		{"with text", "/* c */ WITH x AS (SELECT ?), y AS (SELECT 2) DELETE FROM t", "WITH x AS (SELECT ?), y AS (SELECT 2) | ?"},
		{"with text", "WITH RECURSIVE x (update_) AS (SELECT 1) UPDATE t SET a = 1", "WITH RECURSIVE x (update_) AS (SELECT 1)"},
		{"returns", "DELETE FROM t WHERE b RETURNING *", "* (star)"},
		{"returns", "DELETE FROM t WHERE b = ? RETURNING t.*, ? AS x", "t.*, ? AS x | ?"},
		{"where params", "UPDATE t SET a = ? WHERE b = ? AND c IN (?, ?)", "$2 at 29:30, $3 at 41:42, $4 at 44:45"},
	} {
		if got := property(tt.text, tt.key); got != tt.want {
			t.Errorf("%s\n%s: got  %s\nwant %s", tt.text, tt.key, got, tt.want)
		}
	}
}

// TestConvertJoined: a write that names several tables counts as one of those that it
// may write.
func TestConvertJoined(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text          string
		kind          dialect.Kind
		writes, reads string
	}{
		{"UPDATE t, u SET a = 1", dialect.KindUpdate, "t, u", "t, u"},
		{"UPDATE t JOIN u USING (a) SET t.b = u.b WHERE u.c = 1", dialect.KindUpdate, "t", "t, u"},
		{"UPDATE t AS x JOIN s.u AS Y ON x.a = y.a SET y.b = 1, x.b = 2", dialect.KindUpdate, "t, s.u", "t, s.u"},
		{"UPDATE t AS x JOIN u SET t.b = 1", dialect.KindUpdate, "t, u", "t, u"},
		{"UPDATE t JOIN u SET t.b = 1, c = 2", dialect.KindUpdate, "t, u", "t, u"},
		{"UPDATE s.t, r.t SET s.t.a = 1", dialect.KindUpdate, "s.t", "s.t, r.t"},
		{"UPDATE s.t JOIN u SET T.a = 1", dialect.KindUpdate, "s.t", "s.t, u"},
		{"UPDATE (t JOIN u ON t.a = u.a) SET t.b = (SELECT 1 FROM v)", dialect.KindUpdate, "t", "t, u, v"},
		{"UPDATE t JOIN (SELECT a FROM u) x SET b = 1", dialect.KindUpdate, "t", "t, u"},
		{"WITH x AS (SELECT 1 FROM v) UPDATE t JOIN x SET b = 1", dialect.KindUpdate, "t", "v, t"},
		{"DELETE t FROM t JOIN u ON t.a = u.a", dialect.KindDelete, "t", "t, u"},
		{"DELETE t.*, y FROM t JOIN u AS y ON t.a = y.a WHERE f()", dialect.KindDelete, "t, u", "t, u"},
		{"DELETE FROM y USING t JOIN u AS Y", dialect.KindDelete, "u", "t, u"},
		{"DELETE FROM s.t USING s.t, r.t", dialect.KindDelete, "s.t", "s.t, r.t"},
		{"DELETE s.x FROM t AS x, u", dialect.KindDelete, "t", "t, u"},
		{"DELETE u FROM t AS x, s.v", dialect.KindDelete, "t, s.v", "t, s.v"},
		{"DELETE t FROM t WHERE a = 1", dialect.KindDelete, "t", "t"},
		{"WITH x AS (SELECT 1 FROM v) DELETE t FROM t, x", dialect.KindDelete, "t", "v, t"},
	} {
		st := Parse(tt.text)
		if st.Kind != tt.kind || dialecttest.PrintNames(st.Writes) != tt.writes || dialecttest.PrintNames(st.Reads) != tt.reads ||
			!strings.Contains(st.Incomplete, "several tables") || st.Update != nil || st.Delete != nil {
			t.Errorf("%s\n%s", tt.text, dialecttest.PrintStatement(st))
		}
	}
	if st := Parse("UPDATE t JOIN u SET a = f() WHERE g() LIMIT 1"); strings.Join(st.Foreigns, " ") != "f g" {
		t.Errorf("%s", dialecttest.PrintStatement(st))
	}
}

// TestConvertLoad: what fills a table from a file may do anything to its rows.
func TestConvertLoad(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"LOAD DATA INFILE 'x' REPLACE INTO TABLE s.t FIELDS TERMINATED BY ',' (a, @b) SET c = f(@b)",
		"LOAD XML LOCAL INFILE 'x' INTO TABLE s.t (a) SET c = f(1)",
	} {
		st := Parse(text)
		if st.Kind != dialect.KindInsert || st.Insert != nil || st.Incomplete == "" || dialecttest.PrintNames(st.Writes) != "s.t" || st.Foreign != "f" {
			t.Errorf("%s\n%s", text, dialecttest.PrintStatement(st))
		}
	}
}

// TestConvertVolatileCondition: what tells the rows of a write is told from what it
// writes.
func TestConvertVolatileCondition(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		want bool
	}{
		{"UPDATE t SET a = RAND()", false},
		{"UPDATE t SET a = (@x := @x + 1) WHERE b = 1", false},
		{"UPDATE t SET a = LAST_INSERT_ID(a + 1) WHERE b = 1", false},
		{"UPDATE t SET a = RAND() WHERE b = RAND()", true},
		{"UPDATE t SET a = (@x := b) WHERE b < @x", true},
		{"UPDATE t SET a = 1 WHERE b = LAST_INSERT_ID()", true},
		{"UPDATE t SET a = RAND() WHERE SLEEP(1) = 0", true},
		{"UPDATE t SET a = RAND() WHERE b = 1 ORDER BY RAND()", true},
		{"UPDATE t SET a = RAND() ORDER BY @x LIMIT 1", true},
		{"WITH x AS (SELECT RAND() AS r) UPDATE t SET a = 1 WHERE b IN (SELECT r FROM x)", true},
		{"WITH x AS (SELECT RAND() AS r) DELETE FROM t WHERE b IN (SELECT r FROM x)", true},
		{"DELETE FROM t WHERE b > RAND()", true},
		{"DELETE FROM t ORDER BY RAND() LIMIT 1", true},
		{"DELETE FROM t WHERE b = 1 RETURNING RAND()", false},
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

// checkSpans checks that the pieces of the text that a write points to mean by
// themselves what they mean in the statement.
func checkSpans(t *testing.T, st *dialect.Statement) {
	t.Helper()
	var table dialect.Name
	var alias string
	var where dialect.Expr
	var cond *dialect.Condition
	var cte, returning, limit bool
	switch {
	case st.Update != nil:
		u := st.Update
		table, alias, where, cond, cte, returning, limit = u.Table, u.Alias, u.Where, &u.Condition, u.With, u.Returning, u.Limit
	case st.Delete != nil:
		d := st.Delete
		table, alias, where, cond, cte, returning, limit = d.Table, d.Alias, d.Where, &d.Condition, d.With, d.Returning, d.Limit
	default:
		return
	}
	if cond.TargetEnd == 0 {
		if cond.WhereEnd > 0 || cond.Tail.End > 0 || cond.Returns.End > 0 || cond.WithText.End > 0 {
			t.Fatalf("%s: no target, but other clauses", st.Text)
		}
		return
	}
	if returning != (cond.Returns.End > 0) || cond.Returns.End > 0 && cond.Returns.End != st.End || cte != (cond.WithText.End > 0) || limit != (cond.Tail.End > 0) {
		t.Fatalf("%s: a clause is missing, or one too many is there", st.Text)
	}
	checkTarget(t, st, cond, table, alias)
	checkParams(t, st, cond.Tail.Pos, cond.Tail.End, cond.Tail.Params)
	if (where == nil) != (cond.WhereEnd == 0) {
		t.Fatalf("%s: a condition at %d:%d", st.Text, cond.WherePos, cond.WhereEnd)
	}
	if cond.Tail.End > 0 {
		tail := Parse("SELECT 1 FROM t " + st.Text[cond.Tail.Pos:cond.Tail.End])
		if tail.Query == nil || tail.Query.OrderBy == nil && tail.Query.Limit == nil || tail.Query.Cores[0].Where != nil {
			t.Fatalf("the tail %q does not stand alone: %s", st.Text[cond.Tail.Pos:cond.Tail.End], dialecttest.PrintStatement(tail))
		}
	}
	if where == nil {
		return
	}
	if !(cond.TargetEnd < cond.WherePos && cond.WherePos < cond.WhereEnd && cond.WhereEnd <= st.End) {
		t.Fatalf("%s: condition %d:%d outside of %d:%d", st.Text, cond.WherePos, cond.WhereEnd, st.Pos, st.End)
	}
	checkParams(t, st, cond.WherePos, cond.WhereEnd, cond.WhereParams)
	// Alone, the condition does not see the CTEs of the statement, and counts its
	// parameters from 1.
	toks, _, err := tokenize(st.Text)
	if err != nil {
		t.Fatal(err)
	}
	before := ""
	for _, tk := range toks {
		if tk.kind == tokParam && int(tk.pos) < cond.WherePos {
			before += "?, "
		}
	}
	again := Parse("SELECT " + before + "1 FROM t WHERE (" + st.Text[cond.WherePos:cond.WhereEnd] + "\n)")
	if again.Query == nil {
		t.Fatalf("the condition %q does not stand alone: %s", st.Text[cond.WherePos:cond.WhereEnd], again.Incomplete)
	}
	if got, want := dialecttest.PrintExpr(again.Query.Cores[0].Where), dialecttest.PrintExpr(where); got != want && !cte {
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

// checkParams checks that the parameters of a piece of text are at their places, and have
// the numbers of their order in the whole text.
func checkParams(t *testing.T, st *dialect.Statement, pos, end int, params []dialect.ParamRef) {
	t.Helper()
	toks, _, err := tokenize(st.Text)
	if err != nil {
		t.Fatal(err)
	}
	i, index := 0, 0
	for _, tk := range toks {
		if tk.kind != tokParam {
			continue
		}
		if index++; int(tk.pos) < pos || int(tk.end) > end {
			continue
		}
		if i >= len(params) || params[i].Pos != int(tk.pos) || params[i].End != int(tk.end) || params[i].Param.Index != index {
			t.Fatalf("parameter %d of %q is not at its place", i, st.Text[pos:end])
		}
		i++
	}
	if i != len(params) {
		t.Fatalf("%d parameters in %q, but %d are listed", i, st.Text[pos:end], len(params))
	}
}

// TestConvertPlacesTogether: the places hold whatever stands beside what.
func TestConvertPlacesTogether(t *testing.T) {
	t.Parallel()
	withs := []string{"", "WITH x AS (SELECT a FROM t WHERE b = ? ORDER BY c LIMIT 1) "}
	targets := []string{"t", "`s`.`t u`", "t AS `where`", "t x", "t PARTITION (`limit`, p) AS x"}
	sets := []string{"a = 1", "a = ?, b := f(?, (SELECT 1 WHERE c ORDER BY d LIMIT 1))", "x.`set` = CASE WHEN a THEN ',' ELSE (1, 2) = (b, c) END, d=DEFAULT -- WHERE\n"}
	wheres := []string{"", " WHERE a = ?", " WHERE/*LIMIT 1*/(a = ',' OR t.where IN (?, 2)) AND t.`order` > INTERVAL 1 DAY + b", " WHERE EXISTS (SELECT 1 FROM x WHERE a ORDER BY b LIMIT 1)"}
	tails := []string{"", " ORDER BY a", " ORDER BY t.limit DESC, (SELECT 1 WHERE ? LIMIT 1) LIMIT ?", " LIMIT 5 ;"}
	returnings := []string{"", " RETURNING *", " RETURNING a, ? AS b, (SELECT 1 WHERE c LIMIT 1)"}
	n := 0
	for _, with := range withs {
		for _, target := range targets {
			for _, where := range wheres {
				for _, tail := range tails {
					for _, set := range sets {
						n += checkPlaced(t, with+"UPDATE "+target+" SET "+set+where+tail)
					}
					for _, returning := range returnings {
						if !strings.Contains(tail, ";") && (with == "" || returning == "") { // no server takes these
							n += checkPlaced(t, with+"DELETE FROM "+target+where+tail+returning)
						}
					}
				}
			}
		}
	}
	if n != 720 {
		t.Errorf("%d of 720 writes had places", n)
	}
}

// checkPlaced checks the places of a write, and counts it where it has them.
func checkPlaced(t *testing.T, text string) int {
	t.Helper()
	st := Parse(text)
	checkSpans(t, st)
	var cond *dialect.Condition
	switch {
	case st.Update != nil:
		cond = &st.Update.Condition
	case st.Delete != nil:
		cond = &st.Delete.Condition
	}
	if cond == nil || cond.TargetEnd == 0 {
		t.Logf("%s has no places: %s", text, st.Incomplete)
		return 0
	}
	if limit := strings.Contains(text, " LIMIT 5 ;") || strings.Contains(text, " ORDER BY a") || strings.Contains(text, " LIMIT ?"); limit != (cond.Tail.End > 0) {
		t.Errorf("%s has a tail at %d:%d", text, cond.Tail.Pos, cond.Tail.End)
	}
	return 1
}
