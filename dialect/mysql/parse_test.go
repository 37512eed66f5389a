package mysql

import (
	"strings"
	"testing"

	"github.com/sqlc-dev/marino/ast"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dialecttest"
)

func TestParseSpan(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"SELECT 1":                             "SELECT 1",
		" ; -- c\n SELECT 1 /* d */ ; ":        "SELECT 1",
		"INSERT INTO t VALUES ('a') ;;":        "INSERT INTO t VALUES ('a')",
		"SELECT 1; SELECT 2;":                  "SELECT 1; SELECT 2",
		"DELETE FROM t WHERE a = 'x' # it's":   "DELETE FROM t WHERE a = 'x'",
		"SELECT frob frob frob FROM t WHERE ;": "SELECT frob frob frob FROM t WHERE",
		// Half of a comment is no text.
		" /*! SELECT */ 1 ":     "/*! SELECT */ 1",
		" SELECT 1 /*! + 2 */ ": "SELECT 1 /*! + 2 */",
	} {
		if st := Parse(text); text[st.Pos:st.End] != want || st.Text != text {
			t.Errorf("%q: %q", text, text[st.Pos:st.End])
		}
	}
}

func TestParseBounds(t *testing.T) {
	t.Parallel()
	const from = "UPDATE t SET a = 1 WHERE b = "
	nest := func(open, closing string, n int) string {
		return from + strings.Repeat(open, n) + "c" + strings.Repeat(closing, n)
	}
	for _, tt := range []struct {
		name, text string
		parsed     bool
	}{
		{"parentheses within", nest("(", ")", tokMaxDepth), true},
		{"parentheses beyond", nest("(", ")", tokMaxDepth+1), false},
		{"many parentheses", nest("(", ")", 100_000), false},
		{"functions beyond", nest("abs(", ")", tokMaxDepth+1), false},
		{"queries within", nest("(SELECT ", ")", tokMaxDepth), true},
		{"cases within", nest("CASE WHEN ", " THEN c END", tokMaxDepth), true},
		{"cases beyond", nest("CASE WHEN ", " THEN c END", tokMaxDepth+1), false},
		{"length within", "UPDATE t SET a = '" + strings.Repeat("x", tokMaxText-19) + "'", true},
		{"length beyond", "UPDATE t SET a = '" + strings.Repeat("x", tokMaxText) + "'", false},
		// No parentheses, but a deep tree.
		{"short sum", from + "1" + strings.Repeat(" + 1", 500), true},
		{"long sum", from + "1" + strings.Repeat(" + 1", 200_000), false},
		{"long OR", from + "1" + strings.Repeat(" OR b", 100_000), false},
		{"long chain of NOT", from + strings.Repeat("NOT ", 5_000) + "b", false},
		{"three million signs", from + strings.Repeat("- ", 3_000_000) + "1", false},
		{"many signs", from + strings.Repeat("- ", 400_000) + "1", false},
		{"many exclamation marks", from + strings.Repeat("!", 400_000) + "1", false},
		{"many BINARY", from + strings.Repeat("BINARY ", 100_000) + "1", false},
		{"long chain of COLLATE", from + "b" + strings.Repeat(" COLLATE utf8mb4_bin", 20_000), false},
		{"long chain of BETWEEN", from + "b" + strings.Repeat(" BETWEEN 1 AND 2", 20_000), false},
		{"many assignments", from + strings.Repeat("@a := ", 100_000) + "1", false},
		{"long chain of joins", from + "(SELECT 1 FROM a" + strings.Repeat(" JOIN a", 50_000) + ")", false},
		{"long chain of commas", from + "(SELECT 1 FROM a" + strings.Repeat(", a", 200_000) + ")", false},
		{"long chain of UNION", from + "(SELECT 1, 2" + strings.Repeat(" UNION SELECT 1, 2", 5_000) + ")", false},
		{"UNIONs within", from + "(SELECT 1" + strings.Repeat(" UNION SELECT 1", 500) + ")", true},
		{"long IN", from + "1 AND b IN (1" + strings.Repeat(", 1", 50_000) + ")", true},
		{"long assignments", "UPDATE t SET a = 1" + strings.Repeat(", b = b + 1", 10_000) + " WHERE c = 2", true},
		// What the parser reads again and again.
		{"INTERVALs beyond", nest("INTERVAL(", ", 1)", 60), false},
		{"INTERVALs in a row", nest("INTERVAL ", " DAY", 60), false},
		{"INTERVALs one after the other", from + "c" + strings.Repeat(" + INTERVAL 1 DAY", 50), true},
		{"JSON_VALUE", nest("JSON_VALUE(", ", '$')", 60), false},
		{"queries in parentheses", nest("((SELECT ", ") UNION (SELECT 1))", 60), false},
		{"queries in parentheses in FROM", from + "(SELECT 1 FROM " + strings.Repeat("((SELECT 1 FROM ", 60) + "t" + strings.Repeat(") a JOIN b)", 60) + ")", false},
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

// The bodies of routines end statements without ending a level.
func TestParseBlocks(t *testing.T) {
	t.Parallel()
	body := func(n int) string {
		return "CREATE PROCEDURE p() " + strings.Repeat("BEGIN SELECT 1; ", n) + strings.Repeat("END; ", n-1) + "END"
	}
	if st := Parse(body(100)); st.Kind != dialect.KindDDL || st.Incomplete != "" {
		t.Errorf("%v %q", st.Kind, st.Incomplete)
	}
	for _, n := range []int{tokMaxBlocks + 1, 500_000} {
		if st := Parse(body(n)); st.Kind != dialect.KindUnknown || !strings.Contains(st.Incomplete, "blocks") && !strings.Contains(st.Incomplete, "longer") {
			t.Errorf("%d blocks: %v %q", n, st.Kind, st.Incomplete)
		}
	}
}

func TestParseLongerThanScanned(t *testing.T) {
	t.Parallel()
	text := "UPDATE t SET a = '" + strings.Repeat("x", tokMaxScan) + "'"
	if st := Parse(text); st.Kind != dialect.KindUnknown || st.Taint != dialect.TaintAll || st.Incomplete == "" {
		t.Errorf("%v taint %d %q", st.Kind, st.Taint, st.Incomplete)
	}
}

// A panic in the parser, or in what is done with its tree, is not the application's.
func TestParsePanic(t *testing.T) {
	t.Parallel()
	boom := func(string) ([]ast.StmtNode, error) { panic("boom") }
	for _, text := range []string{"SELECT 1", "DELETE FROM t WHERE a = 1 RETURNING b"} {
		if st := parseWith(text, boom); st.Kind != dialect.KindUnknown || st.Taint != dialect.TaintAll || !strings.Contains(st.Incomplete, "failed") {
			t.Errorf("%s: %s", text, dialecttest.PrintStatement(st))
		}
	}
	if st := parseWith("SELECT 1; SELECT 2", boom); st.Kind != dialect.KindScript || st.Script[0].Kind != dialect.KindUnknown || st.Taint != dialect.TaintAll {
		t.Errorf("in a script: %s", dialecttest.PrintStatement(st))
	}
	for name, stmts := range map[string][]ast.StmtNode{
		// A parser that finds nothing in a text with tokens, or too much, is not believed.
		"nothing":        nil,
		"no statement":   {nil},
		"two statements": {&ast.SelectStmt{}, &ast.SelectStmt{}},
	} {
		st := parseWith("DELETE FROM t", func(string) ([]ast.StmtNode, error) { return stmts, nil })
		if st.Kind != dialect.KindDelete || st.Incomplete == "" || dialecttest.PrintNames(st.Writes) != "t" {
			t.Errorf("%s: %s", name, dialecttest.PrintStatement(st))
		}
	}
}

// A number of more than 81 digits makes the parser panic.
func TestParseNumbers(t *testing.T) {
	t.Parallel()
	for _, n := range []int{tokMaxDigits, tokMaxDigits + 1, 82, 1000, 100_000} {
		st := Parse("DELETE FROM t WHERE a = " + strings.Repeat("9", n))
		if st.Kind != dialect.KindDelete || (st.Incomplete == "") != (n <= tokMaxDigits) {
			t.Errorf("%d digits: %v %q", n, st.Kind, st.Incomplete)
		}
	}
}

// What the parser says of a text repeats it, with the values in it.
func TestParseTellsNoValues(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"SELECT secret frob frob 'secret' FROM t", "SELECT _secret'secret' FROM t WHERE frob frob frob", "SELECT 1e999 secret", "SET NAMES secret",
		"SELECT 'secret", "SELECT a RETURNING 'secret", "DELETE FROM t RETURNING 'secret' FROM",
	} {
		if st := Parse(text); st.Incomplete != "" && strings.Contains(st.Incomplete, "secret") {
			t.Errorf("%s: %s", text, st.Incomplete)
		}
	}
}

func TestParseParams(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"SELECT 1": 0, "SELECT ?, (?)": 2, "SELECT '?', \"?\", `?` -- ?": 0, "UPDATE t SET a = ?, b = ? WHERE c IN (?, ?)": 4,
		"SELECT a /* ? */, b # ?\n, ?": 1, "DELETE FROM t WHERE a = ? RETURNING ?": 2, "SELECT /*! ?, */ ?": 2,
	} {
		if st := Parse(text); st.Params != want || st.Incomplete != "" {
			t.Errorf("%s: %d, want %d (%s)", text, st.Params, want, st.Incomplete)
		}
	}
	for n, want := range map[int]bool{tokMaxParam: true, tokMaxParam + 1: false} {
		if st := Parse("SELECT a IN (?" + strings.Repeat(",?", n-1) + ")"); (st.Incomplete == "") != want || st.Params != n {
			t.Errorf("%d parameters: %q", st.Params, st.Incomplete)
		}
	}
}

