package mysql

import (
	"strings"
	"testing"

	"github.com/sqlc-dev/marino/ast"
	"github.com/sqlc-dev/marino/parser"

	"github.com/cacheops/cacheops/dialect"
)

// tokenTexts returns the texts of the tokens, joined by blanks.
func tokenTexts(text string, toks []tok) string {
	var parts []string
	for _, t := range toks {
		parts = append(parts, t.in(text))
	}
	return strings.Join(parts, " ")
}

func TestTokenize(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", ""},
		{"blanks", " \t\n\f\r\v", ""},
		{"line comment", "a -- b ; 'c\nd", "a d"},
		{"line comment at the end", "a --", "a"},
		{"line comment goes past a return", "a -- b\rc\nd", "a d"},
		{"tab behind the dashes", "a --\tb\nc", "a c"},
		{"no comment", "a--b", "a - - b"},
		{"hash", "a # b ; 'c\nd", "a d"},
		{"comment", "a/* ' ; */b", "a b"},
		{"comments do not nest", "a/* /* b */ c", "a c"},
		{"comment of stars", "a/***/b", "a b"},
		{"star before a comment", "a*/*b*/c", "a * c"},
		{"no comment in a text", "'--' '/*' \"#\"", "'--' '/*' \"#\""},
		{"hint", "SELECT /*+ MAX_EXECUTION_TIME(1) */ a", "SELECT a"},
		{"quotes", "'a''b' \"a\"\"b\" `a``b`", "'a''b' \"a\"\"b\" `a``b`"},
		{"the other quote", `'a"b' "a'b"`, `'a"b' "a'b"`},
		{"backslashes", `'a\'b' '\\' "a\"b" c`, `'a\'b' '\\' "a\"b" c`},
		{"no backslash in a name", "`a\\` b", "`a\\` b"},
		{"introducers", "_utf8mb4'a' N'b' x'1F' X'' b'01' _binary x'00'", "_utf8mb4 'a' N 'b' x'1F' X'' b'01' _binary x'00'"},
		{"numbers", "1 1.5 .5 1e5 1e+5 1.5E-3 0x1F 0b01", "1 1.5 .5 1e5 1e+5 1.5E-3 0x1F 0b01"},
		{"number behind an operator", "a=1-.5", "a = 1 - .5"},
		{"parameters", "?,(?)", "? , ( ? )"},
		{"variables", "@a @@b @`c d` @'e' @@session.f @g.h$1:=1", "@a @@b @`c d` @'e' @@session.f @g.h$1 := 1"},
		{"account", "'u'@'h' u@localhost", "'u' @'h' u @localhost"},
		{"operators", "a->'$'||b<=>c<=d<>e!=f<<g>>h:=i&&j->>'$'>=k", "a -> '$' || b <=> c <= d <> e != f << g >> h := i && j ->> '$' >= k"},
		{"not before a word", "a = !b AND !!c", "a = ! b AND ! ! c"},
		{"names", "a$b _c é日本 db.t", "a$b _c é日本 db . t"},
		{"punctuation", "(a,b);{d 'x'}~^%:e", "( a , b ) ; { d 'x' } ~ ^ % : e"},
		{"a comment that is run", "SELECT /*!40001 SQL_NO_CACHE */ a /*! , b*/", "SELECT SQL_NO_CACHE a , b"},
		{"a quote in a comment that is run", "SELECT /*! '* /' */ a", "SELECT '* /' a"},
		{"a name that begins with a digit", "SELECT 2fa, 1ea, 0x1g FROM t.5e3", "SELECT 2fa , 1ea , 0x1g FROM t . 5e3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			toks, _, err := tokenize(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if got := tokenTexts(tt.text, toks); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Of these not even the tokens are sure, or no server accepts them.
func TestTokenizeRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"SELECT 'a", `SELECT 'a\'`, `SELECT "a`, "SELECT `a", "SELECT /* a", "SELECT /*/", "SELECT \x01", "SELECT a\x7f", "SELECT \\a",
		"SELECT @", "SELECT @ a", "SELECT @@", "SELECT @'a", "SELECT @`a", "SELECT x'1", "SELECT x'1'", "SELECT b'2'", "SELECT x'",
		// A comment to the end of the line ends there for the server.
		"SELECT 1 -- \x00; DROP TABLE t", "SELECT 1\x00", "SELECT 'a\x00'", "SELECT `a\x00`",
		"SELECT 1 --\x01 a",
		// The parser takes some bytes past ASCII for blanks.
		"SELECT 1\xa0", "SELECT '\xff'", "SELECT \x85a",
		// Which servers take the comment for a part of the statement depends on their version.
		"SELECT 1 /*!50700 + 1 */", "SELECT 1 /*!80000 + 1 */", "SELECT 1 /*!100100 + 1 */", "SELECT 1 /*!1 + 1 */",
		"SELECT 1 /*M! + 1 */", "SELECT 1 /*M!100100 + 1 */", "SELECT 1 /*T! + 1 */", "SELECT 1 /*T![auto_rand] + 1 */",
		"SELECT 1 /*! + 1", "SELECT 1 /*! + /* a */ 1 */", "SELECT 1 /*!; DROP TABLE t */", "SELECT 1 /*! -- */",
		// The driver takes the comment to end elsewhere than the server, and may put an argument into it.
		"SELECT 1 /*/ ? */", "SELECT 1 --\v ?", "SELECT 1 --\f ?", "SELECT 1 /*! + '*/ ? ' */",
		"SELECT /*+ INDEX(`a*/`) */ 1", "SELECT /*+ QB_NAME(\"a\") */ 1", "SELECT /*+ a",
	} {
		if toks, _, err := tokenize(text); err == nil {
			t.Errorf("%q became %q, want an error", text, tokenTexts(text, toks))
		}
		if st := Parse(text); st.Kind != dialect.KindUnknown || st.Taint != dialect.TaintAll || st.Incomplete == "" || st.Volatile == "" {
			t.Errorf("%q is %v, want unknown", text, st.Kind)
		}
	}
}

