package analysis

import (
	"slices"

	"github.com/cacheops/cacheops/dialect"
)

// makeRead analyses a SELECT: whether it may be cached, which tables it reads,
// and what it depends on in each.
func makeRead(d dialect.Dialect, st *dialect.Statement, cat *dialect.Catalog, o *Options) *Read {
	v := verdict{cat: cat, seen: make(map[*dialect.Table]bool)}
	s := v.statement(st, "")
	v.timeOfDay()
	if v.reason == "" && len(v.tables) == 0 {
		v.reason = "reads no table"
	}
	r := &Read{Tables: v.tables, Reason: v.reason, Limited: v.limited, Missing: v.missing, named: st.NamedParams, ops: opRule{op: OpFetch}}
	if !s.over() { // or else it is too large to be walked again
		r.ops = makeOpRule(st.Query, cat)
	}
	dep := newDependent(d, cat, o)
	switch {
	case r.Reason != "", v.truth && v.truthName:
		dep.whole = true
	default:
		dep.subqueries, dep.beside = v.subquery, besides{cat: cat, seen: v.seen}
		dep.query(st.Query, where{})
		// A table that only the statement's list names stands nowhere that was
		// looked at, so what was looked at may not be all.
		dep.whole = dep.whole || slices.ContainsFunc(v.tables, func(t *dialect.Table) bool { return dep.found[t] == nil })
	}
	r.deps = dep.templates(v.tables)
	for i := range r.deps {
		r.deps[i].settle(d)
	}
	return r
}

// hasTruthColumn reports whether a table has a column named true or false, so
// that the bare words of a text may mean the column.
func hasTruthColumn(cat *dialect.Catalog, t *dialect.Table) bool {
	for _, word := range [...]string{"true", "false"} {
		if c, _ := t.Column(cat.Fold, word); c != nil {
			return true
		}
	}
	return false
}

// verdict collects the tables that a read's rows come from, and the first
// reason why it may not be cached. It is an allow-list: everything that is not
// known to be a pure function of plain tables' rows has a reason.
type verdict struct {
	cat    *dialect.Catalog
	tables []*dialect.Table
	seen   map[*dialect.Table]bool
	reason string
	nodes  int
	// missing is true when a name is not in the catalog.
	missing bool
	// limited is true when there is a LIMIT.
	limited bool
	dates   dates
	// truth is true when a text has the bare words TRUE or FALSE, truthName when
	// a column that they may mean has such a name, subquery when there is a
	// query inside a query.
	truth, truthName, subquery bool
}

// refuse keeps the first reason.
func (v *verdict) refuse(reason string) {
	if v.reason == "" {
		v.reason = reason
	}
}

// statement adds what a SELECT reads. Home is the schema of the view whose
// query it is, empty for the text itself.
func (v *verdict) statement(st *dialect.Statement, home string) *survey {
	called := impure(v.cat, st)
	switch {
	case st.Volatile != "":
		v.refuse("not a pure function of rows and arguments: " + st.Volatile)
	case called != "":
		v.refuse(called)
	case st.Incomplete != "":
		v.refuse("not understood: " + st.Incomplete)
	case st.Query == nil:
		v.refuse("not parsed")
	case len(st.Writes) > 0:
		v.refuse("writes " + st.Writes[0].String())
	}
	v.dates.add(v.cat, st.Dates)
	// The tables are collected all the same: those who ask what an uncached
	// read depends on get what can be known.
	s := surveyFor(v.cat)
	s.nodes = v.nodes
	s.query(st.Query)
	v.nodes, v.limited = s.nodes, v.limited || s.limited
	v.truth, v.truthName, v.subquery = v.truth || st.TruthWords, v.truthName || s.truthName, v.subquery || s.subquery
	if s.over() {
		v.refuse("too large to be analysed")
		return s
	}
	if s.columns != nil {
		v.columns(s.columns, home)
	}
	function := make(map[string]bool, len(s.functions))
	for _, n := range s.functions {
		function[v.cat.Fold(n.Name)] = true
		v.name(n, home, true) // a virtual table can be called like a function
	}
	for _, n := range s.tables {
		v.name(n, home, false)
	}
	for _, n := range st.Reads {
		v.name(n, home, function[v.cat.Fold(n.Name)])
	}
	return s
}

// columns refuses references to columns that may be none.
func (v *verdict) columns(a *attributes, home string) {
	if name := a.system(v.cat, home); name != "" {
		v.refuse("column " + name + " changes without a statement that changes its row, or is one that SELECT * leaves out")
	}
	if name, r := a.attribute(v.cat, home, func(r dialect.Routine) bool { return r != dialect.RoutinePure }); name != "" {
		v.refuse(impureText(name, r))
	}
}

// name adds what a name in FROM stands for. Where it is that of a table
// function it need not be in the catalog: the dialect knows the function, or
// it would have said so in the statement.
func (v *verdict) name(n dialect.Name, home string, function bool) {
	list := lookup(v.cat, n, home)
	if len(list) == 0 && !function {
		v.missing = true
		v.refuse("table " + n.String() + " is not in the catalog")
	}
	for _, t := range list {
		v.table(t)
	}
}

func (v *verdict) table(t *dialect.Table) {
	if v.seen[t] {
		return
	}
	v.seen[t] = true // also ends the recursion over views
	v.truthName = v.truthName || hasTruthColumn(v.cat, t)
	if t.Uncached != "" {
		v.refuse(t.Name + " is not cached: " + t.Uncached)
	}
	switch t.Kind {
	case dialect.TablePlain:
		v.tables = append(v.tables, t)
	case dialect.TableView:
		if t.View == nil || t.View.Kind != dialect.KindSelect {
			v.refuse("view " + t.Name + " could not be parsed")
			return
		}
		v.statement(t.View, t.Schema)
		v.dates.view(v.cat, t)
	case dialect.TableVirtual:
		v.refuse(t.Name + " is a virtual or foreign table")
	case dialect.TableSystem:
		v.refuse(t.Name + " is a system table")
	case dialect.TableTemp:
		v.refuse(t.Name + " is a temporary table")
	default:
		v.refuse(t.Name + " is no plain table")
	}
}
