package postgres

import (
	"strings"
	"testing"

	"github.com/sqlc-dev/oliphant/ast"
	"github.com/sqlc-dev/oliphant/parser"
	"google.golang.org/protobuf/proto"

	"github.com/cacheops/cacheops/internal/dialecttest"
)

// tokenTexts returns the texts of the tokens, joined by blanks.
func tokenTexts(text string, toks []tok) string {
	var parts []string
	for _, t := range toks {
		parts = append(parts, text[t.pos:t.end])
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
		{"comment", "a/* ' ; */b", "a b"},
		{"comment in a comment", "a/* /* b */ c */d", "a d"},
		{"comment of stars", "a/***/b", "a b"},
		{"no comment in a text", "'--' '/*'", "'--' '/*'"},
		{"quotes", `'a''b' "a""b"`, `'a''b' "a""b"`},
		{"backslash in a plain text", `'a\' b '\'`, `'a\' b '\'`},
		{"escapes", `E'a\'b' e'\\' c`, `E'a\'b' e'\\' c`},
		{"text that goes on", "'a'\n 'b' c", "'a'\n 'b' c"},
		{"text that goes on with escapes", "E'a' -- x\n '\\'' b", "E'a' -- x\n '\\'' b"},
		{"text that does not go on", "'a' 'b'", "'a' 'b'"},
		{"unicode", `U&'\0041' u&"x" U & 'a'`, `U&'\0041' u&"x" U & 'a'`},
		{"bits", "B'01' x'1F' N'a' B''''", "B'01' x'1F' N 'a' B'' ''"},
		{"dollars", "$$a'$x$b$$ $t$ $$ ; $t$ $1 $é$x$é$", "$$a'$x$b$$ $t$ $$ ; $t$ $1 $é$x$é$"},
		{"dollar in a name", "a$1 b$$", "a$1 b$$"},
		{"numbers", "1 1.5 .5 1. 1e5 1e+5 1.5E-3 0x1F 0b01 1_000 1..2", "1 1.5 .5 1. 1e5 1e+5 1.5E-3 0x1F 0b01 1_000 1 .. 2"},
		{"parameters", "$1+$22", "$1 + $22"},
		{"casts", "a::int[]", "a :: int [ ]"},
		{"operators", "a->b->>c||d|e<=f<>g!=h@>i?|j#>>k~*l", "a -> b ->> c || d | e <= f <> g != h @> i ?| j #>> k ~* l"},
		{"operator before a sign", "a*-b =-1 @-c", "a * - b = - 1 @- c"},
		{"operator before a comment", "a+--b\n*/*c*/d", "a + * d"},
		{"names past ASCII", "ключ=日本", "ключ = 日本"},
		{"punctuation", "(a,b)[c];d.e :f g:=h", "( a , b ) [ c ] ; d . e : f g := h"},
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

func TestTokenizeRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"SELECT 'a", `SELECT E'a\'`, `SELECT "a`, "SELECT $$a", "SELECT $a$b$c$", "SELECT /* /* */", "SELECT \x01", "SELECT {", "SELECT \\", "SELECT $",
		// What stands behind a NUL is not sent.
		"SELECT 1\x00; DROP TABLE t", "SELECT 'a\x00'", "SELECT 1 -- \x00", "SELECT a\x00",
	} {
		if toks, _, err := tokenize(text); err == nil {
			t.Errorf("%q became %q, want an error", text, tokenTexts(text, toks))
		}
		if st := Parse(text); st.Kind.String() != "unknown" {
			t.Errorf("%q is %v, want unknown", text, st.Kind)
		}
	}
}

