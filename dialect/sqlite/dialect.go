package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
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
		Explain:         "EXPLAIN ",
		ReadCommitted:   false,
		SingleWriter:    true,
		Nested:          true,
		SavepointBegins: true,
	}
}

// InTransaction implements [dialect.Dialect] by trying to begin a transaction:
// that fails inside one, and outside it is ended at once, empty.
func (sqliteDialect) InTransaction(exec func(text string) error) (bool, error) {
	switch err := exec("BEGIN"); {
	case err == nil:
		return false, exec("COMMIT")
	case strings.Contains(err.Error(), "within a transaction"):
		return true, nil
	default:
		return false, err
	}
}

// TransactionOver implements [dialect.Dialect]. Nothing in SQLite goes on without
// its connection.
func (sqliteDialect) TransactionOver(context.Context, dialect.Queryer, string) (bool, error) {
	return true, nil
}

// Failure implements [dialect.Dialect]. SQLite runs in the program's own process, so
// every error but that of a broken connection tells of a statement that failed.
func (sqliteDialect) Failure(err error) dialect.Failure {
	if errors.Is(err, driver.ErrBadConn) {
		return dialect.FailureUnknown
	}
	return dialect.FailureStatement
}

// SchemaDigest implements [dialect.Dialect]. SQLite has a version that tells all.
func (sqliteDialect) SchemaDigest(context.Context, dialect.Queryer) (string, error) { return "", nil }

// Elements implements [dialect.Dialect]. SQLite has no arrays.
func (sqliteDialect) Elements(*dialect.Column, driver.Value) ([]driver.Value, bool) {
	return nil, false
}

// ArgumentChecker implements [dialect.Dialect].
func (sqliteDialect) ArgumentChecker(string) driver.NamedValueChecker { return nil }

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
