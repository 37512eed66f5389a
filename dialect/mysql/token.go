package mysql

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/cacheops/cacheops/dialect"
)

// tokKind is the kind of a token.
type tokKind uint8

// The kinds of token.
const (
	tokWord   tokKind = iota // an unquoted word, a keyword perhaps
	tokQuoted                // a name in backticks
	tokText                  // a text in quotes, without what introduces it
	tokNumber                // a number, also in hexadecimal or bits
	tokParam                 // ?
	tokVar                   // @name or @@name
	tokSemi                  // ;
	tokOp                    // any other: an operator, a parenthesis, a comma, a point
)

// tok is a token of a statement's text.
type tok struct {
	kind     tokKind
	pos, end int32 // in the text
}

// in returns the token's text.
func (t tok) in(text string) string { return text[t.pos:t.end] }

// is reports whether the token is an operator of one character.
func (t tok) is(text string, op byte) bool {
	return t.kind == tokOp && t.end == t.pos+1 && text[t.pos] == op
}

// isName reports whether the token may be a name or a part of one.
func (t tok) isName() bool { return t.kind == tokWord || t.kind == tokQuoted }

// tokError says that a text cannot be split into tokens, so that nothing can be told
// about it.
type tokError struct {
	pos  int
	what string
}

// Error describes the failure and its place; it does not repeat the text, which may hold
// private values.
func (e *tokError) Error() string {
	return fmt.Sprintf("%s at byte %d", e.what, e.pos)
}

var (
	errTokTooLong = errors.New("the text is too long to be analysed")
	errTokZero    = errors.New("a zero byte stands in the text")
	errTokNotUTF8 = errors.New("the text is not UTF-8")
)

// tokenizer splits a text.
type tokenizer struct {
	text  string
	toks  []tok
	shape tokShape
	bang  int // where the comment begins that is read as a part of the statement, or -1

	levels []tokLevel
	cases  int
}

// tokenize splits a text the way the servers' lexers do in their default mode: blanks and
// comments are dropped. A backslash in quotes takes the next character with it.
//
// Where MySQL, MariaDB and the parser differ, or may, the shape has it as odd, so that
// only the tokens count. Where even those may differ there is an error.
func tokenize(text string) ([]tok, tokShape, error) {
	t := &tokenizer{text: text, bang: -1, levels: append(make([]tokLevel, 0, 8), tokLevel{again: 1, outer: 1})}
	err := t.run()
	return t.toks, t.shape, err
}

func (t *tokenizer) run() error {
	switch {
	case len(t.text) > tokMaxScan:
		return errTokTooLong
	case strings.IndexByte(t.text, 0) >= 0:
		// To the server it ends a comment that goes to the end of the line.
		return errTokZero
	case !utf8.ValidString(t.text):
		// The server takes such bytes as its character set has them, and the parser has
		// blanks among them.
		return errTokNotUTF8
	}
	t.toks = make([]tok, 0, len(t.text)/4+8)
	for i := 0; i < len(t.text); {
		end, space, what := t.blank(i)
		if what != "" {
			return &tokError{pos: i, what: what}
		}
		if space {
			i = end
			continue
		}
		kind, end, what := t.scan(i)
		if what != "" {
			return &tokError{pos: i, what: what}
		}
		t.add(tok{kind: kind, pos: int32(i), end: int32(end)}) //nolint:gosec // below tokMaxScan
		i = end
	}
	if t.bang >= 0 {
		return &tokError{pos: t.bang, what: "a comment is not closed"}
	}
	t.neighbours()
	return nil
}

// blank reads a blank or a comment at i, if there is one. What says what is wrong.
func (t *tokenizer) blank(i int) (end int, space bool, what string) {
	text := t.text
	switch c := text[i]; {
	case tokSpace(c):
		return i + 1, true, ""
	case c == '#':
		return tokLine(text, i), true, ""
	case c == '-' && strings.HasPrefix(text[i:], "--"):
		if i+2 == len(text) {
			return i + 2, true, ""
		}
		switch text[i+2] {
		case ' ', '\t', '\n', '\r':
			return tokLine(text, i), true, ""
		}
		if text[i+2] < ' ' || text[i+2] == 0x7f {
			// A comment to the server, but not to the driver, which puts arguments into it.
			return 0, false, "a control character stands in the text"
		}
	case c == '*' && t.bang >= 0 && strings.HasPrefix(text[i:], "*/"):
		t.shape.bangs = append(t.shape.bangs, dialect.Span{Pos: t.bang, End: i + 2})
		t.bang = -1
		return i + 2, true, ""
	case c == '/' && strings.HasPrefix(text[i:], "/*"):
		return t.comment(i)
	}
	return 0, false, ""
}

