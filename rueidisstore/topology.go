package rueidisstore

import (
	"context"
	"errors"
	"math"
	"net"
	"strconv"

	"github.com/redis/rueidis"

	"github.com/cacheops/cacheops/store"
)

// nodeOf returns the node that has a request's slot.
func (c *cluster) nodeOf(ctx context.Context, r *request) (*node, error) {
	for looked := false; ; looked = true {
		c.mu.RLock()
		var addr string
		if c.slots != nil {
			addr = c.slots[r.slot]
		}
		n := c.nodes[addr]
		c.mu.RUnlock()
		switch {
		case n != nil:
			return n, nil
		case addr != "":
			return c.nodeAt(ctx, addr, r.key)
		case looked:
			return nil, errNoNode
		}
		if err := c.look(ctx); err != nil {
			return nil, err
		}
	}
}

// nodeAt returns the node at an address, to which a request for the key belongs.
func (c *cluster) nodeAt(ctx context.Context, addr, key string) (*node, error) {
	c.mu.RLock()
	n := c.nodes[addr]
	c.mu.RUnlock()
	if n != nil {
		return n, nil
	}
	client := c.network.client.Nodes()[addr]
	if client == nil {
		// The client learns of new nodes when it is sent on to one.
		err := c.network.client.Do(ctx, c.network.client.B().Exists().Key(key).Build()).Error()
		if client = c.network.client.Nodes()[addr]; client == nil {
			return nil, errors.Join(errNoNode, err)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := c.nodes[addr]; n != nil {
		return n, nil
	}
	// The client may drop a node and take it up again, with other connections.
	find := func() rueidis.Client { return c.network.client.Nodes()[addr] }
	n = newNode(addr, find, c.network)
	c.nodes[addr] = n
	return n, nil
}

// dismiss forgets a node that the client does not know any more.
func (c *cluster) dismiss(n *node) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.nodes[n.addr] == n && c.network.crew.start(n.close) { // else close does it
		delete(c.nodes, n.addr)
	}
}

// moved notes that a slot has another node now.
func (c *cluster) moved(slot uint16, addr string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.slots != nil {
		c.slots[slot] = addr
	}
	if n := c.nodes[addr]; n != nil {
		// It may have been a replica for a while: it is asked again who it is.
		for i := range n.lanes {
			if l := n.lanes[i].link.Load(); l != nil {
				l.asked.Store(math.MinInt64 / 2)
			}
		}
	}
}

// forget has the next request look at the topology.
func (c *cluster) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slots = nil
}

// look reads the topology. One caller does it for all that wait.
func (c *cluster) look(ctx context.Context) error {
	c.mu.Lock()
	if c.slots != nil {
		c.mu.Unlock()
		return nil
	}
	done := c.looking
	if done == nil {
		done = make(chan struct{})
		if !c.network.crew.start(func() { c.read(done) }) {
			c.mu.Unlock()
			return store.ErrClosed
		}
		c.looking = done
	}
	c.mu.Unlock()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// read asks for the topology and puts it in force.
func (c *cluster) read(done chan struct{}) {
	ctx, cancel := context.WithTimeout(c.network.crew.ctx, c.network.patience)
	defer cancel()
	slots, err := c.ask(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		c.slots = slots
	}
	c.looking = nil
	close(done)
}

var errTopology = errors.New("CLUSTER SLOTS has another form than that of this version")

// ask reads the topology from the node that answers first.
func (c *cluster) ask(ctx context.Context) ([]string, error) {
	nodes := c.network.client.Nodes()
	answers := make(chan []string, len(nodes))
	errs := make(chan error, len(nodes))
	for addr, client := range nodes {
		if !c.network.crew.start(func() {
			rows, err := client.Do(ctx, client.B().ClusterSlots().Build()).ToArray()
			var slots []string
			if err == nil {
				slots, err = parseSlots(addr, rows)
			}
			if err != nil {
				errs <- err
				return
			}
			answers <- slots
		}) {
			return nil, store.ErrClosed
		}
	}
	err := errNoNode
	for range nodes {
		select {
		case slots := <-answers:
			return slots, nil
		case err = <-errs:
		}
	}
	return nil, err
}

// parseSlots reads the answer to CLUSTER SLOTS. A node that does not know its own
// address is at the one that it was asked at.
func parseSlots(asked string, rows []rueidis.RedisMessage) ([]string, error) {
	slots := make([]string, slotCount)
	for _, row := range rows {
		parts, err := row.ToArray()
		if err != nil || len(parts) < 3 {
			return nil, errTopology
		}
		from, err1 := parts[0].AsInt64()
		to, err2 := parts[1].AsInt64()
		master, err3 := parts[2].ToArray()
		if err1 != nil || err2 != nil || err3 != nil || len(master) < 2 || from < 0 || to >= slotCount {
			return nil, errTopology
		}
		host, _ := master[0].ToString()
		port, err := master[1].AsInt64()
		if err != nil {
			return nil, errTopology
		}
		if host == "" || host == "?" {
			host, _, _ = net.SplitHostPort(asked)
		}
		addr := net.JoinHostPort(host, strconv.FormatInt(port, 10))
		for s := from; s <= to; s++ {
			slots[s] = addr
		}
	}
	if slots[0] == "" && len(rows) == 0 {
		return nil, errNoNode
	}
	return slots, nil
}
