package mysql

import (
	"slices"

	"github.com/cacheops/cacheops/dialect"
)

// fallback tells the kind and the tables of a statement from its tokens alone, when it
// cannot be parsed or must not be. The server refuses most such texts; one that it
// accepts, because it is long or has words that the parser does not know, must not be
// taken for less than it is. So names are listed generously, a SELECT must hold no word
// of a write, and where the kind or the target of a write cannot be told the statement is
// unknown.
func fallback(text string, toks []tok, shape *tokShape, why string) *dialect.Statement {
	f := &fallbackReader{converter: converter{text: text, toks: toks}}
	f.st = parseStatement(text, toks, shape)
	f.st.Incomplete = why
	f.volatile("the text could not be parsed")
	if !f.classify() {
		st := parseUnknown(text, why)
		st.Pos, st.End, st.Params = f.st.Pos, f.st.End, f.st.Params
		return st
	}
	f.tables()
	if f.several {
		for _, n := range f.st.Reads {
			f.write(n)
		}
	}
	f.calls()
	return f.st
}

// fallbackReader reads tokens.
type fallbackReader struct {
	converter
	// target are the tokens of a write's target, [from, to).
	targetFrom, targetTo int
	// several is true for a write whose targets may be all that it names: they are told
	// by aliases.
	several bool
}

func (f *fallbackReader) kind(i int) tokKind {
	if i < 0 || i >= len(f.toks) {
		return tokSemi
	}
	return f.toks[i].kind
}

// op reports whether a token is an operator of one character.
func (f *fallbackReader) op(i int, c byte) bool {
	return i >= 0 && i < len(f.toks) && f.toks[i].is(f.text, c)
}

// word returns the folded text of a word that may be a keyword, "" for any other token
// and past the ends. Beside a point a word is never a keyword.
func (f *fallbackReader) word(i int) string {
	if f.kind(i) != tokWord || f.op(i-1, '.') || f.op(i+1, '.') {
		return ""
	}
	return tokFold(f.toks[i].in(f.text))
}

// isName reports whether a token may be a name or a part of one.
func (f *fallbackReader) isName(i int) bool {
	return i >= 0 && i < len(f.toks) && f.toks[i].isName()
}

// name reads the name, qualified or not, that begins at token i, and returns the place
// behind it; ok is false if there is none.
func (f *fallbackReader) name(i int) (n dialect.Name, next int, ok bool) {
	if !f.isName(i) {
		return n, i, false
	}
	part := func(i int) string { return tokUnquote(f.toks[i].in(f.text)) }
	n.Name = part(i)
	for i++; f.op(i, '.') && f.isName(i+1); i += 2 {
		n.Schema, n.Name = n.Name, part(i+1)
	}
	return n, i, true
}

// classify sets the kind, and for a write the target. It reports false when the statement
// is not understood.
func (f *fallbackReader) classify() bool {
	for _, t := range f.toks {
		if t.kind == tokSemi { // the body of a routine, or several statements
			return false
		}
	}
	for i, t := range f.toks {
		if t.is(f.text, '.') && (i == 0 || f.toks[i-1].end != t.pos) { // a name may begin with it
			return false
		}
	}
	i := 0
	if f.word(0) == "set" && f.word(1) == "statement" { // MariaDB: variables for one statement
		if i = f.statement(); i < 0 || f.writesIn(0, i) {
			return false
		}
	}
	if begin := i; f.word(i) == "with" {
		if i = f.mainVerb(i); i < 0 || f.writesIn(begin, i) {
			return false
		}
	}
	for f.op(i, '(') {
		i++
	}
	switch f.word(i) {
	case "select", "values", "table":
		f.st.Kind = dialect.KindSelect
		return !f.writesIn(i+1, len(f.toks))
	case "insert", "replace":
		f.st.Kind = dialect.KindInsert
		return f.insert(i + 1)
	case "update":
		f.st.Kind = dialect.KindUpdate
		return f.update(i + 1)
	case "delete":
		f.st.Kind = dialect.KindDelete
		return f.delete(i + 1)
	case "create", "drop", "alter", "truncate", "rename":
		return i == 0 && f.ddl()
	}
	return false
}

