//go:build unix

package redistest

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"

	"github.com/cacheops/cacheops/internal/testprocess"
)

// These tests hold down what a store on Redis relies on: the replication id of a
// master (master_replid of INFO replication) stands for one history of its data. It is
// another one whenever the data can be older than what was acknowledged, and it stays
// as long as nothing can have come back.

// history returns the role and the replication id of a server.
func history(t *testing.T, s *Server) (role, id string) {
	t.Helper()
	info := s.Info("replication")
	if len(info["master_replid"]) != 40 {
		t.Fatalf("the replication id of %s is %q", s.Addr(), info["master_replid"])
	}
	return info["role"], info["master_replid"]
}

// masterID is the replication id of a server that has to be a master.
func masterID(t *testing.T, s *Server) string {
	t.Helper()
	role, id := history(t, s)
	if role != "master" {
		t.Fatalf("%s is a %s", s.Addr(), role)
	}
	return id
}

// replicaID is the replication id of a server that has to be a replica.
func replicaID(t *testing.T, s *Server) string {
	t.Helper()
	role, id := history(t, s)
	if role != "slave" {
		t.Fatalf("%s is a %s", s.Addr(), role)
	}
	return id
}

func TestFactEachRestartBeginsAHistory(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		settings []string
		kept     bool
	}{
		"without a file":        {[]string{"save ''"}, false},
		"with a dump":           {[]string{"save 3600 1"}, true},
		"with a log":            {[]string{"save ''", "appendonly yes", "appendfsync always"}, true},
		"with a log and a dump": {[]string{"save 3600 1", "appendonly yes", "appendfsync always"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Start(t, WithSettings(test.settings...))
			do(t, s, "OK", "SET", "k", "v")
			ids := []string{masterID(t, s)}
			for _, stop := range []func() error{
				s.Shutdown, s.Kill,
				func() error { do(t, s, "OK", "SET", "other", "v"); s.Save(); return s.Kill() },
				func() error { s.Pause(); return s.Kill() },
			} {
				stop()
				s.Restart()
				if id := masterID(t, s); slices.Contains(ids, id) {
					t.Errorf("the id %s was there before", id)
				} else {
					ids = append(ids, id)
				}
				if got, err := s.Do("EXISTS", "k"); err != nil || (got == "1") != test.kept {
					t.Errorf("EXISTS answers %s, %v", got, err)
				}
			}
			dump := s.CopyDump()
			s.Kill()
			s.Wipe()
			s.PutDump(dump)
			s.Restart()
			if id := masterID(t, s); slices.Contains(ids, id) {
				t.Errorf("with an old dump the id %s is one from before", id)
			}
		})
	}
}

func TestFactAPromotionBeginsAHistory(t *testing.T) {
	t.Parallel()
	// The id of a replica that was down is in its dump, so that it can go on
	// where it was.
	master := Start(t, WithSettings("save ''"))
	alone := masterID(t, master)
	replica := StartReplica(t, master, WithSettings("save 3600 1"))
	do(t, master, "OK", "SET", "k", "v")
	replica.WaitSynced()
	old := masterID(t, master)
	if old == alone {
		t.Error("a master has another id once it has its first replica; this one had not")
	}
	if id := replicaID(t, replica); id != old {
		t.Errorf("the replica's id is %s, its master's %s", id, old)
	}
	second := StartReplica(t, master, WithSettings("save ''"))
	if id := masterID(t, master); id != old {
		t.Error("a second replica changed the master's id")
	}

	master.Kill()
	replica.Shutdown()
	replica.Restart()
	if id := replicaID(t, replica); id != old {
		t.Errorf("a replica that restarts without its master has the id %s, had %s", id, old)
	}
	do(t, replica, "OK", "REPLICAOF", "NO", "ONE")
	promoted := masterID(t, replica)
	do(t, second, "OK", "REPLICAOF", "NO", "ONE")
	other := masterID(t, second)
	if promoted == old || other == old || other == promoted {
		t.Errorf("the ids are %s and, promoted, %s and %s", old, promoted, other)
	}
	do(t, replica, "v", "GET", "k")

	_, number := must2(t)(net.SplitHostPort(replica.Addr()))
	do(t, second, "OK", "REPLICAOF", "127.0.0.1", number)
	second.WaitSynced()
	if id := replicaID(t, second); id == other || id != masterID(t, replica) {
		t.Errorf("one that was a master follows with the id %s", id)
	}
	do(t, second, "OK", "REPLICAOF", "NO", "ONE")
	if id := masterID(t, second); slices.Contains([]string{old, promoted, other, masterID(t, replica)}, id) {
		t.Errorf("promoted again it has an id from before: %s", id)
	}
}