// comment reads the comment at i. What stands in one that begins with an exclamation mark
// is a part of the statement, for servers from the version on that may follow the mark.
// MariaDB leaves out those of MySQL 5.7 and later, and has some of its own.
func (t *tokenizer) comment(i int) (end int, space bool, what string) {
	text := t.text
	switch rest := text[i+2:]; {
	case t.bang >= 0:
		return 0, false, "a comment stands in a comment"
	case strings.HasPrefix(rest, "/"):
		return 0, false, "a comment may end at once" // for the driver, which puts arguments behind it
	case strings.HasPrefix(rest, "!"):
		n := 1
		for n < len(rest) && tokDigit(rest[n]) {
			n++
		}
		if n != 1 && n != 6 || n == 6 && rest[1:n] > tokBangVersion {
			return 0, false, "a comment is a part of the statement for some servers"
		}
		t.bang = i
		return i + 2 + n, true, ""
	case strings.HasPrefix(rest, "M!"), strings.HasPrefix(rest, "T!"):
		// The first is code for MariaDB alone, the second for the parser alone.
		return 0, false, "a comment is a part of the statement for some servers"
	case strings.HasPrefix(rest, "+"):
		// A hint. Most choose a plan; the parser knows others than the servers do.
		n := max(strings.Index(rest, "*/"), 0)
		if strings.ContainsAny(rest[:n], "'\"`") && (strings.Count(rest[:n], "`")%2 != 0 || strings.ContainsAny(rest[:n], "'\"")) {
			return 0, false, "a hint may end elsewhere"
		}
		if strings.Contains(tokFold(rest[:n]), "set_var") {
			t.odd("a hint sets a variable")
		}
	}
	n := strings.Index(text[i+2:], "*/")
	if n < 0 {
		return 0, false, "a comment is not closed"
	}
	return i + 2 + n + 2, true, ""
}

// tokBangVersion is the last version of which all servers take such comments: of MySQL
// before 5.7, in five digits.
const tokBangVersion = "50699"

// odd notes what the parser is not to see.
func (t *tokenizer) odd(what string) {
	if t.shape.odd == "" {
		t.shape.odd = what
	}
}

// scan reads the token at i. What says what is wrong.
func (t *tokenizer) scan(i int) (kind tokKind, end int, what string) {
	text := t.text
	c := text[i]
	next := byte(0)
	if i+1 < len(text) {
		next = text[i+1]
	}
	switch {
	case c == '\'' || c == '"':
		end, what = tokQuotes(text, i)
		if what == "" && t.bang >= 0 && strings.Contains(text[i:end], "*/") {
			what = "a comment may end in a text"
		}
		return tokText, end, what
	case c == '`':
		end, what = tokBackticks(text, i)
		if what == "" && (end == i+2 || text[end-2] == ' ') {
			t.odd("a name is empty or ends in a blank") // no server has such
		}
		return tokQuoted, end, what
	case (c == 'x' || c == 'X' || c == 'b' || c == 'B') && next == '\'':
		end, what = t.hex(i)
		return tokNumber, end, what
	case tokLetter(c):
		end = tokWordEnd(text, i)
		if c == '$' && strings.IndexByte(text[i+1:end], '$') >= 0 || strings.HasPrefix(text[end:], "$") {
			t.odd("a dollar may begin a text in dollars")
		}
		return tokWord, end, ""
	case tokDigit(c), c == '.' && tokDigit(next) && !t.touches(i):
		kind, end = t.number(i)
		return kind, end, ""
	case c == '@':
		end, what = t.variable(i)
		return tokVar, end, what
	case c == '?':
		if i > 0 && tokWordByte(text[i-1]) || tokWordByte(next) {
			t.odd("a parameter touches a word")
		}
		return tokParam, i + 1, ""
	case c == ';':
		if t.bang >= 0 {
			return 0, 0, "a semicolon stands in a comment that is a part of the statement"
		}
		return tokSemi, i + 1, ""
	case c < ' ' || c == 0x7f:
		return 0, 0, "a control character stands in the text"
	case c == '\\':
		if next == 'N' {
			// NULL to older servers.
			t.odd(`\N is null to some servers`)
			return tokOp, i + 2, ""
		}
		return 0, 0, "a backslash stands in the text"
	}
	if strings.IndexByte(tokOpChars, c) < 0 {
		return 0, 0, "a character is not known"
	}
	end = i + 1
	for _, op := range tokOps {
		if strings.HasPrefix(text[i:], op) {
			end = i + len(op)
			break
		}
	}
	if strings.IndexByte(tokComparison, c) >= 0 && end < len(text) && strings.IndexByte(tokComparison, text[end]) >= 0 {
		// The server reads as many of these as it can, and forgets some where they are
		// no operator.
		t.odd("two comparisons touch each other")
	}
	return tokOp, end, ""
}

// touches reports whether a name ends right before i, so that a point there goes on with
// it.
func (t *tokenizer) touches(i int) bool {
	if len(t.toks) == 0 {
		return false
	}
	last := t.toks[len(t.toks)-1]
	return int(last.end) == i && last.isName()
}

// tokOps are the operators of several characters, the longer ones first.
var tokOps = []string{"<=>", "->>", "->", "<=", ">=", "<>", "!=", "<<", ">>", ":=", "||", "&&"}

const (
	// tokOpChars are the characters that operators begin with.
	tokOpChars = "()[]{},.+-*/%&|^~!<>=:"
	// tokComparison are those of comparisons.
	tokComparison = "=<>!"
)

// tokLine returns the end of the line that i is in. A return does not end it.
func tokLine(text string, i int) int {
	if n := strings.IndexByte(text[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(text)
}

// adjoins reports whether nothing stands between a token and the one before.
func (t *tokenizer) adjoins(i int) bool { return t.toks[i-1].end == t.toks[i].pos }
