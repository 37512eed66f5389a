// Package analysis works out, from a parsed statement and the catalog, what a
// read depends on and what a write changes. The answer is a [Plan], made once
// for each text and bound to the arguments at each call.
//
// The one law: if a change of a row can alter the result of a query, the
// image of the row before or after matches a conjunction of the query's
// dependency on that table. What is not understood makes a conjunction shorter,
// a dependency a whole table, or the query uncacheable. Nothing is dropped.
package analysis

import (
	"fmt"
	"slices"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dependency"
)

// Plan is the analysis of one statement text against one catalog. It is never
// changed after Make returned it, so goroutines may share it.
type Plan struct {
	Statement *dialect.Statement
	Catalog   *dialect.Catalog

	// Read is set for every SELECT, also for one that was not parsed.
	Read *Read
	// Write is set for everything that may change rows.
	Write *Write
	// Runs is true when the statement may run code that changes the session: a function
	// that calls set_config, say. That somebody declared what it writes says nothing
	// about that.
	Runs bool

	dialect dialect.Dialect
	// dates is set where an argument of the read may be a date that changes with
	// time; undated tells of each parameter, from 1, that it is none.
	dates   dialect.DateChecker
	undated []bool
}

// Read is what is known of a SELECT.
type Read struct {
	// Tables are the tables that rows come from, views expanded, each once.
	// With Reason set the list may be incomplete.
	Tables []*dialect.Table
	// Reason says why the result cannot be cached; empty when it can.
	Reason string
	// Limited is true when there is a LIMIT in it, or in a view that it reads:
	// there may be more than one right result.
	Limited bool
	// Missing is true when a name is not in the catalog: perhaps it is too old.
	Missing bool

	ops  opRule
	deps []tableTemplate // each table once
	// named is true when the statement has named parameters.
	named bool
}

// Terms counts the columns of a table that the conditions compare at once: those
// of the conjunction that has the most.
func (r *Read) Terms(t *dialect.Table) int {
	most := 0
	for i := range r.deps {
		if r.deps[i].table != t {
			continue
		}
		for _, c := range r.deps[i].conjs {
			n := 0
			for j := range c { // sorted by column
				if j == 0 || c[j].column != c[j-1].column {
					n++
				}
			}
			most = max(most, n)
		}
	}
	return most
}

// Write is what is known of a statement that may change rows. All the tables
// it can reach are in Target, Cascades, Keys and Epochs, unless All is set.
type Write struct {
	// Target is the table whose rows can be told from images; nil when there
	// is none. Why says why there is none.
	Target *dialect.Table
	Why    string
	// Check is true when the rows that the statement returns must be looked up
	// among the images taken before it, by their names: its condition is a
	// query, which may find other rows when it is planned otherwise.
	Check bool
	// Cascades are the foreign keys through which the statement reaches rows
	// that can be told from the target's, each once.
	Cascades []Cascade
	// Keys are the keys of the target by which the statement reaches others, where it
	// changes them. It is used where others may write meanwhile, and empty without a
	// target.
	Keys []KeyChange
	// Epochs are the tables that take a new epoch: reached in rows that cannot
	// be told, or the target itself where it has no images.
	Epochs []*dialect.Table
	// All is true when the statement may reach any table; AllWhy says why.
	All    bool
	AllWhy string
	// Partial is true when the statement may run a trigger inside which an
	// error leaves behind what was done before it.
	Partial bool
	// Schema is true when the statement changes the schema, or may.
	Schema bool

	tables []*dialect.Table // all of the above
	// nothing is true of a SELECT that writes nothing, and runs of what may change the
	// session.
	nothing, runs bool
}

// Cascade is a foreign key whose actions change rows of Child where those of
// Parent change.
type Cascade struct {
	Parent, Child *dialect.Table
	Key           *dialect.ForeignKey
	// Event is what happens to the parent's rows: they are deleted or updated. It is
	// not told where both may, which is followed only where nobody else writes.
	Event dialect.Kind
	// Deletes is true when all that happens to the child's rows is that they
	// are deleted.
	Deletes bool
}

