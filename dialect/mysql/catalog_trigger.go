package mysql

import (
	"slices"
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// triggerEvents are the events of triggers.
var triggerEvents = []dialect.Kind{dialect.KindInsert, dialect.KindUpdate, dialect.KindDelete}

// views parses the queries of the views. The server has written them anew, with the
// databases in every name, and in its default mode.
func (b *catalogBuilder) views() {
	for _, row := range slices.Concat(b.rows.views, b.rows.others) {
		t := b.tables[catalogAt(row.schema, row.name)]
		if t == nil || t.Kind != dialect.TableView || t.twin {
			continue
		}
		if strings.Contains(row.definition, "?") {
			continue // perhaps a character that could not be shown
		}
		if st := Parse(row.definition); st.Kind == dialect.KindSelect && st.Query != nil && st.Params == 0 {
			t.View = st
		}
	}
}

// triggers gives the tables their triggers.
func (b *catalogBuilder) triggers() {
	for i := range b.rows.triggers {
		row := &b.rows.triggers[i]
		t := b.tables[catalogAt(row.schema, row.table)]
		if t == nil {
			continue
		}
		before := !strings.EqualFold(row.timing, "AFTER")
		body := b.body(&routineSource{schema: row.schema, text: row.body, mode: row.mode})
		for _, event := range triggerEvents {
			// Of one event in MySQL, of several in later versions of MariaDB.
			if !strings.Contains(strings.ToLower(row.event), event.String()) {
				continue
			}
			statements := body.statements
			if statements != nil && before && event == dialect.KindUpdate && b.renames(t, body) {
				// It changes more than the statement says, and with that sets off what
				// the statement would not.
				statements = append(slices.Clip(statements), &dialect.Statement{
					Kind: dialect.KindUpdate, Incomplete: "a trigger may change a key", Writes: []dialect.Name{{Schema: t.Schema, Name: t.Name}},
				})
			}
			t.Triggers = append(t.Triggers, dialect.Trigger{
				Name: row.name, Event: event, Before: before, Body: statements,
				// Those of an UPDATE run for a row that keeps its values, too.
				Idle: before || event == dialect.KindUpdate,
			})
		}
	}
}

// renames reports whether a trigger may change a column of a key of the row: of one that
// other tables refer to, or that names the row.
func (b *catalogBuilder) renames(t *catalogTable, body *routineBody) bool {
	if body.assignsAny || len(body.assigned) == 0 {
		return body.assignsAny
	}
	var keys []string
	for _, set := range append(slices.Clone(t.Unique), t.Primary) {
		for _, at := range set {
			keys = append(keys, t.Columns[at].Name)
		}
	}
	for i := range b.rows.keys {
		if k := &b.rows.keys[i]; b.tables[catalogAt(k.parentSchema, k.parent)] == t {
			keys = append(keys, k.parentColumn)
		}
	}
	return slices.ContainsFunc(keys, func(name string) bool {
		// A computed one changes with those that it is computed from.
		column, _ := t.Column(nameFold, name)
		return column == nil || column.Generated || slices.Contains(body.assigned, column.Folded)
	}) || t.OtherUnique || slices.ContainsFunc(body.assigned, func(name string) bool {
		column, _ := t.Column(nameFold, name)
		return column == nil
	})
}
