package sqlite

import (
	"strings"
	"testing"

	"github.com/sqlc-dev/meyer/lexer"
	"github.com/sqlc-dev/meyer/token"
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
		{"blanks", " \t\n\f\r", ""},
		{"vertical tab inside blanks", "a \v b", "a b"},
		{"byte order mark", "\xef\xbb\xbfSELECT 1", "SELECT 1"},
		{"line comment", "a -- b ; 'c\nd", "a d"},
		{"line comment at the end", "a --", "a"},
		{"comment", "a/* ' ; */b", "a b"},
		{"comment of stars", "a/***/b", "a b"},
		{"comment that opens like it closes", "a/*/ b */c", "a c"},
		{"empty comment", "a/**/b", "a b"},
		{"comment without an end", "a/* b", "a"},
		{"slash", "a/b", "a / b"},
		{"no comment in a text", "'--' '/*'", "'--' '/*'"},
		{"quotes", `'a''b' "a""b" ` + "`a``b` [a\"b]", `'a''b' "a""b" ` + "`a``b` [a\"b]"},
		{"semicolon in quotes", `';' ";"`, `';' ";"`},
		{"numbers", "1 1.5 .5 1. 1e5 1e+5 1.5E-3 0x1F 1_000 1_0.5_5", "1 1.5 .5 1. 1e5 1e+5 1.5E-3 0x1F 1_000 1_0.5_5"},
		{"dot between names", "a.b.c", "a . b . c"},
		{"blob and name", "x'1F' X'' x xy", "x'1F' X'' x xy"},
		{"parameters", "? ?12 :a @b $c $a::b(c) $a(b)", "? ?12 :a @b $c $a::b(c) $a(b)"},
		{"parameter at a name", "a=:b", "a = :b"},
		{"operators", "a->b->>c||d|e<=f<>g!=h==i<<j>>k>=l&m~n%o*p+q-r", "a -> b ->> c || d | e <= f <> g != h == i << j >> k >= l & m ~ n % o * p + q - r"},
		{"names past ASCII", "ключ=日本", "ключ = 日本"},
		{"dollar in a name", "a$b", "a$b"},
		{"punctuation", "(a,b);", "( a , b ) ;"},
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
		"SELECT 'a", `SELECT "a`, "SELECT `a", "SELECT [a", "SELECT x'1", "SELECT x'1'", "SELECT x'zz'",
		"SELECT 1a", "SELECT 0x1g", "SELECT !", "SELECT \x01", "SELECT {", "SELECT \\", "SELECT :", "SELECT $a(b", "SELECT $",
		// What stands behind a NUL is read by some drivers and not by others.
		"SELECT 1\x00; DROP TABLE t", "SELECT 'a\x00'", "SELECT 1 -- \x00", "SELECT 1 /* \x00 */", "SELECT a\x00",
	} {
		if toks, _, err := tokenize(text); err == nil {
			t.Errorf("%q became %q, want an error", text, tokenTexts(text, toks))
		}
		if st := Parse(text); st.Kind.String() != "unknown" {
			t.Errorf("%q is %v, want unknown", text, st.Kind)
		}
	}
}

func TestTokenizeDepth(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		want int
	}{
		{"a", 0},
		{"(a)", 1},
		{"((a)(b))", 2},
		{")))(a)", 1},
		{"CASE WHEN a THEN CASE b WHEN 1 THEN 2 END END", 2},
		{"(case (a) end)", 3},
		{"CASE WHEN t.end THEN (1) END", 2}, // a column named end
		{`"case" 'case' ((`, 2},
		{"BEGIN END END (a)", 1},
	} {
		_, depth, err := tokenize(tt.text)
		if err != nil || depth != tt.want {
			t.Errorf("%q: depth %d, %v; want %d", tt.text, depth, err, tt.want)
		}
	}
}

func TestTokenUnquote(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"a": "a", `"a"`: "a", `"a""b"`: `a"b`, "`a``b`": "a`b", "[a]": "a", "[a[b]": "a[b", "'a''b'": "a'b", `""`: "", "": "",
	} {
		if got := tokUnquote(raw); got != want {
			t.Errorf("%s: got %q, want %q", raw, got, want)
		}
	}
}

func TestTokenParams(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text    string
		highest int
		named   bool
		ok      bool
	}{
		{"a", 0, false, true},
		{"? ?", 2, false, true},
		{"?5 ?", 6, false, true},
		{"? ?5 ?2 ?", 6, false, true},
		{":a @a $a :a", 3, true, true},
		{":a ? :a ?", 3, true, true},
		{"?3 :a", 4, true, true},
		{"'?' -- ?", 0, false, true},
		{"?0", 0, false, false},
		{"?99999999999999999999", 0, false, false},
		{"?1048577", 0, false, false},
		{"?1048576", 1048576, false, true},
		{"?1048576 ?", 1048577, false, false},
	} {
		toks, _, err := tokenize(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		highest, named, ok := tokParams(tt.text, toks)
		if highest != tt.highest || named != tt.named || ok != tt.ok {
			t.Errorf("%q: got %d %v %v, want %d %v %v", tt.text, highest, named, ok, tt.highest, tt.named, tt.ok)
		}
	}
}

// FuzzTokenize compares the tokens with those of the parser's own tokenizer,
// which is a port of SQLite's: whatever we take for a token it does too, and
// what it cannot read we refuse.
func FuzzTokenize(f *testing.F) {
	for _, c := range corpus(f) {
		f.Add(c.Text)
	}
	for _, text := range []string{"/*/", "$a::b(c)", "1e+", "0x", "x'", "\xef\xbb\xbf;", "a--b\x00c", "[", "1_", "CASE(END)"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		toks, depth, err := tokenize(text)
		if err != nil {
			return
		}
		if depth < 0 || depth > len(toks) {
			t.Fatalf("depth %d of %d tokens", depth, len(toks))
		}
		end := int32(0)
		for _, tk := range toks {
			if tk.pos < end || tk.end <= tk.pos || int(tk.end) > len(text) {
				t.Fatalf("token %d:%d after %d in a text of %d bytes", tk.pos, tk.end, end, len(text))
			}
			end = tk.end
		}
		theirs := lexer.Lex(text)
		theirs = theirs[:len(theirs)-1] // the end of the text
		if len(theirs) != len(toks) {
			t.Fatalf("%d tokens, the parser has %d", len(toks), len(theirs))
		}
		for i, tk := range toks {
			if their := theirs[i]; their.Kind == token.ILLEGAL || their.Pos != int(tk.pos) || their.End != int(tk.end) {
				t.Fatalf("token %d is %d:%d, the parser has %v %d:%d", i, tk.pos, tk.end, their.Kind, their.Pos, their.End)
			}
		}
	})
}
