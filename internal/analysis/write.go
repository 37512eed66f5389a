package analysis

import (
	"slices"

	"github.com/cacheops/cacheops/dialect"
)

// makeWrite works out what a statement may change; nil when it changes no rows.
func makeWrite(d dialect.Dialect, st *dialect.Statement, cat *dialect.Catalog, o *Options) *Write {
	switch st.Kind {
	case dialect.KindSelect, dialect.KindInsert, dialect.KindUpdate, dialect.KindDelete:
	case dialect.KindDDL:
		return &Write{All: true, AllWhy: "changes the schema", Schema: true}
	case dialect.KindScript:
		return scriptWrite(d, st, cat, o)
	case dialect.KindBegin, dialect.KindCommit, dialect.KindRollback, dialect.KindSavepoint, dialect.KindRelease,
		dialect.KindRollbackTo, dialect.KindSession:
		return nil
	case dialect.KindUtility:
		if st.Foreign == "" {
			return nil
		}
	default:
		// A text that was not understood may change the schema as well.
		return &Write{All: true, AllWhy: "not understood: " + orElse(st.Incomplete, "unknown statement"), Schema: true}
	}
	c := closure{cat: cat, functions: o.Functions, concurrent: d.Transactions().Concurrent, own: d.Transactions().OwnImages, done: make(map[string]bool)}
	target, why := c.target(st)
	if target != nil && why == "" && c.own {
		why = ownImages(d, st, target)
	}
	c.keyed = c.concurrent && st.Kind != dialect.KindDelete
	c.statement(st, "", target)
	if c.all != "" {
		return &Write{All: true, AllWhy: c.all}
	}
	w := &Write{runs: c.runs}
	if target != nil {
		if why != "" {
			c.touch(target)
		}
		w.Cascades = c.cascades(c.origin(st, target))
		if slices.Contains(c.touched, target) {
			why = orElse(why, "a foreign key's action, a trigger or another part of the statement can write "+target.Name+" again")
			c.touchKeys()
		} else {
			w.Target, w.Check, w.Keys = target, checked(st), c.untouchedKeys()
		}
	}
	w.Epochs, w.Partial = c.touched, c.partial
	if (st.Kind == dialect.KindSelect || st.Kind == dialect.KindUtility) && len(w.Epochs) == 0 {
		if !c.runs {
			return nil
		}
		w.nothing = true
	}
	if w.Target == nil {
		w.Why = why
	}
	return w.list()
}

// ownImages says why the rows that a write changes cannot be told, where that is the
// dialect's to say; empty when they can.
func ownImages(d dialect.Dialect, st *dialect.Statement, t *dialect.Table) string {
	columns := []int{0}
	if t.RowID != "" {
		columns = append(columns, dialect.RowName)
	}
	_, why := d.Images(st, t, columns)
	return why
}

// origin describes the statement from whose rows foreign keys are followed.
func (c *closure) origin(st *dialect.Statement, target *dialect.Table) *origin {
	o := &origin{target: target}
	switch {
	case st.Kind == dialect.KindUpdate && st.Update != nil:
		o.update, o.set = true, c.assigned(target, st.Update.Set)
	case st.Kind == dialect.KindDelete && st.Delete != nil:
		o.untold = st.Delete.Volatile != "" || st.Delete.Shadowed
	}
	return o
}

// checked reports whether the rows of an UPDATE are told by a query: it may
// find others when it is planned otherwise, by a LIMIT for example.
func checked(st *dialect.Statement) bool {
	u := st.Update
	return st.Kind == dialect.KindUpdate && u != nil && (u.From || u.With || u.Subquery)
}

// scriptWrite is everything that the parts of a script may change. Rows cannot
// be told: the parts run in one call.
func scriptWrite(d dialect.Dialect, st *dialect.Statement, cat *dialect.Catalog, o *Options) *Write {
	w := &Write{Why: "one of several statements in a text"}
	found := len(st.Script) == 0
	if found {
		w.All, w.AllWhy, w.Schema = true, "a script whose parts are not known", true
	}
	for _, part := range st.Script {
		p := makeWrite(d, part, cat, o)
		if p == nil {
			continue
		}
		w.runs = w.runs || p.runs || p.All
		if p.nothing {
			continue
		}
		found = true
		w.Schema = w.Schema || p.Schema
		if p.All && !w.All {
			w.All, w.AllWhy = true, p.AllWhy
		}
		for _, t := range p.Tables() {
			if !slices.Contains(w.Epochs, t) {
				w.Epochs = append(w.Epochs, t)
			}
		}
	}
	if !found {
		if !w.runs {
			return nil
		}
		w.nothing = true
	}
	if w.All {
		w.Epochs, w.Why = nil, ""
	}
	return w.list()
}

