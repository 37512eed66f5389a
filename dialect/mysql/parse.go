package mysql

import (
	"fmt"
	"strings"

	"github.com/sqlc-dev/marino/ast"
	"github.com/sqlc-dev/marino/parser"

	"github.com/cacheops/cacheops/dialect"
)

// Parse analyses the text of a statement, or of several. It never fails, panics or
// returns nil. A text that cannot be parsed has Incomplete set to the reason, and its
// kind and tables are those that its tokens tell; if they tell nothing it is of
// [dialect.KindUnknown]. A text without a statement is of [dialect.KindUtility].
//
// The text is read as MySQL and MariaDB read it in their default sql_mode: a text in
// double quotes is no name, and a backslash escapes. What is on a connection in another
// mode is not cached.
//
// It may be called from many goroutines at once.
func Parse(text string) *dialect.Statement { return parseWith(text, parseMarino) }

// parseMarino is the parser. It is made anew for each text, because it cannot be shared
// and its trees hold on to its buffers.
func parseMarino(text string) ([]ast.StmtNode, error) {
	stmts, _, err := parser.New().ParseSQL(text)
	if err != nil {
		// Its message repeats the text, which may hold private values.
		place, _, _ := strings.Cut(err.Error(), " near ")
		if !strings.HasPrefix(place, "line ") {
			place = "some place"
		}
		return nil, parseError(place)
	}
	return stmts, nil
}

// parseError is the place where the parser refuses a text.
type parseError string

func (e parseError) Error() string { return "the parser refuses it at " + string(e) }

// parseWith analyses a text with the given parser. A panic in it, or in the analysis,
// must not reach the application: it makes the text unknown.
func parseWith(text string, parse func(string) ([]ast.StmtNode, error)) (st *dialect.Statement) {
	defer func() {
		if r := recover(); r != nil {
			st = parseUnknown(text, fmt.Sprintf("the parser failed: %v", r))
		}
	}()

	toks, shape, err := tokenize(text)
	if err != nil {
		return parseUnknown(text, err.Error())
	}
	toks = parseTrim(toks)
	if len(toks) == 0 {
		return &dialect.Statement{Kind: dialect.KindUtility, Text: text}
	}
	parts, sure := parseParts(text, toks)
	if !sure && shape.refuse(text) == "" {
		stmts, err := parse(text)
		sure = err == nil && len(stmts) == len(parts)
	}
	if sure && len(parts) > 1 {
		return parseScript(text, toks, parts, &shape, parse)
	}
	return parseOne(text, toks, &shape, parse)
}

// parseTrim drops the semicolons around a statement.
func parseTrim(toks []tok) []tok {
	for len(toks) > 0 && toks[0].kind == tokSemi {
		toks = toks[1:]
	}
	for len(toks) > 0 && toks[len(toks)-1].kind == tokSemi {
		toks = toks[:len(toks)-1]
	}
	return toks
}

// parseParts splits a text at its semicolons. The bodies of routines have semicolons of
// their own: where a CREATE or an ALTER stands before one the parts are sure only if the
// parser finds as many statements. Of a body without such a word before it, BEGIN NOT
// ATOMIC for example, the first part is not understood.
func parseParts(text string, toks []tok) (parts [][]tok, sure bool) {
	sure = true
	for len(toks) > 0 {
		n := 0
		for n < len(toks) && toks[n].kind != tokSemi {
			n++
		}
		if n > 0 {
			first := tokFold(toks[0].in(text))
			sure = sure && (n == len(toks) || toks[0].kind != tokWord || first != "create" && first != "alter")
			parts = append(parts, toks[:n])
		}
		toks = toks[min(n+1, len(toks)):]
	}
	return parts, sure
}

// parseStatement makes the statement that the tokens span.
func parseStatement(text string, toks []tok, shape *tokShape) *dialect.Statement {
	st := &dialect.Statement{Text: text, Pos: int(toks[0].pos), End: int(toks[len(toks)-1].end)}
	for _, b := range shape.bangs { // half of a comment is no text
		if b.Pos < st.Pos && st.Pos < b.End {
			st.Pos = b.Pos
		}
		if b.Pos < st.End && st.End < b.End {
			st.End = b.End
		}
	}
	for _, t := range toks {
		if t.kind == tokParam {
			st.Params++
		}
	}
	if st.Params > tokMaxParam {
		st.Incomplete = fmt.Sprintf("it has more than %d parameters", tokMaxParam)
	}
	return st
}

// parseOne analyses a text of one statement.
func parseOne(text string, toks []tok, shape *tokShape, parse func(string) ([]ast.StmtNode, error)) *dialect.Statement {
	if why := shape.refuse(text); why != "" {
		return fallback(text, toks, shape, why)
	}
	st := parseStatement(text, toks, shape)
	if st.Incomplete != "" {
		return fallback(text, toks, shape, st.Incomplete)
	}
	c := &converter{text: text, toks: toks, st: st}
	body := text
	if at := parseReturningAt(text, toks); at >= 0 {
		if why := c.cutReturning(at, parse); why != "" {
			return fallback(text, toks, shape, why)
		}
		body = text[:toks[at].pos]
	}
	stmts, err := parse(body)
	switch {
	case err != nil:
		return fallback(text, toks, shape, err.Error())
	case len(stmts) != 1:
		return fallback(text, toks, shape, fmt.Sprintf("the parser found %d statements", len(stmts)))
	}
	c.statement(stmts[0])
	if c.failed != "" {
		return fallback(text, toks, shape, c.failed)
	}
	if len(shape.bangs) > 0 && (st.Insert != nil || st.Update != nil || st.Delete != nil) {
		// Pieces of its text are run in other statements.
		return fallback(text, toks, shape, "a comment in it is a part of the statement")
	}
	return st
}

