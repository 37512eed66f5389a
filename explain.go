package cacheops

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"time"
)

// Explanation tells what the cache makes of one statement.
type Explanation struct {
	// Kind is "select", "insert" and so on.
	Kind string
	// Op is the kind of read, 0 for what is no read.
	Op Op
	// Tables are the tables that rows come from, views expanded.
	Tables []string
	// Cacheable is true when a result of the statement may be stored at all.
	Cacheable bool
	// Cached is true when it would be, by the profiles and the context given.
	// Config.Admit is not asked, and a transaction or the state of a connection may
	// keep the read out all the same.
	Cached bool
	// Reason says why Cached is false.
	Reason string
	// Depends are the conditions that a change must meet to drop the result,
	// one line a conjunction: "posts: category_id = 1 AND status = 'live'".
	Depends []string
	// Writes are the tables that the statement may change, with how its changes
	// are told: "posts: by row images", "comments: every row".
	Writes []string
	// TTL is how long a result would be kept. 0 for what Local: Forever keeps.
	TTL time.Duration
	// Stored is true when a valid result is in the cache now, for these arguments.
	Stored bool
	// Dropped is what last dropped such a result, stored again since or not. Nil
	// when there was nothing, it is too long ago, or another process did it: the
	// last thousand or so invalidations of this process are remembered.
	Dropped *Drop
}

// Drop is an invalidation, as it concerns one read.
type Drop struct {
	// At is the time of the invalidation.
	At time.Time
	// Cause says why.
	Cause Cause
	// Statement is the last statement that changed the table, cut where it is long;
	// of everything the last statement of the change. It is empty for what the
	// program asked for, see Cause.
	Statement string
	// Table is the table in which the read was met; empty for everything.
	Table string
	// Through is what of the read was met: one of its conditions, such as
	// "category_id = 1", "every row" for a read without conditions, "any
	// category_id" where a row was dropped that gave no value for it, "the whole
	// table", or "everything". Of a change that met very many conditions not all
	// are remembered: where it may have met one of the read's that is said with
	// "perhaps".
	Through string
}

// String returns the drop in a line.
func (d *Drop) String() string {
	by := shownStatement(d.Statement)
	switch {
	case d.Cause == CausePostponed:
		by = "postponed writes, the last " + by
	case by != "":
	case d.Cause == CauseConnection:
		by = "a new connection to a database in memory"
	default:
		by = "Invalidate"
	}
	ago := time.Since(d.At).Round(time.Second)
	return fmt.Sprintf("%v ago by %s, through %s", ago, by, d.Through)
}

// shownStatement puts a statement into one line, and cuts it.
func shownStatement(s string) string {
	const most = 80
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}

// Explain tells what the cache makes of a statement with these arguments,
// without running it, in a call with this context. Arguments may have names, as sql.Named gives them. It needs
// an open handle of the database, for its schema.
func (d *Database) Explain(ctx context.Context, query string, args ...any) (*Explanation, error) {
	h, err := d.handle(ctx)
	if err != nil {
		return nil, err
	}
	named := make([]driver.NamedValue, len(args))
	for i, a := range args {
		arg, ok := a.(sql.NamedArg)
		if ok {
			a = arg.Value
		}
		v, err := driver.DefaultParameterConverter.ConvertValue(a)
		if err != nil {
			return nil, fmt.Errorf("cacheops: explain: argument %d: %w", i+1, err)
		}
		named[i] = driver.NamedValue{Name: arg.Name, Ordinal: i + 1, Value: v}
	}
	p := h.Plan(query)
	w := p.Describe(named)
	e := &Explanation{Kind: w.Kind, Op: Op(w.Op), Tables: w.Tables, Depends: w.Dependency, Writes: w.Changes}
	if p.Read == nil {
		e.Reason = "not a SELECT"
		return e, nil
	}
	ttl, reason := h.Verdict(ctx, p, named)
	e.Cacheable = p.Read.Reason == ""
	e.Cached, e.Reason, e.TTL = reason == "", reason, ttl
	if e.Cacheable {
		e.Stored = h.Stored(ctx, p, named)
		if d := h.LastDrop(ctx, p, named); d != nil {
			e.Dropped = &Drop{At: d.At, Cause: Cause(d.Cause), Statement: d.Query, Table: d.Table, Through: d.Through}
		}
	}
	return e, nil
}

// String returns the explanation in a few lines.
func (e *Explanation) String() string {
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%-10s %s\n", name, value)
		}
	}
	line("kind", e.Kind)
	if e.Op != 0 {
		line("op", e.Op.String())
	}
	line("tables", strings.Join(e.Tables, ", "))
	for i, d := range e.Depends {
		line([]string{"depends on", ""}[min(i, 1)], d)
	}
	for i, w := range e.Writes {
		line([]string{"writes", ""}[min(i, 1)], w)
	}
	switch {
	case e.Cached && e.TTL == 0:
		line("verdict", "cached until the process ends")
	case e.Cached:
		line("verdict", "cached for "+e.TTL.String())
	case e.Cacheable:
		line("verdict", "cacheable, not cached: "+e.Reason)
	default:
		line("verdict", "not cached: "+e.Reason)
	}
	if e.Stored {
		line("stored", "yes")
	}
	if e.Dropped != nil {
		line("dropped", e.Dropped.String())
	}
	return b.String()
}