// target returns the plain table that a parsed write names, if it is one, and
// why the rows it changes cannot be told from images; empty when they can.
func (c *closure) target(st *dialect.Statement) (t *dialect.Table, why string) {
	var name dialect.Name
	switch {
	case st.Kind == dialect.KindSelect:
		return nil, "written by a SELECT"
	case st.Kind == dialect.KindUtility:
		return nil, "written by what it sets off"
	case st.Insert != nil && st.Kind == dialect.KindInsert:
		name = st.Insert.Table
	case st.Update != nil && st.Kind == dialect.KindUpdate:
		name = st.Update.Table
	case st.Delete != nil && st.Kind == dialect.KindDelete:
		name = st.Delete.Table
	default:
		return nil, "not understood: " + orElse(st.Incomplete, "not parsed")
	}
	if st.Cascade {
		return nil, "other tables are emptied with it"
	}
	t = c.cat.Table(name)
	if t == nil || t.Kind != dialect.TablePlain {
		return nil, name.String() + " is no plain table"
	}
	switch {
	case st.Incomplete != "":
		why = "not understood: " + st.Incomplete
	case impure(c.cat, st) != "":
		why = impure(c.cat, st)
	case t.NoImages != "":
		why = t.NoImages
	case len(st.Writes) > 1 && opensWith(st):
		why = "a CTE may write" // and would again in a query for images
	default:
		why = c.shape(st, t)
	}
	return t, why
}

// opensWith reports whether a write starts with WITH.
func opensWith(st *dialect.Statement) bool {
	return st.Insert != nil && st.Insert.With || st.Update != nil && st.Update.With || st.Delete != nil && st.Delete.With
}

// shape says what of a write's form keeps the rows it changes from being told.
// Where others may write meanwhile, the rows that a statement wrote are looked up
// by their names among those that were found, and the dialect says what it can do
// without names. So a key that cannot be told beforehand costs nothing but the
// rows that turn out not to be new. Where a write returns no rows all is the dialect's to
// say: see ownImages.
func (c *closure) shape(st *dialect.Statement, t *dialect.Table) string {
	if c.own {
		return firstOf(why{!uniquelyNamed(t), whyRelatives})
	}
	switch {
	case st.Insert != nil:
		i := st.Insert
		conflict := ""
		if i.Upsert {
			_, conflict = i.ConflictKey(t, c.cat.Fold)
		}
		return firstOf(
			why{i.Upsert && !uniquelyNamed(t), whyRelatives},
			why{i.Query == nil && i.Rows == 0, "its rows were not understood"},
			why{i.Conflict, whyConflict}, why{conflict != "" && !c.concurrent, conflict},
		)
	case st.Update != nil:
		u := st.Update
		return firstOf(
			why{u.Conflict, whyConflict}, why{u.Limit, whyLimit}, why{u.Outer, "its FROM has a join that may reach its target"},
			why{u.Shadowed, "a CTE has its target's name"}, why{!uniquelyNamed(t), whyRelatives},
			why{u.Volatile != "", "its condition may give other rows when it is run again: " + u.Volatile},
			why{!c.concurrent && checked(st) && (t.RowID == "" || renames(t, c.assigned(t, u.Set))), "the rows that its query finds could not be found again"},
		)
	default:
		d := st.Delete
		return firstOf(why{d.Using && !c.concurrent, "DELETE ... USING"}, why{d.Limit, whyLimit})
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
	whyConflict = "a conflict may change other rows"
	whyLimit    = "ORDER BY or LIMIT"
	// whyRelatives: no key is one over several tables.
	whyRelatives = "its rows may have the names of rows of its relatives"
)

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
