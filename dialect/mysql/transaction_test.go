package mysql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"testing"
)

func TestTransactionProbe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		answers   []error
		inside    bool
		sent      int
		undecided bool
	}{
		{name: "inside", answers: []error{nil, nil}, inside: true, sent: 2},
		{name: "outside", answers: []error{nil, fmt.Errorf("exec: %w", serverError(1305))}, sent: 2},
		{name: "with a table of Aria", answers: []error{serverError(1178)}, inside: true, sent: 1},
		{name: "a branch that has ended", answers: []error{serverError(1399)}, inside: true, sent: 1},
		{name: "a branch that can only be rolled back", answers: []error{serverError(1402)}, inside: true, sent: 1},
		{name: "another refusal", answers: []error{serverError(1317)}, sent: 1, undecided: true},
		{name: "connection lost", answers: []error{driver.ErrBadConn}, sent: 1, undecided: true},
		{name: "lost at the release", answers: []error{nil, driver.ErrBadConn}, sent: 2, undecided: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var sent []string
			inside, err := Dialect.InTransaction(func(text string) error {
				sent = append(sent, text)
				return c.answers[len(sent)-1]
			})
			if err != nil != c.undecided || err == nil && inside != c.inside || len(sent) != c.sent {
				t.Fatalf("got %v, %v after %q", inside, err, sent)
			}
		})
	}
}

// answers is a connection that answers every query with the same row, or an error.
type answers struct {
	row  []driver.Value
	err  error
	sent int
}

func (a *answers) Query(context.Context, string, ...driver.Value) ([][]driver.Value, error) {
	a.sent++
	if a.err != nil {
		return nil, a.err
	}
	return [][]driver.Value{a.row}, nil
}

func TestTransactionOverAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		identity     string
		row          []driver.Value
		err          error
		over, failed bool
		unasked      bool
	}{
		{identity: "db:3306:1:42", row: []driver.Value{[]byte("db:3306:1"), []byte("1"), []byte("0")}, over: true},
		{identity: "db:3306:1:42", row: []driver.Value{"db:3306:1", int64(1), int64(0)}, over: true},
		{identity: "db:3306:1:42", row: []driver.Value{[]byte("db:3306:1"), []byte("1"), []byte("1")}},
		{identity: "db:3306:1:42", row: []driver.Value{[]byte("db:3306:1"), []byte("1"), nil}},
		{identity: "fe80::1:3306:1:42", row: []driver.Value{[]byte("fe80::1:3306:1"), []byte("1"), []byte("0")}, over: true},
		{identity: "db:3306:1:42", row: []driver.Value{[]byte("db:3306:2"), []byte("1"), []byte("0")}, failed: true},
		{identity: "db:3306:1:42", row: []driver.Value{nil, []byte("1"), []byte("0")}, failed: true},
		// The list is that of others, or empty.
		{identity: "db:3306:1:42", row: []driver.Value{[]byte("db:3306:1"), []byte("0"), []byte("0")}, failed: true},
		{identity: "db:3306:1:42", row: []driver.Value{[]byte("db:3306:1"), nil, nil}, failed: true},
		{identity: "db:3306:1:42", row: []driver.Value{[]byte("db:3306:1"), []byte("0")}, failed: true},
		{identity: "db:3306:1:42", row: []driver.Value{1.5, []byte("1"), []byte("0")}, failed: true},
		{identity: "db:3306:1:42", err: errors.New("lost"), failed: true},
		{identity: "", failed: true, unasked: true},
		{identity: "42", failed: true, unasked: true},
		{identity: "db:3306:1:42 OR 1", failed: true, unasked: true},
		{identity: "db:3306:1:", failed: true, unasked: true},
	} {
		db := &answers{row: c.row, err: c.err}
		over, err := Dialect.TransactionOver(context.Background(), db, c.identity)
		if over != c.over || err != nil != c.failed || (db.sent == 0) != c.unasked {
			t.Errorf("%q with %v, %v: got %v, %v after %d questions", c.identity, c.row, c.err, over, err, db.sent)
		}
	}
}
