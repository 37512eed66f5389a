// Package dependency holds conjunctions, the schemes they belong to, and the
// match between them and row images.
package dependency

import "github.com/cacheops/cacheops/dialect"

// Set is the dependency of one bound query: the tables it reads, each once.
type Set []Table

// Table is a query's dependency on one table: one of the conjunctions, or
// every row when Whole.
type Table struct {
	Table *dialect.Table
	Whole bool
	Conjs []Conj
}

// Conj is a set of terms, ANDed. The terms are sorted by column and unlike in
// column and form.
type Conj []Term

// Form says what of a column's value a term compares.
type Form uint8

// The forms of a term.
const (
	// FormValue compares the value itself in its canonical text.
	FormValue Form = iota
	// FormTruth compares whether the database takes the value for true; its
	// values are "1", "0" and NULL.
	FormTruth
)

// Term is column = value.
type Term struct {
	Column *dialect.Column
	Form   Form
	Null   bool   // the value is NULL; Value is empty then
	Value  string // canonical
}