func TestFactAFailoverBeginsAHistory(t *testing.T) {
	t.Parallel()
	master := Start(t)
	replica := StartReplica(t, master)
	old := masterID(t, master)
	do(t, master, "OK", "FAILOVER")
	err := testprocess.Await("the two to change places", func(ctx context.Context) error {
		info, err := replica.info(ctx, "replication")
		if err == nil && info["role"] != "master" {
			err = errors.New("the replica is one still")
		}
		return errors.Join(err, master.synced(ctx))
	})
	if err != nil {
		t.Fatal(err)
	}
	if id := masterID(t, replica); id == old || id != replicaID(t, master) {
		t.Errorf("the new master's id is %s, the old one's %s, and was %s", id, replicaID(t, master), old)
	}
}

func TestFactAFailoverOfAClusterBeginsAHistory(t *testing.T) {
	t.Parallel()
	c := StartCluster(t)
	ids := make(map[string]bool)
	begins := func(s *Server) {
		t.Helper()
		if id := masterID(t, s); ids[id] {
			t.Errorf("the id %s was there before", id)
		} else {
			ids[id] = true
		}
	}
	for _, master := range c.Nodes()[:clusterMasters] {
		begins(master)
		for _, replica := range c.ReplicasOf(master) {
			if id := replicaID(t, replica); id != masterID(t, master) {
				t.Errorf("the replica's id is %s", id)
			}
		}
	}
	for i, mode := range []string{"", "FORCE", "TAKEOVER"} {
		master := c.Nodes()[i]
		replica := c.ReplicasOf(master)[0]
		c.Failover(replica, mode)
		begins(replica)
		c.WaitOK()
		if id := replicaID(t, master); id != masterID(t, replica) {
			t.Errorf("the old master follows with the id %s", id)
		}
	}
	master := c.MasterOf(0)
	replica := c.ReplicasOf(master)[0]
	master.Kill()
	c.WaitOK()
	begins(replica)
}

func TestFactNothingElseBeginsAHistory(t *testing.T) {
	t.Parallel()
	master := Start(t, WithSettings("save ''"))
	StartReplica(t, master, WithSettings("save ''"))
	lonely := Start(t)
	for _, s := range []*Server{master, lonely} {
		before := masterID(t, s)
		for _, args := range [][]string{
			{"SET", "k", "v"}, {"FLUSHALL"}, {"FLUSHALL", "ASYNC"}, {"FLUSHDB"}, {"SCRIPT", "FLUSH"}, {"SWAPDB", "0", "1"},
			{"CLIENT", "KILL", "TYPE", "normal"}, {"CLIENT", "KILL", "TYPE", "replica"},
			{"CONFIG", "SET", "maxmemory", "100mb"}, {"CONFIG", "SET", "appendonly", "yes"}, {"MULTI"},
		} {
			must[string](t)(s.Do(args...))
			if id := masterID(t, s); id != before {
				t.Errorf("%q changed the id", args)
			}
		}
		s.Save()
		s.Pause()
		s.Resume()
		if id := masterID(t, s); id != before {
			t.Error("a save or a pause changed the id")
		}
	}
}
