package rueidisstore

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/store"
)

// node is one server, and the links to it.
type node struct {
	addr string
	// client returns the client's own connections to the server, nil where it knows
	// the server no more.
	client func() rueidis.Client
	lanes  []lane
	crew   *crew
	// patience bounds the wait for the first answer on a link.
	patience  time.Duration
	admission *admission
}

// lane is a place for one link.
type lane struct {
	link atomic.Pointer[link]

	mu     sync.Mutex // guards making
	making *making
}

// making is a link that is being made. Link and err are written before done is
// closed.
type making struct {
	done chan struct{}
	link *link
	err  error
}

func newNode(addr string, client func() rueidis.Client, of *network) *node {
	return &node{addr: addr, client: client, lanes: make([]lane, of.lanes), crew: of.crew, patience: of.patience, admission: &of.admission}
}

// get returns a link, made if there is none. The lane is for drop.
func (n *node) get(ctx context.Context) (*lane, *link, error) {
	at := &n.lanes[0]
	if len(n.lanes) > 1 {
		at = &n.lanes[rand.IntN(len(n.lanes))] //nolint:gosec // no secret
	}
	if l := at.link.Load(); l != nil {
		return at, l, nil
	}
	m := n.make(at)
	select {
	case <-m.done:
		return at, m.link, m.err
	case <-ctx.Done():
		return at, nil, ctx.Err()
	}
}

// make begins to make the lane's link, unless somebody does.
func (n *node) make(at *lane) *making {
	at.mu.Lock()
	defer at.mu.Unlock()
	if at.making != nil {
		return at.making
	}
	m := &making{done: make(chan struct{})}
	if l := at.link.Load(); l != nil { // somebody was faster
		m.link = l
		close(m.done)
		return m
	}
	run := func() {
		// The client's own connecting does not end with a context, so nobody waits
		// for it but this goroutine.
		if client := n.client(); client != nil {
			m.link, m.err = newLink(n.crew.ctx, client, n.patience, n.admission)
		} else {
			m.err = errNoNode
		}
		at.mu.Lock()
		at.making = nil
		if m.err == nil {
			at.link.Store(m.link)
		}
		at.mu.Unlock()
		close(m.done)
	}
	if !n.crew.start(run) {
		m.err = store.ErrClosed
		close(m.done)
		return m
	}
	at.making = m
	return m
}

// drop ends a link that is broken, or that leads elsewhere.
func (n *node) drop(at *lane, l *link) {
	// To close it can take a second, where the server is silent.
	if at.link.CompareAndSwap(l, nil) && !n.crew.start(l.wire.Close) {
		l.wire.Close() // the store is being closed, and does not see the link any more
	}
}

// close ends the links.
func (n *node) close() {
	for i := range n.lanes {
		if l := n.lanes[i].link.Swap(nil); l != nil {
			l.wire.Close()
		}
	}
}
