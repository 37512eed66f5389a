// Package sqlite is the dialect of SQLite 3.
//
// [Parse] turns a statement's text into the neutral model of package dialect.
// Its tokens are counted first, so that no text can exhaust the stack; then
// the parser runs; where it fails, the kind and the tables are told from the
// tokens alone.
//
// # Rules worth knowing
//
// The rule throughout is that what is not known is not guessed.
//
//   - A function counts as known by its name and its number of arguments. The
//     dialect trusts that the application has not replaced a built-in function
//     or collating sequence by its own.
//   - The date functions are pure only where every time value is a literal or
//     a number: a column or a parameter can hold the text 'now'. The modifiers
//     'localtime' and 'utc' depend on the time zone of the process.
//   - TRUE and FALSE are the numbers 1 and 0, and
//     [dialect.Statement.TruthWords] is set: SQLite takes the bare word for a
//     column where there is one of that name.
//   - A word in double quotes is a column, although SQLite reads it as a text
//     where there is no such column.
//   - The names of a WITH clause are visible in all its bodies, before and
//     after, with or without the word RECURSIVE, as SQLite has it.
//   - EXPLAIN changes nothing, but EXPLAIN PRAGMA does: SQLite carries most
//     pragmas out while it prepares them.
package sqlite