func TestTokenizeShape(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text                string
		depth, chain, joins int
	}{
		{"a", 0, 0, 0},
		{"((a)(b))", 2, 0, 0},
		{"a[b[c]](d)", 2, 0, 0},
		{")))(a)", 1, 0, 0},
		{"CASE WHEN a THEN CASE b WHEN 1 THEN 2 END END", 2, 0, 0},
		{"(case (a) end)", 3, 0, 0},
		{"- - NOT a + b, - c", 0, 4, 0},
		{"- (- - a) - b", 1, 2, 0},
		{"a::b IS NOT NULL", 0, 3, 0},
		{"a AND b OR c", 0, 0, 0},
		{"a JOIN b UNION c, d EXCEPT (e INTERSECT f)", 1, 0, 4},
	} {
		_, s, err := tokenize(tt.text)
		if err != nil || s.depth != tt.depth || s.chain != tt.chain || s.joins != tt.joins {
			t.Errorf("%q: %+v, %v; want %d %d %d", tt.text, s, err, tt.depth, tt.chain, tt.joins)
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
		{tokShape{depth: tokMaxDepth, chain: tokMaxChain, joins: tokMaxJoins}, "", false},
		{tokShape{depth: tokMaxDepth + 1}, "", true},
		{tokShape{chain: tokMaxChain + 1}, "", true},
		{tokShape{joins: tokMaxJoins + 1}, "", true},
		{tokShape{}, strings.Repeat("x", tokMaxText+1), true},
	} {
		if got := tt.shape.refuse(tt.text); (got != "") != tt.want {
			t.Errorf("%+v: %q", tt.shape, got)
		}
	}
}

func TestTokenParams(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text    string
		highest int
		ok      bool
	}{
		{"a", 0, true}, {"$1 $3 $2", 3, true}, {"'$4' -- $5\n$$ $6 $$", 0, true},
		{"$65535", 65535, true}, {"$0", 0, false}, {"$65536", 0, false}, {"$99999999999999999999", 0, false},
	} {
		toks, _, err := tokenize(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		if highest, ok := tokParams(tt.text, toks); highest != tt.highest || ok != tt.ok {
			t.Errorf("%q: got %d %v, want %d %v", tt.text, highest, ok, tt.highest, tt.ok)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"a": `"a"`, "A b": `"A b"`, `a"b`: `"a""b"`, "": `""`} {
		if got := nameQuote(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
		if got := tokUnquote(want); got != name {
			t.Errorf("%s: got %q back, want %q", want, got, name)
		}
	}
	for text, want := range map[string]string{"a": "'a'", "it's": "'it''s'", `a\b`: ` E'a\\b'`, `\'`: ` E'\\'''`} {
		if got := nameText(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
		if got := Parse("SELECT " + want).Query.Cores[0].Columns[0].Expr; dialecttest.PrintExpr(got) != dialecttest.PrintExpr(Parse("SELECT $q$" + text + "$q$").Query.Cores[0].Columns[0].Expr) {
			t.Errorf("%s reads as %s", want, dialecttest.PrintExpr(got))
		}
	}
	for word, want := range map[string]string{"aB": "ab", "ÀB": "Àb", "é": "é"} {
		if got := nameLower(word); got != want {
			t.Errorf("%s: got %s, want %s", word, got, want)
		}
	}
}

// FuzzTokenize compares the tokens with those of the parser's own scanner, which is
// a port of PostgreSQL's: what it reads we read alike.
func FuzzTokenize(f *testing.F) {
	for _, c := range corpus(f, "corpus.tsv") {
		f.Add(c.Text)
	}
	for _, text := range []string{"/*/", "e'\\'", "'a'\n'b'", "1e+", "0x", "$a$$a$", "a--b\x00c", "1_", "U&'a' UESCAPE '!'", "a+-b", ":=", "..", "=>", "$1a", "1..2"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		toks, shape, err := tokenize(text)
		if err == nil {
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
		}
		raw, scanErr := parser.ScanToProtobuf(text)
		if scanErr != nil {
			return
		}
		var scan ast.ScanResult
		if err := proto.Unmarshal(raw, &scan); err != nil {
			return
		}
		var theirs []*ast.ScanToken
		for _, tk := range scan.GetTokens() {
			if tk.GetToken() != ast.Token_SQL_COMMENT && tk.GetToken() != ast.Token_C_COMMENT {
				theirs = append(theirs, tk)
			}
		}
		if err != nil {
			return
		}
		if len(theirs) != len(toks) {
			t.Fatalf("%d tokens, the parser has %d", len(toks), len(theirs))
		}
		for i, tk := range toks {
			if their := theirs[i]; their.GetStart() != tk.pos || their.GetEnd() != tk.end {
				t.Fatalf("token %d is %d:%d, the parser has %v %d:%d", i, tk.pos, tk.end, their.GetToken(), their.GetStart(), their.GetEnd())
			}
		}
	})
}