// statement finds the statement of a SET STATEMENT ... FOR; -1 when there is none.
func (f *fallbackReader) statement() int {
	depth := 0
	for i := range f.toks {
		switch {
		case f.op(i, '('):
			depth++
		case f.op(i, ')'):
			depth--
		case depth == 0 && f.word(i) == "for":
			return i + 1
		}
	}
	return -1
}

// mainVerb finds the verb behind the WITH at token i: the first one outside of all
// parentheses that follows a closing one. -1 when there is none.
func (f *fallbackReader) mainVerb(i int) int {
	depth := 0
	for ; i < len(f.toks); i++ {
		switch {
		case f.op(i, '('):
			if depth == 0 && f.op(i-1, ')') {
				return i
			}
			depth++
		case f.op(i, ')'):
			depth--
		case depth == 0 && f.op(i-1, ')'):
			switch f.word(i) {
			case "select", "values", "table", "update", "delete":
				return i
			}
		}
	}
	return -1
}

// skip passes the words that may stand between a verb and its target.
func (f *fallbackReader) skip(i int, words ...string) int {
	for slices.Contains(words, f.word(i)) {
		i++
	}
	return i
}

// insert reads an INSERT or REPLACE behind the word.
func (f *fallbackReader) insert(i int) bool {
	if i = f.skip(i, "low_priority", "high_priority", "delayed", "ignore"); f.word(i) == "into" {
		i++
	}
	return f.writeTarget(i) && !f.writesIn(f.targetTo, len(f.toks))
}

// update reads an UPDATE behind the word. What stands before the SET tells whether it is
// of one table.
func (f *fallbackReader) update(i int) bool {
	i = f.skip(i, "low_priority", "ignore")
	_, next, ok := f.name(i)
	switch {
	case ok && f.word(next) == "set",
		ok && f.word(next) == "for" && f.word(next+1) == "portion",
		ok && f.isName(next) && f.word(next+1) == "set",
		ok && f.word(next) == "as" && f.isName(next+1) && f.word(next+2) == "set":
		return f.writeTarget(i) && !f.writesIn(f.targetTo, len(f.toks))
	}
	f.several = true
	return !f.writesIn(i, len(f.toks))
}

// delete reads a DELETE behind the word. One of several tables has a list or a USING.
func (f *fallbackReader) delete(i int) bool {
	i = f.skip(i, "low_priority", "quick", "ignore")
	if f.word(i) == "from" {
		_, next, ok := f.name(i + 1)
		if ok && f.word(next) == "as" {
			next++
		}
		if ok && f.isName(next) && !fallbackAfterTarget[f.word(next)] {
			next++ // an alias
		}
		if ok && (next >= len(f.toks) || fallbackAfterTarget[f.word(next)]) {
			return f.writeTarget(i+1) && !f.writesIn(f.targetTo, len(f.toks))
		}
	}
	f.several = true
	return !f.writesIn(i, len(f.toks))
}

// fallbackAfterTarget are the words that may follow the target of a DELETE of one table.
var fallbackAfterTarget = tokSet("where order limit returning partition for")

// ddl reads a statement that changes the schema, and commits. Of what may be temporary
// nothing is told.
func (f *fallbackReader) ddl() bool {
	f.st.Kind, f.st.Commits = dialect.KindDDL, true
	object := f.word(0) == "truncate"
	for i := 1; i < len(f.toks) && i <= 6; i++ {
		switch f.word(i) {
		case "temporary":
			return false
		case "table", "tables", "index", "view", "sequence", "trigger", "procedure", "function", "event", "database", "schema":
			object = true
		}
	}
	if next := f.ddlTarget(); next > 0 {
		f.writeTarget(next)
	}
	return object
}

// ddlTarget finds what a statement changes, where that is simple to see; 0 where it is
// not. Everything is dropped in any case.
func (f *fallbackReader) ddlTarget() int {
	for i := 1; i < len(f.toks) && i <= 6; i++ {
		switch f.word(i) {
		case "table", "on":
			return f.skip(i+1, "if", "not", "exists")
		}
	}
	return 0
}

