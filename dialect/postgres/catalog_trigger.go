package postgres

import (
	"slices"

	"github.com/cacheops/cacheops/dialect"
)

// triggerEvents are the events of triggers.
var triggerEvents = []dialect.Kind{dialect.KindInsert, dialect.KindUpdate, dialect.KindDelete}

// The bits of pg_trigger.tgtype.
const (
	triggerRow      = 1
	triggerBefore   = 2
	triggerInsert   = 4
	triggerDelete   = 8
	triggerUpdate   = 16
	triggerTruncate = 32
)

// views parses the queries of the views.
func (b *catalogBuilder) views() {
	for _, t := range b.list {
		if t.table.Kind != dialect.TableView {
			continue
		}
		if st := Parse(t.View); st.Kind == dialect.KindSelect && st.Query != nil {
			t.table.View = st
		}
		b.calls.views[t.Name] = append(b.calls.views[t.Name], dialect.Name{Schema: t.Schema, Name: t.Name})
	}
}

// triggers gives the tables their triggers: all of them, for one that is
// disabled can be enabled again. Those of a partition are the root's; each has a
// copy of the root's own.
func (b *catalogBuilder) triggers() {
	b.bodies = make(map[int64]*triggerBody, len(b.rows.functions))
	for i := range b.rows.functions {
		if f := &b.rows.functions[i]; !f.Procedure {
			b.bodies[f.OID] = triggerRead(f, b.calls)
		}
	}
	type known struct {
		table *catalogTable
		name  string
		event dialect.Kind
		// Two of one name on different partitions may run different functions.
		function int64
	}
	seen := make(map[known]bool)
	for i := range b.rows.triggers {
		row := &b.rows.triggers[i]
		t := b.tables[row.Rel]
		if t == nil {
			continue
		}
		t = t.top()
		body := b.bodies[row.Function]
		if body == nil {
			body = &triggerBody{assignsAny: true, keeps: true}
		}
		idle := row.Type&triggerRow == 0 || row.Type&triggerBefore != 0 && (body.keeps || body.assignsAny)
		for _, event := range triggerEvents {
			if row.Type&triggerBits(event) == 0 {
				continue
			}
			if k := (known{t, row.Name, event, row.Function}); row.Definition == "" && seen[k] {
				continue
			} else if row.Definition == "" {
				seen[k] = true
			}
			t.table.Triggers = append(t.table.Triggers, dialect.Trigger{Name: row.Name, Event: event, Idle: idle, Before: row.Type&triggerBefore != 0 && row.Type&triggerRow != 0, Body: b.body(t, row, event, body)})
			if event != dialect.KindUpdate && row.Type&triggerRow != 0 && len(t.partitions) > 0 {
				t.moves = append(t.moves, dialect.Trigger{Name: row.Name, Event: dialect.KindUpdate, Idle: row.Type&triggerBefore != 0, Body: b.body(t, row, dialect.KindUpdate, body)})
			}
			if event == dialect.KindUpdate && row.Type&triggerBefore != 0 && row.Type&triggerRow != 0 {
				t.assigned, t.assignsAny = append(t.assigned, body.assigned...), t.assignsAny || body.assignsAny
			}
		}
	}
	b.moves()
}

// rules takes a rule of a table or view for a trigger of which nothing is known.
func (b *catalogBuilder) rules() {
	for _, rule := range b.rows.rules {
		t := b.tables[rule.Rel]
		if t == nil {
			continue
		}
		for i, event := range triggerEvents {
			// ev_type: 1 SELECT, 2 UPDATE, 3 INSERT, 4 DELETE
			if known := slices.Index([]string{"3", "2", "4"}, rule.Event); known < 0 || known == i {
				t.top().table.Triggers = append(t.top().table.Triggers, dialect.Trigger{Name: "rule " + rule.Name, Event: event})
			}
		}
	}
}

// moves gives the roots of partitions the triggers of rows that an UPDATE moves from
// one partition to another: PostgreSQL deletes them there and inserts them here.
func (b *catalogBuilder) moves() {
	keys := make(map[*catalogTable][]string)
	for _, k := range b.rows.partitions {
		if t := b.tables[k.Rel]; t != nil {
			keys[t.top()] = append(keys[t.top()], k.Column)
		}
	}
	for t, columns := range keys {
		if t.assignsAny || slices.Contains(columns, "") || slices.ContainsFunc(columns, func(name string) bool { return slices.Contains(t.assigned, name) }) {
			columns = nil // an expression, or what a trigger may change
		}
		for _, tr := range t.moves {
			tr.Columns = columns
			t.table.Triggers = append(t.table.Triggers, tr)
		}
	}
}

