package engine

import (
	"sync"

	"github.com/cacheops/cacheops/internal/result"
	"github.com/cacheops/cacheops/store"
)

// flights are the reads of the database under way, so that readers who miss
// the same entry at once ask the database once.
type flights struct {
	mu      sync.Mutex // guards running
	running map[store.Key]*flight
}

// flight is one read under way. Result is written before done is closed and is
// nil when the leader has nothing for others.
type flight struct {
	snapshot store.Snapshot
	done     chan struct{}
	result   *result.Result
}

// join returns the flight of the key if its snapshot equals the caller's, who
// took it after its own start: so what the flight returns is no older than the
// caller. Else it returns a new flight, which the caller leads. A flight with
// another snapshot goes on for those who joined it; nobody joins it any more.
func (f *flights) join(key store.Key, s store.Snapshot) (fl *flight, leader bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl = f.running[key]; fl != nil && fl.snapshot.Equal(s) {
		return fl, false
	}
	fl = &flight{snapshot: s, done: make(chan struct{})}
	f.running[key] = fl
	return fl, true
}

// land ends a flight.
func (f *flights) land(key store.Key, fl *flight, r *result.Result) {
	f.mu.Lock()
	if f.running[key] == fl {
		delete(f.running, key)
	}
	f.mu.Unlock()
	fl.result = r
	close(fl.done)
}
