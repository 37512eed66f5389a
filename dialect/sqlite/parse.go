package sqlite

import (
	"fmt"

	"github.com/sqlc-dev/meyer/ast"
	"github.com/sqlc-dev/meyer/parser"

	"github.com/cacheops/cacheops/dialect"
)

// Parse analyses the text of a statement, or of several. It never fails,
// panics or returns nil. A text that cannot be parsed has Incomplete set to the
// reason, and its kind and tables are those that its tokens tell; if they tell
// nothing it is of [dialect.KindUnknown]. A text without a statement is of
// [dialect.KindUtility].
//
// The time it takes is linear in the length of the text. It may be called from
// many goroutines at once.
func Parse(text string) *dialect.Statement { return parseWith(text, parseMeyer) }

// parseMeyer is the parser. ORDER BY and LIMIT on UPDATE and DELETE exist in
// SQLites that were built with them; elsewhere SQLite refuses them itself.
func parseMeyer(text string) ([]ast.Stmt, error) {
	return parser.Options{UpdateDeleteLimit: true}.ParseString(text)
}

// parseWith analyses a text with the given parser. A panic in it, or in the
// analysis, must not reach the application: it makes the text unknown.
func parseWith(text string, parse func(string) ([]ast.Stmt, error)) (st *dialect.Statement) {
	defer func() {
		if r := recover(); r != nil {
			st = parseUnknown(text, fmt.Sprintf("the parser failed: %v", r))
		}
	}()

	toks, depth, err := tokenize(text)
	if err != nil {
		return parseUnknown(text, err.Error())
	}
	toks = parseTrim(toks)
	if len(toks) == 0 {
		return &dialect.Statement{Kind: dialect.KindUtility, Text: text}
	}
	switch {
	case len(text) > tokMaxText:
		return fallback(text, toks, fmt.Sprintf("the text is longer than %d bytes", tokMaxText))
	case depth > tokMaxDepth:
		return fallback(text, toks, fmt.Sprintf("parentheses and CASE are nested deeper than %d", tokMaxDepth))
	}

	stmts, err := parse(text)
	if err != nil {
		return fallback(text, toks, err.Error())
	}
	switch len(stmts) {
	case 0:
		return fallback(text, toks, "the parser found no statement")
	case 1:
		return parseOne(text, toks, stmts[0])
	default:
		return parseScript(text, toks, stmts, parse)
	}
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

// parseStatement makes the statement that the tokens span.
func parseStatement(text string, toks []tok) *dialect.Statement {
	st := &dialect.Statement{Text: text, Pos: int(toks[0].pos), End: int(toks[len(toks)-1].end)}
	var ok bool
	if st.Params, st.NamedParams, ok = tokParams(text, toks); !ok {
		st.Incomplete = fmt.Sprintf("a parameter's number is not between 1 and %d", tokMaxParam)
	}
	return st
}

// parseOne converts the one statement of a text.
func parseOne(text string, toks []tok, stmt ast.Stmt) *dialect.Statement {
	st := parseStatement(text, toks)
	if st.Incomplete != "" {
		return fallback(text, toks, st.Incomplete)
	}
	c := &converter{text: text, toks: toks, st: st}
	c.statement(stmt)
	if c.failed != "" {
		return fallback(text, toks, c.failed)
	}
	return st
}

// parseScript analyses each statement of a text by itself, as SQLite does:
// each numbers its parameters from 1.
func parseScript(text string, toks []tok, stmts []ast.Stmt, parse func(string) ([]ast.Stmt, error)) *dialect.Statement {
	st := parseStatement(text, toks)
	st.Kind, st.Params, st.Incomplete = dialect.KindScript, 0, ""
	c := &converter{st: st}
	for _, stmt := range stmts {
		part := parseWith(text[stmt.Pos():stmt.End()], parse)
		st.Script = append(st.Script, part)
		for _, n := range part.Reads {
			c.read(n)
		}
		for _, n := range part.Writes {
			c.write(n)
		}
		for _, name := range part.Foreigns {
			c.foreign(name)
		}
		c.volatile(part.Volatile)
		st.Taint |= part.Taint
		st.TruthWords = st.TruthWords || part.TruthWords
		st.Params = max(st.Params, part.Params)
		if st.Incomplete == "" {
			st.Incomplete = part.Incomplete
		}
	}
	return st
}

// parseUnknown is a text that nothing is known of.
func parseUnknown(text, why string) *dialect.Statement {
	return &dialect.Statement{
		Kind:       dialect.KindUnknown,
		Taint:      dialect.TaintAll,
		Volatile:   "the text was not understood",
		Incomplete: why,
		Text:       text,
		End:        len(text),
	}
}
