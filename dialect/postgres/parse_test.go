package postgres

import (
	"strings"
	"testing"

	"github.com/sqlc-dev/oliphant/ast"

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
		"DELETE FROM t WHERE a = 'x' -- it's":  "DELETE FROM t WHERE a = 'x'",
		"SELECT frob frob frob FROM t WHERE ;": "SELECT frob frob frob FROM t WHERE",
	} {
		if st := Parse(text); text[st.Pos:st.End] != want || st.Text != text {
			t.Errorf("%q: %q", text, text[st.Pos:st.End])
		}
	}
}

func TestParseBounds(t *testing.T) {
	t.Parallel()
	parens := func(n int) string {
		return "UPDATE t SET a = 1 WHERE " + strings.Repeat("(", n) + "b = 1" + strings.Repeat(")", n)
	}
	cases := func(n int) string {
		return "UPDATE t SET a = 1 WHERE " + strings.Repeat("CASE WHEN ", n) + "b" + strings.Repeat(" THEN c END", n)
	}
	for _, tt := range []struct {
		name, text string
		parsed     bool
	}{
		{"parentheses within", parens(tokMaxDepth), true},
		{"parentheses beyond", parens(tokMaxDepth + 1), false},
		{"many parentheses", parens(100_000), false},
		{"brackets beyond", "UPDATE t SET a = " + strings.Repeat("b[", tokMaxDepth+1) + "1" + strings.Repeat("]", tokMaxDepth+1), false},
		{"cases within", cases(tokMaxDepth), true},
		{"cases beyond", cases(tokMaxDepth + 1), false},
		{"length within", "UPDATE t SET a = '" + strings.Repeat("x", tokMaxText-19) + "'", true},
		{"length beyond", "UPDATE t SET a = '" + strings.Repeat("x", tokMaxText) + "'", false},
		// No parentheses, but a deep tree.
		{"long AND", "UPDATE t SET a = 1 WHERE b" + strings.Repeat(" AND b", 50_000), true},
		{"long OR", "UPDATE t SET a = 1 WHERE b" + strings.Repeat(" OR b", 50_000), true},
		{"short sum", "UPDATE t SET a = 1" + strings.Repeat(" + 1", 500), true},
		{"long sum", "UPDATE t SET a = 1" + strings.Repeat(" + 1", 200_000), false},
		{"long chain of NOT", "UPDATE t SET a = " + strings.Repeat("NOT ", 5_000) + "b", false},
		{"three million signs", "UPDATE t SET a = " + strings.Repeat("- ", 3_000_000) + "1", false},
		{"three million operators", "UPDATE t SET a = " + strings.Repeat("@ ", 3_000_000) + "1", false},
		{"signs and NOTs", "UPDATE t SET a = " + strings.Repeat("- NOT ", 100_000) + "b", false},
		{"long chain of casts", "UPDATE t SET a = b" + strings.Repeat("::int", 50_000), false},
		{"long chain of COLLATE", "UPDATE t SET a = b" + strings.Repeat(` COLLATE "C"`, 50_000), false},
		{"long chain of IS", "UPDATE t SET a = b" + strings.Repeat(" IS TRUE", 50_000), false},
		{"long chain of joins", "UPDATE t SET a = 1 FROM b" + strings.Repeat(" JOIN b", 50_000), false},
		{"long chain of UNION", "UPDATE t SET a = (SELECT 1" + strings.Repeat(" UNION SELECT 1", 5_000) + ")", false},
		{"UNIONs within", "UPDATE t SET a = (SELECT 1" + strings.Repeat(" UNION SELECT 1", 500) + ")", true},
		{"sources within", "UPDATE t SET a = 1 FROM b" + strings.Repeat(", b", convertMaxSources-1), true},
		{"sources beyond", "UPDATE t SET a = 1 FROM b" + strings.Repeat(", b", convertMaxSources), false},
		{"long IN", "UPDATE t SET a = 1 WHERE b IN (1" + strings.Repeat(", 1", 100_000) + ")", true},
		{"many signs in a list", "UPDATE t SET a = 1 WHERE b IN (1" + strings.Repeat(", -1", 100_000) + ")", true},
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
	for name, parse := range map[string]func(string) ([]*ast.RawStmt, error){
		"in the parser": func(string) ([]*ast.RawStmt, error) { panic("boom") },
		"in a part of a script": func(text string) ([]*ast.RawStmt, error) {
			if !strings.Contains(text, ";") {
				panic("boom")
			}
			return []*ast.RawStmt{{StmtLen: 8}, {StmtLocation: 9}}, nil
		},
	} {
		st := parseWith("SELECT 1; SELECT 2", parse)
		if st.Kind == dialect.KindScript {
			st = st.Script[1]
		}
		if st.Kind != dialect.KindUnknown || st.Taint != dialect.TaintAll || !strings.Contains(st.Incomplete, "failed") {
			t.Errorf("%s: %s", name, dialecttest.PrintStatement(st))
		}
	}
	for name, stmts := range map[string][]*ast.RawStmt{
		// A parser that finds nothing in a text with tokens is not believed.
		"nothing":            nil,
		"an empty statement": {{}},
		"a node of no kind":  {{Stmt: &ast.Node{}}},
	} {
		st := parseWith("DELETE FROM t", func(string) ([]*ast.RawStmt, error) { return stmts, nil })
		if st.Kind != dialect.KindDelete || st.Incomplete == "" || dialecttest.PrintNames(st.Writes) != "t" {
			t.Errorf("%s: %s", name, dialecttest.PrintStatement(st))
		}
	}
	outside := []*ast.RawStmt{{StmtLocation: 100, StmtLen: 5}, {}}
	if st := parseWith("DELETE FROM t", func(string) ([]*ast.RawStmt, error) { return outside, nil }); st.Kind != dialect.KindUnknown {
		t.Errorf("places outside of the text: %s", dialecttest.PrintStatement(st))
	}
}

func TestParseParams(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"SELECT 1": 0, "SELECT $1, $3": 3, "SELECT '$4', \"$5\", $$ $6 $$ -- $7": 0, "UPDATE t SET (a, b) = ($1, $2)": 2,
	} {
		if st := Parse(text); st.Params != want || st.Incomplete != "" {
			t.Errorf("%s: %d, want %d (%s)", text, st.Params, want, st.Incomplete)
		}
	}
	for _, text := range []string{"SELECT $0", "SELECT $65536", "SELECT $99999999999999999999999"} {
		if st := Parse(text); st.Incomplete == "" || st.Query != nil {
			t.Errorf("%s: was understood as %s with %d parameters", text, dialecttest.PrintQuery(st.Query), st.Params)
		}
	}
}
