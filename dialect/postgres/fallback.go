package postgres

import (
	"github.com/cacheops/cacheops/dialect"
)

// fallback tells the kind and the tables of a statement from its tokens alone,
// when it cannot be parsed or must not be. PostgreSQL refuses most such texts; one
// that it accepts, because it is long or the server is newer than the parser, must
// not be taken for less than it is. So names are listed generously, a SELECT must
// hold no word of a write, and where the kind or the target of a write cannot be
// told the statement is unknown.
func fallback(text string, toks []tok, why string) *dialect.Statement {
	f := &fallbackReader{converter: converter{text: text, toks: toks}}
	f.candidates = make([]bool, len(toks))
	f.st = parseStatement(text, toks)
	f.st.Incomplete = why
	f.volatile("the text could not be parsed")
	if !f.classify() {
		st := parseUnknown(text, why)
		st.Pos, st.End, st.Params = f.st.Pos, f.st.End, f.st.Params
		return st
	}
	f.tables()
	f.calls()
	return f.st
}

// fallbackReader reads tokens.
type fallbackReader struct {
	converter
	// target are the tokens of a write's target, [from, to).
	targetFrom, targetTo int
	// candidates tells of each token whether a name ends there that may be
	// that of a table which is read.
	candidates []bool
}

// word returns the folded text of an unquoted word, "" for any other token and
// past the ends.
func (f *fallbackReader) word(i int) string {
	if f.kind(i) != tokWord {
		return ""
	}
	return nameLower(f.text[f.toks[i].pos:f.toks[i].end])
}

// classify sets the kind, and for a write the target. It reports false when
// the statement is not understood.
func (f *fallbackReader) classify() bool {
	for _, t := range f.toks {
		if t.kind == tokSemi || t.kind == tokQuoted && f.text[t.pos] != '"' { // more than one, or a name with escapes
			return false
		}
	}
	i := 0
	if f.word(0) == "with" {
		if i = f.mainVerb(); i < 0 {
			return false
		}
	}
	for f.kind(i) == tokLP && i < len(f.toks) {
		i++
	}
	switch f.word(i) {
	case "select", "values", "table":
		f.st.Kind = dialect.KindSelect
		return !f.writesIn(0, i) && !f.writesIn(i+1, len(f.toks))
	case "insert":
		f.st.Kind = dialect.KindInsert
		return f.word(i+1) == "into" && f.writeTarget(i+2) && f.onlyWrite(i)
	case "delete":
		f.st.Kind = dialect.KindDelete
		return f.word(i+1) == "from" && f.writeTarget(i+2) && f.onlyWrite(i)
	case "update":
		f.st.Kind = dialect.KindUpdate
		return f.writeTarget(i+1) && f.onlyWrite(i)
	}
	if i > 0 {
		return false
	}
	switch f.word(0) {
	case "create", "drop", "alter":
		// What it is about may be temporary.
		f.st.Kind, f.st.Taint = dialect.KindDDL, dialect.TaintAll
		return true
	}
	return false
}

// mainVerb finds the verb behind a WITH clause: the first one outside of all
// parentheses that follows a closing one, or a SEARCH or CYCLE. -1 when there is
// none.
func (f *fallbackReader) mainVerb() int {
	depth := 0
	for i, t := range f.toks {
		switch t.kind {
		case tokLP, tokLB:
			depth++
		case tokRP, tokRB:
			depth--
		case tokWord:
			if depth != 0 || f.kind(i-1) != tokRP {
				continue
			}
			switch f.word(i) {
			case "select", "values", "table", "insert", "update", "delete":
				return i
			}
		default:
		}
	}
	return -1
}

// onlyWrite reports whether the verb at i is the only one of a write, but for
// an upsert's DO UPDATE.
func (f *fallbackReader) onlyWrite(i int) bool {
	return !f.writesIn(0, i) && !f.writesIn(f.targetTo, len(f.toks))
}

// writesIn reports whether a word of a write stands in a range of tokens. FOR
// UPDATE and FOR NO KEY UPDATE lock rows.
func (f *fallbackReader) writesIn(from, to int) bool {
	for i := from; i < to; i++ {
		switch f.word(i) {
		case "insert", "delete", "into", "create", "drop", "alter", "merge", "truncate", "copy", "call", "execute":
			return true
		case "update":
			if before := f.word(i - 1); before != "do" && before != "for" && before != "key" {
				return true
			}
		}
	}
	return false
}

// name reads the name, qualified or not, that begins at token i, and returns
// the place behind it; ok is false if there is none. Of three parts the first is
// the database.
func (f *fallbackReader) name(i int) (n dialect.Name, next int, ok bool) {
	if !f.isName(i) {
		return n, i, false
	}
	part := func(i int) string { return tokUnquote(f.text[f.toks[i].pos:f.toks[i].end]) }
	n.Name = part(i)
	for i++; f.kind(i) == tokDot && f.isName(i+1); i += 2 {
		n.Schema, n.Name = n.Name, part(i+1)
	}
	return n, i, true
}

// writeTarget notes the target of a write, whose name begins at token i.
func (f *fallbackReader) writeTarget(i int) bool {
	if f.word(i) == "only" && (f.kind(i+1) == tokLP || f.isName(i+1)) && f.word(i+1) != "set" && f.word(i+1) != "as" {
		if i++; f.kind(i) == tokLP {
			i++
		}
	}
	n, next, ok := f.name(i)
	if !ok {
		return false
	}
	f.write(n)
	f.targetFrom, f.targetTo = i, next
	return true
}

