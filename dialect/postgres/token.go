package postgres

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The bounds of what is given to the parser. A text beyond them is judged by
// its tokens alone. They are checked before the parser runs, because it goes
// into itself for each level, and running out of stack cannot be recovered from.
const (
	// tokMaxText is the longest text that is parsed, in bytes.
	tokMaxText = 1 << 20
	// tokMaxDepth is the deepest nesting of parentheses, brackets and CASE that
	// is parsed. The parser's time grows with the square of it.
	tokMaxDepth = 200
	// tokMaxChain is how many operators and NOTs may stand between two commas or
	// parentheses: each may be a level of the tree.
	tokMaxChain = 1000
	// tokMaxJoins is how many JOINs, and how many UNIONs, EXCEPTs and INTERSECTs,
	// a text may have.
	tokMaxJoins = 1000
	// tokMaxScan is the longest text that is split into tokens at all. Big
	// INSERTs of literals lie between the two limits: their target is still
	// told from the tokens.
	tokMaxScan = 64 << 20
	// tokMaxParam is the highest number that a parameter may have: the protocol
	// counts them in 16 bits.
	tokMaxParam = 1<<16 - 1
)

// tokKind is the class of a token. It is coarser than the parser's: words are
// not told from keywords here.
type tokKind uint8

const (
	tokWord   tokKind = iota // an unquoted name or a keyword
	tokQuoted                // "x" or U&"x"
	tokString                // 'x', E'x', $$x$$ and the like
	tokNumber
	tokParam // $1
	tokOp    // an operator
	tokCast  // ::
	tokLP
	tokRP
	tokLB // [
	tokRB
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

// tokShape is how deep and how long a text is.
type tokShape struct {
	depth int // the deepest nesting of parentheses, brackets and CASE
	chain int // the most operators between two commas or parentheses
	joins int // the JOINs and set operations in all
}

// refuse says why a text must not be parsed, "" when it may.
func (s *tokShape) refuse(text string) string {
	switch {
	case len(text) > tokMaxText:
		return fmt.Sprintf("the text is longer than %d bytes", tokMaxText)
	case s.depth > tokMaxDepth:
		return fmt.Sprintf("parentheses and CASE are nested deeper than %d", tokMaxDepth)
	case s.chain > tokMaxChain:
		return fmt.Sprintf("more than %d operators stand in one expression", tokMaxChain)
	case s.joins > tokMaxJoins:
		return fmt.Sprintf("it has more than %d joins or set operations", tokMaxJoins)
	}
	return ""
}

// tokenize splits a text the way PostgreSQL's scanner does: blanks and comments
// are dropped.
//
// A backslash in a plain string is a character like any other. It is not where
// standard_conforming_strings is off; that is one of the settings of a session,
// and a connection that has it so takes no part in the cache.
func tokenize(text string) (toks []tok, shape tokShape, err error) {
	if len(text) > tokMaxScan {
		return nil, shape, errTokTooLong
	}
	if i := strings.IndexByte(text, 0); i >= 0 {
		// The protocol ends a text there: what stands behind is not sent.
		return nil, shape, &tokError{pos: i, what: "a zero byte stands in the text"}
	}
	toks = make([]tok, 0, len(text)/4+8)
	chains := []int{0} // of each open parenthesis
	cases := 0
	for i := 0; i < len(text); {
		kind, end, space, what := tokScan(text, i)
		if what != "" {
			return nil, shape, &tokError{pos: i, what: what}
		}
		if space {
			i = end
			continue
		}
		top := len(chains) - 1
		switch kind {
		case tokLP, tokLB:
			chains = append(chains, 0)
		case tokRP, tokRB:
			if top > 0 {
				chains = chains[:top]
			}
		case tokComma, tokSemi:
			chains[top] = 0
		case tokOp, tokCast:
			chains[top]++
		case tokWord:
			switch word := text[i:end]; {
			case tokFoldEqual(word, "not"), tokFoldEqual(word, "is"), tokFoldEqual(word, "like"), tokFoldEqual(word, "ilike"),
				tokFoldEqual(word, "collate"), tokFoldEqual(word, "between"), tokFoldEqual(word, "in"), tokFoldEqual(word, "at"),
				tokFoldEqual(word, "similar"), tokFoldEqual(word, "isnull"), tokFoldEqual(word, "notnull"), tokFoldEqual(word, "operator"):
				chains[top]++
			case tokFoldEqual(word, "join"), tokFoldEqual(word, "union"), tokFoldEqual(word, "except"), tokFoldEqual(word, "intersect"):
				shape.joins++
			case tokFoldEqual(word, "case"):
				cases++
			case tokFoldEqual(word, "end"):
				cases = max(cases-1, 0)
			}
		}
		shape.chain = max(shape.chain, chains[len(chains)-1])
		shape.depth = max(shape.depth, len(chains)-1+cases)
		toks = append(toks, tok{kind: kind, pos: int32(i), end: int32(end)}) //nolint:gosec // below tokMaxScan
		i = end
	}
	return toks, shape, nil
}

// tokScan reads the token, blank or comment at i. What says what is wrong.
func tokScan(text string, i int) (kind tokKind, end int, space bool, what string) {
	c := text[i]
	next := byte(0)
	if i+1 < len(text) {
		next = text[i+1]
	}
	switch {
	case tokSpace(c):
		return 0, i + 1, true, ""
	case c == '-' && next == '-':
		return 0, tokLine(text, i), true, ""
	case c == '/' && next == '*':
		end, ok := tokComment(text, i)
		if !ok {
			return 0, 0, false, "a comment is not closed"
		}
		return 0, end, true, ""
	case c == '\'':
		return tokQuotes(text, i, tokPlain)
	case c == '"':
		return tokDouble(text, i)
	case (c == 'e' || c == 'E') && next == '\'':
		return tokQuotes(text, i+1, tokEscapes)
	case (c == 'b' || c == 'B' || c == 'x' || c == 'X') && next == '\'':
		return tokQuotes(text, i+1, tokBits)
	case (c == 'u' || c == 'U') && next == '&' && i+2 < len(text) && text[i+2] == '\'':
		return tokQuotes(text, i+2, tokPlain)
	case (c == 'u' || c == 'U') && next == '&' && i+2 < len(text) && text[i+2] == '"':
		return tokDouble(text, i+2)
	case tokLetter(c):
		for i++; i < len(text) && (tokLetter(text[i]) || tokDigit(text[i]) || text[i] == '$'); i++ {
		}
		return tokWord, i, false, ""
	case tokDigit(c) || c == '.' && tokDigit(next):
		return tokNumber, tokNumberEnd(text, i), false, ""
	case c == '$':
		return tokDollar(text, i)
	}
	switch c {
	case '(':
		return tokLP, i + 1, false, ""
	case ')':
		return tokRP, i + 1, false, ""
	case '[':
		return tokLB, i + 1, false, ""
	case ']':
		return tokRB, i + 1, false, ""
	case '.':
		if next == '.' {
			return tokOp, i + 2, false, ""
		}
		return tokDot, i + 1, false, ""
	case ',':
		return tokComma, i + 1, false, ""
	case ';':
		return tokSemi, i + 1, false, ""
	case ':':
		if next == ':' {
			return tokCast, i + 2, false, ""
		}
		if next == '=' {
			return tokOp, i + 2, false, ""
		}
		return tokOp, i + 1, false, ""
	}
	if strings.IndexByte(tokOpChars, c) < 0 {
		return 0, 0, false, "a character is not known"
	}
	return tokOp, tokOperatorEnd(text, i), false, ""
}

func tokSpace(c byte) bool {
	return c == ' ' || '\t' <= c && c <= '\r' // tab, newline, vertical tab, form feed, return
}

func tokDigit(c byte) bool { return '0' <= c && c <= '9' }

// tokLetter reports whether a word can begin so. Every byte above ASCII is a
// letter to PostgreSQL.
func tokLetter(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c >= 0x80
}

// tokLine returns the end of the line that i is in.
func tokLine(text string, i int) int {
	for ; i < len(text) && text[i] != '\n' && text[i] != '\r'; i++ {
	}
	return i
}

// tokComment returns the end of the comment that begins at i. Comments nest.
func tokComment(text string, i int) (end int, ok bool) {
	depth := 0
	for i+1 < len(text) {
		switch {
		case text[i] == '/' && text[i+1] == '*':
			depth++
			i += 2
		case text[i] == '*' && text[i+1] == '/':
			depth--
			i += 2
			if depth == 0 {
				return i, true
			}
		default:
			i++
		}
	}
	return 0, false
}

// tokStyle is the kind of a string in quotes.
type tokStyle uint8

const (
	tokPlain   tokStyle = iota // '' stands for a quote
	tokEscapes                 // a backslash takes the next character with it, too
	tokBits                    // of B'01' and X'1F': the next quote ends it
)

// tokQuotes reads a string whose first quote is at i. It goes on behind a
// newline: 'a' and 'b' on two lines are one string, and what a backslash means
// in the second is told by the first.
func tokQuotes(text string, i int, style tokStyle) (kind tokKind, end int, space bool, what string) {
	for {
		i++
		for ; i < len(text); i++ {
			switch {
			case text[i] == '\\' && style == tokEscapes:
				i++
				continue
			case text[i] != '\'':
				continue
			case i+1 < len(text) && text[i+1] == '\'' && style != tokBits:
				i++
				continue
			}
			break
		}
		if i >= len(text) {
			return 0, 0, false, "a string is not closed"
		}
		i++
		more := tokContinued(text, i)
		if more < 0 {
			return tokString, i, false, ""
		}
		i = more
	}
}

// tokContinued returns where a string that was closed before i goes on, -1 where
// it does not.
func tokContinued(text string, i int) int {
	newline := false
	for i < len(text) {
		switch {
		case tokSpace(text[i]):
			newline = newline || text[i] == '\n' || text[i] == '\r'
			i++
		case strings.HasPrefix(text[i:], "--"):
			i = tokLine(text, i)
		case newline && text[i] == '\'':
			return i
		default:
			return -1
		}
	}
	return -1
}

// tokDouble reads a quoted name whose first quote is at i.
func tokDouble(text string, i int) (kind tokKind, end int, space bool, what string) {
	for i++; i < len(text); i++ {
		if text[i] != '"' {
			continue
		}
		if i+1 < len(text) && text[i+1] == '"' {
			i++
			continue
		}
		return tokQuoted, i + 1, false, ""
	}
	return 0, 0, false, "a quoted name is not closed"
}

// tokDollar reads a parameter or a string in dollars.
func tokDollar(text string, i int) (kind tokKind, end int, space bool, what string) {
	j := i + 1
	for ; j < len(text) && tokDigit(text[j]); j++ {
	}
	if j > i+1 {
		return tokParam, j, false, ""
	}
	for ; j < len(text) && (tokLetter(text[j]) || j > i+1 && tokDigit(text[j])); j++ {
	}
	if j >= len(text) || text[j] != '$' {
		return 0, 0, false, "a dollar stands alone"
	}
	tag := text[i : j+1]
	n := strings.Index(text[j+1:], tag)
	if n < 0 {
		return 0, 0, false, "a string in dollars is not closed"
	}
	return tokString, j + 1 + n + len(tag), false, ""
}

// tokNumberEnd returns the end of the number at i.
func tokNumberEnd(text string, i int) int {
	start := i
	if text[i] == '0' && i+2 < len(text) && strings.IndexByte("xXoObB", text[i+1]) >= 0 && (tokHex(text[i+2]) || text[i+2] == '_') {
		for i += 2; i < len(text) && (tokHex(text[i]) || text[i] == '_'); i++ {
		}
		return i
	}
	digits := func() {
		for ; i < len(text) && (tokDigit(text[i]) || text[i] == '_' && i > start && i+1 < len(text) && tokDigit(text[i+1])); i++ {
		}
	}
	digits()
	if i < len(text) && text[i] == '.' && !strings.HasPrefix(text[i:], "..") {
		i++
		digits()
	}
	if i < len(text) && text[i]|0x20 == 'e' {
		j := i + 1
		if j < len(text) && (text[j] == '+' || text[j] == '-') {
			j++
		}
		if j < len(text) && tokDigit(text[j]) {
			i = j
			digits()
		}
	}
	return i
}

func tokHex(c byte) bool { return tokDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// tokOpChars are the characters of operators.
const tokOpChars = "+-*/<>=~!@#%^&|`?"

// tokOperatorEnd returns the end of the operator at i. A comment ends it. It may
// end in + or - only if it has a character that no operator of SQL has: so that
// a*-b is a times minus b.
func tokOperatorEnd(text string, i int) int {
	end := i
	for ; end < len(text) && strings.IndexByte(tokOpChars, text[end]) >= 0; end++ {
		if end > i && (strings.HasPrefix(text[end:], "--") || strings.HasPrefix(text[end:], "/*")) {
			break
		}
	}
	if !strings.ContainsAny(text[i:end], "~!@#%^&|`?") {
		for end > i+1 && (text[end-1] == '+' || text[end-1] == '-') {
			end--
		}
	}
	return end
}

// tokFoldEqual reports whether a word is the given one, which is in lower case.
func tokFoldEqual(word, lower string) bool {
	if len(word) != len(lower) {
		return false
	}
	for i := 0; i < len(word); i++ {
		c := word[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// tokUnquote returns the name that a word or a quoted name stands for. That of
// U&"x" is left as it is written.
func tokUnquote(token string) string {
	if n := len(token); n >= 2 && token[0] == '"' && token[n-1] == '"' {
		return strings.ReplaceAll(token[1:n-1], `""`, `"`)
	}
	return nameLower(token)
}

// tokParams returns the highest number of the parameters. Ok is false where one
// is out of bounds.
func tokParams(text string, toks []tok) (highest int, ok bool) {
	ok = true
	for _, t := range toks {
		if t.kind != tokParam {
			continue
		}
		n, err := strconv.Atoi(text[t.pos+1 : t.end])
		if err != nil || n < 1 || n > tokMaxParam {
			ok = false
			continue
		}
		highest = max(highest, n)
	}
	return highest, ok
}