// KeyChange is a key of a write's target that foreign keys with an action on a change
// refer to. A statement may assign to it what is there already: then nothing is
// reached by it.
type KeyChange struct {
	// Columns are the target's, by position, whose images tell whether the key of a row
	// changed.
	Columns []int
	// Tables take a new epoch where it did: those with the foreign keys, and what is
	// reached from them. The target may be among them.
	Tables []*dialect.Table
}

// Tables returns every table that the write can reach, each once, the target
// first; none where it may reach all. The caller must not change the slice.
func (w *Write) Tables() []*dialect.Table { return w.tables }

// WithoutTarget returns the write with a target whose rows cannot be told: it takes an
// epoch with the others that Tables lists.
func (w *Write) WithoutTarget() *Write {
	flat := *w
	flat.Target = nil
	return &flat
}

// list makes the list for Tables.
func (w *Write) list() *Write {
	if w.Target != nil {
		w.tables = append(w.tables, w.Target)
	}
	for i := range w.Cascades {
		if t := w.Cascades[i].Child; !slices.Contains(w.tables, t) {
			w.tables = append(w.tables, t)
		}
	}
	for i := range w.Keys {
		for _, t := range w.Keys[i].Tables {
			if !slices.Contains(w.tables, t) {
				w.tables = append(w.tables, t)
			}
		}
	}
	w.tables = append(w.tables, w.Epochs...)
	return w
}

// DefaultMaxConjunctions is the bound where [Options] gives none.
const DefaultMaxConjunctions = 64

// Options bound the analysis. The zero value has the defaults.
type Options struct {
	// MaxConjunctions bounds the conjunctions of one table alias; above it
	// terms are dropped. 0 or less: [DefaultMaxConjunctions].
	MaxConjunctions int
	// SkipColumn reports columns that no term may use. Nil: none.
	SkipColumn func(table *dialect.Table, column *dialect.Column) bool
	// Functions declares what unknown functions write, by folded name: an
	// empty list for one that writes nothing. A table is named as name or
	// schema.name. Calls of others that the dialect does not know make a
	// statement a write of everything.
	Functions map[string][]string
}

// Make analyses a parsed statement. It never fails: what it does not
// understand is not cached, or writes everything. So is a statement that the
// analysis breaks on: the program asked for rows, not for our panic.
func Make(d dialect.Dialect, st *dialect.Statement, cat *dialect.Catalog, o Options) (p *Plan) {
	defer func() {
		if r := recover(); r != nil {
			p = broken(d, st, cat, fmt.Sprintf("the analysis failed: %v", r))
		}
	}()
	return analyse(d, st, cat, o)
}

// broken is the plan of a statement of which nothing is known.
func broken(d dialect.Dialect, st *dialect.Statement, cat *dialect.Catalog, why string) *Plan {
	p := &Plan{Statement: st, Catalog: cat, dialect: d, Write: &Write{All: true, AllWhy: why, Schema: true}}
	if st.Kind == dialect.KindSelect {
		p.Read = &Read{Reason: why, ops: opRule{op: OpFetch}}
	}
	return p
}

func analyse(d dialect.Dialect, st *dialect.Statement, cat *dialect.Catalog, o Options) *Plan {
	if o.MaxConjunctions <= 0 {
		o.MaxConjunctions = DefaultMaxConjunctions
	}
	p := &Plan{Statement: st, Catalog: cat, dialect: d}
	if st.Kind == dialect.KindSelect {
		p.Read = makeRead(d, st, cat, &o)
		p.tellDates()
	}
	if w := makeWrite(d, st, cat, &o); w != nil {
		p.Runs = w.runs || w.All
		if !w.nothing {
			p.Write = w
		}
	}
	return p
}

// Bind works out the dependency of a call, each table once. It is nil for a
// statement that reads nothing. For a read that cannot be cached it holds what
// is known, as whole tables.
func (p *Plan) Bind(args Args) dependency.Set {
	if p.Read == nil || len(p.Read.deps) == 0 {
		return nil
	}
	b := newBinder(p.dialect, args, p.Read.named)
	set := make(dependency.Set, len(p.Read.deps))
	for i := range p.Read.deps {
		set[i] = b.table(&p.Read.deps[i])
	}
	return set
}
