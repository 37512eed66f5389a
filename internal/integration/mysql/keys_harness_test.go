package mysql

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// keysCase is a schema with rows, and texts that run one after the other, each by itself.
// After each everything is compared.
type keysCase struct {
	name   string
	mode   string
	schema []string
	texts  []string
}

// keysRows returns the rows of a query, and their columns.
func keysRows(t *testing.T, db *sql.DB, query string) (columns []string, out [][]sql.NullString) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	if columns, err = rows.Columns(); err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		row, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return columns, out
}

// keysReads returns a read of each table as a whole, and one by each value that a column
// has in one of the databases.
func keysReads(t *testing.T, dbs ...*sql.DB) []string {
	t.Helper()
	var reads []string
	for _, db := range dbs {
		_, tables := keysRows(t, db, "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED')")
		for _, table := range tables {
			from := "SELECT * FROM " + table[0].String
			reads = append(reads, from)
			columns, rows := keysRows(t, db, from)
			for i, column := range columns {
				for _, row := range rows {
					condition := column + " IS NULL"
					if v := row[i]; v.Valid && strings.Trim(v.String, "0123456789") == "" && v.String != "" {
						condition = column + " = " + v.String
					} else if v.Valid {
						condition = column + " = '" + v.String + "'"
					}
					reads = append(reads, from+" WHERE "+condition)
				}
			}
		}
	}
	slices.Sort(reads)
	return slices.Compact(reads)
}

// check runs the texts through the cache, and past it in a database of its own.
func (c *keysCase) check(t *testing.T, inTx bool) {
	t.Helper()
	ctx := t.Context()
	ours, theirs := newCachedMySQL(t, c.mode, nil), newCachedMySQL(t, c.mode, nil)
	run := func(db *sql.DB, text string) string {
		if !inTx {
			return twinResult(db.ExecContext(ctx, text))
		}
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		out := twinResult(tx.ExecContext(ctx, text))
		return out + fmt.Sprint(tx.Commit())
	}
	for _, s := range []*cachedMySQL{ours, theirs} {
		exec(t, s.bare, c.schema...)
	}
	for _, text := range c.texts {
		before := keysReads(t, theirs.bare)
		want := run(theirs.bare, text)
		reads := slices.Compact(slices.Sorted(slices.Values(slices.Concat(before, keysReads(t, theirs.bare)))))
		for _, q := range reads {
			for range 2 {
				twinAnswer(ctx, ours.cached, q)
			}
		}
		got := run(ours.cached, text)
		if got, want = strings.ReplaceAll(got, database(t, ours.dsn), "DB"), strings.ReplaceAll(want, database(t, theirs.dsn), "DB"); got != want {
			t.Errorf("%s: %q, the driver alone has %q", text, got, want)
		}
		for _, q := range reads {
			want := twinAnswer(ctx, ours.bare, q)
			if got := twinAnswer(ctx, ours.cached, q); got != want {
				t.Errorf("STALE after %s: %s:\n%s\nthe database has\n%s", text, q, got, want)
			}
			other := strings.ReplaceAll(twinAnswer(ctx, theirs.bare, q), database(t, theirs.dsn), database(t, ours.dsn))
			if other != want {
				t.Errorf("after %s: %s:\n%s\nbehind the driver alone are\n%s", text, q, want, other)
			}
		}
	}
}
