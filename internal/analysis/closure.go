package analysis

import (
	"slices"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// closure is every table that a write can reach: through the actions of
// foreign keys, through triggers, and through what those write in turn. It
// follows more than can happen rather than less.
type closure struct {
	cat       *dialect.Catalog
	functions map[string][]string
	// concurrent is true where others may write the same tables meanwhile.
	concurrent bool
	// own is true where the dialect judges what can be told of a write's form.
	own bool

	touched []*dialect.Table // written in rows that cannot be told
	edges   []edge           // written by a foreign key's action in rows that can
	keys    []KeyChange      // written where a key of the statement's own rows changes
	done    map[string]bool  // events that were followed
	views   map[*dialect.Table]bool
	runs    bool   // a routine was called that may change the session
	all     string // why anything may be written
	// partial is true when a trigger was followed inside which an error may
	// leave a part behind.
	partial bool
	// keyed is true where the images of the statement's own rows tell whether a key of
	// theirs changed: see keyChange.
	keyed bool
	// conflict is true inside a statement that has a rule for conflicts. The
	// statements of the triggers that it fires go by that rule too, and those
	// of the triggers that these fire: OR REPLACE there deletes other rows.
	conflict bool
}

// fail ends the closure: anything may be written.
func (c *closure) fail(why string) {
	if c.all == "" {
		c.all = why
	}
}

// touch counts a table as written. The rows of a view are those of its tables,
// so a view is not counted.
func (c *closure) touch(t *dialect.Table) {
	if t.Kind != dialect.TableView && !slices.Contains(c.touched, t) {
		c.touched = append(c.touched, t)
	}
}

// statement follows a statement. Home is the schema of the trigger it stands
// in. Own is the table that the caller accounts for itself, nil for none.
func (c *closure) statement(st *dialect.Statement, home string, own *dialect.Table) {
	defer func(outer bool) { c.conflict = outer }(c.conflict)
	c.conflict = c.conflict || st.Insert != nil && st.Insert.Conflict || st.Update != nil && st.Update.Conflict
	c.foreign(st, home)
	c.reads(st, home)
	// The table that is followed by what is done to it; nil for none, for a
	// name may be empty.
	var named *dialect.Name
	switch {
	case st.Kind == dialect.KindSelect, st.Kind == dialect.KindUtility:
	case st.Kind == dialect.KindInsert && st.Insert != nil:
		i := st.Insert
		named = &i.Table
		c.write(i.Table, home, own, func(t *dialect.Table) {
			c.event(t, dialect.KindInsert, nil, false)
			if i.Upsert {
				// It may update a row more than once.
				c.event(t, dialect.KindUpdate, c.assigned(t, i.Set), c.keyed && t == own)
			}
			if c.conflict {
				c.event(t, dialect.KindDelete, nil, false)
			}
		})
	case st.Kind == dialect.KindUpdate && st.Update != nil:
		u := st.Update
		named = &u.Table
		c.write(u.Table, home, own, func(t *dialect.Table) {
			c.event(t, dialect.KindUpdate, c.assigned(t, u.Set), t == own)
			if c.conflict {
				c.event(t, dialect.KindDelete, nil, false)
			}
		})
	case st.Kind == dialect.KindDelete && st.Delete != nil:
		named = &st.Delete.Table
		c.write(st.Delete.Table, home, own, func(t *dialect.Table) { c.event(t, dialect.KindDelete, nil, t == own) })
	case st.Incomplete != "" && len(st.Writes) > 0 &&
		(st.Kind == dialect.KindInsert || st.Kind == dialect.KindUpdate || st.Kind == dialect.KindDelete):
		// The tables are known from the tokens: anything may happen to them.
	default:
		c.fail("not understood: " + orElse(st.Incomplete, "a statement that was not parsed"))
		return
	}
	for _, n := range st.Writes {
		if named != nil && n == *named {
			named = nil // where it stands again another part of the text writes it too
			continue
		}
		c.anyWrite(n, home)
	}
	if st.Cascade {
		c.referrers()
	}
}

// foreign follows the functions that a statement calls, as far as the dialect
// does not know that they are the database's own.
func (c *closure) foreign(st *dialect.Statement, home string) {
	if st.Foreign != "" && len(st.Foreigns) == 0 {
		c.fail(routineText(st.Foreign) + " may write any table")
		return
	}
	if home != "" && st.Taint&dialect.TaintReads != 0 {
		c.fail("a view or a trigger changes the state of the connection")
		return
	}
	for _, name := range st.Foreigns {
		r, known := routine(c.cat, name)
		c.call(name, !known || r == dialect.RoutineWrites)
	}
	for _, name := range st.Functions {
		if column, ok := strings.CutPrefix(name, dialect.AttributePrefix); ok {
			c.attribute(column, st, home)
		} else if r, known := routine(c.cat, name); known {
			c.call(name, r == dialect.RoutineWrites)
		}
	}
	if st.Query != nil && len(c.cat.Routines) > 0 {
		s := surveyFor(c.cat)
		s.query(st.Query)
		name, _ := s.columns.attribute(c.cat, home, func(r dialect.Routine) bool { return r == dialect.RoutineWrites })
		switch {
		case s.over():
			c.fail("too large to be analysed")
		case name != "":
			c.call(name, true)
		}
	}
}

// call follows a call. What a declaration says of a function goes before what
// the schema does.
func (c *closure) call(name string, writes bool) {
	c.runs = c.runs || writes
	tables, declared := c.functions[c.cat.Fold(name)]
	if strings.HasPrefix(name, dialect.ProcedurePrefix) && writes {
		c.fail(name + " may commit on its way, so that what it writes cannot be told before")
		return
	}
	if !declared && writes {
		c.fail(routineText(name) + " may write any table: declare what it writes")
	}
	for _, t := range tables {
		c.anyWrite(c.declaredName(t), "")
	}
}

// attribute follows what a statement other than a SELECT names like a column of
// a row. It is one where every table of the statement has it.
func (c *closure) attribute(name string, st *dialect.Statement, home string) {
	if r, known := routine(c.cat, name); !known || r != dialect.RoutineWrites {
		return
	}
	column := len(st.Writes) > 0
	for _, n := range slices.Concat(st.Writes, st.Reads) {
		for _, t := range lookup(c.cat, n, home) {
			column = column && tableColumn(c.cat, t, c.cat.Fold(name))
		}
	}
	c.call(name, !column)
}

// reads looks into the views that a statement reads: what they call is called
// by the statement.
func (c *closure) reads(st *dialect.Statement, home string) {
	for _, n := range st.Reads {
		for _, t := range lookup(c.cat, n, home) {
			if t.Kind != dialect.TableView || c.views[t] {
				continue
			}
			if c.views == nil {
				c.views = make(map[*dialect.Table]bool)
			}
			c.views[t] = true
			if t.View == nil {
				c.fail("view " + t.Name + " could not be parsed and may call anything")
				return
			}
			c.foreign(t.View, t.Schema)
			c.reads(t.View, t.Schema)
		}
	}
}

// declaredName reads a name as a declaration has it: name or schema.name.
func (c *closure) declaredName(s string) dialect.Name {
	if i := strings.LastIndexByte(s, '.'); i >= 0 && c.cat.Table(dialect.Name{Name: s}) == nil {
		return dialect.Name{Schema: s[:i], Name: s[i+1:]}
	}
	return dialect.Name{Name: s}
}

// write follows a write to a named table.
func (c *closure) write(n dialect.Name, home string, own *dialect.Table, follow func(*dialect.Table)) {
	list := lookup(c.cat, n, home)
	if len(list) == 0 {
		c.fail("table " + n.String() + " is not in the catalog")
	}
	for _, t := range list {
		if t != own {
			c.touch(t)
		}
		follow(t)
	}
}

// anyWrite follows whatever can be done to a named table.
func (c *closure) anyWrite(n dialect.Name, home string) {
	c.write(n, home, nil, func(t *dialect.Table) {
		c.event(t, dialect.KindInsert, nil, false)
		c.event(t, dialect.KindUpdate, nil, false)
		c.event(t, dialect.KindDelete, nil, false)
	})
}

// assigned returns the columns that an UPDATE assigns to, folded and sorted;
// nil, which stands for all, where one is not in the catalog: it can be another
// name of the key.
func (c *closure) assigned(t *dialect.Table, set []string) []string {
	columns := make([]string, 0, len(set))
	for _, name := range set {
		column, _ := t.Column(c.cat.Fold, name)
		if column == nil {
			return nil
		}
		columns = append(columns, column.Folded)
	}
	if len(columns) == 0 {
		return nil // no UPDATE assigns to nothing
	}
	slices.Sort(columns)
	return slices.Compact(columns)
}

// event follows what an INSERT, UPDATE or DELETE of rows of a table sets off.
// Columns are those that change, nil for any. Known says that its rows can be
// told before the statement runs.
func (c *closure) event(t *dialect.Table, kind dialect.Kind, columns []string, known bool) {
	c.follow(t, kind, columns, known)
	c.relatives(t, kind, columns)
}

// follow follows an event of a table without its relatives.
func (c *closure) follow(t *dialect.Table, kind dialect.Kind, columns []string, known bool) {
	key := t.Key + "\x00" + kind.String() + "\x00"
	if known {
		key += "known\x00"
	}
	if c.conflict {
		key += "conflict\x00"
	}
	if columns != nil {
		key += "=" + strings.Join(columns, "\x00")
	}
	if c.all != "" || c.done[key] {
		return
	}
	c.done[key] = true
	switch t.Kind {
	case dialect.TablePlain:
	case dialect.TableView:
		c.instead(t, kind)
		return
	default:
		c.fail(t.Name + " is no plain table")
		return
	}
	c.triggers(t, kind, columns)
	if kind != dialect.KindDelete && t.NoImages != "" {
		// What keeps its images from being told may be that the schema deletes
		// rows on a conflict.
		c.event(t, dialect.KindDelete, nil, false)
	}
	if kind == dialect.KindInsert {
		return
	}
	for _, child := range c.cat.Tables() {
		for i := range child.ForeignKeys {
			c.action(t, kind, columns, child, &child.ForeignKeys[i], known)
		}
	}
}

// triggers follows the triggers of a table for an event that changes these
// columns, nil for any, and reports whether there is one.
func (c *closure) triggers(t *dialect.Table, kind dialect.Kind, columns []string) (found bool) {
	for i := range t.Triggers {
		tr := &t.Triggers[i]
		if tr.Event != kind || kind == dialect.KindUpdate && tr.Columns != nil && columns != nil &&
			!slices.ContainsFunc(tr.Columns, func(name string) bool { return slices.Contains(columns, name) }) {
			continue
		}
		found, c.partial = true, c.partial || tr.Partial
		if tr.Body == nil {
			c.fail("trigger " + tr.Name + " was not understood")
		}
		for _, st := range tr.Body {
			c.statement(st, t.Schema, nil)
		}
	}
	return found
}

// instead follows a write to a view, which its triggers carry out; where it has
// none for the event it may be one of the table behind it.
func (c *closure) instead(view *dialect.Table, kind dialect.Kind) {
	if c.triggers(view, kind, nil) {
		return
	}
	if view.View == nil || view.View.Kind != dialect.KindSelect || len(view.View.Reads) == 0 {
		c.fail("view " + view.Name + " is written without a trigger that was understood")
		return
	}
	// The database writes the table behind the view, and reads the others.
	c.foreign(view.View, view.Schema)
	c.reads(view.View, view.Schema)
	for _, n := range view.View.Reads {
		c.anyWrite(n, view.Schema)
	}
}

// action follows what a foreign key does to its child's rows.
func (c *closure) action(parent *dialect.Table, kind dialect.Kind, columns []string, child *dialect.Table, fk *dialect.ForeignKey, known bool) {
	action := fk.OnDelete
	if kind == dialect.KindUpdate {
		action = fk.OnUpdate
	}
	if action == dialect.FKNone || !slices.Contains(lookup(c.cat, fk.Parent, child.Schema), parent) {
		return
	}
	if kind == dialect.KindUpdate && !c.references(parent, fk, columns) {
		return
	}
	if known && c.keyed && c.keyChange(parent, child, fk) {
		return
	}
	known = known && !c.keyed
	e := edge{parent: parent, child: child, fk: fk, kind: kind, deletes: kind == dialect.KindDelete && action == dialect.FKCascade}
	if !e.deletes {
		e.changed = keyColumns(child, fk.Sets(kind))
	}
	if known {
		c.edges = append(c.edges, e)
	} else {
		c.touch(child)
	}
	if e.deletes {
		c.event(child, dialect.KindDelete, nil, known)
		return
	}
	c.event(child, dialect.KindUpdate, e.changed, known)
	if c.conflict {
		c.event(child, dialect.KindDelete, nil, false)
	}
}

// keyColumns returns the folded columns of a foreign key by their positions, sorted; nil, which
// stands for all, where they are not known.
func keyColumns(child *dialect.Table, columns []int) []string {
	changed := make([]string, 0, len(columns))
	for _, i := range columns {
		if i < 0 || i >= len(child.Columns) {
			return nil
		}
		changed = append(changed, child.Columns[i].Folded)
	}
	if len(changed) == 0 {
		return nil
	}
	slices.Sort(changed)
	return changed
}

// references reports whether a change of these columns of the parent can change
// the key that a foreign key refers to.
func (c *closure) references(parent *dialect.Table, fk *dialect.ForeignKey, columns []string) bool {
	if columns == nil {
		return true
	}
	changes := func(column *dialect.Column) bool {
		// A generated column changes with those that it is computed from.
		return column == nil || column.Generated || slices.Contains(columns, column.Folded)
	}
	if len(fk.ParentColumns) > 0 {
		for _, name := range fk.ParentColumns {
			if column, _ := parent.Column(c.cat.Fold, name); changes(column) {
				return true
			}
		}
		return false
	}
	for _, i := range parent.Primary { // no key of Unique where its index has a collation of its own
		if i < 0 || i >= len(parent.Columns) || changes(parent.Columns[i]) {
			return true
		}
	}
	// The primary key: any unique key will do, in case it is not the first.
	for _, unique := range parent.Unique {
		for _, i := range unique {
			if i < 0 || i >= len(parent.Columns) || changes(parent.Columns[i]) {
				return true
			}
		}
	}
	return len(parent.Unique) == 0
}
