package memory

import (
	"sync"

	"github.com/cacheops/cacheops/store"
)

// locks are the locks that are held, each until its deadline.
type locks struct {
	// mu guards the map and what follows.
	mu   sync.Mutex
	held map[store.Key]held
	// sweepAt is the size at which the locks that have run out are dropped. It
	// doubles with what is left, so that each lock pays for one look.
	sweepAt int
	last    uint64
}

// held is a lock that somebody has.
type held struct {
	owner    uint64
	deadline instant
}

const sweepLocksFrom = 256

// take takes the lock, or returns 0 when somebody has it.
func (l *locks) take(key store.Key, deadline, now instant) (owner uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if h, ok := l.held[key]; ok && h.deadline > now {
		return 0
	}
	if l.held == nil {
		l.held, l.sweepAt = make(map[store.Key]held), sweepLocksFrom
	}
	if len(l.held) >= l.sweepAt {
		for k, h := range l.held {
			if h.deadline <= now {
				delete(l.held, k)
			}
		}
		l.sweepAt = max(sweepLocksFrom, 2*len(l.held))
	}
	l.last++
	l.held[key] = held{l.last, deadline}
	return l.last
}

// give gives the lock back, if the owner still has it.
func (l *locks) give(key store.Key, owner uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[key].owner == owner {
		delete(l.held, key)
	}
}