// triggerBits returns the bits of the events that count as this one.
func triggerBits(event dialect.Kind) int64 {
	switch event {
	case dialect.KindInsert:
		return triggerInsert
	case dialect.KindUpdate:
		return triggerUpdate
	default:
		return triggerDelete | triggerTruncate
	}
}

// body returns what a trigger does for an event, nil for anything.
func (b *catalogBuilder) body(t *catalogTable, row *catalogTrigger, event dialect.Kind, body *triggerBody) []*dialect.Statement {
	if body.statements == nil {
		return nil
	}
	out := slices.Clip(body.statements)
	if row.Definition != "" {
		st, ok := b.condition(row.Definition)
		if !ok {
			return nil
		}
		if st != nil {
			out = append(out, st)
		}
	}
	if event == dialect.KindUpdate && row.Type&triggerBefore != 0 && row.Type&triggerRow != 0 && b.renames(t, body) {
		// It changes more than the statement says, and with that sets off what
		// the statement would not.
		out = append(out, &dialect.Statement{
			Kind: dialect.KindUpdate, Incomplete: "a trigger may change a key", Writes: []dialect.Name{{Schema: t.Schema, Name: t.Name}},
		})
	}
	return out
}

// condition reads the condition in the text of a trigger: between WHEN and the
// last EXECUTE.
func (b *catalogBuilder) condition(definition string) (st *dialect.Statement, ok bool) {
	toks, ok := triggerTokens(definition)
	if !ok {
		return nil, false
	}
	from := slices.IndexFunc(toks, func(t triggerToken) bool { return t.kind == triggerWord && t.text == "when" })
	to := len(toks) - 1
	for to >= 0 && !(toks[to].kind == triggerWord && toks[to].text == "execute") {
		to--
	}
	if from < 0 || to < from {
		return nil, false
	}
	var f routineFound
	b.calls.find(toks[from:to], nil, &f)
	return f.statement(), true
}

// renames reports whether a trigger may change a column of a key of the row: of
// one that other tables refer to, or that names the row.
func (b *catalogBuilder) renames(t *catalogTable, body *triggerBody) bool {
	if body.assignsAny {
		return true
	}
	if len(body.assigned) == 0 {
		return false
	}
	var keys []string
	for _, set := range append(slices.Clone(t.table.Unique), t.table.Primary) {
		for _, at := range set {
			keys = append(keys, t.table.Columns[at].Name)
		}
	}
	for _, pair := range b.rows.keys {
		if parent := b.tables[pair.Parent]; parent != nil && parent.top() == t {
			keys = append(keys, pair.ParentColumn)
		}
	}
	return slices.ContainsFunc(body.assigned, func(name string) bool {
		column, _ := t.table.Column(nameFold, name)
		return column == nil || slices.Contains(keys, name)
	})
}

// throughViews gives the views what throughView gives each.
func (b *catalogBuilder) throughViews() {
	for _, t := range b.list {
		if t.table.Kind == dialect.TableView && t.table.View != nil {
			t.throughView()
		}
	}
}

// throughView stands for what PostgreSQL makes of a write to a view that it can
// carry out itself: one to the table behind it.
func (t *catalogTable) throughView() {
	view := t.table.View
	for i, bit := range []int64{8, 4, 16} { // INSERT, UPDATE, DELETE
		event := triggerEvents[i]
		if t.Updatable&bit == 0 || len(view.Reads) == 0 || slices.ContainsFunc(t.table.Triggers, func(tr dialect.Trigger) bool { return tr.Event == event }) {
			continue
		}
		t.table.Triggers = append(t.table.Triggers, dialect.Trigger{Name: "view " + t.Name, Event: event, Body: []*dialect.Statement{{
			Kind: event, Incomplete: "a write through a view", Writes: view.Reads, Reads: view.Reads,
			Foreign: view.Foreign, Foreigns: view.Foreigns, Functions: view.Functions,
		}}})
	}
}
