package sqlcache

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"

	"github.com/cacheops/cacheops/dialect"
)

// counted is how the actions of foreign keys are seen to have come to the rows that were
// found before, and no others. A lock on the parents keeps others from adding children
// only where these check their foreign keys: in PostgreSQL a session does not whose
// session_replication_role is replica, nor does one where the table's triggers are disabled.
type counted struct {
	query  string // empty where nothing is counted
	tables []*dialect.Table
	before []driver.Value // one of each table
}

// begin counts before the statement.
func (cas *cascade) begin(ctx context.Context, real *realConn) (err error) {
	k := &cas.counted
	for i := range cas.edges {
		if t := cas.edges[i].Child; !slices.Contains(k.tables, t) {
			k.tables = append(k.tables, t)
		}
	}
	if k.query = cas.dialect.ChangesOf(k.tables); k.query != "" {
		k.before, err = k.ask(ctx, real)
	}
	return err
}

// ask counts.
func (k *counted) ask(ctx context.Context, real *realConn) ([]driver.Value, error) {
	rows, err := real.collect(ctx, call{text: k.query}, 2)
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 || len(rows[0]) != len(k.tables) {
		return nil, fmt.Errorf("cacheops: %d rows tell how many rows were changed", len(rows))
	}
	return rows[0], nil
}

// complete reports, after the statement, whether as many rows of each child were changed
// as are known. A row that two actions changed counts twice, so that the answer may be no
// though all are known, which is the safe side.
func (cas *cascade) complete(ctx context.Context, real *realConn) (bool, error) {
	k := &cas.counted
	if k.query == "" {
		return true, nil
	}
	after, err := k.ask(ctx, real)
	if err != nil {
		return false, err
	}
	for i, t := range k.tables {
		was, counts := k.before[i].(int64)
		is, still := after[i].(int64)
		if r := cas.tables[t]; !counts || !still || !r.lost && is-was != int64(len(r.order)) {
			return false, nil
		}
	}
	return true, nil
}
