package sqlite

import (
	"github.com/cacheops/cacheops/dialect"
)

// fallback tells the kind and the tables of a statement from its tokens alone,
// when it cannot be parsed or must not be. SQLite refuses most such texts; one
// that it accepts, because it is newer than the parser, must not be taken for
// less than it is. So names are listed generously, a SELECT must hold no word
// of a write, and where the kind or the target of a write cannot be told the
// statement is unknown.
func fallback(text string, toks []tok, why string) *dialect.Statement {
	f := &fallbackReader{converter: converter{text: text, toks: toks}}
	f.candidates = make([]bool, len(toks))
	f.st = parseStatement(text, toks)
	f.st.Incomplete = why
	f.volatile("the text could not be parsed")
	if !f.classify() {
		st := parseUnknown(text, why)
		st.Pos, st.End, st.Params, st.NamedParams = f.st.Pos, f.st.End, f.st.Params, f.st.NamedParams
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
	if i < 0 || i >= len(f.toks) || f.toks[i].kind != tokWord {
		return ""
	}
	return nameFold(f.text[f.toks[i].pos:f.toks[i].end])
}

func (f *fallbackReader) kind(i int) tokKind {
	if i < 0 || i >= len(f.toks) {
		return tokSemi
	}
	return f.toks[i].kind
}

// classify sets the kind, and for a write the target. It reports false when
// the statement is not understood.
func (f *fallbackReader) classify() bool {
	for _, t := range f.toks {
		if t.kind == tokSemi { // more than one, or a trigger
			return false
		}
	}
	i := 0
	if f.word(0) == "with" {
		if i = f.mainVerb(); i < 0 {
			return false
		}
	}
	switch f.word(i) {
	case "select", "values":
		f.st.Kind = dialect.KindSelect
		return !f.writesIn(0, i) && !f.writesIn(i+1, len(f.toks))
	case "insert", "replace":
		f.st.Kind = dialect.KindInsert
		return f.target(f.after(i, "into")) && f.onlyWrite(i)
	case "delete":
		f.st.Kind = dialect.KindDelete
		return f.word(i+1) == "from" && f.target(i+2) && f.onlyWrite(i)
	case "update":
		f.st.Kind = dialect.KindUpdate
		at := i + 1
		if f.word(at) == "or" {
			at += 2
		}
		return f.target(at) && f.onlyWrite(i)
	}
	if i > 0 {
		return false
	}
	switch f.word(0) {
	case "create", "drop", "alter":
		return f.ddl()
	case "attach", "detach":
		f.st.Kind, f.st.Taint = dialect.KindSession, dialect.TaintAll
		return true
	case "begin":
		// BEGIN CONCURRENT is in a branch of SQLite.
		f.st.Kind = dialect.KindBegin
		return f.word(1) == "concurrent" && (len(f.toks) == 2 || len(f.toks) == 3 && f.word(2) == "transaction")
	}
	return false
}

// mainVerb finds the verb behind a WITH clause: the first one outside of all
// parentheses that follows a closing one. -1 when there is none.
func (f *fallbackReader) mainVerb() int {
	depth := 0
	for i, t := range f.toks {
		switch t.kind {
		case tokLP:
			depth++
		case tokRP:
			depth--
		case tokWord:
			if depth != 0 || f.kind(i-1) != tokRP {
				continue
			}
			switch f.word(i) {
			case "select", "values", "insert", "replace", "update", "delete":
				return i
			}
		}
	}
	return -1
}

// after returns the place behind the first such word within a few tokens: an
// INSERT OR IGNORE INTO has two words between. -1 when there is none.
func (f *fallbackReader) after(i int, word string) int {
	for n := i + 1; n <= i+3; n++ {
		if f.word(n) == word {
			return n + 1
		}
	}
	return -1
}

// onlyWrite reports whether the verb at i is the only one of a write, but for
// an upsert's DO UPDATE: a database may come to know writes inside others.
func (f *fallbackReader) onlyWrite(i int) bool {
	return !f.writesIn(0, i) && !f.writesIn(f.targetTo, len(f.toks))
}

// writesIn reports whether a word of a write stands in a range of tokens.
// REPLACE is also a function.
func (f *fallbackReader) writesIn(from, to int) bool {
	for i := from; i < to; i++ {
		switch f.word(i) {
		case "insert", "delete", "into", "create", "drop", "alter", "merge", "truncate":
			return true
		case "update":
			if f.word(i-1) != "do" {
				return true
			}
		case "replace":
			if f.kind(i+1) != tokLP {
				return true
			}
		}
	}
	return false
}

// name reads the name, qualified or not, that begins at token i, and returns
// the place behind it; ok is false if there is none. A name can be empty.
func (f *fallbackReader) name(i int) (n dialect.Name, next int, ok bool) {
	part := func(i int) (string, bool) {
		switch f.kind(i) {
		case tokWord, tokQuoted, tokString:
			if i >= 0 {
				return tokUnquote(f.text[f.toks[i].pos:f.toks[i].end]), true
			}
		}
		return "", false
	}
	first, ok := part(i)
	if !ok {
		return n, i, false
	}
	if f.kind(i+1) == tokDot {
		if second, ok := part(i + 2); ok {
			return dialect.Name{Schema: first, Name: second}, i + 3, true
		}
	}
	return dialect.Name{Name: first}, i + 1, true
}

// target notes the target of a write, whose name begins at token i.
func (f *fallbackReader) target(i int) bool {
	n, next, ok := f.name(i)
	if !ok {
		return false
	}
	f.write(n)
	f.targetFrom, f.targetTo = i, next
	return true
}

// ddl tells what a CREATE, DROP or ALTER is about.
func (f *fallbackReader) ddl() bool {
	f.st.Kind = dialect.KindDDL
	verb, i := f.word(0), 1
	if verb == "create" {
		switch f.word(i) {
		case "temp", "temporary":
			f.st.Taint = dialect.TaintAll
			i++
		case "unique", "virtual":
			i++
		}
	}
	object := f.word(i)
	switch object {
	case "table":
	case "view", "index", "trigger":
		if verb == "alter" {
			return false
		}
	default:
		return false
	}
	for i++; f.word(i) == "if" || f.word(i) == "not" || f.word(i) == "exists"; i++ {
	}
	n, next, ok := f.name(i)
	if !ok {
		return false
	}
	if nameFold(n.Schema) == "temp" {
		f.st.Taint = dialect.TaintAll
	}
	f.ddlNames(n, i, next)
	return true
}

// ddlNames notes the named object, and every name that follows ON or TO.
func (f *fallbackReader) ddlNames(n dialect.Name, from, next int) {
	f.write(n)
	f.targetFrom, f.targetTo = from, next
	for i := next; i < len(f.toks); i++ {
		if w := f.word(i); w == "on" || w == "to" {
			if other, _, ok := f.name(i + 1); ok {
				// The table of an index and the new name of a table are in the
				// schema of the first name.
				f.write(other)
				if other.Schema == "" && n.Schema != "" {
					f.write(dialect.Name{Schema: n.Schema, Name: other.Name})
				}
				if nameFold(other.Schema) == "temp" {
					f.st.Taint = dialect.TaintAll
				}
			}
		}
	}
}

// tables notes every name that may be that of a table which is read: behind
// FROM, JOIN, IN and the like, and behind each comma and parenthesis in a
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
			case "from", "join":
				from[top] = true
				f.candidate(i + 1)
			case "in":
				f.candidate(i + 1)
			case "select", "where", "group", "having", "order", "limit", "union", "except", "intersect",
				"set", "values", "returning":
				// None of these can be a name, or it would end the FROM too
				// early. WINDOW can.
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
	if n, next, ok := f.name(i); ok {
		f.read(n)
		f.candidates[next-1] = true
	}
}

