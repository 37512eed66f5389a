package httpcache

import (
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// The bounds of what is learned: anybody may ask for any URI.
const (
	maxLearned = 4096 // URIs
	maxVary    = 8    // headers of one
)

// learned is which request headers the pages of an URI vary by, as they said themselves.
// What is lost is learned again.
type learned struct {
	any atomic.Bool // that something was learned

	mu sync.RWMutex // guards by
	by map[string][]string
}

// of returns the headers of a group, sorted. They must not be changed.
func (l *learned) of(group []byte) []string {
	if !l.any.Load() {
		return nil
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.by[string(group)]
}

// add notes headers. It returns false where they are too many.
func (l *learned) add(group []byte, names []string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := append(slices.Clone(l.by[string(group)]), names...)
	slices.Sort(list)
	if list = slices.Compact(list); len(list) > maxVary {
		return false
	}
	if l.by == nil {
		l.by = make(map[string][]string)
	}
	if _, there := l.by[string(group)]; !there && len(l.by) >= maxLearned {
		for other := range l.by { // any one
			delete(l.by, other)
			break
		}
	}
	l.by[string(group)] = list
	l.any.Store(true)
	return true
}

// varied returns the headers that the values of a header Vary name, in canonical form, or
// false where they name everything, or what cannot be a header.
func varied(values []string) (names []string, ok bool) {
	for _, v := range values {
		for name := range strings.SplitSeq(v, ",") {
			if name = textproto.TrimString(name); name == "" {
				continue
			}
			if name == "*" || !isToken(name) {
				return nil, false
			}
			names = append(names, textproto.CanonicalMIMEHeaderKey(name))
		}
	}
	return names, true
}
