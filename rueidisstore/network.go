package rueidisstore

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/rueidis"
)

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
	patience  time.Duration
	admission admission

	single *node // nil in a Cluster
	// moves is true where the client can go to another server while the one that
	// it leaves goes on: under Sentinel. It is asked before every call then.
	moves   bool
	cluster *cluster // nil but in a Cluster
}

func newNetwork(client rueidis.Client, own bool, c *crew, cfg *Config, mode string) *network {
	n := &network{client: client, own: own, crew: c, lanes: cfg.Connections, patience: cfg.WriteTimeout, admission: admission{mode: mode}}
	if client.Mode() == rueidis.ClientModeCluster {
		n.cluster = newCluster(n)
	} else {
		n.admission.mark = cfg.Prefix + suffixMode
		n.single, n.moves = newNode("", func() rueidis.Client { return client }, n), client.Mode() == rueidis.ClientModeSentinel
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

// get reads one key from the one server there is. It is an exchange that costs less. A
// key that holds nothing, or no string, has the value "".
func (n *network) get(ctx context.Context, key string) (string, incarnation, error) {
	at, l, err := n.single.get(ctx)
	if err != nil {
		return "", incarnation{}, err
	}
	if !l.due() && !n.moves {
		value, err := l.wire.Do(ctx, n.client.B().Get().Key(key).Build()).ToString()
		switch {
		case err == nil:
			return value, l.master, nil
		case rueidis.IsRedisNil(err), isWrongType(err):
			return "", l.master, nil
		case isReply(err), isContext(err) && ctx.Err() != nil:
			return "", incarnation{}, err // as in mget
		}
		n.single.drop(at, l)
	}
	r := request{make: func() []command { return []command{{name: "GET", keys: []string{key}}} }}
	if err := n.exchange(ctx, n.single, []*request{&r}, false); err != nil {
		return "", incarnation{}, err
	}
	switch {
	case isWrongType(r.err):
		return "", r.master, nil
	case r.err != nil:
		return "", incarnation{}, r.err
	case len(r.replies) != 1:
		return "", incarnation{}, errReply
	}
	value, _ := r.replies[0].ToString()
	return value, r.master, nil
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
	asked := len(list)
	due := l.due()
	if due {
		list = n.admission.again(b, list)
	}
	answers := l.wire.DoMulti(ctx, list...)
	if due {
		// What was answered before it came from the same connection, and so from
		// the server that answers this.
		if err := l.confirm(&n.admission, answers[asked:]); err != nil {
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
