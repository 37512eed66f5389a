package dialect

import "errors"

// ErrAskConnection is what a checker of [Dialect.ArgumentChecker] returns for an
// argument of which only a connection of the driver tells what becomes of it.
// All arguments of the call are then left to one.
var ErrAskConnection = errors.New("only a connection of the driver knows what becomes of the argument")

// StatementChecker may be implemented by what [Dialect.ArgumentChecker] returns, for a
// driver whose prepared statements have a CheckNamedValue of their own. Else it is a
// statement of a connection that is asked, so that a hit waits for one.
type StatementChecker interface {
	// ChecksStatements reports whether that does the same as the one of its connections.
	ChecksStatements() bool
}

// DateChecker may be implemented by a dialect in which a text may stand for a date
// that changes with time, such as today. Its methods may be called from many
// goroutines.
type DateChecker interface {
	// Dated reports whether an argument may be such a text, or hold one.
	Dated(v any) bool
	// DatedColumn reports whether what is compared with the column may be taken for a
	// date.
	DatedColumn(c *Column) bool
}

// OptionChecker may be implemented by a dialect whose drivers take arguments that
// are no values of parameters. Its methods may be called from many goroutines.
type OptionChecker interface {
	// Option tells what an argument is.
	Option(v any) Option
}

// Option says what an argument is, other than the value of a parameter.
type Option uint8

const (
	// OptionNone is the value of a parameter.
	OptionNone Option = iota
	// OptionMode tells the driver how to run the statement. It is in the place of
	// a value, and moves those behind it.
	OptionMode
	// OptionRewrite may run another statement instead.
	OptionRewrite
)