// fallbackCall is an open parenthesis: the token before it, and the commas
// directly in it.
type fallbackCall struct {
	before, commas int
}

// calls notes every name before a parenthesis that is not known to be a
// function, a word of SQL or the target of the statement. Its time is linear
// in the tokens, however deep they are nested.
func (f *fallbackReader) calls() {
	var open []fallbackCall
	for i := range f.toks {
		switch f.kind(i) {
		case tokWord:
			if f.word(i) == "regexp" {
				f.foreign("regexp")
			}
		case tokLP:
			open = append(open, fallbackCall{before: i - 1})
		case tokComma:
			if len(open) > 0 {
				open[len(open)-1].commas++
			}
		case tokRP:
			if last := len(open) - 1; last >= 0 {
				f.call(open[last], i)
				open = open[:last]
			}
		}
	}
	for _, c := range open {
		f.call(c, len(f.toks))
	}
}

// call notes a function that is called with the arguments up to token end.
func (f *fallbackReader) call(c fallbackCall, end int) {
	i := c.before
	if k := f.kind(i); k != tokWord && k != tokQuoted && k != tokString || i+1 == f.targetTo || f.keyword(i) {
		return
	}
	name := nameFold(tokUnquote(f.text[f.toks[i].pos:f.toks[i].end]))
	known := false
	switch {
	case f.afterFrom(i):
		known, _ = functionTable(name)
	case f.candidates[i]:
		// A function in FROM or an argument of one: too much to tell apart.
	default:
		args, first := c.commas+1, i+2
		if w := f.word(first); w == "distinct" || w == "all" {
			first++
		}
		if first == end || first+1 == end && f.kind(first) == tokOp || f.word(first) == "order" { // (), (*), (ORDER BY a)
			args = 0
		}
		fn, found := functions[name]
		known = found && (args >= fn.min && args <= fn.max || (name == "min" || name == "max") && args == 1)
	}
	if !known {
		f.foreign(name)
	}
}

// afterFrom reports whether the word before i says that a table function is
// called there. IS DISTINCT FROM is no FROM.
func (f *fallbackReader) afterFrom(i int) bool {
	switch f.word(i - 1) {
	case "join", "in":
		return true
	case "from":
		return f.word(i-2) != "distinct"
	}
	return false
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
	case "key":
		return before == "primary" || before == "foreign"
	case "materialized":
		return before == "as" || before == "not"
	case "filter", "over":
		return f.kind(i-1) == tokRP
	}
	return fallbackReserved[word]
}

// fallbackReserved are the words that may stand before a parenthesis and are
// the name of no function.
var fallbackReserved = map[string]bool{
	"all": true, "and": true, "as": true, "between": true, "case": true, "cast": true, "check": true,
	"distinct": true, "else": true, "escape": true, "except": true, "exists": true, "from": true,
	"having": true, "in": true, "intersect": true, "is": true, "join": true, "limit": true,
	"not": true, "on": true, "or": true, "returning": true, "select": true, "set": true,
	"then": true, "union": true, "unique": true, "using": true, "values": true, "when": true,
	"where": true,
}
