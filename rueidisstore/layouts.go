package rueidisstore

import (
	"sync"

	"github.com/cacheops/cacheops/store"
)

// layouts remembers what joined entries depended on when this process saw them last,
// so that their stamps can be asked for together with them. What is remembered may be
// old, or gone: it is compared with the entry.
type layouts struct {
	mu    sync.RWMutex // guards known and size
	known map[store.Key]*layout
	size  int // of their texts, in bytes
}

// maxLayouts bounds the texts of what is remembered, in bytes; the keys made of them
// take some times as much. Above it everything is forgotten, and learnt again.
const maxLayouts = 8 << 20

func (l *layouts) get(key *store.Key) *layout {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.known[*key]
}

func (l *layouts) put(key *store.Key, x *layout) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if old := l.known[*key]; old != nil {
		l.size -= len(old.text)
	}
	if l.known == nil || l.size+len(x.text) > maxLayouts {
		l.known, l.size = make(map[store.Key]*layout), 0
	}
	l.known[*key] = x
	l.size += len(x.text)
}
