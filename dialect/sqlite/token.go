package sqlite

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The bounds of what is given to the parser. A text beyond them is judged by
// its tokens alone. They are checked before the parser runs, because running
// out of stack cannot be recovered from.
const (
	// tokMaxText is the longest text that is parsed, in bytes. It is a little
	// above SQLite's own default limit (1,000,000).
	tokMaxText = 1 << 20
	// tokMaxDepth is the deepest nesting of parentheses and CASE that is
	// parsed. SQLite's own limit on the depth of an expression is 1000.
	tokMaxDepth = 200
	// tokMaxScan is the longest text that is split into tokens at all. Big
	// INSERTs of literals lie between the two limits: their target is still
	// told from the tokens.
	tokMaxScan = 64 << 20
	// tokMaxParam is the highest number that a parameter may have. SQLite's
	// default is 32766; some builds raise it to 250000.
	tokMaxParam = 1 << 20
)

// tokKind is the class of a token. It is coarser than the parser's: words are
// not told from keywords here.
type tokKind uint8

const (
	tokWord   tokKind = iota // an unquoted name or a keyword
	tokQuoted                // "x", `x` or [x]
	tokString                // 'x'
	tokNumber
	tokBlob
	tokParam
	tokOp // an operator or a comma; tokLP to tokSemi are told apart
	tokLP
	tokRP
	tokDot
	tokComma
	tokSemi
)

// tok is one token: text[pos:end].
type tok struct {
	kind     tokKind
	pos, end int32
}

// tokError says that a text cannot be split into tokens, so that nothing can be
// told about it.
type tokError struct {
	pos  int
	what string
}

// Error describes the failure and its place; it does not repeat the text,
// which may hold private values.
func (e *tokError) Error() string {
	return fmt.Sprintf("%s at byte %d", e.what, e.pos)
}

var errTokTooLong = errors.New("the text is too long to be analysed")

// tokenize splits a text the way SQLite's tokenizer does: blanks and comments
// are dropped. depth is the deepest nesting of parentheses and CASE.
func tokenize(text string) (toks []tok, depth int, err error) {
	if len(text) > tokMaxScan {
		return nil, 0, errTokTooLong
	}
	toks = make([]tok, 0, len(text)/4+8)
	open, cases := 0, 0
	for i := 0; i < len(text); {
		kind, n, space, what := tokScan(text, i)
		if what != "" {
			return nil, 0, &tokError{pos: i, what: what}
		}
		if space {
			i += n
			continue
		}
		t := tok{kind: kind, pos: int32(i), end: int32(i + n)} //nolint:gosec // the text is bounded
		switch kind {
		case tokLP:
			open++
		case tokRP:
			if open > 0 {
				open--
			}
		case tokWord:
			switch {
			case tokFoldEqual(text[i:i+n], "case"):
				cases++
			case cases > 0 && tokFoldEqual(text[i:i+n], "end") && (len(toks) == 0 || toks[len(toks)-1].kind != tokDot):
				cases--
			}
		}
		depth = max(depth, open+cases)
		toks = append(toks, t)
		i += n
	}
	return toks, depth, nil
}

