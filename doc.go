// Package cacheops caches the reads of a program that talks SQL, and drops
// exactly those cached results that a write could have changed. It sits under
// database/sql, so that every ORM and all plain SQL get it alike. Package
// sqlcache wraps a driver; this package holds the cache, its settings and the
// choices for single calls.
//
// Results are kept in the process, or by Config.Store in a place that all processes of
// a program share: package rueidisstore, a module of its own, keeps them in Redis.
//
// # How it works
//
// Each statement's text is analysed once. Of a SELECT the analysis tells which
// rows it depends on: for each table a set of conjunctions such as
// category_id = 1 AND status = 'live', taken from its conditions; everything
// that the conditions leave open counts as depending on. Of a write the values
// of the changed rows are collected before and after the change, inside its
// transaction. A cached result is dropped when one of those row images matches
// one of its conjunctions.
//
// Validity is kept in stamps, random values under each conjunction and each
// table. A result is stored with the stamps that were read before its query was
// sent, and is served only while they are unchanged. A write takes the stamps
// away right before it commits (the fence) and again after it (the bump).
//
// # What it promises
//
// It is assumed that each Database is one linearizable primary, and that all
// programs that write it through SQL do so through this library with the same
// store, or call Invalidate.
//
//  1. Fresh after commit. When a write's Exec or Commit has returned without an
//     error, no read that starts afterwards, in any process on the same store,
//     is answered from before it. Results being computed meanwhile are no
//     exception, and neither is a reader who waits for another reader's query:
//     it gets that one's result only if the stamps that it read itself are those
//     of the other. With the option Lock readers wait for more queries than that,
//     and then look for a valid result in the cache.
//  2. Safe against crashes. A process may die at any instruction, also between
//     the commit and the invalidation. The fence that it leaves keeps readers
//     away from what it wrote, and ends by a deadline with nothing stale behind.
//  3. Isolated. In a transaction that wrote something or met an error, reads
//     go to the database and nothing is stored. In a clean one the cache takes
//     part only where the level is known to be READ COMMITTED, which it never is
//     on SQLite. What is rolled back, to a savepoint too, invalidates nothing.
//     On SQLite a connection with an open result reads an old snapshot, and is
//     left alone.
//  4. Transparent. The program sees the same rows, columns, types and errors as
//     without the cache. Only what is known to be a pure function of table rows
//     and arguments is cached; Explain tells why anything else is not. Two
//     exceptions: a hit works while the database is down, and functions that ask
//     about the last statement (changes(), ROW_COUNT()) may tell about one of
//     ours.
//  5. Any eviction is safe. A store may lose any key at any time. It costs hits.
//     Only a crash of a writer and the loss of its keys within one commit can
//     leave something stale, until its TTL. A Redis that restarts with an older
//     state, and a replica that is promoted, are noticed before the next hit, and
//     all that was stored before is a miss. Hits are never read from replicas.
//  6. Soft in failure. When the store fails, reads go to the database, and wait at
//     most once for the store. A write that cannot be fenced is rolled back, for it
//     could not be made visible to the readers of the cache; Config.OnStoreFailure
//     lets it pass instead, see below.
//  7. Nothing is mixed. An entry's key is a SHA-256 of everything that decides
//     the result: database, variant, text, typed arguments and schema version.
//
// # What it does not promise
//
// Two reads within the moment between a commit and its invalidation may
// disagree. What is written under NoInvalidation is stale until the TTL, and what
// is written under Postpone until its end, or until the TTL where the process dies
// before it. Writes that bypass the library are not seen. A
// schema that another program changes is noticed by the next read that is not in
// the cache and the next write to a table that somebody caches. The in-process store
// serves one process: where a second one writes the same database both need a shared
// store. An old master of Redis that a network partition keeps serving is not
// noticed. A database that goes back in time, by a restored backup, needs
// Invalidate with All.
//
// # While the store is away
//
// A store outside of the process can be unavailable. Reads go to the database then,
// and nothing is stored. What becomes of a write Config.OnStoreFailure says.
//
// With FailWrites, the default, a write that cannot be fenced is rolled back with an
// error that wraps store.ErrUnavailable. If the store goes away between the commit
// and the bump, the fence keeps all readers from what the write changed. The bump is
// tried again, and the write returns when it is done, or when the time of the fence
// (Config.FenceTTL) is over.
//
// With Degrade a write that cannot be fenced commits all the same, and does not wait.
//
// In both modes a process remembers what it could not tell the store of. It tries
// until it succeeds, also where nobody reads, and reads past the cache until then. The
// store drops everything that is cached of the tables then, or of the database
// where they are many or not known. So the process itself never reads what is older
// than its own writes. Cache.Close tries once more, and logs an error if that fails
// too.
//
// What Degrade does not promise: from the commit of a write without a fence until
// the store is told of it, other processes may be served what is older than the
// write, also after it has returned. If the process dies before the store is told,
// or is closed while it is away, they may be until the TTL, or until Invalidate with
// All. Stats.Degraded counts such writes. Invalidate returns its
// error in both modes and is not tried again; so does Postpone at its end.
//
// # Choices for single calls
//
// A context made by With, Bypass or NoInvalidation decides for each statement
// that is given it, also in a transaction, where the context of BeginTx decides
// nothing of the kind. What With says of reads has no effect in a transaction
// whose reads go to the database anyway. Only Postpone looks at the commit: there
// the context counts that the transaction was begun with, or with which the text
// COMMIT is sent. InvalidateTx belongs to the transaction that it is given.
//
// # Functions, pages and values
//
// A result that the program makes itself is kept like a query's: a [Func], a [Fragment]
// of a page, a page of package httpcache. By default it depends on every query that ran
// under its context, and the promises above hold for it as they do for those queries.
// What ran under another context, or is no query, is not noticed. With DependsOn the
// promises hold for what is named there, and with TTLOnly, as for the values of Set,
// none but the seventh does: only time ends them, and Invalidate.
//
// # Transactions and limits
//
// A write to a table that somebody caches runs in a transaction of its own
// where the program began none, so that its row images can be fenced before it
// commits. Statements of which an error may leave changes behind run as they are:
// with OR REPLACE, OR FAIL and the like, those that fire a trigger with such a
// thing in it, DDL, and several statements in one text. An error of theirs may
// drop what they could have changed; one of any other write drops nothing.
//
// A write with more than Config.MaxImages images, or whose rows cannot be told,
// drops everything that was cached of its tables instead: one with OR REPLACE, for
// example, and what a trigger writes. The rows that the actions of foreign keys
// change are told as well.
package cacheops
