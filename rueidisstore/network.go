package rueidisstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/store"
)

// errStoreClosed ends what was under way when the store was closed.
var errStoreClosed = store.ErrClosed

// request is commands for one slot, which run in their order over one link.
type request struct {
	key  string // one of the slot
	slot uint16
	// make returns the commands. It is called again for another try, so that what
	// is random in them is fresh.
	make func() []command

	// What came of it.

	replies []rueidis.RedisMessage
	master  incarnation // of the server that answered
	err     error
}

// network is the servers. There is one on top of every client.
type network struct {
	client rueidis.Client
	own    bool // the client is ours to close
	crew   *crew
	lanes  int
	// patience bounds the wait for the first answer on a link, and for a topology.
	patience time.Duration

	single *node // nil in a Cluster
	// moves is true where the client can go to another server while the one that
	// it leaves goes on: under Sentinel. It is asked before every call then.
	moves   bool
	cluster *cluster // nil but in a Cluster
}

func newNetwork(client rueidis.Client, own bool, c *crew, cfg *Config) *network {
	n := &network{client: client, own: own, crew: c, lanes: cfg.Connections, patience: cfg.WriteTimeout}
	if client.Mode() == rueidis.ClientModeCluster {
		n.cluster = newCluster(n)
	} else {
		n.single, n.moves = newNode("", func() rueidis.Client { return client }, n.crew, n.lanes, n.patience), client.Mode() == rueidis.ClientModeSentinel
	}
	return n
}

func (n *network) close() {
	if n.single != nil {
		n.single.close()
	} else {
		n.cluster.close()
	}
	if n.own {
		n.client.Close()
	}
}

// do runs the requests, side by side. It returns the first error of theirs.
func (n *network) do(ctx context.Context, requests ...*request) error {
	if n.single != nil {
		if err := n.exchange(ctx, n.single, requests, false); err != nil {
			return err
		}
		return first(requests)
	}
	return n.cluster.do(ctx, requests)
}

// exchange sends requests to one node in one go. A link that turns out to be
// broken, as an idle one may be, is replaced once. Ask says that each command is
// sent in spite of a slot that is moving here.
func (n *network) exchange(ctx context.Context, to *node, requests []*request, ask bool) error {
	for again := false; ; again = true {
		at, l, err := to.get(ctx)
		if err != nil {
			return fail(requests, err)
		}
		for n.moves && l.left(n.client) { // and others, perhaps
			to.drop(at, l)
			if at, l, err = to.get(ctx); err != nil {
				return fail(requests, err)
			}
		}
		err = n.over(ctx, l, requests, ask)
		if err == nil {
			return nil
		}
		if isContext(err) && ctx.Err() != nil {
			if l.silent(ctx) {
				to.drop(at, l)
			} // else the link may be as good as ever
			return fail(requests, err)
		}
		to.drop(at, l)
		if again || ctx.Err() != nil {
			return fail(requests, err)
		}
	}
}

// mget reads keys from the one server there is. It is an exchange that costs less.
func (n *network) mget(ctx context.Context, keys []string) ([]rueidis.RedisMessage, incarnation, error) {
	at, l, err := n.single.get(ctx)
	if err != nil {
		return nil, incarnation{}, err
	}
	if !l.due() && !n.moves {
		m, err := l.wire.Do(ctx, n.client.B().Mget().Key(keys...).Build()).ToMessage()
		switch {
		case err == nil:
			list, err := values(m, len(keys))
			return list, l.master, err
		case isReply(err), isContext(err) && ctx.Err() != nil:
			return nil, incarnation{}, err // a link that was silent for long is due, and not here
		}
		n.single.drop(at, l)
	}
	r := request{make: func() []command { return []command{{name: "MGET", keys: keys}} }}
	if err := n.exchange(ctx, n.single, []*request{&r}, false); err != nil {
		return nil, incarnation{}, err
	}
	if r.err != nil {
		return nil, incarnation{}, r.err
	}
	if len(r.replies) != 1 {
		return nil, incarnation{}, errReply
	}
	list, err := values(r.replies[0], len(keys))
	return list, r.master, err
}

// over sends requests over a link. Its error means the link, not what a server
// answered to a request.
func (n *network) over(ctx context.Context, l *link, requests []*request, ask bool) error {
	b := n.client.B()
	var buf [8]rueidis.Completed
	list := buf[:0]
	commands := make([][]command, len(requests))
	for i, r := range requests {
		commands[i] = r.make()
		for j := range commands[i] {
			if ask {
				list = append(list, b.Asking().Build())
			}
			list = append(list, commands[i][j].build(b, false))
		}
	}
	due := l.due()
	if due {
		list = append(list, whois(b))
	}
	answers := l.wire.DoMulti(ctx, list...)
	if due {
		// What was answered before it came from the same connection, and so from
		// the server that answers this.
		if err := l.confirm(answers[len(answers)-1]); err != nil {
			return err
		}
	}
	at := 0
	for i, r := range requests {
		r.replies, r.err, r.master = r.replies[:0], nil, l.master
		for j := range commands[i] {
			if ask {
				at++
			}
			m, err := answers[at].ToMessage()
			at++
			if re, ok := rueidis.IsRedisErr(err); ok && re.IsNoScript() {
				m, err = n.byText(ctx, l, &commands[i][j], ask)
			}
			switch {
			case err == nil, rueidis.IsRedisNil(err):
				r.replies = append(r.replies, m)
			case isReply(err):
				if r.err == nil {
					r.err = err
				}
			default:
				return err
			}
		}
	}
	return demoted(requests)
}