// The parser reads these otherwise than a server does, or may.
func TestTokenizeOdd(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		// The parser takes the word behind a point for a name, past blanks too.
		"SELECT a. from FROM t", "SELECT a .b FROM t", "SELECT 1. FROM t", "SELECT @a. FROM t", "SELECT .t.a FROM t", "SELECT f().b",
		"SELECT a. /* c */ b FROM t", "SELECT a.\nb FROM t", "SELECT .a", "SELECT a.", "SELECT a..0",
		// A name to the server, a number and an alias to the parser, or the reverse.
		"SELECT 2fa FROM t", "SELECT 0X1F", "SELECT 0B01", "SELECT 0x1g", "SELECT 0x", "SELECT 0b12", "SELECT 1ea", "SELECT 1.5ea", "SELECT 1e5a", "SELECT t.1a", "SELECT t.1e5",
		// The server's longest numbers; the parser panics above 81 digits, or gives another value.
		"SELECT " + strings.Repeat("9", tokMaxDigits+1), "SELECT 1." + strings.Repeat("1", tokMaxScale+1),
		// A call of a stored function.
		"SELECT count (*) FROM t", "SELECT MAX /* c */ (a) FROM t", "SELECT now\t()", "SELECT substr (a, 1)", "SELECT date_format (a, b)",
		// Texts in dollars are new in MySQL 9, and the parser's.
		"SELECT $a$b$a$", "SELECT $$a$$", "SELECT $a$",
		// The server forgets the second one.
		"SELECT a=!b", "SELECT a>!b", "SELECT a=>b", "SELECT a<>=b", "SELECT a<=>=b", "SELECT a<<=b",
		"SELECT \\N", "SELECT ?a", "SELECT a?", "SELECT @é", "SELECT ``", "SELECT `a `",
		"SELECT /*+ SET_VAR(sql_mode = 'ANSI') */ 1", "SELECT /*+ set_var(a = 1) */ 1",
	} {
		_, shape, err := tokenize(text)
		switch {
		case err != nil && !strings.Contains(text, "'"): // a hint with a quote is refused anyway
			t.Errorf("%q: %v", text, err)
		case err == nil && shape.odd == "":
			t.Errorf("%q is not odd", text)
		}
		if st := Parse(text); st.Incomplete == "" {
			t.Errorf("%q was understood", text)
		}
	}
	for _, text := range []string{
		"SELECT t.a, `t`.`a`, db.t.*, `db`.t.`a b`, t.from FROM t", "SELECT COUNT(*), f (a), `count` (b) FROM t", "SELECT 1-.5, (.5), a*.5",
		"SELECT a = -1, b = ! c, d <=> e, f>=-1", "SELECT a$b, $a FROM t", "SELECT " + strings.Repeat("9", tokMaxDigits) + ", 1." + strings.Repeat("1", tokMaxScale),
		"SELECT /*+ INDEX(`t` `i`) */ ? , (?)", "SELECT /*+ a */ @a, @@b.c, @`d`",
	} {
		if _, shape, err := tokenize(text); err != nil || shape.odd != "" {
			t.Errorf("%q: %q %v", text, shape.odd, err)
		}
	}
}

