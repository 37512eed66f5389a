package engine

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
)

// background is the goroutines that an engine owns. They are few, and end with
// close, which waits for them.
type background struct {
	logger *slog.Logger
	// closing ends those that wait for something.
	closing context.Context //nolint:containedctx // it is the engine's own life
	cancel  context.CancelFunc

	mu      sync.Mutex // guards closed, and running from growing after it
	closed  bool
	running sync.WaitGroup
}

func newBackground(logger *slog.Logger) *background {
	b := &background{logger: logger}
	b.closing, b.cancel = context.WithCancel(context.Background())
	return b
}

// run runs f in a goroutine. It reports false, and does nothing, where the engine
// is closed. A panic, of a store, ends f alone.
func (b *background) run(f func()) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.running.Go(func() {
		defer func() {
			if r := recover(); r != nil {
				b.logger.Error("cacheops: a call of the store panicked", "panic", r, "stack", string(debug.Stack()))
			}
		}()
		f()
	})
	return true
}

// close ends the goroutines that wait, and returns when all have ended. It may be
// called more than once.
func (b *background) close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.cancel()
	b.running.Wait()
}
