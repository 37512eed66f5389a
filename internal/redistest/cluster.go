//go:build unix

package redistest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cacheops/cacheops/internal/testprocess"
)

const (
	// Slots is how many hash slots a Cluster has.
	Slots = 16384

	clusterMasters = 3
	clusterNodes   = 2 * clusterMasters
)

// Cluster is a Redis Cluster: at first three masters that share the slots, and a
// replica of each. A node that does not answer for two seconds is taken for failed
// by the others, and its replica takes over about a second later. The setting
// "cluster-node-timeout" changes that.
//
// No server should be elected master twice within four such timeouts (8 s): Redis 7.0
// then counts the votes of the time before, and the others do not take it for the
// master. It may be after a TAKEOVER, which is no election.
//
// A method that cannot do what it says fails the test, as those of [Server] do.
type Cluster struct {
	owner testprocess.Owner
	nodes []*Server
}

// StartCluster starts a Cluster and waits until every node finds it whole and every
// replica has its master's data. The options are those of every node.
func StartCluster(t T, options ...Option) *Cluster {
	t.Helper()
	c, err := RunCluster(Config{}.apply(options))
	if err != nil {
		t.Fatalf("%v", err)
	}
	c.owner = testprocess.OwnedBy(t)
	for _, s := range c.nodes {
		s.owned(t)
	}
	return c
}

// RunCluster is StartCluster for a program, as [Run] is [Start].
func RunCluster(config Config) (_ *Cluster, err error) {
	config.cluster = true
	config.Settings = append([]string{
		"cluster-enabled yes",
		"cluster-node-timeout 2000",
		"cluster-migration-barrier 100", // a replica stays with its master
	}, config.Settings...)
	c := &Cluster{nodes: make([]*Server, clusterNodes)}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	err = testprocess.Together(c.nodes, func(i int, _ *Server) error {
		s, err := Run(config)
		if err == nil {
			c.nodes[i] = s
		}
		return err
	})
	if err == nil {
		err = c.join()
	}
	if err == nil {
		err = c.WaitOK()
	}
	return c, err
}