// tables notes every name that may be that of a table which is read: behind
// FROM, JOIN, TABLE and the like, and behind each comma and parenthesis in a
// FROM. What is no table does no harm.
func (f *fallbackReader) tables() {
	// from tells for each open parenthesis whether a FROM stands before.
	from := []bool{false}
	for i := range f.toks {
		top := len(from) - 1
		switch f.kind(i) {
		case tokLP:
			from = append(from, from[top])
			if from[top] {
				f.candidate(i + 1)
			}
		case tokRP:
			if top > 0 {
				from = from[:top]
			}
		case tokComma:
			if from[top] {
				f.candidate(i + 1)
			}
		case tokWord:
			switch f.word(i) {
			case "from", "join", "using":
				from[top] = true
				f.candidate(i + 1)
			case "table", "lateral", "only":
				f.candidate(i + 1)
			case "select", "where", "group", "having", "order", "limit", "union", "except", "intersect",
				"returning", "offset", "fetch":
				// None of these can be a name, or it would end the FROM too early.
				from[top] = false
			}
		default:
		}
	}
}

// candidate notes a name as read, if there is one.
func (f *fallbackReader) candidate(i int) {
	if i == f.targetFrom && f.targetTo > 0 {
		return
	}
	switch f.word(i) {
	case "select", "values":
		return
	}
	if n, next, ok := f.name(i); ok {
		f.read(n)
		f.candidates[next-1] = true
	}
}

// calls notes every name before a parenthesis that is not a word of SQL or the
// target of the statement, every operator and every type behind a ::. Its time is
// linear in the tokens, however deep they are nested.
func (f *fallbackReader) calls() {
	var casts []bool // of each open parenthesis whether it is that of a CAST
	for i := range f.toks {
		switch f.kind(i) {
		case tokOp:
			f.op(i)
		case tokCast:
			f.castTo(i + 1)
		case tokDot:
			if n, _, ok := f.name(i + 1); ok { // t.f may be f(t)
				f.function(dialect.AttributePrefix + n.Name)
			}
		case tokRP:
			if len(casts) > 0 {
				casts = casts[:len(casts)-1]
			}
		case tokWord:
			if f.word(i) == "as" && len(casts) > 0 && casts[len(casts)-1] {
				f.castTo(i + 1)
			}
		case tokLP:
			casts = append(casts, f.word(i-1) == "cast")
			f.call(i)
		default:
		}
	}
}

// op notes the operator at a token. A colon and => are none.
func (f *fallbackReader) op(i int) {
	op := f.text[f.toks[i].pos:f.toks[i].end]
	switch {
	case functionOperators[op]:
		f.function(dialect.OperatorPrefix + op)
	case op != ":" && op != "=>":
		f.foreign(dialect.OperatorPrefix + op)
	}
}

// castTo notes the type that begins at a token. Words that SQL has for types are
// not the names of types.
func (f *fallbackReader) castTo(i int) {
	n, _, ok := f.name(i)
	if !ok || n.Schema != "" && n.Schema != "pg_catalog" || !functionTypes[n.Name] && !fallbackTypes[n.Name] {
		f.foreign(dialect.TypePrefix + n.Name)
	}
}

// fallbackTypes are words that stand for types of other names.
var fallbackTypes = functionSet("bigint bit boolean character decimal dec double float int integer nchar national real smallint")

// call notes the function whose name stands before the parenthesis at token i.
func (f *fallbackReader) call(i int) {
	last := i - 1
	if !f.isName(last) || i == f.targetTo {
		return
	}
	first := last
	for f.kind(first-1) == tokDot && f.isName(first-2) {
		first -= 2
	}
	n, _, _ := f.name(first)
	if first == last && f.keyword(last) || last > 0 && f.word(first-1) == "into" {
		return
	}
	switch {
	case n.Schema != "" && n.Schema != "pg_catalog", functionLookup(n.Name) == functionForeign:
		f.foreign(n.Name)
	case n.Name == "set_config":
		f.st.Taint |= dialect.TaintAll
		f.function(n.Name)
	default:
		f.function(n.Name)
	}
}

// keyword reports whether the word before a parenthesis is one of SQL there.
// Those that could also be the name of a function count only where the word
// before says so.
func (f *fallbackReader) keyword(i int) bool {
	word, before := f.word(i), f.word(i-1)
	switch word {
	case "by":
		return before == "group" || before == "order" || before == "partition"
	case "conflict":
		return before == "on"
	case "materialized":
		return before == "as" || before == "not"
	case "filter", "over":
		return f.kind(i-1) == tokRP
	case "set":
		return before == "update" || f.st.Kind == dialect.KindUpdate && i >= f.targetTo && i <= f.targetTo+3
	}
	return fallbackReserved[word]
}

// fallbackReserved are the words that may stand before a parenthesis and are
// the name of no function.
var fallbackReserved = functionSet(`all and any array as between case cast check coalesce distinct else except exists extract
	from greatest group grouping having in intersect lateral least limit not nullif numeric offset on only or
	returning row select setof some then time timestamp union unique using values varchar char when where`)
