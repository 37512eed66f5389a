// Package sqlcache puts the cache under database/sql. Open, OpenDB and Register
// mirror their namesakes there; what they return or register is an ordinary
// *sql.DB or driver, ready for any ORM.
//
// # Connections
//
// The connections that database/sql sees are virtual. They borrow a real one
// from a pool of the handle's own for a read that missed, for a write, and for
// as long as a transaction or another state of the session lasts. So a hit
// never waits for a connection, and works while the database is down. The
// limits of the real pool are in Config; those of the *sql.DB bound the virtual
// connections, and DB.Stats counts them.
//
// # Rows
//
// A result up to the cache's MaxEntryBytes is read whole before Query returns,
// so closing rows early costs nothing and a loop over rows may run any query,
// also the same one. A larger result is streamed and not kept.
//
// # Writes
//
// A write outside a transaction, on a table that somebody caches, runs in a
// transaction of its own, so that its rows can be fenced before it commits. Its
// errors are the database's own, and drop nothing.
//
// Some statements cannot run so, because an error of theirs may leave changes
// behind: those with OR REPLACE, OR FAIL, OR ROLLBACK and the like in the text or
// in a constraint, writes that run a trigger in which an error may leave changes
// behind, DDL, and what is not understood. They run as they are, between the fence
// and the bump. Text that the database cannot prepare, and arguments that it cannot
// bind, are found before that and drop nothing; any other error drops what the
// statement could have changed. The same holds of several statements in one text,
// but their arguments are not looked at before: a wrong number of them drops what
// the text could have changed.
package sqlcache
