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
// called. A hook that panics harms no call of the program: the first panic of
// each is logged, all are counted in Stats. The events' fields may grow.
//
// See [LogHooks] for hooks that log, and [JoinHooks] to have several.
type Hooks struct {
	// OnRead is called once for every result of a function, see ReadEvent.Func, and
	// once for every SELECT that is run for its rows, when the
	// first of them are at hand or with its error. What database/sql tries again
	// by itself is one read: an attempt outside a transaction that ends with
	// driver.ErrBadConn is not told.
	OnRead func(ctx context.Context, event ReadEvent)
	// OnDifference is called in shadow mode when the cache would have served
	// another result than the database's. Config.Logger is told as well.
	OnDifference func(ctx context.Context, event DifferenceEvent)
	// OnInvalidate is called once for each committed change, and for whatever else
	// drops something.
	OnInvalidate func(ctx context.Context, event InvalidateEvent)
}

// ReadEvent tells how a read was answered.
type ReadEvent struct {
	// Func is the name of the function whose result it is, and empty for a query. The
	// event has no Database, Query, Op and Tables then; Reason says why a result that
	// was computed was not stored.
	Func     string
	Database string
	Query    string
	// Op is the kind of read, 0 where the cache did not get as far as that.
	Op Op
	// Tables are the tables that rows come from.
	Tables []string
	// Hit is true when the cache answered. Shared is true when the read waited
	// for another reader's query and got its result. Where both are false and
	// Reason is empty, it was a miss.
	Hit, Shared bool
	// Shadow is true where the cache took part in shadow mode: the database
	// answered, and Hit tells whether the cache would have.
	Shadow bool
	// Reason says why the cache took no part. It is empty for hits and misses.
	Reason string
	// Latency is the time from the call to its first rows. It includes waiting
	// for a connection, and for a result that may be stored the reading of all
	// its rows; for others the program's own reading of the rows comes later.
	Latency time.Duration
	// Err is what the program gets instead of rows: an error of the database, or
	// that of a context that ended. One that comes after the first rows is not
	// told.
	Err error
}

// DifferenceEvent tells of a result that the cache would have served in shadow
// mode, and that is not the one that the database returned, although no write
// came between the two. It holds no value of either.
type DifferenceEvent struct {
	Database string
	Query    string
	Op       Op
	// Tables are the tables that rows come from.
	Tables []string
	// Difference tells in words where the results differ: by positions, counted
	// from 1, and Go types.
	Difference string
	// Doubt says why the report may be a false alarm, where that is known: a
	// statement with a LIMIT may have more than one right result. It is empty
	// otherwise.
	Doubt string
	// The numbers of rows of both results, and their sizes in memory.
	CachedRows, DatabaseRows   int
	CachedBytes, DatabaseBytes int
	// OnlyCached and OnlyDatabase are the numbers of rows that the other result
	// does not have, or has less often. Both are 0 where the columns differ, or
	// the order of the rows alone.
	OnlyCached, OnlyDatabase int
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
	// CauseOutage is the end of an outage of the store: committed writes that it
	// could not be told of are told now. Everything of their tables is dropped.
	CauseOutage = Cause(engine.CauseOutage)
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
	case CauseOutage:
		return "outage"
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
		out.OnRead = func(ctx context.Context, e engine.ReadEvent) {
			h.OnRead(ctx, ReadEvent{
				Database: e.Database, Query: e.Query, Op: Op(e.Op), Tables: e.Tables, Hit: e.Hit, Shared: e.Shared,
				Shadow: e.Shadow, Reason: e.Reason, Latency: e.Latency, Err: e.Err,
			})
		}
	}
	if h.OnRead != nil {
		out.OnCompute = func(ctx context.Context, e engine.ComputeEvent) {
			h.OnRead(ctx, ReadEvent{Func: e.Name, Hit: e.Hit, Shared: e.Shared, Reason: e.Reason, Latency: e.Latency, Err: e.Err})
		}
	}
	if h.OnDifference != nil {
		out.OnDifference = func(ctx context.Context, e *engine.DifferenceEvent) {
			h.OnDifference(ctx, DifferenceEvent{
				Database: e.Database, Query: e.Query, Op: Op(e.Op), Tables: e.Tables, Difference: e.What, Doubt: e.Doubt,
				CachedRows: e.CachedRows, DatabaseRows: e.DatabaseRows, CachedBytes: e.CachedBytes, DatabaseBytes: e.DatabaseBytes,
				OnlyCached: e.OnlyCached, OnlyDatabase: e.OnlyDatabase,
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
