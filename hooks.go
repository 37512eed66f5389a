package cacheops

import (
	"context"
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/cacheops/cacheops/internal/engine"
)

// Hooks are told what the cache does. Each is called by the goroutine that made
// the call, so it must be quick and safe for concurrent use. Nil hooks are not
// called. The events' fields may grow.
type Hooks struct {
	// OnRead is called for every SELECT, when its first rows are at hand.
	OnRead func(ctx context.Context, event ReadEvent)
	// OnInvalidate is called once for each committed change, and for whatever else
	// drops something.
	OnInvalidate func(ctx context.Context, event InvalidateEvent)
}

// ReadEvent tells how a read was answered.
type ReadEvent struct {
	Database string
	Query    string
	// Op is the kind of read, 0 where the cache did not get as far as that.
	Op Op
	// Tables are the tables that rows come from.
	Tables []string
	// Hit is true when the cache answered. Shared is true when the read waited
	// for another reader's query and got its result.
	Hit, Shared bool
	// Reason says why the cache took no part. It is empty for hits and misses.
	Reason string
	// Latency is the time until the first rows were at hand.
	Latency time.Duration
	// Err is the database's error.
	Err error
}

// Cause says why something was invalidated.
type Cause uint8

// The causes of an invalidation. They may become more.
const (
	// CauseWrite is a committed write, alone or in a transaction.
	CauseWrite = Cause(engine.CauseWrite)
	// CauseInvalidate is a call of Invalidate, or a transaction that did nothing
	// but InvalidateTx.
	CauseInvalidate = Cause(engine.CauseInvalidate)
	// CausePostponed is the end of Postpone.
	CausePostponed = Cause(engine.CausePostponed)
	// CauseSchema is a statement that changed the schema, or may have: DDL, one
	// that was not understood, and whatever else its transaction did.
	CauseSchema = Cause(engine.CauseSchema)
	// CauseConnection is a new connection to a database in memory: behind it is
	// a new, empty database.
	CauseConnection = Cause(engine.CauseConnection)
)

// String returns the cause in a word.
func (c Cause) String() string {
	switch c {
	case CauseWrite:
		return "write"
	case CauseInvalidate:
		return "invalidate"
	case CausePostponed:
		return "postponed"
	case CauseSchema:
		return "schema"
	case CauseConnection:
		return "connection"
	default:
		return fmt.Sprintf("cause %d", uint8(c))
	}
}

// InvalidateEvent tells what an invalidation dropped. There is one for each
// committed change: of a statement, or of all statements of a transaction. A
// commit that failed drops as well, for it may have taken effect, and is told.
type InvalidateEvent struct {
	Database string
	Cause    Cause
	// Query is the last statement of the change, and Statements how many changed
	// something. Query is empty where Invalidate or InvalidateTx came last.
	Query      string
	Statements int
	// Tables are the tables changed. All is true when everything was dropped;
	// Tables is empty then.
	Tables []TableInvalidation
	All    bool
}

// TableInvalidation is a change's part in one table.
type TableInvalidation struct {
	Table string
	// Before and After are the images of the changed rows, in the order of the
	// statements. There are none where the changed rows are not known, or nobody
	// had cached anything of the table. Before can hold a row twice, and rows that
	// a statement looked at and then left alone. Rows that a foreign key's action reached are
	// in their own table's part: as they were before, and, where they are still
	// there, as they are after.
	Before, After []RowImage
	// Rows counts the images and the rows given to Row, and Keys the conjunctions
	// dropped. Schemes are the sets of columns under which they were, as in
	// "category_id, status"; that of queries without conditions is "every row".
	Rows, Keys int
	Schemes    []string
	// Epoch is true when everything cached of the table was dropped. Keys is 0
	// and Schemes empty then.
	Epoch bool
	// Query is the last statement that changed this table.
	Query string
}

// RowImage is a row before or after a change: the values of those columns that
// the conditions of cached queries compare, as the driver returned them. The
// memory is shared: it must not be changed.
type RowImage struct {
	Columns []string
	Values  []driver.Value
}

// engine adapts the hooks to the machinery.
func (h Hooks) engine() engine.Hooks {
	var out engine.Hooks
	if h.OnRead != nil {
		out.OnRead = func(ctx context.Context, e *engine.ReadEvent) {
			h.OnRead(ctx, ReadEvent{
				Database: e.Database, Query: e.Query, Op: Op(e.Op), Tables: e.Tables, Hit: e.Hit, Shared: e.Shared,
				Reason: e.Reason, Latency: e.Latency, Err: e.Err,
			})
		}
	}
	if h.OnInvalidate != nil {
		out.OnInvalidate = func(ctx context.Context, e *engine.InvalidateEvent) {
			event := InvalidateEvent{
				Database: e.Database, Cause: Cause(e.Cause), Query: e.Query, Statements: e.Statements, All: e.All,
			}
			for i := range e.Tables {
				t := &e.Tables[i]
				event.Tables = append(event.Tables, TableInvalidation{
					Table: t.Table, Before: rowImages(t.Before), After: rowImages(t.After),
					Rows: t.Rows, Keys: t.Keys, Schemes: t.Schemes, Epoch: t.Epoch, Query: t.Query,
				})
			}
			h.OnInvalidate(ctx, event)
		}
	}
	return out
}

func rowImages(in []engine.RowImage) []RowImage {
	out := make([]RowImage, len(in))
	for i := range in {
		out[i] = RowImage(in[i])
	}
	return out
}