func TestTokenizeShape(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text                               string
		depth, chain, joins, blocks, again int
	}{
		{"a", 0, 1, 0, 0, 1},
		{"((a)(b))", 2, 2, 0, 0, 1},
		{"{d 'a'}[b]", 1, 2, 0, 0, 1},
		{")))(a)", 1, 4, 0, 0, 1},
		{"CASE WHEN a THEN CASE b WHEN 1 THEN 2 END END", 2, 12, 0, 2, 1},
		{"(case (a) end)", 3, 3, 0, 1, 1},
		{"- - NOT a + b, - c", 0, 6, 0, 0, 1},
		{"- (- - a) - b; c d", 1, 4, 0, 0, 1},
		{"a JOIN b UNION c, d EXCEPT (e INTERSECT f)", 1, 9, 4, 0, 1},
		// Tables are joined by commas.
		{"SELECT a, b FROM c, d, e", 0, 7, 0, 0, 1},
		{"SELECT a FROM c, (d, e) WHERE f, g", 1, 8, 0, 0, 1},
		{"UPDATE a, b SET c, d", 0, 6, 0, 0, 1},
		{"BEGIN IF a THEN LOOP b; END LOOP; WHILE c DO REPEAT", 0, 6, 0, 6, 1},
		// What the parser reads again.
		{"INTERVAL(INTERVAL(a, b), c)", 2, 2, 0, 0, 9},
		{"INTERVAL(a, b), INTERVAL(c, d)", 1, 2, 0, 0, 3},
		{"a + INTERVAL 1 DAY + INTERVAL ? DAY + INTERVAL '1' DAY", 0, 13, 0, 0, 3},
		{"JSON_VALUE(JSON_VALUE(a, b), c)", 2, 2, 0, 0, 4},
		{"((SELECT a))", 2, 2, 0, 0, 3},
		{"(SELECT a)", 1, 2, 0, 0, 1},
		{"((SELECT a, (((WITH b", 5, 2, 0, 0, 12},
	} {
		_, s, err := tokenize(tt.text)
		if err != nil || s.depth != tt.depth || s.chain != tt.chain || s.joins != tt.joins || s.blocks != tt.blocks || s.again != tt.again {
			t.Errorf("%q: %+v, %v; want %d %d %d %d %d", tt.text, s, err, tt.depth, tt.chain, tt.joins, tt.blocks, tt.again)
		}
	}
}