// join makes one Cluster of the nodes.
func (c *Cluster) join() error {
	ctx := context.Background()
	// Different epochs, so that nobody has to settle who is first. All before the first
	// of them meets another: one that knows another takes no epoch any more.
	err := testprocess.Together(c.nodes, func(i int, s *Server) error {
		_, err := s.do(ctx, "CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
		return err
	})
	if err != nil {
		return err
	}
	err = testprocess.Together(c.nodes, func(i int, s *Server) error {
		if i < clusterMasters {
			args := []string{"CLUSTER", "ADDSLOTS"}
			for slot := i * Slots / clusterMasters; slot < (i+1)*Slots/clusterMasters; slot++ {
				args = append(args, strconv.Itoa(slot))
			}
			if _, err := s.do(ctx, args...); err != nil {
				return err
			}
		}
		if i == 0 {
			return nil
		}
		_, err := s.do(ctx, "CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(c.nodes[0].port.Number))
		return err
	})
	if err != nil {
		return err
	}
	return testprocess.Together(c.nodes[clusterMasters:], func(i int, s *Server) error {
		var id string // of its master
		err := testprocess.Await("the nodes of the Cluster to know each other", func(ctx context.Context) error {
			v, err := s.view(ctx)
			if err != nil {
				return err
			}
			if len(v) != clusterNodes || slices.ContainsFunc(v, func(m member) bool { return m.has("handshake") }) {
				return fmt.Errorf("%s knows %d nodes", s.Addr(), len(v))
			}
			id = v[slices.IndexFunc(v, func(m member) bool { return m.port == c.nodes[i].port.Number })].id
			return nil
		})
		if err == nil {
			_, err = s.do(ctx, "CLUSTER", "REPLICATE", id)
		}
		return err
	})
}

// Close kills all nodes and removes their folders.
func (c *Cluster) Close() error {
	return testprocess.Together(c.nodes, func(_ int, s *Server) error {
		if s == nil {
			return nil
		}
		return s.Close()
	})
}

// Nodes returns all nodes, up or down: at first the three masters, then the
// replica of each, in the same order.
func (c *Cluster) Nodes() []*Server { return slices.Clone(c.nodes) }

// URLs returns the URL of each node.
func (c *Cluster) URLs() []string {
	var urls []string
	for _, s := range c.nodes {
		urls = append(urls, s.tcpURL())
	}
	return urls
}

// URL names all nodes: redis://host:port?addr=host:port&addr=... with the
// password, or rediss:// with TLS.
func (c *Cluster) URL() string { return joinURL(c.nodes, url.Values{}) }

// joinURL names the first server and puts the others into the query.
func joinURL(servers []*Server, query url.Values) string {
	for _, s := range servers[1:] {
		query.Add("addr", s.Addr())
	}
	return servers[0].tcpURL() + "?" + query.Encode()
}

// Slot is the hash slot of a key.
func (c *Cluster) Slot(key string) int {
	slot, err := c.slot(key)
	_ = c.owner.Check(err)
	return slot
}

func (c *Cluster) slot(key string) (int, error) {
	up := c.answering()
	if len(up) == 0 {
		return 0, errAllDown
	}
	text, err := up[0].do(context.Background(), "CLUSTER", "KEYSLOT", key)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(text)
}

var errAllDown = errors.New("redistest: no node of the Cluster is up")

// MasterOf returns the master that a slot belongs to, by what the nodes that
// answer say. It is nil where no node answers.
func (c *Cluster) MasterOf(slot int) *Server {
	s, err := c.masterOf(context.Background(), slot)
	_ = c.owner.Check(err)
	return s
}

func (c *Cluster) masterOf(ctx context.Context, slot int) (*Server, error) {
	var owner *Server
	var epoch int
	for _, s := range c.answering() {
		v, err := s.view(ctx)
		if err != nil {
			return nil, err
		}
		for _, m := range v {
			if m.owns(slot) && (owner == nil || m.epoch > epoch) {
				owner, epoch = c.at(m.port), m.epoch
			}
		}
	}
	if owner == nil {
		return nil, fmt.Errorf("redistest: no node says whose slot %d is", slot)
	}
	return owner, nil
}

// ReplicasOf returns the replicas of a master, up or down, by what the nodes that
// answer say.
func (c *Cluster) ReplicasOf(master *Server) []*Server {
	replicas, err := c.replicasOf(context.Background(), master)
	_ = c.owner.Check(err)
	return replicas
}

func (c *Cluster) replicasOf(ctx context.Context, master *Server) ([]*Server, error) {
	asked := c.answering()
	if master.answering() {
		asked = []*Server{master}
	}
	if len(asked) == 0 {
		return nil, errAllDown
	}
	v, err := asked[0].view(ctx)
	if err != nil {
		return nil, err
	}
	var replicas []*Server
	id := v.id(master)
	for _, m := range v {
		if m.has("slave") && m.master == id {
			replicas = append(replicas, c.at(m.port))
		}
	}
	return replicas, nil
}

// Failover makes a replica the master in place of its own (CLUSTER FAILOVER), and
// waits until all nodes that answer know. The mode is "" while the master answers;
// "FORCE" does without the master, "TAKEOVER" without the other masters too. The old
// master, if it answers, becomes a replica a moment later: [Cluster.WaitOK].
func (c *Cluster) Failover(replica *Server, mode string) error {
	args := []string{"CLUSTER", "FAILOVER"}
	if mode != "" {
		args = append(args, mode)
	}
	// Redis gives up a failover by hand after five seconds, and says so to
	// nobody.
	ask := testprocess.EveryOnce(6*time.Second, func() error {
		_, err := replica.do(context.Background(), args...)
		return err
	})
	return c.owner.Check(testprocess.Await(replica.Addr()+" to become a master", func(ctx context.Context) error {
		for _, s := range append([]*Server{replica}, c.answering()...) {
			v, err := s.view(ctx)
			if err != nil {
				return err
			}
			m := v.member(replica)
			if s == replica && m.has("slave") {
				if err := ask(); err != nil {
					return err
				}
			}
			if !m.has("master") || len(m.slots) == 0 {
				return fmt.Errorf("%s says it is %q with %d ranges of slots", s.Addr(), m.flags, len(m.slots))
			}
		}
		return nil
	}))
}

// WaitOK waits until the nodes that answer find the Cluster whole, agree who is
// what, and each replica among them has its master's data.
func (c *Cluster) WaitOK() error {
	return c.owner.Check(testprocess.Await("the Cluster to be whole", c.whole))
}

func (c *Cluster) whole(ctx context.Context) error {
	up := c.answering()
	var agreed string
	for _, s := range up {
		info, err := s.do(ctx, "CLUSTER", "INFO")
		if err != nil {
			return err
		}
		if !strings.Contains(info, "cluster_state:ok") {
			return errors.New(s.Addr() + " finds it failed")
		}
		v, err := s.view(ctx)
		if err != nil {
			return err
		}
		says, covered := v.summary(up)
		if covered != Slots {
			return fmt.Errorf("%s says that those who answer have %d slots", s.Addr(), covered)
		}
		if agreed == "" {
			agreed = says
		}
		if says != agreed {
			return fmt.Errorf("the nodes do not agree:\n%s\n%s", agreed, says)
		}
		if v.member(s).has("slave") {
			if err := s.synced(ctx); err != nil {
				return fmt.Errorf("the replica %s: %w", s.Addr(), err)
			}
		}
	}
	if len(up) == 0 {
		return testprocess.FatalError{Err: errAllDown}
	}
	return nil
}

// answering returns the nodes that are up and not paused.
func (c *Cluster) answering() []*Server {
	return slices.DeleteFunc(slices.Clone(c.nodes), func(s *Server) bool { return !s.answering() })
}

// at returns the node on a port.
func (c *Cluster) at(number int) *Server {
	for _, s := range c.nodes {
		if s.port.Number == number {
			return s
		}
	}
	return nil
}
