package postgres

import (
	"context"
	"database/sql/driver"
	"testing"
	"time"
)

// oneRow is a connection that answers every query with one row.
type oneRow []driver.Value

// Query implements [dialect.Queryer].
func (a oneRow) Query(context.Context, string, ...driver.Value) ([][]driver.Value, error) {
	return [][]driver.Value{a}, nil
}

// TestSessionOfTimesAtInfinity: a driver that makes a time of infinity sends other
// times as infinity, too, so its connections are not understood.
func TestSessionOfTimesAtInfinity(t *testing.T) {
	t.Parallel()
	row := oneRow{"[]", "150000", "PostgreSQL 15", "false", "off", "read committed", "false", "", "UTF8", "on", "off", "0", "UTF8", "infinity"}
	if s, err := Dialect.CheckSession(t.Context(), row); err != nil || s.Taint != 0 {
		t.Fatalf("a usual session: %+v, %v", s, err)
	}
	row[len(row)-1] = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	if s, err := Dialect.CheckSession(t.Context(), row); err == nil {
		t.Errorf("a time came back, and the session is %+v", s)
	}
}
