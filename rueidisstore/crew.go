package rueidisstore

import (
	"context"
	"sync"
)

// crew is the goroutines of a store.
type crew struct {
	// ctx ends when the store is closed.
	ctx    context.Context //nolint:containedctx // it is the store's life
	cancel context.CancelFunc

	mu     sync.Mutex // guards closed, and the beginning of goroutines
	closed bool
	wg     sync.WaitGroup
}

func newCrew() *crew {
	c := new(crew)
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// start runs f in a goroutine, or returns false after close.
func (c *crew) start(f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.wg.Go(f)
	return true
}

// close ends the context and waits for the goroutines.
func (c *crew) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.cancel()
	c.wg.Wait()
}
