package memory

import "sync"

// tasks runs the cache's own work in goroutines and can wait for them.
type tasks struct {
	// mu guards running; idle is told when it becomes 0.
	mu      sync.Mutex
	idle    *sync.Cond
	running int
}

func newTasks() *tasks {
	t := &tasks{}
	t.idle = sync.NewCond(&t.mu)
	return t
}

// run starts fn in a goroutine of its own.
func (t *tasks) run(fn func()) {
	t.mu.Lock()
	t.running++
	t.mu.Unlock()
	go func() {
		defer t.done()
		fn()
	}()
}

func (t *tasks) done() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running--
	if t.running == 0 {
		t.idle.Broadcast()
	}
}

// wait returns when nothing is running.
func (t *tasks) wait() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.running > 0 {
		t.idle.Wait()
	}
}