// TestTokenizeBounds: what goes into itself for each level must not get there.
func TestTokenizeBounds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		shape tokShape
		text  string
		want  bool
	}{
		{tokShape{depth: tokMaxDepth, chain: tokMaxChain, joins: tokMaxJoins, blocks: tokMaxBlocks, again: tokMaxAgain}, "", false},
		{tokShape{depth: tokMaxDepth + 1}, "", true},
		{tokShape{chain: tokMaxChain + 1}, "", true},
		{tokShape{joins: tokMaxJoins + 1}, "", true},
		{tokShape{blocks: tokMaxBlocks + 1}, "", true},
		{tokShape{again: tokMaxAgain + 1}, "", true},
		{tokShape{odd: "it is odd"}, "", true},
		{tokShape{}, strings.Repeat("x", tokMaxText+1), true},
	} {
		if got := tt.shape.refuse(tt.text); (got != "") != tt.want {
			t.Errorf("%+v: %q", tt.shape, got)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"a": "`a`", "A b": "`A b`", "a`b": "`a``b`", "": "``"} {
		if got := nameQuote(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
		if got := tokUnquote(want); got != name {
			t.Errorf("%s: got %q back, want %q", want, got, name)
		}
	}
	for word, want := range map[string]string{"aB": "ab", "ÀB": "Àb", "ab": "ab", "\u212aey": "\u212aey"} { // a Kelvin is no k
		if got := tokFold(word); got != want {
			t.Errorf("%s: got %s, want %s", word, got, want)
		}
	}
}

// FuzzTokenize compares the tokens with what the parser's own scanner makes of the text:
// what is given to it must be read alike.
func FuzzTokenize(f *testing.F) {
	for _, c := range corpus(f) {
		f.Add(c.Text)
	}
	for _, text := range []string{
		"/*/", "SELECT '\\'", "SELECT 'a' \"b\"", "1e+", "0x", "$a$$a$", "a--b", "--\n1", "#\na", "1.a", "a.1", "@a.b", "@@`a`", "x'0'", "N'a'", "/*!1*/",
		"/*!40001 a*/", "a*/*b*/c", "SELECT 1 /*! ' */ ' */", "=>", "<=>=", ":=", "`a``b`", "SELECT /*+ a */ 1", "é", "{d '1'}", "\\N", "?",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		toks, shape, err := tokenize(text)
		if err != nil {
			return
		}
		end := int32(0)
		for _, tk := range toks {
			if tk.pos < end || tk.end <= tk.pos || int(tk.end) > len(text) {
				t.Fatalf("token %d:%d after %d in a text of %d bytes", tk.pos, tk.end, end, len(text))
			}
			end = tk.end
		}
		if shape.depth < 0 || shape.depth > len(toks) || shape.chain > len(toks) {
			t.Fatalf("%+v of %d tokens", shape, len(toks))
		}
		if shape.refuse(text) != "" {
			return
		}
		p := parser.New()
		stmts, _, err := p.ParseSQL(text)
		if err != nil {
			return
		}
		// The parser's comments lie between our tokens, and between our tokens lies
		// nothing else.
		between, comments := []byte(text), p.Comments()
		for _, tk := range toks {
			for _, c := range comments {
				if int(tk.pos) < c.End && c.Begin < int(tk.end) {
					t.Fatalf("the token at %d is in the parser's comment at %d", tk.pos, c.Begin)
				}
			}
			blankOut(between, int(tk.pos), int(tk.end))
		}
		for _, c := range comments {
			blankOut(between, c.Begin, c.End)
		}
		rest := string(between)
		for range shape.bangs {
			rest = strings.Replace(strings.Replace(rest, "/*!", "", 1), "*/", "", 1)
		}
		if !strings.Contains(rest, "/*+") && strings.Trim(rest, " \t\r\n\v\f0123456789") != "" {
			t.Fatalf("between the tokens stands %q", rest)
		}
		checkMarkers(t, text, toks, stmts)
	})
}

func blankOut(b []byte, from, to int) {
	for i := from; i < to; i++ {
		b[i] = ' '
	}
}

// checkMarkers compares the places of the parameters with those in the parser's trees.
func checkMarkers(t *testing.T, text string, toks []tok, stmts []ast.StmtNode) {
	t.Helper()
	ours, theirs := make(map[int]bool), make(map[int]bool)
	for _, tk := range toks {
		if tk.kind == tokParam {
			ours[int(tk.pos)] = true
		}
	}
	for _, stmt := range stmts {
		visitNodes(stmt, func(n ast.Node) {
			if m, ok := n.(*ast.ParamMarkerExprBase); ok {
				theirs[m.Offset] = true
			}
		})
	}
	for at := range theirs {
		if !ours[at] {
			t.Fatalf("%q: the parser has a parameter at %d", text, at)
		}
	}
}

// visitor calls a function for each node.
type visitor func(ast.Node)

func (v visitor) Enter(n ast.Node) (ast.Node, bool) { v(n); return n, false }
func (visitor) Leave(n ast.Node) (ast.Node, bool)   { return n, true }

func visitNodes(n ast.Node, f func(ast.Node)) { n.Accept(visitor(f)) }
