package engine

import (
	"context"
	"time"

	"github.com/cacheops/cacheops/internal/analysis"
)

// ReadEvent tells how one read was answered.
type ReadEvent struct {
	Database string
	Query    string
	Op       analysis.Op // 0 for a read that was not understood
	Tables   []string
	// Hit is true when the cache answered; Shared when another reader's query
	// answered.
	Hit, Shared bool
	// Reason says why the cache did not take part; empty for hits and misses.
	Reason  string
	Latency time.Duration
	Err     error
}

// Hooks are called synchronously. Nil functions are skipped.
type Hooks struct {
	OnRead       func(context.Context, *ReadEvent)
	OnInvalidate func(context.Context, *InvalidateEvent)
}
