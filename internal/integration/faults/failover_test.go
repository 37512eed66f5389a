package faults

import (
	"strconv"
	"strings"
	"testing"

	"github.com/cacheops/cacheops/internal/redistest"
)

// A replica that lags becomes the master. What it has fits itself: entries, and the
// stamps that they were stored under, both from before writes that it never heard
// of. None of it is served.
func TestLaggingReplica(t *testing.T) {
	t.Parallel()
	t.Run("Sentinel", func(t *testing.T) {
		t.Parallel()
		s := redistest.StartSentinel(t, unsaved)
		l := startLoad(t, three(s.URL())...)
		master, replica := s.Master(), s.Replica()
		loss := l.loseTouch(master, replica, "")
		l.under(func() {
			master.Kill()
			l.wait(*lasts)
			l.still(func() {
				s.WaitMaster(replica)
				loss.mustBe(l)
				l.readAll(l.active)
			})
			l.wait(*lasts)
			loss.heal(l)
			master.Restart()
			s.WaitReplica()
		})
	})
	for _, how := range []string{"killed", "TAKEOVER"} {
		t.Run("Cluster, "+how, func(t *testing.T) {
			t.Parallel()
			// However long it was without its master, a replica may be elected.
			c := redistest.StartCluster(t, unsaved, redistest.WithSettings("cluster-replica-validity-factor 0"))
			l := startLoad(t, three(c.URL())...)
			tag := l.tag(c.Nodes())
			slot := c.Slot(tag)
			master := c.MasterOf(slot)
			replica := c.ReplicasOf(master)[0]
			loss := l.loseTouch(master, replica, tag)
			l.under(func() {
				if how == "killed" {
					master.Kill()
					l.wait(*lasts)
				}
				l.still(func() {
					if how == "killed" {
						l.await("the replica to be elected", func() bool { return c.MasterOf(slot) == replica })
					} else {
						c.Failover(replica, how)
					}
					loss.mustBe(l)
					l.readAll(l.active)
				})
				l.wait(*lasts)
				loss.heal(l)
				if how == "killed" {
					master.Restart()
				}
				c.WaitOK()
			})
		})
	}
}

// Two failovers in a row lead back to the first server, with all its connections.
func TestFailoverAndBack(t *testing.T) {
	t.Parallel()
	t.Run("Sentinel", func(t *testing.T) {
		t.Parallel()
		s := redistest.StartSentinel(t, unsaved)
		l := startLoad(t, three(s.URL())...)
		first := s.Master()
		l.readAll(l.active)
		l.under(func() {
			for range 2 {
				master := s.Master()
				master.Kill()
				s.WaitMaster(theOther(s, master))
				master.Restart()
				s.WaitReplica()
			}
			if s.Master() != first {
				t.Errorf("the master is %s, not %s as at first", s.Master().Addr(), first.Addr())
			}
			l.readAll(l.active)
		})
	})
	// The old master goes on as one until the Sentinels tell it, seconds later.
	t.Run("Sentinel, by hand", func(t *testing.T) {
		t.Parallel()
		s := redistest.StartSentinel(t, unsaved)
		l := startLoad(t, three(s.URL())...)
		l.readAll(l.active)
		l.under(func() {
			for range 2 {
				// Clients are not told at one moment, and what a write does on the one
				// server while a read is answered by the other is not promised: nobody
				// writes until all know.
				l.still(func() {
					s.Failover()
					l.readAll(l.active)
				})
				s.WaitReplica()
			}
		})
	})
	t.Run("Cluster", func(t *testing.T) {
		t.Parallel()
		c := redistest.StartCluster(t, unsaved)
		l := startLoad(t, three(c.URL())...)
		slot := c.Slot(l.tag(c.Nodes()))
		first := c.MasterOf(slot)
		second := c.ReplicasOf(first)[0]
		l.readAll(l.active)
		l.under(func() {
			c.Failover(second, "")
			c.WaitOK()
			l.readAll(l.active)
			l.wait(*lasts)
			// It has been elected already: others would not count it so soon. They hear
			// of this one after the other, so nobody writes until all know.
			l.still(func() {
				c.Failover(first, "TAKEOVER")
				c.WaitOK()
				l.readAll(l.active)
			})
		})
	})
}

// tag finds the hash tag of a table's keys.
func (l *load) tag(nodes []*redistest.Server) string {
	l.t.Helper()
	for _, s := range nodes {
		keys, err := s.List("KEYS", "faults:{*}e:*items0")
		if err != nil {
			l.t.Fatal(err)
		}
		for _, key := range keys {
			_, tag, _ := strings.Cut(key, "{")
			tag, _, _ = strings.Cut(tag, "}")
			return "{" + tag + "}"
		}
	}
	l.t.Fatal("no server has the epoch of items0")
	return ""
}

// loss is a replica that does not hear of its master any more.
type loss struct {
	master, replica *redistest.Server
	marker          string
}

// loseTouch stores the result of every query, cuts a replica off its master, and
// waits until every row was written since. The tag is one that the master has.
func (l *load) loseTouch(master, replica *redistest.Server, tag string) *loss {
	l.t.Helper()
	x := &loss{master: master, replica: replica, marker: "marker" + tag}
	l.still(func() {
		l.readAll(l.active)
		l.readAll(l.active) // all is stored
		if err := replica.WaitSynced(); err != nil {
			l.t.Fatal(err)
		}
		// A password that the master does not have: the replica tries again and again
		// in vain.
		do(l, replica, "CONFIG", "SET", "masterauth", "wrong")
		do(l, replica, "CLIENT", "KILL", "TYPE", "master")
		l.await("the replica to lose its master", func() bool { return replica.Info("replication")["master_link_status"] == "down" })
	})
	do(l, master, "SET", x.marker, "x")
	l.rewriteAll()
	return x
}

// mustBe looks whether the replica, which is a master now, has really not got what
// was written last.
func (x *loss) mustBe(l *load) {
	l.t.Helper()
	info := x.replica.Info("replication")
	if info["role"] != "master" {
		l.t.Errorf("the replica is a %q, so nothing is shown", info["role"])
	}
	if marker := do(l, x.replica, "GET", x.marker); marker != "" {
		l.t.Error("the replica has all that its master had, so nothing is shown")
	}
	offset, err := strconv.Atoi(info["second_repl_offset"])
	if err != nil {
		l.t.Error(err)
	}
	l.t.Logf("the replica went on from offset %d", offset)
}

// heal lets the servers follow each other again.
func (x *loss) heal(l *load) { do(l, x.replica, "CONFIG", "SET", "masterauth", "") }

// theOther is the other one of the two servers that hold data.
func theOther(s *redistest.Sentinel, master *redistest.Server) *redistest.Server {
	servers := s.Servers()
	if servers[0] == master {
		return servers[1]
	}
	return servers[0]
}
