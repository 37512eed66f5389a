// Package tools holds the programs that the Makefile runs: the summary of the
// tests, the fuzzing of every target, the tidying of every module, the release
// and its rehearsal, and the self-test of the checks.
//
// It is a module of its own, never tagged, so that what it requires reaches no
// user of the library.
package tools
