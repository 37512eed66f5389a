package sqlite

import (
	"strings"

	"github.com/cacheops/cacheops/dialect"
)

// Dialect is the dialect of SQLite 3. It has no state, so it may be used from
// many goroutines at once.
//
// It knows SQLite as the library builds it. An application that replaces
// built-in functions or collating sequences by its own must not use it.
var Dialect dialect.Dialect = sqliteDialect{}

type sqliteDialect struct{}

// Name returns "sqlite".
func (sqliteDialect) Name() string { return "sqlite" }

// Parse analyses a statement's text; see [Parse].
func (sqliteDialect) Parse(text string) *dialect.Statement { return Parse(text) }

// Transactions describes SQLite's transactions: one writer at a time, each
// reader on the snapshot of its first read.
func (sqliteDialect) Transactions() dialect.Transactions {
	return dialect.Transactions{
		BeginWrite: "BEGIN IMMEDIATE",
		Commit:     "COMMIT",
		Rollback:   "ROLLBACK",
		// A DELETE takes the write lock before it looks at its condition, so
		// that one which matches nothing takes the lock, touches no row and
		// fires no trigger. As the first statement of a deferred transaction it
		// waits by the busy timeout, as the program's own statement would.
		LockForWrite:    "DELETE FROM %s WHERE 0",
		ErrorMayEnd:     true, // OR ROLLBACK, a full disk, an I/O error, an interrupt
		Probe:           "BEGIN",
		ProbeInside:     "within a transaction",
		Explain:         "EXPLAIN ",
		ReadCommitted:   false,
		SingleWriter:    true,
		Nested:          true,
		SavepointBegins: true,
	}
}

// nameFold returns a name in the form in which SQLite compares names: ASCII
// letters in lower case, all others as they are.
func nameFold(name string) string {
	for i := 0; i < len(name); i++ {
		if c := name[i]; 'A' <= c && c <= 'Z' {
			b := []byte(name)
			for ; i < len(b); i++ {
				if c := b[i]; 'A' <= c && c <= 'Z' {
					b[i] = c + 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return name
}

// nameQuote quotes a name with backticks. Unlike a name in double quotes, one
// in backticks is never read as a text when there is no such column: a query
// made from an outdated schema fails instead of returning a constant.
func nameQuote(name string) string {
	return "`" + strings.ReplaceAll(name, "`", "``") + "`"
}

// nameText quotes a name as a text.
func nameText(name string) string {
	return "'" + strings.ReplaceAll(name, "'", "''") + "'"
}