// writesIn reports whether a word of a write stands in a range of tokens. Before a
// parenthesis some are functions; ON DUPLICATE KEY UPDATE and FOR UPDATE are none.
func (f *fallbackReader) writesIn(from, to int) bool {
	for i := from; i < to; i++ {
		switch f.word(i) {
		case "into", "create", "drop", "alter", "call", "load", "delete", "execute", "merge":
			return true
		case "insert", "replace", "truncate":
			if !f.op(i+1, '(') {
				return true
			}
		case "update":
			if before := f.word(i - 1); before != "key" && before != "for" {
				return true
			}
		}
	}
	return false
}

// writeTarget notes the target of a write, whose name begins at token i.
func (f *fallbackReader) writeTarget(i int) bool {
	n, next, ok := f.name(i)
	if !ok {
		return false
	}
	f.write(n)
	f.targetFrom, f.targetTo = i, next
	return true
}

// tables notes every name that may be that of a table: behind FROM, JOIN, UPDATE and the
// like, and behind each comma and parenthesis in a FROM. What is no table does no harm.
func (f *fallbackReader) tables() {
	// from tells for each open parenthesis whether a FROM stands before.
	from := []bool{false}
	for i := range f.toks {
		top := len(from) - 1
		switch {
		case f.op(i, '('), f.op(i, '{'):
			from = append(from, from[top])
			if from[top] {
				f.candidate(i + 1)
			}
		case f.op(i, ')'), f.op(i, '}'):
			if top > 0 {
				from = from[:top]
			}
		case f.op(i, ','):
			if from[top] {
				f.candidate(i + 1)
			}
		default:
			switch f.word(i) {
			case "from", "join", "straight_join", "using":
				from[top] = true
				f.candidate(i + 1)
			case "update":
				from[top] = true
				f.candidate(f.skip(i+1, "low_priority", "ignore"))
			case "table", "lateral", "into", "oj":
				f.candidate(i + 1)
			case "group", "order":
				// USE INDEX FOR ORDER BY (i) stands in a FROM.
				from[top] = from[top] && f.word(i-1) == "for"
			case "select", "where", "having", "limit", "union", "except", "intersect", "set", "values":
				// None of these can be a name, or it would end the FROM too early.
				from[top] = false
			}
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
	if n, _, ok := f.name(i); ok {
		f.read(n)
	}
}

// calls notes every name before a parenthesis that is not a word of SQL or the target of
// the statement.
func (f *fallbackReader) calls() {
	for i := range f.toks {
		if f.op(i, '(') {
			f.call(i)
		}
	}
}

// call notes the function whose name stands before the parenthesis at token i. Of a name
// in quotes, or of some that does not touch the parenthesis, it is that of a stored
// function although the server has one of its own.
func (f *fallbackReader) call(i int) {
	last := i - 1
	if !f.isName(last) || i == f.targetTo {
		return
	}
	word := f.word(last)
	if word != "" && f.keyword(last, word) {
		return
	}
	name := tokFold(tokUnquote(f.toks[last].in(f.text)))
	known := functions[name]
	switch {
	case name == "":
		f.foreign("``") // one without a name would be none
	case word == "", known.kind == functionForeign, tokTouching[name] && f.toks[last].end != f.toks[i].pos:
		f.foreign(name)
	case known.some:
		f.function(name)
	}
}

// keyword reports whether the word before a parenthesis is one of SQL there. Those that
// could also be the name of a function count only where the word before says so.
func (f *fallbackReader) keyword(i int, word string) bool {
	switch before := f.word(i - 1); word {
	case "cast", "json_table":
		return f.toks[i].end == f.toks[i+1].pos
	case "lateral":
		return before == "join"
	case "any", "some":
		return f.op(i-1, '=') || f.op(i-1, '<') || f.op(i-1, '>')
	case "over":
		return f.op(i-1, ')')
	case "row":
		return before == "values" || f.op(i-1, ',')
	case "partition":
		return f.targetTo == i || f.isName(i-1)
	case "index", "key":
		return before == "use" || before == "ignore" || before == "force" || before == "primary" || before == "foreign" || before == "unique"
	}
	return fallbackReserved[word]
}

// fallbackReserved are reserved words that may stand before a parenthesis and are the
// name of no function.
var fallbackReserved = tokSet(`all and as between by case char check distinct div decimal double else exists float from group having
	in int integer bigint smallint tinyint mediumint numeric real varchar varbinary binary is join like limit mod not on or order references
	regexp rlike select set straight_join then union except intersect unique update using values when where with xor`)
