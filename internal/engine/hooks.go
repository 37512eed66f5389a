package engine

import (
	"context"
	"time"

	"github.com/cacheops/cacheops/internal/analysis"
	"github.com/cacheops/cacheops/internal/result"
)

// ReadEvent tells how one read was answered.
type ReadEvent struct {
	Database string
	Query    string
	Op       analysis.Op // 0 for a read that was not understood
	Tables   []string
	// Hit is true when the cache answered; Shared when another reader's query
	// answered. With Shadow the database answered, and Hit tells what would have
	// been.
	Hit, Shared, Shadow bool
	// Reason says why the cache did not take part; empty for hits and misses.
	Reason  string
	Latency time.Duration
	Err     error
}

// DifferenceEvent tells of a result that the cache would have served although
// the database has another one.
type DifferenceEvent struct {
	Database, Query string
	Op              analysis.Op
	Tables          []string
	result.Difference
	// Doubt says why it may be a false alarm; empty when it is none.
	Doubt string
}

// Hooks are called synchronously. Nil functions are skipped.
type Hooks struct {
	OnRead       func(context.Context, ReadEvent) // by value: a hit must not allocate
	OnInvalidate func(context.Context, *InvalidateEvent)
	OnDifference func(context.Context, *DifferenceEvent)
	OnCompute    func(context.Context, ComputeEvent)
}
