// Package differential holds three tests of the whole library that know nothing
// of how it works. One makes random schemas, rows, queries and writes, and
// compares every read through the cache with the same read of a database that
// never saw the cache. The other looks for a change of a row that alters the
// result of a query and that the query's dependency does not match. A third makes
// functions of the queries, and compares their results. All run on
// SQLite and on PostgreSQL, on a server of their own: see flavour.
package differential