func TestParseReturning(t *testing.T) {
	t.Parallel()
	const list = "returns"
	for _, tt := range []struct{ text, list, params string }{
		{"DELETE FROM t WHERE a = ? RETURNING id, b + ?, ?", "id, b + ?, ?", "$2 $3"},
		{"DELETE FROM t WHERE a = ? RETURNING *", "* (star)", ""},
		{"DELETE FROM t RETURNING t.*", "t.*", ""},
		{"delete from t where a = 'returning' returning  id as x -- c", "id as x", ""},
		{"DELETE FROM t WHERE a IN (SELECT returning FROM u) RETURNING id", "id", ""},
		{"DELETE FROM t WHERE t.returning = 1 RETURNING id", "id", ""},
	} {
		st := Parse(tt.text)
		if st.Delete == nil || !st.Delete.Returning {
			t.Errorf("%s: %s", tt.text, dialecttest.PrintStatement(st))
			continue
		}
		var params []string
		for _, p := range st.Delete.Returns.Params {
			params = append(params, dialecttest.PrintExpr(&p.Param))
			if tt.text[p.Pos:p.End] != "?" {
				t.Errorf("%s: a parameter at %d:%d", tt.text, p.Pos, p.End)
			}
		}
		got := st.Text[st.Delete.Returns.Pos:st.Delete.Returns.End]
		if st.Delete.ReturnsStar {
			got += " (star)"
		}
		if got != tt.list || strings.Join(params, " ") != tt.params {
			t.Errorf("%s: %s is %q with %q", tt.text, list, got, params)
		}
	}
	for _, text := range []string{"INSERT INTO t (a) VALUES (?) RETURNING id, (SELECT b FROM u)", "REPLACE INTO t SET a = 1 RETURNING (SELECT b FROM u)"} {
		st := Parse(text)
		if st.Insert == nil || !st.Insert.Returning || dialecttest.PrintNames(st.Reads) != "u" {
			t.Errorf("%s: %s", text, dialecttest.PrintStatement(st))
		}
	}
}

