package faults

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cacheops/cacheops/dialect"
)

// The tables items0, items1 and items2 have so many rows each.
const (
	tables       = 3
	rowsPerTable = 24
	rowCount     = tables * rowsPerTable
	kinds        = 4
)

// usualPadding makes an entry of a row as large as those of a program.
const usualPadding = 1500

// place is where a row is: rows are numbered over all tables.
func place(row int) (table, id int) { return row / rowsPerTable, row % rowsPerTable }

// kindOf is the kind of a row. It follows from the version, so that who knows one
// knows the other, and changes with every fourth.
func kindOf(row int, version int64) int64 {
	_, id := place(row)
	return (int64(id) + version/4) % kinds
}

// database is what the processes of a load share. It may be used from many goroutines
// at once.
type database interface {
	dialect() dialect.Dialect
	// connector opens the connections of a process, which are numbered, or of a handle
	// without a cache.
	connector(process int) (driver.Connector, error)
	// text is a statement whose parameters are each a ?, as the database has them.
	text(statement string) string
	// raise gives a row its next version, and returns it.
	raise(ctx context.Context, tx *sql.Tx, table, id int) (int64, error)
	// excuses reports whether an error is of a fault of the database, which the test
	// makes.
	excuses(err error) bool
	// limit is how long a call waits for the database at most; 0 for as long as it
	// takes.
	limit() time.Duration
}

// withoutCache is the number of a process that has no cache.
const withoutCache = -1

// usualDatabase is the one that faults of Redis are tried with.
func usualDatabase(t testing.TB) database {
	t.Helper()
	switch *under {
	case "sqlite":
		return newSQLite(t)
	case "postgres":
		return newPostgres(t)
	case "mysql":
		return newMySQL(t)
	}
	t.Fatalf("there is no database %q", *under)
	return nil
}

// fill makes the tables, with so many bytes in each row, and returns a handle without
// a cache.
func fill(t testing.TB, d database, padding int) *sql.DB {
	t.Helper()
	connector, err := d.connector(withoutCache)
	if err != nil {
		t.Fatal(err)
	}
	bare := sql.OpenDB(connector)
	t.Cleanup(func() {
		if err := bare.Close(); err != nil {
			t.Error(err)
		}
	})
	tx, err := bare.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	exec := func(text string, args ...any) {
		if _, err := tx.ExecContext(t.Context(), d.text(text), args...); err != nil {
			t.Fatal(err)
		}
	}
	for table := range tables {
		exec(fmt.Sprintf("CREATE TABLE items%d (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, version INTEGER NOT NULL, pad TEXT NOT NULL)", table))
		exec(fmt.Sprintf("CREATE INDEX kinds%d ON items%d (kind)", table, table))
	}
	for row := range rowCount {
		table, id := place(row)
		exec(fmt.Sprintf("INSERT INTO items%d VALUES (?, ?, 0, ?)", table), id, kindOf(row, 0), strings.Repeat("x", padding))
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return bare
}

// write gives rows their next versions in one transaction, and returns these.
func write(ctx context.Context, d database, db *sql.DB, rows []int) ([]int64, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }() // after the commit it does nothing
	versions := make([]int64, len(rows))
	for i, row := range rows {
		table, id := place(row)
		if versions[i], err = d.raise(ctx, tx, table, id); err != nil {
			return nil, err
		}
	}
	return versions, tx.Commit()
}

// raiseReturning is raise where an UPDATE returns what it wrote.
func raiseReturning(ctx context.Context, d database, tx *sql.Tx, table, id int) (version int64, err error) {
	text := fmt.Sprintf("UPDATE items%d SET version = version + 1, kind = (id + (version + 1) / 4) %% %d WHERE id = ? RETURNING version", table, kinds)
	err = tx.QueryRowContext(ctx, d.text(text), id).Scan(&version)
	return version, err
}

// form is a kind of query.
type form int

const (
	byKey  form = iota // one row
	byKind             // the rows of a kind
	count              // how many these are
	total              // the sum of all versions of a table
	joined             // the rows of an id in two tables
	formCount
)

// query is a query on a table. The argument is an id or a kind, by its form.
type query struct {
	form       form
	table, arg int
}

// text returns the statement and its arguments.
func (q query) text() (string, []any) {
	switch q.form {
	case byKey:
		return fmt.Sprintf("SELECT id, version, pad FROM items%d WHERE id = ?", q.table), []any{q.arg}
	case byKind:
		return fmt.Sprintf("SELECT id, version FROM items%d WHERE kind = ?", q.table), []any{q.arg}
	case count:
		return fmt.Sprintf("SELECT COUNT(*) FROM items%d WHERE kind = ?", q.table), []any{q.arg}
	case total:
		return fmt.Sprintf("SELECT SUM(version) FROM items%d", q.table), nil
	default:
		return fmt.Sprintf("SELECT a.version, b.version FROM items%d a JOIN items%d b ON b.id = a.id WHERE a.id = ?", q.table, q.other()), []any{q.arg}
	}
}

// other is the second table of a join.
func (q query) other() int { return (q.table + 1) % tables }

// queries are all there are.
func queries() (all []query) {
	for table := range tables {
		for id := range rowsPerTable {
			all = append(all, query{byKey, table, id}, query{joined, table, id})
		}
		for kind := range kinds {
			all = append(all, query{byKind, table, kind}, query{count, table, kind})
		}
		all = append(all, query{total, table, 0})
	}
	return all
}

// answer is what a query returned: an id and a version a row, or one number or two.
type answer [][2]int64

// run asks a handle.
func (q query) run(ctx context.Context, d database, db *sql.DB) (a answer, err error) {
	text, args := q.text()
	rows, err := db.QueryContext(ctx, d.text(text), args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // its error comes with rows.Err
	for rows.Next() {
		var v [2]int64
		var pad string
		switch q.form {
		case byKey:
			err = rows.Scan(&v[0], &v[1], &pad)
		case count, total:
			err = rows.Scan(&v[0])
		default:
			err = rows.Scan(&v[0], &v[1])
		}
		if err != nil {
			return nil, err
		}
		a = append(a, v)
	}
	return a, rows.Err()
}
