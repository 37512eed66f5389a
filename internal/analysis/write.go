package analysis

import (
	"slices"

	"github.com/cacheops/cacheops/dialect"
)

// makeWrite works out what a statement may change; nil when it changes no rows.
func makeWrite(st *dialect.Statement, cat *dialect.Catalog, o *Options) *Write {
	switch st.Kind {
	case dialect.KindSelect, dialect.KindInsert, dialect.KindUpdate, dialect.KindDelete:
	case dialect.KindDDL:
		return &Write{All: true, AllWhy: "changes the schema", Schema: true}
	case dialect.KindScript:
		return scriptWrite(st, cat, o)
	case dialect.KindBegin, dialect.KindCommit, dialect.KindRollback, dialect.KindSavepoint, dialect.KindRelease,
		dialect.KindRollbackTo, dialect.KindSession, dialect.KindUtility:
		return nil
	default:
		// A text that was not understood may change the schema as well.
		return &Write{All: true, AllWhy: "not understood: " + orElse(st.Incomplete, "unknown statement"), Schema: true}
	}
	c := closure{cat: cat, functions: o.Functions, done: make(map[string]bool)}
	w := &Write{}
	target, why := c.target(st)
	c.statement(st, "", target)
	if c.all != "" {
		return &Write{All: true, AllWhy: c.all}
	}
	if target != nil && why == "" && slices.Contains(c.touched, target) {
		why = "a foreign key's action or a trigger can write " + target.Name + " again"
	}
	switch {
	case target != nil && why == "":
		w.Target = target
	case target != nil:
		c.touch(target)
	}
	w.Epochs, w.Triggers = c.touched, c.triggered
	if st.Kind == dialect.KindSelect && len(w.Epochs) == 0 {
		return nil
	}
	if w.Target == nil {
		w.Why = why
	}
	return w
}

// scriptWrite is everything that the parts of a script may change. Rows cannot
// be told: the parts run in one call.
func scriptWrite(st *dialect.Statement, cat *dialect.Catalog, o *Options) *Write {
	w := &Write{Why: "one of several statements in a text"}
	found := len(st.Script) == 0
	if found {
		w.All, w.AllWhy, w.Schema = true, "a script whose parts are not known", true
	}
	for _, part := range st.Script {
		p := makeWrite(part, cat, o)
		if p == nil {
			continue
		}
		found = true
		w.Schema = w.Schema || p.Schema
		if p.All && !w.All {
			w.All, w.AllWhy = true, p.AllWhy
		}
		for _, t := range append([]*dialect.Table{p.Target}, p.Epochs...) {
			if t != nil && !slices.Contains(w.Epochs, t) {
				w.Epochs = append(w.Epochs, t)
			}
		}
	}
	if !found {
		return nil
	}
	if w.All {
		w.Epochs, w.Why = nil, ""
	}
	return w
}

// target returns the plain table that a parsed write names, if it is one, and
// why the rows it changes cannot be told from images; empty when they can.
func (c *closure) target(st *dialect.Statement) (t *dialect.Table, why string) {
	var name dialect.Name
	switch {
	case st.Kind == dialect.KindSelect:
		return nil, "written by a SELECT"
	case st.Insert != nil && st.Kind == dialect.KindInsert:
		name = st.Insert.Table
	case st.Update != nil && st.Kind == dialect.KindUpdate:
		name = st.Update.Table
	case st.Delete != nil && st.Kind == dialect.KindDelete:
		name = st.Delete.Table
	default:
		return nil, "not understood: " + orElse(st.Incomplete, "not parsed")
	}
	t = c.cat.Table(name)
	if t == nil || t.Kind != dialect.TablePlain {
		return nil, name.String() + " is no plain table"
	}
	switch {
	case st.Incomplete != "":
		why = "not understood: " + st.Incomplete
	case st.Volatile != "":
		why = "its condition may give other rows when it is run again: " + st.Volatile
	case st.Foreign != "":
		why = "function " + st.Foreign + " is not known to the dialect"
	case t.NoImages != "":
		why = t.NoImages
	default:
		why = shape(st)
	}
	if why != "" {
		return t, why
	}
	for i := range t.Triggers {
		if t.Triggers[i].Event == st.Kind {
			return t, "trigger " + t.Triggers[i].Name + " may change what is written"
		}
	}
	return t, ""
}

// shape says what of a write's form keeps the rows it changes from being told.
func shape(st *dialect.Statement) string {
	switch {
	case st.Insert != nil:
		i := st.Insert
		return firstOf(
			why{i.With, whyWith}, why{i.Query != nil || i.Rows == 0, "INSERT ... SELECT"}, why{i.Subquery, whySubquery},
			why{i.Upsert, "the row it conflicts with is updated"}, why{i.Conflict, whyConflict}, why{i.Returning, whyReturning},
		)
	case st.Update != nil:
		u := st.Update
		return firstOf(
			why{u.With, whyWith}, why{u.From, "UPDATE ... FROM"}, why{u.Subquery, whySubquery},
			why{u.Conflict, whyConflict}, why{u.Limit, whyLimit}, why{u.Returning, whyReturning},
		)
	default:
		d := st.Delete
		return firstOf(
			why{d.With, whyWith}, why{d.Using, "DELETE ... USING"}, why{d.Subquery, whySubquery},
			why{d.Limit, whyLimit}, why{d.Returning, whyReturning},
		)
	}
}

// why is a reason and whether it applies.
type why struct {
	is   bool
	text string
}

func firstOf(list ...why) string {
	for _, w := range list {
		if w.is {
			return w.text
		}
	}
	return ""
}

const (
	whyWith      = "WITH"
	whySubquery  = "a subquery"
	whyConflict  = "a conflict may change other rows"
	whyLimit     = "ORDER BY or LIMIT"
	whyReturning = "RETURNING"
)

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