// To MySQL RETURNING is a name like any other. A text in which it may be one is judged by
// its tokens.
func TestParseReturningName(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, writes, reads string }{
		{"INSERT INTO t SELECT * FROM u returning STRAIGHT_JOIN v", "t", "u, v"},
		{"INSERT INTO t SELECT * FROM u returning JOIN v", "t", "u, v"},
		{"INSERT INTO t SELECT * FROM u returning, v", "t", "u, v"},
		{"INSERT INTO t SELECT a returning FROM u", "t", "u"},
		{"INSERT INTO t SELECT returning FROM u", "t", "u"},
		{"INSERT INTO t SELECT 1 returning UNION SELECT a FROM u", "t", "u"},
		{"INSERT INTO t SELECT a FROM u RETURNING DISTINCT b FROM v", "t", "u, v"},
		{"INSERT INTO t SELECT a FROM u RETURNING b LIMIT 1", "t", "u"},
		{"INSERT INTO t SELECT a FROM u RETURNING b ORDER BY c", "t", "u"},
		{"INSERT INTO t SELECT a FROM u RETURNING b FOR UPDATE", "t", "u"},
		{"INSERT INTO t SELECT a FROM u returning", "t", "u"},
		{"INSERT INTO t SELECT a FROM u RETURNING SQL_CALC_FOUND_ROWS b", "t", "u"},
		{"DELETE FROM t returning", "t", ""},
		{"DELETE FROM t returning WHERE a = 1", "t", ""},
		{"DELETE FROM t RETURNING a FROM u", "t", "u"},
		{"DELETE FROM t WHERE a = 1 RETURNING a WHERE b = (SELECT c FROM u)", "t", "u"},
		{"DELETE FROM t WHERE a = 1 AND returning = 1", "t", ""},
	} {
		st := Parse(tt.text)
		if st.Incomplete == "" || st.Insert != nil || st.Delete != nil {
			t.Errorf("%s was understood", tt.text)
		}
		if writes, reads := dialecttest.PrintNames(st.Writes), dialecttest.PrintNames(st.Reads); writes != tt.writes || reads != tt.reads {
			t.Errorf("%s: writes %s, reads %s", tt.text, writes, reads)
		}
	}
	if st := Parse("UPDATE t SET a = 1 RETURNING a"); st.Kind != dialect.KindUpdate || st.Incomplete == "" {
		t.Errorf("UPDATE: %s", dialecttest.PrintStatement(st))
	}
}

