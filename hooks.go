package cacheops

import (
	"context"
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
	// OnRead is called once for every SELECT that is run for its rows, when the
	// first of them are at hand or with its error. What database/sql tries again
	// by itself is one read: an attempt outside a transaction that ends with
	// driver.ErrBadConn is not told.
	OnRead func(ctx context.Context, event ReadEvent)
	// OnInvalidate is called once for each committed change.
	OnInvalidate func(ctx context.Context, event InvalidateEvent)
}

// ReadEvent tells how a read was answered.
type ReadEvent struct {
	Database string
	Query    string
	// Op is the kind of read, 0 where the read was not to be cached.
	Op Op
	// Tables are the tables that rows come from.
	Tables []string
	// Hit is true when the cache answered. Shared is true when the read waited
	// for another reader's query and got its result. Where both are false and
	// Reason is empty, it was a miss.
	Hit, Shared bool
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

// InvalidateEvent tells what a change dropped.
type InvalidateEvent struct {
	Database string
	// Query is the last statement of the change.
	Query string
	// Tables are the tables changed. All is true when everything was dropped.
	Tables []TableInvalidation
	All    bool
}

// TableInvalidation is a change's part in one table.
type TableInvalidation struct {
	Table string
	// Rows counts the row images compared, Keys the conjunctions dropped.
	Rows, Keys int
	// Epoch is true when everything cached of the table was dropped.
	Epoch bool
}

// engine adapts the hooks to the machinery.
func (h Hooks) engine() engine.Hooks {
	var out engine.Hooks
	if h.OnRead != nil {
		out.OnRead = func(ctx context.Context, e engine.ReadEvent) {
			h.OnRead(ctx, ReadEvent{
				Database: e.Database, Query: e.Query, Op: Op(e.Op), Tables: e.Tables, Hit: e.Hit, Shared: e.Shared,
				Reason: e.Reason, Latency: e.Latency, Err: e.Err,
			})
		}
	}
	if h.OnInvalidate != nil {
		out.OnInvalidate = func(ctx context.Context, e *engine.InvalidateEvent) {
			event := InvalidateEvent{Database: e.Database, Query: e.Query, All: e.All}
			for _, t := range e.Tables {
				event.Tables = append(event.Tables, TableInvalidation(t))
			}
			h.OnInvalidate(ctx, event)
		}
	}
	return out
}
