package rueidisstore

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

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
