// Package integration holds the tests that need a real database: the
// scenarios, the faults and the races. It is never released, so that what it
// requires does not reach the users of the library.
package integration
