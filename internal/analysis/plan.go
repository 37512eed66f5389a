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
	"database/sql/driver"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dependency"
)

// Op is a kind of read. Ops combine as bits.
type Op uint8

// The kinds of read.
const (
	// OpGet reads one row: LIMIT 1 or 2, or equality on a unique key.
	OpGet Op = 1 << iota
	// OpFetch reads a list.
	OpFetch
	// OpCount counts rows.
	OpCount
	// OpExists asks whether there is a row.
	OpExists
	// OpAggregate computes over rows.
	OpAggregate

	// OpAll is every kind.
	OpAll = OpGet | OpFetch | OpCount | OpExists | OpAggregate
)

// Plan is the analysis of one statement text against one catalog. It is never
// changed after Make returned it.
type Plan struct {
	Statement *dialect.Statement
	Catalog   *dialect.Catalog

	// Read is set for a SELECT that was parsed.
	Read *Read
	// Write is set for everything that may change rows.
	Write *Write
}

// Read is what is known of a SELECT.
type Read struct {
	// Tables are the tables that rows come from, views expanded, each once.
	// With Reason set the list may be incomplete.
	Tables []*dialect.Table
	// Reason says why the result cannot be cached; empty when it can.
	Reason string

	ops  opRule
	deps []tableTemplate
}

// Write is what is known of a statement that may change rows. All the tables
// it can reach are in Target and Others, unless All is set.
type Write struct {
	// Target is the table whose rows can be told from images; nil when there
	// is none. Why says why there is none.
	Target *dialect.Table
	Why    string
	// Epochs are the tables that take a new epoch: reached through foreign
	// keys or triggers, or the target itself where it has no images.
	Epochs []*dialect.Table
	// All is true when the statement may reach any table; AllWhy says why.
	All    bool
	AllWhy string
	// Schema is true when the statement changes the schema.
	Schema bool
}

// Args are the arguments of a call.
type Args = []driver.NamedValue

// Options bound the analysis.
type Options struct {
	// MaxConjunctions bounds the conjunctions of one table alias; above it
	// terms are dropped.
	MaxConjunctions int
	// SkipColumn reports columns that no term may use. Nil: none.
	SkipColumn func(table *dialect.Table, column *dialect.Column) bool
	// Functions declares what unknown functions write, by folded name: an
	// empty list for one that writes nothing. Calls of others that the dialect
	// does not know make a statement a write of everything.
	Functions map[string][]string
}

// Make analyses a parsed statement.
func Make(d dialect.Dialect, st *dialect.Statement, cat *dialect.Catalog, o Options) *Plan {
	panic("replaced by the analysis")
}

// Op tells the kind of a read, which can depend on a bound LIMIT.
func (r *Read) Op(args Args) Op { panic("replaced by the analysis") }

// Bind works out the dependency of a call, each table once.
func (p *Plan) Bind(args Args) dependency.Set { panic("replaced by the analysis") }

type (
	opRule        struct{}
	tableTemplate struct{}
)
