// Package drivertest is a database/sql driver for tests, whose set of optional
// interfaces is chosen by flags.
//
// What a driver can do is told by the interfaces that its types implement, and
// Go fixes those when it compiles. So there is a type for each set of flags,
// written by a generator; all of them share one implementation. A test of
// something that wraps drivers runs over [Matrix], and compares what the
// wrapped driver does with what the bare one does.
//
// The driver has no SQL. It answers texts with what the test gave it for them,
// records every call, and can fail or hang on demand.
//
// [Nothing] is another driver: the cheapest there can be, to compare costs with.
package drivertest

//go:generate go run ./gen -o wrap_gen.go
