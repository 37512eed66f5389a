package postgres

import (
	"fmt"

	"github.com/sqlc-dev/oliphant/ast"
	"github.com/sqlc-dev/oliphant/parser"

	"github.com/cacheops/cacheops/dialect"
)

// Parse analyses the text of a statement, or of several. It never fails,
// panics or returns nil. A text that cannot be parsed has Incomplete set to the
// reason, and its kind and tables are those that its tokens tell; if they tell
// nothing it is of [dialect.KindUnknown]. A text without a statement is of
// [dialect.KindUtility].
//
// It may be called from many goroutines at once.
func Parse(text string) *dialect.Statement { return parseWith(text, parseOliphant) }

// parseOliphant is the parser.
func parseOliphant(text string) ([]*ast.RawStmt, error) {
	tree, err := parser.ParseToTree(text)
	if err != nil {
		return nil, err
	}
	return tree.GetStmts(), nil
}

// parseWith analyses a text with the given parser. A panic in it, or in the
// analysis, must not reach the application: it makes the text unknown.
func parseWith(text string, parse func(string) ([]*ast.RawStmt, error)) (st *dialect.Statement) {
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
	if why := shape.refuse(text); why != "" {
		return fallback(text, toks, why)
	}
	stmts, err := parse(text)
	if err != nil {
		return fallback(text, toks, err.Error())
	}
	switch len(stmts) {
	case 0:
		return fallback(text, toks, "the parser found no statement")
	case 1:
		return parseOne(text, toks, stmts[0].GetStmt())
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
	if st.Params, ok = tokParams(text, toks); !ok {
		st.Incomplete = fmt.Sprintf("a parameter's number is not between 1 and %d", tokMaxParam)
	}
	return st
}

// parseOne converts the one statement of a text.
func parseOne(text string, toks []tok, stmt *ast.Node) *dialect.Statement {
	st := parseStatement(text, toks)
	if st.Incomplete != "" {
		return fallback(text, toks, st.Incomplete)
	}
	c := &converter{text: text, toks: toks, st: st}
	c.statement(stmt)
	if c.failed != "" {
		return fallback(text, toks, c.failed)
	}
	if st.Query == nil || len(st.Writes) > 0 {
		// Nobody else looks at the expressions of these, and t.f may be f(t).
		for _, name := range c.attributes {
			c.function(dialect.AttributePrefix + name)
		}
	}
	return st
}

// parseScript analyses each statement of a text by itself.
func parseScript(text string, toks []tok, stmts []*ast.RawStmt, parse func(string) ([]*ast.RawStmt, error)) *dialect.Statement {
	st := parseStatement(text, toks)
	st.Kind, st.Incomplete = dialect.KindScript, ""
	c := &converter{st: st}
	local := true
	for _, stmt := range stmts {
		pos := int(stmt.GetStmtLocation())
		end := pos + int(stmt.GetStmtLen())
		if stmt.GetStmtLen() == 0 { // the last one
			end = len(text)
		}
		if pos < 0 || end > len(text) || pos > end {
			return parseUnknown(text, "the parser's places are out of bounds")
		}
		part := parseWith(text[pos:end], parse)
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
		for _, name := range part.Functions {
			c.function(name)
		}
		c.volatile(part.Volatile)
		st.Taint |= part.Taint
		local = local && (part.Taint == 0 || part.Local)
		if st.Incomplete == "" {
			st.Incomplete = part.Incomplete
		}
	}
	st.Local = st.Taint != 0 && local
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
