package cacheops

import (
	"context"
	"time"

	"github.com/cacheops/cacheops/internal/engine"
)

// Hooks are told what the cache does. Each is called by the goroutine that made
// the call, so it must be quick and safe for concurrent use. Nil hooks are not
// called. The events' fields may grow.
type Hooks struct {
	// OnRead is called for every SELECT, when its first rows are at hand.
	OnRead func(ctx context.Context, event ReadEvent)
	// OnInvalidate is called once for each committed change.
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
		out.OnRead = func(ctx context.Context, e *engine.ReadEvent) {
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
