// Package dialect describes SQL statements and schemas in terms that are the
// same for every database, and the interface through which the cache asks a
// database's dialect about them.
//
// A dialect turns a statement's text into a [Statement], reads the schema
// into a [Catalog], writes the queries that collect row images, and decides
// when two values of a column are equal. It decides nothing about caching:
// what a query depends on is worked out from the neutral model by the core.
//
// One law binds every dialect. What it does not understand it must say so:
// an expression becomes [Opaque], a statement [KindUnknown], a value "not
// comparable". Guessing makes stale reads; giving up only costs hits.
//
// # What shows that one is right
//
// Beside tests of its own a dialect is run against a real server by those in
// internal/integration: each of its values, compared there and by the server; the
// differential tests, which know no rule of the analysis; faults, and killed writers.
// Those of PostgreSQL are the ones to begin from.
//
// The package is public so that dialects can live in modules of their own. It
// is unstable: do not implement [Dialect] outside this project yet.
package dialect
