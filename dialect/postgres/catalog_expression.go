package postgres

import (
	"slices"

	"github.com/cacheops/cacheops/dialect"
)

// expressions looks at what PostgreSQL works out when a row is written: defaults,
// generated columns, checks, indexes, policies. Where that may write, it is
// taken for a trigger.
func (b *catalogBuilder) expressions() {
	known := make(map[string]routineFound)
	for _, e := range b.rows.expressions {
		f, ok := known[e.Text]
		if !ok {
			if f, ok = b.calls.text(e.Text); !ok {
				f = routineFound{writes: []string{"(an expression that was not understood)"}, reads: true}
			}
			known[e.Text] = f
		}
		if e.What == "domain" {
			b.domains[e.Rel] = max(b.domains[e.Rel], f.class())
			if len(f.writes) > 0 {
				b.everywhere("a domain's condition", &f)
			}
			continue
		}
		t := b.tables[e.Rel]
		if t == nil {
			continue
		}
		t = t.top()
		if e.What == "v" && f.class() > dialect.RoutinePure { // computed when it is read
			t.uncached("a generated column is not a function of the row")
			t.noImages("a generated column is not a function of the row")
		}
		if st := f.statement(); st != nil {
			t.onWrites("expression", st, e.What == "policy")
		}
	}
}

// casts looks at what the program's own casts may do. PostgreSQL uses some of them
// without being asked to.
func (b *catalogBuilder) casts() {
	for _, k := range b.rows.casts {
		f := routineFound{reads: true}
		writes := routineClass(k.Class) == dialect.RoutineWrites
		if writes {
			f.writes = []string{k.Function}
		}
		if writes || k.Context == "i" {
			b.everywhere("the cast "+k.Name, &f)
			continue
		}
		// A type that is cast from or to is named, or is a column's.
		for _, name := range []string{k.Source, k.Target} {
			if r, own := b.routines[dialect.TypePrefix+name]; own {
				b.routines[dialect.TypePrefix+name] = max(r, dialect.RoutineReads)
			}
		}
		for _, t := range b.list {
			if slices.ContainsFunc(t.columns, func(c *catalogColumn) bool { return c.Base == k.Source || c.Base == k.Target }) {
				t.top().uncached("the cast " + k.Name + " is by a function that may read tables")
			}
		}
	}
}

// everywhere counts what a function may do for every table: any expression may call
// it without naming it.
func (b *catalogBuilder) everywhere(what string, f *routineFound) {
	for _, t := range b.list {
		if t.root != nil || t.table.Kind != dialect.TablePlain {
			continue
		}
		t.uncached(what + " is by a function that may read tables")
		t.noImages(what + " is by a function that may read tables")
		if st := f.statement(); st != nil {
			t.onWrites(what, st, true)
		}
	}
}

// onWrites adds a trigger to INSERT and UPDATE, and DELETE if it is for all.
func (t *catalogTable) onWrites(name string, st *dialect.Statement, all bool) {
	for _, event := range triggerEvents {
		if all || event != dialect.KindDelete {
			t.table.Triggers = append(t.table.Triggers, dialect.Trigger{Name: name, Event: event, Idle: true, Body: []*dialect.Statement{st}})
		}
	}
}
