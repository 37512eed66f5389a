package mysql

import (
	"slices"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// routineBody is what the body of a trigger, a routine or an event does.
type routineBody struct {
	// statements are those that read, write or call something, whatever the way to
	// them; nil where it may do anything.
	statements []*dialect.Statement
	// assigned are the columns, folded, that it gives other values in the row that is
	// about to be written; assignsAny is true when it may do so to all.
	assigned   []string
	assignsAny bool
}

// routineSource is the text of one.
type routineSource struct {
	schema, text, mode string
	params             []string
}

// declared works out what stored functions and procedures do. Statements name them
// without a database, so those of all databases count that have such a name. A CALL in a
// body knows the database; procedures of another one than the session's may do anything.
func (b *catalogBuilder) declared() {
	b.procedures, b.functions = make(map[string]*routineStored), make(map[string][]*routineStored)
	params := make(map[string][]string)
	for _, p := range b.rows.params {
		at := p.kind + "\x00" + catalogAt(p.schema, p.name)
		params[at] = append(params[at], nameFold(p.param))
	}
	var list []*routineStored
	for i := range b.rows.routines {
		row := &b.rows.routines[i]
		r := &routineStored{name: nameFold(row.name), procedure: row.kind == "procedure"}
		if (row.kind == "procedure" || row.kind == "function") && !row.body.null && strings.EqualFold(row.language, "SQL") {
			r.source = &routineSource{schema: row.schema, text: row.body.text, mode: row.mode, params: params[row.kind+"\x00"+catalogAt(row.schema, row.name)]}
		}
		switch own := b.session.database; {
		case r.procedure && (own.null || own.text == "" || nameFold(own.text) == nameFold(row.schema)):
			b.procedures[catalogAt(row.schema, row.name)] = r
		case r.procedure:
		default:
			b.functions[r.name] = append(b.functions[r.name], r)
		}
		list = append(list, r)
	}
	for _, r := range list {
		class := b.class(r)
		b.routines[r.name] = max(b.routines[r.name], class)
		if r.procedure {
			name, commits := dialect.ProcedurePrefix+r.name, dialect.RoutinePure
			if b.stored(r) == nil {
				commits = dialect.RoutineWrites
			}
			b.routines[name] = max(b.routines[name], commits)
		}
	}
}

// routineStored is a stored function or procedure.
type routineStored struct {
	name      string
	procedure bool
	source    *routineSource // nil where it cannot be seen
	// statements are what it does, nil for anything, once it was read.
	statements    []*dialect.Statement
	reading, done bool // it is being read, and calls itself perhaps; it was read
	classed       bool
	is            dialect.Routine
}

// class tells the worst that a routine may do. None is taken for a pure one: what it makes
// of its arguments depends on their types, and on the clock with some.
func (b *catalogBuilder) class(r *routineStored) dialect.Routine {
	if !r.classed {
		r.classed, r.is = true, dialect.RoutineWrites // to itself, if it is called in it
		if list := b.stored(r); list != nil && !slices.ContainsFunc(list, func(st *dialect.Statement) bool { return len(st.Writes) > 0 || b.callsWriter(st, r.source.schema) }) {
			r.is = dialect.RoutineReads
		}
	}
	return r.is
}

// callsWriter tells whether a statement that stands in a database calls a function that is
// not known to write nothing, by itself or in a view that it reads.
func (b *catalogBuilder) callsWriter(st *dialect.Statement, schema string) bool {
	if st.Foreign != "" && len(st.Foreigns) == 0 {
		return true
	}
	for _, name := range st.Foreigns {
		list := b.functions[name]
		if len(list) == 0 || slices.ContainsFunc(list, func(f *routineStored) bool { return b.class(f) == dialect.RoutineWrites }) {
			return true
		}
	}
	return slices.ContainsFunc(st.Functions, func(name string) bool { return len(b.functions[name]) > 0 }) ||
		slices.ContainsFunc(st.Reads, func(n dialect.Name) bool { return b.viewCallsWriter(n, schema) })
}

// viewCallsWriter tells whether a name in a database is that of a view that does so.
func (b *catalogBuilder) viewCallsWriter(n dialect.Name, schema string) bool {
	if n.Schema == "" {
		n.Schema = schema
	}
	t := b.tables[catalogAt(n.Schema, n.Name)]
	if t == nil || t.Kind != dialect.TableView {
		return false
	}
	if !t.called {
		t.called, t.callsWriter = true, true // to itself, if a function that it calls reads it
		t.callsWriter = t.View == nil || b.callsWriter(t.View, t.Schema)
	}
	return t.callsWriter
}

// stored returns what a routine does, nil for anything.
func (b *catalogBuilder) stored(r *routineStored) []*dialect.Statement {
	if !r.done && !r.reading && r.source != nil {
		r.reading = true
		r.statements = b.body(r.source).statements
		r.done = true
	}
	return r.statements
}

// body reads what a body does.
func (b *catalogBuilder) body(s *routineSource) *routineBody {
	anything := &routineBody{assignsAny: true}
	for mode := range strings.SplitSeq(s.mode, ",") {
		if !sessionMode(mode) {
			return anything // the parser does not read it as the server does
		}
	}
	toks, shape, err := tokenize(s.text)
	if err != nil || shape.odd != "" || len(shape.bangs) > 0 {
		return anything
	}
	r := &routineReader{builder: b, schema: s.schema, text: s.text, toks: toks, names: make(map[string]bool)}
	r.statements = []*dialect.Statement{}
	for _, p := range s.params {
		if !r.declares(p) {
			return anything
		}
	}
	if !r.read() {
		return anything
	}
	return &r.routineBody
}

// routineReader reads a body, statement by statement. It knows where statements begin and
// what the words are that may begin one; whatever else it meets makes the whole body one
// that is not understood. How statements are nested does not matter to it: every one of
// them may run.
type routineReader struct {
	routineBody
	builder *catalogBuilder
	schema  string
	text    string
	toks    []tok
	at      int
	names   map[string]bool // the variables, folded
}

// word returns the folded word so many tokens ahead, "" where there is none.
func (r *routineReader) word(ahead int) string {
	if i := r.at + ahead; i < len(r.toks) && r.toks[i].kind == tokWord {
		return tokFold(r.toks[i].in(r.text))
	}
	return ""
}

// op tells whether the token so many ahead is an operator of one character.
func (r *routineReader) op(ahead int, c byte) bool {
	i := r.at + ahead
	return i < len(r.toks) && r.toks[i].is(r.text, c)
}

// name returns the folded name so many tokens ahead, "" where there is none.
func (r *routineReader) name(ahead int) string {
	if i := r.at + ahead; i < len(r.toks) && (r.toks[i].kind == tokWord || r.toks[i].kind == tokQuoted) {
		return nameFold(tokUnquote(r.toks[i].in(r.text)))
	}
	return ""
}

// read reads the whole body.
func (r *routineReader) read() bool {
	for r.at < len(r.toks) {
		switch {
		case r.toks[r.at].kind == tokSemi:
			r.at++
		case r.name(0) != "" && r.op(1, ':'):
			r.at += 2 // a label
		case !r.statement():
			return false
		}
	}
	return true
}

// statement reads one, or the head of one that holds others.
func (r *routineReader) statement() bool {
	switch r.word(0) {
	case "begin":
		r.at++
		return r.word(0) != "not" // NOT ATOMIC
	case "else", "loop", "repeat":
		r.at++
		return true
	case "if", "elseif", "when":
		r.at++
		return r.expression("then", true)
	case "while":
		r.at++
		return r.expression("do", true)
	case "until":
		r.at++
		return r.expression("end", false)
	case "case":
		r.at++
		return r.word(0) == "when" || r.expression("when", false)
	case "end":
		span := r.rest()
		return len(span) <= 3
	case "leave", "iterate", "open", "close":
		return len(r.rest()) == 2
	case "fetch":
		r.mayAssign(r.toks[r.at:])
		return !slices.ContainsFunc(r.rest(), func(t tok) bool { return t.kind == tokOp && !t.is(r.text, ',') && !t.is(r.text, '.') })
	case "signal", "resignal", "get":
		r.mayAssign(r.toks[r.at:])
		return !slices.ContainsFunc(r.rest(), func(t tok) bool { return t.is(r.text, '(') })
	case "return":
		r.at++
		return r.parse(parseSelect+" ", r.rest())
	case "declare":
		return r.declare()
	case "set":
		return r.set()
	case "call":
		return r.call()
	case "select", "with", "insert", "replace", "update", "delete", "do":
		if into := r.find("into"); r.word(0) == "select" || r.word(0) == "with" {
			r.mayAssign(into)
		}
		return r.parse("", r.rest())
	}
	return false
}

// rest returns the tokens up to the next semicolon, or to the end, and stands behind it.
func (r *routineReader) rest() []tok {
	start := r.at
	for r.at < len(r.toks) && r.toks[r.at].kind != tokSemi {
		r.at++
	}
	span := r.toks[start:r.at]
	r.at = min(r.at+1, len(r.toks))
	return span
}

// expression reads an expression up to a word outside of parentheses and of any CASE in
// it, and stands behind the word or at it.
func (r *routineReader) expression(end string, behind bool) bool {
	start, depth, cases := r.at, 0, 0
	for ; r.at < len(r.toks); r.at++ {
		if r.toks[r.at].kind == tokSemi {
			return false
		}
		word := r.word(0)
		if r.at > start && r.toks[r.at-1].is(r.text, '.') {
			word = "" // the name of a column
		}
		switch {
		case depth == 0 && cases == 0 && word == end:
			span := r.toks[start:r.at]
			if behind {
				r.at++
			}
			return r.parse(parseSelect+" ", span)
		case r.op(0, '('):
			depth++
		case r.op(0, ')'):
			depth--
		case word == "case":
			cases++
		case word == "end":
			cases--
		}
	}
	return false
}

// parse reads a statement of SQL with something before it.
func (r *routineReader) parse(before string, span []tok) bool {
	if len(span) == 0 {
		return false
	}
	st := Parse(before + r.text[span[0].pos:span[len(span)-1].end])
	switch st.Kind {
	case dialect.KindSelect:
	case dialect.KindInsert, dialect.KindUpdate, dialect.KindDelete:
		if before != "" || len(st.Writes) == 0 {
			return false
		}
	default:
		return false
	}
	if st.Commits || st.Taint != 0 {
		return false
	}
	if len(st.Reads) > 0 || len(st.Writes) > 0 || st.Foreign != "" || len(st.Functions) > 0 {
		r.statements = append(r.statements, st)
	}
	return true
}

// routineNew is the name of the row that is about to be written.
const routineNew = "new"

// mayAssign takes note of the row that is about to be written where the tokens up to the
// next semicolon name it: a value may be put there.
func (r *routineReader) mayAssign(span []tok) {
	for _, t := range span {
		if t.kind == tokSemi {
			return
		}
		if (t.kind == tokWord || t.kind == tokQuoted) && nameFold(tokUnquote(t.in(r.text))) == routineNew {
			r.assignsAny = true
		}
	}
}

// find returns the tokens from a word on.
func (r *routineReader) find(word string) []tok {
	for i := r.at; i < len(r.toks) && r.toks[i].kind != tokSemi; i++ {
		if r.toks[i].kind == tokWord && tokFoldEqual(r.toks[i].in(r.text), word) {
			return r.toks[i:]
		}
	}
	return nil
}

// declares takes note of a variable. It reports false for the name of a setting: where the
// variable is not in scope the setting is meant.
func (r *routineReader) declares(name string) bool {
	r.names[name] = true
	return name != "" && !slices.Contains(sessionNames, name) && !slices.Contains(sessionOthers, name)
}

// declare reads the declaration of variables, a condition, a cursor or a handler.
func (r *routineReader) declare() bool {
	r.at++
	switch {
	case r.word(1) == "handler" && r.word(2) == "for":
		r.at += 3
		return r.conditions()
	case r.word(1) == "condition" && r.word(2) == "for":
		return !slices.ContainsFunc(r.rest(), func(t tok) bool { return t.kind == tokOp })
	case r.word(1) == "cursor" && r.word(2) == "for":
		r.at += 3
		return (r.word(0) == "select" || r.word(0) == "with") && r.parse("", r.rest())
	case r.word(1) == "cursor":
		return false
	}
	for {
		if !r.declares(r.name(0)) {
			return false
		}
		r.at++
		if !r.op(0, ',') {
			break
		}
		r.at++
	}
	for depth := 0; r.at < len(r.toks); r.at++ {
		switch {
		case r.toks[r.at].kind == tokSemi:
			r.at++
			return true
		case r.op(0, '('):
			depth++
		case r.op(0, ')'):
			depth--
		case depth == 0 && r.word(0) == "default":
			r.at++
			return r.parse(parseSelect+" ", r.rest())
		}
	}
	return false
}

// conditions reads what a handler is for. The statement that it runs follows.
func (r *routineReader) conditions() bool {
	for {
		switch {
		case r.word(0) == "sqlstate":
			if r.at++; r.word(0) == "value" {
				r.at++
			}
			if r.at >= len(r.toks) || r.toks[r.at].kind != tokText {
				return false
			}
		case r.word(0) == "not" && r.word(1) == "found":
			r.at++
		case r.name(0) != "", r.at < len(r.toks) && r.toks[r.at].kind == tokNumber:
		default:
			return false
		}
		if r.at++; !r.op(0, ',') {
			return true
		}
		r.at++
	}
}

// set reads assignments: to a variable, to one of the session, which nothing depends on
// that is cached, or to a column of the row that is about to be written.
func (r *routineReader) set() bool {
	r.at++
	span := r.rest()
	for len(span) > 0 {
		end, depth := 0, 0
		for ; end < len(span) && (depth > 0 || !span[end].is(r.text, ',')); end++ {
			switch {
			case span[end].is(r.text, '('):
				depth++
			case span[end].is(r.text, ')'):
				depth--
			}
		}
		if !r.assignment(span[:end]) {
			return false
		}
		if end == len(span) {
			return true
		}
		span = span[end+1:]
	}
	return false
}

// assignment reads one.
func (r *routineReader) assignment(span []tok) bool {
	if len(span) < 3 {
		return false
	}
	at := 1
	switch first := span[0]; first.kind {
	case tokVar:
		if strings.HasPrefix(first.in(r.text), "@@") {
			return false
		}
	case tokWord, tokQuoted:
		name := nameFold(tokUnquote(first.in(r.text)))
		part := span[1].is(r.text, '.')
		if !r.names[name] && (!part || name != routineNew) {
			return false
		}
		if part {
			at = 3
		}
		if part && name == routineNew {
			r.assigned = append(r.assigned, nameFold(tokUnquote(span[2].in(r.text))))
		}
	default:
		return false
	}
	if at+1 >= len(span) || span[at].kind != tokOp {
		return false
	}
	if op := span[at].in(r.text); op != "=" && op != ":=" {
		return false
	}
	return r.parse(parseSelect+" ", span[at+1:])
}

// call reads a CALL: what the procedure does is done here.
func (r *routineReader) call() bool {
	r.at++
	span := r.rest()
	r.mayAssign(span)
	sub := &routineReader{text: r.text, toks: span}
	schema, name := r.schema, sub.name(0)
	sub.at++
	if sub.op(0, '.') {
		schema, name = name, sub.name(1)
		sub.at += 2
	}
	if name == "" {
		return false
	}
	if args := span[min(sub.at, len(span)):]; len(args) > 0 {
		if !args[0].is(r.text, '(') || !args[len(args)-1].is(r.text, ')') {
			return false
		}
		if args = args[1 : len(args)-1]; len(args) > 0 && !r.parse(parseSelect+" ", args) {
			return false
		}
	}
	p := r.builder.procedures[catalogAt(schema, name)]
	if p == nil {
		return false
	}
	statements := r.builder.stored(p)
	if statements == nil {
		return false
	}
	for _, st := range statements {
		r.statements = append(r.statements, routineQualified(st, schema))
	}
	return true
}