// parseReturningAt finds the RETURNING of an INSERT, REPLACE or DELETE, which MariaDB
// has and the parser has not; -1 where there is none.
func parseReturningAt(text string, toks []tok) int {
	switch first := toks[0].in(text); {
	case toks[0].kind != tokWord:
		return -1
	case tokFoldEqual(first, "insert"), tokFoldEqual(first, "replace"), tokFoldEqual(first, "delete"):
	default:
		return -1
	}
	depth := 0
	for i, t := range toks {
		switch t.kind {
		case tokOp:
			switch text[t.pos] {
			case '(':
				depth++
			case ')':
				depth--
			}
		case tokWord:
			if depth == 0 && i > 0 && tokFoldEqual(t.in(text), "returning") && !toks[i-1].is(text, '.') {
				return i
			}
		default:
		}
	}
	return -1
}

// parseSelect is what stands for the word RETURNING where the list behind it is parsed.
const parseSelect = "SELECT"

// cutReturning parses the list of the RETURNING at a token as that of a SELECT. It
// returns why it cannot.
//
// To MySQL the word is a name like any other. Where it is one in what the parser accepts,
// the text is taken for less than it is unless the list is a plain one: words that may
// begin a SELECT and words that may follow a table's alias are refused.
func (c *converter) cutReturning(at int, parse func(string) ([]ast.StmtNode, error)) string {
	word, list := c.toks[at], c.toks[at+1:]
	if len(list) == 0 {
		return "RETURNING names nothing"
	}
	switch first := nameFold(list[0].in(c.text)); {
	case list[0].kind != tokWord:
	case first == "all" || first == "distinct" || first == "distinctrow" || first == "high_priority" || first == "straight_join" || strings.HasPrefix(first, "sql_"):
		return "RETURNING is a name in it"
	}
	// Blanks keep the places of all that follows.
	stmts, err := parse(strings.Repeat(" ", int(word.end)-len(parseSelect)) + parseSelect + c.text[word.end:])
	if err != nil {
		return err.Error()
	}
	if len(stmts) != 1 {
		return "RETURNING is followed by several statements"
	}
	sel, ok := stmts[0].(*ast.SelectStmt)
	if !ok || sel.Fields == nil || sel.From != nil || sel.Where != nil || sel.GroupBy != nil || sel.Having != nil || sel.OrderBy != nil ||
		sel.Limit != nil || sel.LockInfo != nil || sel.SelectIntoOpt != nil || sel.With != nil || len(sel.WindowSpecs) > 0 || len(sel.TableHints) > 0 {
		return "RETURNING is followed by more than a list"
	}
	c.returningFields = sel.Fields
	c.returns.Span = dialect.Span{Pos: int(list[0].pos), End: int(list[len(list)-1].end)}
	index := 0
	for i, t := range c.toks {
		if t.kind != tokParam {
			continue
		}
		index++
		if i > at {
			c.returns.Params = append(c.returns.Params, dialect.ParamRef{Param: dialect.Param{Index: index}, Pos: int(t.pos), End: int(t.end)})
		}
	}
	for _, field := range sel.Fields.Fields {
		if field.WildCard != nil && field.WildCard.Table.O == "" {
			c.returnsStar = true
		}
	}
	return ""
}

// parseScript analyses each statement of a text by itself, as the server does.
func parseScript(text string, toks []tok, parts [][]tok, shape *tokShape, parse func(string) ([]ast.StmtNode, error)) *dialect.Statement {
	st := parseStatement(text, toks, shape)
	st.Kind, st.Incomplete = dialect.KindScript, ""
	c := &converter{st: st}
	for i, part := range parts {
		from, to := int(part[0].pos), int(part[len(part)-1].end)
		// Comments at the edges go with the part that they stand beside.
		if i == 0 {
			from = 0
		}
		if i == len(parts)-1 {
			to = st.End
		}
		for _, b := range shape.bangs {
			if b.Pos < from && from < b.End {
				from = b.Pos
			}
			if b.Pos < to && to < b.End {
				to = b.End
			}
		}
		one := parseWith(text[from:to], parse)
		st.Script = append(st.Script, one)
		for _, n := range one.Reads {
			c.read(n)
		}
		for _, n := range one.Writes {
			c.write(n)
		}
		for _, name := range one.Foreigns {
			c.foreign(name)
		}
		for _, name := range one.Functions {
			c.function(name)
		}
		c.volatile(one.Volatile)
		st.Taint |= one.Taint
		st.TruthWords = st.TruthWords || one.TruthWords
		if st.Incomplete == "" {
			st.Incomplete = one.Incomplete
		}
	}
	return st
}

// parseUnknown is a text that nothing is known of.
func parseUnknown(text, why string) *dialect.Statement {
	return &dialect.Statement{
		Kind:       dialect.KindUnknown,
		Taint:      dialect.TaintAll,
		Commits:    true,
		Volatile:   "the text was not understood",
		Incomplete: why,
		Text:       text,
		End:        len(text),
	}
}
