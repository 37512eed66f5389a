package postgres

import (
	"slices"

	"github.com/cacheops/cacheops/dialect"
)

// What statements set off that say nothing of it, by names that no function has.
const (
	// routineEvents are the event triggers.
	routineEvents = "an event trigger"
	// routineRefresh is what the queries of materialised views call.
	routineRefresh = "a materialised view"
)

// asides works out what is set off by statements that change no rows themselves:
// by event triggers, by the queries of materialised views, by procedures that commit
// on their way.
func (b *catalogBuilder) asides() {
	b.routines[routineEvents], b.routines[routineRefresh] = dialect.RoutinePure, dialect.RoutinePure
	for _, e := range b.rows.events {
		// What it is fired by is not looked at, nor whether it is disabled.
		if body := b.bodies[e.Function]; body != nil && body.statements != nil && len(body.statements) == 0 {
			continue
		}
		b.routines[routineEvents] = dialect.RoutineWrites
		if e.Event != "login" { // since PostgreSQL 17
			continue
		}
		// It writes whenever somebody connects, and nobody tells.
		for _, t := range b.list {
			if t.root == nil && t.table.Kind == dialect.TablePlain {
				t.uncached("the event trigger " + e.Name + " may write it when a session begins")
			}
		}
	}
	if slices.ContainsFunc(b.list, func(t *catalogTable) bool { return t.Kind == "m" && !t.System }) {
		for _, t := range b.list {
			if t.View == "" { // no view, or one of PostgreSQL's own
				continue
			}
			if f, ok := b.calls.text(t.View); !ok || len(f.writes) > 0 {
				b.routines[routineRefresh] = dialect.RoutineWrites
			}
		}
	}
	for i := range b.rows.functions {
		if f := &b.rows.functions[i]; f.Procedure {
			name := dialect.ProcedurePrefix + f.Name
			b.routines[name] = max(b.routines[name], procedureClass(f))
		}
	}
}

// procedureClass tells whether a procedure may end the transaction that it is called
// in. A function of SQL cannot, whatever it says; one in PL/pgSQL does so by a word
// of its own, or by calling another one.
func procedureClass(f *catalogFunction) dialect.Routine {
	switch f.Language {
	case "sql":
		return dialect.RoutinePure
	case "plpgsql":
	default:
		return dialect.RoutineWrites
	}
	toks, ok := triggerTokens(f.Source)
	if !ok {
		return dialect.RoutineWrites
	}
	for i, t := range toks {
		switch {
		case t.is("commit"), t.is("rollback"), t.is("call"), t.is("execute"):
			return dialect.RoutineWrites
		case t.is("do") && i+1 < len(toks) && (toks[i+1].kind == triggerText || toks[i+1].is("language")):
			return dialect.RoutineWrites
		}
	}
	return dialect.RoutinePure
}
