// Package dialecttest is for the tests of dialects: it renders what a dialect has
// understood of a statement, for a person to read and a golden file to hold, and
// compares what tokens tell with what the parser does.
package dialecttest