func TestParseScript(t *testing.T) {
	t.Parallel()
	st := Parse("/* a */ SELECT a FROM t WHERE b = ?; ; UPDATE u SET c = ? ; -- d\n DELETE FROM v;")
	if st.Kind != dialect.KindScript || len(st.Script) != 3 || st.Params != 2 || st.Incomplete != "" {
		t.Fatal(dialecttest.PrintStatement(st))
	}
	if got := dialecttest.PrintNames(st.Reads) + " | " + dialecttest.PrintNames(st.Writes); got != "t | u, v" {
		t.Error(got)
	}
	for i, want := range []dialect.Kind{dialect.KindSelect, dialect.KindUpdate, dialect.KindDelete} {
		if part := st.Script[i]; part.Kind != want || part.Incomplete != "" {
			t.Errorf("part %d: %s", i, dialecttest.PrintStatement(part))
		}
	}
	for text, want := range map[string]string{
		"SELECT 1; SET autocommit = 0":             "select, session",
		"SELECT 1; frob":                           "select, unknown",
		"BEGIN; UPDATE t SET a = 1; COMMIT":        "begin, update, commit",
		"SELECT 1; CALL p()":                       "select, select",
		"BEGIN NOT ATOMIC UPDATE t SET a = 1; END": "unknown, unknown",
		"IF a THEN UPDATE t SET a = 1; END IF":     "unknown, unknown",
		"DELIMITER //; SELECT 1//":                 "unknown, select",
		"SELECT 1 /*! + 1 */; SELECT /*! 1, */ 2":  "select, select",
	} {
		st, kinds := Parse(text), []string{}
		for _, part := range st.Script {
			kinds = append(kinds, part.Kind.String())
		}
		if got := strings.Join(kinds, ", "); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	// A body has semicolons of its own.
	for text, want := range map[string]dialect.Kind{
		"CREATE PROCEDURE p() BEGIN UPDATE t SET a = 1; END":                                     dialect.KindDDL,
		"CREATE TRIGGER x AFTER INSERT ON t FOR EACH ROW BEGIN SET @a = 1; END;":                 dialect.KindDDL,
		"CREATE PROCEDURE p() frob; DROP TABLE t":                                                dialect.KindUnknown,
		"CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN UPDATE t SET a = 1; DELETE FROM t; END": dialect.KindDDL,
		"CREATE TABLE t (a INT); CREATE TABLE u (a INT);":                                        dialect.KindScript,
		"SELECT 1; CREATE TABLE t (a INT); SELECT 2":                                             dialect.KindScript,
		"SELECT 1; CREATE TABLE t (a INT)":                                                       dialect.KindScript,
		"SELECT 1; CREATE OR REPLACE TABLE t (a INT)":                                            dialect.KindScript,
		// Not sure to end where the parser does not say so.
		"CREATE OR REPLACE TABLE t (a INT); SELECT 2": dialect.KindUnknown,
	} {
		if st := Parse(text); st.Kind != want {
			t.Errorf("%s: %v, want %v", text, st.Kind, want)
		}
	}
}

// Nothing is a statement, too.
func TestParseNothing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " ", "-- a", "/* a */ ; # b"} {
		if st := Parse(text); st.Kind != dialect.KindUtility || st.Text != text || st.Incomplete != "" {
			t.Errorf("%q: %s", text, dialecttest.PrintStatement(st))
		}
	}
}

