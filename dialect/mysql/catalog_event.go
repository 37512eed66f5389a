package mysql

import (
	"slices"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// events finds the tables that the server writes by itself: nobody tells when. Reads of
// them are not cached. Where its scheduler does not run there are none.
func (b *catalogBuilder) events() {
	if !b.schedules() {
		return
	}
	for i := range b.rows.events {
		row := &b.rows.events[i]
		// One that ends is disabled before it runs for the last time.
		if !strings.EqualFold(row.status, "ENABLED") && !row.ends {
			continue
		}
		w := &eventWrites{builder: b, seen: make(map[*catalogTable]bool)}
		w.body(row.schema, b.body(&routineSource{schema: row.schema, text: row.body, mode: row.mode}).statements)
		why := "the event " + row.name + " may write it at any time"
		for _, t := range b.list {
			if t.Kind == dialect.TablePlain && (w.all || w.seen[t]) {
				t.uncached(why)
			}
		}
	}
}

// schedules tells whether the server's scheduler of events runs.
func (b *catalogBuilder) schedules() bool {
	return !b.session.off("event_scheduler") && !b.session.is("event_scheduler", "DISABLED")
}

// unseenEvents keeps reads out of the cache where there may be an event that the account
// cannot see: they are shown to those alone who may make some, and where there may be one it
// may write any table. Of a database that has nothing to do with the session's own none is
// looked for.
func (b *catalogBuilder) unseenEvents(g *grants) {
	if !b.schedules() {
		return
	}
	at := slices.IndexFunc(b.list, func(t *catalogTable) bool { return t.row != nil && !g.onSchema(t.Schema, "EVENT") })
	if at < 0 {
		return
	}
	why := "an event that the account cannot see may write it at any time: grant EVENT on the database " + b.list[at].Schema + ", or set event_scheduler to OFF"
	for _, t := range b.list {
		if t.Kind == dialect.TablePlain {
			t.uncached(why)
		}
	}
}

// eventWrites are the tables that an event may write.
type eventWrites struct {
	builder *catalogBuilder
	all     bool
	seen    map[*catalogTable]bool
}

// body follows what is done in a database; nil is anything.
func (w *eventWrites) body(schema string, statements []*dialect.Statement) {
	if statements == nil {
		w.all = true
	}
	for _, st := range statements {
		w.all = w.all || w.builder.callsWriter(st, schema)
		for _, n := range st.Writes {
			if n.Schema == "" {
				n.Schema = schema
			}
			w.table(n)
		}
	}
}

// table follows a write to a table: its triggers, and the foreign keys to it. Through a
// view anything may be written.
func (w *eventWrites) table(n dialect.Name) {
	t := w.builder.tables[catalogAt(n.Schema, n.Name)]
	switch {
	case t == nil:
		if w.builder.reads(n.Schema) {
			w.all = true // a table that came meanwhile, or one that is not seen
		}
		return // one of another database, and of none with keys to this one
	case t.Kind != dialect.TablePlain:
		w.all = true
		return
	case w.all || w.seen[t]:
		return
	}
	w.seen[t] = true
	for i := range t.Triggers {
		w.body(t.Schema, t.Triggers[i].Body)
	}
	for _, child := range w.builder.list {
		if slices.ContainsFunc(child.ForeignKeys, func(fk dialect.ForeignKey) bool {
			return w.builder.tables[catalogAt(fk.Parent.Schema, fk.Parent.Name)] == t && (fk.OnDelete != dialect.FKNone || fk.OnUpdate != dialect.FKNone)
		}) {
			w.table(dialect.Name{Schema: child.Schema, Name: child.Name})
		}
	}
}

// reads tells whether the schema of a database was read.
func (b *catalogBuilder) reads(schema string) bool {
	return len(b.rows.schemas) == 0 || slices.ContainsFunc(b.rows.schemas, func(s string) bool { return nameFold(s) == nameFold(schema) })
}

// routineQualified returns a statement as it is meant in a database: with that in the
// names that have none.
func routineQualified(st *dialect.Statement, schema string) *dialect.Statement {
	if !slices.ContainsFunc(slices.Concat(st.Reads, st.Writes), func(n dialect.Name) bool { return n.Schema == "" }) {
		return st
	}
	full := func(list []dialect.Name) []dialect.Name {
		list = slices.Clone(list)
		for i := range list {
			if list[i].Schema == "" {
				list[i].Schema = schema
			}
		}
		return list
	}
	// What is left is that it writes these tables in some way.
	return &dialect.Statement{
		Kind: st.Kind, Incomplete: "a part of a procedure", Reads: full(st.Reads), Writes: full(st.Writes),
		Foreign: st.Foreign, Foreigns: st.Foreigns, Functions: st.Functions, Volatile: st.Volatile,
	}
}
