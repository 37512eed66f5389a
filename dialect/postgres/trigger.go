package postgres

import (
	"slices"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// triggerBody is what the function of a trigger does.
type triggerBody struct {
	// statements are nil where it may do anything.
	statements []*dialect.Statement
	// assigned are the columns of the row that it may change before it is
	// written; assignsAny is true when it may change all.
	assigned   []string
	assignsAny bool
	// keeps is true when it may have an UPDATE leave its row as it is. One that
	// assignsAny may as well.
	keeps bool
}

// triggerOwn are the functions of PostgreSQL's own that change nothing but the
// row that is about to be written.
var triggerOwn = []string{"tsvector_update_trigger", "tsvector_update_trigger_column", "suppress_redundant_updates_trigger"}

// triggerSettings are the settings of a function under which a name may mean
// something else, or a write do something else.
var triggerSettings = []string{"search_path", "role", "session_authorization", "session_replication_role", "row_security", "standard_conforming_strings", "backslash_quote"}

// triggerRead reads the function of a trigger.
func triggerRead(f *catalogFunction, calls *routineCalls) *triggerBody {
	anything := &triggerBody{assignsAny: true, keeps: true}
	switch {
	case f.Language == "internal" && f.Schema == "pg_catalog" && slices.Contains(triggerOwn, f.Name):
		// Their columns are not of a type that a foreign key would refer to.
		return &triggerBody{statements: []*dialect.Statement{}, keeps: true}
	case f.Language != "plpgsql":
		return anything
	}
	for _, name := range triggerSettings {
		if _, set := triggerSetting(f.Settings, name); set {
			return anything
		}
	}
	toks, ok := triggerTokens(f.Source)
	if !ok {
		return anything
	}
	r := &triggerReader{toks: toks, calls: calls, body: &triggerBody{statements: []*dialect.Statement{}}}
	if !r.read() {
		return anything
	}
	if st := r.found.statement(); st != nil {
		r.body.statements = append(r.body.statements, st)
	}
	return r.body
}

// triggerSetting returns the value of one of a function's own settings, and
// whether it has one.
func triggerSetting(settings, name string) (string, bool) {
	for line := range strings.SplitSeq(settings, "\n") {
		if n, value, ok := strings.Cut(line, "="); ok && strings.EqualFold(n, name) {
			return value, true
		}
	}
	return "", false
}

// triggerReader reads PL/pgSQL, statement by statement. It knows where
// statements begin and what the words are that may begin one; whatever else it
// meets makes the whole body one that is not understood. How statements are
// nested does not matter to it: every one of them may run.
type triggerReader struct {
	toks  []triggerToken
	at    int
	calls *routineCalls
	found routineFound
	body  *triggerBody
}

// peek returns the token so many ahead, and a text, which nothing asks for, past the
// end.
func (r *triggerReader) peek(ahead int) triggerToken {
	if r.at+ahead < len(r.toks) {
		return r.toks[r.at+ahead]
	}
	return triggerToken{kind: triggerText}
}

// read reads the whole body.
func (r *triggerReader) read() bool {
	declares := false
	for r.at < len(r.toks) {
		t := r.peek(0)
		switch {
		case t.is(";"):
			r.at++
			continue
		case t.is("<<") && r.peek(1).name() && r.peek(2).is(">>"):
			r.at += 3
			continue
		case t.is("begin"):
			declares = false
			r.at++
			continue
		case t.is("declare"):
			declares = true
			r.at++
			continue
		case declares:
			span, ok := r.until(";")
			if !ok || !r.declaration(span) {
				return false
			}
			continue
		}
		if !r.statement(t) {
			return false
		}
	}
	return true
}

// statement reads one, or the head of one that holds others.
func (r *triggerReader) statement(t triggerToken) bool {
	if next := r.peek(1); t.name() && (next.is(":=") || next.is("=") || next.is(".") || next.is("[")) {
		return r.assignment()
	}
	if t.kind != triggerWord {
		return false
	}
	var end string
	switch t.text {
	case "else", "loop", "exception":
		r.at++
		return true
	case "if", "elsif", "elseif", "when":
		end = "then"
	case "case":
		r.at++
		span, ok := r.upTo("when")
		return ok && r.span(span)
	case "while", "for", "foreach":
		end = "loop"
	case "end":
		span, ok := r.until(";")
		return (ok || r.at == len(r.toks)) && len(span) <= 3
	case "return":
		span, ok := r.until(";")
		return ok && r.returns(span)
	case "null", "raise", "assert", "exit", "continue", "close", "fetch", "move", "open", "get",
		"perform", "select", "with", "values", "insert", "update", "delete", "merge":
		end = ";"
	default:
		return false
	}
	span, ok := r.until(end)
	if !ok {
		return false
	}
	switch t.text {
	case "for", "foreach":
		for _, t := range span {
			if t.is("in") {
				break
			}
			r.body.assignsAny = r.body.assignsAny || triggerNew(t)
		}
	case "get":
		r.body.assignsAny = r.body.assignsAny || slices.ContainsFunc(span, triggerNew)
	}
	return r.span(span)
}

// upTo returns the tokens before a word or symbol outside parentheses, and stands
// there. At the end of the text it reports false.
func (r *triggerReader) upTo(end string) ([]triggerToken, bool) {
	start, depth := r.at, 0
	for ; r.at < len(r.toks); r.at++ {
		switch t := r.toks[r.at]; {
		case depth == 0 && t.is(end):
			return r.toks[start:r.at], true
		case t.is(";"):
			return nil, false
		case t.is("("), t.is("["):
			depth++
		case t.is(")"), t.is("]"):
			depth--
		}
	}
	return r.toks[start:], false
}

// until is upTo that goes on behind the end.
func (r *triggerReader) until(end string) ([]triggerToken, bool) {
	span, ok := r.upTo(end)
	if ok {
		r.at++
	}
	return span, ok
}

// triggerNew tells whether a token names the row that is about to be written.
func triggerNew(t triggerToken) bool { return t.name() && t.text == "new" }

// assigns notes an assignment to what the tokens begin with.
func (r *triggerReader) assigns(toks []triggerToken) {
	switch {
	case len(toks) == 0 || !triggerNew(toks[0]):
	case len(toks) > 2 && toks[1].is(".") && toks[2].name():
		r.body.assigned = append(r.body.assigned, toks[2].text)
	default:
		r.body.assignsAny = true
	}
}

// assignment reads an assignment: a name with its parts, := or =, and a value.
func (r *triggerReader) assignment() bool {
	span, ok := r.until(";")
	if !ok {
		return false
	}
	at := 1
	for depth := 0; at < len(span); at++ {
		switch t := span[at]; {
		case t.is("["):
			depth++
		case t.is("]"):
			depth--
		case depth > 0 || t.is(".") || span[at-1].is(".") && t.name():
		case t.is(":="), t.is("="):
			r.assigns(span)
			return r.span(span)
		default:
			return false
		}
	}
	return false
}

// declaration reads the declaration of a variable.
func (r *triggerReader) declaration(span []triggerToken) bool {
	if slices.ContainsFunc(span, func(t triggerToken) bool { return t.is("alias") }) && slices.ContainsFunc(span, triggerNew) {
		r.body.assignsAny = true
	}
	return r.span(span)
}

// returns reads what is returned: the row to be written.
func (r *triggerReader) returns(span []triggerToken) bool {
	var words []string
	for _, t := range span[1:] {
		if t.kind == triggerText {
			return false // a row is no text
		}
		words = append(words, t.text)
	}
	switch strings.Join(words, " ") {
	case "new", "old", "coalesce ( new , old )", "( new )", "( old )":
	case "", "null":
		r.body.keeps = true
	default:
		if len(words) > 0 && (words[0] == "query" || words[0] == "next") {
			return false
		}
		r.body.assignsAny = true
	}
	return r.span(span)
}

// span reads an expression or a statement of SQL.
func (r *triggerReader) span(span []triggerToken) bool {
	skip := make(map[int]bool)
	if len(span) > 0 && span[0].is("open") {
		skip[1] = true // a cursor's arguments
	}
	at := func(i int) triggerToken {
		if i >= 0 && i < len(span) {
			return span[i]
		}
		return triggerToken{kind: triggerText}
	}
	for i, t := range span {
		if t.kind != triggerWord || at(i-1).is(".") {
			continue
		}
		kind, target := dialect.KindUnknown, 0
		switch t.text {
		case "execute":
			return false
		case "into":
			if !at(i-1).is("insert") && !at(i-1).is("merge") {
				r.into(span[i+1:])
			}
		case "insert":
			if at(i + 1).is("into") {
				kind, target = dialect.KindInsert, i+2
			} else if !at(i - 1).is("then") {
				return false
			}
		case "delete":
			if at(i + 1).is("from") {
				kind, target = dialect.KindDelete, i+2
			} else if !at(i - 1).is("then") {
				return false
			}
		case "merge":
			if !at(i + 1).is("into") {
				return false
			}
			kind, target = dialect.KindUpdate, i+2
		case "update":
			switch before := at(i - 1); {
			case before.is("for"), before.is("key"): // a lock
			case (before.is("do") || before.is("then")) && at(i+1).is("set"):
			default:
				kind, target = dialect.KindUpdate, i+1
			}
		}
		if target > 0 && !r.target(kind, span, target, skip) {
			return false
		}
	}
	r.calls.find(span, skip, &r.found)
	return true
}

// target reads the name of a table that is written.
func (r *triggerReader) target(kind dialect.Kind, span []triggerToken, i int, skip map[int]bool) bool {
	at := func(i int) triggerToken {
		if i < len(span) {
			return span[i]
		}
		return triggerToken{kind: triggerText}
	}
	if at(i).is("only") {
		if i++; at(i).is("(") {
			i++
		}
	}
	if !at(i).name() {
		return false
	}
	name := dialect.Name{Name: at(i).text}
	if at(i + 1).is(".") {
		i += 2
		if !at(i).name() || at(i+1).is(".") {
			return false
		}
		name.Schema, name.Name = name.Name, at(i).text
	}
	skip[i] = kind == dialect.KindInsert // the list of columns
	r.body.statements = append(r.body.statements, &dialect.Statement{Kind: kind, Incomplete: "read by its tokens", Writes: []dialect.Name{name}})
	return true
}

// into reads the variables that a result goes into.
func (r *triggerReader) into(toks []triggerToken) {
	if len(toks) > 0 && toks[0].is("strict") {
		toks = toks[1:]
	}
	for len(toks) > 0 && toks[0].name() {
		r.assigns(toks)
		i := 1
		for depth := 0; i < len(toks); i++ {
			t := toks[i]
			part := t.is(".") || toks[i-1].is(".") && t.name()
			if t.is("[") {
				depth++
			}
			if depth == 0 && !part {
				break
			}
			if t.is("]") {
				depth--
			}
		}
		if i >= len(toks) || !toks[i].is(",") {
			return
		}
		toks = toks[i+1:]
	}
}
