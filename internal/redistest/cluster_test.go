//go:build unix

package redistest

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestCluster goes through one Cluster's life, in order.
func TestCluster(t *testing.T) {
	t.Parallel()
	c := StartCluster(t, WithPassword("p"))
	nodes := c.Nodes()
	for i, want := range nodes[:clusterMasters] {
		slot := i * Slots / clusterMasters
		if got := c.MasterOf(slot); got != want {
			t.Errorf("slot %d is on %s, want %s", slot, got.Addr(), want.Addr())
		}
		if got := c.ReplicasOf(want); !slices.Equal(got, nodes[i+clusterMasters:][:1]) {
			t.Errorf("%s has %d replicas, or another", want.Addr(), len(got))
		}
	}
	u := must[*url.URL](t)(url.Parse(c.URL()))
	if password, _ := u.User.Password(); u.Scheme != "redis" || u.Host != nodes[0].Addr() || password != "p" || len(u.Query()["addr"]) != len(nodes)-1 || len(c.URLs()) != len(nodes) {
		t.Errorf("the URL is %v, and those of the nodes %q", u, c.URLs())
	}

	slot := c.Slot("{tag}")
	from := c.MasterOf(slot)
	to := nodes[slices.IndexFunc(nodes, func(s *Server) bool { return s != from })]
	key := func(i int) string { return "{tag}" + strconv.Itoa(i) + "\r\n\x00" }
	for i := range 5 {
		do(t, from, "OK", "SET", key(i), "v")
	}
	m := must[*Migration](t)(c.BeginMigration(slot, to))
	if n := must[int](t)(m.Move(2)); n != 2 {
		t.Errorf("moved %d keys, want 2", n)
	}
	do(t, from, "3", "CLUSTER", "COUNTKEYSINSLOT", strconv.Itoa(slot))
	asks := 0
	for i := range 5 {
		_, err := from.Do("GET", key(i))
		if err != nil && !strings.Contains(err.Error(), fmt.Sprintf(": ASK %d %s", slot, to.Addr())) {
			t.Errorf("the old master says %v", err)
		}
		if err != nil {
			asks++
		}
	}
	if asks != 2 {
		t.Errorf("the old master sends clients on for %d keys, want 2", asks)
	}
	if err := m.finish(t.Context()); err == nil {
		t.Error("a slot was given away whose keys are not moved")
	}
	if n := must[int](t)(m.Move(10)); n != 3 {
		t.Errorf("moved %d keys, want 3", n)
	}
	m.Finish()
	if got := c.MasterOf(slot); got != to {
		t.Errorf("the slot is on %s, want %s", got.Addr(), to.Addr())
	}
	c.MigrateSlot(slot, from)
	c.WaitOK()
	do(t, from, "5", "CLUSTER", "COUNTKEYSINSLOT", strconv.Itoa(slot))

	replica := c.ReplicasOf(from)[0]
	c.Failover(replica, "")
	if got := c.MasterOf(slot); got != replica {
		t.Errorf("after the failover the slot is on %s, want %s", got.Addr(), replica.Addr())
	}
	c.WaitOK()
	do(t, replica, "v", "GET", key(0))
	if got := c.ReplicasOf(replica); !slices.Equal(got, []*Server{from}) {
		t.Errorf("the old master is not the replica of the new one: it has %d", len(got))
	}

	replica.Kill()
	c.WaitOK() // the other masters find it failed, and the old master takes over
	if got := c.MasterOf(slot); got != from {
		t.Errorf("after the kill the slot is on %s, want %s", got.Addr(), from.Addr())
	}
	do(t, from, "v", "GET", key(0))
	replica.Restart()
	c.WaitOK()
	if got := c.ReplicasOf(from); !slices.Equal(got, []*Server{replica}) {
		t.Errorf("the killed master did not come back as a replica: there are %d", len(got))
	}

	from.Kill()
	c.Failover(replica, "TAKEOVER")
	c.WaitOK()
	if got := c.MasterOf(slot); got != replica {
		t.Errorf("after the takeover the slot is on %s, want %s", got.Addr(), replica.Addr())
	}
}

func TestClusterThatIsDown(t *testing.T) {
	t.Parallel()
	c := must[*Cluster](t)(RunCluster(Config{TLS: true}))
	defer c.Close()
	if !strings.HasPrefix(c.URL(), "rediss://") {
		t.Errorf("the URL is %s", c.URL())
	}
	for _, s := range c.Nodes() {
		s.Kill()
	}
	if err := c.WaitOK(); !errors.Is(err, errAllDown) {
		t.Errorf("the error is %v", err)
	}
	if s := c.MasterOf(0); s != nil {
		t.Errorf("the master is %s", s.Addr())
	}
}
