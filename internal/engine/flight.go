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
	// waits is true while the leader has not yet got the lock against stampedes
	// that it asked for. The mutex of flights guards it.
	waits  bool
	done   chan struct{}
	result *result.Result
}

// join returns the flight of the key if its snapshot equals the caller's, who
// took it after its own start: so what the flight returns is no older than the
// caller. Else it returns a new flight, which the caller leads. A flight with
// another snapshot goes on for those who joined it; nobody joins it any more.
//
// Lock says that the caller asks for the lock against stampedes. One who does
// not does not wait for it with others either.
func (f *flights) join(key store.Key, s store.Snapshot, lock bool) (fl *flight, leader bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl = f.running[key]; fl != nil && fl.snapshot.Equal(s) && (lock || !fl.waits) {
		return fl, false
	}
	fl = &flight{snapshot: s, waits: lock, done: make(chan struct{})}
	f.running[key] = fl
	return fl, true
}

// depart says that the flight's leader waits no more and asks the database.
func (f *flights) depart(fl *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fl.waits = false
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
