// Package dependency holds conjunctions, the schemes they belong to, and the
// match between them and row images.
//
// A conjunction and an image meet in one place only: the text of a key. The
// reader's side works a [Conj] out to a key, the writer's side works an image
// out to one key for each scheme that readers registered, and the image matches
// the conjunction if the keys are equal. Both sides use the same encoding, and
// a side that cannot tell a value says so: a reader then has no term on the
// column, a writer takes the table's epoch.
package dependency

import "github.com/cacheops/cacheops/dialect"

// Set is the dependency of one bound query: the tables it reads, each once.
type Set []Table

// Table is a query's dependency on one table: one of the conjunctions, or
// every row when Whole. A table without conjunctions is taken for Whole too,
// so that an empty list never means that nothing is depended on.
type Table struct {
	Table *dialect.Table
	Whole bool
	Conjs []Conj
}

// Conj is a set of terms, ANDed. The terms are sorted by column and unlike in
// column and form. The empty one stands for every row.
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
	// FormNull compares whether the value is NULL; its values are "1" for NULL
	// and "0" for any other. It needs no rules of comparison, so a column whose
	// values cannot be compared may have it.
	FormNull
)

// Term is column = value.
type Term struct {
	Column *dialect.Column
	Form   Form
	Null   bool   // the value is NULL; Value is empty then
	Value  string // canonical
}

// The values of FormTruth and FormNull.
const (
	Yes = "1"
	No  = "0"
)
