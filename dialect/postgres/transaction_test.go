package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/cacheops/cacheops/dialect"
)

// serverError is an error with a code, as the drivers' are.
type serverError string

func (e serverError) Error() string    { return "server error " + string(e) }
func (e serverError) SQLState() string { return string(e) }

func TestTransactionProbe(t *testing.T) {
	for _, c := range []struct {
		name      string
		answers   []error
		inside    bool
		sent      int
		undecided bool
	}{
		{name: "inside", answers: []error{nil, nil}, inside: true, sent: 2},
		{name: "outside", answers: []error{fmt.Errorf("exec: %w", serverError("25P01"))}, sent: 1},
		{name: "failed", answers: []error{serverError("25P02")}, inside: true, sent: 1},
		{name: "another refusal", answers: []error{serverError("57014")}, sent: 1, undecided: true},
		{name: "connection lost", answers: []error{driver.ErrBadConn}, sent: 1, undecided: true},
		{name: "lost at the release", answers: []error{nil, driver.ErrBadConn}, inside: true, sent: 2, undecided: true},
	} {
		t.Run(c.name, func(t *testing.T) {
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

// answers is a connection that gives one answer after the other.
type answers struct {
	rows []any // of one value, or an error
	sent []string
}

func (a *answers) Query(_ context.Context, query string, _ ...driver.Value) ([][]driver.Value, error) {
	a.sent = append(a.sent, query)
	next := a.rows[0]
	a.rows = a.rows[1:]
	if err, ok := next.(error); ok {
		return nil, err
	}
	return [][]driver.Value{{next}}, nil
}

var _ dialect.Queryer = (*answers)(nil)

func TestTransactionOverAnswers(t *testing.T) {
	lost := errors.New("lost")
	for _, c := range []struct {
		identity string
		rows     []any
		over     bool
		failed   bool
	}{
		{identity: "", failed: true},
		{identity: "731", rows: []any{"committed"}, over: true},
		{identity: "731", rows: []any{[]byte("aborted")}, over: true},
		{identity: "731", rows: []any{nil}, over: true},
		{identity: "731", rows: []any{serverError("22023")}, over: true},
		{identity: "731", rows: []any{serverError("57014")}, failed: true},
		{identity: "731", rows: []any{"in progress"}},
		{identity: "731", rows: []any{"standby"}, failed: true},
		{identity: "731", rows: []any{lost}, failed: true},
		{identity: "before:731", rows: []any{"in progress"}},
		{identity: "before:731", rows: []any{nil}, over: true},
		{identity: "before:731", rows: []any{"standby"}, failed: true},
		{identity: "before:", failed: true},
		{identity: "731'", failed: true},
		{identity: "b:4711:1700000000000000", rows: []any{"0"}, over: true},
		{identity: "b:4711:1700000000000000", rows: []any{"1"}},
		{identity: "b:4711:1700000000000000", rows: []any{"standby"}},
		{identity: "b:4711:1700000000000000", rows: []any{lost}, failed: true},
		{identity: "b:4711", failed: true},
		{identity: "b:4711:then", failed: true},
		{identity: "b:x:1700000000000000", failed: true},
	} {
		db := &answers{rows: slices.Clone(c.rows)}
		over, err := Dialect.TransactionOver(context.Background(), db, c.identity)
		if over != c.over || err != nil != c.failed || len(db.rows) != 0 {
			t.Errorf("%q with %v: got %v, %v after %q", c.identity, c.rows, over, err, db.sent)
		}
	}
}