// byText runs a script that the server does not know yet, or no more.
func (n *network) byText(ctx context.Context, l *link, c *command, ask bool) (rueidis.RedisMessage, error) {
	b := n.client.B()
	if !ask {
		return l.wire.Do(ctx, c.build(b, true)).ToMessage()
	}
	answers := l.wire.DoMulti(ctx, b.Asking().Build(), c.build(b, true))
	return answers[1].ToMessage()
}

// demoted returns an answer that says that the server is no master any more.
func demoted(requests []*request) error {
	for _, r := range requests {
		if re, ok := rueidis.IsRedisErr(r.err); ok && isReadOnly(re) {
			return fmt.Errorf("%w: %w", errNotMaster, r.err)
		}
	}
	return nil
}

func isReadOnly(e *rueidis.RedisError) bool { return hasPrefix(e, "READONLY") }

// hasPrefix tells the kind of an error, which is its first word.
func hasPrefix(e *rueidis.RedisError, kind string) bool {
	text := e.Error()
	return len(text) >= len(kind) && text[:len(kind)] == kind
}

// fail has all requests fail with an error.
func fail(requests []*request, err error) error {
	for _, r := range requests {
		r.replies, r.err = nil, err
	}
	return err
}

// first returns the first error of requests.
func first(requests []*request) error {
	for _, r := range requests {
		if r.err != nil {
			return r.err
		}
	}
	return nil
}

// cluster is the nodes of a Cluster, and which of them has which slot.
type cluster struct {
	network *network

	mu    sync.RWMutex // guards what follows
	nodes map[string]*node
	slots []string // the address of each slot's master; nil where it has to be asked
	// looking is closed when the look at the topology that is under way ends.
	looking chan struct{}
}

func newCluster(n *network) *cluster {
	return &cluster{network: n, nodes: make(map[string]*node)}
}

func (c *cluster) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.nodes {
		n.close()
	}
}

const slotCount = 16384

// maxHops bounds how often a request is sent on.
const maxHops = 8

// settling is the wait before a request is sent again to slots that are moving.
const settling = 5 * time.Millisecond

// do sends each request to the node that has its slot, and on where the slot has
// moved.
func (c *cluster) do(ctx context.Context, requests []*request) error {
	left := requests
	for hop := 0; ; hop++ {
		c.round(ctx, left)
		var again []*request
		wait := false
		for _, r := range left {
			retry, moving, err := c.redirect(ctx, r)
			if err != nil {
				r.err = err
			}
			if retry {
				again = append(again, r)
			}
			wait = wait || moving
		}
		if len(again) == 0 {
			return first(requests)
		}
		if hop == maxHops && !wait {
			for _, r := range again {
				r.err = fmt.Errorf("%w: %w", errRedirected, r.err)
			}
			return first(requests)
		}
		if wait {
			timer := time.NewTimer(settling)
			select {
			case <-timer.C:
			case <-ctx.Done():
				timer.Stop()
				return first(requests)
			}
		}
		left = again
	}
}

// round sends requests to the nodes, to each in one go and to all side by side.
func (c *cluster) round(ctx context.Context, requests []*request) {
	groups := make(map[*node][]*request, 3)
	var order []*node
	for _, r := range requests {
		to, err := c.nodeOf(ctx, r)
		if err != nil {
			r.replies, r.err = nil, err
			if !isContext(err) {
				c.forget()
			}
			continue
		}
		if groups[to] == nil {
			order = append(order, to)
		}
		groups[to] = append(groups[to], r)
	}
	if len(order) == 0 {
		return
	}
	var wg sync.WaitGroup
	for _, to := range order[1:] {
		wg.Go(func() { c.send(ctx, to, groups[to]) })
	}
	c.send(ctx, order[0], groups[order[0]])
	wg.Wait()
}

// send exchanges with one node. Where it cannot be reached, or is no master, the
// topology may be another.
func (c *cluster) send(ctx context.Context, to *node, requests []*request) {
	err := c.network.exchange(ctx, to, requests, false)
	if err == nil || isContext(err) {
		return
	}
	if errors.Is(err, errNoNode) {
		c.dismiss(to)
	}
	c.forget()
}

// redirect looks at a request's error. Retry says to send it again, moving to wait
// before that. A slot that is being moved key by key is asked for at the other
// node.
func (c *cluster) redirect(ctx context.Context, r *request) (retry, moving bool, err error) {
	if errors.Is(r.err, errNotMaster) || errors.Is(r.err, errNoNode) {
		// Nothing was done, and another node has the slot, or will have it: the
		// topology is asked for again. The client may need a while to find the node.
		return true, true, nil
	}
	re, ok := rueidis.IsRedisErr(r.err)
	if !ok {
		return false, false, r.err
	}
	if addr, ok := re.IsMoved(); ok {
		c.moved(r.slot, addr)
		return true, false, nil
	}
	if addr, ok := re.IsAsk(); ok {
		to, err := c.nodeAt(ctx, addr, r.key)
		if err != nil {
			return false, false, err
		}
		err = c.network.exchange(ctx, to, []*request{r}, true)
		if re, ok := rueidis.IsRedisErr(r.err); ok && (re.IsTryAgain() || isMovedOrAsk(re)) {
			return true, true, r.err
		}
		return false, false, errors.Join(err, r.err)
	}
	return re.IsTryAgain(), re.IsTryAgain(), r.err
}

func isMovedOrAsk(e *rueidis.RedisError) bool {
	_, moved := e.IsMoved()
	_, ask := e.IsAsk()
	return moved || ask
}
