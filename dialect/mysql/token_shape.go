package mysql

import (
	"fmt"

	"github.com/cacheops/cacheops/dialect"
)

// The bounds of what is given to the parser. A text beyond them is judged by its tokens
// alone. They are checked before the parser runs, because it goes into itself for each
// level, and running out of stack cannot be recovered from.
const (
	// tokMaxText is the longest text that is parsed, in bytes.
	tokMaxText = 1 << 20
	// tokMaxDepth is the deepest nesting of parentheses, braces and CASE that is parsed.
	tokMaxDepth = 200
	// tokMaxChain is how many tokens may follow each other without a comma or a
	// semicolon between them, what stands in parentheses not counted: each may be a
	// level of the tree. The commas of a FROM do not count, for its tables are joined.
	tokMaxChain = 5000
	// tokMaxJoins is how many JOINs, and how many UNIONs, EXCEPTs and INTERSECTs, a
	// text may have.
	tokMaxJoins = 1000
	// tokMaxAgain is how often the parser may read a part of the text again. It tries
	// one reading after the other, and where such places stand in each other that
	// doubles with each of them.
	tokMaxAgain = 256
	// tokMaxBlocks is how many words that may begin a block a text may have.
	tokMaxBlocks = 1000
	// tokMaxDigits is the longest number that is parsed. The server's own numbers end
	// there; the parser fails above 81 digits.
	tokMaxDigits = 65
	// tokMaxScale is how many digits may stand behind the point.
	tokMaxScale = 30
	// tokMaxScan is the longest text that is split into tokens at all. Big INSERTs of
	// literals lie between the two limits: their target is still told from the tokens.
	tokMaxScan = 64 << 20
	// tokMaxParam is how many parameters a text may have: the protocol counts them in
	// 16 bits.
	tokMaxParam = 1<<16 - 1
)

// tokShape is how deep and how long a text is, and what of it is not for the parser.
type tokShape struct {
	depth  int // the deepest nesting of parentheses, braces and CASE
	chain  int // the most tokens between two commas or parentheses
	joins  int // the JOINs and set operations in all
	blocks int // the words that may begin a block in all
	again  int // how often the parser may read a part of it
	// odd says what the parser does not read, or perhaps not as the server does.
	odd string
	// bangs are the comments that the server takes for a part of the statement.
	bangs []dialect.Span
}

// refuse says why a text must not be parsed, "" when it may.
func (s *tokShape) refuse(text string) string {
	switch {
	case len(text) > tokMaxText:
		return fmt.Sprintf("the text is longer than %d bytes", tokMaxText)
	case s.depth > tokMaxDepth:
		return fmt.Sprintf("parentheses and CASE are nested deeper than %d", tokMaxDepth)
	case s.chain > tokMaxChain:
		return fmt.Sprintf("more than %d words and operators stand in one expression", tokMaxChain)
	case s.joins > tokMaxJoins:
		return fmt.Sprintf("it has more than %d joins or set operations", tokMaxJoins)
	case s.again > tokMaxAgain:
		return "the parser would read a part of it too often"
	case s.blocks > tokMaxBlocks:
		return fmt.Sprintf("it has more than %d blocks", tokMaxBlocks)
	}
	return s.odd
}

// tokLevel is an open parenthesis.
type tokLevel struct {
	chain int
	from  bool // it is in a FROM, whose commas join tables
	// again is how often the parser may read what stands here, and outer how often it
	// may read the parenthesis as such.
	again, outer int
}

// add appends a token, and counts what bounds the parser's depth.
func (t *tokenizer) add(token tok) {
	text := t.text
	top := &t.levels[len(t.levels)-1]
	top.chain++
	switch token.kind {
	case tokSemi:
		*top = tokLevel{again: top.outer, outer: top.outer}
	case tokOp:
		switch text[token.pos] {
		case '(', '{', '[':
			t.levels = append(t.levels, tokLevel{from: top.from, again: top.again, outer: top.again})
		case ')', '}', ']':
			if len(t.levels) > 1 {
				t.levels = t.levels[:len(t.levels)-1]
			}
		case ',':
			if top.again = top.outer; !top.from {
				top.chain = 0
			}
		}
	case tokWord:
		t.word(top, token)
	default:
	}
	top = &t.levels[len(t.levels)-1]
	t.shape.chain, t.shape.again = max(t.shape.chain, top.chain), max(t.shape.again, top.again)
	t.shape.depth = max(t.shape.depth, len(t.levels)-1+t.cases)
	t.toks = append(t.toks, token)
}

// word counts a word that opens a level of its own.
func (t *tokenizer) word(level *tokLevel, token tok) {
	word := token.in(t.text)
	if n := len(t.toks); n > 1 && t.toks[n-2].kind == tokWord && tokFoldEqual(t.toks[n-2].in(t.text), "interval") {
		if k := t.toks[n-1].kind; k == tokNumber || k == tokParam || k == tokText {
			level.again = max(level.again/tokIntervals, level.outer) // INTERVAL 1 DAY holds no other
		}
	}
	if len(word) > len("json_value") {
		return
	}
	switch word = tokFold(word); word {
	case "from", "update", "using", "tables":
		level.from = true
	case "select", "where", "group", "having", "order", "limit", "set", "values":
		level.from = false
		t.query(level)
	case "with", "table":
		level.from = word == "table"
		t.query(level)
	case "interval":
		level.repeat(tokIntervals)
	case "json_value":
		level.repeat(2)
	case "join", "union", "except", "intersect":
		level.from = level.from || word == "join"
		t.shape.joins++
	case "case":
		t.cases++
		t.shape.blocks++
	case "end":
		t.cases = max(t.cases-1, 0)
	case "begin", "if", "loop", "while", "repeat", "for":
		t.shape.blocks++
	}
}

// query counts a query in several parentheses: each may be read as that of an expression
// first.
func (t *tokenizer) query(level *tokLevel) {
	open := 0
	for i := len(t.toks) - 1; i >= 0 && t.toks[i].is(t.text, '('); i-- {
		open++
	}
	if open > 1 {
		level.repeat(open + 1)
		level.outer = level.again
	}
}

// tokIntervals is how often the parser may read what stands behind the word INTERVAL: as
// what is added to a date, as a date to add to, and as a function.
const tokIntervals = 3

// repeat counts that the parser may read n times what stands here.
func (l *tokLevel) repeat(n int) {
	l.again = min(l.again*n, 1<<24)
}

// neighbours marks a text as odd by tokens that stand beside each other. Where a point
// does not join what stands around it the parser and the servers differ in whether a word
// beside it is a keyword. Where the name of some functions does not touch its parenthesis
// it is that of a stored function to the servers, but to the parser now and then its own.
func (t *tokenizer) neighbours() {
	for i, token := range t.toks {
		switch {
		case token.is(t.text, '.'):
			if i == 0 || !t.adjoins(i) || i+1 == len(t.toks) || !t.adjoins(i+1) {
				t.odd("a point stands beside a blank")
			} else if !t.toks[i-1].isName() || !t.toks[i+1].isName() && !t.toks[i+1].is(t.text, '*') {
				t.odd("a point stands beside no name")
			}
		case token.is(t.text, '(') && i > 0 && t.toks[i-1].kind == tokWord && !t.adjoins(i):
			if tokTouching[tokFold(t.toks[i-1].in(t.text))] {
				t.odd("a blank stands between a function's name and its parenthesis")
			}
		}
	}
}
