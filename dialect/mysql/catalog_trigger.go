package mysql

import (
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// triggerEvents are the events of triggers.
var triggerEvents = []dialect.Kind{dialect.KindInsert, dialect.KindUpdate, dialect.KindDelete}

// views parses the queries of the views. The server has written them anew, with the
// databases in every name, and in its default mode.
func (b *catalogBuilder) views() {
	for i := range b.rows.views {
		row := &b.rows.views[i]
		t := b.tables[catalogAt(row.schema, row.name)]
		if t == nil || t.Kind != dialect.TableView {
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
			t.Triggers = append(t.Triggers, dialect.Trigger{
				Name: row.name, Event: event, Before: before, Body: body,
				// Those of an UPDATE run for a row that keeps its values, too.
				Idle: before || event == dialect.KindUpdate,
			})
		}
	}
}