// tokScan reads the token that begins at text[i]. It follows sqlite3GetToken.
// A what that is not empty says why there is none.
func tokScan(text string, i int) (kind tokKind, n int, space bool, what string) {
	// at stands in for the NUL that ends a C string.
	at := func(off int) byte {
		if i+off < len(text) {
			return text[i+off]
		}
		return 0
	}
	c := text[i]
	switch c {
	case 0:
		// SQLite takes the text to end here; drivers disagree about the rest.
		return 0, 0, false, "a NUL byte"
	case ' ', '\t', '\n', '\f', '\r':
		n = 1
		for at(n) == ' ' || at(n) >= '\t' && at(n) <= '\r' {
			n++
		}
		return 0, n, true, ""
	case '-':
		if at(1) == '-' {
			n = 2
			for i+n < len(text) && text[i+n] != '\n' {
				if text[i+n] == 0 {
					return 0, 0, false, "a NUL byte"
				}
				n++
			}
			return 0, n, true, ""
		}
		if at(1) == '>' {
			if at(2) == '>' {
				return tokOp, 3, false, ""
			}
			return tokOp, 2, false, ""
		}
		return tokOp, 1, false, ""
	case '/':
		if at(1) != '*' || i+2 >= len(text) {
			return tokOp, 1, false, ""
		}
		return tokScanComment(text, i)
	case '(':
		return tokLP, 1, false, ""
	case ')':
		return tokRP, 1, false, ""
	case ';':
		return tokSemi, 1, false, ""
	case ',':
		return tokComma, 1, false, ""
	case '+', '*', '%', '&', '~':
		return tokOp, 1, false, ""
	case '=':
		return tokOp, tokOneOr(at(1) == '='), false, ""
	case '<':
		return tokOp, tokOneOr(at(1) == '=' || at(1) == '>' || at(1) == '<'), false, ""
	case '>':
		return tokOp, tokOneOr(at(1) == '=' || at(1) == '>'), false, ""
	case '|':
		return tokOp, tokOneOr(at(1) == '|'), false, ""
	case '!':
		if at(1) != '=' {
			return 0, 0, false, "an unknown character"
		}
		return tokOp, 2, false, ""
	case '\'', '"', '`':
		return tokScanQuoted(text, i)
	case '[':
		for n = 1; i+n < len(text) && text[i+n] != 0; n++ {
			if text[i+n] == ']' {
				return tokQuoted, n + 1, false, ""
			}
		}
		return 0, 0, false, "an unterminated name"
	case '.':
		if !tokDigit(at(1)) {
			return tokDot, 1, false, ""
		}
		return tokScanNumber(text, i)
	case '?':
		for n = 1; tokDigit(at(n)); n++ {
		}
		return tokParam, n, false, ""
	case '$', '@', '#', ':':
		return tokScanVariable(text, i)
	case 'x', 'X':
		if at(1) == '\'' {
			for n = 2; tokHex(at(n)); n++ {
			}
			if at(n) != '\'' || n%2 != 0 {
				return 0, 0, false, "a malformed blob"
			}
			return tokBlob, n + 1, false, ""
		}
	case 0xef:
		if at(1) == 0xbb && at(2) == 0xbf { // a byte order mark
			return 0, 3, true, ""
		}
	}
	switch {
	case tokDigit(c):
		return tokScanNumber(text, i)
	case tokNameByte(c):
		for n = 1; tokNameByte(at(n)); n++ {
		}
		return tokWord, n, false, ""
	}
	return 0, 0, false, "an unknown character"
}

func tokOneOr(two bool) int {
	if two {
		return 2
	}
	return 1
}

// tokScanComment reads a comment in slashes and stars. One that is not closed
// runs to the end of the text, as in SQLite.
func tokScanComment(text string, i int) (kind tokKind, n int, space bool, what string) {
	for n = 2; i+n < len(text); n++ {
		if text[i+n] == 0 {
			return 0, 0, false, "a NUL byte"
		}
		// The star of the opening does not count: /*/ does not close itself.
		if n > 2 && text[i+n] == '/' && text[i+n-1] == '*' {
			return 0, n + 1, true, ""
		}
	}
	return 0, n, true, ""
}

// tokScanQuoted reads a text or a name in quotes; a doubled quote stands for
// itself.
func tokScanQuoted(text string, i int) (kind tokKind, n int, space bool, what string) {
	q := text[i]
	for n = 1; i+n < len(text) && text[i+n] != 0; n++ {
		if text[i+n] != q {
			continue
		}
		if i+n+1 < len(text) && text[i+n+1] == q {
			n++
			continue
		}
		if q == '\'' {
			return tokString, n + 1, false, ""
		}
		return tokQuoted, n + 1, false, ""
	}
	return 0, 0, false, "an unterminated quote"
}