// The pieces of a write are run in other statements: half of a comment must not be among
// them.
func TestParseCommentedWrite(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"UPDATE t SET a = 1 WHERE b = 1 /*! AND c = 2 */", "UPDATE t SET /*! a = 1, */ b = 2", "DELETE FROM t WHERE /*! b = 1 AND */ c = 1",
		"INSERT INTO t (a) VALUES (1) /*! , (2) */", "INSERT INTO t (a) VALUES (1) /*! RETURNING a */",
	} {
		if st := Parse(text); st.Incomplete == "" || st.Insert != nil || st.Update != nil || st.Delete != nil || dialecttest.PrintNames(st.Writes) != "t" {
			t.Errorf("%s: %s", text, dialecttest.PrintStatement(st))
		}
	}
	if st := Parse("SELECT /*!40001 SQL_NO_CACHE */ a FROM t /*! WHERE b = 1 */"); st.Query == nil || property(st.Text, "query") != "select a from t where (b = 1)" {
		t.Error(dialecttest.PrintStatement(st))
	}
}

// Of a name in quotes the server takes a stored function, where it has no plain one of its
// own.
func TestParseQuotedCall(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"SELECT `now`(), `f`(1) FROM t": "now, f", "SELECT `if`(1, 2, 3), abs(1) FROM t": "if", "SELECT now(), `now` FROM t": "",
		"SELECT d.now(), `d`.`abs`(1) FROM t": "now, abs",
	} {
		if got := property(text, "foreign"); got != want {
			t.Errorf("%s: foreign %q, want %q", text, got, want)
		}
	}
}
