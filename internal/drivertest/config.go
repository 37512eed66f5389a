package drivertest

import (
	"database/sql/driver"
	"reflect"
	"sync"
)

// Config says what a [Driver] is and does. The zero value is a driver with no
// optional interface and no answers.
type Config struct {
	// Capabilities are the optional interfaces that its types implement.
	// Statements and rows may have any set; connections those of [Matrix].
	Capabilities Capability
	// Answers are by text of the statement. A text without an answer fails.
	Answers map[string]Answer
	// Failures are tried in order; the first that fits a call is its result.
	Failures []Failure
}

// Answer is what a statement returns. The zero value is no columns, no rows,
// and nothing affected.
type Answer struct {
	Columns []Column
	Rows    [][]driver.Value
	// More are further result sets. A driver without NextResultSet cannot show
	// them.
	More []Answer
	// Affected and LastInsertID are the result of an Exec.
	Affected, LastInsertID int64

	// Err is returned instead of rows or of a result.
	Err error
	// RowsErr is returned by Next behind the last row, instead of io.EOF. Asked
	// again, Next has another error.
	RowsErr error
	// CloseErr is returned by the Close of the rows.
	CloseErr error

	// Gate, if set, holds the statement up before it answers.
	Gate *Gate

	// Dynamic makes the rows answer questions about column types from the
	// values of the current row, as SQLite's drivers do: the scan type is that
	// of the value, nil for NULL and outside of rows, and texts and bytes have a
	// length.
	Dynamic bool
	// Reuse makes the rows hand out byte slices of one buffer, which each Next
	// and Close overwrite, as the drivers of MySQL do.
	Reuse bool
}

// Column is the name of a column, and what rows with the interface answer about
// it.
type Column struct {
	Name             string
	ScanType         reflect.Type
	DatabaseTypeName string

	Length            int64
	HasLength         bool
	Nullable          bool
	HasNullable       bool
	Precision, Scale  int64
	HasPrecisionScale bool
}

// Columns makes columns that have only names.
func Columns(names ...string) []Column {
	list := make([]Column, len(names))
	for i, name := range names {
		list[i].Name = name
	}
	return list
}

// Failure is an error in place of a call.
type Failure struct {
	// Op is the kind of the call.
	Op Op
	// Nth is which call of that kind fails, counted from 1 over all
	// connections; 0 is every one.
	Nth int
	// Err is what the call returns. For OpIsValid any error means false; a call
	// that returns no error cannot fail otherwise.
	Err error
}

// Marked is an argument that no default conversion takes. The value checkers and
// converters of this package turn it into a text that tells which of them was
// asked: "conn:", "stmt:" or "column:" and Text.
type Marked struct{ Text string }

// Option is an argument that the value checkers of this package take out of the
// list, with driver.ErrRemoveArgument.
type Option struct{}

// Gate holds statements up. Make one with [NewGate]. It may be used from many
// goroutines.
type Gate struct {
	arrived chan struct{}
	open    chan struct{}
	once    sync.Once
}

// NewGate returns a closed gate.
func NewGate() *Gate {
	return &Gate{arrived: make(chan struct{}, 1024), open: make(chan struct{})}
}

// Arrived delivers one value for each statement that came to the gate.
func (g *Gate) Arrived() <-chan struct{} { return g.arrived }

// Release opens the gate for good. It may be called more than once.
func (g *Gate) Release() { g.once.Do(func() { close(g.open) }) }

// wait holds the caller up until the gate opens or done is closed, and reports
// whether it opened. A nil done never closes: a call without a context can only
// wait.
func (g *Gate) wait(done <-chan struct{}) bool {
	select {
	case g.arrived <- struct{}{}:
	default: // nobody counts that far
	}
	select {
	case <-g.open:
		return true
	case <-done:
		return false
	}
}
