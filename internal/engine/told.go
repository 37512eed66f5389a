package engine

import (
	"context"
	"database/sql/driver"
	"slices"
	"strings"

	"github.com/cacheops/cacheops/dialect"
	"github.com/cacheops/cacheops/internal/dependency"
	"github.com/cacheops/cacheops/store"
)

// Cause says why something was dropped.
type Cause uint8

// The causes of an invalidation.
const (
	_ Cause = iota
	CauseWrite
	CauseInvalidate
	CausePostponed
	CauseSchema
	CauseConnection
	CauseOutage
)

// InvalidateEvent tells what one invalidation dropped.
type InvalidateEvent struct {
	Database string
	Cause    Cause
	// Query is the last statement, Statements how many there were.
	Query      string
	Statements int
	Tables     []TableInvalidation
	All        bool
}

// TableInvalidation is an InvalidateEvent's part for one table.
type TableInvalidation struct {
	Table string
	// Before and After are the row images.
	Before, After []RowImage
	// Rows counts the row images and the rows asked for; Keys the conjunctions
	// dropped, under these schemes. Epoch is true when all that was cached of the
	// table was dropped.
	Rows, Keys int
	Schemes    []string
	Epoch      bool
	Query      string
}

// RowImage is the values of some columns of a row. The columns are shared.
type RowImage struct {
	Columns []string
	Values  []driver.Value
}

// told is what was done to invalidate a batch.
type told struct {
	database   string
	cause      Cause
	query      string
	statements int
	all        bool
	tables     []toldTable
}

// toldTable is told's part for one table.
type toldTable struct {
	*tableChanges
	keys    []string
	schemes []store.Scheme // that they are of
	dropped bool           // the table's epoch was
}

// add adds what was done in one table. What was done of it in another domain too
// is told once.
func (t *told) add(tc *tableChanges, done *store.TableChange) {
	i := slices.IndexFunc(t.tables, func(tt toldTable) bool { return tt.name == tc.name })
	if i < 0 {
		t.tables = append(t.tables, toldTable{tableChanges: tc})
		i = len(t.tables) - 1
	}
	tt := &t.tables[i]
	tt.dropped = tt.dropped || done.Epoch
	if done.Epoch {
		return
	}
	tt.keys = union(tt.keys, done.Keys)
	tt.schemes = union(tt.schemes, tc.registry.Schemes)
}

// union appends what is not there yet.
func union[S ~[]E, E comparable](have, more S) S {
	if len(have) == 0 {
		return more
	}
	have = slices.Clip(have)
	for _, x := range more {
		if !slices.Contains(have, x) {
			have = append(have, x)
		}
	}
	return have
}

// told begins the account of a batch.
func (b *batch) told() *told {
	t := &told{database: b.handle.database, cause: b.cause, statements: b.statements}
	if n := len(b.log); n > 0 {
		t.query = b.log[n-1].query
	}
	write, schema, last, count := false, false, -1, 0
	for i := range b.log {
		ch := &b.log[i]
		schema, write = schema || ch.schema, write || !ch.asked
		if !ch.asked && ch.statement != last {
			last = ch.statement
			count++
		}
	}
	if t.statements == 0 {
		t.statements = count
	}
	switch {
	case t.cause != 0:
		// The last statement need not stand last, where they are kept by table.
		for i := range b.log {
			if ch := &b.log[i]; ch.statement == t.statements {
				t.query = ch.query
			}
		}
	case schema:
		t.cause = CauseSchema
	case write:
		t.cause = CauseWrite
	default:
		t.cause = CauseInvalidate
	}
	return t
}

// tell counts what was dropped, and tells it to Explain and to who listens.
func (e *Engine) tell(ctx context.Context, t *told) {
	e.countDropped(t)
	e.drops.add(t)
	hook := e.cfg.Hooks.OnInvalidate
	if hook == nil {
		return
	}
	event := &InvalidateEvent{Database: t.database, Cause: t.cause, Query: t.query, Statements: t.statements, All: t.all}
	for i := range t.tables {
		event.Tables = append(event.Tables, t.tables[i].event())
	}
	hook(ctx, event)
}

// event is a table's part of an event.
func (t *toldTable) event() TableInvalidation {
	out := TableInvalidation{Table: t.table.Name, Rows: t.rows, Keys: len(t.keys), Epoch: t.dropped}
	if !t.dropped {
		for _, s := range t.schemes {
			out.Schemes = append(out.Schemes, schemeText(t.table, s))
		}
	}
	for _, ch := range t.changes {
		out.Query = ch.query
		if ch.given || len(ch.rows) == 0 {
			continue
		}
		side := &out.Before
		if ch.when == After {
			side = &out.After
		}
		*side = appendImages(*side, ch)
	}
	return out
}

// appendImages appends a statement's images without the rows' names, which
// only come last.
func appendImages(out []RowImage, ch *change) []RowImage {
	names := make([]string, 0, len(ch.columns))
	for _, at := range ch.columns {
		if at != dialect.RowName {
			names = append(names, ch.table.Columns[at].Name)
		}
	}
	for _, row := range ch.rows {
		out = append(out, RowImage{Columns: names, Values: row[:len(names):len(names)]})
	}
	return out
}

// everyRow is what the empty scheme is called.
const everyRow = "every row"

// schemeText names a scheme's columns: "category_id, status". A column that is
// compared for more than its value has the words of that behind it.
func schemeText(t *dialect.Table, s store.Scheme) string {
	columns, err := dependency.ParseScheme(s)
	if err != nil {
		return string(s)
	}
	if len(columns) == 0 {
		return everyRow
	}
	names := make([]string, len(columns))
	for i, sc := range columns {
		names[i] = sc.Column
		for _, c := range t.Columns {
			if c.Folded == sc.Column {
				names[i] = c.Name
			}
		}
		switch sc.Form {
		case dependency.FormTruth:
			names[i] += " IS TRUE"
		case dependency.FormNull:
			names[i] += " IS NULL"
		default:
		}
	}
	return strings.Join(names, ", ")
}