// tokScanNumber reads a number. One that runs into a name is no token.
func tokScanNumber(text string, i int) (kind tokKind, n int, space bool, what string) {
	at := func(off int) byte {
		if i+off < len(text) {
			return text[i+off]
		}
		return 0
	}
	digits := func(is func(byte) bool) {
		for is(at(n)) || at(n) == '_' {
			n++
		}
	}
	if at(0) == '0' && (at(1) == 'x' || at(1) == 'X') && tokHex(at(2)) {
		n = 2
		digits(tokHex)
	} else {
		digits(tokDigit)
		if at(n) == '.' {
			n++
			digits(tokDigit)
		}
		if (at(n) == 'e' || at(n) == 'E') && (tokDigit(at(n+1)) || (at(n+1) == '+' || at(n+1) == '-') && tokDigit(at(n+2))) {
			n += 2
			digits(tokDigit)
		}
	}
	if tokNameByte(at(n)) {
		return 0, 0, false, "a malformed number"
	}
	return tokNumber, n, false, ""
}

// tokScanVariable reads a named parameter, with the forms $a::b and $a(b) that
// SQLite takes from TCL.
func tokScanVariable(text string, i int) (kind tokKind, n int, space bool, what string) {
	at := func(off int) byte {
		if i+off < len(text) {
			return text[i+off]
		}
		return 0
	}
	named := false
	for n = 1; at(n) != 0; n++ {
		c := at(n)
		switch {
		case tokNameByte(c):
			named = true
		case c == '(' && named:
			for n++; at(n) != 0 && at(n) != ')' && at(n) != ' ' && (at(n) < '\t' || at(n) > '\r'); n++ {
			}
			if at(n) != ')' {
				return 0, 0, false, "a malformed parameter"
			}
			return tokParam, n + 1, false, ""
		case c == ':' && at(n+1) == ':':
			n++
		case named:
			return tokParam, n, false, ""
		default:
			return 0, 0, false, "a malformed parameter"
		}
	}
	if !named {
		return 0, 0, false, "a malformed parameter"
	}
	return tokParam, n, false, ""
}

func tokDigit(c byte) bool { return c >= '0' && c <= '9' }

func tokHex(c byte) bool {
	return tokDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// tokNameByte reports whether c may stand in an unquoted name.
func tokNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || tokDigit(c) || c == '_' || c == '$' || c >= 0x80
}

// tokFoldEqual reports whether a word is the given one, which must be in lower
// case. ASCII letters alone are folded, as SQLite does.
func tokFoldEqual(word, lower string) bool {
	if len(word) != len(lower) {
		return false
	}
	for i := range len(word) {
		c := word[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// tokUnquote returns the name or text that a token stands for.
func tokUnquote(raw string) string {
	if len(raw) < 2 {
		return raw
	}
	q := raw[0]
	switch q {
	case '[':
		return raw[1 : len(raw)-1]
	case '"', '`', '\'':
	default:
		return raw
	}
	body := raw[1 : len(raw)-1]
	if strings.IndexByte(body, q) < 0 {
		return body
	}
	quote := string(rune(q))
	return strings.ReplaceAll(body, quote+quote, quote)
}

// tokParams returns the highest number that a parameter has, by SQLite's rules
// of numbering, and whether one has a name. ok is false when a number is out
// of bounds, so that SQLite refuses the text.
func tokParams(text string, toks []tok) (highest int, named, ok bool) {
	var names map[string]struct{}
	ok = true
	for _, t := range toks {
		if t.kind != tokParam {
			continue
		}
		raw := text[t.pos:t.end]
		switch {
		case raw == "?":
			highest++
		case raw[0] == '?':
			n, err := strconv.Atoi(raw[1:])
			if err != nil || n < 1 || n > tokMaxParam {
				ok = false
				continue
			}
			highest = max(highest, n)
		default:
			named = true
			if _, seen := names[raw]; seen {
				continue
			}
			if names == nil {
				names = make(map[string]struct{})
			}
			names[raw] = struct{}{}
			highest++
		}
	}
	return highest, named, ok && highest <= tokMaxParam
}
